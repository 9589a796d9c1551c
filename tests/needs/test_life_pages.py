"""The pages that keep needs alive, the slip that a household follows, and what a device sends twice."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.need_life import Act, State
from refurb.core.needs import FollowUp
from refurb.core.permissions import OrganisationRole, Role
from tests.conftest import NOON
from tests.department import TODAY
from tests.needs.test_pages import only_need

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation, Place
    from refurb.security import Actor
    from tests.conftest import Clock
    from tests.department import MakeNeed
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor


@pytest.fixture
def at_the_coordination(visitor: Visitor, make_account: MakeAccount, coordination: Organisation) -> Visitor:
    """Somebody of the coordination, signed in."""
    return visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}))


def handed_over(session: Session, make_need: MakeNeed, prescriber: Actor) -> Any:
    from refurb.needs import services

    need = make_need()
    for act in (Act.PROPOSE, Act.HAND_OVER):
        services.change_state(session, need, act, by=prescriber, at=NOON, today=NOON.date())
    return need


# -- Sent once ---------------------------------------------------------------------------------------------------------
def test_a_demand_that_arrives_twice_is_one(
    at_the_service: Visitor,
    session: Session,
    filled: dict[str, Any],
) -> None:
    at_the_service.get("/needs/new")
    number = str(uuid.uuid4())
    typed = filled | {"client_uuid": number, "do": "send"}
    first = at_the_service.post("/needs/new", typed)
    again = at_the_service.post("/needs/new", typed)
    assert "Cette demande est déjà arrivée" in again.words()
    assert first.heading == again.heading
    assert only_need(session).client_uuid == number


def test_a_device_is_answered_in_json(
    at_the_service: Visitor,
    session: Session,
    filled: dict[str, Any],
) -> None:
    client, asks = at_the_service.client, {"Accept": "application/json"}
    pulse = client.get("/needs/pulse").get_json()
    assert pulse["account"]
    sent = filled | {"csrf_token": pulse["csrf"], "client_uuid": str(uuid.uuid4()), "do": "send"}
    wrong = client.post("/needs/new", data=sent | {"persons": ""}, headers=asks)
    assert (wrong.status_code, wrong.get_json()) == (422, {"fields": ["persons"]})
    for _ in range(2):
        answer = client.post("/needs/new", data=sent, headers=asks)
        assert (answer.status_code, answer.get_json()) == (201, {"url": f"/needs/{only_need(session).code}"})


def test_the_form_asks_nothing_that_nothing_reads(
    at_the_service: Visitor,
    session: Session,
    coordinator: Actor,
    place: Place,
) -> None:
    from refurb import tables
    from refurb.core import points
    from refurb.core.equipment import Recipient

    page = at_the_service.get("/needs/new")
    names = {str(tag["name"]) for tag in page.select("main [name]")}
    assert {"district", "accompaniment", "motive"} <= names
    assert not {"connectivity", "autonomy", "twin_birth", "twin_surname"} & names
    voted = {**points.HOUSEHOLD_1, "district": 0, "accompaniment": {}, "connectivity": {"none": 2}}
    kind = points.KINDS[Recipient.HOUSEHOLD]
    tables.adopt(session, kind, voted, after=1, motive="Comité", by=coordinator, at=NOON)
    session.flush()
    names = {str(tag["name"]) for tag in at_the_service.get("/needs/new").select("main [name]")}
    assert "connectivity" in names
    assert not {"district", "accompaniment"} & names


def test_the_paper_asks_the_same_in_the_same_order(at_the_service: Visitor, place: Place) -> None:
    screen = [
        legend.get_text(strip=True) for legend in at_the_service.get("/needs/new").select("fieldset.group > legend")
    ]
    paper = [title.get_text(strip=True) for title in at_the_service.get("/needs/paper").select("main h2")]
    assert paper == screen
    assert len(paper) == 6


# -- The slip ----------------------------------------------------------------------------------------------------------
def test_the_slip_is_a_picture_too_and_says_how_to_follow(
    at_the_service: Visitor,
    make_need: MakeNeed,
) -> None:
    import io

    import zxingcpp
    from PIL import Image

    need = make_need()
    page = at_the_service.get(f"/needs/{need.code}/slip")
    assert need.letters in page.words()
    assert "/needs/follow" in page.words()
    answer = at_the_service.client.get(f"/needs/{need.code}/slip.png")
    assert answer.mimetype == "image/png"
    codes = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.data)))
    assert [found.text for found in codes] == [need.code]


def test_whoever_can_tell_the_wait_tells_it_on_the_slip(
    at_the_service: Visitor,
    make_need: MakeNeed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from refurb.needs import estimates

    need = make_need()
    monkeypatch.setattr(estimates, "ESTIMATES", {"test": lambda session, need, on: "Entre deux et quatre mois."})
    for path in ("", "/slip"):
        assert "Entre deux et quatre mois." in at_the_service.get(f"/needs/{need.code}{path}").words()


def test_a_household_reads_where_it_stands_and_nothing_else(visitor: Visitor, make_need: MakeNeed) -> None:
    need = make_need()
    visitor.get("/needs/follow")
    page = visitor.submit("main form", code=need.code, letters=need.letters.lower())
    words = page.one("main").get_text(" ")
    assert "Votre demande est dans la file d'attente." in words
    for secret in ("CCAS", "Angers", "collège", "Validée", "points"):
        assert secret not in words


def test_letters_cannot_be_tried_one_after_the_other(visitor: Visitor, make_need: MakeNeed, clock: Clock) -> None:
    need = make_need()
    wrong = {"code": need.code, "letters": "BCDF" if need.letters != "BCDF" else "BCDG"}
    said = [visitor.post("/needs/follow", wrong, status=422).one("main .notice").get_text() for _ in range(10)]
    unknown = visitor.post("/needs/follow", {"code": "N4900000070", "letters": "BCDF"}, status=422)
    assert unknown.one("main .notice").get_text() == said[0]
    visitor.post("/needs/follow", {"code": need.code, "letters": need.letters}, status=429)
    clock.move(hours=2)
    visitor.post("/needs/follow", {"code": need.code, "letters": need.letters})


# -- Kept alive --------------------------------------------------------------------------------------------------------
def test_one_page_and_one_button_confirm_them_all(
    at_the_service: Visitor,
    session: Session,
    make_need: MakeNeed,
) -> None:
    old, older, _fresh = make_need(), make_need(), make_need()
    old.confirmed_on = older.confirmed_on = TODAY - timedelta(80)
    session.flush()
    assert "2 demandes sont à confirmer" in at_the_service.get("/needs/mine").words()
    page = at_the_service.get("/needs/confirm")
    boxes = page.select("main input[name=need]")
    assert {str(box["value"]) for box in boxes} == {old.code, older.code}
    assert all(box.has_attr("checked") for box in boxes)
    page = at_the_service.post("/needs/confirm", {"need": [old.code, older.code]})
    assert "2 demandes sont confirmées" in page.words()
    for need in (old, older):
        session.refresh(need)
        assert need.confirmed_on == TODAY
    assert "Rien à confirmer" in at_the_service.get("/needs/confirm").words()


def test_a_stranger_confirms_nothing(
    visitor: Visitor, make_account: MakeAccount, make_organisation: MakeOrganisation, make_need: MakeNeed
) -> None:
    need = make_need()
    visitor.sign_in(make_account({make_organisation(OrganisationRole.PRESCRIBER): [Role.PRESCRIBER]}))
    for path in ("/needs/confirm",):
        visitor.post(path, {"need": need.code}, status=404)
    for path in ("follow-up", "slip.png"):
        visitor.get(f"/needs/{need.code}/{path}", status=404)
    visitor.post(f"/needs/{need.code}/substitutes", {"answer": "yes"}, status=404)
    visitor.post(f"/needs/{need.code}/substitutes/ask", {"substitute": "tablet"}, status=403)
    visitor.get("/needs/settings", status=403)


def test_a_motive_forgotten_leaves_the_question_open(at_the_service: Visitor, make_need: MakeNeed) -> None:
    need = make_need()
    page = at_the_service.post(f"/needs/{need.code}/act", {"act": "cancel"})
    (opened,) = page.select("details.more[open]")
    assert opened.select("#cancel-motive[aria-invalid]")
    assert "Choisissez un motif." in opened.get_text()


def test_three_months_after_one_button(
    at_the_service: Visitor,
    session: Session,
    make_need: MakeNeed,
    prescriber: Actor,
) -> None:
    need = handed_over(session, make_need, prescriber)
    assert "Il est trop tôt" in at_the_service.get(f"/needs/{need.code}/follow-up").words()
    need.handed_over_on = TODAY - timedelta(92)
    session.flush()
    assert at_the_service.get("/needs/mine").select(f'a[href="/needs/{need.code}/follow-up"]')
    page = at_the_service.get(f"/needs/{need.code}/follow-up")
    assert len(page.select("main form")) == 4
    at_the_service.post(f"/needs/{need.code}/follow-up", {"answer": "used"})
    session.refresh(need)
    assert need.follow_up is FollowUp.USED
    at_the_service.post(f"/needs/{need.code}/follow-up", {"answer": "yacht"}, status=400)


def test_what_is_served_in_part_is_taken_up_again_by_its_service(
    at_the_service: Visitor,
    session: Session,
    make_need: MakeNeed,
    prescriber: Actor,
) -> None:
    need = handed_over(session, make_need, prescriber)
    at_the_service.post(f"/needs/{need.code}/act", {"act": "reopen", "motive": "after-sales"}, status=403)
    page = at_the_service.post(f"/needs/{need.code}/act", {"act": "reopen", "motive": "served-in-part"})
    session.refresh(need)
    assert (need.state, need.rank_in_household) == (State.VALIDATED, 2)
    assert "Servie en partie" in page.words()


def test_the_coordination_asks_for_something_else_and_the_service_answers(
    visitor: Visitor,
    session: Session,
    make_account: MakeAccount,
    coordination: Organisation,
    service: Organisation,
    make_need: MakeNeed,
) -> None:
    need = make_need()
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}))
    visitor.get(f"/needs/{need.code}")
    page = visitor.post(f"/needs/{need.code}/substitutes/ask", {})
    assert "Choisissez ce qui pourrait convenir" in page.words()
    page = visitor.post(f"/needs/{need.code}/substitutes/ask", {"substitute": "tablet"})
    assert "il n'a pas encore répondu" in page.words()
    visitor.sign_in(make_account({service: [Role.PRESCRIBER]}))
    page = visitor.get(f"/needs/{need.code}")
    assert "Autre chose conviendrait-il ?" in page.words()
    visitor.post(f"/needs/{need.code}/substitutes", {"answer": "yes"})
    session.refresh(need)
    assert "tablet" in need.forms
    # A change of something else does not take the answer back.
    visitor.get(f"/needs/{need.code}/edit")
    visitor.submit("main form", persons="4")
    session.refresh(need)
    assert "tablet" in need.forms


def test_the_weekly_mail_is_stopped_by_a_button_and_not_by_a_link(
    visitor: Visitor, session: Session, make_account: MakeAccount, service: Organisation
) -> None:
    from refurb.needs import digest

    account = make_account({service: [Role.PRESCRIBER]})
    address = f"/needs/digest/{digest.token(account.id)}"
    visitor.get(address)
    assert digest.is_on(session, account.id)
    page = visitor.submit("main form")
    assert "ne part plus" in page.words()
    assert not digest.is_on(session, account.id)
    visitor.get(address[:-3], status=404)
    visitor.sign_in(account)
    page = visitor.post("/needs/digest", {"wanted": "yes"})
    assert digest.is_on(session, account.id)


# -- Doubles -----------------------------------------------------------------------------------------------------------
def test_doubles_are_off_until_the_coordination_says_so(
    visitor: Visitor,
    session: Session,
    make_account: MakeAccount,
    make_organisation: MakeOrganisation,
    coordination: Organisation,
    service: Organisation,
    filled: dict[str, Any],
) -> None:
    from refurb.audit.models import Event
    from refurb.needs.models import Need

    people = make_account({coordination: [Role.COORDINATOR]})
    visitor.sign_in(people)
    assert "À l'arrêt" in visitor.get("/needs/settings").words()
    assert "En marche depuis" in visitor.post("/needs/settings", {"do": "on"}).words()
    person = {"twin_birth": "1987-03-05", "twin_surname": "Dür", "do": "send"}
    other = make_organisation(OrganisationRole.PRESCRIBER, name="Mission locale")
    for body, surname in ((service, "Dür"), (other, "dur"), (other, "Lem")):
        visitor.sign_in(make_account({body: [Role.PRESCRIBER]}))
        visitor.get("/needs/new")
        page = visitor.post("/needs/new", filled | person | {"twin_surname": surname})
        assert "Double possible" not in page.words()
    one, two, alone = session.scalars(sa.select(Need).order_by(Need.id)).all()
    assert one.twin_hash == two.twin_hash != alone.twin_hash
    # What was typed is nowhere: not in the answers, not in the history.
    told = json.dumps([one.answers, two.answers, *(e.payload for e in session.scalars(sa.select(Event)))])
    assert "1987" not in told
    assert "Dür" not in told
    visitor.sign_in(people)
    page = visitor.get(f"/needs/{one.code}")
    assert "Double possible" in page.words()
    assert page.select(f'a[href="/needs/{two.code}"]')
    assert "Double possible" not in visitor.get(f"/needs/{alone.code}").words()
    visitor.post("/needs/settings", {"do": "off"})
    session.expire_all()
    assert {need.twin_hash for need in session.scalars(sa.select(Need))} == {None}


def test_birth_dates_cannot_be_tried_one_after_the_other(
    visitor: Visitor,
    session: Session,
    make_account: MakeAccount,
    service: Organisation,
    filled: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from refurb.needs import form_views
    from refurb.setup import services as settings

    monkeypatch.setattr(form_views, "TWINS_AN_HOUR", 2)
    settings.put(session, form_views.DUPLICATES, {"campaign": "c", "since": "2026-11-01"}, at=NOON)
    session.flush()
    visitor.sign_in(make_account({service: [Role.PRESCRIBER]}))
    person = filled | {"twin_birth": "1987-03-05", "twin_surname": "Dur", "do": "send"}
    for status in (200, 200, 429):
        visitor.get("/needs/new")
        visitor.post("/needs/new", person | {"client_uuid": str(uuid.uuid4())}, status=status)


# -- Structures --------------------------------------------------------------------------------------------------------
def test_a_structure_asks_for_at_least_six_and_the_coordination_lists_its_dates(
    visitor: Visitor,
    make_account: MakeAccount,
    make_organisation: MakeOrganisation,
    coordination: Organisation,
    place: Place,
) -> None:
    body = make_organisation(OrganisationRole.STRUCTURE, name="Médiathèque")
    visitor.sign_in(make_account({body: [Role.STRUCTURE]}))
    asked: dict[str, Any] = {"usage_1": "group_workshop", "format": "laptop", "handover_place": str(place.id)}
    kept: dict[str, Any] = {
        "term": "keep",
        "quantity": "8",
        "least": "6",
        "alike": "identical",
        "maintainer": "Atelier du port",
    }
    page = visitor.get("/needs/new")
    assert page.one("#owner")["value"] == "Médiathèque"
    page = visitor.submit("main form", **asked, **kept)
    assert "8 demandes liées sont envoyées, une par machine ; 6 seront servies ensemble." in page.words()
    assert "6 machines, toutes ou aucune" in page.words()
    visitor.get("/needs/new")
    visitor.submit("main form", status=422, **(asked | kept | {"least": "9"}))
    day = (NOON + timedelta(20)).date().isoformat()
    visitor.get("/needs/new")
    page = visitor.submit("main form", status=422, **asked, term="date", quantity="10")
    assert page.select("#wanted_by-error")
    page = visitor.submit("main form", wanted_by=day, wanted_until=day)
    assert "la coordination la regarde" in page.words()
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}))
    page = visitor.get("/needs/?show=dated")
    assert len(page.select("tbody tr")) == 1
    assert "10 machines" in page.words()
