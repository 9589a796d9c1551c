"""The voted minimums and maximums of a run, and how they become the shares of a matching scenario.

Source: domain.md G. Version 1 is here; a coordination adopts later ones, which `refurb.tables` keeps under `KIND`.
Minimums are tried first; a maximum is never passed, by the rule or by hand. Both count the machines of one run.
"""

from collections.abc import Iterable, Mapping
from typing import Any

KIND = "policy"
HOUSEHOLD, STRUCTURE = "household", "structure"
#: No number of a policy goes beyond this.
HIGHEST = 100_000

#: `territory_least`: for the households of each EPCI that asks, whatever it is; `territories` may say otherwise for
#: some, by EPCI code. `prescriber_most`: of one service within one EPCI, households only; None is no limit.
#: `desk`: what a tap at the scanning desk makes, "propose" or "reserve".
FIRST: dict[str, Any] = {
    "structures": {"least": 0, "most": None},
    "territory_least": 1,
    "territories": {},
    "prescriber_most": None,
    "desk": "propose",
}
DESK = ("propose", "reserve")


class PolicyFault(ValueError):
    """A policy that cannot be adopted; `code` is "not-a-number", "out-of-range", "least-over-most" or "unknown-part";
    `path` names the number meant."""

    def __init__(self, code: str, path: str) -> None:
        super().__init__(f"{path}: {code}")
        self.code, self.path = code, path


def check(policy: Mapping[str, Any]) -> None:
    """Refuse what `shares_of` could not read; raises PolicyFault."""
    for part in policy.keys() ^ FIRST.keys():
        raise PolicyFault("unknown-part", part)
    if policy["desk"] not in DESK:
        raise PolicyFault("unknown-part", "desk")
    _number(policy["territory_least"], "territory_least", none=False)
    _number(policy["prescriber_most"], "prescriber_most", none=True)
    _bounds(policy["structures"], "structures")
    for code, bounds in policy["territories"].items():
        _bounds(bounds, f"territories.{code}")


def _bounds(bounds: Mapping[str, Any], path: str) -> None:
    if bounds.keys() != {"least", "most"}:
        raise PolicyFault("unknown-part", path)
    _number(bounds["least"], f"{path}.least", none=False)
    _number(bounds["most"], f"{path}.most", none=True)
    if bounds["most"] is not None and bounds["least"] > bounds["most"]:
        raise PolicyFault("least-over-most", f"{path}.least")


def _number(value: Any, path: str, *, none: bool) -> None:
    if value is None and none:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise PolicyFault("not-a-number", path)
    if not 0 <= value <= HIGHEST:
        raise PolicyFault("out-of-range", path)


def shares_of(policy: Mapping[str, Any], needs: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Return the `floors` and `caps` of a scenario for the needs that it holds: shares nobody draws on are left out.

    An EPCI that `territories` names has its own least, which replaces the least of all.
    """
    floors: dict[str, int] = {}
    caps: dict[str, int] = {}
    structures = policy["structures"]
    for need in needs:
        if need["recipient"] == STRUCTURE:
            _bound(STRUCTURE, structures, floors, caps)
            continue
        territory = f"{HOUSEHOLD}/epci:{need['epci']}"
        own = policy["territories"].get(need["epci"], {"least": policy["territory_least"], "most": None})
        # Without an EPCI nobody can vote for it: no minimum there.
        _bound(territory, own if need["epci"] else {"least": 0, "most": None}, floors, caps)
        if policy["prescriber_most"] is not None:
            caps[f"{territory}/prescriber:{need['prescriber']}"] = policy["prescriber_most"]
    return {"floors": floors, "caps": caps}


def _bound(share: str, bounds: Mapping[str, Any], floors: dict[str, int], caps: dict[str, int]) -> None:
    if bounds["least"]:
        floors[share] = bounds["least"]
    if bounds["most"] is not None:
        caps[share] = bounds["most"]
