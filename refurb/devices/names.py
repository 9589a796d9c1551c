"""Machines by what somebody types of them: words of the maker or the model, the beginning of a code or a number.

What is typed is looked for among the names that machines have, some thousand at most, rather than in every machine: an
index gives the names one after the other, and then the machines of those that fit.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from refurb.core.identity import CodeKind
from refurb.core.identity import read as read_code
from refurb.devices.identity import serial_key
from refurb.devices.models import Device, DeviceAlias
from refurb.devices.queries import Reach, reach_of, visible
from refurb.security import Actor

#: So few machines are named by their ids; more are met soon enough by going along the order of the list.
FEW = 1000
#: A word that is in more names than these is looked for in each machine.
MANY_NAMES = 2000
CODE_DIGITS = 10


def naming(session: Session, text: str, *, seen_by: Actor) -> sa.ColumnElement[bool]:
    """Return the condition that a machine answers to a text.

    Every word is in the maker or the model, or begins the code, the serial or an old number; a whole code is itself,
    and a code is shown in groups: "R 4900 0012 08" is one word.
    """
    if (code := read_code(text).code) is not None:
        return Device.code == code
    words = text.split()
    models, makers = _names(session, Device.model), _names(session, Device.maker)
    found = [(word, _holding(models, word), _holding(makers, word)) for word in words]
    # A holder's machines are few enough to be read one by one, where a name may be that of a quarter of everybody's.
    by_index = reach_of(seen_by) is Reach.ALL
    named = visible(sa.select(Device.id).where(_condition(found, "".join(words), by_index=by_index)), seen_by)
    ids = session.scalars(named.limit(FEW + 1)).all()
    if len(ids) <= FEW:
        return Device.id.in_(ids)
    return _condition(found, "".join(words), by_index=False)


def _condition(found: list[tuple[str, list[str], list[str]]], whole: str, *, by_index: bool) -> sa.ColumnElement[bool]:
    """Return the condition itself: written for the indices of names, or to be read along another one."""
    clauses = []
    for word, models, makers in found:
        choices = [_code_begins(word)]
        if models:
            choices.append(_among(Device.model, models, word, by_index))
        if makers:
            choices.append(_among(Device.maker, makers, word, by_index))
        if folded := serial_key(word):
            old = sa.select(DeviceAlias.device_id).where(_begins(DeviceAlias.text_key, folded))
            choices += [_begins(Device.serial_key, folded), Device.id.in_(old)]
        clauses.append(sa.or_(*choices))
    return sa.or_(sa.and_(*clauses), _code_begins(whole))


def _among(column: InstrumentedAttribute[Any], names: list[str], word: str, by_index: bool) -> sa.ColumnElement[bool]:
    if len(names) > MANY_NAMES:
        return column.icontains(word, autoescape=True)
    return column.in_(names) if by_index else sa.func.coalesce(column, "").in_(names)


def _code_begins(text: str) -> sa.ColumnElement[bool]:
    """A range, which an index answers whatever the language that the database sorts by: codes are digits."""
    kind, digits = text[:1].upper(), text[1:]
    if kind != CodeKind.DEVICE.value or len(digits) > CODE_DIGITS or (digits and not digits.isdecimal()):
        return sa.false()
    return Device.code.between(kind + digits.ljust(CODE_DIGITS, "0"), kind + digits.ljust(CODE_DIGITS, "9"))


def _begins(column: InstrumentedAttribute[Any], folded: str) -> sa.ColumnElement[bool]:
    """The same of a folded number: capitals and digits, which every language sorts alike."""
    if not (folded.isascii() and folded.isalnum()):
        return column.startswith(folded, autoescape=True)
    return column.between(folded, folded.ljust(100, "Z"))


def _names(session: Session, column: InstrumentedAttribute[Any]) -> list[str]:
    """Return every value of a column once, each found by the index from the one before."""
    first = sa.select(sa.func.min(column).label("name")).cte("names", recursive=True)
    following = sa.select(sa.func.min(column)).where(column > first.c.name).scalar_subquery()
    names = first.union_all(sa.select(following).where(first.c.name.is_not(None)))
    return [name for name in session.scalars(sa.select(names.c.name)) if name is not None]


def _holding(names: list[str], word: str) -> list[str]:
    folded = word.casefold()
    return [name for name in names if folded in name.casefold()]
