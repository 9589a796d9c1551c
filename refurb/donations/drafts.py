"""A gift being typed: kept step by step, found again by its link, forgotten after 30 days."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb import blobs
from refurb.accounts.tokens import new_token, token_hash
from refurb.blobs import Blob
from refurb.core.equipment import Form
from refurb.donations.headers import Fate
from refurb.donations.lines import ListLine, Outcome
from refurb.donations.lists import Reading
from refurb.donations.models import DonationDraft
from refurb.donations.notes import REFUSALS, Note

LIFETIME = timedelta(days=30)
MEDIA_TYPE = "application/json"

#: Refusals that the giver may overrule by a tick: the two machines may be two.
OVERRULED = frozenset({Note.DUPLICATE})


def begin(session: Session, *, at: datetime) -> tuple[DonationDraft, str]:
    """Return a new draft and the token of its link, which is stored hashed."""
    token = new_token()
    draft = DonationDraft(token_hash=token_hash(token), data={}, created_at=at, changed_at=at, expires_at=at + LIFETIME)
    session.add(draft)
    session.flush()
    return draft, token


def by_token(session: Session, token: str, *, at: datetime, lock: bool = False) -> DonationDraft | None:
    """Return the draft of a link that still holds."""
    query = sa.select(DonationDraft).where(DonationDraft.token_hash == token_hash(token), DonationDraft.expires_at > at)
    return session.scalar(query.with_for_update() if lock else query)


def keep(draft: DonationDraft, step: str, values: Mapping[str, Any], *, at: datetime) -> None:
    """Keep what one step says; the link holds 30 days from here."""
    draft.data = {**draft.data, step: dict(values)}
    draft.changed_at, draft.expires_at = at, at + LIFETIME


# -- the list of a file ---------------------------------------------------------------------------------------------


def keep_list(session: Session, draft: DonationDraft, reading: Reading, *, name: str, at: datetime) -> None:
    """Keep what was read from a file; the file itself, which may name persons, is not stored."""
    content = json.dumps([_plain(line) for line in reading.lines], ensure_ascii=False, separators=(",", ":"))
    old, draft.file_sha256 = draft.file_sha256, blobs.put(session, content.encode(), MEDIA_TYPE)
    draft.file_name = name[:200]
    keep(draft, "file", {"name": name[:200], "sheets": _sheets(reading), "dropped": [], "kept": []}, at=at)
    session.flush()
    _drop_blob(session, old)


def forget_list(session: Session, draft: DonationDraft, *, at: datetime) -> None:
    """Take the file out of the draft."""
    old, draft.file_sha256, draft.file_name = draft.file_sha256, None, None
    draft.data = {key: value for key, value in draft.data.items() if key != "file"}
    draft.changed_at = at
    session.flush()
    _drop_blob(session, old)


def list_lines(session: Session, draft: DonationDraft) -> list[ListLine]:
    """Return the lines read from the file, in its order; empty without a file."""
    if draft.file_sha256 is None:
        return []
    return [_line(values) for values in json.loads(blobs.get(session, draft.file_sha256))]


def is_given(index: int, line: ListLine, file: Mapping[str, Any]) -> bool:
    """Whether a line of the file is part of the gift, as read and as the giver decided."""
    if index in file.get("dropped", ()):
        return False
    if line.outcome is not Outcome.REFUSED:
        return True
    return index in file.get("kept", ()) and can_overrule(line)


def can_overrule(line: ListLine) -> bool:
    """Whether the only reason against a line is one that the giver may know better."""
    return all(note in OVERRULED for note in line.notes if note in REFUSALS)


def decide(
    draft: DonationDraft, lines: Sequence[ListLine], shown: Sequence[int], given: set[int], *, at: datetime
) -> None:
    """Keep the giver's ticks on the lines that a page showed."""
    file = dict(draft.data.get("file", {}))
    dropped, kept = set(file.get("dropped", ())), set(file.get("kept", ()))
    for index in shown:
        if not 0 <= index < len(lines):
            continue
        dropped.discard(index)
        kept.discard(index)
        refused = lines[index].outcome is Outcome.REFUSED
        if index in given and refused and can_overrule(lines[index]):
            kept.add(index)
        elif index not in given and not refused:
            dropped.add(index)
    keep(draft, "file", {**file, "dropped": sorted(dropped), "kept": sorted(kept)}, at=at)


def tidy(session: Session, at: datetime) -> int:
    """Forget the drafts whose link ended, with their lists; return how many."""
    gone = session.scalars(sa.select(DonationDraft).where(DonationDraft.expires_at < at).limit(1000)).all()
    hashes = {draft.file_sha256 for draft in gone if draft.file_sha256}
    for draft in gone:
        session.delete(draft)
    session.flush()
    for sha256 in hashes:
        _drop_blob(session, sha256)
    return len(gone)


def finish(session: Session, draft: DonationDraft, code: str, *, at: datetime) -> None:
    """Empty a draft that became a gift; its address goes on saying which one, for who presses twice."""
    old, draft.file_sha256, draft.file_name = draft.file_sha256, None, None
    draft.data, draft.changed_at = {"sent": code}, at
    session.flush()
    _drop_blob(session, old)


def _drop_blob(session: Session, sha256: str | None) -> None:
    """Delete a list's bytes once no draft names them; nothing else names this media type."""
    if sha256 is None:
        return
    used = sa.select(DonationDraft.id).where(DonationDraft.file_sha256 == sha256).exists()
    session.execute(sa.delete(Blob).where(Blob.sha256 == sha256, Blob.media_type == MEDIA_TYPE, ~used))


def _sheets(reading: Reading) -> list[dict[str, Any]]:
    return [
        {
            "name": sheet.name,
            "hidden": sheet.hidden,
            "header": sheet.header,
            "lines": sheet.lines,
            "used": [[c.header or c.letter, c.field.value] for c in sheet.columns if c.field],
            "persons": [c.header or c.letter for c in sheet.columns if c.fate is Fate.PERSON],
            "ignored": [c.header or c.letter for c in sheet.columns if c.fate is Fate.IGNORED][:30],
            "skipped": [[s.number, s.why] for s in sheet.skipped[:50]],
            "skipped_count": len(sheet.skipped),
        }
        for sheet in reading.sheets
    ]


def _plain(line: ListLine) -> dict[str, Any]:
    values = {key: value for key, value in asdict(line).items() if value is not None and value != ()}
    if line.bought_on is not None:
        values["bought_on"] = line.bought_on.isoformat()
    return values


def _line(values: dict[str, Any]) -> ListLine:
    same = values.get("same_as")
    return ListLine(
        **{
            **values,
            "form": Form(values["form"]),
            "notes": tuple(Note(note) for note in values.get("notes", ())),
            "bought_on": date.fromisoformat(values["bought_on"]) if "bought_on" in values else None,
            "same_as": (same[0], same[1]) if same else None,
        }
    )
