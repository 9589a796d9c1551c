"""Piles: what stands in their way, their ledger to read, print and export, and the end of the day."""

from datetime import date, timedelta
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from refurb import sheets
from refurb.core.identity import CodeKind, kind_of, read
from refurb.core.permissions import Permission
from refurb.core.scanning import COMMANDS, Answer, may_command
from refurb.db import get_session
from refurb.desk import day, finding, pages, pile_queries, queries, settling
from refurb.desk.models import ScanPile
from refurb.desk.pages import bp, known_page, next_of, open_pile, pile_meant
from refurb.desk.queries import STANDING
from refurb.desk.registry import DeskRefused
from refurb.desk.slices import by_slices
from refurb.desk.told import told
from refurb.desk.words import ANSWERS, COMMAND_WORDS, refusal
from refurb.devices import queries as device_queries
from refurb.labels.svg import symbols_of
from refurb.organisations import queries as organisation_queries
from refurb.security import actor, requires
from refurb.web import local_datetime, now, page_number, paginate, today

#: What is left to settle of a pile, on its own page.
MOST_LEFT = 300
#: Lines of a pile on one page; and of what is sought there, so much.
LINES, MOST_SOUGHT = 100, 100
#: No scan is older than the first machines of the project.
EARLIEST_YEAR = 2000


@bp.get("/scan/piles")
@requires(Permission.SCAN)
def piles() -> ResponseReturnValue:
    """The piles of before, of whoever scans: to read again, print and export."""
    session = get_session()
    found = queries.latest_piles(session, actor())
    counts = queries.counts_of(session, found)
    left = {p.id: queries.standing(session, p.id, limit=1).many for p in found if any(map(counts[p.id].get, STANDING))}
    return render_template("desk/piles.html", piles=found, counts_of=counts, left=left)


@bp.get("/scan/piles/now")
@requires(Permission.SCAN)
def pile_now() -> ResponseReturnValue:
    """The open pile's own page, whichever it is by now: the desk was drawn before its first scan."""
    found = open_pile()
    return redirect(url_for(".pile", pile_id=found.id) if found else url_for(".piles"), 302)


@bp.get("/scan/piles/<int:pile_id>")
@requires(Permission.SCAN)
def pile(pile_id: int) -> ResponseReturnValue:
    """The ledger of a pile, to read again, narrow, print and export."""
    session = get_session()
    found = queries.pile_by_id(session, pile_id, seen_by=actor()) or abort(404)
    wanted = request.args.get("answer", "")
    text = request.args.get("q", "").strip()
    answered = Answer(wanted) if wanted in set(Answer) else None
    lines = pile_queries.lines(found.id, answer=answered, text=text[:MOST_SOUGHT])
    # To be printed it is shown whole; read, it has pages.
    page = None
    if not (request.args.get("whole") or request.args.get("format")):
        page = paginate(session, lines, page_number(), per_page=LINES)
    entries = [told(entry) for entry in (page.items if page else session.scalars(lines))]
    if request.args.get("format") in ("csv", "xlsx"):
        header = [_("Heure"), _("Réponse"), _("Code"), _("Texte lu"), _("Machine"), _("Ce qui s'est passé")]
        rows = [
            [local_datetime(e.at, "y-MM-dd HH:mm:ss"), e.word, e.code, e.text, e.title, e.sentence] for e in entries
        ]
        if request.args["format"] == "csv":
            return _download(sheets.write_csv(header, rows), "text/csv", f"pile-{found.id}.csv")
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return _download(sheets.write_xlsx([(_("Pile"), header, rows)]), kind, f"pile-{found.id}.xlsx")
    return render_template(
        "desk/pile.html",
        pile=found,
        entries=entries,
        page=page,
        answer=wanted,
        answers=[("", _("Toutes les réponses")), *((a.value, ANSWERS[a][0]) for a in Answer)],
        text=text,
        counts=queries.counts_of(session, [found])[found.id],
        to_label=pile_queries.has_to_label(session, found),
        **_left(session, found),
        known_page=known_page,
    )


def _left(session: Session, found: ScanPile) -> dict[str, Any]:
    """Return what is left to settle in a pile, for the one who scanned it: a pile that is closed is worked on too."""
    if found.account_id != actor().id:
        return {"own": False}
    left = queries.standing(session, found.id, limit=MOST_LEFT)
    return {
        "own": True,
        "undoable": pile_queries.undoable(session, found.id),
        "standing": [told(entry) for entry in left.entries],
        "standing_many": left.many,
        "standing_asked": left.asked,
    }


def _download(data: bytes, kind: str, name: str) -> Response:
    return Response(data, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@bp.get("/scan/day")
@requires(Permission.SCAN)
def end_of_day() -> ResponseReturnValue:
    """What the workshop did today, or on a day before: machines and families, never a person."""
    latest = today()
    try:
        on = min(date.fromisoformat(request.args.get("on", "") or latest.isoformat()), latest)
    except ValueError:
        abort(404)
    if on.year < EARLIEST_YEAR:
        abort(404)
    found = day.of(get_session(), on, by=actor())
    words = {"place": _("Ranger"), "arrival": _("Compter à l'arrivée"), **COMMAND_WORDS}
    steps = [(words.get(key, _("Autre geste")), count) for key, count in found.steps.items()]
    return render_template(
        "desk/day.html",
        day=found,
        steps=sorted(steps, key=lambda step: -step[1]),
        latest=latest,
        before=on - timedelta(days=1),
        after=on + timedelta(days=1) if on < latest else None,
    )


@bp.post("/scan/step/<int:scan_id>")
@requires(Permission.SCAN)
def step(scan_id: int) -> ResponseReturnValue:
    """Do what a machine that opened said comes next: one tap, where a card and a second scan would do the same."""
    session = get_session()
    entry = queries.scan_by_id(session, scan_id, by=actor()) or abort(404)
    command = COMMANDS.get(request.form.get("command", ""))
    if command is None or command.key not in dict(told(entry).steps):
        abort(400)
    found, back = pile_meant() if request.form.get("pile") else (pages.pile_now(), url_for(".scan"))
    settling.do(session, found, entry, command, by=actor(), at=now())
    session.commit()
    return redirect(back, 303)


@bp.get("/scan/after/<int:scan_id>")
@requires(Permission.SCAN)
def after(scan_id: int) -> ResponseReturnValue:
    """What comes next for a machine that a scan moved: asked after the answer, for a gun does not wait."""
    session = get_session()
    entry = queries.scan_by_id(session, scan_id, by=actor()) or abort(404)
    if entry.device is None or entry.device.holder_id != actor().organisation_id:
        abort(404)
    return render_template("desk/_after.html", **next_of(entry.device))


@bp.post("/scan/confirm")
@requires(Permission.SCAN)
def confirm() -> ResponseReturnValue:
    """Carry out what waited for one confirmation."""
    session, (found, back) = get_session(), pile_meant()
    done = refused = 0
    for made in by_slices(session, lambda after: settling.confirm_slice(session, found, after, by=actor(), at=now())):
        done, refused = done + made.done, refused + len(made.refused)
    if done:
        flash(ngettext("%(num)s machine confirmée.", "%(num)s machines confirmées.", done), "done")
    if refused:
        flash(ngettext("%(num)s machine refusée.", "%(num)s machines refusées.", refused), "refused")
    if left := queries.standing(session, found.id, limit=1).asked:
        said = ngettext(
            "%(num)s machine attend encore : confirmez de nouveau pour continuer.",
            "%(num)s machines attendent encore : confirmez de nouveau pour continuer.",
            left,
        )
        flash(said, "waits")
    return redirect(back, 303)


@bp.post("/scan/set-aside")
@requires(Permission.SCAN)
def set_aside() -> ResponseReturnValue:
    """Take one, or all, of what stands in the way out of it."""
    session, (found, back) = get_session(), pile_meant()
    if wanted := request.form.get("scan", ""):
        one = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 16 else 0
        settling.set_aside_one(session, found, one, at=now())
    else:
        settling.set_aside(queries.standing(session, found.id).entries, at=now())
    session.commit()
    return redirect(back, 303)


@bp.get("/scan/unknown/<int:scan_id>")
@requires(Permission.SCAN)
def unknown(scan_id: int) -> ResponseReturnValue:
    """What to do with an unknown scan: find the machine by serial, maker or lot, or create it."""
    session = get_session()
    entry = queries.scan_by_id(session, scan_id, by=actor()) or abort(404)
    said = told(entry)
    text = request.args.get("q", said.sought)
    return render_template(
        "desk/unknown.html",
        entry=said,
        settled=not settling.is_nameless(entry),
        text=text,
        found=finding.find(session, text, by=actor()),
    )


@bp.post("/scan/unknown/<int:scan_id>")
@requires(Permission.DEVICE_EDIT)
def say_unknown(scan_id: int) -> ResponseReturnValue:
    """Say which machine an unknown scan was."""
    session = get_session()
    entry = queries.scan_by_id(session, scan_id, by=actor()) or abort(404)
    code = read(request.form.get("device", "")).code
    by, is_device = actor(), code is not None and kind_of(code) is CodeKind.DEVICE
    device = device_queries.by_code(session, code, seen_by=by) if code and is_device else None
    if device is None or device.holder_id != by.organisation_id:
        abort(400)
    found = queries.pile_by_id(session, entry.pile_id, seen_by=actor()) or abort(404)
    before = entry.reason
    try:
        settling.say(session, found, entry, device, by=actor(), at=now())
    except DeskRefused as refused:
        flash(refusal(refused.code), "refused")
    else:
        said = told(entry)
        opened = entry.reason == before
        session.commit()
        flash(_("C'est noté : la machine est trouvée.") if opened else f"{said.word} : {said.sentence}", said.tone)
    return redirect(url_for(".pile", pile_id=found.id) if found.closed_at else url_for(".scan"), 303)


@bp.get("/scan/cards")
@requires(Permission.SCAN)
def cards() -> ResponseReturnValue:
    """Cards to print and hang up: what each sets, and the places of the workshop."""
    places = organisation_queries.places_of(get_session(), actor().organisation_id or 0)
    commands = [c for c in COMMANDS.values() if may_command(c, actor().permissions)]
    return render_template(
        "desk/cards.html",
        commands=[{"code": c.code, "word": COMMAND_WORDS[c.key], "symbols": symbols_of(c.code)} for c in commands],
        places=[{"code": p.code, "word": p.name, "symbols": symbols_of(p.code)} for p in places],
    )
