"""Gifts: lots with their lines, offered to workshops and as far as they go; where each machine's line is drawn from."""

from collections import deque
from datetime import datetime, timedelta
from random import Random

from refurb.core.documents import DocumentKind
from refurb.core.equipment import DiskWish, Form, Origin, Regime
from refurb.core.identity import CodeKind, mint, number_in
from refurb.demo.volume.names import NAMES
from refurb.demo.volume.papers import Papers
from refurb.demo.volume.world import World
from refurb.demo.volume.writing import End, Told, Writer, chained
from refurb.donations.models import Arrival, LineState, Lot, LotLine, LotShare
from refurb.organisations.models import LegalType

#: Of one gift: a park renewed at once, whose page is as long as pages get.
LARGEST = 1_500


class Gifts:
    """The lots, and by workshop the pieces that were counted: the line of each and when."""

    def __init__(
        self, draw: Random, world: World, writer: Writer, papers: Papers, many: int, since: datetime, until: datetime
    ) -> None:
        self.pieces: dict[int, deque[tuple[int, datetime]]] = {workshop: deque() for workshop in world.workshops}
        line_id = 0
        for number in range(1, many + 1):
            at = since + (until - since) * number / many
            workshop, supplier = draw.choice(world.workshops), draw.choice(world.suppliers)
            state = draw.choices(list(LineState), (1, 2, 1, 2, 20))[0]
            if until - at > timedelta(days=90):
                state = LineState.RECEIVED if state is not LineState.REFUSED else state
            count = LARGEST if number == many // 2 else draw.randrange(1, 9)
            if count == LARGEST:
                state = LineState.RECEIVED
            is_over = state in (LineState.RECEIVED, LineState.REFUSED)
            has_share = state not in (LineState.DECLARED, LineState.REFUSED)
            counted_at = at + timedelta(days=10)
            code = mint(CodeKind.LOT, number_in("49", number))
            end = End(at)
            told = [Told("lot.submitted", {"lines": count})]
            if has_share:
                told.append(Told("lot.offered", {"organisation_id": workshop}))
            if has_share and is_over:
                told += [
                    Told("lot.offer-accepted", {"organisation_id": workshop}),
                    Told("lot.collected", {"count": count}, at=at + timedelta(days=9)),
                    Told("lot.counted", {"declared": count, "received": count}, at=counted_at),
                ]
            writer.tell(chained(draw, ("lot", number), told, end, organisation_id=supplier))
            writer.add(
                Lot,
                {
                    "id": number,
                    "code": code,
                    "supplier_id": supplier,
                    "supplier_name": world.names[supplier],
                    "legal_type": LegalType.COMPANY,
                    "origin": Origin.PRIVATE,
                    "regime": Regime.GIFT,
                    "contacts": [],
                    "disk_wish": DiskWish.WIPE,
                    "is_counter_deposit": False,
                    "language": "fr",
                    "declared_at": at,
                    "version": 1,
                    "closed_at": at + timedelta(days=11) if is_over else None,
                },
            )
            if has_share:
                answered = number % 4 or is_over
                writer.add(
                    LotShare,
                    {
                        "id": number,
                        "lot_id": number,
                        "workshop_id": workshop,
                        "offered_at": at,
                        "answered_at": at + timedelta(days=1) if answered else None,
                        "accepted": True if answered else None,
                        "collected_at": at + timedelta(days=9) if is_over or state is LineState.COLLECTED else None,
                        "counted_at": counted_at if is_over else None,
                        "pickup_on": (at + timedelta(days=9)).date(),
                        "version": 1,
                        "is_statement_final": False,
                    },
                )
            for position in range(1, count + 1):
                line_id += 1
                maker, model = draw.choice(NAMES)
                quantity = 1 if count == LARGEST else draw.randrange(1, 10)
                writer.add(
                    LotLine,
                    {
                        "id": line_id,
                        "lot_id": number,
                        "share_id": number if has_share else None,
                        "position": position,
                        "state": state,
                        "quantity": quantity,
                        "form": Form.LAPTOP,
                        "maker": maker,
                        "model": model,
                        "inventory_number": f"INV-{line_id:06d}",
                        "is_extra": False,
                        "counted": 0,
                        "missing": 0,
                        "details": {},
                    },
                )
                if state is LineState.RECEIVED:
                    self.pieces[workshop].extend([(line_id, counted_at)] * quantity)
            if is_over and has_share:
                self._papers(papers, number, code, workshop, world.names[supplier], at, counted_at)
            if writer.full():
                writer.flush(f"{number:,} lots")
        writer.flush(f"{many:,} lots")

    def _papers(
        self, papers: Papers, number: int, code: str, workshop: int, donor: str, at: datetime, counted_at: datetime
    ) -> None:
        """Ask for the papers of a gift that went its whole way, each issued by its workshop."""
        kinds = {
            DocumentKind.DONATION_AGREEMENT: at + timedelta(days=2),
            DocumentKind.PICKUP_SLIP: at + timedelta(days=8),
            DocumentKind.RECEIPT_SLIP: counted_at,
            DocumentKind.INTAKE_CERTIFICATE: counted_at + timedelta(hours=1),
            DocumentKind.WIPE_CERTIFICATE: counted_at + timedelta(days=20),
            DocumentKind.TRANSFER_CERTIFICATE: counted_at + timedelta(days=21),
        }
        for kind, issued_at in kinds.items():
            papers.ask(kind, workshop, "lot", number, issued_at, lot_code=code, donor=donor)

    def birth(self, writer: Writer, number: int, workshop: int, at: datetime) -> int | None:
        """Return the line that a machine came from, and write that; None for stock that was there before."""
        pieces = self.pieces[workshop]
        if not pieces or pieces[0][1] > at:
            return None
        line_id, _counted = pieces.popleft()
        writer.add(Arrival, {"line_id": line_id, "device_id": number, "at": at})
        return line_id
