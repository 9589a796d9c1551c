"""What keeps needs alive: rank and points of the day, bundles, substitutes, doubles, news, the mail of the week."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core import needs as core
from refurb.core import points
from refurb.core.equipment import Recipient
from refurb.core.need_life import Act, NeedRefused, State
from refurb.core.needs import FollowUp, Substitute, Usage
from refurb.core.permissions import OrganisationRole, Role
from tests.conftest import NOON
from tests.department import FAMILY, TODAY

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.needs.models import Need
    from refurb.organisations.models import Organisation, Place
    from refurb.security import Actor
    from tests.department import MakeNeed
    from tests.factories import MakeAccount, MakeActor, MakeOrganisation


def change(session: Session, need: Need, act: Act, days: int, by: Actor, motive: str | None = None) -> None:
    from refurb.needs import services

    at = NOON + timedelta(days)
    services.change_state(session, need, act, by=by, at=at, today=at.date(), motive=motive)


def mails(session: Session) -> list[dict[str, Any]]:
    from refurb.outbox import OutboxRow

    return [row.payload for row in session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "mail.send"))]


# -- Points and rank ---------------------------------------------------------------------------------------------------
def test_a_need_has_its_points_with_every_term(make_need: MakeNeed) -> None:
    need = make_need()
    terms = points.load(need.points_terms)
    assert need.points == sum(term.points for term in terms) == 58
    assert need.points_version == 1
    assert {term.code for term in terms} >= {points.Code.EQUIPMENT, points.Code.WAITING}


def test_waiting_grows_by_night_and_nobody_is_told_that_it_changed(session: Session, make_need: MakeNeed) -> None:
    from refurb.needs.scoring import rescore_all

    need, draft = make_need(), make_need(sent=False)
    version = need.version
    assert rescore_all(session, TODAY + timedelta(6)) == 0
    assert rescore_all(session, TODAY + timedelta(70)) == 1
    session.refresh(need)
    assert (need.points, need.version) == (68, version)
    assert points.load(need.points_terms)[-4].points == 10
    assert draft.points == 1


def test_another_version_of_the_table_counts_from_the_next_night(
    session: Session, make_need: MakeNeed, coordinator: Actor
) -> None:
    from refurb import tables
    from refurb.needs.scoring import rescore_all

    need = make_need()
    voted = {**points.HOUSEHOLD_1, "eligibility": 30}
    kind = points.KINDS[Recipient.HOUSEHOLD]
    tables.adopt(session, kind, voted, after=1, motive="Comité de novembre", by=coordinator, at=NOON)
    assert rescore_all(session, TODAY) == 1
    session.refresh(need)
    assert (need.points, need.points_version) == (78, 2)


def test_a_suspended_need_keeps_its_rank_for_six_months(
    session: Session, make_need: MakeNeed, prescriber: Actor
) -> None:
    kept, late = make_need(), make_need()
    for need in (kept, late):
        change(session, need, Act.SUSPEND, 10, prescriber, "household-unavailable")
    change(session, kept, Act.RESUME, 10 + 183, prescriber)
    change(session, late, Act.RESUME, 10 + 184, prescriber)
    assert (kept.state, kept.validated_on) == (State.WAITING, TODAY)
    assert (late.state, late.validated_on) == (State.WAITING, TODAY + timedelta(194))
    assert late.points < kept.points
    # Taken up again, it was spoken of: nobody asks for it to be confirmed the next day.
    assert late.confirmed_on == TODAY + timedelta(194)


def test_a_machine_that_fails_under_its_warranty_is_owed(
    session: Session, make_need: MakeNeed, prescriber: Actor
) -> None:
    need = make_need()
    before = need.points
    for act in (Act.PROPOSE, Act.HAND_OVER):
        change(session, need, act, 0, prescriber)
    change(session, need, Act.REOPEN, 3, prescriber, "after-sales")
    assert (need.points, need.warranty_return) == (before + 100, True)
    for act in (Act.PROPOSE, Act.HAND_OVER):
        change(session, need, act, 4, prescriber)
    assert not need.warranty_return
    change(session, need, Act.REOPEN, 5, prescriber, "served-in-part")
    assert (need.rank_in_household, need.handed_over_on, need.state) == (2, None, State.VALIDATED)
    assert need.points < before


# -- Structures --------------------------------------------------------------------------------------------------------
@pytest.fixture
def structure(make_organisation: MakeOrganisation, make_actor: MakeActor) -> Actor:
    """Somebody of a structure."""
    return make_actor(make_organisation(OrganisationRole.STRUCTURE), Role.STRUCTURE)


@pytest.fixture
def ask(session: Session, structure: Actor, place: Place) -> Any:
    """Ask for machines in the structure's name."""
    from refurb.needs import services

    def asked(**changes: Any) -> list[Need]:
        answers = core.Answers(
            recipient=Recipient.STRUCTURE,
            usages=(Usage.GROUP_WORKSHOP,),
            commune="49007",
            format=core.Format.LAPTOP,
            term=core.Term.KEEP,
            owner="Association du quartier",
            maintainer="Atelier du port",
            handover_place=place.id,
        )
        answers = replace(answers, **changes)
        need = services.draft(session, answers, by=structure, at=NOON)
        return services.submit(session, need, answers, by=structure, at=NOON, today=TODAY)

    return asked


def test_at_least_six_better_eight(session: Session, ask: Any) -> None:
    made = ask(quantity=8, least=6, alike=core.Alike.SAME_CHARGER)
    bundle = made[0].bundle
    assert bundle
    assert [each.bundle for each in made] == [bundle] * 6 + [None] * 2
    assert {each.bundle_same for each in made[:6]} == {"charger"}
    assert {each.state for each in made} == {State.VALIDATED}
    # The two that are not indispensable weigh less.
    assert {each.points for each in made[:6]} == {made[6].points + 15}
    assert [each.rank_in_household for each in made] == list(range(1, 9))


def test_what_is_wanted_together_is_suspended_and_withdrawn_together(
    session: Session, ask: Any, structure: Actor
) -> None:
    from refurb.needs import bundles

    made = ask(quantity=4, least=3, alike=core.Alike.IDENTICAL)
    deed: dict[str, Any] = {"by": structure, "at": NOON, "today": TODAY}
    bundles.change_state(session, made[1], Act.SUSPEND, motive="service-closed", **deed)
    assert [each.state for each in made] == [State.SUSPENDED] * 3 + [State.VALIDATED]
    bundles.change_state(session, made[0], Act.RESUME, **deed)
    # One that was proposed meanwhile goes its own way.
    change(session, made[2], Act.PROPOSE, 0, structure)
    changed = bundles.change_state(session, made[0], Act.CANCEL, motive="no-longer-needed", **deed)
    assert [each.state for each in changed] == [State.CANCELLED] * 3
    assert made[3].state is State.VALIDATED


def test_one_amendment_changes_the_whole_bundle_and_never_its_number(
    session: Session, ask: Any, structure: Actor
) -> None:
    from refurb.needs import bundles

    made = ask(quantity=3, least=3, alike=core.Alike.COMPATIBLE)
    answers = replace(core.load(made[0].answers), usages=(Usage.SHARED_STATION,), quantity=9, term=core.Term.DATE)
    assert len(bundles.amend(session, made[0], answers, by=structure, at=NOON, today=TODAY)) == 3
    assert {each.profile for each in made} == {core.Profile.P4}
    assert {core.load(each.answers).quantity for each in made} == {1}
    assert {core.load(each.answers).term for each in made} == {core.Term.KEEP}


def test_what_is_wanted_for_a_date_is_one_need_for_the_coordination(
    session: Session, ask: Any, coordinator: Actor
) -> None:
    from refurb.needs import queries

    dates = {"wanted_by": TODAY + timedelta(30), "wanted_until": TODAY + timedelta(33)}
    later = ask(quantity=10, term=core.Term.DATE, owner=None, maintainer=None, **dates)
    sooner = ask(term=core.Term.DATE, wanted_by=TODAY + timedelta(3))
    ask(quantity=2)
    assert [each.state for each in later] == [State.SUBMITTED]
    assert later[0].modes == ["loan"]
    listed = queries.board(session, coordinator, page=1, dated=True)
    assert [need.id for need in listed.items] == [sooner[0].id, later[0].id]


# -- For want of better ------------------------------------------------------------------------------------------------
def test_a_substitute_is_asked_answered_and_changes_no_points(
    session: Session, make_need: MakeNeed, coordinator: Actor, prescriber: Actor
) -> None:
    from refurb.needs import substitutes

    need = make_need(format=core.Format.LAPTOP)
    kept = (need.points, need.validated_on)
    substitutes.ask(session, need, [Substitute.WITHOUT_WEBCAM, Substitute.OTHER_FORM], by=coordinator, at=NOON)
    assert need.substitutes_asked == ["other_form", "without_webcam"]
    later = NOON + timedelta(3)
    substitutes.answer(session, need, True, by=prescriber, at=later, today=later.date())
    assert "webcam" not in need.minima
    assert "desktop" in need.forms
    assert (need.points, need.validated_on, need.state) == (*kept, State.VALIDATED)
    with pytest.raises(NeedRefused, match="no-such-move"):
        substitutes.answer(session, need, True, by=prescriber, at=later, today=later.date())
    with pytest.raises(NeedRefused, match="nothing-to-ask"):
        substitutes.ask(session, need, [Substitute.WITHOUT_WEBCAM], by=coordinator, at=NOON)


def test_a_substitute_that_is_declined_changes_nothing(
    session: Session, make_need: MakeNeed, coordinator: Actor, prescriber: Actor
) -> None:
    from refurb.needs import substitutes

    need = make_need()
    minima = dict(need.minima)
    substitutes.ask(session, need, [Substitute.LESS_POWERFUL], by=coordinator, at=NOON)
    substitutes.answer(session, need, False, by=prescriber, at=NOON, today=TODAY)
    assert (need.minima, need.substitutes_asked) == (minima, [])


# -- News after three months -------------------------------------------------------------------------------------------
def test_news_are_asked_once_after_three_months(
    session: Session, make_need: MakeNeed, service: Organisation, prescriber: Actor
) -> None:
    from refurb.needs import followup
    from refurb.security import Actor

    service.email = "ccas@example.org"
    need = make_need()
    for act in (Act.PROPOSE, Act.HAND_OVER, Act.CLOSE):
        change(session, need, act, 0, prescriber)
    system = Actor.system()
    for days, count in ((90, 0), (91, 1), (92, 0)):
        at = NOON + timedelta(days)
        assert followup.ask(session, by=system, at=at, today=at.date()) == count
    (mail,) = [each for each in mails(session) if each["template"] == "need_follow_up"]
    assert mail["to"] == "ccas@example.org"
    assert mail["context"]["link"].endswith(f"/needs/{need.code}/follow-up")
    at = NOON + timedelta(95)
    assert list(followup.waiting(session, service.id, at.date())) == [need]
    followup.answer(session, need, FollowUp.NOT_USED, by=prescriber, at=at, today=at.date())
    assert not followup.waiting(session, service.id, at.date())
    with pytest.raises(NeedRefused):
        followup.answer(session, need, FollowUp.USED, by=prescriber, at=at, today=at.date())


# -- The mail of the week ----------------------------------------------------------------------------------------------
def test_one_mail_a_week_counts_what_waits_and_names_no_case(
    session: Session, make_need: MakeNeed, make_account: MakeAccount, service: Organisation
) -> None:
    from refurb.needs import digest

    mine = make_account({service: [Role.PRESCRIBER]})
    silent = make_account({service: [Role.PRESCRIBER]})
    make_account({service: [Role.HANDOVER_AGENT]})
    digest.choose(session, silent.id, False, at=NOON)
    need = make_need(sent=False)
    monday = NOON + timedelta(6)
    assert monday.weekday() == 0
    sent = []
    for days in (-3, 0, 0, 1, 4, 7):
        at = monday + timedelta(days)
        digest.send(session, at=at, today=at.date())
        sent.append(sum(each["to"] == mine.email for each in mails(session)))
    assert sent == [0, 1, 1, 1, 1, 2]
    assert silent.email not in {each["to"] for each in mails(session)}
    first = next(each for each in mails(session) if each["to"] == mine.email)
    assert first["to"] == mine.email
    assert first["context"]["lines"] == ["1 brouillon à finir"]
    assert need.code not in str(first)
    token = first["context"]["stop"].rsplit("/", 1)[1]
    assert digest.account_of(token) == mine.id
    assert digest.account_of(token[:-1]) is None


def test_nothing_waits_and_nothing_is_sent(session: Session, make_need: MakeNeed, make_account: MakeAccount) -> None:
    from refurb.needs import digest

    make_need()
    monday = NOON + timedelta(6)
    assert digest.send(session, at=monday, today=monday.date()) == 0


# -- Doubles -----------------------------------------------------------------------------------------------------------
def test_two_services_and_one_person(
    session: Session, make_need: MakeNeed, make_organisation: MakeOrganisation, make_actor: MakeActor, prescriber: Actor
) -> None:
    from refurb.needs import queries, services

    other = make_actor(make_organisation(OrganisationRole.PRESCRIBER), Role.PRESCRIBER)
    one, two, alone = make_need(), make_need(by=other), make_need()
    one.twin_hash = two.twin_hash = "a" * 64
    session.flush()
    assert list(queries.possible_twins(session, one)) == [two]
    assert not queries.possible_twins(session, alone)
    # Two needs of one household are no doubles.
    one.household_key = two.household_key = "k" * 32
    session.flush()
    assert not queries.possible_twins(session, one)
    services.change_state(session, one, Act.CANCEL, by=prescriber, at=NOON, today=TODAY, motive="mistake")
    assert one.twin_hash is None
    queries.forget_twins(session)
    session.refresh(two)
    assert two.twin_hash is None


def test_letters_open_no_other_case_and_no_draft(session: Session, make_need: MakeNeed) -> None:
    from refurb.needs.queries import by_slip

    need, draft = make_need(), make_need(sent=False)
    assert len(need.letters) == 4
    assert by_slip(session, need.code, f" {need.letters.lower()} ") == need
    assert by_slip(session, need.code, "") is None
    assert by_slip(session, draft.code, draft.letters) is None
    assert by_slip(session, need.code, "ZZZZ" if need.letters != "ZZZZ" else "XXXX") is None
    need.letters = ""
    session.flush()
    assert by_slip(session, need.code, "") is None


def test_a_table_that_asks_more_is_answered_at_the_next_change(
    session: Session, make_need: MakeNeed, coordinator: Actor, prescriber: Actor, place: Place
) -> None:
    from refurb import tables
    from refurb.needs import services

    need = make_need(connectivity=None)
    voted = {**points.HOUSEHOLD_1, "connectivity": {"none": 3}}
    kind = points.KINDS[Recipient.HOUSEHOLD]
    tables.adopt(session, kind, voted, after=1, motive="Comité", by=coordinator, at=NOON)
    answers = replace(FAMILY, handover_place=place.id, connectivity=None)
    with pytest.raises(NeedRefused, match="incomplete"):
        services.amend(session, need, answers, by=prescriber, at=NOON, today=TODAY)
    answers = replace(answers, connectivity=core.Connectivity.NONE)
    services.amend(session, need, answers, by=prescriber, at=NOON, today=TODAY)
    assert need.points == 61
