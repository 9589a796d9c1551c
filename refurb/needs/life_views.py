"""What keeps needs alive: confirmed all at once, widened by the service, followed up, and what the mails lead to."""

import secrets
from datetime import date

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from refurb.audit.services import record
from refurb.core import needs as core
from refurb.core.need_life import Act, NeedRefused
from refurb.core.needs import FollowUp, Substitute
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.needs import bundles, digest, followup, queries, referents, substitutes, words
from refurb.needs.form_views import DUPLICATES
from refurb.needs.views import bp, canonical, own
from refurb.security import actor, public, requires
from refurb.setup import queries as setup
from refurb.setup import services as settings
from refurb.territory import queries as territory
from refurb.web import now, today


@bp.route("/confirm", methods=["GET", "POST"])
@requires(Permission.NEED_CREATE)
def confirm() -> ResponseReturnValue:
    """Every need of the service that is to be confirmed, ticked, and one button."""
    session = get_session()
    if request.method == "GET":
        return render_template(
            "needs/confirm.html",
            needs=queries.to_confirm(session, actor(), today()),
            commune_name=lambda code: territory.commune_name(session, code),
            fresh_until=core.fresh_until,
            words=words,
        )
    count = 0
    done: set[int] = set()
    for code in request.form.getlist("need"):
        need = own(session, code, lock=True)
        if need.id in done:
            continue
        try:
            changed = bundles.change_state(session, need, Act.RECONFIRM, by=actor(), at=now(), today=today())
        except NeedRefused:
            # Proposed, withdrawn or confirmed by a colleague in the meantime: nothing is lost.
            continue
        done.update(each.id for each in changed)
        count += len(changed)
    session.commit()
    if count:
        flash(
            ngettext(
                "%(num)s demande est confirmée, elle garde son rang.",
                "%(num)s demandes sont confirmées, elles gardent leur rang.",
                count,
            ),
            "done",
        )
    else:
        flash(_("Rien n'a été confirmé : cochez les demandes dont le besoin est toujours là."), "waits")
    return redirect(url_for(".mine"), 303)


@bp.post("/<code>/substitutes/ask")
@requires(Permission.NEED_ARBITRATE)
def ask_substitutes(code: str) -> ResponseReturnValue:
    """Ask the service whether it would take something else for want of better."""
    session = get_session()
    need = queries.by_code(session, canonical(code), seen_by=actor(), lock=True) or abort(404)
    wanted = [Substitute(value) for value in request.form.getlist("substitute") if value in set(Substitute)]
    try:
        substitutes.ask(session, need, wanted, by=actor(), at=now())
    except NeedRefused as refusal:
        session.rollback()
        flash(words.REFUSALS[refusal.code], "refused")
    else:
        session.commit()
        flash(_("La question est posée au service ; la demande garde son rang quoi qu'il réponde."), "done")
    return redirect(url_for(".show", code=code), 303)


@bp.post("/<code>/substitutes")
@requires(Permission.NEED_CREATE)
def answer_substitutes(code: str) -> ResponseReturnValue:
    """The service takes what is asked, or would rather wait."""
    session = get_session()
    need = own(session, code, lock=True)
    accepted = request.form.get("answer") == "yes"
    try:
        substitutes.answer(session, need, accepted, by=actor(), at=now(), today=today())
    except NeedRefused as refusal:
        session.rollback()
        flash(words.REFUSALS[refusal.code], "refused")
    else:
        session.commit()
        flash(
            _("C'est noté : la demande accepte aussi cela, et garde son rang.")
            if accepted
            else _("C'est noté : la demande attend la machine demandée."),
            "done",
        )
    return redirect(url_for(".show", code=code), 303)


@bp.route("/<code>/follow-up", methods=["GET", "POST"])
@requires(Permission.NEED_CREATE)
def follow_up(code: str) -> ResponseReturnValue:
    """Three months after: is the machine used? One button says it."""
    session = get_session()
    need = own(session, code, lock=request.method == "POST")
    if request.method == "GET":
        return render_template("needs/follow_up.html", need=need, due=followup.is_due(need, today()), words=words)
    said = request.form.get("answer")
    if said not in set(FollowUp):
        abort(400)
    try:
        followup.answer(session, need, FollowUp(said), by=actor(), at=now(), today=today())
    except NeedRefused:
        session.rollback()
        flash(_("La réponse est déjà notée, ou il est trop tôt pour la donner."), "waits")
    else:
        session.commit()
        flash(_("Merci. La réponse est notée ; elle ne dit rien de la personne."), "done")
    return redirect(url_for(".mine"), 303)


@bp.post("/digest")
@requires(Permission.NEED_CREATE)
def choose_digest() -> ResponseReturnValue:
    """Turn the weekly mail on or off."""
    session, account = get_session(), actor().id
    assert account is not None
    wanted = request.form.get("wanted") == "yes"
    digest.choose(session, account, wanted, at=now())
    session.commit()
    flash(
        _("Le message de la semaine vous sera envoyé.") if wanted else _("Le message de la semaine ne part plus."),
        "done",
    )
    return redirect(url_for(".mine"), 303)


@bp.route("/digest/<token>", methods=["GET", "POST"])
@public("a mail's link to stop it, signed and with one button: it opens nothing else")
def stop_digest(token: str) -> ResponseReturnValue:
    """Stop the weekly mail without signing in; mail filters follow links, so a button does it."""
    session = get_session()
    account = digest.account_of(token)
    if account is None:
        abort(404)
    if request.method == "POST":
        digest.choose(session, account, False, at=now())
        session.commit()
    return render_template("needs/stop_digest.html", stopped=not digest.is_on(session, account))


@bp.route("/settings", methods=["GET", "POST"])
@requires(Permission.NEED_ARBITRATE)
def need_settings() -> ResponseReturnValue:
    """Whether two needs of one person are told to the coordination: off unless it says so."""
    session = get_session()
    if request.method == "GET":
        kept = setup.setting(session, DUPLICATES)
        since = date.fromisoformat(kept["since"]) if kept else None
        return render_template("needs/settings.html", since=since)
    deed = request.form.get("do")
    if deed not in ("on", "renew", "off"):
        abort(400)
    # A new campaign is a new key: what was compared before cannot be compared with what comes.
    value = None if deed == "off" else {"campaign": secrets.token_hex(8), "since": today().isoformat()}
    settings.put(session, DUPLICATES, value, at=now())
    if deed != "on":
        queries.forget_twins(session)
    record(session, "instance", 1, "settings.changed", by=actor(), at=now(), payload={"fields": [DUPLICATES]})
    session.commit()
    flash(_("Le réglage est enregistré."), "done")
    return redirect(url_for(".need_settings"), 303)


@bp.post("/<code>/follow-it")
@requires(Permission.NEED_CREATE)
def follow_it(code: str) -> ResponseReturnValue:
    """Follow a need of one's service from now on, in place of a colleague."""
    session = get_session()
    need = own(session, code, lock=True)
    own_id = actor().id
    if own_id is None:
        abort(403)
    referents.follow(session, need, own_id, by=actor(), at=now())
    session.commit()
    flash(_("Vous suivez maintenant cette demande."), "done")
    return redirect(url_for(".show", code=need.code), 303)
