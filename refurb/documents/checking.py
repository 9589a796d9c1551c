"""The data of a paper held to the shape of its kind: what is frozen on a record is what the paper shows."""

import dataclasses
import types
import typing
from typing import Any

from refurb.core.documents import DocumentKind
from refurb.documents.papers import SHAPES

#: Longest text a paper takes in one field; forms are stricter, this is the last fence.
LONGEST = 2000


class BadPaper(ValueError):
    """The data does not have the shape its template reads; `path` says where."""

    code = "bad-paper"

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


def checked(kind: DocumentKind, data: dict[str, Any]) -> dict[str, Any]:
    """Return `data` with every key its template reads, defaults filled; raises BadPaper for anything else.

    An unknown key is refused as well: what is frozen on a record must be what the paper shows.
    """
    return dataclasses.asdict(_built(SHAPES[kind], data, kind.value))


def as_data(paper: Any) -> dict[str, Any]:
    """Return a paper built from the classes above as the plain data that `checked` takes."""
    return dataclasses.asdict(paper)


def _built(wanted: Any, value: Any, path: str) -> Any:
    origin = typing.get_origin(wanted)
    if origin is types.UnionType:
        if value is None and type(None) in typing.get_args(wanted):
            return None
        (wanted,) = [kind for kind in typing.get_args(wanted) if kind is not type(None)]
        return _built(wanted, value, path)
    if origin is list:
        if not isinstance(value, list | tuple):
            raise BadPaper(path, "a list is wanted")
        (item,) = typing.get_args(wanted)
        return [_built(item, each, f"{path}[{index}]") for index, each in enumerate(value)]
    if dataclasses.is_dataclass(wanted):
        return _record(wanted, value, path)
    if type(value) is not wanted:
        raise BadPaper(path, f"{wanted.__name__} is wanted, not {type(value).__name__}")
    if isinstance(value, str) and len(value) > LONGEST:
        raise BadPaper(path, f"longer than {LONGEST} characters")
    return value


def _record(wanted: Any, value: Any, path: str) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    if not isinstance(value, dict):
        raise BadPaper(path, "a record is wanted")
    hints = typing.get_type_hints(wanted)
    if unknown := sorted(set(value) - set(hints)):
        raise BadPaper(f"{path}.{unknown[0]}", "is not read by this paper")
    given = {name: _built(hints[name], value[name], f"{path}.{name}") for name in hints if name in value}
    for each in dataclasses.fields(wanted):
        absent = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
        if absent and each.name not in given:
            raise BadPaper(f"{path}.{each.name}", "is missing")
    return wanted(**given)
