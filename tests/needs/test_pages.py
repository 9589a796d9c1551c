"""The pages of needs, as visits: the form, the list, the case, the slip, and who sees none of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.need_life import State
from refurb.core.permissions import OrganisationRole, Role
from tests.department import FAMILY

if TYPE_CHECKING:
    from refurb.db import Session
    from refurb.needs.models import Need
    from refurb.organisations.models import Organisation, Place
    from tests.department import MakeNeed
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor


def only_need(session: Session) -> Need:
    from refurb.needs.models import Need

    needs = session.scalars(sa.select(Need)).all()
    assert len(needs) == 1
    return needs[0]


def test_what_is_not_asked_is_said_first(at_the_service: Visitor, place: Place) -> None:
    page = at_the_service.get("/needs/new")
    main = page.one("main")
    assert "Ni nom, ni rue, ni téléphone" in main.get_text()
    assert main.get_text().index("Ni nom") < main.get_text().index("À quoi servira-t-il")
    names = {str(tag["name"]) for tag in main.select("[name]")}
    assert not names & {"name", "phone", "address", "street", "email", "birth_date", "nationality"}
    # The commune of the service, its hand-over point and the day are proposed.
    assert page.one("#commune")["value"] == "Angers"
    assert page.one("#handover_place option[selected]").get_text().startswith("Centre social du Lac")
    assert page.one("#informed_on")["value"] == "2026-11-17"


def test_a_need_is_sent_and_validated(at_the_service: Visitor, session: Session, filled: dict[str, Any]) -> None:
    at_the_service.get("/needs/new")
    page = at_the_service.submit("main form", **filled)
    need = only_need(session)
    assert need.state is State.VALIDATED
    assert (need.commune_code, need.epci_code) == ("49244", "200060010")
    assert need.modes == ["gift", "loan", "solidarity_sale"]
    assert need.answers["contribution_cents"] == 4000
    assert "Validée" in page.words()
    assert "PC pour collège-lycée" in page.words()
    assert "Mauges-sur-Loire" in page.words()


def test_an_unsure_commune_is_asked_and_nothing_is_lost(
    at_the_service: Visitor, session: Session, filled: dict[str, Any]
) -> None:
    at_the_service.get("/needs/new")
    page = at_the_service.submit("main form", status=422, **filled | {"commune": "49260"})
    assert len(page.select("[name=commune_pick]")) == 11
    assert page.one("#persons")["value"] == "5"
    assert page.one("[name=usage_1][checked]")["value"] == "secondary_school"
    page = at_the_service.submit("main form", status=422, commune_pick="49215", persons="")
    assert page.one("[name=commune_pick][checked]")["value"] == "49215"
    at_the_service.submit("main form", persons="5")
    assert only_need(session).commune_code == "49215"


def test_a_pick_that_does_not_go_with_the_text_is_not_taken(
    at_the_service: Visitor, session: Session, filled: dict[str, Any]
) -> None:
    at_the_service.post("/needs/new", filled | {"commune": "Angers", "commune_pick": "49215", "do": "send"})
    assert only_need(session).commune_code == "49007"


def test_an_unknown_commune_gets_a_sentence(at_the_service: Visitor, filled: dict[str, Any]) -> None:
    page = at_the_service.post("/needs/new", filled | {"commune": "Xyzzy", "do": "send"}, status=422)
    assert "Aucune commune ne porte ce nom" in page.words()


def test_what_is_missing_is_said_at_each_field(at_the_service: Visitor, filled: dict[str, Any]) -> None:
    filled.pop("equipment")
    filled["persons"] = ""
    page = at_the_service.post("/needs/new", filled | {"do": "send"}, status=422)
    assert page.one("#persons")["aria-invalid"] == "true"
    assert "Cette réponse est nécessaire." in page.one("#equipment").get_text()
    assert len(page.select(".notice-refused li")) == 2


@pytest.mark.parametrize("role", [OrganisationRole.PRESCRIBER, OrganisationRole.STRUCTURE])
def test_what_is_wrong_is_listed_from_the_top_of_the_page_to_its_end(
    visitor: Visitor, make_account: MakeAccount, make_organisation: MakeOrganisation, role: OrganisationRole
) -> None:
    visitor.sign_in(make_account({make_organisation(role): [Role(role.value)]}))
    page = visitor.post("/needs/new", {"do": "send"}, status=422)
    listed = [str(link["href"])[1:] for link in page.select(".notice-refused li a")]
    assert len(listed) > 5
    shown = [str(tag["id"]) for tag in page.select("main form [id]")]
    assert listed == sorted(listed, key=shown.index)
    # A label that asks needs no colon after its question mark.
    assert "? :" not in page.one(".notice-refused").get_text().replace("\u00a0", " ")


def test_a_yes_without_an_amount_is_asked_for_it(at_the_service: Visitor, filled: dict[str, Any]) -> None:
    page = at_the_service.post("/needs/new", filled | {"contribution": "", "do": "send"}, status=422)
    assert page.select("#contribution-error")
    assert not page.select("#can_pay-error")


def test_a_draft_is_kept_as_it_is_and_finished_later(
    at_the_service: Visitor, session: Session, filled: dict[str, Any], place: Place
) -> None:
    at_the_service.post("/needs/new", {"usage_1": "procedures", "commune": "Saumur", "do": "save"})
    need = only_need(session)
    assert (need.state, need.commune_code) == (State.DRAFT, "49328")
    page = at_the_service.get(f"/needs/{need.code}/edit")
    assert page.one("#commune")["value"] == "Saumur"
    at_the_service.submit("main form", button="send", **{k: v for k, v in filled.items() if k != "commune"})
    assert only_need(session).state is State.VALIDATED


def test_a_name_in_free_text_is_noticed_once(at_the_service: Visitor, session: Session, filled: dict[str, Any]) -> None:
    typed = filled | {"note": "Appeler Mme Durand au 06 12 34 56 78", "do": "send"}
    page = at_the_service.post("/needs/new", typed, status=422)
    error = page.one("#note-error").get_text()
    assert "un nom de personne" in error
    assert "un numéro de téléphone" in error
    page = at_the_service.post("/needs/new", typed | {"do": "save"}, status=422)
    assert page.select("#note_confirmed")
    at_the_service.post("/needs/new", filled | {"note": "Clavier Jean Moulin", "note_confirmed": "y", "do": "send"})
    assert only_need(session).answers["note"] == "Clavier Jean Moulin"


def test_what_is_no_number_and_no_code_is_refused(at_the_service: Visitor, filled: dict[str, Any]) -> None:
    wrong = {"persons": "beaucoup", "equipment": "yacht", "informed_on": "hier", "handover_place": "999999"}
    page = at_the_service.post("/needs/new", filled | wrong | {"do": "send"}, status=422)
    for name in ("persons", "equipment", "informed_on", "handover_place"):
        assert page.select(f"#{name}-error"), name


def test_the_case_is_read_amended_confirmed_and_withdrawn(
    at_the_service: Visitor, session: Session, make_need: MakeNeed
) -> None:
    need = make_need()
    at_the_service.get(f"/needs/{need.code}")
    at_the_service.get(f"/needs/{need.code}/edit")
    page = at_the_service.submit("main form", format="laptop", persons="4")
    assert "Demande modifiée" in page.words()
    page = at_the_service.post(f"/needs/{need.code}/act", {"act": "reconfirm"})
    assert "Demande confirmée" in page.words()
    page = at_the_service.post(f"/needs/{need.code}/act", {"act": "cancel"})
    assert "Choisissez un motif." in page.words()
    page = at_the_service.post(f"/needs/{need.code}/act", {"act": "cancel", "motive": "no-longer-needed"})
    session.refresh(need)
    assert need.state is State.CANCELLED
    assert "Le besoin n'existe plus" in page.words()


def test_a_code_is_opened_however_it_is_written(at_the_service: Visitor, make_need: MakeNeed) -> None:
    from refurb.core.identity import display

    need = make_need()
    assert display(need.code) in at_the_service.get(f"/needs/{display(need.code)}").heading
    at_the_service.get("/needs/N4900000000", status=404)
    at_the_service.get("/needs/xyz", status=404)


def test_the_slip_is_plain_and_scannable(at_the_service: Visitor, make_need: MakeNeed, tmp_path: Any) -> None:
    import pypdfium2
    import zxingcpp

    need = make_need(contribution_cents=4000)
    page = at_the_service.get(f"/needs/{need.code}/slip")
    assert "02 41 00 00 02" in page.words()
    assert "Vous pouvez payer jusqu'à 40\u00a0€." in page.one("main").get_text()
    answer = at_the_service.client.get(f"/needs/{need.code}/slip.pdf")
    assert answer.mimetype == "application/pdf"
    document = pypdfium2.PdfDocument(answer.data)
    text = document[0].get_textpage().get_text_range()
    assert "02 41 00 00 02" in text
    assert "5 personnes" in text
    image = document[0].render(scale=3).to_pil()
    codes = [found.text for found in zxingcpp.read_barcodes(image)]
    assert codes == [need.code]
    document.close()


def test_my_list_begins_with_what_waits_for_me(at_the_service: Visitor, session: Session, make_need: MakeNeed) -> None:
    make_need()
    draft = make_need(sent=False)
    page = at_the_service.get("/needs/mine")
    rows = page.select("tbody tr")
    assert len(rows) == 2
    assert "Brouillon" in rows[0].get_text()
    assert len(at_the_service.get("/needs/mine?show=waiting").select("tbody tr")) == 1
    assert len(at_the_service.get("/needs/mine?state=validated").select("tbody tr")) == 1
    assert not at_the_service.get("/needs/mine?show=closed").select("tbody tr")
    assert draft.state is State.DRAFT


def test_another_service_sees_nothing(
    visitor: Visitor, make_account: MakeAccount, make_organisation: MakeOrganisation, make_need: MakeNeed
) -> None:
    need = make_need()
    visitor.sign_in(make_account({make_organisation(OrganisationRole.PRESCRIBER): [Role.PRESCRIBER]}))
    assert not visitor.get("/needs/mine").select("tbody tr")
    for path in ("", "/edit", "/slip", "/slip.pdf"):
        visitor.get(f"/needs/{need.code}{path}", status=404)
    visitor.post(f"/needs/{need.code}/act", {"act": "cancel", "motive": "mistake"}, status=404)
    visitor.get("/needs/", status=403)


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.CONTROLLER, Role.VOLUNTEER])
def test_a_workshop_opens_no_case(
    visitor: Visitor, make_account: MakeAccount, make_organisation: MakeOrganisation, make_need: MakeNeed, role: Role
) -> None:
    need = make_need()
    visitor.sign_in(make_account({make_organisation(OrganisationRole.REFURBISHER): [role]}))
    for path in ("/needs/", "/needs/mine", "/needs/new", f"/needs/{need.code}", f"/needs/{need.code}/slip"):
        visitor.get(path, status=403)


def test_the_coordination_works_by_code_without_the_social_part(
    visitor: Visitor, make_account: MakeAccount, coordination: Organisation, make_need: MakeNeed
) -> None:
    draft, need, doubt = make_need(sent=False), make_need(), make_need(not_equipped=False)
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}))
    page = visitor.get("/needs/")
    assert len(page.select("tbody tr")) == 2
    visitor.get(f"/needs/{draft.code}", status=404)
    words = visitor.get(f"/needs/{need.code}").one("main").get_text()
    assert "Le foyer, ses revenus et son équipement ne se voient que dans le service." in words
    for social in ("Un téléphone seulement", "Box 4G", "Quotient familial", "dont élèves"):
        assert social not in words
    assert len(visitor.get("/needs/?state=submitted").select("tbody tr")) == 1
    assert not visitor.get("/needs/?epci=200060010").select("tbody tr")
    page = visitor.get(f"/needs/{doubt.code}")
    assert "le foyer a déjà reçu un ordinateur depuis 36 mois" in page.words()
    page = visitor.post(f"/needs/{doubt.code}/act", {"act": "validate"})
    assert "Demande validée" in page.words()
    visitor.post(f"/needs/{need.code}/act", {"act": "cancel", "motive": "mistake"}, status=403)
    page = visitor.post(f"/needs/{need.code}/act", {"act": "return", "motive": "precise-usages"})
    assert "À compléter" in page.words()


def test_a_colleague_acts_on_the_same_case(
    visitor: Visitor, make_account: MakeAccount, service: Organisation, make_need: MakeNeed
) -> None:
    need = make_need()
    visitor.sign_in(make_account({service: [Role.PRESCRIBER]}))
    visitor.post(f"/needs/{need.code}/act", {"act": "suspend", "motive": "household-unavailable"})
    page = visitor.post(f"/needs/{need.code}/act", {"act": "resume"})
    assert "En attente" in page.words()


def test_a_structure_asks_for_itself(
    visitor: Visitor,
    session: Session,
    make_account: MakeAccount,
    make_organisation: MakeOrganisation,
    place: Place,
) -> None:
    from refurb.needs.models import Need

    visitor.sign_in(make_account({make_organisation(OrganisationRole.STRUCTURE): [Role.STRUCTURE]}))
    page = visitor.get("/needs/new")
    assert "pour la structure" in page.heading
    assert not page.select("#eligibility, #persons")
    page = visitor.submit(
        "main form",
        usage_1="group_workshop",
        format="laptop",
        quantity="4",
        term="keep",
        owner="Association du quartier",
        maintainer="Association du quartier",
        handover_place=str(place.id),
    )
    assert "4 demandes liées sont envoyées" in page.words()
    assert session.scalar(sa.select(sa.func.count()).select_from(Need)) == 4


def test_communes_answer_while_one_types(at_the_service: Visitor) -> None:
    found = at_the_service.client.get("/needs/communes?commune=49260", headers={"HX-Request": "true"})
    assert len(re.findall('name="commune_pick"', found.get_data(as_text=True))) == 11
    sure = at_the_service.client.get("/needs/communes?commune=st+florent+le+vieil", headers={"HX-Request": "true"})
    assert "Saint-Florent-le-Vieil fait partie de Mauges-sur-Loire." in sure.get_data(as_text=True)


def test_a_list_asks_as_much_for_ten_as_for_one(
    at_the_service: Visitor, session: Session, make_need: MakeNeed, count_queries: Any
) -> None:
    make_need()
    with count_queries() as one:
        at_the_service.get("/needs/mine")
    for _ in range(9):
        make_need()
    with count_queries() as ten:
        at_the_service.get("/needs/mine")
    assert len(ten) == len(one)


def test_answers_hold_no_person(session: Session, make_need: MakeNeed) -> None:
    need = make_need()
    assert set(need.answers) <= set(FAMILY.__dataclass_fields__)
    columns = {column.key for column in need.__mapper__.column_attrs}
    assert not columns & {"name", "first_name", "street", "address", "phone", "birth_date", "nationality", "health"}
