"""The box of the desk: it reads anything. Without JavaScript a scan is a page; with it, a request."""

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import IntegrityError

from refurb.core import lateness
from refurb.core.identity import CodeKind, display, kind_of, read
from refurb.core.permissions import Permission
from refurb.core.scanning import COMMANDS, Answer, Deed, may_command
from refurb.core.workflow import TransitionRefused
from refurb.db import get_session
from refurb.desk import cards, contexts, pile_queries, queries, services, settling, undoing
from refurb.desk.models import Scan
from refurb.desk.operators import OperatorUnknown
from refurb.desk.pages import (
    AFFIXES_COOKIE,
    LONGEST_AFFIX,
    YEAR,
    affixes,
    affixes_sent,
    answer,
    bp,
    keep,
    moment,
    next_of,
    number_of,
    of_dated_note,
    open_pile,
    own_note,
    part,
    pile_meant,
    pile_now,
    state,
    todays_pile,
)
from refurb.desk.readings import cut
from refurb.desk.registry import OPENERS, DeskRefused
from refurb.desk.slices import by_slices
from refurb.desk.told import over as told_over
from refurb.desk.told import told
from refurb.desk.words import COMMAND_WORDS, SOUNDS, refusal
from refurb.devices import queries as device_queries
from refurb.devices.services import DeviceRefused
from refurb.organisations import queries as organisation_queries
from refurb.security import actor, allows_wasm, requires, signed_in
from refurb.web import now, zone

Answered = TypeVar("Answered")
#: What could not be taken back is told of so many machines; the others are counted.
REFUSED_TOLD = 8


@bp.route("/scan", methods=["GET", "POST"])
@allows_wasm
@requires(Permission.SCAN)
def scan() -> ResponseReturnValue:
    session = get_session()
    if request.method == "POST":
        _once_more(_take_typed)
        return redirect(url_for(".scan"), 303)
    pile, over = todays_pile()
    shown = state(pile, actor()) | {"over": over, "told_over": told_over}
    last = shown["last"].scan if shown["last"] else None
    if last and last.device and last.reason == "moved" and last.answer is Answer.DONE and last.undone_at is None:
        # Drawn with the page, whose answer no script follows.
        device = device_queries.by_code(session, last.device.code, seen_by=actor())
        shown |= {"after": next_of(device) if device else None}
    return render_template("desk/scan.html", kept=False, **_frame(), **shown)


@bp.get("/scan/offline")
@allows_wasm
@requires(Permission.SCAN)
def offline() -> ResponseReturnValue:
    """The desk as the browser keeps it for when there is no network: empty, for whoever scans now, as it is set."""
    nothing: dict[str, Any] = {"entries": [], "last": None, "counts": dict.fromkeys(Answer, 0)}
    shown = state(todays_pile()[0], actor(), standing=False) | nothing
    return render_template("desk/scan.html", kept=True, **_frame(), **shown)


def _frame() -> dict[str, Any]:
    """Return what the page's script needs: who scans, the cards it may recognise by itself, the gun's affixes."""
    prefix, suffix = affixes()
    places = organisation_queries.places_of(get_session(), actor().organisation_id or 0)
    known = {command.code: str(COMMAND_WORDS[command.key]) for command in COMMANDS.values()}
    return {
        "client_uuid": uuid.uuid4(),
        "note": own_note(),
        "known_commands": known,
        "command_codes": {command.key: command.code for command in COMMANDS.values()},
        "known_places": {place.code: place.name for place in places},
        "prefix": prefix,
        "suffix": suffix,
        "zone": zone().key,
    }


@bp.get("/scan/token")
@requires(Permission.SCAN)
def token() -> ResponseReturnValue:
    """What a page that was away needs to go on: a form token of now."""
    by, account = actor(), signed_in().id
    told_who = {"name": by.name, "operator": by.id, "account": account, "organisation": by.organisation_id}
    fresh = jsonify(token=generate_csrf(), note=own_note(), **told_who)
    fresh.headers["Cache-Control"] = "no-store"
    return fresh


@bp.post("/scan/send")
@requires(Permission.SCAN)
def send() -> ResponseReturnValue:
    """Answer one scan of the page's script, or of its queue: what to show, and what to play."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("text"), str):
        return jsonify(code="not-a-scan"), 422
    try:
        return _once_more(lambda: _take(body))
    except OperatorUnknown as unknown:
        return jsonify(code=unknown.code), 409


def _once_more(take: Callable[[], Answered]) -> Answered:
    """Take a scan. Where the same one came twice at once, from two pages, by a gun's double Enter or after an answer
    was lost, it is taken again: now it is one that came before.
    """
    try:
        return take()
    except IntegrityError:
        get_session().rollback()
        return take()


def _take_typed() -> None:
    number = number_of(request.form.get("client_uuid"))
    answer(actor(), request.form.get("text", ""), number, None, pile_now(number=number))
    get_session().commit()


def _take(body: dict[str, Any]) -> ResponseReturnValue:
    session, note = get_session(), body.get("operator")
    by, made_at = of_dated_note(note) if isinstance(note, str) and note else (actor(), None)
    sent_at = moment(body.get("sent_at"))
    # Sent in another's name than it was made in, it is older than the page that says so.
    not_before = None if body.get("taken_over") else made_at
    client_at = lateness.when(moment(body.get("client_at")), sent_at, at=now(), not_before=not_before)
    number = number_of(body.get("client_uuid"))
    pile = pile_now(by, number=number, made_at=client_at)
    before = (pile.command, pile.place_id)
    scans = answer(by, body["text"], number, client_at, pile, added=affixes_sent(body))
    # Only what this scan changed is drawn anew: a list of commands in the reader's language costs a third of a scan.
    setting = (pile.command, pile.place_id) != before or pile.context is not None or len(scans) > 1
    stands = any(scan.answer in queries.STANDING or scan.reason == "undone" for scan in scans)
    setting = setting or scans[-1].reason in ("command-set", "place-set", "context-set", "no-place")
    ended = "ended" in scans[0].detail
    # What is set in a pile that is over is not what the page's next scans undergo.
    setting = (setting or "left" in scans[-1].detail or ended) and pile.closed_at is None
    # Counted before the commit: after it, another transaction would wait for the database's one writer.
    shown = state(pile, by, latest=scans, standing=stands)
    taken_back = [scan.detail["scan"] for scan in scans if scan.reason == "undone"]
    undone = [told(entry) for scan_id in taken_back if (entry := queries.scan_by_id(session, scan_id, by=by))]
    session.commit()
    return jsonify(
        answer=scans[-1].answer,
        sound=SOUNDS[scans[-1].answer],
        conflict=any("meanwhile" in (scan.detail or {}) for scan in scans),
        clock=lateness.is_wrong(sent_at, now()),
        ended=ended,
        # A page shows its own pile: what it sends for another person is none of its business.
        of={"pile": pile.id, "account": by.id, "organisation": by.organisation_id, "name": by.name},
        last=part("_last", shown),
        rows=[part("_row", {"entry": entry}) for entry in shown["entries"]],
        changed=[part("_row", {"entry": entry}) for entry in undone],
        setting=part("_setting", shown) if setting else None,
        standing=part("_standing", shown) if stands else None,
        counts=part("_counts", shown),
    )


@bp.post("/scan/command")
@requires(Permission.SCAN)
def command() -> ResponseReturnValue:
    """Choose by hand what a card would set."""
    chosen = COMMANDS.get(request.form.get("command", ""))
    if chosen is None or chosen.deed is Deed.UNDO:
        abort(400)
    pile = pile_now()
    if may_command(chosen, actor().permissions) and chosen.deed is not Deed.ANYWHERE:
        contexts.leave(pile)  # asked for by hand, from the picking list for one
    outcome = cards.set_command(pile, chosen, by=actor())
    get_session().commit()
    if outcome.answer is Answer.REFUSED:
        flash(refusal(outcome.reason), "refused")
    return redirect(url_for(".scan"), 303)


@bp.post("/scan/undo/<int:scan_id>")
@requires(Permission.SCAN)
def undo(scan_id: int) -> ResponseReturnValue:
    session = get_session()
    entry = queries.scan_by_id(session, scan_id, by=actor()) or abort(404)
    try:
        undoing.undo(session, entry, by=actor(), at=now())
    except (DeskRefused, TransitionRefused, DeviceRefused) as refused:
        flash(refusal(refused.code), "refused")
    else:
        session.commit()
        flash(_("C'est annulé : la machine est revenue où elle en était."), "done")
    return redirect(url_for(".pile", pile_id=entry.pile_id) if request.form.get("pile") else url_for(".scan"), 303)


@bp.post("/scan/undo-pile")
@requires(Permission.SCAN)
def undo_pile() -> ResponseReturnValue:
    session, (found, back) = get_session(), pile_meant()
    done, refused = 0, list[tuple[Scan, str]]()
    for made in by_slices(session, lambda before: undoing.undo_slice(session, found, before, by=actor(), at=now())):
        done += made.done
        refused += made.refused
    if done:
        flash(ngettext("%(num)s geste annulé.", "%(num)s gestes annulés.", done), "done")
    if (left := pile_queries.undoable(session, found.id) - len(refused)) > 0:
        said = ngettext(
            "%(num)s geste reste à annuler : demandez-le de nouveau pour continuer.",
            "%(num)s gestes restent à annuler : demandez-le de nouveau pour continuer.",
            left,
        )
        flash(said, "waits")
    if (others := len(refused) - REFUSED_TOLD) > 0:
        said = ngettext(
            "%(num)s autre machine reste comme elle est.", "%(num)s autres machines restent comme elles sont.", others
        )
        flash(said, "refused")
    for entry, code in refused[:REFUSED_TOLD]:
        name = display(entry.device.code) if entry.device else cut(entry.text)
        flash(_("%(name)s reste comme elle est. %(why)s", name=name, why=refusal(code)), "refused")
    return redirect(back, 303)


@bp.post("/scan/close")
@requires(Permission.SCAN)
def close() -> ResponseReturnValue:
    """End the pile and open the page that keeps it, and what is left to settle in it."""
    session, pile = get_session(), open_pile()
    if pile is None:
        return redirect(url_for(".scan"), 303)
    services.close(pile, at=now())
    left = queries.standing(session, pile.id, limit=1).many
    session.commit()
    if left:
        said = ngettext(
            "La pile est terminée. Il y reste %(num)s scan à régler : il vous attend ici.",
            "La pile est terminée. Il y reste %(num)s scans à régler : ils vous attendent ici.",
            left,
        )
        flash(said, "waits")
    return redirect(url_for(".pile", pile_id=pile.id), 303)


@bp.post("/scan/context/end")
@requires(Permission.SCAN)
def end_context() -> ResponseReturnValue:
    """Leave what an area wanted done with each scan."""
    pile = open_pile() or abort(404)
    contexts.leave(pile)
    get_session().commit()
    return redirect(url_for(".scan"), 303)


@bp.post("/scan/link")
@requires(Permission.DEVICE_EDIT)
def link() -> ResponseReturnValue:
    """Give a blank printed label to a machine that is known by its serial, its old number or its code."""
    session = get_session()
    label = request.form.get("label", "")
    reading = read(request.form.get("machine", ""))
    if reading.code and kind_of(reading.code) is CodeKind.DEVICE:
        one = device_queries.by_code(session, reading.code, seen_by=actor())
        found = [one] if one else []
    else:
        found = list(queries.devices_of_text(session, reading.candidates, seen_by=actor())[1])
    if len(found) != 1:
        flash(
            _("Aucune machine n'est connue sous ce numéro : vérifiez-le, ou créez-la.")
            if not found
            else _("Plusieurs machines portent ce numéro : donnez le code de la bonne."),
            "refused",
        )
        return redirect(url_for(".scan"), 303)
    code = read(label).code
    if code is None or kind_of(code) is not CodeKind.DEVICE:
        abort(400)
    try:
        services.link_label(session, code, found[0], by=actor(), at=now())
    except DeskRefused as refused:
        flash(refusal(refused.code), "refused")
    else:
        if pile := open_pile():
            settling.linked(session, pile, code, found[0], by=actor(), at=now())
        session.commit()
        flash(
            _("L'étiquette %(label)s est celle de %(code)s.", label=display(code), code=display(found[0].code)), "done"
        )
    return redirect(url_for(".scan"), 303)


@bp.post("/scan/scanner")
@requires(Permission.SCAN)
def scanner() -> ResponseReturnValue:
    """Remember what this station's gun adds before and after a code."""
    back = redirect(url_for(".gun"), 303)
    value = "\t".join(request.form.get(name, "").strip()[:LONGEST_AFFIX] for name in ("prefix", "suffix"))
    return keep(back, AFFIXES_COOKIE, value.encode().hex(), YEAR)  # type: ignore[arg-type]  # Flask's own response


@bp.get("/c/<code>")
@requires(Permission.ACCOUNT_OWN)
def open_code(code: str) -> ResponseReturnValue:
    """The short address printed on labels: go to the page of what the code names."""
    session, found = get_session(), read(code).code
    if found is None:
        abort(404)
    if kind_of(found) is CodeKind.DEVICE:
        device = queries.device_of_code(session, found)
        if device is None or not queries.may_see(session, device, actor()):
            abort(404)
        return redirect(url_for("devices.show", code=device.code), 302)
    opener = OPENERS.get(kind_of(found))
    opened = opener(session, found, actor()) if opener else None
    return redirect(opened.url, 302) if opened else abort(404)
