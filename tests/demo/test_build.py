"""The demo: all of it, told through the real services, and the record it leaves is whole."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import selectinload

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from tests.conftest import Clock
    from tests.factories import MakeActor, MakeOrganisation, MakePlace

MONDAY = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)


@pytest.fixture
def demo_app(fresh_app: Flask, database: str, request: pytest.FixtureRequest) -> Flask:
    """The demo told by this code: on SQLite by whoever of the tests asked first, which takes most of a minute."""
    from refurb.db import get_session
    from refurb.demo.build import build

    if database == "sqlite":
        url = fresh_app.config["SQLALCHEMY_ENGINES"]["default"]["url"]
        shutil.copy(request.getfixturevalue("told_demo"), url.database)
    else:
        with fresh_app.test_request_context(base_url="http://localhost:8000"):
            build(get_session())
    return fresh_app


@pytest.mark.slow
@pytest.mark.long
def test_the_whole_story(demo_app: Flask) -> None:
    """One build, looked at from every side."""
    from refurb.db import get_session

    with demo_app.test_request_context(base_url="http://localhost:8000"):
        session = get_session()
        _is_peopled(session)
        _has_every_stage(session)
        _has_demands(session)
        _is_whole(session)
        _is_of_the_past(session)
        _shows_proofs_and_doubts(session)
        _papers_are_set(session)
        _refuses_a_second(session)


def _is_peopled(session: Session) -> None:
    from refurb.accounts.queries import by_email
    from refurb.core.permissions import OrganisationRole as R
    from refurb.organisations.queries import with_role
    from refurb.territory.queries import all_epci

    wanted = dict.fromkeys((R.SUPPLIER, R.REFURBISHER, R.PRESCRIBER, R.HANDOVER_POINT), 12)
    wanted |= {R.STRUCTURE: 4, R.COORDINATION: 1}
    assert {role: len(with_role(session, role)) for role in wanted} == wanted
    assert len(all_epci(session)) == 10
    for login in ["fournisseur", "atelier", "controle", "prescripteur", "structure", "remise", "coordination", "admin"]:
        account = by_email(session, f"{login}@demo.example")
        assert account is not None
        assert account.is_demo


def _has_every_stage(session: Session) -> None:
    from refurb.core.workflow import Status
    from refurb.devices.models import Device
    from refurb.donations.models import Lot

    found = Counter(session.scalars(sa.select(Device.status)))
    assert sum(found.values()) == 400
    # Lending pools come with their own issue.
    assert set(Status) - set(found) == {Status.IN_KIT}
    assert session.scalar(sa.select(sa.func.count()).select_from(Lot)) == 8


def _has_demands(session: Session) -> None:
    from refurb.core.need_life import State
    from refurb.matching.queries import open_for_need
    from refurb.needs.models import Need

    needs = session.scalars(sa.select(Need)).all()
    assert len(needs) == 250
    states = Counter(need.state for need in needs)
    for state in (State.DRAFT, State.TO_COMPLETE, State.VALIDATED, State.PROPOSED, State.ACCEPTED, State.HANDED_OVER,
                  State.CANCELLED, State.EXPIRED, State.SUSPENDED, State.REFUSED, State.SUBMITTED):  # fmt: skip
        assert states[state] > 0, state
    for need in needs:
        held = need.state in (State.PROPOSED, State.ACCEPTED)
        assert (open_for_need(session, need.id) is not None) == held, need.code


def _is_whole(session: Session) -> None:
    """Chains, statuses and bytes are what was written; nothing stands in stock that may not."""
    from refurb.cli.verify import _faults
    from refurb.core.media import MediaState
    from refurb.core.workflow import Status
    from refurb.devices import queries
    from refurb.devices.models import Device

    assert list(_faults()) == []
    for device in session.scalars(sa.select(Device).where(Device.status == Status.IN_STOCK)):
        assert queries.media_state(session, device) is MediaState.CLEAR, device.code


def _is_of_the_past(session: Session) -> None:
    from refurb.audit.models import Event
    from refurb.outbox import OutboxRow

    latest, earliest = session.execute(sa.select(sa.func.max(Event.at), sa.func.min(Event.at))).one()
    assert latest <= datetime.now(UTC)
    assert (datetime.now(UTC) - earliest).days > 200
    assert session.scalar(sa.select(sa.func.count()).where(OutboxRow.kind == "mail.send")) == 0


def _shows_proofs_and_doubts(session: Session) -> None:
    """What an atelier wants to see first: certificates of both sorts, a disk destroyed, each question of a report."""
    from refurb.core.documents import DocumentKind
    from refurb.core.media import MediumState
    from refurb.core.workflow import Status
    from refurb.devices import queries, report_sides
    from refurb.devices.models import Device, Report
    from refurb.documents.models import Document

    kind = DocumentKind.WIPE_CERTIFICATE.value
    papers = session.scalars(sa.select(Document).where(Document.kind == kind)).all()
    assert {paper.subject_kind for paper in papers} == {"device", "lot"}
    media = [m for paper in papers for machine in paper.data["machines"] for m in machine["media"]]
    assert {"ok", "destroyed"} <= {medium["outcome"] for medium in media}
    doubts = session.scalars(
        sa.select(Report)
        .where(Report.doubt.is_not(None))
        .options(selectinload(Report.asked_of), selectinload(Report.device))
    ).all()
    assert {report.doubt for report in doubts} == {"other-serial", "media-of-another", "which-device"}
    sides = [found for report in doubts if (found := report_sides.question(session, report)) is not None]
    assert len(sides) == 2
    for found in sides:
        assert any(line.same is False for line in found.lines)
        assert any(line.same for line in found.lines)
    wiping = session.scalars(sa.select(Device.id).where(Device.status == Status.WIPING))
    states = {queries.medium_state(m) for device_id in wiping for m in queries.media_of(session, device_id)}
    assert {MediumState.RESERVATION, MediumState.DOUBTFUL, MediumState.NOT_WIPED} <= states


def _papers_are_set(session: Session) -> None:
    """The worker's first minute: what a visitor opens passes before all the rest, and all is sealed."""
    from refurb import outbox
    from refurb.documents.models import Document
    from refurb.documents.services import RENDER, instance_seal

    count = session.scalar(sa.select(sa.func.count()).select_from(Document)) or 0
    assert count > 100
    opened = session.scalars(sa.select(Document).order_by(Document.id.desc()).limit(1)).one()
    row = outbox.background_row(session, RENDER, "document_id", opened.id)
    assert row is not None
    outbox.hasten(session, row.id)
    session.commit()
    assert outbox.drain(session, limit=1) == 1
    session.refresh(opened)
    assert opened.sha256 is not None
    assert outbox.drain(session) >= count - 1
    assert session.scalar(sa.select(sa.func.count()).where(Document.sha256.is_(None))) == 0
    # With a shared database the seal is asked from the environment, and the tests give none.
    unsealed = session.scalar(sa.select(sa.func.count()).where(Document.seal_sha256.is_(None)))
    assert unsealed == (0 if instance_seal() is not None else count)


def _refuses_a_second(session: Session) -> None:
    from refurb.demo.build import DemoRefused, build

    with pytest.raises(DemoRefused, match="already"):
        build(session)


def test_the_same_seed_tells_the_same(databases: object, database: str, session: Session) -> None:
    """Organisations, people and gifts drawn twice: the same names, serials, fates and moments."""
    from refurb.demo.gifts import PLANS, _machines
    from refurb.demo.world import World

    def told(seed: int) -> list[object]:
        world = World(session, random.Random(seed), MONDAY)
        found: list[object] = []
        for plan in PLANS[:5]:
            machines, fates = _machines(world, plan, sum(plan.fates.values()) + plan.missing)
            found.append([(machine, fates.get(machine.serial)) for machine in machines])
            found.append(world.between(world.ago(plan.declared), MONDAY, 5))
        return found

    assert told(49) == told(49)
    assert told(49) != told(50)


def test_the_same_seed_asks_the_same(
    session: Session, make_organisation: MakeOrganisation, make_actor: MakeActor, make_place: MakePlace
) -> None:
    """A structure that wants several machines, asked twice: the same numbers, letters and links."""
    from dataclasses import replace

    from refurb.core import needs as core
    from refurb.core.equipment import Recipient
    from refurb.core.permissions import OrganisationRole, Role
    from refurb.demo import demands
    from refurb.demo.world import World
    from refurb.needs.models import Need
    from refurb.organisations.models import PlaceKind

    structure = make_organisation(OrganisationRole.STRUCTURE)
    by, place = make_actor(structure, Role.STRUCTURE), make_place(structure, PlaceKind.HANDOVER)
    answers = core.Answers(
        recipient=Recipient.STRUCTURE, usages=(core.Usage.GROUP_WORKSHOP,), commune="49007",
        format=core.Format.LAPTOP, term=core.Term.KEEP, owner="La structure", maintainer="La structure",
        handover_place=place.id, quantity=4, least=2,
    )  # fmt: skip

    def told(seed: int) -> list[object]:
        world = World(session, random.Random(seed), MONDAY)
        with session.begin_nested() as asked:
            need = demands.draft(world, replace(answers, quantity=1, least=None), by, MONDAY)
            demands.send(world, need, answers, by, MONDAY)
            needs = session.scalars(sa.select(Need).order_by(Need.id)).all()
            found: list[object] = [(n.code, n.letters, n.household_key, n.bundle) for n in needs]
            asked.rollback()
        return found

    first = told(49)
    assert len(first) == 4
    assert first == told(49)
    assert first != told(50)


def test_the_hour_does_not_change_the_story(app: Flask, clock: Clock) -> None:
    from refurb.demo.build import day_begins

    found = set()
    for hour in (0, 7, 12, 22):
        clock.at = MONDAY.replace(hour=hour)
        found.add(day_begins())
    assert found == {datetime(2026, 11, 15, 23, tzinfo=UTC)}


def test_the_plans_add_up() -> None:
    from refurb.demo.gifts import PLANS, TO_COME

    assert len(PLANS) == 8
    assert sum(sum(plan.fates.values()) for plan in PLANS) == 400
    for number, plan in enumerate(PLANS[:5]):
        assert sum(count for _, count in plan.shares) == sum(plan.fates.values()) + plan.missing, number
    assert sum(count for _, count in PLANS[6].shares) == TO_COME[6]


def test_people_work_at_working_hours(session: Session) -> None:
    from refurb.demo.world import World
    from refurb.web import zone

    world = World(session, random.Random(1), MONDAY)
    for days in range(1, 200):
        local = world.ago(days).astimezone(zone())
        assert local.weekday() < 5
        assert 9 <= local.hour < 17
        assert local < MONDAY


def test_a_demo_only_in_an_empty_database(session: Session, make_organisation: object) -> None:
    from refurb.demo.build import DemoRefused, build

    make_organisation()  # type: ignore[operator]
    with pytest.raises(DemoRefused, match="not-empty"):
        build(session)
