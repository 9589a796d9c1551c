"""From the offer to the door: lines accepted or refused, a lot offered whole or split, answered, collected."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.equipment import Form
from refurb.core.permissions import OrganisationRole, Role
from refurb.donations.models import LineState, Lot, LotLine, LotShare
from refurb.outbox import OutboxRow
from tests.factories import siret

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.security import Actor
    from tests.department import MakeLot
    from tests.donations.conftest import House
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor


def lines_of(session: Session, lot: Lot) -> list[LotLine]:
    """Return the lines of a lot, fresh."""
    session.expire_all()
    return list(session.scalars(sa.select(LotLine).where(LotLine.lot_id == lot.id).order_by(LotLine.position)))


def mails(session: Session) -> list[dict[str, Any]]:
    """Return the messages that wait to leave."""
    return [row.payload for row in session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "mail.send"))]


def share_of(session: Session, lot: Lot) -> LotShare:
    """Return the only share of a lot."""
    session.expire_all()
    return session.scalars(sa.select(LotShare).where(LotShare.lot_id == lot.id)).one()


def test_a_lot_walks_from_the_list_to_the_lorry(
    visitor: Visitor, session: Session, house: House, make_lot: MakeLot
) -> None:
    lot, _token = make_lot()
    visitor.sign_in(house.coordinator, house.coordination)
    page = visitor.get("/donations/")
    assert "Menuiserie" in page.words()
    page = visitor.get(f"/donations/{lot.code}")
    refused = str(lines_of(session, lot)[1].id)
    page = visitor.post(f"/donations/{lot.code}/lines", {"do": "refuse", "line": [refused], "reason": "no-room"})
    assert "Plus de place" in page.words()
    page = visitor.post(f"/donations/{lot.code}/lines", {"do": "accept-all"})
    assert [line.state.value for line in lines_of(session, lot)] == ["accepted", "refused", "accepted", "accepted"]
    (told,) = mails(session)
    assert (told["to"], told["template"]) == ("camille@example.org", "gift_examined")
    assert (told["context"]["accepted"], told["context"]["refused"]) == (11, 1)

    page = visitor.get(f"/donations/{lot.code}/offer")
    names = [label.strong.get_text() for label in page.select("label.form-check-label") if label.strong]
    assert names == ["Atelier d'Angers", "Atelier de Saumur"]
    page = visitor.post(f"/donations/{lot.code}/offer", {"workshop": str(house.near.id), "part": "all"})
    share = share_of(session, lot)
    assert {line.share_id for line in lines_of(session, lot) if line.state is LineState.ACCEPTED} == {share.id}

    visitor.sign_in(house.technician, house.near)
    page = visitor.get(f"/donations/{lot.code}")
    assert "vous est proposé" in page.words()
    assert "5CG1234ABD" not in page.words()
    page = visitor.post(f"/donations/{lot.code}/shares/{share.id}/answer", {"do": "accept"})
    assert page.response.request.path.endswith("/pickup")
    page = visitor.post(f"/donations/{lot.code}/shares/{share.id}/pickup", {"on": "2026-12-01", "window": "9 h"})
    assert "Bon d'enlèvement" in page.words()
    assert mails(session)[-1]["template"] == "gift_pickup"
    page = visitor.post(f"/donations/{lot.code}/shares/{share.id}/collect", {"count": "11"})
    assert page.response.request.path.endswith("/count")
    assert {line.state for line in lines_of(session, lot)} == {LineState.COLLECTED, LineState.REFUSED}


def test_a_workshop_that_declines_says_why_and_frees_the_lines(
    visitor: Visitor, session: Session, house: House, make_lot: MakeLot, coordinator: Actor
) -> None:
    from refurb.donations import offers, services
    from refurb.web import now

    lot, _token = make_lot()
    services.accept_lines(session, lot, [line.id for line in lines_of(session, lot)], by=coordinator, at=now())
    share = offers.offer(session, lot, house.near, {lines_of(session, lot)[0].id: 1}, by=coordinator, at=now())
    visitor.sign_in(house.technician, house.near)
    address = f"/donations/{lot.code}/shares/{share.id}/answer"
    page = visitor.post(address, {"do": "decline", "motive": ""}, status=422)
    assert "Dites pourquoi" in page.words()
    visitor.post(address, {"do": "decline", "motive": "plus de place"})
    share = share_of(session, lot)
    assert (share.accepted, share.motive) == (False, "plus de place")
    assert lines_of(session, lot)[0].share_id is None
    visitor.get(f"/donations/{lot.code}", status=404)


def test_part_of_a_line_may_be_offered(session: Session, house: House, make_lot: MakeLot, coordinator: Actor) -> None:
    from refurb.donations import offers, services
    from refurb.donations.services import GiftRefused
    from refurb.web import now

    lot, _token = make_lot([{"form": Form.MONITOR, "quantity": 12}])
    (line,) = lines_of(session, lot)
    services.accept_lines(session, lot, [line.id], by=coordinator, at=now())
    with pytest.raises(GiftRefused) as refusal:
        offers.offer(session, lot, house.near, {line.id: 13}, by=coordinator, at=now())
    assert refusal.value.code == "too-many"
    first = offers.offer(session, lot, house.near, {line.id: 5}, by=coordinator, at=now())
    rest = next(one for one in lines_of(session, lot) if one.share_id is None)
    second = offers.offer(session, lot, house.far, {rest.id: 7}, by=coordinator, at=now())
    assert {one.share_id: one.quantity for one in lines_of(session, lot)} == {first.id: 5, second.id: 7}
    with pytest.raises(GiftRefused) as refusal:
        offers.offer(session, lot, house.far, {rest.id: 1}, by=coordinator, at=now())
    assert refusal.value.code == "not-free"
    with pytest.raises(GiftRefused) as refusal:
        services.accept_lines(session, lot, [rest.id], by=coordinator, at=now())
    assert refusal.value.code == "already-offered"


def test_workshops_are_suggested_by_perimeter_and_room(
    session: Session, house: House, make_lot: MakeLot, coordinator: Actor
) -> None:
    from refurb.donations import offers, queries, services
    from refurb.web import now

    lot, _token = make_lot()
    start = now() - timedelta(days=2)
    before = queries.suggestions(session, lot, 8, month_start=start)
    assert [(s.workshop.name, s.band, s.room, s.fits) for s in before] == [
        ("Atelier d'Angers", "here", 10, True),
        ("Atelier de Saumur", "far", 100, True),
    ]
    line = lines_of(session, lot)[2]
    services.accept_lines(session, lot, [line.id], by=coordinator, at=now())
    offers.offer(session, lot, house.near, {line.id: 4}, by=coordinator, at=now())
    after = queries.suggestions(session, lot, 8, month_start=start)
    assert [(s.room, s.fits) for s in after] == [(6, False), (100, True)]


def test_an_offer_may_be_withdrawn_until_the_pickup(
    visitor: Visitor, session: Session, house: House, make_lot: MakeLot, coordinator: Actor, controller: Actor
) -> None:
    from refurb.donations import offers, services
    from refurb.donations.services import GiftRefused
    from refurb.web import now

    lot, _token = make_lot()
    line = lines_of(session, lot)[0]
    services.accept_lines(session, lot, [line.id], by=coordinator, at=now())
    share = offers.offer(session, lot, house.near, {line.id: 1}, by=coordinator, at=now())
    visitor.sign_in(house.coordinator, house.coordination)
    visitor.post(f"/donations/{lot.code}/shares/{share.id}/withdraw")
    assert lines_of(session, lot)[0].share_id is None
    share = offers.offer(session, lot, house.near, {line.id: 1}, by=coordinator, at=now())
    with pytest.raises(GiftRefused) as refusal:
        offers.collect(session, share, count=1, by=controller, at=now())
    assert refusal.value.code == "not-accepted"
    offers.answer(session, share, accepted=True, by=controller, at=now())
    offers.collect(session, share, count=1, by=controller, at=now())
    with pytest.raises(GiftRefused) as refusal:
        offers.withdraw(session, share, by=coordinator, at=now())
    assert refusal.value.code == "already-collected"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"do": "accept"}, "Cochez d'abord"),
        ({"do": "refuse", "line": ["1"], "reason": ""}, "Choisissez une raison"),
        ({"do": "accept", "line": ["99999999"]}, "plus dans ce don"),
    ],
)
def test_a_refused_deed_says_what_to_do(
    visitor: Visitor, house: House, make_lot: MakeLot, data: dict[str, Any], said: str
) -> None:
    lot, _token = make_lot()
    visitor.sign_in(house.coordinator, house.coordination)
    assert said in visitor.post(f"/donations/{lot.code}/lines", data, status=422).words()


def test_a_refusal_without_its_reason_keeps_the_ticks(
    visitor: Visitor, session: Session, house: House, make_lot: MakeLot
) -> None:
    lot, _token = make_lot()
    line = lines_of(session, lot)[0]
    visitor.sign_in(house.coordinator, house.coordination)
    page = visitor.post(f"/donations/{lot.code}/lines", {"do": "refuse", "line": [str(line.id)]}, status=422)
    assert [box["value"] for box in page.select("[name=line][checked]")] == [str(line.id)]


def test_nobody_opens_a_lot_that_is_not_theirs(
    visitor: Visitor, session: Session, house: House, make_lot: MakeLot, coordinator: Actor,
    make_organisation: MakeOrganisation, make_account: MakeAccount,
) -> None:  # fmt: skip
    from refurb.donations import offers, services
    from refurb.web import now

    lot, _token = make_lot()
    line = lines_of(session, lot)[0]
    services.accept_lines(session, lot, [line.id], by=coordinator, at=now())
    share = offers.offer(session, lot, house.near, {line.id: 1}, by=coordinator, at=now())
    visitor.sign_in(house.stranger, house.far)
    visitor.get(f"/donations/{lot.code}", status=404)
    visitor.get(f"/donations/{lot.code}/shares/{share.id}/count", status=404)
    visitor.post(f"/donations/{lot.code}/shares/{share.id}/answer", {"do": "accept"}, status=404)
    assert "Menuiserie" not in visitor.get("/donations/").words()
    visitor.get(f"/donations/{lot.code}/offer", status=403)

    other = make_organisation(OrganisationRole.SUPPLIER, siret=siret(999))
    visitor.sign_in(make_account({other: [Role.SUPPLIER]}), other)
    visitor.get(f"/donations/mine/{lot.code}", status=404)
    visitor.get(f"/donations/mine/{lot.code}.csv", status=404)


def test_a_known_giver_finds_its_gift_in_its_account(
    visitor: Visitor, house: House, make_lot: MakeLot, make_organisation: MakeOrganisation, make_account: MakeAccount
) -> None:
    giver = make_organisation(OrganisationRole.SUPPLIER, name="Menuiserie", siret=siret(4242))
    lot, _token = make_lot()
    assert lot.supplier_id == giver.id
    visitor.sign_in(make_account({giver: [Role.SUPPLIER]}), giver)
    page = visitor.get("/donations/mine")
    assert page.select_one(f'a[href="/donations/mine/{lot.code}"]')
    page = visitor.get(f"/donations/{lot.code}")
    assert page.response.request.path == f"/donations/mine/{lot.code}"
    assert "INV-1" in page.words()


def test_the_coordination_ties_a_lot_to_an_organisation(
    visitor: Visitor, session: Session, house: House, make_lot: MakeLot, make_organisation: MakeOrganisation
) -> None:
    lot, _token = make_lot()
    giver = make_organisation(OrganisationRole.SUPPLIER, name="La Menuiserie")
    visitor.sign_in(house.coordinator, house.coordination)
    visitor.post(f"/donations/{lot.code}/supplier", {"supplier": str(house.near.id)})
    visitor.post(f"/donations/{lot.code}/supplier", {"supplier": str(giver.id)})
    session.expire_all()
    assert session.get_one(Lot, lot.id).supplier_id == giver.id


def test_pages_ask_the_database_as_much_for_ten_as_for_one(
    visitor: Visitor, house: House, make_lot: MakeLot, count_queries: Any
) -> None:
    few, few_token = make_lot([{"form": Form.LAPTOP, "serial": "ABC0001"}])
    visitor.sign_in(house.coordinator, house.coordination)
    addresses = ["/donations/", f"/donations/{few.code}", f"/gift/{few_token}"]
    for address in addresses:
        visitor.get(address)
    with count_queries() as one:
        for address in addresses:
            visitor.get(address)
    for number in range(9):
        many, many_token = make_lot([{"form": Form.LAPTOP, "serial": f"ABC1{number}{n:02}"} for n in range(10)])
    with count_queries() as ten:
        for address in ["/donations/", f"/donations/{many.code}", f"/gift/{many_token}"]:
            visitor.get(address)
    assert len(ten) == len(one) > 0


def test_the_desk_opens_a_lot_by_its_code_and_its_papers_follow_it(
    session: Session, house: House, make_lot: MakeLot, coordinator: Actor, controller: Actor, app: Any
) -> None:
    from refurb.documents.registry import SEES
    from refurb.donations.hooks import open_lot

    lot, _token = make_lot()
    with app.test_request_context():
        opened = open_lot(session, lot.code, coordinator)
        assert opened is not None
        assert opened.url == f"/donations/{lot.code}"
        assert open_lot(session, lot.code, controller) is None
    assert SEES["lot"](session, lot.id, coordinator)
    assert not SEES["lot"](session, lot.id, controller)


def test_drafts_are_forgotten_with_their_lists(session: Session) -> None:
    from datetime import date

    from refurb.blobs import Blob
    from refurb.donations import drafts
    from refurb.donations.lists import read_list
    from refurb.sheets import read
    from refurb.web import now

    draft, _token = drafts.begin(session, at=now())
    reading = read_list(read(b"Type;S/N\nPortable;ABC1234\n"), today=date(2026, 11, 17))
    drafts.keep_list(session, draft, reading, name="liste.csv", at=now())
    assert [line.serial for line in drafts.list_lines(session, draft)] == ["ABC1234"]
    assert drafts.list_lines(session, draft) == reading.lines
    assert drafts.tidy(session, now()) == 0
    assert drafts.tidy(session, now() + timedelta(days=31)) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(Blob)) == 0


def test_two_workshops_of_one_gift_keep_their_papers_to_themselves(
    visitor: Visitor, session: Session, house: House, make_lot: MakeLot, coordinator: Actor
) -> None:
    """And neither decides on the lines that are offered to nobody yet: that is the coordination's."""
    from refurb.documents.models import Document
    from refurb.donations import offers, services
    from refurb.web import now

    lot, _token = make_lot()
    lines = lines_of(session, lot)
    services.accept_lines(session, lot, [line.id for line in lines[:2]], by=coordinator, at=now())
    for workshop, line in ((house.near, lines[0]), (house.far, lines[1])):
        share = offers.offer(session, lot, workshop, {line.id: 1}, by=coordinator, at=now())
        offers.answer(session, share, accepted=True, by=coordinator, at=now())
    session.commit()
    near = session.scalars(sa.select(LotShare).where(LotShare.workshop_id == house.near.id)).one()

    visitor.sign_in(house.technician, house.near)
    visitor.post(f"/donations/{lot.code}/shares/{near.id}/pickup", {"on": "2026-12-01", "window": "9 h"})
    paper = session.scalars(sa.select(Document)).one()
    assert paper.number in visitor.get(f"/donations/{lot.code}").words()
    visitor.get(f"/documents/{paper.code}")

    visitor.sign_in(house.stranger, house.far)
    assert paper.number not in visitor.get(f"/donations/{lot.code}").words()
    visitor.get(f"/documents/{paper.code}", status=404)
    visitor.post(f"/donations/{lot.code}/lines", {"do": "accept-all"}, status=403)
    assert lines_of(session, lot)[2].state is LineState.DECLARED

    visitor.sign_in(house.coordinator, house.coordination)
    visitor.get(f"/documents/{paper.code}")


def test_a_lot_refused_whole_is_over_and_opens_again_when_reconsidered(
    session: Session, house: House, make_lot: MakeLot, coordinator: Actor
) -> None:
    from refurb.donations import services
    from refurb.web import now

    lot, _token = make_lot()
    ids = [line.id for line in lines_of(session, lot)]
    services.refuse_lines(session, lot, ids[:-1], reason="too-old", by=coordinator, at=now())
    assert lot.closed_at is None
    services.refuse_lines(session, lot, ids[-1:], reason="too-old", by=coordinator, at=now())
    assert lot.closed_at is not None
    services.reconsider_lines(session, lot, ids[:1], by=coordinator, at=now())
    assert lot.closed_at is None


def test_the_regime_may_change_until_something_has_left(
    visitor: Visitor, session: Session, house: House, make_lot: MakeLot, coordinator: Actor
) -> None:
    from refurb.donations import offers, services
    from refurb.web import now

    lot, _token = make_lot()
    visitor.sign_in(house.coordinator, house.coordination)
    address = f"/donations/{lot.code}/regime"
    visitor.post(address, {"regime": "patronage"})
    session.refresh(lot)
    assert lot.regime.value == "patronage"
    page = visitor.post(address, {"regime": "public_body"})
    assert "ne va pas avec" in page.words()
    ids = {line.id: line.quantity for line in lines_of(session, lot)}
    services.accept_lines(session, lot, ids, by=coordinator, at=now())
    share = offers.offer(session, lot, house.near, ids, by=coordinator, at=now())
    offers.answer(session, share, accepted=True, by=coordinator, at=now())
    offers.collect(session, share, count=3, by=coordinator, at=now())
    session.flush()
    page = visitor.post(address, {"regime": "gift"})
    assert "déjà eu lieu" in page.words()
    session.refresh(lot)
    assert lot.regime.value == "patronage"


def test_the_agreement_says_what_is_given_and_what_may_become_of_it(
    visitor: Visitor, session: Session, house: House, make_lot: MakeLot, coordinator: Actor
) -> None:
    from refurb.documents.models import Document
    from refurb.donations import offers, services
    from refurb.organisations.models import LegalType
    from refurb.web import now

    lot, token = make_lot(legal_type=LegalType.LOCAL_AUTHORITY)
    ids = {line.id: line.quantity for line in lines_of(session, lot)}
    services.accept_lines(session, lot, ids, by=coordinator, at=now())
    share = offers.offer(session, lot, house.near, ids, by=coordinator, at=now())
    offers.answer(session, share, accepted=True, by=coordinator, at=now())
    session.flush()
    visitor.sign_in(house.technician, house.near)
    address = f"/donations/{lot.code}/shares/{share.id}/agreement"
    visitor.get(address)
    filled = {"collect_before": "2026-12-31", "act_reference": "Délibération 2026-41", "act_on": "2026-11-02"}
    visitor.post(address, filled)
    paper = session.scalars(sa.select(Document).where(Document.kind == "donation_agreement")).one()
    assert (paper.data["act_reference"], paper.data["collect_before"]) == ("Délibération 2026-41", "2026-12-31")
    # An ordinary association may not receive from a public body, so it may not sell on either.
    assert (paper.data["origin"], paper.data["resale"]) == ("public", "none")
    assert mails(session)[-1]["template"] == "gift_agreement"
    assert "Convention de don" in visitor.get(f"/gift/{token}").words()
    visitor.sign_in(house.stranger, house.far)
    visitor.get(address, status=404)
