"""Needs in every state, with the machine that was found for them: set aside, handed over, come back with a fault."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.aftersales.models import Ticket
from refurb.core import points
from refurb.core.aftersales import Fault, Outcome
from refurb.core.documents import RULES, DocumentKind
from refurb.core.equipment import Mode, Recipient
from refurb.core.handover import Signature
from refurb.core.identity import CodeKind, mint, number_in
from refurb.core.need_life import ALIVE, State
from refurb.core.workflow import Status
from refurb.demo.volume.answers import variants
from refurb.demo.volume.machines import Stocked
from refurb.demo.volume.papers import Papers
from refurb.demo.volume.runs import Runs
from refurb.demo.volume.world import World
from refurb.demo.volume.writing import BATCH, Columns, End, Line, Told, Writer, chained
from refurb.devices.models import Device
from refurb.handover.models import Appointment, Handover
from refurb.matching.models import Ending, Reservation, WaitEstimate
from refurb.needs import scoring
from refurb.needs.models import Need

#: How a need comes to each state: the events, each with the state it leads to.
Way = tuple[tuple[str, State], ...]
DRAFTED, SUBMITTED = ("need.drafted", State.DRAFT), ("need.submitted", State.SUBMITTED)
WAITING: Way = (DRAFTED, SUBMITTED, ("need.validated", State.VALIDATED), ("need.state-changed", State.WAITING))
#: It waited, and goes on with the machine that was found for it.
SERVED: Way = ()
WAYS: dict[Way, int] = {
    (DRAFTED,): 1,
    (DRAFTED, SUBMITTED): 3,
    (DRAFTED, SUBMITTED, ("need.returned", State.TO_COMPLETE)): 1,
    WAITING: 30,
    SERVED: 50,
    (DRAFTED, SUBMITTED, ("need.refused", State.REFUSED)): 3,
    (*WAITING, ("need.withdrawn", State.CANCELLED)): 4,
    (*WAITING, ("need.state-changed", State.EXPIRED)): 6,
    (*WAITING, ("need.suspended", State.SUSPENDED)): 2,
}
MOTIVES = {"need.returned": "precise-usages", "need.refused": "not-eligible", "need.withdrawn": "no-longer-needed"}
#: Of the needs of these days, in how many hundredths a machine is set aside; those stay open for ten working days.
HELD, HELD_DAYS, OPEN_FOR = 22, (15, 120), timedelta(days=14)
#: Of a hundred machines handed over, those that somebody called about, and those that came back for it.
CALLS, COME_BACK = 8, 3


class Cases:
    """Writes the needs; `begun` are their numbers, each with its beginning, in order."""

    def __init__(
        self,
        draw: Random,
        world: World,
        writer: Writer,
        runs: Runs,
        papers: Papers,
        *,
        stock: Iterable[Stocked],
        many: int,
        since: datetime,
        now: datetime,
    ) -> None:
        self.draw, self.world, self.writer, self.runs, self.papers = draw, world, writer, runs, papers
        self.now, self.stock = now, iter(stock)
        self.reservations = self.handovers = self.tickets = self.appointments = self.estimates = 0
        self.begun: list[tuple[int, datetime]] = []
        #: Where the machines of the needs stand now.
        self.moved: list[Columns] = []
        session = world.session
        self.table = scoring.table(session, Recipient.HOUSEHOLD)
        self.variants = variants(session, draw, since.date())
        codes = draw.sample(range(1_000_000), many)
        for number in range(1, many + 1):
            begun = since + (now - timedelta(days=2) - since) * number / many
            self.begun.append((number, begun))
            self._one(number, mint(CodeKind.NEED, number_in("49", codes[number - 1])), begun)
            if writer.full():
                writer.flush(f"{number:,} needs")
        writer.flush(f"{many:,} needs")
        self._move_machines(session)

    def _one(self, number: int, code: str, begun: datetime) -> None:
        """Write one need as far as its way goes."""
        draw, now = self.draw, self.now
        answers, commune, columns = draw.choice(self.variants)
        service, place = draw.choice(self.world.services), draw.choice(self.world.points)
        way = draw.choices(list(WAYS), list(WAYS.values()))[0]
        age = (now - begun).days
        held = HELD_DAYS[0] < age < HELD_DAYS[1] and draw.randrange(100) < HELD
        end, by = End(begun), {"organisation_id": service}
        lines: list[Line] = []
        state: State | None = None
        for kind, after in WAITING if held or way is SERVED else way:
            payload = {"motive": MOTIVES.get(kind), "reason": "service-closed", "act": kind} if state else {}
            lines += chained(
                draw, ("need", number), [Told(kind, payload, state and state.value, after.value)], end, **by
            )
            state = after
        validated_on = next((line.at.date() for line in lines if line.after == State.VALIDATED), None)
        facts = points.facts(answers, rank=1, validated_on=validated_on, population=commune.population)
        given = points.score(facts, self.table.content, now.date())
        need: Columns = {
            **columns,
            "id": number,
            "code": code,
            "recipient": Recipient.HOUSEHOLD,
            "organisation_id": service,
            "points": given.points,
            "points_terms": points.dump(given.terms),
            "points_version": self.table.number,
            "letters": "".join(draw.choices("BCDFGHJKLMNPQRSTVWXZ", k=4)),
            "validated_on": validated_on,
            "submitted_at": lines[1].at if len(lines) > 1 else None,
            "confirmed_on": lines[-1].at.date(),
            "handed_over_on": None,
            "closed_at": None,
            "created_at": begun,
            "changed_at": lines[-1].at,
            "version": 1,
            "warranty_return": False,
            "rank_in_household": 1,
            "substitutes_asked": [],
            "state": state,
            "handover_place_id": None if number % 40 == 0 else place,
            "state_since": lines[-1].at,
        }
        if held:
            self._set_aside(need, end, lines, place, open_since=now - timedelta(hours=draw.randrange(8, 216)))
        elif way is SERVED:
            self._set_aside(need, end, lines, place)
        if need["state"] is State.WAITING and age > 80 and number % 10:
            # Most services say in time that a need is still there.
            said = now - timedelta(days=draw.randrange(1, 80))
            lines += chained(draw, ("need", number), [Told("need.refreshed", {}, at=said)], end, **by)
            need |= {"confirmed_on": said.date(), "changed_at": said}
        if need["state"] not in ALIVE and need["state"] is not State.HANDED_OVER:
            need["closed_at"] = need["state_since"]
        if validated_on is not None:
            self.estimates += 1
            self.writer.add(
                WaitEstimate,
                {
                    "id": self.estimates,
                    "need_id": number,
                    "made_on": validated_on,
                    "ahead": 40.0,
                    "weekly": 6.0,
                    "free": 0,
                    "median_weeks": 7,
                    "most_weeks": 12,
                    "why": None,
                    "unlocks": [],
                },
            )
        self.writer.add(Need, need)
        self.writer.tell(lines)

    def _set_aside(
        self, need: Columns, end: End, lines: list[Line], place: int, open_since: datetime | None = None
    ) -> None:
        """Find a machine for a need: set aside these days, or handed over long ago and perhaps come back.

        What would have been handed over tomorrow is not: the need goes on waiting.
        """
        draw, now, number = self.draw, self.now, need["id"]
        made_at, run_id = open_since, None
        if made_at is None:
            run_id = self.runs.after(end.at + timedelta(days=1))
            run_id = run_id and run_id + draw.choice((0, 0, 0, 1, 1, 2, 4))
            if run_id is None or run_id > len(self.runs.made):
                return
            made_at = self.runs.made[run_id - 1] + timedelta(minutes=draw.randrange(60, 2_000))
        if (found := next(self.stock, None)) is None:
            return
        if made_at <= max(end.at, found.end.at):
            made_at = max(end.at, found.end.at) + timedelta(hours=1)
        handed_at = made_at + timedelta(days=draw.randrange(3, 9))
        if open_since is None and handed_at > now - timedelta(days=1):
            return
        self.reservations += 1
        own, pair = self.reservations, {"need_id": number, "device_id": found.id}
        chain, by = End(made_at), {"organisation_id": found.workshop}
        expires_at, accepted = made_at + OPEN_FOR, open_since is None or number % 2 == 0
        prepared = open_since is None or (accepted and number % 4 == 0)
        row = {
            "id": own,
            **pair,
            "mode": Mode.GIFT,
            "made_at": made_at,
            "expires_at": expires_at,
            "run_id": run_id,
            "accepted_at": made_at + timedelta(hours=6) if accepted else None,
            "ended_at": None,
            "ending": None,
        }
        told = [
            Told("reservation.opened", {**pair, "terms": {}, "expires_at": expires_at.isoformat(), "mode": "gift"}),
            Told("proposal.made", pair, at=made_at),
        ]
        moves = [("reserve", Status.IN_STOCK, Status.RESERVED, made_at)]
        states = [("need.state-changed", State.PROPOSED, made_at)]
        if accepted:
            told.append(Told("proposal.accepted", pair, at=made_at + timedelta(hours=6)))
            states.append(("need.state-changed", State.ACCEPTED, made_at + timedelta(hours=6)))
            self._agree(
                own,
                place,
                made_at + timedelta(hours=6),
                handed_at if open_since is None else now + timedelta(hours=8 + number % 200),
            )
        if prepared:
            moves.append(("prepare", Status.RESERVED, Status.READY_FOR_PICKUP, made_at + timedelta(hours=7)))
        if open_since is None:
            told.append(Told("reservation.fulfilled", pair, at=handed_at))
            moves.append(("hand_over", Status.READY_FOR_PICKUP, Status.HANDED_OVER, handed_at))
            states.append(("need.state-changed", State.HANDED_OVER, handed_at))
            row |= {"ended_at": handed_at, "ending": Ending.HANDED_OVER}
        self.writer.add(Reservation, row)
        self.writer.tell(chained(draw, ("reservation", own), told, chain, **by))
        if run_id is not None:
            self.runs.accepted(run_id, number, found.id, need["points"], own, made_at)
        back = None
        if open_since is None:
            back = self._hand_over(need, own, found, place, handed_at)
            if handed_at < now - timedelta(days=120):
                states.append(("need.state-changed", State.CLOSED, handed_at + timedelta(days=95)))
        if back is not None:
            moves.append(("return", Status.HANDED_OVER, Status.AFTER_SALES, back))
        for action, before, after, at in moves:
            payload = {
                "action": action,
                "move": uuid.UUID(int=draw.getrandbits(128)).hex,
                "was": {},
                "reservation_id": own,
            }
            moved = [Told("device.moved", payload, before.value, after.value, at)]
            self.writer.tell(chained(draw, ("device", found.id), moved, found.end, **by))
        _action, _before, status, since = moves[-1]
        left, out = Status.HANDED_OVER if back else None, status is Status.HANDED_OVER
        self.moved.append({"number": found.id, "now": status, "since": since, "left": left, "out": out})
        state = State.WAITING
        for kind, reached, at in states:
            payload = {"act": kind, "motive": None, "reservation_id": own}
            told = [Told(kind, payload, state.value, reached.value, at)]
            if reached is State.HANDED_OVER:
                told += [
                    Told("handover.performed", {**pair, "mode": "gift"}, at=at),
                    Told("handover.signed", {"how": "signed"}, at=at),
                ]
                need["handed_over_on"] = at.date()
            lines += chained(draw, ("need", number), told, end, organisation_id=need["organisation_id"])
            state = reached
            need |= {"state": reached, "state_since": at, "changed_at": at, "confirmed_on": at.date()}

    def _agree(self, reservation_id: int, place: int, agreed_at: datetime, starts_at: datetime) -> None:
        """Write an appointment."""
        self.appointments += 1
        starts_at = starts_at.replace(minute=0, second=0, microsecond=0)
        self.writer.add(
            Appointment,
            {
                "id": self.appointments,
                "reservation_id": reservation_id,
                "place_id": place,
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(minutes=30),
                "agreed_at": agreed_at,
            },
        )

    def _hand_over(
        self, need: Columns, reservation_id: int, found: Stocked, place: int, at: datetime
    ) -> datetime | None:
        """Write a hand-over with its papers, and the call about it where there was one; return when it came back."""
        draw = self.draw
        self.handovers += 1
        own = self.handovers
        code = mint(CodeKind.HANDOVER, number_in("49", own))
        says, comes = draw.randrange(100) < CALLS, draw.randrange(CALLS) < COME_BACK
        called_at = at + timedelta(days=draw.randrange(5, 150))
        called = says and called_at < self.now
        recent = called and self.now - called_at < timedelta(days=60)
        back = called_at if called and comes and recent else None
        self.writer.add(
            Handover,
            {
                "id": own,
                "code": code,
                "need_id": need["id"],
                "device_id": found.id,
                "reservation_id": reservation_id,
                "place_id": place,
                "organisation_id": need["organisation_id"],
                "mode": Mode.GIFT,
                "price_cents": 0,
                "accessories": ["charger"],
                "signature": Signature.SIGNED,
                "signature_detail": {},
                "warranty_until": at.date() + timedelta(days=183),
                "rules_version": RULES.version,
                "after_sales_contact": "Accueil, 02 41 00 00 00",
                "handed_over_at": at,
                "returned_at": back,
                "return_motive": "fault" if back else None,
            },
        )
        for kind in (DocumentKind.HANDOVER_SHEET, DocumentKind.BENEFICIARY_SHEET, DocumentKind.GIFT_DEED):
            self.papers.ask(
                kind,
                found.workshop,
                "handover",
                own,
                at,
                need_code=need["code"],
                handover_code=code,
                device=(found.code, found.title),
            )
        if called:
            self._ticket(own, found, called_at, is_open=recent and (comes or own % 2 == 0))
        return back

    def _ticket(self, handover_id: int, found: Stocked, at: datetime, *, is_open: bool) -> None:
        """Write a call about a machine."""
        draw = self.draw
        self.tickets += 1
        fault, outcome = (
            draw.choice(list(Fault)),
            draw.choice([Outcome.ADVICE, Outcome.CHARGER_SWAPPED, Outcome.NO_FAULT]),
        )
        closed_at = None if is_open else at + timedelta(days=2)
        self.writer.add(
            Ticket,
            {
                "id": self.tickets,
                "code": mint(CodeKind.TICKET, number_in("49", self.tickets)),
                "device_id": found.id,
                "handover_id": handover_id,
                "organisation_id": found.workshop,
                "fault": fault.value,
                "opened_at": at,
                "outcome": outcome.value if closed_at else None,
                "closed_at": closed_at,
            },
        )
        told = [Told("ticket.opened", {"fault": fault.value, "device_id": found.id, "comes_back": is_open})]
        if closed_at:
            told.append(Told("ticket.closed", {"outcome": outcome.value}, at=closed_at))
        self.writer.tell(chained(draw, ("ticket", self.tickets), told, End(at), organisation_id=found.workshop))

    def _move_machines(self, session: Session) -> None:
        """Write where the machines of the needs stand now."""
        table: Any = Device.__table__
        change = (
            sa.update(table)
            .where(table.c.id == sa.bindparam("number"))
            .values(
                status=sa.bindparam("now", type_=table.c.status.type),
                status_since=sa.bindparam("since"),
                in_stock_since=None,
                left_as=sa.bindparam("left", type_=table.c.left_as.type),
                place_id=sa.case((sa.bindparam("out", type_=sa.Boolean), None), else_=table.c.place_id),
            )
        )
        rows = self.moved
        for start in range(0, len(rows), BATCH):
            session.connection().execute(change, rows[start : start + BATCH])
