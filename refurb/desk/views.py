"""The scan desk: one box that reads anything. Without JavaScript a scan is a page; with it, a request."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from refurb.core.identity import CodeKind, display, kind_of, read
from refurb.core.permissions import Permission
from refurb.core.scanning import COMMANDS, Answer, Deed
from refurb.core.workflow import TransitionRefused, may
from refurb.db import get_session
from refurb.desk import queries, services
from refurb.desk.models import Scan, ScanPile
from refurb.desk.registry import OPENERS, DeskRefused
from refurb.desk.words import COMMAND_WORDS, SOUNDS, refusal, told
from refurb.devices import queries as device_queries
from refurb.devices.services import DeviceRefused
from refurb.labels.svg import symbols_of
from refurb.organisations import queries as organisation_queries
from refurb.security import actor, requires
from refurb.web import now

bp = Blueprint("desk", __name__)

#: What this station's gun adds around a code, kept by the browser: it belongs to the gun, not to the person.
AFFIXES_COOKIE = "refurb_scanner"
LONGEST_AFFIX = 12
YEAR = 365 * 24 * 3600


@bp.route("/scan", methods=["GET", "POST"])
@requires(Permission.SCAN)
def scan() -> ResponseReturnValue:
    session = get_session()
    if request.method == "POST":
        pile = services.pile_of(session, by=actor(), at=now())
        _scan(pile, request.form.get("text", ""), request.form.get("client_uuid"), None)
        session.commit()
        return redirect(url_for(".scan"), 303)
    found = queries.open_pile(session, actor())
    return render_template("desk/scan.html", client_uuid=uuid.uuid4(), **_state(found), **_affixes_told())


@bp.post("/scan/send")
@requires(Permission.SCAN)
def send() -> ResponseReturnValue:
    """Answer one scan of the page's script, or of its queue: what to show, and what to play."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("text"), str):
        return jsonify(code="not-a-scan"), 422
    session = get_session()
    pile = services.pile_of(session, by=actor(), at=now())
    scans = _scan(pile, body["text"], body.get("client_uuid"), _moment(body.get("client_at")))
    # Counted before the commit: after it, another transaction would wait for the database's one writer.
    state = _state(pile, latest=scans)
    session.commit()
    return jsonify(
        answer=scans[-1].answer,
        sound=SOUNDS[scans[-1].answer],
        last=_part("_last", state),
        rows=[_part("_row", {"entry": entry}) for entry in state["entries"]],
        setting=_part("_setting", state),
        counts=_part("_counts", state),
    )


@bp.post("/scan/command")
@requires(Permission.SCAN)
def command() -> ResponseReturnValue:
    """Choose by hand what a card would set."""
    chosen = COMMANDS.get(request.form.get("command", ""))
    if chosen is None or chosen.deed is Deed.UNDO:
        abort(400)
    session = get_session()
    pile = services.pile_of(session, by=actor(), at=now())
    outcome = services.set_command(pile, chosen, by=actor())
    session.commit()
    if outcome.answer is Answer.REFUSED:
        flash(refusal(outcome.reason), "refused")
    return redirect(url_for(".scan"), 303)


@bp.post("/scan/undo/<int:scan_id>")
@requires(Permission.SCAN)
def undo(scan_id: int) -> ResponseReturnValue:
    session = get_session()
    entry = queries.scan_by_id(session, scan_id, by=actor()) or abort(404)
    try:
        services.undo(session, entry, by=actor(), at=now())
    except (DeskRefused, TransitionRefused, DeviceRefused) as refused:
        flash(refusal(refused.code), "refused")
    else:
        session.commit()
        flash(_("C'est annulé : la machine est revenue où elle en était."), "done")
    return redirect(url_for(".scan"), 303)


@bp.post("/scan/undo-pile")
@requires(Permission.SCAN)
def undo_pile() -> ResponseReturnValue:
    session = get_session()
    pile = services.pile_of(session, by=actor(), at=now())
    done, refused = services.undo_all(session, pile, by=actor(), at=now())
    session.commit()
    if done:
        flash(ngettext("%(num)s geste annulé.", "%(num)s gestes annulés.", done), "done")
    for entry, code in refused:
        name = display(entry.device.code) if entry.device else entry.text
        flash(_("%(name)s reste comme elle est. %(why)s", name=name, why=refusal(code)), "refused")
    return redirect(url_for(".scan"), 303)


@bp.post("/scan/close")
@requires(Permission.SCAN)
def close() -> ResponseReturnValue:
    """End the pile and open the page that keeps it."""
    session = get_session()
    pile = services.pile_of(session, by=actor(), at=now())
    services.close(pile, at=now())
    session.commit()
    return redirect(url_for(".pile", pile_id=pile.id), 303)


@bp.post("/scan/context/end")
@requires(Permission.SCAN)
def end_context() -> ResponseReturnValue:
    """Leave what an area wanted done with each scan."""
    session = get_session()
    pile = queries.open_pile(session, actor()) or abort(404)
    pile.context = None
    session.commit()
    return redirect(url_for(".scan"), 303)


@bp.get("/scan/piles/<int:pile_id>")
@requires(Permission.SCAN)
def pile(pile_id: int) -> ResponseReturnValue:
    """The ledger of a pile, to read again and to print."""
    session = get_session()
    found = queries.pile_by_id(session, pile_id, seen_by=actor()) or abort(404)
    scans = queries.ledger(session, found.id, limit=None)
    return render_template(
        "desk/pile.html",
        pile=found,
        entries=[told(entry) for entry in reversed(scans)],
        counts=queries.counts(session, found.id),
        to_label=queries.to_label(session, found.id),
        known_page=_known_page,
    )


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
        session.commit()
        flash(
            _("L'étiquette %(label)s est celle de %(code)s.", label=display(code), code=display(found[0].code)), "done"
        )
    return redirect(url_for(".scan"), 303)


@bp.get("/scan/cards")
@requires(Permission.SCAN)
def cards() -> ResponseReturnValue:
    """Cards to print and hang up: what each sets, and the places of the workshop."""
    places = organisation_queries.places_of(get_session(), actor().organisation_id or 0)
    commands = [c for c in COMMANDS.values() if c.action is None or may(c.action, actor().permissions)]
    return render_template(
        "desk/cards.html",
        commands=[{"code": c.code, "word": COMMAND_WORDS[c.key], "symbols": symbols_of(c.code)} for c in commands],
        places=[{"code": p.code, "word": p.name, "symbols": symbols_of(p.code)} for p in places],
    )


@bp.post("/scan/scanner")
@requires(Permission.SCAN)
def scanner() -> ResponseReturnValue:
    """Remember what this station's gun adds before and after a code."""
    answer = redirect(url_for(".scan"), 303)
    value = "\t".join(request.form.get(name, "").strip()[:LONGEST_AFFIX] for name in ("prefix", "suffix"))
    answer.set_cookie(
        AFFIXES_COOKIE, value.encode().hex(), max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure
    )
    return answer


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


def _scan(pile: ScanPile, text: str, client_uuid: Any, client_at: datetime | None) -> Sequence[Scan]:
    prefix, suffix = _affixes()
    return services.scan(
        get_session(),
        pile,
        text,
        by=actor(),
        at=now(),
        client_uuid=_uuid(client_uuid),
        client_at=client_at,
        prefix=prefix,
        suffix=suffix,
    )


def _state(pile: ScanPile | None, *, latest: Sequence[Scan] = ()) -> dict[str, Any]:
    """Return what the desk shows: what is set, the last answer, the ledger, the counts."""
    session = get_session()
    scans = latest or (queries.ledger(session, pile.id) if pile else ())
    entries = [told(scan) for scan in scans]
    context, reference = services.context_of(pile) if pile else (None, "")
    return {
        "pile": pile,
        "entries": entries,
        "last": entries[-1 if latest else 0] if entries else None,
        "counts": queries.counts(session, pile.id) if pile else dict.fromkeys(Answer, 0),
        "context": context.title(session, reference, actor()) if context else None,
        "command": COMMANDS.get(pile.command or "") if pile else None,
        "commands": [c for c in COMMANDS.values() if c.action is not None and may(c.action, actor().permissions)],
        "words": COMMAND_WORDS,
    }


def _part(name: str, values: dict[str, Any]) -> str:
    """Render a part of the page without what only its frame asks for, navigation above all: a scan has 15 ms."""
    can = {"can": lambda permission: actor().can(Permission(permission))}
    return current_app.jinja_env.get_template(f"desk/{name}.html").render(can | values)


def _known_page(endpoint: str) -> bool:
    return endpoint in current_app.view_functions


def _affixes() -> tuple[str, str]:
    try:
        prefix, _tab, suffix = bytes.fromhex(request.cookies.get(AFFIXES_COOKIE, "")).decode().partition("\t")
    except ValueError:
        return "", ""
    return prefix[:LONGEST_AFFIX], suffix[:LONGEST_AFFIX]


def _affixes_told() -> dict[str, str]:
    prefix, suffix = _affixes()
    return {"prefix": prefix, "suffix": suffix}


def _uuid(value: Any) -> str:
    """Return the browser's identifier of the scan, or a new one for what is none."""
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        return str(uuid.uuid4())


def _moment(value: Any) -> datetime | None:
    """Return the browser's clock as an aware moment; a naive or odd one is not kept."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else None
