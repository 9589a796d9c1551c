"""The pages of imports (a file, its preview, the deed) and of exports."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from refurb.audit.access import record_accesses
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.donations.sentences import FILE_REFUSALS
from refurb.exchange import exports, files, words
from refurb.exchange.cases import PAST_LIMIT
from refurb.exchange.forms import FileForm, StockForm
from refurb.exchange.models import ImportPreview
from refurb.exchange.reading import OUTCOMES, ImportRefused
from refurb.security import actor, requires
from refurb.sheets import SheetRefused
from refurb.web import PER_PAGE, Page, now, page_number, today

bp = Blueprint("exchange", __name__, url_prefix="/exchange")

#: Who may bring in, or take away, one kind at least.
IMPORTERS = frozenset[Permission]().union(*files.PERMISSIONS.values())
EXPORTERS = frozenset[Permission]().union(*exports.PERMISSIONS.values())


@bp.get("/")
@requires(*IMPORTERS, *EXPORTERS)
def index() -> ResponseReturnValue:
    """What may be brought in and taken away, and what was."""
    return render_template(
        "exchange/index.html",
        imports=[kind for kind in files.KINDS if files.may(kind, actor())],
        exports=[kind for kind in exports.PERMISSIONS if exports.may(kind, actor())],
        latest=files.latest(get_session(), seen_by=actor()),
        words=words,
    )


# -- imports ----------------------------------------------------------------------------------------------------------
@bp.route("/imports/<any(stock,organisations,needs):kind>", methods=["GET", "POST"])
@requires(*IMPORTERS)
def upload(kind: str) -> ResponseReturnValue:
    """Choose a file; it is read, and nothing of it is written before its preview was seen."""
    if not files.may(kind, actor()):
        abort(403)
    form = StockForm() if kind == "stock" else FileForm()
    if request.method == "GET":
        return _upload_page(kind, form)
    data = request.files["file"].read() if "file" in request.files else b""
    if not form.validate() or not data:
        form.file.errors = [_("Choisissez un fichier.")]
        return _upload_page(kind, form), 422
    session = get_session()
    try:
        attested = isinstance(form, StockForm) and bool(form.attested.data)
        table, lines = files.look(session, kind, data, by=actor(), today=today(), attested=attested)
    except (ImportRefused, SheetRefused) as refusal:
        form.file.errors = [str(words.REFUSALS.get(refusal.code) or FILE_REFUSALS[refusal.code])]
        return _upload_page(kind, form), 422
    name = (request.files["file"].filename or "")[-200:]
    preview = files.keep(session, kind, data, table, lines, name=name, by=actor(), at=now())
    again = files.before(session, kind, data, by=actor())
    session.commit()
    if again is not None:
        flash(_("Ce même fichier a déjà été importé : les lignes déjà là ne le seront pas deux fois."), "waits")
    return redirect(url_for(".preview", preview_id=preview.id), 303)


@bp.get("/previews/<int:preview_id>")
@requires(*IMPORTERS)
def preview(preview_id: int) -> ResponseReturnValue:
    """Show the file line by line: what is new, known, mended, refused, and why."""
    session = get_session()
    found = _preview(session, preview_id)
    show = request.args.get("show", "all")
    show = show if show in (*OUTCOMES, PAST_LIMIT) else "all"
    lines = files.lines_of(session, found)
    chosen = [line for line in lines if show in ("all", line.outcome, *line.notes)]
    number = min(page_number(), max(1, -(-len(chosen) // PER_PAGE)))
    page = Page(chosen[(number - 1) * PER_PAGE : number * PER_PAGE], number, len(chosen))
    return render_template(
        "exchange/preview.html",
        preview=found,
        page=page,
        show=show,
        counts=found.told["counts"],
        columns=found.told["columns"],
        outcomes=OUTCOMES,
        past_limit=sum(PAST_LIMIT in line.notes for line in lines),
        words=words,
    )


@bp.post("/previews/<int:preview_id>")
@requires(*IMPORTERS)
def settle(preview_id: int) -> ResponseReturnValue:
    """Write what the preview shows as new, or let it go."""
    session = get_session()
    found = _preview(session, preview_id, lock=True)
    if request.form.get("do") == "forget":
        files.forget(session, found)
        session.commit()
        flash(_("L'import est abandonné ; rien n'a été écrit."), "neutral")
        return redirect(url_for(".index"), 303)
    try:
        done = files.apply_preview(session, found, by=actor(), at=now(), today=today())
    except ImportRefused as refusal:
        session.rollback()
        flash(words.REFUSALS[refusal.code], "refused")
        return redirect(url_for(".index"), 303)
    session.commit()
    flash(ngettext("%(num)s fiche créée", "%(num)s fiches créées", done["made"]) + ".", "done")
    return redirect(url_for(".preview", preview_id=preview_id), 303)


def _upload_page(kind: str, form: FileForm) -> str:
    columns = [words.FIELDS[field] for field in files.COLUMNS[kind]]
    return render_template("exchange/upload.html", kind=kind, form=form, columns=columns, words=words)


def _preview(session: Session, preview_id: int, *, lock: bool = False) -> ImportPreview:
    return files.by_id(session, preview_id, seen_by=actor(), lock=lock) or abort(404)


# -- exports ----------------------------------------------------------------------------------------------------------
@bp.get("/exports/<any(devices,needs,counts,organisations):kind>.<any(csv,xlsx):form>")
@requires(*EXPORTERS)
def export(kind: str, form: str) -> ResponseReturnValue:
    """Give a table of what the reader may see; taking cases away is reading them."""
    if not exports.may(kind, actor()):
        abort(403)
    session = get_session()
    sheet = exports.make(session, kind, seen_by=actor())
    record_accesses("need", sheet.needs, "need.exported", by=actor(), at=now())
    headers: dict[str, Any] = {
        "Content-Disposition": f'attachment; filename="refurb-{kind}-{today().isoformat()}.{form}"',
        "Cache-Control": "private, no-store",
    }
    return Response(exports.write(sheet, form), mimetype=exports.FORMATS[form], headers=headers)
