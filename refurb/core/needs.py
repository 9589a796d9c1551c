"""What is answered for a need and when it is complete (domain.md B).

The machine that it then asks for is in machine_asked, the states it goes through in need_life.

Nothing here can hold a person: numbers are counts, everything else is a code from a list.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from refurb.core.equipment import Recipient

#: A need is to be reconfirmed after so many days without a word from its service.
FRESH_DAYS = 90
MOST_USAGES = 3


class Usage(StrEnum):
    """What the machine is wanted for; ranked by the service, three at most."""

    PROCEDURES = "procedures"
    PRIMARY_SCHOOL = "primary_school"
    SECONDARY_SCHOOL = "secondary_school"
    HIGHER_EDUCATION = "higher_education"
    JOB_TRAINING = "job_training"
    VIDEO_CALLS = "video_calls"
    OFFICE_WORK = "office_work"
    SELF_EMPLOYMENT = "self_employment"
    GROUP_WORKSHOP = "group_workshop"
    SHARED_STATION = "shared_station"
    CREATION = "creation"


class Profile(StrEnum):
    """The kinds of machine of domain.md D.5."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    P5 = "P5"
    P6 = "P6"


class Equipment(StrEnum):
    """What there is today."""

    NONE = "none"
    PHONE_ONLY = "phone_only"
    BROKEN = "broken"
    SHARED = "shared"


class Connectivity(StrEnum):
    """How they reach the internet; without any, an offer is looked for, the need is not refused."""

    FIXED = "fixed"
    MOBILE_BOX = "mobile_box"
    PHONE = "phone"
    PUBLIC_WIFI = "public_wifi"
    NONE = "none"


class Format(StrEnum):
    """Which kind of machine suits the place it will live in."""

    LAPTOP = "laptop"
    DESKTOP = "desktop"
    ANY = "any"


class Ergonomics(StrEnum):
    """A functional need, never a diagnosis."""

    LARGE_SCREEN = "large_screen"
    LIGHT = "light"
    CONTRAST_KEYBOARD = "contrast_keyboard"
    SCREEN_READER = "screen_reader"
    OTHER_KEYBOARD = "other_keyboard"


class Eligibility(StrEnum):
    """The criterion that the service attests; never an amount, never a file."""

    INCOME_QUOTIENT = "income_quotient"
    MINIMUM_BENEFITS = "minimum_benefits"
    LEFT_TO_LIVE_ON = "left_to_live_on"
    GRANT_STUDENT = "grant_student"
    PROFESSIONAL_JUDGEMENT = "professional_judgement"


class Motive(StrEnum):
    """Why it is urgent; each but the last two goes with a date."""

    EXAM_OR_JOB = "exam_or_job"
    LOSS_OF_RIGHTS = "loss_of_rights"
    LEAVING_SHELTER = "leaving_shelter"
    AFTER_SALES = "after_sales"


class Accompaniment(StrEnum):
    """Who helps with the first steps."""

    SERVICE = "service"
    DIGITAL_ADVISER = "digital_adviser"
    ASSOCIATION = "association"
    TO_FIND = "to_find"
    NOT_WANTED = "not_wanted"


class System(StrEnum):
    """What the programs they must use run on."""

    ANY = "any"
    LINUX = "linux"
    WINDOWS = "windows"


class Informed(StrEnum):
    """How the person was told what is kept about them (RGPD art. 13)."""

    IN_PERSON = "in_person"
    BY_PHONE = "by_phone"
    IN_WRITING = "in_writing"


class Term(StrEnum):
    """How long a structure wants the machines."""

    KEEP = "keep"
    DATE = "date"


class Alike(StrEnum):
    """How alike several machines of a structure must be."""

    IDENTICAL = "identical"
    SAME_CHARGER = "same_charger"
    COMPATIBLE = "compatible"


class Substitute(StrEnum):
    """What the service would take for want of better."""

    OTHER_FORM = "other_form"
    TABLET = "tablet"
    LESS_POWERFUL = "less_powerful"
    WITHOUT_WEBCAM = "without_webcam"


class FollowUp(StrEnum):
    """What the service says of the machine three months after, never of the person."""

    USED = "used"
    LITTLE = "little"
    NOT_USED = "not_used"
    UNKNOWN = "unknown"


#: What only a structure asks for.
FOR_STRUCTURES = frozenset({Usage.GROUP_WORKSHOP, Usage.SHARED_STATION})


@dataclass(frozen=True)
class Answers:
    """What the form holds; None and empty mean "not answered yet". Money in cents, dates without hours."""

    recipient: Recipient = Recipient.HOUSEHOLD
    commune: str | None = None
    usages: tuple[Usage, ...] = ()
    persons: int | None = None
    pupils: int | None = None
    equipment: Equipment | None = None
    connectivity: Connectivity | None = None
    format: Format | None = None
    no_stable_power: bool = False
    tablet_suits: bool = False
    ergonomics: Collection[Ergonomics] = field(default_factory=frozenset)
    eligibility: Eligibility | None = None
    motive: Motive | None = None
    wanted_by: date | None = None
    accompaniment: Accompaniment | None = None
    system: System = System.ANY
    #: The most the person can pay; 0 is "no", None is "not asked yet".
    contribution_cents: int | None = None
    loan_suits: bool | None = None
    handover_place: int | None = None
    informed_on: date | None = None
    informed_how: Informed | None = None
    #: Whether, to the service's knowledge, the household received no equipment in 36 months.
    not_equipped: bool | None = None
    #: Whether the household lives in a priority district (QPV), ticked by the service; never the district itself.
    district: bool | None = None
    #: What the service accepts for want of better; it widens what suits and changes no points.
    substitutes: Collection[Substitute] = field(default_factory=frozenset)
    #: Structures only: how many, the least they can work with, how alike, whether they keep them or until when, and
    #: who owns and who maintains them.
    quantity: int = 1
    least: int | None = None
    alike: Alike | None = None
    term: Term | None = None
    wanted_until: date | None = None
    owner: str | None = None
    maintainer: str | None = None
    #: A word on the machine itself, read by the workshop; checked for names by the form.
    note: str = ""


_ENUMS: dict[str, type[StrEnum]] = {
    "recipient": Recipient,
    "equipment": Equipment,
    "connectivity": Connectivity,
    "format": Format,
    "eligibility": Eligibility,
    "motive": Motive,
    "accompaniment": Accompaniment,
    "system": System,
    "informed_how": Informed,
    "term": Term,
    "alike": Alike,
}
_DATES = ("wanted_by", "wanted_until", "informed_on")
#: Answers that are several codes in no order.
_SETS: dict[str, type[StrEnum]] = {"ergonomics": Ergonomics, "substitutes": Substitute}


def dump(answers: Answers) -> dict[str, Any]:
    """Return the answers as JSON values, what was not answered left out."""
    out: dict[str, Any] = {}
    for each in fields(answers):
        value = getattr(answers, each.name)
        if each.name == "usages":
            value = [usage.value for usage in value]
        elif each.name in _SETS:
            value = sorted(item.value for item in value)
        elif isinstance(value, StrEnum):
            value = value.value
        elif isinstance(value, date):
            value = value.isoformat()
        if value not in (None, "", []):
            out[each.name] = value
    return out


def load(data: Mapping[str, Any]) -> Answers:
    """Return the answers that `dump` wrote; a key or a code of another version is left out."""
    values: dict[str, Any] = {}
    for each in fields(Answers):
        value = data.get(each.name)
        if value is None:
            continue
        if each.name == "usages":
            value = tuple(Usage(code) for code in value if code in {usage.value for usage in Usage})
        elif each.name in _SETS:
            known = _SETS[each.name]
            value = frozenset(known(code) for code in value if code in {item.value for item in known})
        elif each.name in _ENUMS:
            if value not in {item.value for item in _ENUMS[each.name]}:
                continue
            value = _ENUMS[each.name](value)
        elif each.name in _DATES:
            value = date.fromisoformat(value)
        values[each.name] = value
    return Answers(**values)


#: The fields a household's need cannot do without, in the order of the form (domain.md B, in bold).
_HOUSEHOLD = (
    "usages",
    "commune",
    "persons",
    "pupils",
    "equipment",
    "connectivity",
    "format",
    "contribution_cents",
    "loan_suits",
    "eligibility",
    "not_equipped",
    "handover_place",
    "informed_on",
    "informed_how",
)
_STRUCTURE = ("usages", "commune", "format", "term", "owner", "maintainer", "handover_place")


#: What the constraints of the matching read of the answers, and what a need cannot lawfully do without. The rest is
#: asked only while the table of points reads it (core.points.reads).
CONSTRAINTS = frozenset(
    {
        "usages", "commune", "format", "no_stable_power", "tablet_suits", "ergonomics", "system", "substitutes",
        "contribution_cents", "loan_suits", "not_equipped", "eligibility", "handover_place", "informed_on",
        "informed_how", "note", "quantity", "least", "alike", "term", "wanted_until", "owner", "maintainer",
    }
)  # fmt: skip
#: The comforts that a machine can be chosen by; what is plugged in beside it is a line of the note.
COMFORTS = (Ergonomics.LARGE_SCREEN, Ergonomics.LIGHT)


def missing(answers: Answers, asked: Collection[str] | None = None) -> list[str]:
    """Return the fields still to answer, in the order of the form; none means that the need is complete.

    `asked`: the answers that the form asks for; those it does not are not missed. None stands for all of them.
    """
    wanted = list(_STRUCTURE if answers.recipient is Recipient.STRUCTURE else _HOUSEHOLD)
    if answers.recipient is Recipient.STRUCTURE and answers.term is Term.DATE:
        # What is lent for some days stays its owner's: only the dates are asked.
        wanted = [name for name in wanted if name not in ("owner", "maintainer")] + ["wanted_by"]
    if asked is not None:
        wanted = [name for name in wanted if name in asked or name == "wanted_by"]
    return [name for name in wanted if (value := getattr(answers, name)) is None or value in ("", ())]


def doubtful(answers: Answers) -> list[str]:
    """Return what the coordination looks at before a complete need is validated."""
    if answers.recipient is Recipient.STRUCTURE:
        # Lending pools are not there yet: what is wanted for a date is listed for the coordination.
        return ["term"] if answers.term is Term.DATE else []
    return ["not_equipped"] if answers.not_equipped is False and answers.motive is not Motive.AFTER_SALES else []


class Wrong(StrEnum):
    """What contradicts itself or lies outside what may be asked."""

    TOO_MANY_USAGES = "too_many_usages"
    USAGE_TWICE = "usage_twice"
    USAGE_FOR_STRUCTURES = "usage_for_structures"
    MORE_PUPILS_THAN_PERSONS = "more_pupils_than_persons"
    PERSONS_OUT_OF_RANGE = "persons_out_of_range"
    MOTIVE_WITHOUT_DATE = "motive_without_date"
    DATE_PASSED = "date_passed"
    INFORMED_LATER = "informed_later"
    QUANTITY_OUT_OF_RANGE = "quantity_out_of_range"
    CONTRIBUTION_OUT_OF_RANGE = "contribution_out_of_range"
    LEAST_ABOVE_QUANTITY = "least_above_quantity"
    UNTIL_BEFORE_FROM = "until_before_from"


def wrong(answers: Answers, today: date) -> list[Wrong]:
    """Return what cannot be so, whoever is asked."""
    found = []
    usages = list(answers.usages)
    if len(usages) > MOST_USAGES:
        found.append(Wrong.TOO_MANY_USAGES)
    if len(set(usages)) < len(usages):
        found.append(Wrong.USAGE_TWICE)
    if answers.recipient is Recipient.HOUSEHOLD and FOR_STRUCTURES.intersection(usages):
        found.append(Wrong.USAGE_FOR_STRUCTURES)
    if answers.persons is not None and not 1 <= answers.persons <= 20:
        found.append(Wrong.PERSONS_OUT_OF_RANGE)
    if (answers.pupils or 0) < 0 or (answers.persons is not None and (answers.pupils or 0) > answers.persons):
        found.append(Wrong.MORE_PUPILS_THAN_PERSONS)
    if answers.motive in (Motive.EXAM_OR_JOB, Motive.LEAVING_SHELTER) and answers.wanted_by is None:
        found.append(Wrong.MOTIVE_WITHOUT_DATE)
    if answers.wanted_by is not None and answers.wanted_by < today:
        found.append(Wrong.DATE_PASSED)
    if answers.informed_on is not None and answers.informed_on > today:
        found.append(Wrong.INFORMED_LATER)
    if not 1 <= answers.quantity <= (60 if answers.recipient is Recipient.STRUCTURE else 1):
        found.append(Wrong.QUANTITY_OUT_OF_RANGE)
    if answers.least is not None and not 1 <= answers.least <= answers.quantity:
        found.append(Wrong.LEAST_ABOVE_QUANTITY)
    if answers.wanted_until and answers.wanted_by and answers.wanted_until < answers.wanted_by:
        found.append(Wrong.UNTIL_BEFORE_FROM)
    if answers.contribution_cents is not None and not 0 <= answers.contribution_cents <= 30_000:
        found.append(Wrong.CONTRIBUTION_OUT_OF_RANGE)
    return found


def fresh_until(confirmed_on: date) -> date:
    """Return the last day on which a need confirmed then is still fresh."""
    return confirmed_on + timedelta(days=FRESH_DAYS)


def oldest_fresh(today: date) -> date:
    """Return the earliest confirmation that still holds."""
    return today - timedelta(days=FRESH_DAYS)


def is_fresh(confirmed_on: date, today: date) -> bool:
    return today <= fresh_until(confirmed_on)
