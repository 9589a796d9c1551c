"""The board, the rule, the minutes, the waits and the rounds, as visits."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.equipment import Form, Recipient
from refurb.core.needs import Ergonomics, Motive
from refurb.core.permissions import OrganisationRole, Role
from refurb.matching.models import Proposal, ProposalState, Trial
from tests.conftest import NOON
from tests.department import TODAY

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from refurb.security import Actor
    from tests.department import MakeNeed, StockDevice
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Page, Visitor


@pytest.fixture
def desk(visitor: Visitor, make_account: MakeAccount, coordination: Organisation) -> Visitor:
    """Somebody of the coordination, signed in."""
    return visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}))


def test_from_a_run_to_the_minutes(
    desk: Visitor, session: Session, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    urgent, plain = make_need(motive=Motive.LOSS_OF_RIGHTS), make_need()
    large = make_need(ergonomics=frozenset({Ergonomics.LARGE_SCREEN}))
    device, _other = stock_device(), stock_device(form=Form.TABLET, cpu_class=1)
    page = desk.get("/matching/")
    assert page.select_one('nav a[aria-current="page"]').text.strip() == "Attribution"  # type: ignore[union-attr]
    page = desk.post("/matching/run", {"kind": "dry"})
    assert "rien n'est proposé à personne" in page.words()
    assert not page.select('form[action$="/accept"]')
    page = desk.post("/matching/run", {"kind": "real", "seed": "tirée le 17"})
    run = page.response.request.path
    assert "tirée le 17" in page.words()
    assert [code.get_text(strip=True).replace(" ", "") for code in page.select("tbody th .code")] == [urgent.code]
    page = desk.get(f"{run}/waiting")
    assert "D'autres dossiers passent avant" in page.words()
    assert "Aucune machine en stock ne convient aujourd'hui." in page.words()
    assert desk.get(f"{run}/waiting?reason=outranked").select("tbody tr")
    page = desk.get(f"{run}/waiting?profile=P6")
    assert not page.select("tbody tr")
    desk.get(f"{run}/kept_out")
    # Another case for that machine: the cost first, then a motive.
    page = desk.get(f"{run}/change?device={device.code}")
    assert plain.code in page.words().replace(" ", "")
    page = desk.get(f"{run}/change?device={device.code}&need={plain.code}")
    assert "1 dossier y perd sa machine" in page.words()
    assert urgent.code in page.words().replace(" ", "")
    fields = {"need": plain.code, "device": device.code}
    seen = str(page.one('input[name="seen"]')["value"])
    page = desk.post(f"{run}/change", fields | {"seen": seen, "motive": ""})
    assert "Choisissez un motif de la liste." in page.words()
    page = desk.post(f"{run}/change", fields | {"seen": seen, "motive": "more-urgent"})
    assert "décision différente" in page.words()
    page = desk.get(f"{run}/decisions")
    assert "Un autre dossier est plus urgent" in page.words()
    row = session.scalars(sa.select(Proposal).where(Proposal.live, Proposal.state == ProposalState.PENDING)).one()
    page = desk.post(f"{run}/accept", {"proposal": str(row.id)})
    assert "La machine est mise de côté" in page.words()
    page = desk.post(f"{run}/accept", {"proposal": str(row.id)})
    assert "Quelqu'un vient de décider de cette proposition" in page.words()
    page = desk.get(f"{run}/minutes")
    figures = dict(zip(_texts(page, "main dt"), _texts(page, "main dd"), strict=True))
    # One was served of three: the small number, its points, and those counted, which would tell it.
    for name in (
        "Servies par la règle",
        "Points servis",
        "Demandes comptées",
        "Mises de côté",
        "Angers Loire Métropole",
    ):
        assert figures[name] == "masqué"
    assert figures["Machines en stock"] == "2"
    page = desk.post(f"{run}/minutes", {})
    assert "Établi le" in page.words()
    assert large.code not in page.words().replace(" ", "")
    page = desk.post(f"{run}/minutes", {})
    desk.get("/matching/")


def _texts(page: Page, selector: str) -> list[str]:
    return [tag.get_text(" ", strip=True) for tag in page.select(selector)]


def test_the_minutes_list_every_case_by_code_and_count_none_of_few(
    desk: Visitor, session: Session, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    """Six served, one left: the six are told, the one is not, nor what would tell it."""
    from refurb.matching import board, minutes

    served = [make_need() for _ in range(6)]
    for _ in served:
        stock_device()
    make_need(ergonomics=frozenset({Ergonomics.LARGE_SCREEN}))
    key = int(desk.post("/matching/run", {"kind": "real"}).response.request.path.rpartition("/")[2])
    run = board.run_by_id(session, key)
    assert run is not None
    paper = minutes.paper(session, run, [], language="fr")
    figures = {each.label: each.value for each in (*paper.figures, *paper.territories)}
    assert figures["Servies par la règle"] == figures["Restées à décider"] == "6"
    assert figures["Demandes comptées"] == "masqué"
    assert figures["Angers Loire Métropole"] == "6"
    assert [each.value for each in paper.reasons] == ["masqué"]
    assert sorted(row.need_code for row in paper.rows) == sorted(need.code for need in served)
    # What the page shows of it is the same, without the list.
    page = minutes.paper(session, run, [], language="fr", shown=50)
    assert page == dataclasses.replace(paper, rows=[])


def test_a_page_of_the_minutes_shows_the_first_of_the_other_decisions_and_the_paper_has_them_all(
    desk: Visitor,
    session: Session,
    stock_device: StockDevice,
    make_need: MakeNeed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from refurb.matching import board, minutes, minutes_views

    for _ in range(3):
        make_need()
        stock_device()
    run = desk.post("/matching/run", {"kind": "real"}).response.request.path
    key = int(run.rpartition("/")[2])
    for proposal in session.scalars(sa.select(Proposal.id).where(Proposal.run_id == key)).all():
        desk.post(f"{run}/refuse", {"proposal": str(proposal), "motive": "more-urgent"})
    monkeypatch.setattr(minutes_views, "PER_PAGE", 2)
    page = desk.get(f"{run}/minutes")
    assert len(page.select("tbody tr")) == 2
    assert "Les 2 premières, sur 3" in page.words()
    assert len(desk.get(str(page.one("a[href$=decisions]")["href"])).select("tbody tr")) == 3
    found = board.run_by_id(session, key)
    assert found is not None
    assert len(minutes.paper(session, found, [], language="fr").overrides) == 3


def test_a_need_without_machine_is_given_one_by_hand(
    desk: Visitor, session: Session, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    urgent, plain = make_need(motive=Motive.LOSS_OF_RIGHTS), make_need()
    large = make_need(ergonomics=frozenset({Ergonomics.LARGE_SCREEN}))
    device = stock_device()
    run = desk.post("/matching/run", {"kind": "real"}).response.request.path
    page = desk.get(f"{run}/waiting")
    # Where nothing in stock suits, no link leads nowhere.
    links = [str(link["href"]) for link in page.select("tbody td a.btn")]
    assert len(links) == 1
    assert plain.code in links[0]
    assert large.code in page.words().replace(" ", "")
    page = desk.get(links[0])
    assert page.heading.replace(" ", "") == f"Unemachinepour{plain.code}"
    assert f"proposée à {urgent.code}".replace(" ", "") in page.words().replace(" ", "")
    page = desk.get(str(page.one("tbody td a.btn")["href"]))
    assert "qui est sans machine" in page.words()
    assert "1 dossier y perd sa machine" in page.words()
    seen = str(page.one('input[name="seen"]')["value"])
    chosen = {"need": plain.code, "device": device.code, "seen": seen}
    page = desk.post(f"{run}/change", chosen | {"motive": ""})
    assert "Choisissez un motif de la liste." in page.words()
    assert session.scalars(sa.select(Proposal.need_id).where(Proposal.live)).all() == [urgent.id]
    page = desk.post(f"{run}/change", chosen | {"motive": "board-decision"})
    assert "Il reste à l'accepter" in page.words()
    # Who lost it is found on the board, with the way to another machine.
    assert any(urgent.code in str(link["href"]) for link in page.select('tbody a[href*="change?need="]'))
    page = desk.get(f"{run}/waiting")
    assert not page.select("tbody td a.btn")
    assert "Machine choisie depuis" in page.words()


def test_a_trial_and_a_closed_run_offer_no_choice(
    desk: Visitor, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    make_need(), make_need()
    stock_device()
    for kind in ("dry", "real"):
        run = desk.post("/matching/run", {"kind": kind}).response.request.path
        assert bool(desk.get(f"{run}/waiting").select("tbody td a.btn")) is (kind == "real")
    desk.post("/matching/run", {"kind": "real"})
    assert not desk.get(f"{run}/waiting").select("tbody td a.btn")


def test_all_that_the_filters_show_is_accepted_and_the_rest_waits(
    desk: Visitor, session: Session, stock_device: StockDevice, make_need: MakeNeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    from refurb import outbox
    from refurb.matching import jobs, proposals

    for _ in range(3):
        make_need()
        stock_device()
    run = desk.post("/matching/run", {"kind": "real"}).response.request.path
    assert not desk.get(f"{run}?epci=200000000").select("tbody tr")
    monkeypatch.setattr(proposals, "AT_ONCE", 2)
    page = desk.post(f"{run}/accept", {"epci": make_need().epci_code or ""})
    assert "2 machines sont mises de côté." in page.words()
    assert "1 autre est en cours" in page.words()
    left = session.scalars(sa.select(outbox.OutboxRow).where(outbox.OutboxRow.kind == proposals.ACCEPT)).one()
    jobs.accept_one(session, left.payload)
    states = session.scalars(sa.select(Proposal.state)).all()
    assert set(states) == {ProposalState.ACCEPTED}


def test_a_refusal_is_told(desk: Visitor, stock_device: StockDevice, make_need: MakeNeed, session: Session) -> None:
    make_need()
    stock_device()
    page = desk.post("/matching/run", {"kind": "real"})
    run = page.response.request.path
    row = session.scalars(sa.select(Proposal)).one()
    desk.post(f"{run}/refuse", {"proposal": str(row.id), "motive": ""})
    page = desk.post(f"{run}/refuse", {"proposal": str(row.id), "motive": "transport"})
    assert "Le transport n'est pas possible" in page.words()
    desk.post(f"{run}/refuse", {"proposal": "999999", "motive": "transport"}, status=404)


def test_the_rule_is_tried_before_it_is_adopted(
    desk: Visitor, session: Session, stock_device: StockDevice, make_need: MakeNeed
) -> None:
    family, alone = make_need(pupils=1, persons=2), make_need(pupils=0, persons=1, motive=Motive.LOSS_OF_RIGHTS)
    stock_device()
    run = desk.post("/matching/run", {"kind": "real"}).response.request.path.rpartition("/")[2]
    page = desk.get("/matching/rule")
    assert len(page.select(".prose li")) == 5
    page = desk.get("/matching/rule/points.household")
    fields = {str(tag["name"]): str(tag.get("value", "")) for tag in page.select("main form.form input[name]")}
    changed = {**fields, "stake.loss_of_rights": "0", "motive": "Comité du 17 novembre"}
    page = desk.post("/matching/rule/points.household", {**changed, "stake.loss_of_rights": "beaucoup"}, status=422)
    assert "Écrivez un nombre entier." in page.words()
    desk.post("/matching/rule/points.household", {**changed, "motive": ""}, status=422)
    desk.post("/matching/rule/points.household", {**fields, "motive": "rien"}, status=422)
    page = desk.post("/matching/rule/points.household", {**changed, "run": run})
    trial = session.scalars(sa.select(Trial)).one()
    assert (trial.result["gained"], trial.result["lost"]) == ([family.code], [alone.code])
    assert trial.result["on"] == TODAY.isoformat()
    page = desk.post(f"/matching/rule/trials/{trial.id}/adopt", {})
    assert "La version 2 est en vigueur." in page.words()
    assert "Comité du 17 novembre" in page.words()
    session.refresh(alone)
    assert alone.points_version == 2
    page = desk.post(f"/matching/rule/trials/{trial.id}/adopt", {})
    assert "Cet essai a déjà été adopté." in page.words()


def test_the_minimums_are_read_in_the_rule(desk: Visitor, session: Session, make_need: MakeNeed) -> None:
    make_need()
    page = desk.get("/matching/rule/policy")
    fields = {str(tag["name"]): str(tag.get("value", "")) for tag in page.select("main form.form input[name]")}
    fields |= {"desk": "reserve", "motive": "Comité", "structures.least": "5", "structures.most": "2", "run": ""}
    page = desk.post("/matching/rule/policy", fields, status=422)
    assert "Le minimum dépasse le maximum." in page.words()
    desk.post("/matching/rule/policy", fields | {"structures.most": "9", "territories.244900015.most": "30"})
    trial = session.scalars(sa.select(Trial)).one()
    desk.post(f"/matching/rule/trials/{trial.id}/adopt", {})
    text = desk.get("/matching/rule").words()
    assert "5 machines pour les structures" in text
    assert "9 machines pour les structures" in text
    assert (
        "30 machines pour les foyers de CU Angers Loire Métropole" in text or "30 machines pour les foyers de" in text
    )


def test_the_bench_reads_for_whom_and_no_more(
    visitor: Visitor,
    session: Session,
    stock_device: StockDevice,
    make_need: MakeNeed,
    make_account: MakeAccount,
    workshop: Organisation,
) -> None:
    first = make_need(motive=Motive.LOSS_OF_RIGHTS)
    others = [make_need() for _ in range(3)]
    device = stock_device()
    visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}))
    page = visitor.get(f"/matching/devices/{device.code}/whom", headers={"HX-Request": "true"})
    codes = [tag.get_text(strip=True).replace(" ", "") for tag in page.select(".whom-list .code")]
    assert codes[0] == first.code
    assert set(codes[1:]) < {need.code for need in others}
    assert len(codes) == 3
    assert "Centre social du Lac" in page.words()
    assert "points" not in page.words()
    assert "CCAS" not in page.words()
    answer = visitor.client.get(f"/matching/devices/{device.code}/whom", headers={"Accept": "application/json"}).json
    assert answer is not None
    assert answer["rows"][0].keys() == {"need", "profile", "place", "mode"}
    fragment = visitor.get(f"/matching/devices/{device.code}/whom?next=/scan", headers={"HX-Request": "true"})
    assert {tag["value"] for tag in fragment.select('input[name="next"]')} == {"/scan"}
    page = visitor.post(f"/matching/devices/{device.code}/whom", {"need": first.code, "next": "/scan"})
    assert "la coordination décide" in page.words()
    assert page.select_one(".desk-box")
    row = session.scalars(sa.select(Proposal)).one()
    assert (row.need_id, row.run_id) == (first.id, None)
    page = visitor.get(f"/matching/devices/{device.code}/whom", headers={"HX-Request": "true"})
    assert "Proposée" in page.words()


def test_the_bench_sets_aside_where_the_coordination_opened_it(
    visitor: Visitor,
    session: Session,
    stock_device: StockDevice,
    make_need: MakeNeed,
    make_account: MakeAccount,
    workshop: Organisation,
    coordinator: Actor,
) -> None:
    from refurb import tables
    from refurb.core.policy import FIRST, KIND
    from refurb.core.workflow import Status

    tables.adopt(session, KIND, {**FIRST, "desk": "reserve"}, after=1, motive="Comité", by=coordinator, at=NOON)
    need, other, device = make_need(), make_need(recipient=Recipient.STRUCTURE, sent=False), stock_device()
    visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}))
    page = visitor.post(f"/matching/devices/{device.code}/whom", {"need": other.code})
    assert "vous n'avez plus rien à faire" in page.words()
    page = visitor.post(f"/matching/devices/{device.code}/whom", {"need": need.code})
    assert "La machine est mise de côté" in page.words()
    session.refresh(device)
    assert device.status is Status.RESERVED


def test_what_nothing_serves_becomes_an_appeal(
    desk: Visitor,
    session: Session,
    stock_device: StockDevice,
    make_need: MakeNeed,
    make_organisation: MakeOrganisation,
) -> None:
    from refurb import outbox
    from refurb.matching import estimates
    from refurb.needs import estimates as waits

    supplier = make_organisation(OrganisationRole.SUPPLIER, name="Menuiserie")
    stock_device()
    need = make_need(ergonomics=frozenset({Ergonomics.LARGE_SCREEN}))
    served = make_need()
    estimates.estimate_all(session, NOON)
    page = desk.get("/matching/hopeless")
    assert [tag.get_text(strip=True).replace(" ", "") for tag in page.select("tbody th .code")] == [need.code]
    assert "1 machine à l'écran plus petit serait disponible" in page.words()
    assert "écran de 17 pouces" in page.one("textarea").text
    assert "quelques-unes" in page.one("textarea").text
    page = desk.submit("main form.form")
    assert "L'appel part à 1 fournisseur." in page.words()
    mail = session.scalars(sa.select(outbox.OutboxRow).where(outbox.OutboxRow.kind == "mail.send")).all()[-1]
    assert mail.payload["to"] == supplier.email
    desk.get("/matching/hopeless/appeal")
    assert "Une machine qui convient est en stock" in (waits.of(session, served, TODAY) or "")
    assert "Rien de ce qui nous arrive ne convient" in (waits.of(session, need, TODAY) or "")
    desk.get("/matching/waiting")


def test_a_longer_run_and_more_that_nothing_serves_ask_no_more(
    desk: Visitor, session: Session, stock_device: StockDevice, make_need: MakeNeed, count_queries: Any
) -> None:
    from refurb.matching import estimates, planner
    from refurb.security import Actor

    counts = []
    for many in (1, 9):
        for _ in range(many):
            make_need()
            stock_device()
            make_need(ergonomics=frozenset({Ergonomics.LARGE_SCREEN}))
        run = planner.make_run(session, dry=False, by=Actor.system(), at=NOON)
        estimates.estimate_all(session, NOON)
        asked_of = []
        for path in (f"/matching/runs/{run.id}", f"/matching/runs/{run.id}/waiting", "/matching/hopeless"):
            with count_queries() as asked:
                page = desk.get(path)
            asked_of.append(len(asked))
            assert len(page.select("main table")[0].select("tbody tr")) >= many
        counts.append(asked_of)
    assert counts[0] == counts[1]


def test_past_estimates_are_shown_with_what_they_were_worth(
    desk: Visitor, session: Session, make_need: MakeNeed
) -> None:
    from refurb.matching.models import WaitEstimate

    told = {"ahead": 1, "weekly": 1, "free": 0, "median_weeks": 4, "most_weeks": 8}
    session.add(WaitEstimate(need_id=make_need().id, made_on=TODAY - timedelta(weeks=9), **told))
    session.flush()
    page = desk.get("/matching/waiting")
    assert "servies avant le milieu annoncé (on vise 50\xa0%)" in page.text
    assert "(0/1)" in page.words()


def test_a_round_is_countersigned_on_arrival(
    visitor: Visitor,
    session: Session,
    stock_device: StockDevice,
    make_need: MakeNeed,
    make_account: MakeAccount,
    workshop: Organisation,
    coordinator: Actor,
) -> None:
    from refurb.core.workflow import Action
    from refurb.devices.services import move
    from refurb.matching.services import reserve
    from refurb.organisations.models import Organisation as Body
    from refurb.security import Actor as ByHand

    need, device = make_need(), stock_device()
    reservation = reserve(session, need, device, by=coordinator, at=NOON)
    visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}))
    assert "Rien sur la route" in visitor.get("/matching/rounds").words()
    move(session, device, Action.PREPARE, by=ByHand.system(), at=NOON)
    page = visitor.get("/matching/rounds")
    assert device.code in page.words().replace(" ", "")
    pdf = visitor.client.get(f"/matching/rounds/{need.handover_place_id}.pdf")
    assert pdf.data.startswith(b"%PDF")
    point = session.scalars(sa.select(Body).where(Body.name == "Centre social du Lac")).one()
    visitor.sign_in(make_account({point: [Role.HANDOVER_AGENT]}))
    visitor.get("/matching/rounds")
    page = visitor.post(f"/matching/rounds/{need.handover_place_id}/arrived", {"came": str(reservation.id)})
    assert "1 machine est arrivée." in page.words()
    session.refresh(reservation)
    assert reservation.delivered_at == NOON
    visitor.post(f"/matching/rounds/{need.handover_place_id}/arrived", {"came": str(reservation.id)}, status=404)
