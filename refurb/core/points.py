"""The points of a need: whole numbers from 1, each term shown, from a table that has a version (domain.md G).

Version 1 of both tables is here; later ones are rows that `refurb.tables` keeps under the kinds below. A household's
and a structure's needs are told apart by their tables and count on one scale.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from refurb.core.equipment import Recipient
from refurb.core.needs import (
    Accompaniment,
    Answers,
    Connectivity,
    Equipment,
    Motive,
    Usage,
)

Table = Mapping[str, Any]

#: The kinds under which `refurb.tables` keeps the versions.
KINDS: dict[Recipient, str] = {Recipient.HOUSEHOLD: "points.household", Recipient.STRUCTURE: "points.structure"}


class Code(StrEnum):
    """The terms that points are made of; each has its sentence."""

    BASE = "base"
    EQUIPMENT = "equipment"
    STAKE = "stake"
    HOUSEHOLD = "household"
    ELIGIBILITY = "eligibility"
    WAITING = "waiting"
    ACCOMPANIMENT = "accompaniment"
    CONNECTIVITY = "connectivity"
    DISTRICT = "district"
    SMALL_COMMUNE = "small_commune"
    WITHIN_LEAST = "within_least"
    MAINTAINED = "maintained"
    WARRANTY = "warranty"


class Term(NamedTuple):
    """`points` of at most `most` for one thing; `value` is what gave them: a code, a count, weeks."""

    code: Code
    points: int
    most: int
    value: str | int | None = None


@dataclass(frozen=True)
class Score:
    """`points` is the sum of the terms, and never under 1; terms worth nothing are kept, they are an answer too."""

    points: int
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Facts:
    """What the points read of a need; nothing else does."""

    recipient: Recipient = Recipient.HOUSEHOLD
    equipment: Equipment | None = None
    persons: int = 0
    pupils: int = 0
    usages: tuple[Usage, ...] = ()
    motive: Motive | None = None
    wanted_by: date | None = None
    attested: bool = False
    accompaniment: Accompaniment | None = None
    connectivity: Connectivity | None = None
    #: Whether the household lives in a priority district, as its service knows; None where it does not know.
    district: bool | None = None
    #: Inhabitants of the commune, None where the commune is not known.
    population: int | None = None
    #: Which machine of the household or of the structure's demand this is: 1 for the first.
    rank: int = 1
    validated_on: date | None = None
    #: A machine that failed under its warranty came back: the need was served once, and is owed.
    warranty: bool = False
    #: Structures: whether this machine counts towards the least number they can work with.
    within_least: bool = False
    maintained: bool = False


#: What a dated or undated reason is worth, and what each usage is: the most that holds counts.
_STAKES: dict[str, int] = {
    "loss_of_rights": 20,
    "exam_or_job": 20,
    "leaving_shelter": 15,
    "after_sales": 10,
    "secondary_school": 12,
    "higher_education": 12,
    "job_training": 12,
    "primary_school": 10,
    "self_employment": 8,
    "procedures": 6,
    "video_calls": 6,
    "office_work": 4,
    "creation": 4,
}

HOUSEHOLD_1: dict[str, Any] = {
    "base": 1,
    "equipment": {"none": 25, "phone_only": 20, "broken": 15, "shared": 5, "shared_by_many": 10, "many": 3},
    "stake": _STAKES,
    #: How long a reason without a date holds, from the day of validation.
    "stake_undated_days": 90,
    "household": {"per_pupil": 5, "per_person": 1, "most": 15},
    "eligibility": 10,
    "waiting": {"per_week": 1, "most": 20},
    "accompaniment": {"service": 5, "digital_adviser": 5, "association": 5},
    "connectivity": {},
    "district": 5,
    "small_commune": {"inhabitants": 2000, "points": 3},
    "warranty": 100,
}

STRUCTURE_1: dict[str, Any] = {
    "base": 1,
    "stake": {"shared_station": 15, "group_workshop": 12, "procedures": 8, "job_training": 8, "other": 5},
    "waiting": {"per_week": 1, "most": 20},
    "within_least": 15,
    "maintained": 5,
    "small_commune": {"inhabitants": 2000, "points": 5},
    "warranty": 100,
}

FIRST: dict[Recipient, dict[str, Any]] = {Recipient.HOUSEHOLD: HOUSEHOLD_1, Recipient.STRUCTURE: STRUCTURE_1}


def facts(
    answers: Answers,
    *,
    rank: int = 1,
    validated_on: date | None = None,
    population: int | None = None,
    warranty: bool = False,
    within_least: bool = False,
) -> Facts:
    """Return what the points read of the answers."""
    return Facts(
        recipient=answers.recipient,
        equipment=answers.equipment,
        persons=answers.persons or 0,
        pupils=answers.pupils or 0,
        usages=answers.usages,
        motive=answers.motive,
        wanted_by=answers.wanted_by,
        attested=answers.eligibility is not None,
        accompaniment=answers.accompaniment,
        connectivity=answers.connectivity,
        district=answers.district,
        population=population,
        rank=rank,
        validated_on=validated_on,
        warranty=warranty,
        within_least=within_least,
        maintained=bool(answers.maintainer),
    )


def score(facts: Facts, table: Table, on: date) -> Score:
    """Return the points of a need on a day, with every term; the same three give the same points."""
    terms = _structure(facts, table, on) if facts.recipient is Recipient.STRUCTURE else _household(facts, table, on)
    if facts.warranty:
        terms.append(Term(Code.WARRANTY, table["warranty"], table["warranty"]))
    return Score(max(1, sum(term.points for term in terms)), tuple(terms))


def _household(facts: Facts, table: Table, on: date) -> list[Term]:
    terms = [Term(Code.BASE, table["base"], table["base"]), _equipment(facts, table), _stake(facts, table, on)]
    share = table["household"]
    # A second machine answers for those whom the first one does not serve.
    pupils, persons = max(0, facts.pupils - facts.rank + 1), max(0, facts.persons - facts.rank)
    worth = share["per_pupil"] * pupils + share["per_person"] * persons
    terms.append(Term(Code.HOUSEHOLD, min(share["most"], worth), share["most"], pupils))
    attested = table["eligibility"] if facts.attested else 0
    terms.append(Term(Code.ELIGIBILITY, attested, table["eligibility"]))
    terms.append(_waiting(facts, table, on))
    for code, said in ((Code.ACCOMPANIMENT, facts.accompaniment), (Code.CONNECTIVITY, facts.connectivity)):
        if values := table[code.value]:
            terms.append(Term(code, values.get(said, 0), max(values.values()), said.value if said else None))
    if table["district"]:
        terms.append(Term(Code.DISTRICT, table["district"] if facts.district else 0, table["district"]))
    terms.append(_small_commune(facts, table))
    return terms


def _structure(facts: Facts, table: Table, on: date) -> list[Term]:
    terms = [Term(Code.BASE, table["base"], table["base"]), _stake(facts, table, on)]
    for code, holds in ((Code.WITHIN_LEAST, facts.within_least), (Code.MAINTAINED, facts.maintained)):
        terms.append(Term(code, table[code.value] if holds else 0, table[code.value]))
    terms.append(_waiting(facts, table, on))
    terms.append(_small_commune(facts, table))
    return terms


def _equipment(facts: Facts, table: Table) -> Term:
    """A household that has, or is to have, a first machine is not without one when it asks for the second."""
    values = table["equipment"]
    most = max(value for key, value in values.items() if key != "many")
    if facts.rank > 1 or facts.equipment is None:
        return Term(Code.EQUIPMENT, 0, most, "second" if facts.rank > 1 else None)
    known = facts.equipment.value
    if facts.equipment is Equipment.SHARED and facts.persons >= values["many"]:
        known = "shared_by_many"
    return Term(Code.EQUIPMENT, values.get(known, 0), most, known)


def _stake(facts: Facts, table: Table, on: date) -> Term:
    values = table["stake"]
    other = values.get("other", 0)
    reasons = {usage.value: values.get(usage.value, other) for usage in facts.usages}
    if facts.motive is not None and _still_holds(facts, table, on):
        reasons[facts.motive.value] = values.get(facts.motive.value, other)
    best = max(sorted(reasons), key=reasons.__getitem__, default=None)
    return Term(Code.STAKE, reasons[best] if best else 0, max(values.values()), best)


def _still_holds(facts: Facts, table: Table, on: date) -> bool:
    """Whether the reason of the urgency is not over: its date, or some weeks after the validation without one."""
    if facts.wanted_by is not None:
        return on <= facts.wanted_by
    since = facts.validated_on or on
    return (on - since).days <= int(table.get("stake_undated_days", 0))


def _waiting(facts: Facts, table: Table, on: date) -> Term:
    rule = table["waiting"]
    weeks = max(0, (on - facts.validated_on).days // 7) if facts.validated_on else 0
    return Term(Code.WAITING, min(rule["most"], rule["per_week"] * weeks), rule["most"], weeks)


def _small_commune(facts: Facts, table: Table) -> Term:
    rule = table["small_commune"]
    small = facts.population is not None and facts.population < rule["inhabitants"]
    return Term(Code.SMALL_COMMUNE, rule["points"] if small else 0, rule["points"], rule["inhabitants"])


#: Which answers of the form each part of the tables reads.
_READS: dict[str, tuple[str, ...]] = {
    "equipment": ("equipment",),
    "stake": ("usages",),
    "household": ("persons", "pupils"),
    "eligibility": ("eligibility",),
    "accompaniment": ("accompaniment",),
    "connectivity": ("connectivity",),
    "district": ("district",),
    "maintained": ("maintainer",),
}


def reads(table: Table) -> frozenset[str]:
    """Return the answers that change something in this table: the form asks for no other that no constraint uses."""
    used = {name for part, names in _READS.items() if _worth(table.get(part)) for name in names}
    if table.get("equipment", {}).get("shared_by_many", 0) != table.get("equipment", {}).get("shared", 0):
        used.add("persons")
    if any(table["stake"].get(motive.value, 0) for motive in Motive):
        used |= {"motive", "wanted_by"}
    if not table.get("household", {}).get("per_pupil"):
        used.discard("pupils")
    return frozenset(used)


def _worth(part: Any) -> bool:
    return any(part.values()) if isinstance(part, Mapping) else bool(part)


class TableFault(ValueError):
    """A table that cannot be adopted; `code` is stable, `path` names the number meant, its keys joined by dots."""

    def __init__(self, code: str, path: str) -> None:
        super().__init__(f"{path}: {code}")
        self.code, self.path = code, path


#: No number of a table goes beyond this: a voted term must not overflow what the solver adds up.
HIGHEST = 1000


def check(table: Table, recipient: Recipient) -> None:
    """Refuse what `score` could not read: TableFault "unknown-part", "missing-part", "not-a-number", "out-of-range".

    Parts are those of version 1; within a part that lists codes, codes may be added and left out.
    """
    first = FIRST[recipient]
    for part in table.keys() - first.keys():
        raise TableFault("unknown-part", part)
    for part, model in first.items():
        if part not in table:
            raise TableFault("missing-part", part)
        value = table[part]
        if not isinstance(model, dict):
            _check_number(value, part)
            continue
        if not isinstance(value, Mapping):
            raise TableFault("not-a-number", part)
        fixed = {"most", "per_week", "per_pupil", "per_person", "inhabitants", "points", "many"} & model.keys()
        for key in fixed - value.keys():
            raise TableFault("missing-part", f"{part}.{key}")
        codes = _codes(part) | model.keys()
        for key, number in value.items():
            if key not in codes:
                raise TableFault("unknown-part", f"{part}.{key}")
            _check_number(number, f"{part}.{key}", highest=100_000 if key == "inhabitants" else HIGHEST)
    for part in ("stake", *(("equipment",) if recipient is Recipient.HOUSEHOLD else ())):
        if not table[part].keys() - {"many"}:
            raise TableFault("missing-part", part)


def _codes(part: str) -> set[str]:
    lists: dict[str, set[str]] = {
        "equipment": {each.value for each in Equipment},
        "stake": {each.value for each in Motive} | {each.value for each in Usage} | {"other"},
        "accompaniment": {each.value for each in Accompaniment},
        "connectivity": {each.value for each in Connectivity},
    }
    return lists.get(part, set())


def _check_number(value: Any, path: str, highest: int = HIGHEST) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TableFault("not-a-number", path)
    if not 0 <= value <= highest:
        raise TableFault("out-of-range", path)


def dump(terms: tuple[Term, ...]) -> list[dict[str, Any]]:
    """Return the terms as JSON values, to be kept beside the points."""
    return [{"code": t.code.value, "points": t.points, "most": t.most, "value": t.value} for t in terms]


def load(rows: list[dict[str, Any]]) -> list[Term]:
    """Return the terms that `dump` wrote; a code of another version of the program is left out."""
    known = {code.value for code in Code}
    return [Term(Code(r["code"]), r["points"], r["most"], r["value"]) for r in rows if r["code"] in known]
