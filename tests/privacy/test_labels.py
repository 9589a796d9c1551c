"""The private label: its own service reads it, nobody else does, and the database holds it closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from refurb.core.permissions import OrganisationRole, Role
from refurb.privacy import labels
from refurb.privacy.models import PrivateLabel
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.department import MakeNeed
    from tests.factories import MakeAccount, MakeActor, MakeOrganisation
    from tests.visitor import Visitor

LABEL = "Mme Quimperlé, escalier B"


def test_the_service_writes_reads_and_takes_away(session: Session, make_need: MakeNeed, prescriber: Actor) -> None:
    need = make_need()
    assert labels.of(session, need, seen_by=prescriber) is None
    assert labels.write(session, need, f"  {LABEL} ", by=prescriber, at=NOON)
    assert not labels.write(session, need, LABEL, by=prescriber, at=NOON)
    session.expire_all()
    assert labels.of(session, need, seen_by=prescriber) == labels.Label(LABEL)
    raw = session.scalar(sa.select(sa.type_coerce(PrivateLabel.label, sa.Text)))
    assert raw is not None
    assert "Quimper" not in raw
    assert labels.write(session, need, "", by=prescriber, at=NOON)
    assert labels.of(session, need, seen_by=prescriber) is None


def test_nobody_else_reads_it(
    session: Session,
    make_need: MakeNeed,
    prescriber: Actor,
    coordinator: Actor,
    make_actor: MakeActor,
    make_organisation: MakeOrganisation,
) -> None:
    need = make_need()
    labels.write(session, need, LABEL, by=prescriber, at=NOON)
    other = make_actor(make_organisation(OrganisationRole.PRESCRIBER), Role.PRESCRIBER)
    for reader in (coordinator, other):
        assert labels.of(session, need, seen_by=reader) is None
        assert labels.of_service(session, seen_by=reader) == []
    assert [(row[0].id, row[1]) for row in labels.of_service(session, seen_by=prescriber)] == [(need.id, LABEL)]


def test_the_page_of_the_need_holds_it_for_its_service_and_the_sheet_prints_it(
    session: Session,
    visitor: Visitor,
    make_need: MakeNeed,
    prescriber: Actor,
    service: Organisation,
    coordination: Organisation,
    make_account: MakeAccount,
) -> None:
    need = make_need()
    visitor.sign_in(make_account({service: [Role.PRESCRIBER]}), service)
    visitor.get(f"/needs/{need.code}")
    page = visitor.submit(f'form[action="/privacy/labels/{need.code}"]', label=LABEL)
    assert page.one("#private-label")["value"] == LABEL
    assert LABEL in visitor.get("/privacy/labels").words()
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}), coordination)
    assert "Quimper" not in str(visitor.get(f"/needs/{need.code}"))
    visitor.post(f"/privacy/labels/{need.code}", {"label": "x"}, status=403)
