"""A search that forgives: which machine of the workshop a text may mean that no scan knew."""

from rapidfuzz import fuzz, process, utils
from sqlalchemy.orm import Session

from refurb.core.identity import read
from refurb.core.serials import fold_serial
from refurb.desk import queries
from refurb.devices.models import Device
from refurb.security import Actor

#: Machines of one workshop that a forgiving search goes through, the latest first.
MOST_SEARCHED = 20_000
#: Below this likeness (0 to 100) nobody would take one text for the other.
LIKE = 72.0
SHOWN = 12


def find(session: Session, text: str, *, by: Actor) -> list[Device]:
    """Return the workshop's machines that a text may mean, the likeliest first: by code, serial, old number, maker,
    model, gift or who gave it, forgiving O for 0 and a typing error or two."""
    text = " ".join(text.split())
    if not text or by.organisation_id is None:
        return []
    reading = read(text)
    rows = queries.searchable(session, by.organisation_id, limit=MOST_SEARCHED)
    scores: dict[int, float] = {}
    folded, words = fold_serial(text), utils.default_process(text)
    codes = set(reading.codes)
    for row in rows:
        if row[1] in codes or row[5] in codes:
            scores[row[0]] = 101.0
    serials = {row[0]: row[2] for row in rows if row[2]}
    aliases = queries.aliases_searchable(session, by.organisation_id, limit=MOST_SEARCHED)
    names = {row[0]: utils.default_process(" ".join(filter(None, row[3:5]))) for row in rows}
    plain = {row[0]: fold_serial(row[1]) for row in rows}
    if len(folded) >= 3:
        alias_keys = {-number: key for number, (_device, key) in enumerate(aliases, 1)}
        for choices in (serials, plain, alias_keys):
            scorer = fuzz.partial_ratio if len(folded) < 6 else fuzz.ratio
            for _text, score, key in process.extract(folded, choices, scorer=scorer, score_cutoff=LIKE, limit=SHOWN):
                device_id = aliases[-key - 1][0] if key < 0 else key
                scores[device_id] = max(score, scores.get(device_id, 0))
            for key, value in choices.items():
                if value and folded in value:
                    device_id = aliases[-key - 1][0] if key < 0 else key
                    scores[device_id] = max(95.0, scores.get(device_id, 0))
    donors = {row[0]: utils.default_process(row[6]) for row in rows if row[6]}
    for _text, score, key in process.extract(words, donors, scorer=fuzz.WRatio, score_cutoff=LIKE + 10, limit=SHOWN):
        scores[key] = max(score - 2, scores.get(key, 0))
    for _text, score, key in process.extract(words, names, scorer=fuzz.WRatio, score_cutoff=LIKE + 10, limit=SHOWN):
        scores[key] = max(score - 1, scores.get(key, 0))
    best = sorted(scores, key=lambda id: (-scores[id], -id))[:SHOWN]
    return queries.in_order(session, best) if best else []
