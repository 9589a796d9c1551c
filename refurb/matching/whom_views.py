"""At the desk: for whom a machine is, as a fragment that the answer to a scan fetches, or as JSON."""

from dataclasses import replace
from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.core.identity import read
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.devices import queries as devices
from refurb.devices.models import Device
from refurb.matching import proposals, services, whom, words
from refurb.matching.beside import Beside, at_hand, is_matched, stands_for
from refurb.matching.pages import bp
from refurb.matching.services import MatchRefused
from refurb.needs import queries as needs
from refurb.needs import words as need_words
from refurb.security import Actor, actor, requires, safe_next
from refurb.web import now, today


@bp.app_context_processor
def _whom_words() -> dict[str, Any]:
    """What a thing is for that needs do not ask for by itself, wherever its page says what comes next."""
    return {"purpose_of": _purpose_of, "PURPOSES": words.PURPOSES, "bases_waiting": words.bases_waiting}


def _purpose_of(device: Device) -> Beside | None:
    session = get_session()
    # The screen of a set is for whom its base unit is.
    return None if is_matched(device) or devices.set_of(session, device.id) else at_hand(session, device)


@bp.get("/devices/<code>/whom")
@requires(Permission.MATCH_RESERVE, Permission.NEED_READ_PROFILE)
def for_whom_fragment(code: str) -> ResponseReturnValue:
    """The need that the rule would serve were this machine added, and the two next: a code, a profile, a place."""
    session = get_session()
    scanned = _device(session, code)
    device = stands_for(session, scanned, seen_by=actor())
    answer = whom.for_whom(session, device, today())
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        rows = [{"need": row.code, "profile": row.profile, "place": row.place, "mode": row.mode} for row in answer.rows]
        what = answer.beside
        told = {"purpose": what.purpose, "bases": what.bases} if what else {}
        return jsonify(state=answer.state, device=device.code, rows=rows, **told)
    return render_template(
        "matching/_whom.html",
        device=device,
        with_base=device is not scanned,
        answer=answer,
        may_tap=whom.in_stock(device),
        reserves=whom.may_reserve(session, actor()),
        back=safe_next(request.args.get("next")) or "",
        words=words,
        need_words=need_words,
    )


@bp.post("/devices/<code>/whom")
@requires(Permission.MATCH_RESERVE, Permission.NEED_READ_PROFILE)
def tap(code: str) -> ResponseReturnValue:
    """Propose the machine for one of the needs that were shown, or set it aside where that mode was opened."""
    session = get_session()
    device = stands_for(session, _device(session, code), seen_by=actor())
    wanted = read(request.form.get("need", "")).code
    back = safe_next(request.form.get("next")) or url_for("matching.for_device", code=device.code)
    try:
        answer = whom.for_whom(session, device, today())
        if answer.beside is not None or wanted not in {row.code for row in answer.rows}:
            raise MatchRefused("need-taken")
        assert wanted is not None
        # Whoever stands at the bench may not open the case: it is found by what was shown.
        need = needs.by_code(session, wanted, seen_by=Actor.system()) or abort(404)
        if whom.may_reserve(session, actor()):
            services.reserve(session, need, device, by=_lent(actor()), at=now())
            said = _("La machine est mise de côté ; le service est prévenu.")
        else:
            proposals.propose_at_desk(session, need, device, by=actor(), at=now())
            said = _("La machine est proposée : la coordination décide.")
    except MatchRefused as refusal:
        session.rollback()
        flash(words.REFUSALS[refusal.code], "refused")
    else:
        session.commit()
        flash(said, "done")
    return redirect(back, 303)


def _lent(who: Actor) -> Actor:
    """Return who acts, with the right to set aside that the coordination lent to the bench for this deed."""
    return replace(who, permissions=who.permissions | {Permission.MATCH_RESERVE})


def _device(session: Session, code: str) -> Device:
    found = read(code).code
    return (devices.by_code(session, found, seen_by=actor()) if found else None) or abort(404)
