"""Papers, as the pages and the other areas ask for them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from refurb import blobs
from refurb.core.permissions import OrganisationRole, Permission
from refurb.documents.models import Document
from refurb.documents.parts import Party
from refurb.documents.registry import SEES
from refurb.documents.words import legal_type
from refurb.organisations.models import Organisation
from refurb.security import Actor, ActorKind
from refurb.territory.queries import commune_name


def may_see(session: Session, document: Document, seen_by: Actor) -> bool:
    """Tell whether the actor may read this paper: its issuer's people, the coordination, who may see its subject."""
    if seen_by.kind is ActorKind.SYSTEM:
        return True
    if not seen_by.can(Permission.DOCUMENT_READ):
        return False
    if seen_by.organisation_id == document.issuer_id or OrganisationRole.COORDINATION in seen_by.organisation_roles:
        return True
    sees = SEES.get(document.subject_kind)
    return sees is not None and sees(session, document.subject_id, seen_by)


def by_code(session: Session, code: str, *, seen_by: Actor) -> Document | None:
    """Return the paper of this code with what replaced it, if the actor may see it."""
    document = session.scalar(
        sa.select(Document).where(Document.code == code).options(joinedload(Document.replaced_by))
    )
    return document if document is not None and may_see(session, document, seen_by) else None


def of_subject(session: Session, subject_kind: str, subject_id: int, *, with_void: bool = False) -> Sequence[Document]:
    """Return the papers about one thing, oldest first; who may see the thing may see them."""
    query = sa.select(Document).where(Document.subject_kind == subject_kind, Document.subject_id == subject_id)
    if not with_void:
        query = query.where(Document.voided_at.is_(None))
    return session.scalars(query.order_by(Document.id)).all()


def listing(*, seen_by: Actor, kind: str = "") -> sa.Select[Any]:
    """Return the query of the papers an organisation issued; of all of them for the coordination."""
    query = sa.select(Document)
    if OrganisationRole.COORDINATION in seen_by.organisation_roles:
        query = query.order_by(Document.id.desc())
    else:
        query = query.where(Document.issuer_id == seen_by.organisation_id)
        query = query.order_by(Document.year.desc(), Document.sequence.desc())
    if kind:
        query = query.where(Document.kind == kind)
    return query


def by_public_name(session: Session, name: str) -> Document | None:
    """Return the paper that a public token or a printed code names, for the page that says whether it is genuine."""
    return session.scalar(
        sa.select(Document)
        .where(sa.or_(Document.token == name, Document.code == name))
        .options(joinedload(Document.replaced_by))
    )


def by_sha256(session: Session, sha256: str) -> Document | None:
    """Return the paper whose bytes these are, for the page that says whether a file is genuine."""
    return session.scalar(
        sa.select(Document).where(Document.sha256 == sha256).options(joinedload(Document.replaced_by)).limit(1)
    )


def issuer_name(session: Session, document: Document) -> str:
    """Return who issued it, as frozen on it."""
    return str(document.data["document"]["issuer"]["name"])


def content(session: Session, document: Document) -> bytes | None:
    """Return the PDF, None while the worker has not rendered it; the caller has checked who asks."""
    return None if document.sha256 is None else blobs.get(session, document.sha256)


def party(
    session: Session, organisation: Organisation, language: str, *, signatory: str = "", quality: str = ""
) -> Party:
    """Return an organisation as papers name it."""
    commune = commune_name(session, organisation.commune_code) if organisation.commune_code else ""
    town = " ".join(part for part in (organisation.postcode, commune) if part)
    return Party(
        name=organisation.name,
        legal_type=legal_type(organisation.legal_type, language),
        address=", ".join(part for part in (organisation.address, town) if part),
        siret=organisation.siret or "",
        rna=organisation.rna or "",
        phone=organisation.phone or "",
        email=organisation.email or "",
        signatory=signatory,
        quality=quality,
    )
