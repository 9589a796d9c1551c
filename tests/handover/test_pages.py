"""The pages of a hand-over, as the people around it use them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from refurb.core.identity import display
from refurb.core.permissions import OrganisationRole, Role
from refurb.core.workflow import Status
from tests.conftest import NOON
from tests.handover.test_planning import plan

if TYPE_CHECKING:
    from typing import Any

    from refurb.db import Session
    from refurb.security import Actor
    from tests.conftest import Clock
    from tests.handover.chain import Chain
    from tests.visitor import Visitor


def sign_in(visitor: Visitor, session: Session, actor: Actor) -> Visitor:
    from refurb.accounts.models import Account

    return visitor.sign_in(session.get_one(Account, actor.id))


def codes(session: Session, reservation: Any) -> tuple[str, str]:
    from refurb.devices.models import Device
    from refurb.needs.models import Need

    need, device = session.get_one(Need, reservation.need_id), session.get_one(Device, reservation.device_id)
    return need.code, device.code


def test_the_service_agrees_on_a_time_and_the_agent_finds_it(visitor: Visitor, session: Session, chain: Chain) -> None:
    need, _ = codes(session, chain.reserved())
    sign_in(visitor, session, chain.prescriber)
    assert "Sans rendez-vous" in visitor.get("/handover/").words()
    visitor.get(f"/handover/{need}/plan")
    page = visitor.submit(day="2026-11-17", hour="08:00", status=422)
    assert "Cette date est passée" in page.words()
    page = visitor.submit(day="2026-11-18", hour="14:30")
    assert "mercredi 18 novembre, 14:30" in page.words()
    assert "mardi et jeudi, 9 h à 12 h" in page.words()

    sign_in(visitor, session, chain.agent)
    words = visitor.get("/handover/").words()
    assert display(need).replace(" ", "") in words.replace("\u00a0", "").replace(" ", "")
    assert "mercredi 18 novembre" in words


def test_the_desk_from_the_scan_to_the_papers(visitor: Visitor, session: Session, chain: Chain) -> None:
    from refurb import outbox
    from refurb.devices.models import Device

    reservation = chain.reserved()
    plan(chain, reservation, NOON + timedelta(hours=1))
    session.commit()
    need, device = codes(session, reservation)
    sign_in(visitor, session, chain.agent)
    # The paper's code opens the case; the machine is asked for.
    visitor.get(f"/handover/find?code={need}")
    assert visitor.page is not None
    assert visitor.page.response.request.path == f"/handover/{need}"
    page = visitor.submit('form[method="get"].form', device="R4900099979")
    assert "Ce n'est pas la bonne machine" in page.words()
    # An AZERTY gun types the right one, in its own way.
    mangled = device.translate(str.maketrans("0123456789", "à&é\"'(-è_ç"))
    page = visitor.submit('form[method="get"].form', device=mangled)
    assert "C'est la bonne machine" in page.words()
    form = f'form[action="/handover/{need}"]'
    page = visitor.submit(form, mode="loan", signature="signed", status=422)
    assert "Dites jusqu'à quand la machine est prêtée." in page.words()
    page = visitor.submit(form, mode="loan", loan_until="2027-11-17", signature="mark", price="10", status=422)
    assert "Un prêt est gratuit" in page.words()
    page = visitor.submit(form, mode="loan", loan_until="2027-11-17", signature="mark", price="")
    assert "La machine est remise" in page.words()
    assert "Convention de prêt" in page.words()
    assert session.get_one(Device, reservation.device_id).status is Status.ON_LOAN
    # The back button and a second press lead to the same hand-over.
    path = page.response.request.path
    assert visitor.get(f"/handover/{need}").response.request.path == path
    assert visitor.post(f"/handover/{need}", {"mode": "loan"}).response.request.path == path

    outbox.drain(session)
    for link in page.select('a[href$=".pdf"]'):
        assert visitor.get(str(link["href"])).response.data.startswith(b"%PDF")
    # The service whose case it is reads the papers too; another service does not see the hand-over at all.
    done = page.response.request.path
    papers = [str(link["href"]) for link in page.select('a[href$=".pdf"]')]
    sign_in(visitor, session, chain.prescriber)
    visitor.get(done)
    visitor.get(papers[0])


def test_the_slip_of_a_case_without_a_date_names_its_place(visitor: Visitor, session: Session, chain: Chain) -> None:
    """A machine is set aside, nothing is agreed yet: the household goes where it was asked to come."""
    need, _ = codes(session, chain.reserved())
    sign_in(visitor, session, chain.prescriber)
    assert chain.place.name in visitor.get(f"/needs/{need}/slip").words()
    assert visitor.client.get(f"/needs/{need}/slip.pdf").mimetype == "application/pdf"


def test_a_makers_serial_opens_the_right_machine(visitor: Visitor, session: Session, chain: Chain) -> None:
    from refurb.devices.models import Device

    reservation = chain.reserved()
    need, _ = codes(session, reservation)
    serial = session.get_one(Device, reservation.device_id).serial
    sign_in(visitor, session, chain.agent)
    assert "C'est la bonne machine" in visitor.get(f"/handover/{need}?device={serial}").words()


def test_what_may_not_leave_says_why_and_offers_no_form(visitor: Visitor, session: Session, chain: Chain) -> None:
    from refurb.devices.models import Device

    reservation = chain.reserved()
    session.get_one(Device, reservation.device_id).charger = None
    session.commit()
    need, device = codes(session, reservation)
    sign_in(visitor, session, chain.agent)
    page = visitor.get(f"/handover/{need}?device={device}")
    assert "L'atelier doit en joindre un" in page.words()
    assert not page.select(f'form[action="/handover/{need}"] [name="mode"]')


def test_a_mode_that_is_closed_is_named_with_its_reason(visitor: Visitor, session: Session, chain: Chain) -> None:
    need, device = codes(session, chain.reserved(need=chain.need(loan_suits=False)))
    sign_in(visitor, session, chain.agent)
    page = visitor.get(f"/handover/{need}?device={device}")
    assert "Prêt : La demande ne prévoit pas ce mode." in page.words()
    assert [str(tag["value"]) for tag in page.select('[name="mode"]')] == ["gift", "solidarity_sale"]


def test_nobody_came(visitor: Visitor, session: Session, chain: Chain, clock: Clock) -> None:
    reservation = chain.reserved()
    plan(chain, reservation, NOON + timedelta(hours=1))
    session.commit()
    need, _ = codes(session, reservation)
    sign_in(visitor, session, chain.agent)
    visitor.get(f"/handover/{need}")
    assert visitor.page is not None
    assert not visitor.page.select(f'form[action="/handover/{need}/missed"]'), "not before the hour"
    clock.move(hours=2)
    visitor.get(f"/handover/{need}")
    page = visitor.submit(f'form[action="/handover/{need}/missed"]')
    assert "Un rendez-vous a déjà été manqué" in page.words()


def test_a_workshop_prepares_and_does_not_hand_over(visitor: Visitor, session: Session, chain: Chain) -> None:
    need, device = codes(session, chain.reserved())
    sign_in(visitor, session, chain.technician)
    visitor.get(f"/handover/{need}?device={device}")
    page = visitor.submit(f'form[action="/handover/{need}/prepare"]')
    assert "prête à remettre" in page.words()
    visitor.post(f"/handover/{need}", {"scanned": device, "mode": "gift", "signature": "signed"}, status=403)


def test_a_stranger_sees_no_case(
    visitor: Visitor, session: Session, chain: Chain, make_organisation: Any, make_actor: Any
) -> None:
    need, device = codes(session, chain.reserved())
    other = make_actor(make_organisation(OrganisationRole.HANDOVER_POINT), Role.HANDOVER_AGENT)
    session.commit()
    sign_in(visitor, session, other)
    visitor.get(f"/handover/{need}", status=404)
    assert "mis de côté pour aucune remise" in visitor.get(f"/handover/find?code={device}").words()
    assert "pas un code lisible" in visitor.get("/handover/find?code=bonjour").words()


def test_the_day_asks_as_many_statements_for_ten_as_for_one(session: Session, chain: Chain) -> None:
    from refurb.handover import queries

    def statements() -> int:
        asked: list[str] = []

        def note(*args: Any) -> None:
            asked.append(args[2])

        bind = session.connection()
        session.expire_all()
        sa.event.listen(bind, "before_cursor_execute", note)
        cases = queries.agenda(session, seen_by=chain.agent, until=NOON + timedelta(days=7))
        for case in cases:
            # What a line of the day says.
            assert case.place is not None
            assert all((case.place.name, case.need.code, case.device.form, case.device.status))
            assert case.reservation.expires_at
        sa.event.remove(bind, "before_cursor_execute", note)
        return len(asked)

    plan(chain, chain.reserved())
    session.commit()
    one = statements()
    for _ in range(3):
        plan(chain, chain.reserved())
    session.commit()
    assert statements() == one


def test_the_service_goes_from_its_case_to_the_hand_over_and_back_to_its_papers(
    visitor: Visitor, session: Session, chain: Chain, clock: Clock
) -> None:
    from refurb.matching import services as matching
    from tests.handover.test_desk import hand_over

    reservation = chain.reserved()
    matching.accept(session, reservation, by=chain.prescriber, at=NOON)
    session.commit()
    need, _ = codes(session, reservation)
    sign_in(visitor, session, chain.prescriber)
    box = visitor.get(f"/needs/{need}").one(".next")
    assert "Convenir d'un rendez-vous" in box.get_text()
    assert box.select(f'a[href="/handover/{need}"]')
    plan(chain, reservation)
    session.commit()
    box = visitor.get(f"/needs/{need}").one(".next")
    assert "Rendez-vous le mercredi 18 novembre, 12:00" in box.get_text()
    assert chain.place.name in box.get_text()
    clock.move(days=1, hours=1)
    assert "la machine a-t-elle été remise" in visitor.get(f"/needs/{need}").one(".next").get_text()
    clock.move(days=-1, hours=-1)
    hand_over(chain, reservation)
    session.commit()
    page = visitor.get(f"/needs/{need}")
    assert "Machine remise" in page.words()
    assert "À imprimer et à signer" in visitor.get(f"/handover/find?code={need}").words()
