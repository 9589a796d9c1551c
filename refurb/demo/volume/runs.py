"""Runs of the rule, every second week: what they proposed, what was decided, whom they left waiting."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from refurb.core.documents import DocumentKind
from refurb.core.equipment import Mode
from refurb.demo.volume.papers import Papers
from refurb.demo.volume.world import World
from refurb.demo.volume.writing import End, Told, Writer, chained
from refurb.matching.models import Origin, Proposal, ProposalState, Run, Unserved
from refurb.matching.proposals import MOTIVES

#: How often the rule is run, how many needs a run says that it leaves, and of a hundred accepted how many were not.
EVERY, LEFT = timedelta(days=14), 1_500
OTHERWISE = ((ProposalState.REFUSED, 9), (ProposalState.OVERTAKEN, 8), (ProposalState.REPLACED, 4))
REASONS = (("outranked", 60), ("no_suitable_device", 25), ("out_of_reach", 5), ("cap_reached", 5), ("rule_first", 5))
KEPT_OUT = (("to_reconfirm", 60), ("no_place", 20), ("suspended", 15), ("to_complete", 5))


class Runs:
    """The runs of the past, all closed; the proposals of each as they are decided."""

    def __init__(
        self, draw: Random, world: World, writer: Writer, since: datetime, until: datetime, versions: tuple[int, int]
    ) -> None:
        self.draw, self.world, self.writer, self.versions = draw, world, writer, versions
        self.made: list[datetime] = []
        self.proposals = self.left = 0
        at = since
        while at < until:
            self.made.append(at)
            writer.add(
                Run,
                {
                    "id": len(self.made),
                    "dry": False,
                    "seed": f"volume-{len(self.made)}",
                    "on": at.date(),
                    "made_at": at,
                    "policy_version": 1,
                    "household_version": versions[0],
                    "structure_version": versions[1],
                    "digest": "",
                    "devices": 0,
                    "needs": 0,
                    "objective": {},
                    "method": "exact",
                    "closed_at": at + EVERY,
                },
            )
            at += EVERY
        # Before the reservations that name them; what they came to is known later.
        writer.flush()
        #: By run, what was accepted: need, device, points.
        self.pairs: list[list[tuple[int, int, int]]] = [[] for _ in self.made]

    def after(self, at: datetime) -> int | None:
        """Return the number of the first run made after a moment, None where there was none."""
        return next((number for number, made in enumerate(self.made, 1) if made > at), None)

    def accepted(
        self, run_id: int, need_id: int, device_id: int, points: int, reservation_id: int, at: datetime
    ) -> None:
        """Write a proposal that became a reservation."""
        self.pairs[run_id - 1].append((need_id, device_id, points))
        self._add(
            run_id, need_id, device_id, points, ProposalState.ACCEPTED, decided_at=at, reservation_id=reservation_id
        )

    def _add(
        self, run_id: int, need_id: int, device_id: int, points: int, state: ProposalState, **decided: Any
    ) -> None:
        self.proposals += 1
        row = {"decided_at": None, "decided_by_id": None, "motive": None, "reservation_id": None, **decided}
        self.writer.add(
            Proposal,
            {
                "id": self.proposals,
                "run_id": run_id,
                "live": True,
                "origin": Origin.RULE,
                "need_id": need_id,
                "device_id": device_id,
                "mode": Mode.GIFT,
                "state": state,
                "made_at": self.made[run_id - 1],
                "explanation": {
                    "points": points,
                    "class_asked": 1,
                    "class_given": 2,
                    "band": self.draw.randrange(3),
                    "fit": 3,
                },
                **row,
            },
        )

    def finish(self, papers: Papers, needs: Sequence[tuple[int, datetime]]) -> None:
        """Write the runs with what was decided otherwise and whom they left. `needs`: number and begin, in order."""
        draw, writer = self.draw, self.writer
        began = [begun for _number, begun in needs]
        for run_id, (made, pairs) in enumerate(zip(self.made, self.pairs, strict=True), 1):
            seed = f"volume-{run_id}"
            digest = hashlib.sha256(seed.encode()).hexdigest()
            scored = sum(points for _need, _device, points in pairs)
            objective = {"floors": 9, "served": len(pairs), "points": scored, "balance": 40, "fit": 2 * len(pairs)}
            figures = {"digest": digest, "devices": len(pairs) + 60, "needs": len(pairs) + LEFT, "objective": objective}
            self.world.session.execute(sa.update(Run).where(Run.id == run_id).values(figures))
            told = {"dry": False, "policy": 1, "points": list(self.versions), "digest": digest, "seed": seed}
            writer.tell(
                chained(
                    draw,
                    ("match_run", run_id),
                    [Told("run.made", told | {"objective": objective})],
                    End(made),
                    organisation_id=self.world.coordination,
                )
            )
            for state, share in OTHERWISE:
                for need_id, device_id, points in draw.sample(pairs, len(pairs) * share // 100):
                    motive = None if state is ProposalState.OVERTAKEN else draw.choice(MOTIVES)
                    self._add(
                        run_id, need_id, device_id, points, state, decided_at=made + timedelta(hours=3), motive=motive
                    )
            known = next((at for at, begun in enumerate(began) if begun > made), len(began))
            for position, index in enumerate(draw.sample(range(known), min(LEFT, known))):
                self.left += 1
                is_out = position % 5 == 0
                reasons = KEPT_OUT if is_out else REASONS
                reason = draw.choices([name for name, _weight in reasons], [weight for _name, weight in reasons])[0]
                relaxations = [{"criterion": "forms", "devices": 12}] if reason == "no_suitable_device" else []
                writer.add(
                    Unserved,
                    {
                        "id": self.left,
                        "run_id": run_id,
                        "need_id": needs[index][0],
                        "kept_out": is_out,
                        "reason": reason,
                        "relaxations": relaxations,
                    },
                )
            if pairs:
                papers.ask(
                    DocumentKind.MATCH_MINUTES, self.world.coordination, "match_run", run_id, made + timedelta(days=1)
                )
            if writer.full():
                writer.flush(f"{run_id} runs")
        writer.flush(f"{len(self.made)} runs, {self.proposals:,} proposals")
