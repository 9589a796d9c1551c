"""The two tables of grading as data that a coordination edits: checked, read, compared.

Version 1 is in `core.grading`; what is adopted later has the same shape. The number of the version is the name that a
result keeps ("1" is the shipped one, which keeps its own name).
"""

import re
from collections.abc import Mapping
from typing import Any

from refurb.core.equipment import Form
from refurb.core.grading import CPUS, PROFILES, CpuTable, Profile, ProfileTable

CPU_KIND, PROFILE_KIND = "cpu-classes", "profiles"
KINDS = (PROFILE_KIND, CPU_KIND)
#: What a profile may ask, with the highest figure that makes sense.
CRITERIA = {"class": 5, "ram_gb": 1024, "storage_gb": 20000, "screen_in": 100, "battery_pct": 100}
#: Longest pattern of a family, and most families: a name is matched against each of them.
LONGEST_PATTERN, MOST_FAMILIES = 400, 300


class TableFault(ValueError):
    """A table that would not work; `code` is stable, `where` names the profile, the family or the scale meant."""

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(f"{where}: {code}" if where else code)
        self.code, self.where = code, where


def profiles_as_data(table: ProfileTable) -> dict[str, Any]:
    """Return the profiles as they are stored and edited."""
    return {
        "profiles": [
            {
                "code": profile.code,
                "forms": list(profile.forms),
                "minima": dict(profile.minima),
                "webcam": profile.webcam,
            }
            for profile in table.profiles
        ]
    }


def cpus_as_data(table: CpuTable) -> dict[str, Any]:
    """Return the families and scales as they are stored and edited, without the version."""
    data = table.as_data()
    del data["version"]
    return data


FIRST: dict[str, dict[str, Any]] = {PROFILE_KIND: profiles_as_data(PROFILES), CPU_KIND: cpus_as_data(CPUS)}
_SHIPPED = {PROFILE_KIND: PROFILES.version, CPU_KIND: CPUS.version}
_PROFILE_CODES = tuple(profile.code for profile in PROFILES.profiles)


def version_name(kind: str, number: int) -> str:
    """Return how results name a version."""
    return _SHIPPED[kind] if number == 1 else str(number)


def read_profiles(content: Mapping[str, Any], version: str) -> ProfileTable:
    """Return the profiles of an edited table; raises TableFault "not-a-table", "wrong-profiles", "wrong-minimum",
    "wrong-forms"."""
    rows = content.get("profiles")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise TableFault("not-a-table")
    if tuple(row.get("code") for row in rows) != _PROFILE_CODES:
        raise TableFault("wrong-profiles")
    return ProfileTable(version, tuple(_profile(row) for row in rows))


def _profile(row: Mapping[str, Any]) -> Profile:
    code, forms, minima = str(row["code"]), row.get("forms"), row.get("minima")
    if not isinstance(forms, list) or not forms or not set(forms) <= {form.value for form in Form}:
        raise TableFault("wrong-forms", code)
    if not isinstance(minima, Mapping) or "class" not in minima:
        raise TableFault("wrong-minimum", code)
    for criterion, least in minima.items():
        good = type(least) is int and criterion in CRITERIA and 0 <= least <= CRITERIA[criterion]
        if not good:
            raise TableFault("wrong-minimum", f"{code} {criterion}")
    return Profile(code, tuple(forms), dict(minima), webcam=row.get("webcam") is True)


def read_cpus(content: Mapping[str, Any], version: str) -> CpuTable:
    """Return the families of an edited table; raises TableFault "not-a-table", "wrong-class", "wrong-scale",
    "wrong-pattern", "too-many", with the family or the scale meant."""
    try:
        table = CpuTable.from_data({**content, "version": version})
    except (KeyError, TypeError, AttributeError) as error:
        raise TableFault("not-a-table") from error
    except ValueError as error:
        raise TableFault("wrong-pattern", str(error).partition(":")[0]) from error
    if not table.families or len(table.families) > MOST_FAMILIES:
        raise TableFault("too-many")
    for name, steps in table.scales.items():
        ends = [upto for upto, _cls in steps]
        if not steps or ends != sorted(set(ends)) or not all(0 <= cls <= 5 for _upto, cls in steps):
            raise TableFault("wrong-scale", name)
    for family in table.families:
        if len(family.pattern) > LONGEST_PATTERN or not family.name.strip():
            raise TableFault("wrong-pattern", family.name)
        if family.cls is not None and not (type(family.cls) is int and 0 <= family.cls <= 5):
            raise TableFault("wrong-class", family.name)
        reads_n = family.scale is not None and family.generation is None
        if reads_n and "n" not in re.compile(family.pattern).groupindex:
            raise TableFault("wrong-pattern", family.name)
        if not (type(family.under) is int and 0 <= family.under <= 5 and type(family.cores) is int):
            raise TableFault("wrong-class", family.name)
    return table


def check(kind: str, content: Mapping[str, Any]) -> None:
    """Refuse a table that grading could not use; raises TableFault."""
    if kind == PROFILE_KIND:
        read_profiles(content, "")
    else:
        read_cpus(content, "")


def plain_pattern(words: str) -> str:
    """Return the pattern of a family named by the words that its models hold, as the edit page asks for it."""
    parts = [re.escape(part) for part in words.lower().split()]
    if not parts:
        raise TableFault("wrong-pattern")
    return rf"\b{' '.join(parts)}"
