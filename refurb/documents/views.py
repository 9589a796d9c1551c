"""Papers: the list, one paper, its PDF, and the public page that says whether a paper is genuine."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from refurb.core.identity import CodeKind
from refurb.core.identity import read as read_code
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.documents import queries, services
from refurb.documents.forms import VoidForm
from refurb.documents.models import Document
from refurb.documents.words import KINDS, kind_word
from refurb.security import actor, public, requires
from refurb.web import now, page_number, paginate

bp = Blueprint("documents", __name__)

REFUSALS = {
    "already-void": _l("Ce document est déjà annulé."),
    "unnumbered": _l("Ce papier de travail ne prend pas de numéro."),
    "issuer-unknown": _l("L'organisation qui établit ce document n'existe plus."),
}


@bp.get("/documents")
@requires(Permission.DOCUMENT_READ)
def index() -> ResponseReturnValue:
    """List the papers of one's organisation."""
    kind = request.args.get("kind", "")
    page = paginate(get_session(), queries.listing(seen_by=actor(), kind=kind), page_number())
    return render_template("documents/index.html", page=page, kind=kind, kinds=KINDS, kind_word=kind_word)


@bp.get("/documents/<code>")
@requires(Permission.DOCUMENT_READ)
def show(code: str) -> ResponseReturnValue:
    """Show one paper: what it is, where its PDF is, whether it still holds."""
    return _page(_visible(code), VoidForm())


@bp.post("/documents/<code>/void")
@requires(Permission.DOCUMENT_VOID)
def void(code: str) -> ResponseReturnValue:
    """Cancel a paper, with the reason."""
    session, document, form = get_session(), _visible(code), VoidForm()
    if form.validate_on_submit():
        try:
            services.void(session, document, reason=form.reason.data or "", by=actor(), at=now())
        except services.DocumentRefused as refusal:
            form.reason.errors = [REFUSALS[refusal.code]]
        else:
            session.commit()
            flash(_("Le document %(number)s est annulé. Son numéro ne resservira pas.", number=document.number), "done")
            return redirect(url_for(".show", code=document.code), 303)
    return _page(document, form), 422


@bp.get("/documents/<code>.pdf")
@requires(Permission.DOCUMENT_READ)
def pdf(code: str) -> ResponseReturnValue:
    """Give the PDF; while the worker prepares it, a page that comes back by itself."""
    return answer(_visible(code))


@bp.get("/verify")
@public("Whoever holds a paper may ask whether it is genuine.")
def verify() -> ResponseReturnValue:
    """Ask for the code printed on a paper."""
    typed = request.args.get("code", "").strip()
    if not typed:
        return render_template("documents/verify.html", typed="", document=None, kind="", issuer="")
    reading = read_code(typed)
    return _verified(reading.code if reading.code and reading.code[0] == CodeKind.DOCUMENT else None, typed)


@bp.get("/verify/<name>")
@public("The address in the QR code of a paper.")
def verified(name: str) -> ResponseReturnValue:
    """Say whether the paper that this token or code names is genuine."""
    return _verified(name if len(name) <= 40 else None, name)


def answer(document: Document) -> ResponseReturnValue:
    """Return the PDF of a paper the reader may have, or the page that waits for it."""
    content = queries.content(get_session(), document)
    if content is None:
        return render_template("documents/waiting.html", document=document, kind=kind_word(document)), 202
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{document.kind}-{document.number}.pdf"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _verified(name: str | None, typed: str) -> ResponseReturnValue:
    session = get_session()
    document = queries.by_public_name(session, name) if name else None
    return render_template(
        "documents/verify.html",
        typed=typed,
        document=document,
        kind=kind_word(document) if document else "",
        issuer=queries.issuer_name(session, document) if document else "",
    ), (200 if document else 404)


def _visible(code: str) -> Document:
    return queries.by_code(get_session(), code, seen_by=actor()) or abort(404)


def _page(document: Document, form: VoidForm) -> str:
    issuer = queries.issuer_name(get_session(), document)
    return render_template("documents/show.html", document=document, form=form, kind=kind_word(document), issuer=issuer)
