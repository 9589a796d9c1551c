"""What waits for each role: only what is theirs to do, and in a number of queries that does not grow with the rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from babel.dates import format_date
from flask_babel import force_locale

from refurb.core.equipment import Form, Mode, Origin, Recipient, Regime
from refurb.core.need_life import State
from refurb.core.permissions import OrganisationRole, Role
from refurb.core.workflow import Status
from refurb.db import db
from refurb.donations.models import LineState, Lot, LotLine, LotShare
from refurb.home import waiting, words
from refurb.matching.models import Reservation
from refurb.needs.models import Need
from refurb.needs.queries import mine, waiting_for_me
from refurb.organisations.models import LegalType
from refurb.web import today
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.factories import MakeAccount, MakeActor, MakeDevice, MakeOrganisation
    from tests.visitor import Visitor

    MakeLot = Callable[..., Lot]
    MakeNeed = Callable[..., Need]

MIDNIGHT = NOON - timedelta(hours=12)
_numbers = count(1)


def keys(session: Session, who: Actor) -> dict[str, int]:
    return {
        line.key: line.count
        for line in waiting.list_for(session, who, waiting.by_status(session, who), at=NOON, day_start=MIDNIGHT)
    }


@pytest.fixture
def workshop(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation(OrganisationRole.REFURBISHER, name="Atelier du Layon")


@pytest.fixture
def service(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation(OrganisationRole.PRESCRIBER, name="CCAS de Trélazé")


@pytest.fixture
def coordinator(make_organisation: MakeOrganisation, make_actor: MakeActor) -> Actor:
    return make_actor(make_organisation(OrganisationRole.COORDINATION), Role.COORDINATOR)


@pytest.fixture
def make_lot(session: Session) -> MakeLot:
    def make(
        state: LineState, workshop: Organisation | None = None, *, supplier: int | None = None, **share: Any
    ) -> Lot:
        number = next(_numbers)
        lot = Lot(
            code=f"TEST-LOT-{number}",
            supplier_id=supplier,
            supplier_name="Mairie de Chalonnes",
            legal_type=LegalType.LOCAL_AUTHORITY,
            origin=Origin.PUBLIC,
            regime=Regime.PUBLIC_BODY,
            contacts=[],
            declared_at=NOON - timedelta(days=5),
        )
        session.add(lot)
        session.flush()
        part = None
        if workshop is not None:
            part = LotShare(lot_id=lot.id, workshop_id=workshop.id, offered_at=NOON - timedelta(days=3), **share)
            session.add(part)
            session.flush()
        line = LotLine(lot_id=lot.id, share_id=part.id if part else None, position=1, state=state, form=Form.LAPTOP)
        session.add(line)
        session.flush()
        return lot

    return make


@pytest.fixture
def make_need(session: Session, service: Organisation) -> MakeNeed:
    def make(state: State, owner: Organisation | None = None, since: datetime = NOON) -> Need:
        need = Need(
            code=f"TEST-NEED-{next(_numbers)}",
            recipient=Recipient.HOUSEHOLD,
            organisation_id=(owner or service).id,
            state=state,
            state_since=since,
            answers={},
            created_at=since,
            changed_at=since,
        )
        session.add(need)
        session.flush()
        return need

    return make


def test_a_workshop_sees_its_offers_and_not_another_s(
    session: Session,
    workshop: Organisation,
    make_organisation: MakeOrganisation,
    make_actor: MakeActor,
    make_lot: MakeLot,
) -> None:
    other = make_organisation(OrganisationRole.REFURBISHER)
    make_lot(LineState.ACCEPTED, workshop)
    make_lot(LineState.ACCEPTED, other)
    make_lot(LineState.COLLECTED, workshop, answered_at=NOON, accepted=True, collected_at=NOON)
    assert keys(session, make_actor(workshop, Role.TECHNICIAN)) == {"offers": 1, "to_count": 1}
    assert keys(session, make_actor(other, Role.TECHNICIAN)) == {"offers": 1}


def test_a_volunteer_is_not_asked_what_only_others_may_do(
    session: Session, workshop: Organisation, make_actor: MakeActor, make_lot: MakeLot
) -> None:
    make_lot(LineState.ACCEPTED, workshop)
    assert keys(session, make_actor(workshop, Role.VOLUNTEER)) == {}


@pytest.mark.parametrize(("days", "expected"), [(-1, 1), (0, 1), (1, 0)])
def test_a_pickup_waits_from_its_day_on(
    session: Session, workshop: Organisation, make_actor: MakeActor, make_lot: MakeLot, days: int, expected: int
) -> None:
    day = (NOON + timedelta(days=days)).date()
    make_lot(LineState.ACCEPTED, workshop, answered_at=NOON, accepted=True, pickup_on=day)
    assert keys(session, make_actor(workshop, Role.TECHNICIAN)).get("pickups", 0) == expected


def test_machines_wait_at_the_workshop_that_holds_them(
    session: Session, workshop: Organisation, make_actor: MakeActor, make_device: MakeDevice, coordinator: Actor
) -> None:
    for status in (Status.WIPE_FAILED, Status.INSTALLED, Status.LOCKED, Status.RESERVED):
        make_device(holder=workshop, status=status)
    make_device(status=Status.LOCKED)
    technician, controller = make_actor(workshop, Role.TECHNICIAN), make_actor(workshop, Role.CONTROLLER)
    assert keys(session, technician) == {"wipe_failed": 1, "locked": 1, "to_prepare": 1}
    assert keys(session, controller) == {"wipe_failed": 1, "locked": 1, "to_prepare": 1, "to_control": 1}
    assert keys(session, coordinator) == {}
    line = {s.key: s.count for s in waiting.line_of(waiting.by_status(session, coordinator))}
    assert (line["to_wipe"], line["to_control"], line["set_aside"]) == (1, 1, 1)


def test_a_service_is_asked_about_its_own_cases(
    session: Session,
    service: Organisation,
    make_organisation: MakeOrganisation,
    make_actor: MakeActor,
    make_need: MakeNeed,
    make_device: MakeDevice,
) -> None:
    for state in (State.TO_COMPLETE, State.DRAFT, State.WAITING, State.VALIDATED, State.CLOSED):
        make_need(state)
    make_need(State.DRAFT, make_organisation(OrganisationRole.PRESCRIBER))
    for accepted in (None, NOON):
        session.add(
            Reservation(
                need_id=make_need(State.PROPOSED).id,
                device_id=make_device().id,
                mode=Mode.GIFT,
                made_at=NOON,
                expires_at=NOON + timedelta(days=10),
                accepted_at=accepted,
            )
        )
    session.flush()
    found = keys(session, make_actor(service, Role.PRESCRIBER))
    assert found == {"proposals": 1, "to_plan": 1, "needs_to_complete": 1, "needs_drafts": 1, "needs_queued": 2}
    assert list(found)[:2] == ["proposals", "to_plan"]


def test_a_service_hears_of_questions_and_of_machines_to_speak_of(
    session: Session, service: Organisation, make_actor: MakeActor, make_need: MakeNeed
) -> None:
    make_need(State.WAITING).substitutes_asked = ["less-powerful"]
    for days, told in ((200, None), (200, NOON), (3, None)):
        need = make_need(State.HANDED_OVER)
        need.handed_over_on, need.follow_up_at = (NOON - timedelta(days=days)).date(), told
    session.flush()
    who = make_actor(service, Role.PRESCRIBER)
    assert keys(session, who) == {"substitutes": 1, "needs_queued": 1, "follow_ups": 1}
    assert waiting_for_me(session, who) == len(session.scalars(mine(who, waiting_for_me=True)).all()) == 1


def test_the_coordination_answers_gifts_then_offers_them(
    session: Session, workshop: Organisation, coordinator: Actor, make_lot: MakeLot, make_need: MakeNeed
) -> None:
    make_lot(LineState.DECLARED)
    make_lot(LineState.ACCEPTED)
    make_lot(LineState.ACCEPTED, workshop)
    make_need(State.SUBMITTED)
    make_need(State.WAITING)
    assert keys(session, coordinator) == {
        "lots_to_answer": 1,
        "lots_to_offer": 1,
        "offers_unanswered": 1,
        "needs_to_check": 1,
        "needs_to_serve": 1,
    }


def test_a_supplier_follows_its_own_gifts(
    session: Session, make_organisation: MakeOrganisation, make_actor: MakeActor, make_lot: MakeLot
) -> None:
    giver = make_organisation(OrganisationRole.SUPPLIER)
    make_lot(LineState.DECLARED, supplier=giver.id)
    make_lot(LineState.DECLARED)
    assert keys(session, make_actor(giver, Role.SUPPLIER)) == {"gifts_examined": 1, "gifts_all": 1}


def test_the_same_number_of_queries_for_one_row_and_for_ten(
    session: Session, workshop: Organisation, make_actor: MakeActor, make_device: MakeDevice, make_lot: MakeLot
) -> None:
    who = make_actor(workshop, Role.CONTROLLER)
    seen: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    counts = []
    for _ in range(2):
        make_lot(LineState.ACCEPTED, workshop)
        make_device(holder=workshop, status=Status.INSTALLED)
        seen.clear()
        waiting.list_for(session, who, waiting.by_status(session, who), at=NOON, day_start=MIDNIGHT)
        counts.append(len(seen))
        for _ in range(9):
            make_device(holder=workshop, status=Status.INSTALLED)
    assert counts[0] == counts[1] <= 6


def test_every_line_has_its_words() -> None:
    source = Path(waiting.__file__).read_text(encoding="utf-8")
    said = set(re.findall(r'(?:Waiting\(|_many\(|^        \()"(\w+)"', source, re.M))
    assert said == set(words.WAITING)
    assert set(words.DETAILS) <= said
    assert {station.key for station in waiting.STATIONS} == set(words.STATIONS)


def test_the_words_agree_in_number(app: Any) -> None:
    with app.test_request_context(), force_locale("fr"):
        assert words.WAITING["lots_to_answer"](1) == "don à examiner"
        assert words.WAITING["lots_to_answer"](2) == "dons à examiner"


def test_the_home_page_says_what_waits(
    visitor: Visitor, workshop: Organisation, make_account: MakeAccount, make_device: MakeDevice
) -> None:
    make_device(holder=workshop, status=Status.WIPE_FAILED)
    account = make_account({workshop: [Role.CONTROLLER]})
    page = visitor.sign_in(account, workshop).get("/")
    assert page.heading == "Ce qui vous attend"
    assert "1 effacement échoué" in page.words()


def test_an_empty_home_page_says_so(visitor: Visitor, service: Organisation, make_account: MakeAccount) -> None:
    page = visitor.sign_in(make_account({service: [Role.PRESCRIBER]}), service).get("/")
    assert page.one(".empty-title").get_text() == "Rien ne vous attend"


def test_the_day_keeps_its_capitals(visitor: Visitor, service: Organisation, make_account: MakeAccount) -> None:
    visitor.sign_in(make_account({service: [Role.PRESCRIBER]}), service)
    for language, locale in (("fr", "fr_FR"), ("en", "en_GB")):
        visitor.post("/language", {"language": language})
        said = visitor.get("/").one(".eyebrow").get_text()
        day = format_date(today(), "full", locale=locale)
        assert day[0].upper() + day[1:] in said
