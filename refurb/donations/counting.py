"""The count at arrival: one box that takes labels, serials and the giver's numbers; or a click a line."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from refurb.core.equipment import Form
from refurb.core.identity import display
from refurb.core.permissions import Permission
from refurb.core.workflow import Status, TransitionRefused
from refurb.db import get_session
from refurb.devices.models import Device
from refurb.devices.services import DeviceRefused
from refurb.donations import arrivals, finds, pages, papers, queries, sentences
from refurb.donations.models import ArrivalFind, LotShare
from refurb.donations.pages import bp
from refurb.donations.reception_forms import FinishForm, MachineForm
from refurb.donations.services import GiftRefused
from refurb.organisations import queries as organisations
from refurb.organisations.models import PlaceKind
from refurb.security import actor, requires
from refurb.web import now

#: On one page: a workshop counts pallets, not warehouses; more lines are filtered by what is missing.
MOST = 400


@bp.route("/donations/<code>/shares/<int:share_id>/count", methods=["GET", "POST"])
@requires(Permission.LOT_COUNT)
def count(code: str, share_id: int) -> ResponseReturnValue:
    """Count a share as it arrives."""
    session = get_session()
    share = queries.share_by_id(session, code, share_id, seen_by=actor()) or abort(404)
    if share.accepted is not True or share.collected_at is None:
        flash(str(sentences.DEEDS["not-collected"]), "refused")
        return redirect(url_for(".show", code=code), 303)
    if request.method == "GET":
        return _count_page(session, share, MachineForm(formdata=None), FinishForm(formdata=None))
    deeds = {
        "scan": _scan,
        "receive": _receive,
        "receive-bare": _receive,
        "line": _settle_line,
        "extra": _settle_extra,
        "ignore": _ignore,
        "take-back": _take_back,
        "finish": _finish,
    }
    deed = deeds.get(request.form.get("do", ""))
    if deed is None:
        return _count_page(session, share, MachineForm(formdata=None), FinishForm(formdata=None)), 422
    try:
        answer = deed(session, share)
    except (GiftRefused, TransitionRefused, DeviceRefused) as refusal:
        session.rollback()
        flash(
            str(sentences.DEEDS.get(refusal.code) or _("Ce geste n'est pas possible : rechargez la page.")), "refused"
        )
        return redirect(_back(code, share_id), 303)
    return answer if answer is not None else redirect(_back(code, share_id), 303)


def _back(code: str, share_id: int, label: str | None = None, bare: str | None = None) -> str:
    """Return the address of the page; `bare` is the line that may come without its serial, which another bears."""
    place = request.form.get("place") or None
    return url_for(
        ".count",
        code=code,
        share_id=share_id,
        label=label,
        bare=bare,
        place=place,
        show=request.form.get("show") or None,
    )


def _place(session: Session, share: LotShare) -> int | None:
    wanted = request.form.get("place", "")
    known = {place.id for place in organisations.places_of(session, share.workshop_id)}
    return int(wanted) if wanted.isdecimal() and len(wanted) < 16 and int(wanted) in known else None


def _label(session: Session) -> str | None:
    return arrivals.blank_label(session, request.form.get("label", ""))


def _find(session: Session, share: LotShare) -> ArrivalFind:
    text = request.form.get("find", "")
    find = session.get(ArrivalFind, int(text)) if text.isdecimal() and len(text) < 16 else None
    if find is None or find.share_id != share.id:
        raise GiftRefused("find-settled")
    return find


def _line_id() -> int:
    text = request.form.get("line", "")
    if not (text.isdecimal() and len(text) < 16):
        raise GiftRefused("nothing-ticked")
    return int(text)


def _scan(session: Session, share: LotShare) -> ResponseReturnValue:
    place_id = _place(session, share)
    scanned = arrivals.scan(
        session, share, request.form.get("text", ""), label=_label(session), place_id=place_id, by=actor(), at=now()
    )
    session.commit()
    said = str(sentences.SCANS[scanned.reason])
    if scanned.device is not None:
        said = _("%(said)s : %(code)s", said=said, code=display(scanned.device.code))
    elif scanned.find is not None:
        said = _("%(said)s : %(code)s", said=said, code=scanned.find.text)
    elif scanned.label:
        said = _("%(said)s : %(code)s", said=said, code=display(scanned.label))
    flash(said, sentences.SCAN_TONES[scanned.kind] if scanned.kind != "label" else "neutral")
    bare = str(scanned.line.id) if scanned.line is not None and scanned.reason == "serial-known" else None
    return redirect(_back(share.lot.code, share.id, scanned.label, bare), 303)


def _receive(session: Session, share: LotShare) -> None:
    text = request.form.get("count", "1")
    born = arrivals.receive_line(
        session,
        share,
        _line_id(),
        count=int(text) if text.isdecimal() and len(text) < 6 else 0,
        label=_label(session),
        keep_serial=request.form.get("do") != "receive-bare",
        place_id=_place(session, share),
        by=actor(),
        at=now(),
    )
    session.commit()
    codes = ", ".join(display(device.code) for device in born[:5])
    flash(_("Reçue : %(codes)s", codes=codes) if born else _("Compté."), "done")


def _settle_line(session: Session, share: LotShare) -> None:
    find = _find(session, share)
    device = finds.settle_as_line(
        session, share, find, _line_id(), place_id=_place(session, share), by=actor(), at=now()
    )
    session.commit()
    flash(_("Réglé : %(serial)s est cette ligne, %(code)s.", serial=find.text, code=display(device.code)), "done")


def _settle_extra(session: Session, share: LotShare) -> ResponseReturnValue | None:
    find = _find(session, share) if request.form.get("find") else None
    form = MachineForm()
    if not form.validate():
        return _count_page(session, share, form, FinishForm(formdata=None)), 422
    device = finds.settle_as_extra(
        session,
        share,
        find,
        form=Form(form.form.data),
        maker=form.maker.data or None,
        model=form.model.data or None,
        serial=form.serial.data or None,
        label=_label(session),
        place_id=_place(session, share),
        by=actor(),
        at=now(),
    )
    session.commit()
    flash(_("Ajoutée en plus de la liste : %(code)s", code=display(device.code)), "done")
    return None


def _ignore(session: Session, share: LotShare) -> None:
    find = _find(session, share)
    finds.ignore(session, share, find, by=actor(), at=now())
    session.commit()
    flash(_("Écarté : %(text)s", text=find.text), "done")


def _take_back(session: Session, share: LotShare) -> None:
    text = request.form.get("device", "")
    arrivals.take_back(session, share, int(text) if text.isdecimal() and len(text) < 16 else 0, by=actor(), at=now())
    session.commit()
    flash(_("Ce comptage est annulé ; la machine est notée rendue."), "done")


def _finish(session: Session, share: LotShare) -> ResponseReturnValue | None:
    form = FinishForm()
    if not form.validate():
        return _count_page(session, share, MachineForm(formdata=None), form), 422
    declared, received = arrivals.finish(session, share, chargers=form.chargers.data, by=actor(), at=now())
    lines = session.scalars(queries.lines(share.lot_id, share_id=share.id)).all()
    papers.receipt_slip(session, share, lines, arrivals.received(session, lines), by=actor(), at=now())
    born = queries.arrivals_of(session, share.id)
    papers.intake_certificate(session, share, born, by=actor(), at=now())
    papers.transfer_certificate(session, share, born, by=actor(), at=now())
    subject = _l("Votre don %(code)s est compté", code=display(share.lot.code))
    pages.tell_giver(
        session, share.lot, "gift_counted", subject, by=actor(), declared=declared, received=received,
        workshop=share.workshop.name,
    )  # fmt: skip
    session.commit()
    flash(
        _("Comptage terminé : %(declared)s annoncées, %(received)s reçues. Le donateur est prévenu.",
          declared=declared, received=received),
        "done",
    )  # fmt: skip
    return redirect(url_for(".show", code=share.lot.code), 303)


def _count_page(session: Session, share: LotShare, form: MachineForm, finish: FinishForm) -> str:
    lines = session.scalars(queries.lines(share.lot_id, share_id=share.id)).all()
    counts = arrivals.received(session, lines)
    born: dict[int, list[Device]] = {}
    for line, device in queries.arrivals_of(session, share.id):
        born.setdefault(line.id, []).append(device)
    met = queries.open_finds(session, share.id)
    missing = [line for line in lines if counts[line.id] < line.quantity]
    show = request.args.get("show", "missing" if len(lines) > 60 else "all")
    kept = missing if show == "missing" else lines
    label = arrivals.blank_label(session, request.args.get("label", ""))
    return render_template(
        "donations/count.html",
        lot=share.lot,
        share=share,
        lines=kept[:MOST],
        hidden=len(kept) - len(kept[:MOST]),
        show=show,
        counts=counts,
        born=born,
        finds=met,
        resembling=finds.resembling(met, lines, counts),
        missing=missing,
        declared=sum(line.quantity for line in lines if not line.is_extra),
        received=sum(counts.values()),
        missing_count=sum(line.quantity - counts[line.id] for line in missing),
        extras=sum(line.is_extra for line in lines),
        label=label,
        places=organisations.places_of(session, share.workshop_id),
        place=request.args.get("place", ""),
        bare=request.args.get("bare", ""),
        is_counted=arrivals.is_counted,
        form=form,
        machines=[(one.value, sentences.FORMS[one]) for one in Form if one is not Form.PRINTER],
        finish=finish,
        PlaceKind=PlaceKind,
        Status=Status,
        codes=[device.code for devices in born.values() for device in devices if device.labelled_at is None],
    )
