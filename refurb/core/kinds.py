"""Devices and needs by kind: two that nothing tells apart are one, which is what makes the matching fast.

A device kind is what the needs can see of it: which of them it suits, whom its site reaches, its class and where it
stands. A need kind is the same from the other side, with the share it draws on.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from refurb.core.matching import CRITERIA, RECIPIENT

#: Criteria by the bit that stands for each in a table of what fails.
BITS = {name: 1 << i for i, name in enumerate((*CRITERIA, RECIPIENT))}
MINIMA = ("class", "ram_gb", "storage_gb", "screen_in", "battery_pct")
#: Stands above every threshold: a machine without battery is not asked for one.
_BEYOND = 1 << 20


@dataclass
class Kinds:
    """The compatibility of device rows and need columns, and which row or column each device or need has.

    Equal rows and equal columns are merged; `row_of[i]` and `column_of[j]` are -1 for a device that suits nobody and a
    need that nothing suits, reach left aside. `suits[row]` is a set of columns and `above[column]` the columns that
    ask less: every row that suits the one suits the other. Sets are integers, a bit a column; the columns that fewest
    rows suit come first.
    """

    suits: list[int]
    above: list[int]
    row_of: list[int]
    column_of: list[int]
    #: What fails, reach left aside, by the number of what a device shows and of what a need asks: bits of BITS.
    fails: Any
    shown_of: list[int]
    asked_of: list[int]

    def least(self, columns: int) -> Iterator[int]:
        """Yield the columns of a set that are above no other of it: through `above` they lead to all the others.

        With these arcs and those of `above[column]`, reduced in the same way, a network needs a few arcs a row where
        the whole table has hundreds (the covering relation of the order, which every order is the closure of).
        """
        while columns:
            # Whatever is below another is suited by fewer rows and so comes before it: the first is above none.
            first = columns & -columns
            column = first.bit_length() - 1
            yield column
            columns &= ~(first | self.above[column])


def members(columns: int) -> Iterator[int]:
    """Yield the numbers in a set of columns, rising."""
    while columns:
        first = columns & -columns
        yield first.bit_length() - 1
        columns ^= first


def in_order(scenario: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return the devices and the needs in the order of their ids, so that the order of the lists changes nothing."""
    devices, needs = (sorted(scenario[name], key=lambda row: str(row["id"])) for name in ("devices", "needs"))
    return devices, needs


def group(devices: Sequence[Mapping[str, Any]], needs: Sequence[Mapping[str, Any]], held: Mapping[str, Any]) -> Kinds:
    """Sort devices and needs into kinds; `held` maps a need to the (key, value) that its bundle asks of the device."""
    thresholds = thresholds_of(needs)
    keys = sorted({key for key, _ in held.values()})
    device_specs: dict[Any, int] = {}
    need_specs: dict[Any, int] = {}
    raw_rows = [device_specs.setdefault(device_spec(d, thresholds, keys), len(device_specs)) for d in devices]
    raw_columns = [need_specs.setdefault(need_spec(n, thresholds, held.get(n["id"])), len(need_specs)) for n in needs]
    fails = _criteria(list(device_specs), list(need_specs))
    suits = fails == 0
    for offset, key in enumerate(keys, start=len(MINIMA) + 5):
        suits &= _table(
            [spec[offset] for spec in device_specs],
            [spec[-1] for spec in need_specs],
            lambda have, of_bundle, key=key: of_bundle is None or of_bundle[0] != key or of_bundle[1] == have,
        )
    suits, rows = _merge(suits)
    turned, columns = _merge(suits.T)
    order = turned.sum(axis=1).argsort(kind="stable")
    place = {int(column): i for i, column in enumerate(order)} | {-1: -1}
    suited = _sets(turned[order].T)
    above = [-1] * len(order)
    for row in suited:
        for column in members(row):
            above[column] &= row
    above = [(columns_above | 1 << c) ^ 1 << c for c, columns_above in enumerate(above)]
    return Kinds(
        suited,
        above,
        [rows[r] for r in raw_rows],
        [place[columns[c]] for c in raw_columns],
        fails,
        raw_rows,
        raw_columns,
    )


def thresholds_of(needs: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return the values asked of each criterion, rising: all that tells two devices apart."""
    return {key: sorted({n["min"][key] for n in needs if n.get("min", {}).get(key) is not None}) for key in MINIMA}


def device_spec(device: Mapping[str, Any], thresholds: Mapping[str, list[Any]], keys: Sequence[str]) -> tuple[Any, ...]:
    """Return what the needs can see of a device: levels of the minima, form, system, webcam, modes, recipients."""
    levels = []
    for key in MINIMA:
        have = device.get(key)
        if have is None:
            levels.append(_BEYOND if key == "battery_pct" else 0)
        else:
            levels.append(bisect_right(thresholds[key], have))
    return (
        *levels,
        device["form"],
        device["os"],
        bool(device.get("webcam")),
        frozenset(device["modes"]),
        frozenset(device["recipients"]),
        *(device.get(key) for key in keys),
    )


def need_spec(need: Mapping[str, Any], thresholds: Mapping[str, list[Any]], held: Any) -> tuple[Any, ...]:
    """Return what a need asks of a device, in the same order; `held` is what its bundle adds."""
    asked = need.get("min", {})
    levels = [0 if asked.get(key) is None else bisect_right(thresholds[key], asked[key]) for key in MINIMA]
    return (
        *levels,
        frozenset(need["forms"]),
        need["os"],
        bool(asked.get("webcam")),
        frozenset(need["modes"]),
        need["recipient"],
        held,
    )


def _criteria(shown: list[Any], asked: list[Any]) -> Any:
    """Return which criteria fail, in bits, for each pair of what a device shows and what a need asks.

    The minima and the rest each have few distinct values: each half is worked out on those and then spread.
    """
    import numpy as np

    if not shown or not asked:
        return np.zeros((len(shown), len(asked)), dtype=np.uint16)
    least, rest = len(MINIMA), len(MINIMA) + 5
    return _spread(shown, asked, slice(0, least), _too_low) | _spread(shown, asked, slice(least, rest), _unlike)


def _spread(shown: list[Any], asked: list[Any], part: slice, fails: Any) -> Any:
    ours, theirs = [spec[part] for spec in shown], [spec[part] for spec in asked]
    our_ids = {value: i for i, value in enumerate(dict.fromkeys(ours))}
    their_ids = {value: i for i, value in enumerate(dict.fromkeys(theirs))}
    small = fails(list(our_ids), list(their_ids))
    return small.take([their_ids[value] for value in theirs], axis=1).take([our_ids[value] for value in ours], axis=0)


def _too_low(shown: list[Any], asked: list[Any]) -> Any:
    import numpy as np

    fails = np.zeros((len(shown), len(asked)), dtype=np.uint16)
    for i, name in enumerate(MINIMA):
        have, least = np.array([levels[i] for levels in shown]), np.array([levels[i] for levels in asked])
        fails[have[:, None] < least[None, :]] |= BITS[name]
    return fails


def _unlike(shown: list[Any], asked: list[Any]) -> Any:
    import numpy as np

    fails = np.zeros((len(shown), len(asked)), dtype=np.uint16)
    tests = {
        "forms": lambda have, asked: have in asked,
        "os": lambda have, asked: asked in ("any", have),
        "webcam": lambda have, asked: have or not asked,
        "modes": lambda have, asked: bool(have & asked),
        RECIPIENT: lambda have, asked: asked in have,
    }
    for i, (name, compatible) in enumerate(tests.items()):
        fails[~_table([values[i] for values in shown], [values[i] for values in asked], compatible)] |= BITS[name]
    return fails


def _table(haves: list[Any], askeds: list[Any], compatible: Any) -> Any:
    """Return the table of a test that few distinct values meet: it is asked once for each pair of values."""
    import numpy as np

    have_ids = {value: i for i, value in enumerate(dict.fromkeys(haves))}
    asked_ids = {value: i for i, value in enumerate(dict.fromkeys(askeds))}
    small = np.array([[bool(compatible(have, asked)) for asked in asked_ids] for have in have_ids])
    if not small.size:
        return np.ones((len(haves), len(askeds)), dtype=bool)
    return small[np.array([have_ids[v] for v in haves])[:, None], np.array([asked_ids[v] for v in askeds])[None, :]]


def _sets(matrix: Any) -> list[int]:
    """Return the rows of a matrix of booleans as sets of columns."""
    import numpy as np

    if not matrix.size:
        return [0] * len(matrix)
    return [int.from_bytes(row.tobytes(), "little") for row in np.packbits(matrix, axis=1, bitorder="little")]


def _merge(matrix: Any) -> tuple[Any, list[int]]:
    """Merge equal rows; return the smaller matrix and the new number of each row, -1 for an empty one."""
    import numpy as np

    numbers: dict[bytes, int] = {}
    kept: list[int] = []
    where: list[int] = []
    for i, row in enumerate(np.packbits(matrix, axis=1) if matrix.size else matrix):
        if not matrix[i].any():
            where.append(-1)
            continue
        key = row.tobytes()
        if key not in numbers:
            numbers[key] = len(kept)
            kept.append(i)
        where.append(numbers[key])
    return matrix[kept], where
