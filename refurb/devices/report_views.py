"""Reports: bringing them, with a machine or without, what was read of one, and the answer to its question."""

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from refurb import blobs
from refurb.core.identity import read as read_code
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.devices import queries, report_bundles, report_queries, report_sides, report_words, reports
from refurb.devices.models import Device, MediumWipe, Report
from refurb.devices.report_forms import UploadForm, WhichDeviceForm
from refurb.devices.words import FORMS, MEDIUM_KINDS, OUTCOMES
from refurb.security import actor, requires
from refurb.web import display_code, now, page_number, paginate, zone

bp = Blueprint("reports", __name__)


@bp.url_value_preprocessor
def room(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let a whole folder in; said before the form is opened, which happens before any view."""
    request.max_content_length = report_bundles.MAX_BYTES


@bp.app_context_processor
def device_reports() -> dict[str, Any]:
    """Let a machine's page show its reports: `evidence(device)` asks only where it is called."""

    def evidence(device: Device) -> dict[str, Any]:
        session = get_session()
        return {
            "reports": queries.reports_of(session, device.id),
            "questions": [report_sides.question(session, r) for r in report_queries.questions_of(session, device.id)],
            "form": UploadForm(),
            "next_step": report_words.next_step(device.missing),
            "words": report_words,
        }

    return {"evidence": evidence}


@bp.get("/reports")
@requires(Permission.REPORT_UPLOAD)
def index() -> ResponseReturnValue:
    """The reports of the workshop, and where to bring more."""
    return _index(UploadForm())


@bp.post("/reports")
@requires(Permission.REPORT_UPLOAD)
def upload() -> ResponseReturnValue:
    """Take reports that say themselves which machine they are of."""
    form = UploadForm()
    if not form.validate_on_submit() or (brought := _bring(form, None)) is None:
        return _index(form), 422
    return _after(brought)


@bp.get("/reports/brought")
@requires(Permission.REPORT_UPLOAD)
def brought() -> ResponseReturnValue:
    """What became of the files of one bringing: what is asked first, then what nobody could read, then the rest."""
    known = set(report_bundles.from_ranges(request.args.get("known", "")))
    ids = [*report_bundles.from_ranges(request.args.get("new", "")), *known]
    found = report_queries.brought(get_session(), ids, seen_by=actor())
    return render_template(
        "reports/brought.html",
        asked=[report for report in found if report.doubt],
        unreadable=[report for report in found if report.format == "unreadable"],
        unread=[report for report in found if report.read_at is None],
        taken=[report for report in found if report.format not in (None, "unreadable") and not report.doubt],
        known=known,
        count=len(found),
        say=_say,
        words=report_words,
    )


@bp.post("/devices/<code>/reports")
@requires(Permission.REPORT_UPLOAD)
def upload_for(code: str) -> ResponseReturnValue:
    """Take reports on a machine's page: they are of that machine, unless they say otherwise."""
    device = queries.by_code(get_session(), code, seen_by=actor()) or abort(404)
    form = UploadForm()
    if not form.validate_on_submit():
        flash(_("Choisissez au moins un fichier."), "refused")
    elif (brought := _bring(form, device)) is None:
        flash(str(form.files.errors[0]), "refused")
    elif len(brought) > 1:
        return _after(brought)
    return redirect(url_for("devices.show", code=code) + "#reports", 303)


@bp.get("/evidence/<sender_id>")
@requires(Permission.REPORT_UPLOAD)
def evidence(sender_id: str) -> ResponseReturnValue:
    """Lead from the QR code that Workbench shows on the machine's screen to the machine, or to its question."""
    report = report_queries.by_sender(get_session(), sender_id, seen_by=actor()) or abort(404)
    if report.device is not None and actor().can(Permission.DEVICE_READ):
        return redirect(url_for("devices.show", code=report.device.code), 302)
    return redirect(url_for(".show", report_id=report.id), 302)


@bp.get("/reports/<int:report_id>")
@requires(Permission.REPORT_UPLOAD)
def show(report_id: int) -> ResponseReturnValue:
    """What was read of one report, in words."""
    return _page(_found(report_id), WhichDeviceForm(formdata=None))


@bp.post("/reports/<int:report_id>/device")
@requires(Permission.REPORT_UPLOAD)
def settle(report_id: int) -> ResponseReturnValue:
    """Say which machine a report is of: the one asked about, another, or none of those known."""
    session, report = get_session(), _found(report_id)
    if report.format == "unreadable" or report.device_id is not None:
        abort(409)
    answer = request.form.get("answer")
    if answer in ("yes", "no") and report.asked_of is not None:
        device = report.asked_of if answer == "yes" else None
        reports.settle(session, report, device, by=actor(), at=now(), zone=zone())
    else:
        form = WhichDeviceForm()
        named = _named(form.code.data) if form.validate_on_submit() else None
        if named is None:
            if not form.errors:
                form.code.errors = [_("Ce code n'est pas celui d'une machine de votre atelier.")]
            return _page(report, form), 422
        reports.settle(session, report, named, by=actor(), at=now(), zone=zone())
    session.commit()
    flash(_say(report), "waits" if report.doubt else "done")
    return _back(report)


@bp.post("/reports/<int:report_id>/medium")
@requires(Permission.REPORT_UPLOAD)
def settle_medium(report_id: int) -> ResponseReturnValue:
    """Say which disk of the machine was wiped, where the log does not; or that a doubt was dealt with."""
    session, report = get_session(), _found(report_id)
    if report.device is None or report.doubt is None:
        abort(409)
    chosen = request.form.get("medium", "")
    inside = {str(medium.id): medium for medium in queries.media_of(session, report.device.id)}
    if chosen in inside:
        reports.settle_medium(session, report, inside[chosen], by=actor(), at=now(), zone=zone())
    else:
        reports.dismiss(session, report)
    session.commit()
    flash(_say(report), "waits" if report.doubt else "done")
    return _back(report)


@bp.post("/reports/<int:report_id>/again")
@requires(Permission.REPORT_READ_UNREADABLE)
def read_again(report_id: int) -> ResponseReturnValue:
    """Read what was kept once more, after an upgrade."""
    session, report = get_session(), _found(report_id)
    changed = reports.read_again(session, report, by=actor(), at=now(), zone=zone())
    session.commit()
    flash(_say(report) if changed else _("La relecture donne la même chose."), "done" if changed else "neutral")
    return redirect(url_for(".show", report_id=report.id), 303)


@bp.get("/reports/<int:report_id>/file")
@requires(Permission.REPORT_READ_UNREADABLE)
def file(report_id: int) -> ResponseReturnValue:
    """The bytes that are kept, as a file: never shown in the browser, whatever they claim to be."""
    report = _found(report_id)
    answer = Response(blobs.get(get_session(), report.kept_sha256), mimetype="application/octet-stream")
    name = report.file_name or f"releve-{report.id}.txt"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _back(report: Report) -> ResponseReturnValue:
    """Lead back to the page where the question was answered: a machine's, or the report's."""
    code = read_code(request.form.get("back", "")[:60]).code
    if code is not None:
        return redirect(url_for("devices.show", code=code) + "#reports", 303)
    return redirect(url_for(".show", report_id=report.id), 303)


def _found(report_id: int) -> Report:
    return report_queries.by_id(get_session(), report_id, seen_by=actor()) or abort(404)


def _named(text: str | None) -> Device | None:
    code = read_code(text or "").code
    return queries.by_code(get_session(), code, seen_by=actor()) if code else None


def _bring(form: UploadForm, device: Device | None) -> list[reports.Arrival] | None:
    """Take each file by itself: one that cannot be read does not stop the next. None where there are too many."""
    chosen = ((item.filename or "", item.stream.read()) for item in form.chosen())
    try:
        files = list(report_bundles.unfolded(chosen))
    except report_bundles.TooMany:
        limit = report_bundles.MAX_FILES
        form.files.errors = [_("Plus de %(limit)s fichiers à la fois : apportez-les en plusieurs fois.", limit=limit)]
        return None
    if not files:
        form.files.errors = [_("Il n'y a aucun relevé dans ce dossier.")]
        return None
    arrivals = [
        reports.arrive(get_session(), raw, by=actor(), at=now(), zone=zone(), file_name=name, device=device)
        for name, raw in files
    ]
    if len(arrivals) == 1:
        report = arrivals[0].report
        tone = "refused" if report.format == "unreadable" else "waits" if report.doubt else "done"
        said = _("Déjà reçu.") + " " + _say(report) if arrivals[0].known else _say(report)
        flash(f"{files[0][0]} : {said}", tone)
    return arrivals


def _after(arrivals: list[reports.Arrival]) -> ResponseReturnValue:
    """Lead to the one report that was brought, or to the summary of many."""
    if len(arrivals) == 1:
        report = arrivals[0].report
        seen = report.format != "unreadable" or actor().can(Permission.REPORT_READ_UNREADABLE)
        return redirect(url_for(".show", report_id=report.id) if seen else url_for(".index"), 303)
    new = report_bundles.as_ranges(arrival.report.id for arrival in arrivals if not arrival.known)
    known = report_bundles.as_ranges(arrival.report.id for arrival in arrivals if arrival.known)
    return redirect(url_for(".brought", new=new or None, known=known or None), 303)


def _say(report: Report) -> str:
    """One sentence on what became of a report."""
    if report.read_at is None:
        return str(_("Gardé ; il sera lu dans quelques minutes."))
    if report.format == "unreadable":
        codes = (report.reading or {}).get("warnings") or ["unknown-format"]
        return str(report_words.UNREADABLE.get(codes[0], report_words.UNREADABLE["unknown-format"]))
    if report.doubt:
        return str(report_words.DOUBTS[report.doubt])
    if report.device is not None:
        return str(_("Lu, et rangé avec la machine %(code)s.", code=display_code(report.device.code)))
    count = len((report.reading or {}).get("wipes") or ())
    return str(ngettext("Lu : un effacement.", "Lu : %(num)d effacements.", count))


def _index(form: UploadForm) -> str:
    waiting = request.args.get("waiting") == "1"
    page = paginate(get_session(), report_queries.listing(seen_by=actor(), waiting=waiting), page_number())
    return render_template(
        "reports/index.html",
        page=page,
        form=form,
        waiting=waiting,
        waiting_count=report_queries.waiting_count(get_session(), seen_by=actor()),
        say=_say,
        words=report_words,
    )


def _page(report: Report, form: WhichDeviceForm) -> str:
    session = get_session()
    taken = session.scalars(sa.select(MediumWipe).where(MediumWipe.report_id == report.id)).all()
    return render_template(
        "reports/show.html",
        report=report,
        reading=report.reading or {},
        form=form,
        say=_say,
        doubtful=any(wipe.doubtful for wipe in taken),
        question=report_sides.question(session, report),
        words=report_words,
        FORMS=FORMS,
        KINDS=MEDIUM_KINDS,
        OUTCOMES=OUTCOMES,
    )
