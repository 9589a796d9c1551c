"""Locked machines: one letter to the giver, reminders, a date, then parts; released by a scan or a button."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.locks import Letter, LockKind
from refurb.core.workflow import Action, Status
from tests.conftest import NOON

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.workshop.conftest import MakeGift

DAY = timedelta(days=1)


def messages(session: Session) -> list[dict[str, Any]]:
    from refurb.outbox import OutboxRow

    session.flush()
    rows = session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "mail.send").order_by(OutboxRow.id))
    return [row.payload for row in rows]


def test_a_gift_with_locked_machines_gets_one_letter_for_all(
    session: Session, make_gift: MakeGift, workshop: Organisation, technician: Actor
) -> None:
    from refurb.workshop import jobs, locks

    lot, machines = make_gift(3, lock="autopilot")
    locks.put_under(session, machines[0], [LockKind.BIOS], by=technician, at=NOON)
    locks.put_under(session, machines[1], [LockKind.AUTOPILOT, LockKind.ABSOLUTE], by=technician, at=NOON)
    assert jobs.write_to_givers(session, NOON) == 0, "the day is not over: others may follow"
    assert jobs.write_to_givers(session, NOON + DAY) == 1
    assert jobs.write_to_givers(session, NOON + DAY) == 0
    (letter,) = messages(session)
    assert (letter["to"], letter["template"]) == ("camille@example.org", "gift_locked")
    told = letter["context"]
    assert told["count"] == 2
    assert [str(machine.serial) in line for machine, line in zip(machines[:2], told["machines"], strict=True)] == [
        True
    ] * 2
    assert "INV-1" in told["machines"][0]
    assert "Mot de passe du BIOS" in told["machines"][0]
    assert len(told["steps"]) == 3
    assert "/gift/" in told["link"]
    (gift,) = locks.gifts(session, workshop.id)
    assert gift.lot is not None
    assert gift.lot.id == lot.id
    assert gift.request is not None
    assert (gift.request.mails, gift.request.last_letter) == (1, Letter.ASK)


def test_the_letter_reads_well(session: Session, make_gift: MakeGift, technician: Actor) -> None:
    from flask import render_template

    from refurb.workshop import jobs, locks

    _lot, machines = make_gift(1)
    locks.put_under(session, machines[0], [LockKind.AUTOPILOT], by=technician, at=NOON)
    jobs.write_to_givers(session, NOON + DAY)
    (letter,) = messages(session)
    body = render_template(f"mail/{letter['template']}.txt", **letter["context"])
    assert "Une machine de votre don" in body
    assert "Windows Autopilot" in body
    assert "16 janvier 2027" in body
    assert "\n\n\n\n" not in body


def test_a_giver_who_does_not_answer_is_reminded_and_the_machines_go_to_parts(
    session: Session, make_gift: MakeGift, workshop: Organisation, technician: Actor
) -> None:
    from refurb.devices import media
    from refurb.workshop import jobs, locks
    from refurb.workshop.refusals import WorkshopRefused

    _lot, (clear, full) = make_gift(2)
    media.add(session, full, serial="NOT-WIPED", by=technician, at=NOON)
    for machine in (clear, full):
        locks.put_under(session, machine, [LockKind.BIOS], by=technician, at=NOON)
    sent = [day for day in range(80) if jobs.write_to_givers(session, NOON + day * DAY)]
    assert sent == [1, 15, 29, 43, 53]
    assert [letter["context"]["letter"] for letter in messages(session)] == ["ask", *["remind"] * 3, "last"]
    (gift,) = locks.gifts(session, workshop.id)
    assert gift.request is not None
    on = gift.request.parts_on
    with pytest.raises(WorkshopRefused) as caught:
        locks.give_up(session, gift.request, today=on - DAY, by=technician, at=NOON + 59 * DAY)
    assert caught.value.code == "not-yet"
    gone, kept = locks.give_up(session, gift.request, today=on, by=technician, at=NOON + 60 * DAY)
    assert [device.code for device in gone] == [clear.code]
    assert kept == {full.code: "not-clear"}, "the exit guard holds here too"
    assert (clear.status, full.status) == (Status.PARTS, Status.LOCKED)
    assert not locks.open_locks(session, clear.id)
    assert locks.open_locks(session, full.id)


def test_a_released_machine_is_back_where_it_was_and_asked_for_no_more(
    session: Session, make_gift: MakeGift, technician: Actor
) -> None:
    from refurb.audit import queries as audit
    from refurb.devices import services
    from refurb.workshop import jobs, locks

    _lot, (device,) = make_gift(1)
    services.move(session, device, Action.INVENTORY, by=technician, at=NOON)
    locks.put_under(session, device, [LockKind.APPLE], by=technician, at=NOON)
    locks.put_under(session, device, [LockKind.APPLE, LockKind.OPERATOR], by=technician, at=NOON)
    assert {lock.kind for lock in locks.open_locks(session, device.id)} == {LockKind.APPLE, LockKind.OPERATOR}
    services.move(session, device, Action.UNLOCK, by=technician, at=NOON + DAY)
    assert device.status is Status.INVENTORIED
    assert not locks.open_locks(session, device.id)
    assert jobs.write_to_givers(session, NOON + 2 * DAY) == 0
    kinds = [event.kind for event in audit.of_subject(session, "device", device.id)]
    assert {"device.lock-noted", "device.lock-released"} <= set(kinds)


@pytest.mark.parametrize(("declared", "kind"), [("absolute", LockKind.ABSOLUTE), (None, LockKind.UNKNOWN)])
def test_a_card_at_the_desk_locks_as_the_giver_had_said(
    session: Session, make_gift: MakeGift, technician: Actor, declared: str | None, kind: LockKind
) -> None:
    from refurb.devices import services
    from refurb.workshop import locks

    _lot, (device,) = make_gift(1, lock=declared)
    services.move(session, device, Action.LOCK, by=technician, at=NOON)
    assert [lock.kind for lock in locks.open_locks(session, device.id)] == [kind]


def test_nobody_is_written_to_for_a_machine_of_no_gift(
    session: Session, make_gift: MakeGift, workshop: Organisation, technician: Actor
) -> None:
    from refurb.workshop import jobs, locks

    _lot, (device,) = make_gift(1, contacts=[], is_counter_deposit=True)
    locks.put_under(session, device, [LockKind.GOOGLE], by=technician, at=NOON)
    assert jobs.write_to_givers(session, NOON + DAY) == 0
    (gift,) = locks.gifts(session, workshop.id)
    assert gift.request is not None
    assert gift.request.mails == 0
    assert messages(session) == []


def test_a_workshop_chooses_how_long_a_giver_has(
    session: Session, make_gift: MakeGift, workshop: Organisation, technician: Actor
) -> None:
    from refurb.core.workflow import SecondPerson
    from refurb.workshop import locks, services

    chosen: dict[str, Any] = {"scanned_steps": [], "second_person": SecondPerson.OFF, "default_os_id": None}
    services.choose(session, workshop.id, **chosen, lock_days=30, by=technician, at=NOON)
    services.choose(session, workshop.id, **chosen, by=technician, at=NOON)
    _lot, (device,) = make_gift(1)
    locks.put_under(session, device, [LockKind.BIOS], by=technician, at=NOON)
    request = locks.request_of(session, device)
    assert request is not None
    assert request.parts_on == (NOON + 30 * DAY).date()


def test_another_date_is_told_to_who_had_the_last_letter(
    session: Session, make_gift: MakeGift, workshop: Organisation, technician: Actor
) -> None:
    from refurb.workshop import jobs, locks
    from refurb.workshop.refusals import WorkshopRefused

    _lot, (device,) = make_gift(1)
    locks.put_under(session, device, [LockKind.BIOS], by=technician, at=NOON)
    for day in range(58):
        jobs.write_to_givers(session, NOON + day * DAY)
    (gift,) = locks.gifts(session, workshop.id)
    request = gift.request
    assert request is not None
    assert request.last_letter is Letter.LAST
    with pytest.raises(WorkshopRefused) as caught:
        locks.set_date(session, request, NOON.date(), by=technician, at=NOON + 58 * DAY)
    assert caught.value.code == "date-past"
    locks.set_date(session, request, (NOON + 100 * DAY).date(), by=technician, at=NOON + 58 * DAY)
    sent = [day for day in range(58, 110) if jobs.write_to_givers(session, NOON + day * DAY)]
    assert sent == [67, 81, 93]
