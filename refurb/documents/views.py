"""Papers: the list, one paper, its PDF, and the public page that says whether a paper is genuine."""

import hashlib
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from refurb.accounts import throttle
from refurb.core.identity import CodeKind
from refurb.core.identity import read as read_code
from refurb.core.permissions import Permission
from refurb.db import db, get_session
from refurb.documents import pages, queries, seal, services
from refurb.documents.forms import FileForm, VoidForm
from refurb.documents.models import Document
from refurb.documents.words import KINDS, kind_word
from refurb.security import actor, public, requires
from refurb.web import now, page_number, paginate

bp = Blueprint("documents", __name__)

#: Tries of one address in a window: a person with a pile of papers is well within it.
CODES, FILES, WINDOW = 60, 20, timedelta(minutes=10)
#: Of a code as it is printed; a token is twice as long.
CODE_LENGTH = 16
TOO_MANY = _l("Trop d'essais depuis cette adresse : revenez dans dix minutes.")
#: What a file that was not issued as it is turns out to be: the title, the sentence.
FILE_VERDICTS = {
    seal.Verdict.GENUINE: (
        _l("Scellé ici, mais inconnu du registre"),
        _l("Son sceau est bon et rien n'y a changé, mais nous n'en gardons pas la trace : demandez à qui l'a établi."),
    ),
    seal.Verdict.CHANGED: (
        _l("Ce fichier a été modifié"),
        _l("Il a été scellé, puis changé : il ne vaut rien. Demandez l'original à qui l'a établi."),
    ),
    seal.Verdict.OTHER_SEAL: (
        _l("Ce fichier n'a pas été établi ici"),
        _l("Il porte le sceau de quelqu'un d'autre."),
    ),
    seal.Verdict.NOT_SEALED: (
        _l("Ce fichier n'a pas été établi ici"),
        _l("Aucun de nos documents n'est ce fichier-là : une copie, un scan ou une impression ne se comparent pas."),
    ),
    seal.Verdict.NOT_A_PDF: (
        _l("Ce fichier n'est pas un PDF"),
        _l("Nos documents sont des PDF : choisissez le fichier reçu, sans l'ouvrir ni l'enregistrer de nouveau."),
    ),
}

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
    return pages.answer(_visible(code))


@bp.get("/verify")
@public("Whoever holds a paper may ask whether it is genuine.")
def verify() -> ResponseReturnValue:
    """Ask for the code printed on a paper."""
    typed = request.args.get("code", "").strip()
    if not typed:
        return _answered(None)
    if not _within("verify-code", CODES):
        return _answered(None, typed=typed, status=429, refusal=TOO_MANY)
    reading = read_code(typed)
    return _verified(reading.code if reading.code and reading.code[0] == CodeKind.DOCUMENT else None, typed)


@bp.get("/verify/<name>")
@public("The address in the QR code of a paper.")
def verified(name: str) -> ResponseReturnValue:
    """Say whether the paper that this token or code names is genuine."""
    # A token is drawn at random; codes follow each other, and nobody is to walk through them.
    if len(name) <= CODE_LENGTH and not _within("verify-code", CODES):
        return _answered(None, typed=name, status=429, refusal=TOO_MANY)
    return _verified(name if len(name) <= 40 else None, name)


@bp.post("/verify/file")
@public("Whoever holds a file may ask whether it is the one that was issued.")
def verify_file() -> ResponseReturnValue:
    """Compare a file with what was issued: its bytes first, then its seal. Nothing of it is kept."""
    form = FileForm()
    if not form.validate_on_submit():
        return _answered(None, form=form, status=422)
    if not _within("verify-file", FILES):
        return _answered(None, form=form, status=429, refusal=TOO_MANY)
    content: bytes = form.file.data.read()
    document = queries.by_sha256(get_session(), hashlib.sha256(content).hexdigest())
    if document is not None:
        return _answered(document, exact=True)
    try:
        known = services.instance_certificates()
    except seal.SealUnusable:
        known = ()
    return _answered(None, form=form, status=404, verdict=seal.check(content, known).verdict)


@bp.get("/verify/certificate.pem")
@public("Whoever holds this certificate verifies papers without us: it holds no secret.")
def certificate() -> ResponseReturnValue:
    """Give the certificate that the seals of this instance are checked with."""
    try:
        known = services.instance_certificates()
    except seal.SealUnusable:
        known = ()
    if not known:
        abort(404)
    response = Response("".join(map(seal.certificate_pem, known)), mimetype="application/x-pem-file")
    response.headers["Content-Disposition"] = 'attachment; filename="refurb-certificate.pem"'
    return response


def _verified(name: str | None, typed: str) -> ResponseReturnValue:
    document = queries.by_public_name(get_session(), name) if name else None
    return _answered(document, typed=typed, status=200 if document else 404)


def _answered(
    document: Document | None, *, typed: str = "", form: FileForm | None = None, status: int = 200, **said: Any
) -> ResponseReturnValue:
    """Show what a paper is; of its content nothing."""
    session = get_session()
    verdict = said.get("verdict")
    page = render_template(
        "documents/verify.html",
        typed=typed,
        document=document,
        kind=kind_word(document) if document else "",
        issuer=queries.issuer_name(session, document) if document else "",
        form=form or FileForm(formdata=None),
        verdict=FILE_VERDICTS[verdict] if verdict is not None else None,
        exact=said.get("exact", False),
        refusal=said.get("refusal"),
    )
    return page, status


def _within(what: str, limit: int) -> bool:
    """Count one try of this address, in a short transaction of its own; tell whether it is within the limit."""
    with db.sessionmaker() as session:
        key = f"{what}:{request.remote_addr or '?'}"
        within = throttle.hit(session, key, limit=limit, window=WINDOW, now=now())
        session.commit()
    return within


def _visible(code: str) -> Document:
    return queries.by_code(get_session(), code, seen_by=actor()) or abort(404)


def _page(document: Document, form: VoidForm) -> str:
    issuer = queries.issuer_name(get_session(), document)
    return render_template("documents/show.html", document=document, form=form, kind=kind_word(document), issuer=issuer)
