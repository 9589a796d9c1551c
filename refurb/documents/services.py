"""Number a paper, freeze what it says, have it rendered once; void it, replace it.

The number is taken under the lock of its counter and in the transaction of the deed: a deed undone gives it back, so
there are no gaps; two writers wait for each other, so there are no doubles. The bytes come later, from the worker.
"""

import re
import secrets
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog
from cryptography import x509
from flask import current_app
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from refurb import blobs, outbox
from refurb.audit.services import Author, record
from refurb.config import Settings
from refurb.core.documents import UNNUMBERED, DocumentKind
from refurb.core.identity import CodeKind, display
from refurb.documents import checking, parts, queries, rendering
from refurb.documents import seal as sealing
from refurb.documents.models import Document, DocumentCounter
from refurb.organisations.codes import next_code
from refurb.organisations.models import Organisation
from refurb.web import is_demo, public_address, zone

log = structlog.get_logger()

#: A path of this instance as a stranger can type it.
address = public_address
#: The outbox row that has one paper rendered: {"document_id": 12}.
RENDER = "document.render"


class DocumentRefused(Exception):
    """A deed on a paper that cannot be; `code`: "already-void", "unnumbered", "issuer-unknown"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def issue(
    session: Session,
    kind: DocumentKind,
    *,
    issuer_id: int,
    subject_kind: str,
    subject_id: int,
    data: Mapping[str, Any] | object,
    language: str,
    by: Author,
    at: datetime,
    replaces: Document | None = None,
) -> Document:
    """Freeze a paper under the next number of its issuer, and ask the worker for its bytes.

    `data` has the shape of `papers.SHAPES[kind]` less `document`, which is made here (a built paper is taken as well,
    its envelope is overwritten). Raises checking.BadPaper, DocumentRefused.
    """
    if kind in UNNUMBERED:
        raise DocumentRefused("unnumbered")
    issuer = session.get(Organisation, issuer_id)
    if issuer is None:
        raise DocumentRefused("issuer-unknown")
    year = at.astimezone(zone()).year
    sequence = _next_number(session, issuer_id, year)
    code, token = next_code(session, CodeKind.DOCUMENT), secrets.token_urlsafe(16)
    number = f"{prefix(issuer)}-{year}-{sequence:05d}"
    envelope = parts.Envelope(
        issuer=queries.party(session, issuer, language),
        number=number,
        code=code,
        shown_code=display(code),
        verify_address=public_address("/verify"),
        verify_link=public_address(f"/verify/{token}"),
        template_version=rendering.VERSIONS[kind],
        replaces=replaces.number if replaces else "",
        sample=is_demo(),
    )
    document = Document(
        code=code,
        token=token,
        issuer_id=issuer_id,
        year=year,
        sequence=sequence,
        number=number,
        kind=kind.value,
        template_version=rendering.VERSIONS[kind],
        language=language,
        subject_kind=subject_kind,
        subject_id=subject_id,
        data=checking.checked(kind, {**_plain(data), "document": envelope}),
        issued_at=at,
        issued_by_id=by.id,
    )
    session.add(document)
    session.flush()
    record(
        session,
        "document",
        document.id,
        "document.issued",
        by=by,
        at=at,
        payload={"number": number, "kind": kind.value, "subject": f"{subject_kind}:{subject_id}"},
    )
    outbox.enqueue(session, RENDER, {"document_id": document.id})
    return document


def working_paper(
    session: Session, kind: DocumentKind, *, issuer_id: int, data: Mapping[str, Any] | object, language: str, on: date
) -> bytes:
    """Return the PDF of a paper that takes no number and is not kept: a household's slip, a picking list."""
    return rendering.render(kind, _unnumbered(session, issuer_id, data, language), language, on)


def working_picture(
    session: Session, kind: DocumentKind, *, issuer_id: int, data: Mapping[str, Any] | object, language: str, on: date
) -> bytes:
    """Return the first page of such a paper as a PNG."""
    return rendering.picture(kind, _unnumbered(session, issuer_id, data, language), language, on)


def _unnumbered(session: Session, issuer_id: int, data: Mapping[str, Any] | object, language: str) -> dict[str, Any]:
    issuer = session.get_one(Organisation, issuer_id)
    envelope = parts.Envelope(issuer=queries.party(session, issuer, language), sample=is_demo())
    return {**_plain(data), "document": envelope}


def void(session: Session, document: Document, *, reason: str, by: Author, at: datetime) -> None:
    """Say that a paper is no longer worth anything; it keeps its number and its bytes. Raises DocumentRefused."""
    session.refresh(document, ["voided_at"], with_for_update=True)
    if document.voided_at is not None:
        raise DocumentRefused("already-void")
    document.voided_at, document.void_motive = at, reason
    record(session, "document", document.id, "document.voided", by=by, at=at, payload={"reason": reason})


def replace(
    session: Session,
    document: Document,
    *,
    data: Mapping[str, Any] | object,
    reason: str,
    by: Author,
    at: datetime,
) -> Document:
    """Issue a corrected paper that cancels this one; raises DocumentRefused when it is void already."""
    void(session, document, reason=reason, by=by, at=at)
    successor = issue(
        session,
        DocumentKind(document.kind),
        issuer_id=document.issuer_id,
        subject_kind=document.subject_kind,
        subject_id=document.subject_id,
        data=data,
        language=document.language,
        by=by,
        at=at,
        replaces=document,
    )
    document.replaced_by_id = successor.id
    record(session, "document", document.id, "document.replaced", by=by, at=at, payload={"by": successor.number})
    return successor


def render(session: Session, document_id: int, *, by: Author, at: datetime) -> str:
    """Render and seal one paper unless it was, and return the SHA-256 of its bytes.

    Called by the worker. Twice is harmless: the first to write wins, and what another made meanwhile is dropped.
    """
    document = session.get_one(Document, document_id)
    if document.sha256 is not None:
        return document.sha256
    kind, data, language = DocumentKind(document.kind), dict(document.data), document.language
    issued_on = document.issued_at.astimezone(zone()).date()
    # The transaction ends here, so that nobody waits for the typesetting; what was frozen cannot change meanwhile.
    session.commit()
    pdf = rendering.render(kind, data, language, issued_on)
    seal = instance_seal()
    if seal is not None:
        pdf = sealing.put(pdf, seal)
    fingerprint = sealing.fingerprint(seal.certificate) if seal is not None else None
    with session.begin_nested() as writing:
        sha256 = blobs.put(session, pdf, "application/pdf")
        written = session.execute(
            sa.update(Document)
            .where(Document.id == document_id, Document.sha256.is_(None))
            .values(sha256=sha256, rendered_at=at, seal_sha256=fingerprint)
            .execution_options(synchronize_session=False)
        )
        first = bool(written.rowcount)  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult
        if not first:
            writing.rollback()
    if first:
        if seal is None:
            # Nobody waits at a hand-over for an administrator: the paper leaves, and its page says that it bears none.
            log.warning("paper-not-sealed", document=document_id, mend="REFURB_SEAL_KEY")
        payload = {"sha256": sha256, "seal": fingerprint}
        record(session, "document", document_id, "document.rendered", by=by, at=at, payload=payload)
    session.expire_all()
    return session.scalars(sa.select(Document.sha256).where(Document.id == document_id)).one() or sha256


def instance_seal() -> sealing.Seal | None:
    """Return the seal of this instance; None where REFURB_SEAL_KEY should give it and does not."""
    settings: Settings = current_app.extensions["refurb.settings"]
    host = urlsplit(settings.public_url or "").hostname
    return sealing.of_instance(
        settings.instance,
        settings.seal_key,
        embedded=settings.embedded,
        name=f"Refurb {host}" if host else "Refurb",
        now=datetime.now(UTC),
    )


def instance_certificates() -> tuple[x509.Certificate, ...]:
    """Return the certificates that seals of this instance are checked with, making none; raises SealUnusable."""
    settings: Settings = current_app.extensions["refurb.settings"]
    path = settings.instance / sealing.FILE_NAME
    given = settings.seal_key or (str(path) if path.exists() else "")
    return sealing.read_certificates(given) if given else ()


def render_pending(session: Session, *, by: Author, at: datetime, limit: int = 100) -> int:
    """Render every paper that has no bytes yet, each in its own transaction; return how many."""
    waiting = session.scalars(
        sa.select(Document.id).where(Document.sha256.is_(None)).order_by(Document.id).limit(limit)
    ).all()
    for document_id in waiting:
        render(session, document_id, by=by, at=at)
        session.commit()
    return len(waiting)


def prefix(issuer: Organisation) -> str:
    """Return what begins the numbers of an issuer: its short name in capitals without accents, and its own number."""
    text = unicodedata.normalize("NFKD", issuer.short_name or issuer.name).encode("ascii", "ignore").decode().upper()
    words = re.findall("[A-Z0-9]+", text)
    return f"{(words[-1] if len(words) < 2 else ''.join(word[0] for word in words))[:10] or 'ORG'}{issuer.id}"


def _next_number(session: Session, issuer_id: int, year: int) -> int:
    insert = pg_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    statement = insert(DocumentCounter).values(issuer_id=issuer_id, year=year, last=1)
    statement = statement.on_conflict_do_update(
        index_elements=[DocumentCounter.issuer_id, DocumentCounter.year], set_={"last": DocumentCounter.last + 1}
    )
    return int(session.scalars(statement.returning(DocumentCounter.last)).one())


def _plain(data: Mapping[str, Any] | object) -> dict[str, Any]:
    return dict(data) if isinstance(data, Mapping) else checking.as_data(data)
