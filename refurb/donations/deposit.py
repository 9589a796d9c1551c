"""The counter: one machine, a private person, no name, thirty seconds, a label."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.core.equipment import DiskWish, Form
from refurb.core.identity import display
from refurb.core.permissions import OrganisationRole, Permission
from refurb.db import get_session
from refurb.devices.services import DeviceRefused
from refurb.donations import arrivals, counter, papers, sentences
from refurb.donations.pages import bp
from refurb.donations.reception_forms import DepositForm
from refurb.organisations import queries as organisations
from refurb.organisations.models import Organisation
from refurb.security import actor, requires
from refurb.web import now


@bp.route("/donations/deposit", methods=["GET", "POST"])
@requires(Permission.DEPOSIT_CREATE)
def deposit() -> ResponseReturnValue:
    """Take one machine in, and print its label."""
    session = get_session()
    workshops = _workshops(session)
    # The desk comes here with the blank label, or the unknown serial, that was scanned.
    form = DepositForm(data={name: request.args.get(name, "")[:100] for name in ("label", "serial")})
    if form.validate_on_submit():
        workshop = _chosen(workshops)
        label = arrivals.blank_label(session, form.label.data or "")
        if form.label.data and label is None:
            form.label.errors = [_("Cette étiquette n'est pas vierge : scannez-en une autre, ou laissez vide.")]
        elif workshop is None:
            form.form_errors.append(_("Choisissez l'atelier qui reçoit la machine."))
        else:
            try:
                return _take_in(session, form, workshop, label)
            except DeviceRefused as refusal:
                session.rollback()
                form.serial.errors = [str(sentences.DEEDS.get(refusal.code, refusal.code))]
    page = render_template(
        "donations/deposit.html", form=form, workshops=workshops, chosen=request.form.get("workshop")
    )
    return page, 422 if form.errors else 200


def _take_in(session: Session, form: DepositForm, workshop: Organisation, label: str | None) -> ResponseReturnValue:
    at = now()
    share, device = counter.take_in(
        session,
        workshop,
        form=Form(form.form.data),
        maker=form.maker.data or None,
        model=form.model.data or None,
        serial=form.serial.data or None,
        has_charger=bool(form.has_charger.data),
        unlocked=bool(form.unlocked.data),
        disk_wish=DiskWish(form.disk_wish.data),
        label=label,
        language=str(get_locale() or "fr"),
        by=actor(),
        at=at,
    )
    receipt = papers.deposit_receipt(session, share, device, place="", by=actor(), at=at)
    session.commit()
    flash(_("C'est fait : %(code)s. Collez l'étiquette avant de poser la machine.", code=display(device.code)), "done")
    return redirect(url_for(".deposited", code=device.code, receipt=receipt.code), 303)


@bp.get("/donations/deposit/<code>")
@requires(Permission.DEPOSIT_CREATE)
def deposited(code: str) -> ResponseReturnValue:
    """What to do with the machine in one's hands: its label, the receipt, the next one."""
    return render_template("donations/deposited.html", code=code, receipt=request.args.get("receipt", ""))


def _workshops(session: Session) -> list[Organisation]:
    """Return the workshops one may take a machine in for: one's own, any of them for the coordination."""
    if OrganisationRole.REFURBISHER in actor().organisation_roles:
        own = organisations.by_id(session, actor().organisation_id or 0)
        return [own] if own else []
    return list(organisations.with_role(session, OrganisationRole.REFURBISHER))


def _chosen(workshops: list[Organisation]) -> Organisation | None:
    if len(workshops) == 1:
        return workshops[0]
    return next((one for one in workshops if str(one.id) == request.form.get("workshop")), None)
