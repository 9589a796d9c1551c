"""The pages of papers: who may open one, and what the public page says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refurb.core.permissions import OrganisationRole, Role
from tests.documents.test_numbers import AT, issue

if TYPE_CHECKING:
    import pytest
    from flask import Flask

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


def test_a_paper_that_somebody_opens_passes_before_a_backlog(
    visitor: Visitor, session: Session, make_organisation: MakeOrganisation, make_account: MakeAccount
) -> None:
    from refurb import outbox

    workshop = make_organisation(OrganisationRole.REFURBISHER)
    visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}))
    with outbox.in_background(session):
        made = [issue(session, workshop.id) for _ in range(3)]
    session.commit()
    for _ in range(2):  # the page that waits comes back by itself
        visitor.get(f"/documents/{made[2].code}.pdf", status=202)
    assert outbox.drain(session, limit=1) == 1
    assert [document.sha256 is not None for document in made] == [False, False, True]
    visitor.get(f"/documents/{made[2].code}.pdf")


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


def test_codes_are_not_walked_through_and_a_link_still_opens(
    visitor: Visitor, session: Session, make_organisation: MakeOrganisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from refurb.documents import views

    document = issue(session, make_organisation(OrganisationRole.REFURBISHER).id)
    session.commit()
    monkeypatch.setattr(views, "CODES", 3)
    for _ in range(3):
        visitor.get(f"/verify?code={document.code}")
    assert "Trop d'essais" in visitor.get(f"/verify?code={document.code}", status=429).words()
    assert "authentique" not in visitor.get(f"/verify/{document.code}", status=429).words()
    assert "Ce document est authentique" in visitor.get(f"/verify/{document.token}").words()


def test_a_file_is_compared_and_not_kept(
    visitor: Visitor, session: Session, make_organisation: MakeOrganisation, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    from dataclasses import replace
    from datetime import UTC, datetime

    import sqlalchemy as sa

    from refurb import blobs, outbox
    from refurb.blobs import Blob
    from refurb.core.documents import DocumentKind
    from refurb.documents import rendering, seal

    bundle = seal.make("Refurb", now=datetime.now(UTC))
    monkeypatch.setitem(app.extensions, "refurb.settings", replace(app.extensions["refurb.settings"], seal_key=bundle))
    document = issue(session, make_organisation(OrganisationRole.REFURBISHER).id)
    session.commit()
    outbox.drain(session)
    pdf, number = blobs.get(session, document.sha256 or ""), document.number
    kept = session.scalar(sa.select(sa.func.count()).select_from(Blob))

    def ask(content: bytes, status: int) -> str:
        visitor.get("/verify")
        return visitor.post("/verify/file", {"file": (io.BytesIO(content), "papier.pdf")}, status=status).words()

    said = ask(pdf, 200)
    assert "Ce document est authentique" in said
    assert number in said
    assert "à l'octet près" in said
    assert "Ce fichier a été modifié" in ask(pdf + b" ", 404)
    assert "n'est pas un PDF" in ask(b"une photo", 404)
    plain = rendering.render(DocumentKind(document.kind), document.data, "fr", AT.date())
    assert "n'a pas été établi ici" in ask(plain, 404)
    assert "n'a pas été établi ici" in ask(seal.put(plain, seal.read(seal.make("X", now=datetime.now(UTC)))), 404)
    visitor.post("/verify/file", {}, status=422)
    assert session.scalar(sa.select(sa.func.count()).select_from(Blob)) == kept
    assert "BEGIN CERTIFICATE" in visitor.client.get("/verify/certificate.pem").get_data(as_text=True)
