"""Devices and needs by kind: two that nothing tells apart are one, which is what makes the matching fast.

A device kind is what the needs can see of it: which of them it suits, whom its site reaches, its class and where it
stands. A need kind is the same from the other side, with the share it draws on.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


def group(devices: Sequence[Mapping[str, Any]], needs: Sequence[Mapping[str, Any]], held: Mapping[str, Any]) -> Kinds:
    """Sort devices and needs into kinds; `held` maps a need to the (key, value) that its bundle asks of the device."""
    thresholds = thresholds_of(needs)
    keys = sorted({key for key, _ in held.values()})
    device_specs: dict[Any, int] = {}
    need_specs: dict[Any, int] = {}
    raw_rows = [device_specs.setdefault(device_spec(d, thresholds, keys), len(device_specs)) for d in devices]
    raw_columns = [need_specs.setdefault(need_spec(n, thresholds, held.get(n["id"])), len(need_specs)) for n in needs]
    suits = _matrix(list(device_specs), list(need_specs), keys)
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
    return Kinds(suited, above, [rows[r] for r in raw_rows], [place[columns[c]] for c in raw_columns])


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


def _matrix(device_specs: list[Any], need_specs: list[Any], keys: Sequence[str]) -> Any:
    """Return which device spec suits which need spec, one criterion after the other over the whole table."""
    import numpy as np

    suits = np.ones((len(device_specs), len(need_specs)), dtype=bool)
    if not device_specs or not need_specs:
        return suits
    for i in range(len(MINIMA)):
        have = np.array([spec[i] for spec in device_specs])
        asked = np.array([spec[i] for spec in need_specs])
        suits &= have[:, None] >= asked[None, :]
    at = len(MINIMA)
    for offset, compatible in enumerate(
        (
            lambda have, asked: have in asked,
            lambda have, asked: asked in ("any", have),
            lambda have, asked: have or not asked,
            lambda have, asked: bool(have & asked),
            lambda have, asked: asked in have,
        )
    ):
        suits &= table([s[at + offset] for s in device_specs], [s[at + offset] for s in need_specs], compatible)
    for offset, key in enumerate(keys, start=at + 5):
        suits &= table(
            [s[offset] for s in device_specs],
            [s[at + 5] for s in need_specs],
            lambda have, held, key=key: held is None or held[0] != key or held[1] == have,
        )
    return suits


def table(haves: list[Any], askeds: list[Any], compatible: Any) -> Any:
    """Return the table of a test that few distinct values meet: it is asked once for each pair of values."""
    import numpy as np

    have_ids = {value: i for i, value in enumerate(dict.fromkeys(haves))}
    asked_ids = {value: i for i, value in enumerate(dict.fromkeys(askeds))}
    small = np.array([[bool(compatible(have, asked)) for asked in asked_ids] for have in have_ids])
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
