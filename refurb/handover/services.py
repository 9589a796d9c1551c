"""Agree on a time, prepare, hand over with the papers frozen, take back.

A hand-over is one transaction: the machine moves, the reservation is fulfilled, the need is served and the papers
take their numbers, or nothing happened at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb import outbox
from refurb.audit.services import record
from refurb.core import handover as core
from refurb.core import needs as core_needs
from refurb.core.documents import (
    RULES,
    RuleRefused,
    Sold,
    check_loan,
    check_price,
    mode_verdicts,
    papers_for,
    warranty_end,
)
from refurb.core.equipment import NEEDS_CHARGER, NEEDS_SET, Mode, Recipient
from refurb.core.handover import Accessory, Counter, ReturnMotive, Signature, Witness
from refurb.core.identity import CodeKind, display
from refurb.core.need_life import Act
from refurb.core.workflow import Action, HandoverMode, Status
from refurb.devices import queries as devices
from refurb.devices import services as device_services
from refurb.devices.facts import is_refurbished
from refurb.devices.models import Device
from refurb.devices.steps import lock
from refurb.documents import queries as documents
from refurb.documents import services as document_services
from refurb.documents.parts import Contact
from refurb.handover import papers, queries
from refurb.handover.models import Appointment, Handover
from refurb.handover.queries import Case
from refurb.matching import services as matching
from refurb.needs import papers as need_papers
from refurb.needs import services as needs
from refurb.needs.models import Need
from refurb.organisations.codes import next_code
from refurb.organisations.models import Organisation, Place, PlaceKind
from refurb.security import Actor
from refurb.web import local_date, local_datetime, zone
from refurb.workshop import queries as installations

#: What the leaflet says of the first start, by how the system was installed.
FIRST_BOOTS = {"oem": "own_account", "guest": "guest", "prepared": "prepared"}
#: How long a hand-over takes: the time to switch the machine on together.
DURATION = timedelta(minutes=30)
#: How far ahead a machine may be kept waiting for its appointment.
FARTHEST = timedelta(days=30)


class HandoverRefused(Exception):
    """A hand-over that may not be; `codes` are all the reasons, in the order in which to mend them."""

    def __init__(self, *codes: str, cap_cents: int | None = None, until: date | None = None) -> None:
        super().__init__(", ".join(codes))
        self.codes, self.cap_cents, self.until = codes, cap_cents, until

    @property
    def code(self) -> str:
        """The first reason."""
        return self.codes[0]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How a machine is handed over, as agreed at the desk. Money in cents."""

    mode: Mode | None
    accessories: Sequence[Accessory] = ()
    price_cents: int | None = None
    loan_until: date | None = None
    deposit_cents: int | None = None
    signature: Signature | None = None
    witness: Witness | None = None
    contact_name: str = ""
    contact_phone: str = ""
    accompaniment: str = ""
    language: str = "fr"


# -- Before -----------------------------------------------------------------------------------------------------------
def plan(session: Session, case: Case, place: Place, starts_at: datetime, *, by: Actor, at: datetime) -> Appointment:
    """Agree on a place and a time; a new appointment replaces the last. The machine is kept aside until then.

    Raises HandoverRefused "place-closed", "in-the-past", "after-expiry".
    """
    if place.kind is not PlaceKind.HANDOVER or not place.is_open:
        raise HandoverRefused("place-closed")
    if starts_at <= at:
        raise HandoverRefused("in-the-past")
    if starts_at > at + FARTHEST:
        raise HandoverRefused("after-expiry", until=(at + FARTHEST).astimezone(zone()).date())
    reservation = case.reservation
    ends_at = starts_at + DURATION
    evening = datetime.combine(ends_at.astimezone(zone()).date(), time(23, 59), zone()).astimezone(UTC)
    if evening > reservation.expires_at:
        matching.extend(session, reservation, evening, by=by, at=at)
    earlier = queries.open_appointment(session, reservation.id)
    if earlier is not None:
        earlier.cancelled_at = at
    made = Appointment(
        reservation_id=reservation.id,
        place_id=place.id,
        starts_at=starts_at,
        ends_at=ends_at,
        agreed_at=at,
        agreed_by_id=by.id,
    )
    session.add(made)
    session.flush()
    told = {"need_id": case.need.id, "place_id": place.id, "starts_at": starts_at.isoformat()}
    kind = "handover.moved" if earlier else "handover.planned"
    record(session, "need", case.need.id, kind, by=by, at=at, payload=told)
    _tell_who_prepares(session, case, place, starts_at)
    return made


def prepare(session: Session, case: Case, *, by: Actor, at: datetime) -> None:
    """Say that the machine stands ready, cleaned and with what goes with it; raises TransitionRefused."""
    device_services.move(session, case.device, Action.PREPARE, by=by, at=at, payload={"need": case.need.code})


def miss(session: Session, case: Case, *, by: Actor, at: datetime) -> bool:
    """Record that nobody came. The second time the machine goes back to stock, and the need keeps its rank.

    Returns whether it was given back. Raises HandoverRefused "no-appointment", "too-early".
    """
    appointment = queries.open_appointment(session, case.reservation.id)
    if appointment is None:
        raise HandoverRefused("no-appointment")
    if appointment.starts_at > at:
        raise HandoverRefused("too-early")
    appointment.missed_at = at
    times = case.missed + 1
    told = {"need_id": case.need.id, "place_id": appointment.place_id, "times": times}
    record(session, "need", case.need.id, "handover.missed", by=by, at=at, payload=told)
    session.flush()
    if times < core.MISSED_AT_MOST:
        return False
    matching.release(session, case.reservation, motive="household-unavailable", by=by, at=at)
    return True


# -- The desk ---------------------------------------------------------------------------------------------------------
def verdicts(device: Device, need: Need, issuer: Organisation) -> dict[Mode, str]:
    """Return every mode with "" where it is open for this machine and this need, else why it is not."""
    found = mode_verdicts(device.origin, device.regime, issuer.legal_type.value, need.recipient)
    return {mode: why or ("" if mode.value in need.modes else "not-accepted") for mode, why in found.items()}


def counter(session: Session, case: Case, scanned: str | None, terms: Terms) -> Counter:
    """Return what is on the counter, as the core looks at it."""
    device = case.device
    return Counter(
        scanned=scanned,
        reserved=device.code,
        form=device.form,
        status=device.status,
        media=devices.media_state(session, device),
        reservation_open=case.reservation.ended_at is None,
        accessories=frozenset(terms.accessories),
        charger_known=bool(device.charger),
        set_complete=device.form not in NEEDS_SET or devices.set_is_complete(session, device.id),
        signed=terms.signature is not None,
    )


def perform(
    session: Session, case: Case, *, scanned: str | None, terms: Terms, place: Place | None, by: Actor, at: datetime
) -> Handover:
    """Hand a machine over for its need; raises HandoverRefused with every reason, and then changes nothing.

    `scanned` is the code read off the machine on the counter. The papers take their numbers here; the worker sets
    them afterwards.
    """
    device = lock(session, case.device)
    session.refresh(case.reservation, ["ended_at"], with_for_update=True)
    need, today = case.need, at.astimezone(zone()).date()
    issuer = session.get_one(Organisation, device.holder_id)
    _check(session, case, scanned, terms, issuer, today)
    assert terms.mode is not None
    assert terms.signature is not None
    handover = Handover(
        code=next_code(session, CodeKind.HANDOVER),
        need_id=need.id,
        device_id=device.id,
        reservation_id=case.reservation.id,
        place_id=place.id if place else None,
        organisation_id=by.organisation_id or need.organisation_id,
        mode=terms.mode,
        price_cents=terms.price_cents or 0,
        accessories=[accessory.value for accessory in terms.accessories],
        signature=terms.signature,
        signature_detail={"witness": terms.witness.value} if terms.witness else {},
        warranty_until=warranty_end(terms.mode, today, terms.loan_until),
        loan_until=terms.loan_until,
        deposit_cents=terms.deposit_cents,
        rules_version=RULES.version,
        after_sales_contact=", ".join(part for part in (terms.contact_name, terms.contact_phone) if part),
        handed_over_at=at,
        handed_over_by_id=by.id,
    )
    session.add(handover)
    session.flush()
    told = {"handover": handover.code, "need": need.code, "mode": terms.mode.value}
    device_services.move(
        session, device, Action.HAND_OVER, by=by, at=at, payload=told, mode=HandoverMode(terms.mode.value)
    )
    matching.fulfil(session, case.reservation, by=by, at=at)
    event = {"need_id": need.id, "mode": terms.mode.value, "handover": handover.code, "device_id": device.id}
    record(session, "need", need.id, "handover.performed", by=by, at=at, payload=event)
    record(session, "need", need.id, "handover.signed", by=by, at=at, payload={"how": terms.signature.value})
    _issue_papers(session, handover, case, terms, place, issuer, by=by, at=at)
    return handover


def _check(session: Session, case: Case, scanned: str | None, terms: Terms, issuer: Organisation, today: date) -> None:
    """Raise HandoverRefused with everything that stands in the way."""
    device, need = case.device, case.need
    codes = core.refusals(counter(session, case, scanned, terms))
    cap: int | None = None
    if terms.mode is None or verdicts(device, need, issuer)[terms.mode]:
        codes.append("mode-closed")
    else:
        try:
            check_price(terms.mode, terms.price_cents, [_sold(session, device)])
            check_loan(terms.mode, today, terms.loan_until, terms.deposit_cents)
        except RuleRefused as refusal:
            codes.append(refusal.code)
            cap = refusal.cap_cents
        else:
            accepted = core_needs.load(need.answers).contribution_cents
            over = terms.mode is Mode.SOLIDARITY_SALE and accepted is not None and need.recipient is Recipient.HOUSEHOLD
            if over and (terms.price_cents or 0) > (accepted or 0):
                codes.append("price-over-accepted")
                cap = accepted
    if terms.signature is Signature.IN_PRESENCE and terms.witness is None:
        codes.append("witness-missing")
    if not terms.contact_name or not terms.contact_phone:
        codes.append("contact-missing")
    if codes:
        raise HandoverRefused(*codes, cap_cents=cap)


def _sold(session: Session, device: Device) -> Sold:
    media = devices.media_of(session, device.id)
    return Sold(
        origin=device.origin,
        form=device.form,
        has_charger=device.form not in NEEDS_CHARGER or bool(device.charger),
        has_disk=any(medium.destroyed_at is None and medium.absence_attested is None for medium in media),
        has_system=bool(device.os_name),
        battery_works=not device.has_battery or bool(device.battery_pct),
    )


def _issue_papers(
    session: Session,
    handover: Handover,
    case: Case,
    terms: Terms,
    place: Place | None,
    issuer: Organisation,
    *,
    by: Actor,
    at: datetime,
) -> None:
    recipient = None
    if case.need.recipient is Recipient.STRUCTURE:
        structure = session.get_one(Organisation, case.need.organisation_id)
        recipient = documents.party(session, structure, terms.language)
    whole = devices.set_of(session, handover.device_id)
    installed = installations.installation_of(session, handover.device_id)
    with force_locale(terms.language):
        for kind in papers_for(terms.mode or Mode.GIFT):
            paper = papers.build(
                kind,
                handover,
                case.need,
                case.device,
                place=need_papers.place_line(session, place) or by.organisation_name or issuer.name,
                contact=Contact(name=terms.contact_name, phone=terms.contact_phone),
                recipient=recipient,
                accompaniment=terms.accompaniment,
                agent=by.organisation_name or issuer.name,
                on=at.astimezone(zone()).date(),
                first_boot=FIRST_BOOTS.get(installed.first_boot if installed else "", "own_account"),
                screen=whole.monitor if whole is not None else None,
                refurbished=is_refurbished(session, case.device),
            )
            document_services.issue(
                session,
                kind,
                issuer_id=issuer.id,
                subject_kind="handover",
                subject_id=handover.id,
                data=paper,
                language=terms.language,
                by=by,
                at=at,
            )


# -- After ------------------------------------------------------------------------------------------------------------
def take_back(session: Session, handover: Handover, motive: ReturnMotive, *, by: Actor, at: datetime) -> None:
    """Take a machine back; raises HandoverRefused "returned-already", TransitionRefused.

    A wrong machine is put right here: its papers are void, and the need waits again at its rank, for a new hand-over.
    """
    if handover.returned_at is not None:
        raise HandoverRefused("returned-already")
    device_services.move(
        session,
        session.get_one(Device, handover.device_id),
        Action.RETURN,
        by=by,
        at=at,
        payload={"motive": motive.value, "handover": handover.code},
    )
    handover.returned_at, handover.return_motive = at, motive.value
    today = at.astimezone(zone()).date()
    need = session.get_one(Need, handover.need_id, with_for_update=True, populate_existing=True)
    if motive is ReturnMotive.HANDOVER_MISTAKE:
        for document in documents.of_subject(session, "handover", handover.id):
            document_services.void(session, document, reason=motive.value, by=by, at=at)
        needs.change_state(session, need, Act.REOPEN, by=by, at=at, today=today, motive=motive.value)
    elif motive in (ReturnMotive.LOAN_ENDED, ReturnMotive.NOT_NEEDED):
        needs.change_state(session, need, Act.CLOSE, by=by, at=at, today=today)


def is_out(device: Device) -> bool:
    """Whether a machine is in its user's hands."""
    return device.status in (Status.HANDED_OVER, Status.ON_LOAN)


def _tell_who_prepares(session: Session, case: Case, place: Place, starts_at: datetime) -> None:
    """Mail the point and the workshop: codes, place and time, nothing of the case."""
    point = session.get_one(Organisation, place.organisation_id)
    workshop = session.get_one(Organisation, case.device.holder_id)
    with force_locale("fr"):
        context = {
            "code": display(case.need.code),
            "device": display(case.device.code),
            "machine": papers.title(case.device),
            "place": place.name,
            "when": local_datetime(starts_at, "EEEE d MMMM, HH:mm"),
            "link": document_services.address(f"/handover/{case.need.code}"),
        }
        subject = _("Une machine à remettre le %(day)s", day=local_date(starts_at))
    for address in sorted({each.email for each in (point, workshop) if each.email}):
        outbox.enqueue(
            session,
            "mail.send",
            {"to": address, "subject": subject, "template": "handover_planned", "context": context},
        )
