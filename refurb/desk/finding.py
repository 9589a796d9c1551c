"""A search that forgives: which machine of the workshop a text may mean that no scan knew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from rapidfuzz import fuzz, process, utils
from rapidfuzz.distance import OSA
from sqlalchemy.orm import Session

from refurb.core.identity import read
from refurb.core.serials import fold_serial
from refurb.desk import finding_queries as queries
from refurb.devices.models import Device
from refurb.security import Actor

#: Machines of one workshop that a forgiving search goes through, the latest first.
MOST_SEARCHED = 20_000
#: Below this likeness (0 to 100) nobody would take one number for the other.
LIKE = 72.0
SHOWN = 12
#: How well a word stands for another (0 to 100): itself, its beginning, one slip of the fingers, two.
SAME, BEGINS, SLIPS = 99.0, 94.0, (99.0, 88.0, 78.0)


@dataclass(frozen=True)
class Found:
    """The likeliest machines, the best first; `more` tells that others are as far from what was typed."""

    devices: Sequence[Device] = ()
    more: bool = False


def find(session: Session, text: str, *, by: Actor) -> Found:
    """Return the workshop's machines that a text may mean, the likeliest first: by code, serial, old number, maker,
    model, gift or who gave it, forgiving O for 0 and a typing error or two in each word."""
    text = " ".join(text.split())
    if not text or by.organisation_id is None:
        return Found()
    rows = queries.searchable(session, by=by, limit=MOST_SEARCHED)
    codes = set(read(text).codes)
    scores = {row[0]: 101.0 for row in rows if row[1] in codes or row[5] in codes}
    aliases = queries.aliases_searchable(session, by=by, limit=MOST_SEARCHED)
    for device_id, score in _by_number(fold_serial(text), rows, aliases):
        scores[device_id] = max(score, scores.get(device_id, 0))
    wanted = utils.default_process(text).split()
    names = {
        name: utils.default_process(" ".join(filter(None, name))).split()
        for name in {(row[3], row[4], row[6]) for row in rows}
    }
    slips = Slips(word for words in names.values() for word in words)
    named = {name: likeness(wanted, words, slips) for name, words in names.items()}
    for row in rows:
        if (score := named[row[3], row[4], row[6]]) > scores.get(row[0], 0):
            scores[row[0]] = score
    best = sorted(scores, key=lambda id: (-scores[id], -id))
    return Found(queries.in_order(session, best[:SHOWN]), len(best) > SHOWN) if best else Found()


def _by_number(
    folded: str, rows: Sequence[sa.Row[*tuple[Any, ...]]], aliases: Sequence[sa.Row[int, str]]
) -> Iterable[tuple[int, float]]:
    """Yield the machines whose serial, code or old number is like a folded text, and how like (0 to 100)."""
    if len(folded) < 3:
        return
    scorer = fuzz.partial_ratio if len(folded) < 6 else fuzz.ratio
    numbers = [(row[0], row[2]) for row in rows] + [(device_id, key) for device_id, key in aliases]
    choices = [number for _device, number in numbers]
    for _number, score, at in process.extract(folded, choices, scorer=scorer, score_cutoff=LIKE, limit=SHOWN):
        yield numbers[at][0], score
    # All codes of a territory are alike: no more than one slip tells which was meant.
    codes = [row[1] for row in rows]
    for _code, slips, at in process.extract(folded, codes, scorer=OSA.distance, score_cutoff=1, limit=SHOWN):
        yield rows[at][0], SLIPS[slips]
    for device_id, number in [*numbers, *((row[0], row[1]) for row in rows)]:
        if number and folded in number:
            yield device_id, 95.0


class Slips:
    """How like each word of a vocabulary is to a word that was typed; each is compared once."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._vocabulary = frozenset(vocabulary)
        self._known: dict[str, dict[str, float]] = {}

    def of(self, typed: str) -> dict[str, float]:
        """Return the words that `typed` may mean, each with its likeness."""
        if typed not in self._known:
            scored = ((word, word_likeness(typed, word)) for word in self._vocabulary)
            self._known[typed] = {word: score for word, score in scored if score}
        return self._known[typed]


def likeness(wanted: Sequence[str], name: Sequence[str], slips: Slips) -> float:
    """Return how well a name (its words) answers to what was typed, 0 to 99; 0 unless every word typed is in it.

    What was typed in one word too many, or too few ("elite book", "thinkpadt480"), is tried as one word of the name's.
    """
    if not wanted or not name:
        return 0.0
    best = [max((slips.of(typed).get(word, 0.0) for word in name), default=0.0) for typed in wanted]
    if all(best):
        return sum(best) / len(best)
    glued = "".join(wanted)
    pairs = (one + other for one, other in pairwise(name))
    return max(word_likeness(glued, each) for each in (*name, *pairs))


def word_likeness(typed: str, word: str) -> float:
    """Return how well `word` may be what somebody meant who typed `typed`, 0 to 99.

    A letter wrong, missing, doubled or swapped is forgiven from four letters on, two from seven on (Damerau's optimal
    string alignment). A figure is never another one: a 7400 is no 7490.
    """
    if typed == word:
        return SAME
    if len(typed) >= 3 and word.startswith(typed):
        return BEGINS
    digits = any(letter.isdigit() for letter in typed)
    allowed = 0 if digits else 2 if len(typed) >= 7 else 1 if len(typed) >= 4 else 0
    if not allowed or any(letter.isdigit() for letter in word):
        return 0.0
    slips = OSA.distance(typed, word, score_cutoff=allowed)
    return SLIPS[slips] if slips <= allowed else 0.0
