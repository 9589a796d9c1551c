"""A machine brought all the way to its reservation by the real services, and the people around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from refurb.core.equipment import Form, Mode
from refurb.core.media import Outcome, WipeSource
from refurb.core.needs import (
    Answers,
    Connectivity,
    Eligibility,
    Equipment,
    Format,
    Informed,
    Usage,
)
from refurb.core.permissions import OrganisationRole, Role
from refurb.core.workflow import Action
from tests.conftest import NOON
from tests.factories import ANGERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from refurb.db import Session
    from refurb.devices.models import Device
    from refurb.handover.services import Terms
    from refurb.matching.models import Reservation
    from refurb.needs.models import Need
    from refurb.organisations.models import Organisation, Place
    from refurb.security import Actor

TODAY = NOON.date()
ANSWERS = Answers(
    commune=ANGERS,
    usages=(Usage.PROCEDURES,),
    persons=5,
    pupils=3,
    equipment=Equipment.NONE,
    connectivity=Connectivity.PHONE,
    format=Format.LAPTOP,
    eligibility=Eligibility.MINIMUM_BENEFITS,
    contribution_cents=4000,
    loan_suits=True,
    not_equipped=True,
    informed_on=TODAY,
    informed_how=Informed.IN_PERSON,
)


@dataclass
class Chain:
    """A workshop, a service, a hand-over point, a coordination, and who acts for each."""

    session: Session
    make_device: Callable[..., Device]
    workshop: Organisation
    service: Organisation
    point: Organisation
    place: Place
    technician: Actor
    controller: Actor
    prescriber: Actor
    agent: Actor
    coordinator: Actor

    def stocked(self, **values: Any) -> Device:
        """Return a laptop in stock, wiped, installed, controlled, with its charger."""
        from refurb.core import checklist
        from refurb.devices import media, sets, wipes
        from refurb.devices import services as devices
        from refurb.devices.models import Grade, MediumKind
        from refurb.workshop import services as workshop

        session = self.session
        given: dict[str, Any] = {"holder": self.workshop, "form": Form.LAPTOP, "at": NOON - timedelta(days=5)} | values
        device = self.make_device(
            **given,
            cpu_model="Intel Core i5-8350U",
            cpu_cores=4,
            ram_mb=8192,
            screen_in=14.0,
            webcam=True,
            has_battery=True,
            battery_pct=80,
        )
        by: dict[str, Any] = {"by": self.technician, "at": NOON - timedelta(days=4)}
        disk = media.add(session, device, kind=MediumKind.SSD, serial=f"WD-{device.id}", size_gb=256, **by)
        media.attest_media(session, device, **by)
        devices.move(session, device, Action.INVENTORY, **by)
        devices.mark_labelled(session, device, layout="L7160", **by)
        devices.move(session, device, Action.TRIAGE, payload={"outcome": "install"}, **by)
        wiped: dict[str, Any] = {"outcome": Outcome.OK, "source": WipeSource.MANUAL, "method": "nwipe"}
        wipes.record_wipe(session, disk, **wiped, by=self.technician, at=NOON - timedelta(days=3))
        by = {"by": self.technician, "at": NOON - timedelta(days=2)}
        devices.move(session, device, Action.DIAGNOSE, **by)
        workshop.install(session, device, self.mint(), **by)
        ticks = {point.code: checklist.Tick.OK.value for point in checklist.points_for(device.form)}
        page: dict[str, Any] = {"ticks": ticks, "grade": Grade.B, "charger": "USB-C 65 W"}
        workshop.control(session, device, **page, by=self.controller, at=NOON - timedelta(days=1))
        if device.form is Form.DESKTOP:
            held = {"has_keyboard": True, "has_mouse": True, "has_cables": True}
            sets.assemble(
                session, device, monitor=self.monitor(), **held, by=self.controller, at=NOON - timedelta(days=1)
            )
        devices.move(session, device, Action.STOCK, by=self.controller, at=NOON - timedelta(days=1))
        return device

    def monitor(self) -> Device:
        """Return a screen with a code of its own, controlled."""
        from refurb.core import checklist
        from refurb.devices import services as devices
        from refurb.devices.models import Grade
        from refurb.workshop import services as workshop

        given: dict[str, Any] = {"holder": self.workshop, "form": Form.MONITOR, "at": NOON - timedelta(days=5)}
        screen = self.make_device(**given, media_known=True, screen_in=22.0)
        by: dict[str, Any] = {"by": self.technician, "at": NOON - timedelta(days=2)}
        devices.move(self.session, screen, Action.INVENTORY, **by)
        devices.mark_labelled(self.session, screen, layout="L7160", **by)
        devices.move(self.session, screen, Action.TRIAGE, payload={"outcome": "install"}, **by)
        ticks = {point.code: checklist.Tick.OK.value for point in checklist.points_for(Form.MONITOR)}
        workshop.control(
            self.session, screen, ticks=ticks, grade=Grade.B, by=self.controller, at=NOON - timedelta(days=1)
        )
        return screen

    def mint(self) -> Any:
        """Return the system that the workshop installs."""
        import sqlalchemy as sa

        from refurb.workshop.models import OperatingSystem

        known = self.session.scalar(sa.select(OperatingSystem))
        if known is None:
            known = OperatingSystem(name="Linux Mint", release="22.1", end_of_support=date(2029, 4, 30))
            self.session.add(known)
            self.session.flush()
        return known

    def need(self, **answers: Any) -> Need:
        """Return a validated need of the service."""
        from refurb.needs import services as needs

        asked: dict[str, Any] = {"handover_place": self.place.id} | answers
        given = replace(ANSWERS, **asked)
        need = needs.draft(self.session, given, by=self.prescriber, at=NOON)
        needs.submit(self.session, need, given, by=self.prescriber, at=NOON, today=TODAY)
        return need

    def reserved(self, need: Need | None = None, device: Device | None = None) -> Reservation:
        """Return a machine set aside for a need, committed."""
        from refurb.matching import services as matching

        found = matching.reserve(
            self.session, need or self.need(), device or self.stocked(), by=self.coordinator, at=NOON
        )
        self.session.commit()
        return found

    def case(self, reservation: Reservation, *, seen_by: Actor | None = None) -> Any:
        """Return the case as the hand-over sees it."""
        from refurb.handover import queries
        from refurb.needs.models import Need

        code = self.session.get_one(Need, reservation.need_id).code
        return queries.case_by_need(self.session, code, seen_by=seen_by or self.agent)


def terms(**values: Any) -> Terms:
    """Return the terms of an ordinary gift."""
    from refurb.core.handover import Accessory, Signature
    from refurb.handover.services import Terms

    given: dict[str, Any] = {
        "mode": Mode.GIFT,
        "accessories": [Accessory.CHARGER, Accessory.MOUSE],
        "signature": Signature.SIGNED,
        "contact_name": "Accueil de l'atelier",
        "contact_phone": "02 41 00 00 01",
    }
    return Terms(**(given | values))


def make_chain(
    session: Session,
    make_organisation: Callable[..., Organisation],
    make_place: Callable[..., Place],
    make_actor: Callable[..., Actor],
    make_device: Callable[..., Device],
) -> Chain:
    """Return the chain's people and places."""
    from refurb.organisations.models import LegalType, PlaceKind

    workshop = make_organisation(
        OrganisationRole.REFURBISHER,
        name="Atelier Éloïse",
        legal_type=LegalType.ASSOCIATION_GENERAL_INTEREST,
        phone="02 41 00 00 01",
    )
    service = make_organisation(OrganisationRole.PRESCRIBER, name="CCAS de Trélazé")
    point = make_organisation(OrganisationRole.HANDOVER_POINT, name="Centre social du Bourg")
    coordination = make_organisation(OrganisationRole.COORDINATION)
    return Chain(
        session=session,
        make_device=make_device,
        workshop=workshop,
        service=service,
        point=point,
        place=make_place(point, PlaceKind.HANDOVER, name="Le Bourg", hours="mardi et jeudi, 9 h à 12 h"),
        technician=make_actor(workshop, Role.TECHNICIAN),
        controller=make_actor(workshop, Role.CONTROLLER),
        prescriber=make_actor(service, Role.PRESCRIBER),
        agent=make_actor(point, Role.HANDOVER_AGENT),
        coordinator=make_actor(coordination, Role.COORDINATOR),
    )
