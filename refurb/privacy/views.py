"""The pages of privacy: a person's request, private labels, durations and purge, the register, the notice."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.audit.access import record_access, record_accesses
from refurb.core import needs as core
from refurb.core import retention
from refurb.core.equipment import Recipient
from refurb.core.identity import CodeKind, read
from refurb.core.need_life import AMENDABLE, NeedRefused
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.needs import queries as needs
from refurb.needs import words as need_words
from refurb.needs.models import Need
from refurb.organisations import queries as organisations
from refurb.privacy import dossier, labels, purge, services, words
from refurb.privacy.anonymise import StillNeeded
from refurb.privacy.forms import AskForm, CorrectForm, LabelForm
from refurb.security import actor, public, requires
from refurb.setup import queries as setup
from refurb.web import now, today

bp = Blueprint("privacy", __name__, url_prefix="/privacy")


# -- what a person asks -----------------------------------------------------------------------------------------------
@bp.get("/requests")
@requires(Permission.NEED_READ_CASE)
def requests() -> ResponseReturnValue:
    """Ask for a case by its number, then see, correct, erase."""
    text = request.args.get("code", "").strip()[:60]
    form = AskForm(formdata=None, data={"code": text})
    if not text:
        return render_template("privacy/requests.html", form=form)
    found = read(text).code
    need = needs.by_code(get_session(), found, seen_by=actor()) if found and found[0] == CodeKind.NEED else None
    if need is None or not needs.is_own(need, actor()) or need.recipient is not Recipient.HOUSEHOLD:
        form.code.errors = [_("Votre service n'a pas de dossier de foyer sous ce numéro.")]
        return render_template("privacy/requests.html", form=form), 404
    return redirect(url_for(".case", code=need.code), 303)


@bp.get("/requests/<code>")
@requires(Permission.NEED_READ_CASE)
def case(code: str) -> ResponseReturnValue:
    """Everything that is kept about one case, to print or to put right."""
    session = get_session()
    need = _own(session, code)
    form = CorrectForm(formdata=None)
    form.take(core.load(need.answers))
    record_access("need", need.id, "need.read", by=actor(), at=now())
    return _case_page(session, need, form)


@bp.post("/requests/<code>/correct")
@requires(Permission.NEED_READ_CASE)
def correct(code: str) -> ResponseReturnValue:
    """Put right what the person says is wrong."""
    session = get_session()
    need = _own(session, code, lock=True)
    form = CorrectForm()
    if not form.validate():
        return _case_page(session, need, form), 422
    try:
        changed = services.rectify(session, need, form.values(), by=actor(), at=now(), today=today())
    except NeedRefused:
        session.rollback()
        form.pupils.errors = [_("Il ne peut y avoir plus d'élèves que de personnes.")]
        return _case_page(session, _own(session, code), form), 422
    session.commit()
    flash(_("C'est corrigé.") if changed else _("Rien n'a changé."), "done" if changed else "neutral")
    return redirect(url_for(".case", code=need.code), 303)


@bp.post("/requests/<code>/erase")
@requires(Permission.NEED_READ_CASE)
def erase(code: str) -> ResponseReturnValue:
    """Erase the case and show the answer to give to the person: there is no case left to lead back to."""
    session = get_session()
    need = _own(session, code, lock=True)
    if request.form.get("sure") != "y":
        flash(_("Cochez la case : l'effacement ne se défait pas."), "refused")
        return redirect(url_for(".case", code=need.code), 303)
    was = need.code
    try:
        done = services.erase(session, need, by=actor(), at=now(), today=today())
    except StillNeeded as why:
        session.rollback()
        flash(_("Pas encore : %(why)s.", why=words.STAYS[why.code]), "refused")
        return redirect(url_for(".case", code=was), 303)
    session.commit()
    return render_template("privacy/erased.html", code=was, done=sorted(done.items()), words=words, at=now())


def _case_page(session: Session, need: Need, form: CorrectForm) -> str:
    return render_template(
        "privacy/case.html",
        need=need,
        form=form,
        sections=dossier.of_case(session, need, seen_by=actor()),
        until=dossier.kept_until(need),
        amendable=need.state in AMENDABLE,
        coordination=_coordination(session),
        need_words=need_words,
    )


# -- private labels ---------------------------------------------------------------------------------------------------
@bp.get("/labels")
@requires(Permission.NEED_READ_CASE)
def label_sheet() -> ResponseReturnValue:
    """The sheet for a sealed envelope: case numbers and labels of one's service, for the day the screen is dark."""
    session = get_session()
    rows = labels.of_service(session, seen_by=actor())
    record_accesses("need", [need.id for need, _label in rows], "need.read", by=actor(), at=now())
    return render_template("privacy/labels.html", rows=rows, on=today())


@bp.post("/labels/<code>")
@requires(Permission.NEED_READ_CASE)
def label(code: str) -> ResponseReturnValue:
    """Write, change or take away the private label of one's own case."""
    session = get_session()
    need = _own(session, code, lock=True)
    form = LabelForm()
    if not form.validate():
        flash(_("L'étiquette est trop longue : %(most)s signes au plus.", most=labels.LONGEST), "refused")
    elif labels.write(session, need, form.label.data or "", by=actor(), at=now()):
        session.commit()
        flash(_("L'étiquette est gardée, pour votre service seul."), "done")
    return redirect(url_for("needs.show", code=need.code), 303)


# -- durations, register, notice --------------------------------------------------------------------------------------
@bp.get("/retention")
@requires(Permission.ORGANISATION_MANAGE)
def durations() -> ResponseReturnValue:
    """How long each thing is kept, what is past its time now, and what the last purges did."""
    session = get_session()
    due = {done.kept: done for done in purge.purge(session, by=actor(), at=now(), dry=True)}
    return render_template(
        "privacy/retention.html", rules=retention.RULES, due=due, runs=purge.last_runs(session), words=words
    )


@bp.post("/retention")
@requires(Permission.ORGANISATION_MANAGE)
def run_purge() -> ResponseReturnValue:
    """Purge now, rather than tonight."""
    session = get_session()
    results = purge.purge(session, by=actor(), at=now())
    session.commit()
    total = sum(sum(done.tables.values()) for done in results)
    flash(_("C'est fait : %(count)s lignes.", count=total), "done")
    return redirect(url_for(".durations"), 303)


@bp.get("/register")
@requires(Permission.ORGANISATION_MANAGE)
def register() -> ResponseReturnValue:
    """The register of processing (RGPD art. 30), from the application's own settings, to print."""
    return render_template("privacy/register.html", **_told())


@bp.get("/notice")
@public("what persons are told of their data is for everybody (RGPD art. 13 and 14)")
def notice() -> ResponseReturnValue:
    """The information notice, in plain words, to print and hang up."""
    return render_template("privacy/notice.html", **_told())


def _told() -> dict[str, Any]:
    session = get_session()
    settings = setup.settings(session)
    return {
        "coordination": _coordination(session),
        "rules": retention.RULES,
        "words": words,
        "months": retention.OF[retention.Kept.CASE].months,
        "log_months": retention.OF[retention.Kept.ACCESS].months,
        "mail": setup.mail(session).host,
        "territory": settings.get(setup.TERRITORY),
        "on": today(),
    }


def _coordination(session: Session) -> Any:
    key = setup.setting(session, setup.COORDINATION)
    return organisations.by_id(session, key) if key else None


def _own(session: Session, code: str, *, lock: bool = False) -> Need:
    """Return a case of a household of one's own service, or answer 404."""
    found = read(code).code
    if found is None or found[0] != CodeKind.NEED:
        abort(404)
    need = needs.by_code(session, found, seen_by=actor(), lock=lock)
    if need is None or not needs.is_own(need, actor()) or need.recipient is not Recipient.HOUSEHOLD:
        abort(404)
    return need
