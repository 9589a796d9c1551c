"""The PDF of a paper as an answer, for whoever may have it: the page that waits for it while the worker prepares it."""

from flask import render_template
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from refurb import outbox
from refurb.db import db, get_session
from refurb.documents import queries, services
from refurb.documents.models import Document
from refurb.documents.words import kind_word


def answer(document: Document) -> ResponseReturnValue:
    """Return the PDF of a paper the reader may have, or the page that waits for it."""
    content = queries.content(get_session(), document)
    if content is None:
        _hasten(document)
        return render_template("documents/waiting.html", document=document, kind=kind_word(document)), 202
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{document.kind}-{document.number}.pdf"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _hasten(document: Document) -> None:
    """Let the worker make this paper before those that nobody waits for, in a short transaction of its own.

    Written on a GET as an access record is: it changes when the page that waits ends, and nothing of what it shows.
    """
    reading = get_session()
    row = outbox.background_row(reading, services.RENDER, "document_id", document.id)
    if row is None:
        return
    # What was read is enough for the page: its transaction ends before another one begins.
    reading.commit()
    with db.sessionmaker() as session:
        outbox.hasten(session, row.id)
        session.commit()
