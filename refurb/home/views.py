"""The front page, what waits for each role, search, help, and the reader's choice of language and colours."""

from datetime import datetime, time, timedelta
from typing import Any

from flask import (
    Blueprint,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.home import queries, waiting, words
from refurb.home.search import find
from refurb.paths import asset_dir
from refurb.security import Actor, actor, public, requires, safe_next
from refurb.web import LANGUAGE_COOKIE, LANGUAGES, THEME_COOKIE, now, today, zone

bp = Blueprint("home", __name__)

THEMES = ("auto", "light", "dark")
YEAR = 365 * 24 * 3600
#: The one deed each role comes for most, first found first: permission, endpoint, icon.
DEEDS = (
    (Permission.NEED_CREATE, "needs.new", "plus-lg"),
    (Permission.SCAN, "desk.scan", "upc-scan"),
    (Permission.LOT_FOLLOW, "donations.start", "gift"),
)


@bp.get("/")
@public("the front page says what Refurb is; who is signed in sees what waits for them")
def index() -> ResponseReturnValue:
    who = actor()
    if not who.is_signed_in:
        return render_template("home/front.html", coordination=queries.coordination(get_session()))
    session = get_session()
    midnight = datetime.combine(today(), time(), zone())
    statuses = waiting.by_status(session, who)
    lines = waiting.list_for(session, who, statuses, at=now(), day_start=midnight)
    stations = waiting.line_of(statuses) if who.can(Permission.DEVICE_READ) else []
    return render_template(
        "home/today.html",
        lines=[_line(line) for line in lines if line.endpoint in current_app.view_functions],
        stations=[(words.STATIONS[s.key], s.count, [status.value for status in s.statuses]) for s in stations],
        deed=next((deed for deed in DEEDS if who.can(deed[0]) and deed[1] in current_app.view_functions), None),
    )


def _line(line: waiting.Waiting) -> dict[str, Any]:
    """Return a line of what waits, as macros/ui.html `todo` draws it."""
    detail = words.DETAILS.get(line.key)
    if line.oldest is not None and (days := (now() - line.oldest) // timedelta(days=1)) > 1:
        if line.count == 1:
            age = ngettext("Depuis %(num)s jour.", "Depuis %(num)s jours.", days)
        else:
            age = ngettext("La plus longue attente : %(num)s jour.", "La plus longue attente : %(num)s jours.", days)
        detail = f"{detail} {age}" if detail else age
    return {
        "label": words.WAITING[line.key](line.count),
        "count": line.count,
        "detail": detail,
        "url": url_for(line.endpoint, **line.arguments),
        "tone": line.tone,
    }


@bp.get("/search")
@requires(Permission.SEARCH)
def search() -> ResponseReturnValue:
    text = request.args.get("q", "").strip()[:200]
    found = find(get_session(), text, seen_by=actor())
    if found.exact is not None:
        return redirect(found.exact.url, 302)
    return render_template("home/search.html", text=text, found=found, search_text=text)


@bp.get("/favicon.ico")
@public("the browser asks for it by itself, beside a paper or a file for one")
def favicon() -> ResponseReturnValue:
    """The icon where browsers look for it when no page names one."""
    return send_from_directory(asset_dir("static") / "icons", "favicon.ico", max_age=24 * 3600)


@bp.get("/about")
@public("who answers for the instance, and where its source is")
def about() -> ResponseReturnValue:
    return render_template("home/about.html", coordination=queries.coordination(get_session()))


@bp.get("/help")
@public("help is for everybody")
def help_index() -> ResponseReturnValue:
    return render_template("home/help.html", chapters=words.HELP, mine=_chapters(actor()))


@bp.get("/help/<chapter>")
@public("help is for everybody")
def help_chapter(chapter: str) -> ResponseReturnValue:
    if chapter not in words.HELP:
        abort(404)
    return render_template(f"home/help/{chapter}.html", chapter=words.HELP[chapter])


def _chapters(who: Actor) -> list[str]:
    """Return the chapters written for the reader's roles, first the one they use most."""
    return [key for key, chapter in words.HELP.items() if who.roles & chapter.roles]


@bp.post("/language")
@public("a reader chooses a language before signing in")
def language() -> ResponseReturnValue:
    return _remember(LANGUAGE_COOKIE, request.form.get("language", ""), LANGUAGES)


@bp.post("/theme")
@public("a reader chooses the colours before signing in")
def theme() -> ResponseReturnValue:
    return _remember(THEME_COOKIE, request.form.get("theme", ""), THEMES)


def _remember(cookie: str, value: str, allowed: tuple[str, ...]) -> ResponseReturnValue:
    """Keep a reader's choice for a year and go back to the page it was made on."""
    if value not in allowed:
        abort(400)
    answer = make_response(redirect(safe_next(request.form.get("next")) or url_for(".index"), 303))
    answer.set_cookie(cookie, value, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure)
    return answer
