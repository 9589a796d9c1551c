"""A service asks to join: the request as it comes from the public page, and the coordination's answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.audit.services import Author, record
from refurb.organisations import services
from refurb.organisations.models import JoinRequest, Organisation, RequestState, Trust


class RequestRefused(Exception):
    """A request that goes no further; `code` is "known" (the SIRET takes part), "waiting" (it asked already) or
    "answered"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def ask(session: Session, values: Mapping[str, Any], *, token_hash: str, by: Author, at: datetime) -> JoinRequest:
    """Keep a request; raises RequestRefused."""
    siret = values["siret"]
    if session.scalar(sa.select(Organisation.id).where(Organisation.siret == siret).limit(1)) is not None:
        raise RequestRefused("known")
    waiting = sa.select(JoinRequest.id).where(JoinRequest.siret == siret, JoinRequest.state == RequestState.WAITING)
    if session.scalar(waiting.limit(1)) is not None:
        raise RequestRefused("waiting")
    request = JoinRequest(**values, token_hash=token_hash, state=RequestState.WAITING, created_at=at)
    session.add(request)
    session.flush()
    payload = {"role": request.role.value}
    record(session, "join_request", request.id, "join-request.made", by=by, at=at, payload=payload)
    return request


def draft(session: Session, request: JoinRequest, answers: dict[str, Any], *, by: Author, at: datetime) -> None:
    """Keep the first need with the request; raises RequestRefused "answered" once it was decided."""
    if request.state is not RequestState.WAITING:
        raise RequestRefused("answered")
    request.answers = answers
    record(session, "join_request", request.id, "join-request.drafted", by=by, at=at)


def approve(session: Session, request: JoinRequest, *, by: Author, at: datetime) -> Organisation:
    """Bring the organisation in, approved; raises RequestRefused."""
    if request.state is not RequestState.WAITING:
        raise RequestRefused("answered")
    if session.scalar(sa.select(Organisation.id).where(Organisation.siret == request.siret).limit(1)) is not None:
        raise RequestRefused("known")
    values = {
        "name": request.name,
        "legal_type": request.legal_type,
        "siret": request.siret,
        "commune_code": request.commune_code,
        "epci_code": request.epci_code,
        "phone": request.phone,
        "email": request.person_email,
    }
    organisation = services.create(session, roles=[request.role], values=values, trust=Trust.INVITED, by=by, at=at)
    services.approve(session, organisation, by=by, at=at)
    request.state, request.decided_at, request.organisation_id = RequestState.APPROVED, at, organisation.id
    payload = {"request": request.id}
    record(session, "organisation", organisation.id, "organisation.joined", by=by, at=at, payload=payload)
    return organisation


def decline(session: Session, request: JoinRequest, motive: str, *, by: Author, at: datetime) -> None:
    """Answer no, with the reason that the person reads; raises RequestRefused."""
    if request.state is not RequestState.WAITING:
        raise RequestRefused("answered")
    request.state, request.decided_at, request.motive = RequestState.DECLINED, at, motive
    request.answers = None
    record(session, "join_request", request.id, "join-request.declined", by=by, at=at)


def by_token(session: Session, token_hash: str) -> JoinRequest | None:
    """Return the request of a link."""
    return session.scalar(sa.select(JoinRequest).where(JoinRequest.token_hash == token_hash))


def search(state: RequestState | None = None) -> sa.Select[JoinRequest]:
    """Return the query of the list: what waits first, the longest wait at the top."""
    query = sa.select(JoinRequest)
    if state is not None:
        return query.where(JoinRequest.state == state).order_by(JoinRequest.id)
    waits = sa.case((JoinRequest.state == RequestState.WAITING, 0), else_=1)
    return query.order_by(waits, JoinRequest.created_at, JoinRequest.id)
