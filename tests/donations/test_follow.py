"""The giver's link: what it shows, to whom it may be passed on, how it is changed, closed and found again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refurb.core.identity import display
from refurb.donations.models import LotLine, LotLink
from refurb.outbox import OutboxRow
from tests.factories import siret

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.security import Actor
    from tests.department import MakeLot
    from tests.donations.conftest import House
    from tests.visitor import Visitor


def mails(session: Session) -> list[dict[str, Any]]:
    """Return the messages that wait to leave."""
    rows = session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "mail.send").order_by(OutboxRow.id))
    return [row.payload for row in rows]


def path_of(mail: dict[str, Any]) -> str:
    """Return the path of the link in a message."""
    return "/gift/" + str(mail["context"]["link"]).rsplit("/gift/", 1)[1]


def test_the_page_shows_lines_and_fates_in_the_givers_numbers(
    visitor: Visitor, session: Session, house: House, make_lot: MakeLot, coordinator: Actor, controller: Actor
) -> None:
    from refurb.core.workflow import Action
    from refurb.devices import services as devices
    from refurb.devices.models import Device
    from refurb.documents import services as documents
    from refurb.donations import arrivals, offers, papers, queries, services
    from refurb.web import now

    lot, token = make_lot()
    lines = session.scalars(sa.select(LotLine).where(LotLine.lot_id == lot.id).order_by(LotLine.position)).all()
    services.refuse_lines(session, lot, [lines[1].id], reason="too-old", by=coordinator, at=now())
    services.accept_lines(session, lot, [lines[0].id], by=coordinator, at=now())
    share = offers.offer(session, lot, house.near, {lines[0].id: 1}, by=coordinator, at=now())
    offers.answer(session, share, accepted=True, by=controller, at=now())
    offers.collect(session, share, count=1, by=controller, at=now())
    (device,) = arrivals.receive_line(session, share, lines[0].id, place_id=None, by=controller, at=now())
    arrivals.finish(session, share, chargers=None, by=controller, at=now())
    found = queries.share_by_id(session, lot.code, share.id, seen_by=controller)
    assert found is not None
    document = papers.intake_certificate(
        session, found, queries.arrivals_of(session, share.id), by=controller, at=now()
    )
    assert document is not None
    page = visitor.get(f"/gift/{token}")
    said = page.words()
    assert "INV-1" in said
    assert display(device.code) in said
    assert "En préparation" in said
    assert "Trop ancien" in said
    assert document.number in said
    assert visitor.client.get(f"/gift/{token}/documents/{document.code}.pdf").status_code == 202
    documents.render(session, document.id, by=controller, at=now())
    answer = visitor.client.get(f"/gift/{token}/documents/{document.code}.pdf")
    assert answer.data.startswith(b"%PDF")
    visitor.get(f"/gift/{token}/documents/F0000000000.pdf", status=404)

    devices.move(session, session.get_one(Device, device.id), Action.GIVE_BACK, by=controller, at=now(),
                 payload={"motive": "trop abîmé"})  # fmt: skip
    page = visitor.get(f"/gift/{token}")
    assert "Rendue" in page.words()
    assert [each.get_text() for each in page.one("dl.figures").select("dt")] == ["rendue"]
    table = visitor.client.get(f"/gift/{token}.csv").get_data(as_text=True)
    assert "INV-1" in table
    assert "Rendue" in table


def test_a_link_is_passed_on_changed_and_closed(visitor: Visitor, session: Session, make_lot: MakeLot) -> None:
    _lot, token = make_lot()
    page = visitor.post(f"/gift/{token}/forward", {"email": "pas une adresse"}, status=422)
    assert "nom@domaine.fr" in page.words()
    visitor.post(f"/gift/{token}/forward", {"email": "suite@example.org"})
    (mail,) = mails(session)
    assert (mail["to"], mail["template"]) == ("suite@example.org", "gift_forwarded")
    other = path_of(mail)
    visitor.get(other)

    page = visitor.post(f"/gift/{token}/renew")
    fresh = page.response.request.path
    assert fresh != f"/gift/{token}"
    visitor.get(f"/gift/{token}", status=404)
    visitor.post(f"{fresh}/revoke", {"which": "others"})
    visitor.get(other, status=404)
    visitor.get(fresh)
    page = visitor.post(f"{fresh}/revoke")
    assert "n'ouvre plus rien" in page.words()
    visitor.get(fresh, status=404)
    assert all(link.token_hash not in fresh for link in session.scalars(sa.select(LotLink)))


def test_forwarding_is_throttled(visitor: Visitor, make_lot: MakeLot) -> None:
    _lot, token = make_lot()
    for _ in range(10):
        visitor.post(f"/gift/{token}/forward", {"email": "suite@example.org"}, follow=False, status=303)
    visitor.post(f"/gift/{token}/forward", {"email": "suite@example.org"}, status=429)


def test_a_lost_link_goes_to_known_addresses_only_and_the_answer_never_tells(
    visitor: Visitor, session: Session, make_lot: MakeLot
) -> None:
    lot, _token = make_lot()
    right = visitor.post("/give/find", {"siret": siret(4242), "code": display(lot.code)}).words()
    (mail,) = mails(session)
    assert (mail["to"], mail["template"]) == ("camille@example.org", "gift_found")
    visitor.get(path_of(mail))
    for siret_typed, code in (
        (siret(4243), lot.code),
        (siret(4242), "D4900999912"),
        (siret(4242), "n'importe quoi"),
    ):
        assert visitor.post("/give/find", {"siret": siret_typed, "code": code}).words() == right
    assert len(mails(session)) == 1
    visitor.post("/give/find", {"siret": "", "code": ""}, status=422)


def test_a_made_up_link_opens_nothing(visitor: Visitor) -> None:
    for token in ("x", "a" * 32, "a" * 300, "%3Cscript%3E", "..%2F..%2Fetc"):
        visitor.get(f"/gift/{token}", status=404)


def test_deposit_at_the_counter(visitor: Visitor, session: Session, house: House) -> None:
    from refurb.core.equipment import Origin
    from refurb.devices.models import Device
    from refurb.documents.models import Document
    from refurb.donations.models import Lot

    visitor.sign_in(house.technician, house.near)
    visitor.get("/donations/deposit")
    page = visitor.submit(form="laptop", maker="HP", model="ProBook", serial="5CG9990ABC", has_charger="y")
    assert "Imprimer l'étiquette" in page.words()
    device = session.scalars(sa.select(Device)).one()
    lot = session.scalars(sa.select(Lot)).one()
    assert (device.origin, device.holder_id, device.serial) == (Origin.PRIVATE, house.near.id, "5CG9990ABC")
    assert (lot.contacts, lot.siret, lot.closed_at is not None) == ([], None, True)
    assert session.scalars(sa.select(Document)).one().kind == "deposit_receipt"
    page = visitor.post(
        "/donations/deposit", {"form": "laptop", "maker": "HP", "serial": "5CG9990ABC", "disk_wish": "wipe"}, status=422
    )
    assert "porte déjà ce numéro" in page.words()
    page = visitor.post(
        "/donations/deposit", {"form": "laptop", "maker": "HP", "disk_wish": "wipe", "label": device.code}, status=422
    )
    assert "vierge" in page.words()
    visitor.post("/donations/deposit", {"form": "", "disk_wish": "wipe", "model": "x" * 300}, status=422)
    visitor.sign_in(house.coordinator, house.coordination)
    visitor.post("/donations/deposit", {"form": "tablet", "disk_wish": "wipe", "maker": "Samsung"}, status=422)
    brought = {"form": "tablet", "disk_wish": "wipe", "workshop": str(house.far.id)}
    assert "au moins la marque" in visitor.post("/donations/deposit", brought, status=422).words()
    visitor.post("/donations/deposit", {**brought, "maker": "Samsung"})
