"""Sign-in through the provider of identities: there, back, and one button, for a GET opens no session."""

from dataclasses import asdict
from datetime import timedelta

import structlog
from flask import abort, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from refurb.accounts import oidc
from refurb.accounts.forms import AnswerForm
from refurb.accounts.oidc import Identity, OidcRefused
from refurb.accounts.pages import bp, may_try, welcome
from refurb.db import get_session
from refurb.security import actor, public, safe_next
from refurb.web import absolute_url, now

log = structlog.get_logger("refurb")

#: What the signed cookie remembers: where one was going, and whom the provider named.
NEXT, KEPT = "oidc_next", "oidc_identity"
#: How long the button waits after the provider's answer.
WAITS = timedelta(minutes=10)
WHY = "the provider of identities says who one is, before any session"

REFUSALS = {
    "provider-unreachable": _l("%(name)s ne répond pas. Réessayez, ou connectez-vous autrement."),
    "answer-refused": _l("La connexion par %(name)s n'a pas abouti. Recommencez depuis la page de connexion."),
    "email-not-verified": _l("%(name)s n'a pas vérifié votre adresse de courriel : connectez-vous autrement."),
    "unknown": _l(
        "%(name)s vous reconnaît, mais personne ne vous a invité ici sous cette adresse. Demandez une invitation à "
        "l'organisation pour qui vous agissez."
    ),
    "other-identity": _l(
        "Le compte de cette adresse est relié à une autre personne chez %(name)s. Demandez à qui administre Refurb."
    ),
}


@bp.get("/sign-in/oidc")
@public(WHY)
def oidc_start() -> ResponseReturnValue:
    """Lead to the provider."""
    of = oidc.settings() or abort(404)
    cookie[NEXT] = safe_next(request.args.get("next"))
    try:
        answer: ResponseReturnValue = oidc.client(of).authorize_redirect(absolute_url("accounts.oidc_back"))
    except OidcRefused as refusal:
        return _refused(refusal)
    return answer


@bp.get("/sign-in/oidc/back")
@public(WHY)
def oidc_back() -> ResponseReturnValue:
    """Take the provider's answer, and ask for one press of a button."""
    of = oidc.settings() or abort(404)
    try:
        who = oidc.identity(of)
    except OidcRefused as refusal:
        return _refused(refusal)
    cookie[KEPT] = {**asdict(who), "until": (now() + WAITS).timestamp()}
    return redirect(url_for(".oidc_confirm"), 303)


@bp.route("/sign-in/oidc/confirm", methods=["GET", "POST"])
@public(WHY)
def oidc_confirm() -> ResponseReturnValue:
    """Sign in whom the provider named, with one button."""
    of = oidc.settings() or abort(404)
    kept = dict(cookie.get(KEPT) or {})
    if not kept or kept.pop("until") < now().timestamp():
        cookie.pop(KEPT, None)
        return redirect(url_for(".sign_in"), 303)
    session, who, form = get_session(), Identity(**kept), AnswerForm()
    try:
        account = oidc.account_of(session, who, at=now())
        if form.validate_on_submit():
            if not may_try(session, "oidc", who.subject):
                abort(429)
            account = oidc.enter(session, who, by=actor(), at=now())
            return welcome(session, account, safe_next(cookie.get(NEXT)), at=now())
    except OidcRefused as refusal:
        cookie.pop(KEPT, None)
        return _refused(refusal)
    return render_template("accounts/oidc_confirm.html", form=form, who=who, account=account, name=of.name)


def _refused(refusal: OidcRefused) -> ResponseReturnValue:
    of = oidc.settings() or abort(404)
    log.warning("oidc.refused", code=refusal.code, detail=refusal.detail)
    sentence = str(REFUSALS[refusal.code]) % {"name": of.name}
    status = 502 if refusal.code == "provider-unreachable" else 403
    return render_template("accounts/oidc_refused.html", sentence=sentence), status
