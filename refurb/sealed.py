"""Text that only a key outside the database opens: a column type, and the change of keys.

Fernet with several keys: the first one closes, any of them opens. An embedded instance keeps its keys in a file that
may change while it runs (`refurb keys rotate`), so the file is looked at each time; elsewhere the environment holds
them and a process keeps those it started with.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from refurb.config import Settings

#: Given a token, return it closed anew by the first key; raises InvalidToken where no key opens it.
Again = Callable[[str], str]
#: What is sealed elsewhere than in a `Sealed` column, keyed by area: closes it again, returns how many it closed.
RESEAL: dict[str, Callable[[Session, Again], int]] = {}


def keys(settings: Settings) -> tuple[str, ...]:
    """Return the keys in force, the closing one first."""
    if settings.keys_file is None:
        return settings.field_keys
    stat = settings.keys_file.stat()
    return _read(settings.keys_file, stat.st_mtime_ns, stat.st_ino)


@lru_cache(maxsize=4)
def _read(path: Path, changed: int, inode: int) -> tuple[str, ...]:
    return tuple(str(json.loads(path.read_text())["REFURB_FIELD_KEYS"]).split(","))


@lru_cache(maxsize=8)
def _ciphers(several: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in several])


def seal(text: str, settings: Settings) -> str:
    """Return `text` closed by the first key."""
    return _ciphers(keys(settings)).encrypt(text.encode()).decode()


def unseal(token: str, settings: Settings) -> str | None:
    """Return the text, None where no key of today opens it."""
    try:
        return _ciphers(keys(settings)).decrypt(token.encode()).decode()
    except InvalidToken:
        return None


class Sealed(sa.TypeDecorator[str]):
    """A text closed by the field keys. Equal texts give different tokens, so it is never searched for.

    What no key opens any more reads as None: the page that shows it says that it is lost.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else seal(value, current_app.extensions["refurb.settings"])

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else unseal(value, current_app.extensions["refurb.settings"])


def columns(metadata: sa.MetaData) -> list[sa.Column[Any]]:
    """Return every sealed column of the schema."""
    return [column for table in metadata.sorted_tables for column in table.columns if isinstance(column.type, Sealed)]


def reseal(session: Session, metadata: sa.MetaData, settings: Settings) -> tuple[int, int]:
    """Close everything again by the first key; return (how many, how many that no key opens and that stay as they are).

    In the running transaction. A row is written only if it still holds what was read: whoever changed it meanwhile
    closed it by the first key already.
    """
    first, every = Fernet(keys(settings)[0]), _ciphers(keys(settings))

    def again(token: str) -> str:
        try:
            first.decrypt(token.encode())
        except InvalidToken:
            return every.rotate(token.encode()).decode()
        return token

    done = lost = 0
    for column in columns(metadata):
        table, raw = column.table, sa.type_coerce(column, sa.Text)
        names = list(table.primary_key.columns)
        for *key, token in session.execute(sa.select(*names, raw).where(column.is_not(None))).all():
            try:
                new = again(token)
            except InvalidToken:
                lost += 1
                continue
            done += 1
            if new == token:
                continue
            same = [one == value for one, value in zip(names, key, strict=True)]
            values = {column: sa.type_coerce(sa.literal(new, sa.Text), sa.Text)}
            session.execute(sa.update(table).where(*same, raw == sa.literal(token, sa.Text)).values(values))
    for other in RESEAL.values():
        try:
            done += other(session, again)
        except InvalidToken:
            lost += 1
    return done, lost


@dataclass
class Counts:
    """How many values each key closes, in the keys' order, and how many none opens."""

    by_key: list[int]
    lost: int = 0


def counts(session: Session, metadata: sa.MetaData, settings: Settings) -> Counts:
    """Count what each key closes; changes nothing."""
    each = [Fernet(key) for key in keys(settings)]
    found = Counts([0] * len(each))

    def look(token: str) -> str:
        for number, cipher in enumerate(each):
            try:
                cipher.decrypt(token.encode())
            except InvalidToken:
                continue
            found.by_key[number] += 1
            return token
        found.lost += 1
        return token

    for column in columns(metadata):
        for token in session.scalars(sa.select(sa.type_coerce(column, sa.Text)).where(column.is_not(None))):
            look(token)
    for other in RESEAL.values():
        other(session, look)
    return found
