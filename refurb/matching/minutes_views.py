"""The minutes of a run: looked at as a page, issued as a numbered paper."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.matching import board, minutes, words
from refurb.matching.pages import bp
from refurb.matching.rule_views import sentences_of
from refurb.matching.services import MatchRefused
from refurb.security import actor, requires
from refurb.web import PER_PAGE


@bp.get("/runs/<int:key>/minutes", endpoint="minutes")
@requires(Permission.MATCH_RESERVE)
def show_minutes(key: int) -> ResponseReturnValue:
    """What the minutes say today, and the paper that was issued last."""
    session = get_session()
    run = board.run_by_id(session, key) or abort(404)
    language = str(get_locale() or "fr")[:2]
    return render_template(
        "matching/minutes.html",
        run=run,
        paper=minutes.paper(session, run, sentences_of(session, run), language=language, shown=PER_PAGE),
        others=board.overrides_count(session, key),
        document=minutes.latest(session, key),
        words=words,
    )


@bp.post("/runs/<int:key>/minutes")
@requires(Permission.MATCH_RESERVE)
def issue_minutes(key: int) -> ResponseReturnValue:
    """Number and freeze the minutes; those issued before are cancelled and replaced."""
    session = get_session()
    run = board.run_by_id(session, key) or abort(404)
    try:
        minutes.issue(session, run, sentences_of(session, run), language="fr", by=actor())
    except MatchRefused as refusal:
        session.rollback()
        flash(words.REFUSALS[refusal.code], "refused")
    else:
        session.commit()
        flash(_("Le procès-verbal est établi ; il est prêt dans un instant."), "done")
    return redirect(url_for(".minutes", key=key), 303)
