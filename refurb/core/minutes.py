"""Which counts of a run its minutes may tell: they leave the coordination, and list its cases by code besides.

The list is the law of the product: each proposal with its code, points, machine and decision, so that whoever knows a
code can follow its case. A code is drawn at random; a line says neither territory nor service, nor why a case waits.
But lines can be counted: how many were served, set aside or refused is known to who holds the whole paper, whatever
the figures say. So masking does two things here, and no more is claimed for it:

- no figure under five is printed, for figures are quoted without the list: a poster, a deliberation, a press release;
- where a line says nothing (territories, reasons) a masked count cannot be worked out, not even by who counts the
  lines: what they add up to is taken as told, and the mask chosen for a reader who knows it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from refurb.core.territory import SMALL, mask


@dataclass(frozen=True)
class Counts:
    """What a run counts. `served`, `points` and `floors` are the rule's; `decisions` holds a count for each state."""

    needs: int
    served: int
    points: int
    floors: int
    decisions: Sequence[int]
    #: The served of each territory as decided so far; they add up to lines of the list.
    territories: Sequence[int]
    #: The needs counted and left without a machine, by reason: together `needs` less `served`.
    left: Sequence[int]
    #: The needs that were not counted, by reason; their total is told nowhere.
    kept_out: Sequence[int]


@dataclass(frozen=True)
class Told:
    """The same as it may leave; None where masked."""

    needs: int | None
    served: int | None
    points: int | None
    floors: int | None
    decisions: Sequence[int | None]
    territories: Sequence[int | None]
    left: Sequence[int | None]
    kept_out: Sequence[int | None]


def as_they_leave(counts: Counts) -> Told:
    """Mask what is small, and what would tell it.

    The needs counted go with a small number of served or of left, either being the difference; the points go with a
    small number of served, whose points they are; the floors when few were served beyond them.
    """
    left = counts.needs - counts.served
    few = _small(counts.served)
    return Told(
        needs=None if few or _small(left) else counts.needs,
        served=None if few else counts.served,
        points=None if few else counts.points,
        floors=None if _small(counts.floors) or _small(counts.served - counts.floors) else counts.floors,
        decisions=mask(counts.decisions, total_told=True).cells,
        territories=mask(counts.territories, total_told=True).cells,
        left=mask(counts.left, total_told=True).cells,
        kept_out=mask(counts.kept_out).cells,
    )


def _small(count: int) -> bool:
    return 0 < count < SMALL
