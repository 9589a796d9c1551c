"""The pages that certify wiping: from a machine's page, and for all the clear machines of a share at once."""

from __future__ import annotations

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from refurb.core.identity import display
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.devices import queries as devices
from refurb.donations import pages, queries, wipe_certificates
from refurb.donations.pages import bp
from refurb.donations.wipe_certificates import CertificateRefused
from refurb.security import actor, requires
from refurb.web import now, select_language

REFUSALS = {
    "not-clear": _l("Pas d'attestation : un de ses disques n'est ni effacé, ni détruit, ni attesté absent."),
    "media-unknown": _l("Pas d'attestation : on ne sait pas encore quels disques elle contient."),
    "nothing-clear": _l("Pas d'attestation : aucune machine de ce don n'est encore effacée."),
}


@bp.post("/devices/<code>/wipe-certificate")
@requires(Permission.DEVICE_CONTROL)
def certify_device(code: str) -> ResponseReturnValue:
    """Issue the wipe certificate of one machine, as its reviewer."""
    session = get_session()
    device = devices.by_code(session, code, seen_by=actor()) or abort(404)
    if device.holder_id != actor().organisation_id:
        abort(404)
    try:
        document = wipe_certificates.certify_device(session, device, language=select_language(), by=actor(), at=now())
    except CertificateRefused as refused:
        session.rollback()
        flash(str(REFUSALS[refused.code]), "refused")
        return redirect(url_for("devices.show", code=code, _anchor="media"), 303)
    session.commit()
    flash(_("L'attestation %(number)s est faite.", number=document.number), "done")
    return redirect(url_for("documents.show", code=document.code), 303)


@bp.post("/donations/<code>/shares/<int:share_id>/wipe-certificate")
@requires(Permission.DEVICE_CONTROL)
def certify_share(code: str, share_id: int) -> ResponseReturnValue:
    """Issue one certificate for all the clear machines of a share, and tell the giver."""
    session = get_session()
    share = queries.share_by_id(session, code, share_id, seen_by=actor()) or abort(404)
    if share.workshop_id != actor().organisation_id:
        abort(404)
    try:
        document = wipe_certificates.certify_lot(
            session, share.lot, share.workshop, queries.arrivals_of(session, share.id), by=actor(), at=now()
        )
    except CertificateRefused as refused:
        session.rollback()
        flash(str(REFUSALS[refused.code]), "refused")
        return redirect(url_for(".show", code=code), 303)
    subject = _l("Attestation d'effacement pour votre don %(code)s", code=display(share.lot.code))
    pages.tell_giver(
        session, share.lot, "gift_wiped", subject, by=actor(), workshop=share.workshop.name, number=document.number
    )
    session.commit()
    flash(_("L'attestation %(number)s est faite ; le donateur est prévenu.", number=document.number), "done")
    return redirect(url_for("documents.show", code=document.code), 303)
