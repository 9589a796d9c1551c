"""From what a machine is to what it may serve: performance class, profiles P0 to P6, and what is missing for each.

Sources: design.md section 5 (default classes) and domain.md D.5 (minima). Both are tables with a version, which a
coordination edits as data; every result keeps the version that gave it. Criteria bear the names of matching/README.md.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Value = int | float | bool | str | list[str] | None


@dataclass(frozen=True, slots=True)
class Family:
    """One family of processors: a pattern on the model's name, and the class it gives.

    The class is `cls`, or is read on `scale` at the generation: the fixed `generation`, or what the group `n` of the
    pattern means by `reads`. `under` classes are then taken off. `cores` is the least number of cores: a family of the
    lowest class holds single cores too, which have no class.
    """

    name: str
    pattern: str
    cls: int | None = None
    scale: str | None = None
    generation: int | None = None
    reads: str = "core"
    under: int = 0
    cores: int = 0


@dataclass(frozen=True, slots=True)
class CpuTable:
    """Families in order, the first that matches decides; `scales` give, up to each generation, a class."""

    version: str
    families: tuple[Family, ...]
    scales: Mapping[str, tuple[tuple[int, int], ...]]

    def as_data(self) -> dict[str, Any]:
        """Return the table as it is stored and edited."""
        return {
            "version": self.version,
            "scales": {name: [list(step) for step in steps] for name, steps in self.scales.items()},
            "families": [asdict(family) for family in self.families],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "CpuTable":
        """Read an edited table; raises ValueError, which names the family, where it would not work."""
        scales = {
            str(name): tuple((int(upto), int(given)) for upto, given in steps) for name, steps in data["scales"].items()
        }
        families = tuple(Family(**row) for row in data["families"])
        for family in families:
            try:
                re.compile(family.pattern)
            except re.error as error:
                raise ValueError(f"{family.name}: {error}") from error
            if (family.cls is None and family.scale is None) or (family.scale and family.scale not in scales):
                raise ValueError(f"{family.name}: neither a class nor a known scale")
        return cls(str(data["version"]), families, scales)


@dataclass(frozen=True, slots=True)
class Profile:
    """What one profile asks. `minima` by criterion; `webcam` asks for one; no battery is asked where there is none."""

    code: str
    forms: tuple[str, ...]
    minima: Mapping[str, int]
    webcam: bool = False


@dataclass(frozen=True, slots=True)
class ProfileTable:
    """The profiles, from the least demanding."""

    version: str
    profiles: tuple[Profile, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What grading needs to know of a machine; None is unknown. `storage_gb` counts solid state only."""

    form: str | None = None
    cpu: str | None = None
    cores: int | None = None
    ram_gb: int | float | None = None
    storage_gb: int | float | None = None
    screen_in: float | None = None
    webcam: bool | None = None
    battery_pct: int | None = None
    has_battery: bool | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """One criterion that keeps a machine from a profile; `have` is None where it is not known."""

    profile: str
    criterion: str
    have: Value
    need: Value


@dataclass(frozen=True, slots=True)
class Grade:
    """What a machine may serve, under which tables."""

    cls: int | None
    profiles: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    def next_step(self) -> tuple[Missing, ...]:
        """Return what is missing for the profile within reach, see `nearest`."""
        return nearest(self.missing)


#: What a workshop can add or test; another processor or another shape is another machine.
WITHIN_REACH = frozenset({"ram_gb", "storage_gb", "battery_pct", "webcam", "screen_in"})


def nearest(missing: Sequence[Missing]) -> tuple[Missing, ...]:
    """Return what is missing for the profile that a workshop could reach with least: the fewest criteria first."""
    by_profile: dict[str, list[Missing]] = {}
    for lack in missing:
        by_profile.setdefault(lack.profile, []).append(lack)
    reachable = [lacks for lacks in by_profile.values() if all(lack.criterion in WITHIN_REACH for lack in lacks)]
    found: list[Missing] = min(reachable, key=len, default=[])
    return tuple(found)


_COMPUTERS = ("laptop", "desktop", "mini_pc", "all_in_one")
_FIXED = ("desktop", "mini_pc", "all_in_one")

#: domain.md D.5, with the classes of design.md section 5. Solid state only: a disk that turns is not storage here.
PROFILES = ProfileTable(
    "2026-1",
    (
        Profile("P0", _COMPUTERS, {"class": 0, "ram_gb": 4, "storage_gb": 64}),
        Profile("P1", _COMPUTERS, {"class": 1, "ram_gb": 4, "storage_gb": 120}),
        Profile("P2", _COMPUTERS, {"class": 2, "ram_gb": 8, "storage_gb": 240, "battery_pct": 60}, webcam=True),
        Profile("P3", _COMPUTERS, {"class": 3, "ram_gb": 8, "storage_gb": 256, "battery_pct": 70}),
        Profile("P4", _FIXED, {"class": 2, "ram_gb": 8, "storage_gb": 240, "screen_in": 22}),
        Profile("P5", ("laptop",), {"class": 2, "ram_gb": 8, "storage_gb": 240, "battery_pct": 70}),
        Profile("P6", _COMPUTERS, {"class": 3, "ram_gb": 16, "storage_gb": 512}),
    ),
)

_CORE_NUMBER = r"(?P<n>1\d\d\d\d|\d[y]\d\d|\d{3,4})(?![0-9])"
_I = rf"\bcore i%s[ -]+(?:(?:[a-z]|qm|um)[ -]?)?{_CORE_NUMBER}"

#: Ryzen goes by the thousands of its number, as people read it: a Ryzen 5 3500U is "3000", although its cores are
#: those of the 2000 desktop series. A second-hand Ryzen 7520U is then "newer": the table may be edited.
CPUS = CpuTable(
    "2026-1",
    families=(
        Family("Core Ultra", r"\bcore ultra\b", cls=5),
        Family("Core, séries 1 et 2", r"\bcore [3579] (?:pro )?\d{3}[a-z]?\b", cls=5),
        Family("Core i3, série N", r"\bcore i3-n\d{3}\b", cls=1),
        Family("Core i, hybrides", r"\bcore i[35]-l1\dg\d", scale="core", generation=10, under=1),
        Family("Core m", r"\bcore m(?:\d)?[ -]+(?P<n>\d[y]\d\d|8100y)", scale="core", under=1),
        Family("Core i3", _I % "3", scale="core-i3"),
        Family("Core i5, i7, i9", _I % "[579]", scale="core"),
        Family("Xeon E3", r"\bxeon e3-\d{4}l?m? ?v(?P<n>[1-6])\b", scale="core", reads="xeon-version", under=1),
        Family("Xeon E3, premiers", r"\bxeon e3-?12\d\d", scale="core", generation=2, under=1),
        Family(
            "Xeon E5 et E7", r"\bxeon e[57][ -]\d{4}\w? ?v(?P<n>[1-4])\b", scale="core", reads="xeon-version", under=1
        ),
        Family("Xeon E5 et E7, premiers", r"\bxeon e[57]-\d{4}", scale="core", generation=2, under=1),
        Family("Xeon D", r"\bxeon d-1\d{3}", scale="core", generation=5, under=1),
        Family("Xeon E-2100", r"\bxeon e-21\d\d", scale="core", generation=8, under=1),
        Family("Xeon E-2200", r"\bxeon e-22\d\d", scale="core", generation=9, under=1),
        Family("Xeon E-2300", r"\bxeon e-23\d\d", scale="core", generation=11, under=1),
        Family("Xeon W-1200", r"\bxeon w-1[02]\d\d", scale="core", generation=10, under=1),
        Family("Xeon W-1300", r"\bxeon w-1[13]\d\d", scale="core", generation=11, under=1),
        Family("Xeon W-2100", r"\bxeon w-[23]1\d\d", scale="core", generation=7, under=1),
        Family("Xeon W-2200", r"\bxeon w-[23]2\d\d", scale="core", generation=10, under=1),
        Family("Xeon W, plus récents", r"\bxeon w(?:-33\d\d|[3579]-\d{4})", scale="core", generation=12, under=1),
        Family(
            "Xeon Scalable, 1re génération",
            r"\bxeon (?:bronze|silver|gold|platinum) [3-8]1\d\d",
            scale="core",
            generation=6,
            under=1,
        ),
        Family(
            "Xeon Scalable, 2e génération",
            r"\bxeon (?:bronze|silver|gold|platinum) [3-9]2\d\d",
            scale="core",
            generation=8,
            under=1,
        ),
        Family(
            "Xeon Scalable, 3e génération",
            r"\bxeon (?:bronze|silver|gold|platinum) [3-8]3\d\d",
            scale="core",
            generation=10,
            under=1,
        ),
        Family(
            "Xeon Scalable, suivants",
            r"\bxeon (?:bronze|silver|gold|platinum|6)\b",
            scale="core",
            generation=12,
            under=1,
        ),
        Family(
            "Xeon, premiers noms",
            r"\bxeon (?:[lwx]3[456]\d\d|[elwx]5[56]\d\d|[ex]?7[58]\d\d|e65\d\d)",
            scale="core",
            generation=1,
            under=1,
        ),
        Family("Core 2", r"\bcore 2 (?:duo|quad|extreme)\b|\bcore 2 [a-z]?\d{4}", cls=0, cores=2),
        Family(
            "Celeron et Pentium, avant 2011",
            r"\b(?:celeron|pentium) (?:dual|dual-core|d\b)|\bpentium (?:dual )?[et]\d{4}|\bceleron (?:dual )?[et]\d{4}",
            cls=0,
            cores=2,
        ),
        Family(
            "Celeron et Pentium SU, U et P",
            r"\b(?:celeron|pentium) (?:su\d{4}|[up]\d{4}|g[16]9\d\d|g1101)\b",
            cls=0,
            cores=2,
        ),
        Family(
            "Celeron et Pentium de 2004 à 2008",
            r"\b(?:celeron|pentium) ?(?:4|m|iii|d?[1-79]\d\d|dual)?(?: \d\.\d+)?\s*$|\bceleron (?:m|d|4\d\d"
            r"|5\d\d|9\d\d)\b",
            cls=0,
            cores=2,
        ),
        Family(
            "Celeron et Pentium, suivants",
            r"\b(?:celeron|pentium) (?:gold |silver )?(?:[bgjn]?\d{3,4}[a-z]{0,2})\b",
            cls=1,
            cores=2,
        ),
        Family("Intel, série N", r"\bintel (?:n(?:50|9[57]|1[05]0|200|250|350)|u300\w?)\b", cls=1),
        Family("Atom", r"\batom\b", cls=0, cores=2),
        Family("Ryzen AI and Z", r"\bryzen (?:ai|z\d)\b", cls=5),
        Family(
            "Ryzen",
            r"\bryzen (?:threadripper |embedded )?(?:[3579] )?(?:pro )?(?:[vr](?=\d{4}))?(?P<n>\d{4})",
            scale="ryzen",
            reads="thousands",
        ),
        Family(
            "Athlon à cœurs Zen",
            r"\bathlon (?:(?:pro )?(?:2\d\d|300)[gu]e?|(?:gold|silver)(?: pro)? \d{4}|3\d{3}[gu])|\bamd 30[12]\d[ec]\b",
            cls=1,
        ),
        Family("AMD A8 et au-dessus", r"\ba(?:8|9|1[02])(?:[ -]|$)|\bfx(?:\(tm\))?[ -]", cls=1),
        Family(
            "AMD A4 et A6, E, C", r"\ba[46]-|\be[12]?-\d{3,4}|\bamd e[12]?\b|\b[cz]-\d\d\b|\bgx-\d{3}", cls=0, cores=2
        ),
        Family("Athlon et Phenom", r"\b(?:athlon|phenom|turion|sempron|opteron)\b", cls=0, cores=2),
    ),
    scales={
        "core": ((5, 1), (7, 2), (9, 3), (11, 4), (999, 5)),
        "core-i3": ((5, 1), (7, 2), (10, 3), (999, 4)),
        "ryzen": ((2, 2), (3, 3), (5, 4), (999, 5)),
    },
)
#: Names that say two cores where the report does not count them.
_SEVERAL = re.compile(
    r"(?i)\b(?:duo|quad|dual|x2|x3|x4|x6|extreme)\b|\batom (?:330|d5[12]5|d2[57][05]0|n5[57]0|n2[68]00|z3\d{3}"
    r"|x[357]-|c\d{4}|e38\d\d)"
    r"|\bcore 2 [ept]?\d{4}|\bphenom\b|\b(?:celeron|pentium) (?:gold |silver )?(?:[bgjn]?\d{3,4}[a-z]{0,2}"
    r"|[etup]\d{4}|su\d{4})\b"
    r"|\ba[46]-|\bgx-4|\be2-|\be1-2[15]|\be-[34]5\d|\bc-[567]0|\bz-[06]\d"
)
_HANDHELD = {"tablet": 1, "smartphone": 1}


def cpu_class(
    model: str | None, cores: int | None = None, *, form: str | None = None, table: CpuTable = CPUS
) -> int | None:
    """Return the performance class, 0 to 5, or None for less than class 0 and for what the table does not know.

    Tablets and phones are of class 1 whatever their chip.
    """
    if form in _HANDHELD:
        return _HANDHELD[form]
    text = _folded(model)
    for family in table.families:
        if text and (found := re.search(family.pattern, text)):
            return _class_of(family, found, text, cores, table)
    return None


def _class_of(family: Family, found: re.Match[str], text: str, cores: int | None, table: CpuTable) -> int | None:
    if family.cores and not (cores >= family.cores if cores is not None else bool(_SEVERAL.search(text))):
        return None
    given = family.cls
    if family.scale is not None:
        generation = family.generation if family.generation is not None else _generation(family.reads, found["n"])
        given = next((cls for upto, cls in table.scales[family.scale] if generation <= upto), None)
    if given is None or given < family.under:
        return None
    return given - family.under


def _folded(model: str | None) -> str:
    """Return the name as patterns see it: lower case, without trademarks, "CPU" and frequency."""
    text = re.sub(r"(?i)\((?:r|tm|c)\)|[®™]", " ", model or "")[:300].lower()
    text = re.sub(r"@.*$|\b(?:cpu|processor|technology|mobile)\b|\b\d+(?:st|nd|rd|th) gen\b", " ", text)
    text = re.sub(r"\bcore ?2\b", "core 2", text)
    return " ".join(text.split())


def _generation(reads: str, text: str) -> int:
    """Return the generation that a model number means.

    A Core number has three digits in the first generation; then the generation leads: one digit, two where the number
    has five digits or begins with 1 (1005G1, 1135G7, 1235U). Xeon's v1 is the second generation, v2 the third, …
    """
    digits = re.match(r"\d+", text)
    leading = digits[0] if digits else "0"
    if reads == "thousands":
        return int(leading[0])
    if reads == "xeon-version":
        return int(leading) + 1
    if len(leading) == 3:
        return 1
    if len(leading) == 5 or (len(leading) == 4 and leading[0] == "1"):
        return int(leading[:2])
    return int(leading[0])


#: Stands for a class that nobody looked up yet: None is an answer.
_UNASKED = -1


def grade(
    facts: Facts, *, cpus: CpuTable = CPUS, profiles: ProfileTable = PROFILES, cls: int | None = _UNASKED
) -> Grade:
    """Return the class, the profiles served, and every criterion that is missing for each of the others.

    `cls`: the class that `cpus` gives, where the caller has it already.
    """
    if cls == _UNASKED:
        cls = cpu_class(facts.cpu, facts.cores, form=facts.form, table=cpus)
    served, missing = [], []
    for profile in profiles.profiles:
        lacks = list(_lacks(facts, cls, profile))
        missing += lacks
        if not lacks:
            served.append(profile.code)
    return Grade(cls, tuple(served), tuple(missing), {"cpus": cpus.version, "profiles": profiles.version})


def _lacks(facts: Facts, cls: int | None, profile: Profile) -> Sequence[Missing]:
    found = []
    if facts.form not in profile.forms:
        found.append(Missing(profile.code, "forms", facts.form, list(profile.forms)))
    have: dict[str, Value] = {
        "class": cls,
        "ram_gb": facts.ram_gb,
        "storage_gb": facts.storage_gb,
        "screen_in": facts.screen_in,
        "battery_pct": facts.battery_pct,
    }
    for criterion, need in profile.minima.items():
        if criterion == "battery_pct" and not _asks_battery(facts):
            continue
        value = have[criterion]
        if not isinstance(value, int | float) or value < need:
            found.append(Missing(profile.code, criterion, value, need))
    if profile.webcam and not facts.webcam:
        found.append(Missing(profile.code, "webcam", facts.webcam, True))
    return found


def _asks_battery(facts: Facts) -> bool:
    """A battery binds only where there is one: always in what is carried, else where one was seen."""
    if facts.form in ("laptop", "tablet", "smartphone"):
        return True
    return bool(facts.has_battery) or facts.battery_pct is not None
