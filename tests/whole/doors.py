"""Addresses of the demo that no link of a first page leads to: mailed links, steps of a form, records further down.

Each is made or found as the application does it, so that the walk of test_pages_axe.py can open it.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refurb.accounts import mailed_codes
from refurb.accounts import services as accounts
from refurb.accounts.models import Account, Membership
from refurb.accounts.tokens import token_hash
from refurb.accounts.views import reset_token
from refurb.aftersales import services as aftersales
from refurb.aftersales.queries import open_ticket
from refurb.core.aftersales import Fault
from refurb.core.equipment import Form
from refurb.core.need_life import State
from refurb.core.permissions import OrganisationRole, Role
from refurb.core.workflow import Status
from refurb.db import get_session
from refurb.devices.models import Device
from refurb.donations import links
from refurb.donations.models import Lot, LotShare
from refurb.handover.models import Handover
from refurb.needs.models import Need
from refurb.organisations import joining
from refurb.organisations.models import LegalType
from refurb.security import Actor
from refurb.web import now
from tests.factories import siret

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session

WHO = {
    "legal_type": "company",
    "name": "Menuiserie de l'essai",
    "siret": siret(778),
    "first_name": "Camille Essai",
    "first_email": "camille@essai.example.org",
}
LIST = "Type;Marque;Modèle;N° de série\nPortable;HP;EliteBook 840;5CG123ABD\nImprimante;HP;LaserJet;CNB12346\n"
CARE = {"wiped": "none", "disk_wish": "wipe", "chargers": "some", "locks": ["bios"], "unlock": "y"}
WHERE = {"address": "3 rue des Copeaux", "postcode": "49130", "commune": "Les Ponts-de-Cé", "slots": "mardi matin"}


def doors(app: Flask) -> dict[str, list[str]]:
    """Return more addresses to open, by role; "" for who has not signed in."""
    found = {"": [*_draft(app), "/verify", "/no-network"]}
    with app.test_request_context():
        session = get_session()
        for role, make in (
            ("", _mailed),
            ("controle", _workshop),
            ("prescripteur", _service),
            ("remise", _tickets),
            ("coordination", _coordination),
        ):
            found.setdefault(role, []).extend(make(session))
        session.commit()
    return found


def readers_of_figures(session: Session) -> None:
    """Add the roles that the demo has nobody for: a partner and an auditor, with the demo's password."""
    from refurb.core.permissions import OrganisationRole
    from refurb.organisations import services as organisations
    from refurb.organisations.models import LegalType

    known = session.scalars(sa.select(Account).where(Account.email == "coordination@demo.example")).one()
    partner = organisations.create(
        session, roles=[OrganisationRole.PARTNER], by=Actor.system(), at=now(),
        values={"name": "Financeur de l'essai", "legal_type": LegalType.LOCAL_AUTHORITY},
    )  # fmt: skip
    for login, role, body in (
        ("partenaire", Role.PARTNER, partner.id),
        ("auditeur", Role.AUDITOR, _organisation(session, "coordination")),
    ):
        account = Account(
            email=f"{login}@demo.example", name=login.capitalize(), password_hash=known.password_hash, is_demo=True,
            created_at=now(),
        )  # fmt: skip
        session.add(account)
        session.flush()
        session.add(Membership(account_id=account.id, organisation_id=body, role_codes=[role.value], created_at=now()))
    session.commit()


def _preview(session: Session) -> str:
    """Look at a workshop's list and leave it before it is applied."""
    from refurb.core.permissions import permissions_of
    from refurb.exchange import files

    data = (
        "N° interne;Type;Marque;Modèle;Statut;Emplacement;Utilisateur\n"
        "ESSAI-1;Portable;HP;EliteBook 840;En stock;Étagère de l'essai;Mme Kerguélenec\n;;;;;;\nESSAI-2;;;;Donné;;\n"
    ).encode()
    by = replace(_actor(session, "controle"), permissions=permissions_of(frozenset({Role.CONTROLLER})))
    table, lines = files.look(session, "stock", data, by=by, today=now().date())
    return (
        f"/exchange/previews/{files.keep(session, 'stock', data, table, lines, name='stock.csv', by=by, at=now()).id}"
    )


def _draft(app: Flask) -> list[str]:
    """Begin a gift as a stranger does, with a list, and leave it before the end."""
    client = app.test_client()

    def send(address: str, /, **fields: Any) -> str:
        page = client.get(address).get_data(as_text=True)
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
        assert token is not None, address
        answer = client.post(address, data={**fields, "csrf_token": token[1]})
        assert answer.status_code == 303, (address, answer.status_code)
        return answer.location

    draft = send("/give/who", **WHO).rpartition("/")[0]
    send(f"{draft}/file", file=(io.BytesIO(LIST.encode()), "liste.csv"))
    send(f"{draft}/care", **CARE)
    send(f"{draft}/where", **WHERE)
    return [f"{draft}/{step}" for step in ("who", "what", "file", "preview", "care", "where", "check")]


def _mailed(session: Session) -> list[str]:
    lot = session.scalars(sa.select(Lot).order_by(Lot.id)).first()
    account = session.scalars(sa.select(Account).where(Account.email == "atelier@demo.example")).one()
    assert lot is not None
    _, gift = links.create(session, lot, origin="form", by=Actor.system(), at=now())
    organisation = _organisation(session, "atelier")
    _, invitation = accounts.invite(
        session,
        email="nouvelle@essai.example.org",
        organisation_id=organisation,
        roles=[Role.TECHNICIAN],
        by=Actor.system(),
        at=now(),
    )
    _code, link = mailed_codes.make(session, account, secret="x", at=now())
    asked = {
        "name": "CCAS de l'essai",
        "role": OrganisationRole.PRESCRIBER,
        "legal_type": LegalType.LOCAL_AUTHORITY,
        "siret": siret(779),
        "commune_code": "49007",
        "person_name": "Nadia Essai",
        "person_email": "nadia@essai.example.org",
    }
    joining.ask(session, asked, token_hash=token_hash("join-essai"), by=Actor.system(), at=now())
    return [
        f"/gift/{gift}",
        f"/invitation/{invitation}",
        f"/password/new/{reset_token(account)}",
        f"/sign-in/mail/{link}",
        "/join",
        "/join/join-essai",
    ]


def _workshop(session: Session) -> list[str]:
    own = _organisation(session, "controle")
    desktop = _device(session, own, Device.form == Form.DESKTOP)
    share = session.scalars(
        sa.select(LotShare).where(
            LotShare.workshop_id == own, LotShare.collected_at.is_not(None), LotShare.counted_at.is_(None)
        )
    ).first()
    assert share is not None
    lot = session.get_one(Lot, share.lot_id)
    return [
        f"/devices/{desktop}/set",
        f"/workshop/{_device(session, own, Device.status == Status.DIAGNOSED)}/install",
        f"/workshop/{_device(session, own, Device.status == Status.INSTALLED)}/control",
        f"/devices/{_device(session, own, Device.status == Status.WIPE_FAILED)}",
        f"/devices/{_device(session, own, Device.status == Status.IN_STOCK)}",
        f"/donations/{lot.code}/shares/{share.id}/count",
        "/search?q=Latitude",
        _preview(session),
    ]


def _service(session: Session) -> list[str]:
    own = _organisation(session, "prescripteur")

    def need(state: State) -> str:
        code = session.scalars(sa.select(Need.code).where(Need.organisation_id == own, Need.state == state)).first()
        assert code is not None, state
        return code

    states = (State.PROPOSED, State.VALIDATED, State.HANDED_OVER, State.EXPIRED, State.TO_COMPLETE)
    accepted = need(State.ACCEPTED)
    return [
        *(f"/needs/{need(state)}" for state in states),
        f"/needs/{need(State.DRAFT)}/edit",
        f"/handover/{accepted}",
        f"/handover/{accepted}/plan",
    ]


def _tickets(session: Session) -> list[str]:
    """Open a ticket on the last machine that the point handed over."""
    own = _organisation(session, "remise")
    handover = session.scalars(
        sa.select(Handover)
        .join(Device, Device.id == Handover.device_id)
        .where(Handover.organisation_id == own, Device.status.in_([Status.HANDED_OVER, Status.ON_LOAN]))
        .order_by(Handover.id.desc())
    ).first()
    assert handover is not None
    device = session.get_one(Device, handover.device_id)
    fault = next(iter(Fault))
    by = _actor(session, "remise")
    ticket = open_ticket(session, device.id) or aftersales.open_ticket(
        session, device, handover, fault=fault, by=by, at=now()
    )
    return [f"/aftersales/{ticket.code}", f"/handover/done/{handover.code}"]


def _coordination(session: Session) -> list[str]:
    lot = session.scalars(
        sa.select(Lot).where(Lot.closed_at.is_(None), ~sa.exists().where(LotShare.lot_id == Lot.id))
    ).first()
    need = session.scalars(sa.select(Need.code).where(Need.state == State.VALIDATED)).first()
    device = session.scalars(sa.select(Device.code).where(Device.status == Status.IN_STOCK)).first()
    assert lot is not None
    return [
        f"/donations/{lot.code}",
        f"/donations/{lot.code}/offer",
        f"/matching/needs/{need}",
        f"/matching/devices/{device}",
        # Linked only where a demand is hopeless, which chance decides in the demo.
        "/matching/hopeless/appeal",
    ]


def _organisation(session: Session, login: str) -> int:
    return (
        session.scalars(
            sa.select(Membership.organisation_id)
            .join(Account, Account.id == Membership.account_id)
            .where(Account.email == f"{login}@demo.example")
        ).first()
        or 0
    )


def _actor(session: Session, login: str) -> Actor:
    """Return the demo's person as a service takes them."""
    account = session.scalars(sa.select(Account).where(Account.email == f"{login}@demo.example")).one()
    return replace(Actor.system(), id=account.id, organisation_id=_organisation(session, login), name=account.name)


def _device(session: Session, holder: int, *conditions: Any) -> str:
    code = session.scalars(sa.select(Device.code).where(Device.holder_id == holder, *conditions)).first()
    assert code is not None, conditions
    return code
