"""A fault put into the solver's model is seen by the comparison with every plan there is: a sign, a tier, a bound.

Each mutation is made in a copy of the core, under another name; the copy without one agrees with the definition.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import refurb.core
from refurb.demo.scenarios import draw
from tests.core.test_assignment import Pairs, every_plan, rank

Solve = Callable[[Mapping[str, Any]], Any]
#: (module, what stands there, what takes its place)
MUTATIONS = {
    "floors are shunned": ("stages", "costs[self.floor_arcs] = -1", "costs[self.floor_arcs] = 1"),
    "floors are forgotten by the next stage": (
        "stages",
        "            self.net.narrow(self.net.solve(costs), costs)\n        costs",
        "            self.net.solve(costs)\n        costs",
    ),
    "points are shunned": ("stages", "-(points * served_weight + 1)", "points * served_weight - 1"),
    "points are not counted": ("stages", "-(points * served_weight + 1)", "-1"),
    "served weighs more than points": ("stages", "-(points * served_weight + 1)", "-(points + served_weight)"),
    "caps are not held": ("stages", "min(sizes[share], caps.get(share, sizes[share]))", "sizes[share]"),
    "balance is not counted": ("stages", "2 * (k + taken.get(share, 0)) + 1", "1"),
    "concentration is sought": ("stages", "2 * (k + taken.get(share, 0)) + 1", "-2 * k - 1"),
    "strong machines go first": ("stages", "len(alike), 4 * cpu_class, state", "len(alike), -4 * cpu_class, state"),
    "what is asked weighs the other way": (
        "stages",
        "len(group_of), -4 * least, state",
        "len(group_of), 4 * least, state",
    ),
    "far is near": ("stages", "coarse.total, distance)", "coarse.total, 3 - distance)"),
    "balance is forgotten by the fit": (
        "stages",
        "costs = self._balance()\n        self.net.narrow(self.net.solve(costs), costs)",
        "costs = self._balance()\n        self.net.solve(costs)",
    ),
    "a minimum must be passed": (
        "kinds",
        "have[:, None] < least[None, :]",
        "have[:, None] <= least[None, :]",
    ),
    "an optimum is not kept": (
        "flow",
        "np.where(reduced > 0, self.low, self.high)",
        "np.where(reduced > 1000, self.low, self.high)",
    ),
}


@cache
def known() -> list[tuple[dict[str, Any], frozenset[Pairs], tuple[int, ...]]]:
    """Return small scenarios with every plan of each and the best rank."""
    mixed = [draw(seed, 4, 5, epci=2, prescribers=2, points=4) for seed in range(60)]
    # Points that do not decide leave it to the balance and the fit.
    alike = [draw(seed, 3, 6, epci=1, prescribers=2, points=1) for seed in range(60)]
    for scenario in alike:
        scenario["policy"]["caps"].clear()
    # One machine for two of few points or one of many: a cap makes the sizes of plans differ.
    found = []
    for scenario in [*mixed, *alike, *(_tight(seed) for seed in range(3))]:
        plans = frozenset(every_plan(scenario))
        found.append((scenario, plans, min(rank(scenario, pairs) for pairs in plans)))
    return found


def _tight(seed: int) -> dict[str, Any]:
    """Return a scenario where serving fewer is worth more points: two bodies, of which one may receive one machine."""
    scenario = draw(seed, 2, 3, epci=1, prescribers=2, points=9)
    common = {"forms": ["laptop"], "min": {}, "os": "any", "modes": ["gift"], "recipient": "household"}
    for number, device in enumerate(scenario["devices"]):
        device |= {"form": ("laptop", "tablet")[number], "modes": ["gift"], "recipients": ["household"], "reach": None}
    for number, need in enumerate(scenario["needs"]):
        need |= common | {"prescriber": ("one", "one", "other")[number], "points": (6, 2, 3)[number]}
        need["forms"] = (["laptop"], ["tablet"], ["laptop"])[number]
    share = "household/epci:200000000/prescriber:one"
    scenario["policy"] = {"floors": {}, "caps": {share: 1}}
    return scenario


def faults(solve: Solve) -> Iterator[int]:
    """Yield the scenarios on which a solver breaks a rule, misses the best plan, or breaks down."""
    for number, (scenario, plans, best) in enumerate(known()):
        try:
            pairs = solve(scenario).pairs
        except Exception:
            yield number
            continue
        if pairs not in plans or rank(scenario, pairs) != best:
            yield number


@pytest.fixture
def copy_of_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Solve]]:
    """Make a copy of the core under a name of its own, with one thing changed; return its `solve`."""
    made: list[str] = []
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(module: str = "", old: str = "", new: str = "") -> Solve:
        name = f"mutant_{len(made)}"
        made.append(name)
        source = Path(str(refurb.core.__file__)).parent
        target = tmp_path / name
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        for path in target.glob("*.py"):
            text = path.read_text(encoding="utf-8")
            if path.stem == module:
                assert text.count(old) == 1, f"{module} no longer says {old!r}"
                text = text.replace(old, new)
            path.write_text(text.replace("refurb.core", name), encoding="utf-8")
        importlib.invalidate_caches()
        solve: Solve = importlib.import_module(f"{name}.assignment").solve
        return solve

    yield make
    for name in [key for key in sys.modules if key.split(".")[0] in made]:
        del sys.modules[name]


def test_the_copy_without_a_fault_agrees_with_the_definition(copy_of_core: Callable[..., Solve]) -> None:
    assert list(faults(copy_of_core())) == []


@pytest.mark.parametrize("fault", MUTATIONS)
def test_a_fault_is_seen(fault: str, copy_of_core: Callable[..., Solve]) -> None:
    assert next(faults(copy_of_core(*MUTATIONS[fault])), None) is not None
