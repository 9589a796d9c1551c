"""The pages of papers: who may open one, and what the public page says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refurb.core.permissions import OrganisationRole, Role
from tests.documents.test_numbers import issue

if TYPE_CHECKING:
    import pytest

    from refurb.db import Session
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor


def test_the_issuer_opens_its_paper_and_its_pdf(
    visitor: Visitor, session: Session, make_organisation: MakeOrganisation, make_account: MakeAccount
) -> None:
    from refurb import outbox

    workshop = make_organisation(OrganisationRole.REFURBISHER, name="Atelier Éloïse")
    visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}))
    document = issue(session, workshop.id)
    session.commit()
    assert "se prépare" in visitor.get(f"/documents/{document.code}.pdf", status=202).heading
    outbox.drain(session)
    assert document.number in visitor.get("/documents").words()
    assert document.number in visitor.get(f"/documents/{document.code}").words()
    page = visitor.get(f"/documents/{document.code}.pdf")
    assert page.response.mimetype == "application/pdf"
    assert page.response.data.startswith(b"%PDF")
    assert "inline" in page.response.headers["Content-Disposition"]


def test_another_workshop_does_not(
    visitor: Visitor, session: Session, make_organisation: MakeOrganisation, make_account: MakeAccount
) -> None:
    workshop, other = (make_organisation(OrganisationRole.REFURBISHER) for _ in range(2))
    document = issue(session, workshop.id)
    session.commit()
    visitor.sign_in(make_account({other: [Role.CONTROLLER]}))
    visitor.get(f"/documents/{document.code}", status=404)
    visitor.get(f"/documents/{document.code}.pdf", status=404)
    assert document.number not in visitor.get("/documents").words()


def test_who_may_see_the_thing_may_see_its_papers(
    visitor: Visitor,
    session: Session,
    make_organisation: MakeOrganisation,
    make_account: MakeAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from refurb.documents import registry
    from refurb.security import Actor

    def only_the_first(_: Session, lot_id: int, who: Actor) -> bool:
        return lot_id == 1 and who.organisation_id == supplier.id

    workshop = make_organisation(OrganisationRole.REFURBISHER)
    supplier = make_organisation(OrganisationRole.SUPPLIER)
    monkeypatch.setitem(registry.SEES, "lot", only_the_first)
    theirs, not_theirs = issue(session, workshop.id, subject_id=1), issue(session, workshop.id, subject_id=2)
    session.commit()
    visitor.sign_in(make_account({supplier: [Role.SUPPLIER]}))
    visitor.get(f"/documents/{theirs.code}")
    visitor.get(f"/documents/{not_theirs.code}", status=404)


def test_anybody_may_check_a_paper_by_its_link_or_its_code(
    visitor: Visitor, session: Session, make_organisation: MakeOrganisation
) -> None:
    workshop = make_organisation(OrganisationRole.REFURBISHER, name="Atelier Éloïse")
    document = issue(session, workshop.id)
    session.commit()
    for address in (f"/verify/{document.token}", f"/verify?code={document.code[:5]}%20{document.code[5:]}"):
        said = visitor.get(address).words()
        assert "Ce document est authentique" in said
        assert document.number in said
        assert "17 novembre 2026" in said
        assert "Ardoisières" not in said, "nothing of what the paper says"


def test_a_cancelled_paper_is_genuine_and_worth_nothing(
    visitor: Visitor, session: Session, make_organisation: MakeOrganisation, make_account: MakeAccount
) -> None:
    workshop = make_organisation(OrganisationRole.REFURBISHER)
    coordination = make_organisation(OrganisationRole.COORDINATION)
    document = issue(session, workshop.id)
    session.commit()
    visitor.sign_in(make_account({coordination: [Role.COORDINATOR]}))
    visitor.get(f"/documents/{document.code}")
    page = visitor.submit(f'form[action="/documents/{document.code}/void"]', status=422)
    assert "Dites pourquoi" in page.words()
    page = visitor.submit(f'form[action="/documents/{document.code}/void"]', reason="nombre faux")
    assert "nombre faux" in page.words()
    assert "annulé" in visitor.get(f"/verify/{document.token}").words()


def test_a_code_that_names_nothing_is_said_so(visitor: Visitor) -> None:
    assert "Aucun document" in visitor.get("/verify?code=F4900000108", status=404).words()
    assert "Aucun document" in visitor.get("/verify?code=R4900001208", status=404).words()
    visitor.get("/verify")
