"""Rounds: what leaves a workshop for each hand-over point, as a slip, and what the point says it received."""

import io

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, ngettext

from refurb.core.documents import DocumentKind
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.documents.services import working_paper
from refurb.matching import papers, rounds
from refurb.matching.pages import bp
from refurb.needs import words as need_words
from refurb.security import actor, requires
from refurb.web import now, page_number, paginate, today


@bp.get("/rounds", endpoint="rounds")
@requires(Permission.PICKING_READ, Permission.HANDOVER_PERFORM)
def show_rounds() -> ResponseReturnValue:
    """What is ready to leave, by hand-over point; what a hand-over point still expects."""
    session = get_session()
    # Two lists, each with its own pages: what a point ticks, and what leaves.
    awaited = paginate(session, rounds.expected(seen_by=actor()), page_number("expected"))
    page = paginate(session, rounds.leaving(seen_by=actor()), page_number())
    return render_template(
        "matching/rounds.html",
        page=page,
        leaving=rounds.by_place(page.items),
        awaited=awaited,
        expected=rounds.by_place(awaited.items),
        accessories=papers.accessories,
        place_line=lambda place: papers.place_line(session, place),
        need_words=need_words,
    )


@bp.get("/rounds/<int:place>.pdf")
@requires(Permission.PICKING_READ)
def round_pdf(place: int) -> ResponseReturnValue:
    """The slip of one hand-over point, to be countersigned on arrival."""
    session, who = get_session(), actor()
    rows = session.scalars(rounds.leaving(seen_by=who, place_id=place)).all()
    if not rows or who.organisation_id is None:
        abort(404)
    pdf = working_paper(
        session,
        DocumentKind.ROUND_SLIP,
        issuer_id=who.organisation_id,
        data=papers.round_slip(session, rows, workshop=who.organisation_name),
        language=str(get_locale() or "fr")[:2],
        on=today(),
    )
    return send_file(io.BytesIO(pdf), mimetype="application/pdf", download_name="tournee.pdf", max_age=0)


@bp.post("/rounds/<int:place>/arrived")
@requires(Permission.HANDOVER_PERFORM)
def arrived(place: int) -> ResponseReturnValue:
    """The hand-over point says which machines came."""
    session = get_session()
    rows = session.scalars(rounds.expected(seen_by=actor(), place_id=place)).all()
    if not rows:
        abort(404)
    ticked = set(request.form.getlist("came"))
    count = rounds.receive(session, [row for row in rows if str(row.id) in ticked], by=actor(), at=now())
    session.commit()
    flash(ngettext("%(num)s machine est arrivée.", "%(num)s machines sont arrivées.", count), "done")
    return redirect(url_for(".rounds"), 303)
