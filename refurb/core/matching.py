"""Which machine suits which need: the hard constraints, how well a pair fits, and what stands in the way.

A device and a need are plain dicts of the shape of a matching scenario (matching/README.md of the project's papers:
units and keys are in `Device` and `Need` below), so that the same functions serve the pages, the solver and a file.
Reasons are codes; the sentences are made where a person reads them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypedDict

#: The criteria that a need may relax, in the order in which they are told; `recipient` is not one of them.
CRITERIA = (
    "forms",
    "class",
    "ram_gb",
    "storage_gb",
    "screen_in",
    "webcam",
    "battery_pct",
    "os",
    "modes",
    "reach",
)
RECIPIENT = "recipient"
_LEAST = ("class", "ram_gb", "storage_gb", "screen_in", "battery_pct")


#: The least that a need asks; an absent key, or None, asks nothing.
Minima = TypedDict(
    "Minima",
    {
        #: Performance class 0 to 5.
        "class": int | None,
        "ram_gb": float | None,
        "storage_gb": float | None,
        "screen_in": float | None,
        "webcam": bool | None,
        "battery_pct": int | None,
    },
    total=False,
)
Device = TypedDict(
    "Device",
    {
        "id": str,
        "form": str,
        "model": str | None,
        "charger": str | None,
        #: Performance class 0 to 5; a machine without one never comes here.
        "class": int,
        "ram_gb": float,
        #: Solid state only.
        "storage_gb": float,
        "screen_in": float | None,
        "webcam": bool | None,
        #: None where there is no battery, 0 where there is one and nobody knows how good.
        "battery_pct": int | None,
        "os": str,
        "modes": list[str],
        "recipients": list[str],
        "commune": str | None,
        "epci": str | None,
        "departement": str | None,
        #: EPCI that the site serves; None is everywhere.
        "reach": list[str] | None,
        "in_stock_since": str,
    },
)


class Need(TypedDict):
    """What is asked; `modes` in the order in which they are preferred."""

    id: str
    forms: list[str]
    min: Minima
    os: str
    modes: list[str]
    recipient: str
    commune: str
    epci: str | None
    departement: str
    prescriber: str
    points: int
    validated_on: str
    bundle: str | None


def failing(device: Mapping[str, Any], need: Mapping[str, Any]) -> frozenset[str]:
    """Return the criteria on which `device` does not suit `need`; none: it suits.

    An unknown value (a webcam not tested, no screen) fails what asks for it; a battery is only asked of what has one.
    """
    asked = need.get("min", {})
    fails = {name for name in _LEAST if not _enough(device.get(name), asked.get(name), name == "battery_pct")}
    if device["form"] not in need["forms"]:
        fails.add("forms")
    if asked.get("webcam") and not device.get("webcam"):
        fails.add("webcam")
    if need["os"] not in ("any", device["os"]):
        fails.add("os")
    if mode(device, need) is None:
        fails.add("modes")
    if need["recipient"] not in device["recipients"]:
        fails.add(RECIPIENT)
    reach = device.get("reach")
    if reach is not None and need["epci"] not in reach:
        fails.add("reach")
    return frozenset(fails)


def _enough(have: float | None, asked: float | None, none_suits: bool) -> bool:
    if asked is None:
        return True
    return none_suits if have is None else have >= asked


def mode(device: Mapping[str, Any], need: Mapping[str, Any]) -> str | None:
    """Return the first of the need's modes that the origin of the device allows, None when there is none."""
    allowed = device["modes"]
    return next((name for name in need["modes"] if name in allowed), None)


def band(device: Mapping[str, Any], need: Mapping[str, Any]) -> int:
    """Return how far it travels: 0 within a commune, 1 within an EPCI, 2 within a département, 3 beyond."""
    for distance, level in enumerate(("commune", "epci", "departement")):
        if device[level] == need[level]:
            return distance
    return 3


def fit(device: Mapping[str, Any], need: Mapping[str, Any]) -> int:
    """Return the price of the pair, least is best: strong machines for those who need them, short travel."""
    least: int = need.get("min", {}).get("class") or 0
    return 4 * (int(device["class"]) - least) + band(device, need)


def shares(need: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return the shares that the need draws on: by recipient, within it by territory, within that by prescriber."""
    territory = f"{need['recipient']}/epci:{need['epci']}"
    return need["recipient"], territory, f"{territory}/prescriber:{need['prescriber']}"


class Candidate(NamedTuple):
    """A device that suits, with the terms of the choice."""

    device: Mapping[str, Any]
    fit: int
    band: int
    mode: str


class Gap(NamedTuple):
    """One criterion that fails: what there is (None: unknown or nothing) and what was asked."""

    criterion: str
    have: Any
    want: Any


class Unsuitable(NamedTuple):
    """A device that does not suit, with every criterion on which it fails."""

    device: Mapping[str, Any]
    gaps: list[Gap]


class Wanted(NamedTuple):
    """A need that a device suits, with the terms of the choice."""

    need: Mapping[str, Any]
    fit: int
    band: int
    mode: str


def suitable(devices: Iterable[Mapping[str, Any]], need: Mapping[str, Any]) -> list[Candidate]:
    """Return the devices that suit, best fit first, then the one longest in stock, then by id."""
    rows = [
        Candidate(device, fit(device, need), band(device, need), how)
        for device in devices
        if (how := mode(device, need)) and not failing(device, need)
    ]
    return sorted(rows, key=lambda row: (row.fit, row.device["in_stock_since"], row.device["id"]))


def unsuitable(devices: Iterable[Mapping[str, Any]], need: Mapping[str, Any]) -> list[Unsuitable]:
    """Return the devices that do not suit, those that fail on least first."""
    rows = [(Unsuitable(device, gaps(device, need)), fit(device, need)) for device in devices if failing(device, need)]
    rows.sort(key=lambda row: (len(row[0].gaps), row[1], row[0].device["id"]))
    return [row for row, _ in rows]


def gaps(device: Mapping[str, Any], need: Mapping[str, Any]) -> list[Gap]:
    """Return each criterion that fails with the two values to show, in the order of CRITERIA, recipient last."""
    fails = failing(device, need)
    asked = need.get("min", {})
    seen = {"forms": ("form", "forms"), "os": ("os", "os"), "modes": ("modes", "modes"), "reach": ("reach", "epci")}
    out = []
    for name in (*CRITERIA, RECIPIENT):
        if name not in fails:
            continue
        if name in seen:
            ours, theirs = seen[name]
            out.append(Gap(name, device[ours], need[theirs]))
        elif name == RECIPIENT:
            out.append(Gap(name, device["recipients"], need["recipient"]))
        else:
            out.append(Gap(name, device.get(name), asked.get(name)))
    return out


def relaxations(devices: Iterable[Mapping[str, Any]], need: Mapping[str, Any]) -> dict[str, int]:
    """Return how many of `devices` fail on one criterion alone, by criterion: what giving it up would open."""
    counts: dict[str, int] = {}
    for device in devices:
        fails = failing(device, need)
        if len(fails) == 1 and RECIPIENT not in fails:
            (name,) = fails
            counts[name] = counts.get(name, 0) + 1
    return {name: counts[name] for name in CRITERIA if name in counts}


def wanting(device: Mapping[str, Any], needs: Iterable[Mapping[str, Any]]) -> list[Wanted]:
    """Return the needs that `device` suits: most points first, then the earliest validated, then by id."""
    rows = [
        Wanted(need, fit(device, need), band(device, need), how)
        for need in needs
        if (how := mode(device, need)) and not failing(device, need)
    ]
    return sorted(rows, key=lambda row: (-row.need["points"], row.need["validated_on"], row.need["id"]))
