"""The public form, in five steps that may be left and taken up again by a link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import SelectChoice

from refurb.core.identity import display
from refurb.core.serials import normalise_siret
from refurb.core.territory import Found
from refurb.db import get_session
from refurb.donations import drafts, gathered, pages, services
from refurb.donations.forms import GIVERS, CareForm, CheckForm, WhatForm, WhereForm, WhoForm
from refurb.donations.models import DonationDraft
from refurb.donations.pages import bp
from refurb.organisations import queries as organisations
from refurb.organisations.models import LegalType
from refurb.security import actor, public
from refurb.territory import queries as territory
from refurb.web import absolute_url, local_date, now

STEPS = ("who", "what", "care", "where", "check")
WHY = "anybody may offer machines, without an account"
PER_PAGE = 100


def step_names() -> list[str]:
    """Return the steps as the reader sees them."""
    return [_("Qui donne"), _("Quoi"), _("Disques et verrous"), _("Où et quand"), _("Vérifier")]


@bp.get("/give")
@public(WHY)
def start() -> ResponseReturnValue:
    """Say what is taken, what it asks of the giver, and what becomes of the machines."""
    return render_template("donations/start.html")


@bp.route("/give/who", methods=["GET", "POST"])
@public(WHY)
def begin() -> ResponseReturnValue:
    """The first step; once it is right, the draft has a link."""
    form = WhoForm(data=_prefilled())
    session = get_session()
    if form.validate_on_submit():
        if not pages.allowed(session, "give", limit=30, window=pages.HOUR):
            form.form_errors.append(_("Beaucoup de dons viennent d'être commencés de chez vous. Attendez une heure."))
            return _who_page(form, None), 429
        at = now()
        draft, token = drafts.begin(session, at=at)
        drafts.keep(draft, "who", _who_data(form), at=at)
        session.commit()
        _mail_draft(session, draft, token, str(form.first_email.data))
        return redirect(url_for(".what", token=token), 303)
    return _who_page(form, None), 422 if form.errors else 200


@bp.route("/give/<token>/who", methods=["GET", "POST"])
@public(WHY)
def who(token: str) -> ResponseReturnValue:
    """Change the first step."""
    session = get_session()
    draft = draft_of(session, token)
    form = WhoForm(data=draft.data.get("who"))
    if form.validate_on_submit():
        drafts.keep(draft, "who", _who_data(form), at=now())
        session.commit()
        return redirect(next_url(draft, token, "who"), 303)
    return _who_page(form, token, draft), 422 if form.errors else 200


@bp.route("/give/<token>/what", methods=["GET", "POST"])
@public(WHY)
def what(token: str) -> ResponseReturnValue:
    """The machines, typed; a file has a page of its own, so that a bad one loses nothing typed here."""
    session = get_session()
    draft = draft_of(session, token)
    if request.method == "GET":
        form = WhatForm(data={"lines": draft.data.get("what", {}).get("lines", [])})
        _add_rows(form, 1 if form.typed() else 0)
        return _what_page(form, draft, token)
    form = WhatForm()
    todo = request.form.get("do", "next")
    right = form.validate()
    if right:
        drafts.keep(draft, "what", {"lines": form.typed()}, at=now())
        session.commit()
    if todo == "more":
        _add_rows(form, 5)
        return _what_page(form, draft, token), 422 if form.errors else 200
    if right and todo == "file":
        return redirect(url_for(".file", token=token), 303)
    if right and not form.typed() and not draft.file_sha256:
        form.form_errors.append(_("Indiquez au moins une machine, ou envoyez votre fichier."))
        right = False
    if right:
        return redirect(next_url(draft, token, "what"), 303)
    return _what_page(form, draft, token), 422


@bp.route("/give/<token>/care", methods=["GET", "POST"])
@public(WHY)
def care(token: str) -> ResponseReturnValue:
    """Disks, chargers, locks."""
    session = get_session()
    draft = draft_of(session, token)
    form = CareForm(data=draft.data.get("care"))
    if form.validate_on_submit():
        drafts.keep(draft, "care", _plain(form), at=now())
        session.commit()
        return redirect(next_url(draft, token, "care"), 303)
    return _page("care", draft, token, form=form), 422 if form.errors else 200


@bp.route("/give/<token>/where", methods=["GET", "POST"])
@public(WHY)
def where(token: str) -> ResponseReturnValue:
    """Where and when to come."""
    session = get_session()
    draft = draft_of(session, token)
    kept = dict(draft.data.get("where", {}))
    for name in ("from_on", "until_on"):
        kept[name] = date.fromisoformat(kept[name]) if kept.get(name) else None
    form = WhereForm(data=kept)
    candidates: Sequence[Found] = ()
    if request.method == "POST":
        code, candidates = _commune(session, form)
        if form.validate() and (code is not None or not candidates):
            drafts.keep(draft, "where", {**_plain(form), "commune_code": code}, at=now())
            session.commit()
            return redirect(next_url(draft, token, "where"), 303)
        if candidates and code is None:
            form.commune_pick.choices = [SelectChoice(c.commune.code, _commune_word(c)) for c in candidates]
            form.commune_pick.errors = [_("Plusieurs communes répondent : dites laquelle.")]
    return _page("where", draft, token, form=form, candidates=candidates), 422 if form.errors else 200


@bp.route("/give/<token>/check", methods=["GET", "POST"])
@public(WHY)
def check(token: str) -> ResponseReturnValue:
    """Look once more, accept the conditions, send."""
    session = get_session()
    draft = draft_of(session, token)
    missing = gathered.first_missing(draft)
    if missing != "check":
        return redirect(url_for(f".{missing}", token=token), 303)
    form = CheckForm(data=draft.data.get("check"))
    lines = gathered.declared(session, draft)
    if form.validate_on_submit():
        if not pages.allowed(session, "give-send", limit=20, window=pages.HOUR):
            form.form_errors.append(_("Beaucoup de dons viennent d'être envoyés de chez vous. Attendez une heure."))
        else:
            return _send(session, token, form)
    elif form.is_submitted():
        typed = {name: form.data[name] for name in ("signatory_name", "signatory_role")}
        drafts.keep(draft, "check", typed, at=now())
        session.commit()
    page = _page(
        "check", draft, token, form=form, lines=lines[:PER_PAGE], count=len(lines),
        machines=sum(line.quantity for line in lines), commune=_commune_name(session, draft),
    )  # fmt: skip
    return page, 422 if form.errors else 200


@bp.get("/give/<token>/sent")
@public(WHY)
def sent(token: str) -> ResponseReturnValue:
    """Say that the form was sent already, to who pressed twice or came back by an old link."""
    draft = drafts.by_token(get_session(), token, at=now())
    if draft is None or "sent" not in draft.data:
        abort(404)
    return render_template("donations/sent.html", code=draft.data["sent"])


def _send(session: Session, token: str, form: CheckForm) -> ResponseReturnValue:
    draft = draft_of(session, token, lock=True)
    lines = gathered.declared(session, draft)
    signatory = {"name": form.signatory_name.data or "", "role": form.signatory_role.data or ""}
    gift = gathered.gift(session, draft, signatory if signatory["name"] else None)
    try:
        lot, link = services.submit(session, gift, lines, by=actor(), at=now(), language=str(get_locale() or "fr"))
    except services.GiftRefused:
        return redirect(url_for(".what", token=token), 303)
    drafts.finish(session, draft, lot.code, at=now())
    machines = sum(line.quantity for line in lines)
    for address in dict.fromkeys(contact["email"] for contact in gift.contacts if contact.get("email")):
        pages.mail(
            address,
            _("Votre don %(code)s", code=display(lot.code)),
            "gift_received",
            {"code": display(lot.code), "name": lot.supplier_name, "machines": machines,
             "link": pages.follow_address(link)},
            session=session,
            language=lot.language,
        )  # fmt: skip
    session.commit()
    flash(_("Votre don est enregistré sous la référence %(code)s. Merci !", code=display(lot.code)), "done")
    return redirect(url_for(".follow", token=link), 303)


# -- pages --------------------------------------------------------------------------------------------------------


def draft_of(session: Session, token: str, *, lock: bool = False) -> DonationDraft:
    """Return the draft of a link; one that was sent leads to the page that says so."""
    draft = drafts.by_token(session, token, at=now(), lock=lock or request.method == "POST")
    if draft is None:
        abort(404)
    if "sent" in draft.data:
        abort(redirect(url_for(".sent", token=token), 303))
    return draft


def _page(step: str, draft: DonationDraft | None, token: str | None, **context: Any) -> str:
    done = draft.data if draft else {}
    urls = [url_for(f".{name}", token=token) if token else "" for name in STEPS]
    return render_template(
        f"donations/give_{step}.html",
        step=STEPS.index(step) + 1,
        names=step_names(),
        urls=urls,
        token=token,
        draft=draft,
        done=done,
        resume=absolute_url("donations.what", token=token) if token else None,
        **context,
    )


def _who_page(form: WhoForm, token: str | None, draft: DonationDraft | None = None) -> str:
    return _page("who", draft, token, form=form)


def _what_page(form: WhatForm, draft: DonationDraft, token: str) -> str:
    return _page("what", draft, token, form=form, file=_file_summary(draft))


# -- what a draft says --------------------------------------------------------------------------------------------


def next_url(draft: DonationDraft, token: str, step: str) -> str:
    """Return the step after, or the last look when everything else is done already."""
    after = STEPS[STEPS.index(step) + 1]
    return url_for(f".{'check' if gathered.first_missing(draft) == 'check' else after}", token=token)


def _prefilled() -> dict[str, Any]:
    """Return what is known of a giver who signed in."""
    reader = actor()
    if not reader.is_signed_in or reader.organisation_id is None:
        return {}
    known = organisations.by_id(get_session(), reader.organisation_id)
    if known is None or known.legal_type not in GIVERS:
        return {}
    return {
        "legal_type": known.legal_type.value,
        "name": known.name,
        "siret": known.siret,
        "first_name": reader.name,
        "first_email": known.email,
        "first_phone": known.phone,
    }


def _plain(form: Any) -> dict[str, Any]:
    """Return what a form holds as JSON values."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in form.data.items()
        if name != "csrf_token"
    }


def _who_data(form: WhoForm) -> dict[str, Any]:
    values = _plain(form)
    values["siret"] = normalise_siret(values["siret"] or "") or None
    if values["legal_type"] == LegalType.PRIVATE_PERSON:
        values["siret"] = None
    return values


def _add_rows(form: WhatForm, more: int) -> None:
    for _row in range(min(more, form.lines.max_entries - len(form.lines.entries))):
        form.lines.append_entry()


def _file_summary(draft: DonationDraft) -> Mapping[str, Any] | None:
    told: Mapping[str, Any] | None = draft.data.get("file")
    if told is None:
        return None
    return {"name": told["name"], "lines": sum(sheet["lines"] for sheet in told["sheets"])}


def _commune(session: Session, form: WhereForm) -> tuple[str | None, Sequence[Found]]:
    """Return the commune's code when it is sure, and the candidates when several answer.

    A commune that nothing answers is kept as typed: givers also come from beyond the département.
    """
    text = (form.commune.data or "").strip()
    picked = form.commune_pick.data
    if not text:
        return None, ()
    found = territory.search(session, text)
    if picked and any(candidate.commune.code == picked for candidate in found):
        return picked, found
    sure = territory.resolve(session, text)
    if sure is not None:
        return sure.code, ()
    postcode = (form.postcode.data or "").strip()
    if postcode:
        here = [candidate for candidate in found if postcode in candidate.commune.postcodes]
        if len(here) == 1:
            return here[0].commune.code, ()
        found = here or found
    return None, found


def _commune_word(found: Found) -> str:
    name = found.commune.name
    return f"{name} ({found.via})" if found.via else f"{name} · {', '.join(found.commune.postcodes[:3])}"


def _commune_name(session: Session, draft: DonationDraft) -> str:
    place = draft.data.get("where", {})
    return territory.commune_name(session, place.get("commune_code")) or place.get("commune", "")


def _mail_draft(session: Session, draft: DonationDraft, token: str, address: str) -> None:
    """Send the link of the draft, at most thrice a day to one address: a form must not be a way to write to people."""
    if not pages.allowed(session, "give-mail", limit=3, window=pages.DAY, who=address.lower()):
        return
    pages.mail(
        address,
        _("Votre don en cours de saisie"),
        "gift_draft",
        {"link": absolute_url("donations.what", token=token), "until": local_date(draft.expires_at)},
        session=session,
        language=str(get_locale() or "fr"),
    )
    session.commit()
