"""The household's slip: on the screen, on paper, as a picture; and the page that its code and letters open."""

import base64
import io
from datetime import date, timedelta
from typing import Any

from flask import render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.accounts import throttle
from refurb.audit.access import record_access
from refurb.core.documents import DocumentKind
from refurb.core.identity import CodeKind, read
from refurb.core.need_life import OPEN
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.documents.rendering import qr_svg
from refurb.documents.services import working_paper, working_picture
from refurb.handover import queries as handovers
from refurb.needs import estimates, papers, queries, words
from refurb.needs.models import Need
from refurb.needs.views import bp, own
from refurb.security import Actor, actor, public, requires
from refurb.web import now, today

#: How many tries at letters from one address, and at one case, in an hour.
FROM_ONE_ADDRESS, AT_ONE_CASE, WINDOW = 30, 10, timedelta(hours=1)


@bp.get("/<code>/slip")
@requires(Permission.NEED_READ_CASE)
def slip(code: str) -> ResponseReturnValue:
    """The household's slip as a page to print."""
    session = get_session()
    need = own(session, code)
    data = _slip(session, need, _language())
    drawing = base64.b64encode(qr_svg(need.code).encode()).decode()
    return render_template(
        "needs/slip.html",
        need=need,
        slip=data,
        asked_on=date.fromisoformat(data.asked_on),
        fresh_until=date.fromisoformat(data.fresh_until) if data.fresh_until else None,
        qr=f"data:image/svg+xml;base64,{drawing}",
    )


@bp.get("/<code>/slip.<any(pdf, png):form>")
@requires(Permission.NEED_READ_CASE)
def slip_file(code: str, form: str) -> ResponseReturnValue:
    """The same slip on paper, or as a picture to send to the person's phone; making one is an event."""
    session = get_session()
    need = own(session, code)
    asked = request.args.get("lang")
    language = asked if asked in ("fr", "en") else _language()
    asked_for: dict[str, Any] = {
        "issuer_id": need.organisation_id,
        "data": _slip(session, need, language),
        "language": language,
        "on": today(),
    }
    made = working_paper if form == "pdf" else working_picture
    content = made(session, DocumentKind.NEED_SLIP, **asked_for)
    record_access("need", need.id, "need.slip-printed", by=actor(), at=now())
    mimetype = "application/pdf" if form == "pdf" else "image/png"
    return send_file(
        io.BytesIO(content),
        mimetype=mimetype,
        download_name=f"{need.code}.{form}",
        max_age=0,
        as_attachment=form == "png",
    )


@bp.route("/follow", methods=["GET", "POST"])
@public("a household reads where its demand stands, by the code and the four letters of its slip")
def follow() -> ResponseReturnValue:
    """Where a demand stands and the estimate, and nothing else; few tries."""
    session = get_session()
    typed = request.form.get("code", "")
    if request.method == "GET":
        return render_template("needs/follow.html", typed=request.args.get("code", ""), error=None, said=None)
    code = read(typed).code
    known = code if code is not None and code[0] == CodeKind.NEED else None
    within = throttle.hit(
        session, f"follow:{request.remote_addr or '?'}", limit=FROM_ONE_ADDRESS, window=WINDOW, now=now()
    )
    if known is not None:
        within &= throttle.hit(session, f"follow:{known}", limit=AT_ONE_CASE, window=WINDOW, now=now())
    session.commit()
    if not within:
        error = _("Trop d'essais. Réessayez dans une heure, ou appelez votre service.")
        return render_template("needs/follow.html", typed=typed, error=error, said=None), 429
    need = queries.by_slip(session, known, request.form.get("letters", "")) if known else None
    if need is None:
        error = _("Ce numéro et ces lettres ne vont pas ensemble. Recopiez-les de votre papier.")
        return render_template("needs/follow.html", typed=typed, error=error, said=None), 422
    record_access("need", need.id, "need.read", by=actor(), at=now())
    return render_template(
        "needs/follow.html",
        typed=typed,
        error=None,
        need=need,
        said=words.STATES_SAID.get(need.state, words.STATE_OVER),
        estimate=estimates.of(session, need, today()) if need.state in OPEN else None,
    )


def _slip(session: Session, need: Need, language: str) -> Any:
    """Return the slip's data, with the appointment where there is one."""
    case = handovers.case_by_need(session, need.code, seen_by=Actor.system())
    agreed = (case.appointment, case.place) if case is not None and case.appointment is not None else None
    return papers.slip(session, need, language=language, today=today(), agreed=agreed)


def _language() -> str:
    return str(get_locale() or "fr")[:2]
