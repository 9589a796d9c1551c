"""The front page, what waits for each role, search, help, and the reader's choice of language and colours."""

from flask import Blueprint, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from refurb.security import public, safe_next
from refurb.web import LANGUAGE_COOKIE, LANGUAGES, THEME_COOKIE

bp = Blueprint("home", __name__)

THEMES = ("auto", "light", "dark")
YEAR = 365 * 24 * 3600


@bp.get("/")
@public("the front page says what Refurb is")
def index() -> ResponseReturnValue:
    return render_template("home/index.html")


@bp.get("/about")
@public("who answers for the instance, and where its source is")
def about() -> ResponseReturnValue:
    return render_template("home/about.html")


@bp.get("/help")
@public("help is for everybody")
def help() -> ResponseReturnValue:
    return render_template("home/help.html")


@bp.get("/search")
@public("placeholder until the search has its permission")
def search() -> ResponseReturnValue:
    return render_template("home/index.html")


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
    answer = make_response(redirect(safe_next(request.form.get("next")) or "/", 303))
    answer.set_cookie(cookie, value, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure)
    return answer
