"""The certificate of wiping: of one machine, of a lot in the giver's numbers, and never more than the evidence."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from refurb.core.media import Outcome, WipeSource
from refurb.devices.models import Device, MediumKind, StorageMedium
from refurb.documents.models import Document
from tests.donations.test_proofs import AT, share

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.donations.models import LotShare
    from refurb.security import Actor
    from tests.donations.conftest import House
    from tests.factories import MakeActor
    from tests.visitor import Visitor

__all__ = ["share"]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def operator(house: House, make_actor: MakeActor) -> Actor:
    from refurb.core.permissions import Role

    return make_actor(house.near, Role.TECHNICIAN)


@pytest.fixture
def disks(session: Session, share: LotShare, operator: Actor) -> tuple[StorageMedium, StorageMedium]:
    """A disk in each of the two machines of the share, nothing done to either."""
    from refurb.devices import media

    first, second = session.scalars(sa.select(Device).order_by(Device.id)).all()
    one = media.add(session, first, kind=MediumKind.HDD, model="ST500", serial="W62", size_gb=500, by=operator, at=AT)
    two = media.add(session, second, kind=MediumKind.SSD, model="PM871", serial="S2A", size_gb=256, by=operator, at=AT)
    return one, two


def wipe(session: Session, disk: StorageMedium, outcome: Outcome, by: Actor, **more: object) -> None:
    from refurb.devices import wipes

    wipes.record_wipe(
        session,
        disk,
        outcome=outcome,
        source=WipeSource.MANUAL,
        method="nwipe",
        by=by,
        at=AT + HOUR,
        **more,  # type: ignore[arg-type]
    )


def of(session: Session, kind: str) -> list[Document]:
    return list(
        session.scalars(
            sa.select(Document).where(Document.kind == "wipe_certificate", Document.subject_kind == kind).order_by("id")
        )
    )


def test_a_machine_is_certified_from_its_page_once_it_is_clear(
    visitor: Visitor,
    session: Session,
    house: House,
    disks: tuple[StorageMedium, StorageMedium],
    operator: Actor,
) -> None:
    first, _second = disks
    device = session.get_one(Device, first.device_id)
    address = f"/devices/{device.code}/wipe-certificate"
    session.commit()
    visitor.sign_in(house.technician, house.near)
    visitor.post(address, status=403)
    visitor.sign_in(house.stranger, house.far)
    visitor.post(address, status=404)
    visitor.sign_in(house.controller, house.near)
    assert "Attester l'effacement" not in visitor.get(f"/devices/{device.code}").words()
    assert "Pas d'attestation" in visitor.post(address).words()
    assert of(session, "device") == []
    wipe(session, first, Outcome.OK, operator, verify="last", hidden_area="none")
    session.commit()
    assert "Attester l'effacement" in visitor.get(f"/devices/{device.code}").words()
    page = visitor.post(address)
    (paper,) = of(session, "device")
    assert paper.number in page.words()
    (machine,) = paper.data["machines"]
    (medium,) = machine["media"]
    assert (machine["inventory_number"], paper.data["former_owner"]["name"]) == ("INV-1", "Menuiserie des Ponts-de-Cé")
    wanted = {"serial": "W62", "outcome": "ok", "level": "clear", "verify": "last", "hidden_area": "none"}
    assert wanted.items() <= medium.items()
    assert medium["operator"]
    assert paper.data["reviewer"]
    assert paper.number in visitor.get(f"/devices/{device.code}").words()
    # Once more, after something changed: the new paper takes the place of the old one.
    visitor.post(address)
    old, new = of(session, "device")
    assert (old.replaced_by_id, new.data["document"]["replaces"]) == (new.id, old.number)


def test_no_level_is_claimed_for_an_overwritten_ssd_nor_what_is_destroyed_called_erased(
    session: Session, disks: tuple[StorageMedium, StorageMedium], operator: Actor, controller: Actor
) -> None:
    from refurb.devices import wipes
    from refurb.donations import wipe_certificates

    first, second = disks
    wipe(session, first, Outcome.OK, operator)
    wipes.destroy(session, first, method="percé", by=controller, at=AT + 2 * HOUR)
    wipe(session, second, Outcome.OK_WITH_RESERVATION, operator, reasons=["hidden-area-not-checked"])
    machines = [session.get_one(Device, disk.device_id) for disk in disks]
    with pytest.raises(wipe_certificates.CertificateRefused, match="not-clear"):
        wipe_certificates.certify_device(session, machines[1], language="fr", by=controller, at=AT)
    wipes.accept_reservation(session, second, reason="lues : aucune", by=controller, at=AT + 2 * HOUR)
    said = [
        wipe_certificates.certify_device(session, machine, language="fr", by=controller, at=AT).data["machines"][0]
        for machine in machines
    ]
    (destroyed,), (accepted,) = said[0]["media"], said[1]["media"]
    assert (destroyed["outcome"], destroyed["level"], destroyed["method"]) == ("destroyed", "destroy", "")
    assert destroyed["attested"] == "percé"
    assert (accepted["outcome"], accepted["level"]) == ("reservation_accepted", "none")
    assert accepted["remarks"] == ["Les zones cachées du disque n'ont pas été vérifiées."]
    wipe(session, second, Outcome.OK, operator, ended_at=AT + 3 * HOUR)
    good = wipe_certificates.certify_device(session, machines[1], language="fr", by=controller, at=AT)
    assert good.data["machines"][0]["media"][0]["level"] == "none"


def test_a_disk_taken_out_and_not_wiped_keeps_its_machine_from_a_certificate(
    session: Session, disks: tuple[StorageMedium, StorageMedium], operator: Actor, controller: Actor
) -> None:
    from refurb.devices import media
    from refurb.donations import wipe_certificates

    first, _second = disks
    device = session.get_one(Device, first.device_id)
    media.take_out(session, first, by=operator, at=AT + HOUR)
    with pytest.raises(wipe_certificates.CertificateRefused, match="not-clear"):
        wipe_certificates.certify_device(session, device, language="fr", by=controller, at=AT)
    wipe(session, first, Outcome.OK, operator)
    paper = wipe_certificates.certify_device(session, device, language="fr", by=controller, at=AT)
    assert paper.data["machines"][0]["media"][0]["taken_out"] is True


def test_a_lot_is_certified_in_the_givers_numbers_and_given_on_its_page(
    visitor: Visitor,
    session: Session,
    house: House,
    share: LotShare,
    disks: tuple[StorageMedium, StorageMedium],
    operator: Actor,
    controller: Actor,
) -> None:
    from refurb import outbox
    from refurb.donations import arrivals, links

    code, share_id = share.lot.code, share.id
    arrivals.finish(session, share, chargers=None, by=controller, at=AT)
    _link, token = links.create(session, share.lot, origin="mail", by=controller, at=AT)
    session.commit()
    visitor.sign_in(house.controller, house.near)
    address = f"/donations/{code}/shares/{share_id}/wipe-certificate"
    assert "aucune machine de ce don" in visitor.post(address).words()
    wipe(session, disks[0], Outcome.OK, operator)
    session.commit()
    assert "Attester l'effacement" in visitor.get(f"/donations/{code}").words()
    visitor.post(address)
    (paper,) = of(session, "lot")
    assert [machine["inventory_number"] for machine in paper.data["machines"]] == ["INV-1"]
    assert paper.data["uncovered"] == 1
    outbox.drain(session)
    page = visitor.get(f"/gift/{token}")
    assert f"Attestation d'effacement {paper.number}" in page.words()
    pdf = visitor.get(f"/gift/{token}/documents/{paper.code}.pdf")
    assert pdf.response.data.startswith(b"%PDF")
