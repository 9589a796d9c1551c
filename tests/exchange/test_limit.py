"""A file of needs does not pass a service's limit: said line by line, held when applied, by two imports at once too."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refurb.core.need_life import State
from refurb.core.permissions import OrganisationRole, Role
from refurb.exchange import files
from refurb.exchange.cases import PAST_LIMIT
from refurb.needs.models import Need
from refurb.organisations.models import Organisation
from refurb.privacy import labels
from tests.conftest import NOON
from tests.department import TODAY
from tests.matching.test_concurrency import people, race, ready

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from flask import Flask

    from refurb.db import Session
    from refurb.exchange.models import ImportPreview
    from refurb.security import Actor
    from tests.department import MakeNeed
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor

HEAD = (
    "Dossier;Service;Commune;Usages;Nb personnes;Dont élèves;Équipement actuel;Portable ou fixe;Critère;Participation;"
    "Prêt;Date de demande;Informé le;Lieu de remise\n"
)


def line(reference: str, asked: str, *, place: str = "Centre social du Lac", service: str = "") -> str:
    """Return a line of a file that is complete."""
    return f"{reference};{service};Angers;emploi;2;0;aucun;portable;QF;non;oui;{asked};02/04/2026;{place}\n"


def look(session: Session, text: str, by: Actor) -> ImportPreview:
    table, lines = files.look(session, "needs", text.encode(), by=by, today=TODAY)
    return files.keep(session, "needs", text.encode(), table, lines, name="f.csv", by=by, at=NOON)


def held(session: Session, preview: ImportPreview) -> list[int]:
    """Return the numbers of the file's lines that pass the limit."""
    return [each.number for each in files.lines_of(session, preview) if PAST_LIMIT in each.notes]


def states(session: Session, by: Actor) -> dict[str, State]:
    """Return the state of each need by the service's own reference."""
    needs = session.scalars(sa.select(Need).where(Need.organisation_id == by.organisation_id)).all()
    shown = {need: labels.of(session, need, seen_by=by) for need in needs}
    return {label.text or "": need.state for need, label in shown.items() if label is not None}


def test_who_asked_first_is_sent_and_the_others_are_drafts(
    session: Session, prescriber: Actor, service: Organisation, make_need: MakeNeed
) -> None:
    service.max_open_needs = 3
    make_need()
    text = HEAD + line("A1", "02/04/2026") + line("A2", "01/02/2026") + line("A3", "03/03/2026") + "A4;;Angers;;;;;;\n"
    preview = look(session, text, prescriber)
    assert held(session, preview) == [2]
    done = files.apply_preview(session, preview, by=prescriber, at=NOON, today=TODAY)
    assert done == {"made": 4, "held": 1}
    assert states(session, prescriber) == {
        "A1": State.DRAFT, "A2": State.VALIDATED, "A3": State.VALIDATED, "A4": State.DRAFT
    }  # fmt: skip


def test_what_is_there_already_takes_no_room(session: Session, prescriber: Actor, service: Organisation) -> None:
    service.max_open_needs = 2
    first = look(session, HEAD + line("A1", "01/02/2026"), prescriber)
    files.apply_preview(session, first, by=prescriber, at=NOON, today=TODAY)
    second = look(session, HEAD + line("A1", "01/02/2026") + line("A2", "02/02/2026"), prescriber)
    assert held(session, second) == []
    assert files.apply_preview(session, second, by=prescriber, at=NOON, today=TODAY) == {"made": 1, "held": 0}


def test_room_is_counted_anew_when_it_is_applied(
    session: Session, prescriber: Actor, service: Organisation, make_need: MakeNeed
) -> None:
    service.max_open_needs = 2
    preview = look(session, HEAD + line("A1", "01/02/2026") + line("A2", "02/02/2026"), prescriber)
    assert held(session, preview) == []
    make_need()
    assert files.apply_preview(session, preview, by=prescriber, at=NOON, today=TODAY) == {"made": 2, "held": 1}
    assert states(session, prescriber) == {"A1": State.VALIDATED, "A2": State.DRAFT}


def test_each_service_of_the_coordination_s_file_has_its_own(
    session: Session, coordinator: Actor, service: Organisation, place: Any, make_organisation: MakeOrganisation
) -> None:
    other = make_organisation(OrganisationRole.PRESCRIBER, name="Mission locale")
    service.max_open_needs, other.max_open_needs = 1, 2
    text = HEAD + "".join(
        line(f"{name[0]}{number}", "01/02/2026", service=name)
        for number in range(3)
        for name in (service.name, other.name)
    )
    preview = look(session, text, coordinator)
    assert held(session, preview) == [4, 6, 7]
    assert files.apply_preview(session, preview, by=coordinator, at=NOON, today=TODAY) == {"made": 6, "held": 3}


def test_the_pages_say_it(
    visitor: Visitor, service: Organisation, place: Any, make_account: MakeAccount, session: Session
) -> None:
    service.max_open_needs = 1
    visitor.sign_in(make_account({service: [Role.PRESCRIBER]}), service)
    text = HEAD + line("A1", "01/02/2026") + line("A2", "02/02/2026") + line("A3", "03/02/2026")
    page = visitor.post("/exchange/imports/needs", {"file": (io.BytesIO(text.encode()), "demandes.csv")})
    words = page.words().replace("\u00a0", " ")
    assert "2 demandes complètes entreront comme brouillons" in words
    assert words.count("autant de demandes ouvertes") == 2
    page = visitor.get(f"{page.response.request.path}?show={PAST_LIMIT}")
    assert len(page.select("tbody tr")) == 2
    page = visitor.submit("main form.wide", button="apply")
    assert "2 demandes complètes passaient le maximum" in page.words().replace("\u00a0", " ")
    assert session.scalar(sa.select(sa.func.count()).where(Need.state == State.VALIDATED)) == 1


def test_the_command_says_it(fresh_app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from click.testing import CliRunner

    from refurb.cli import imports
    from refurb.db import get_session

    with fresh_app.app_context():
        session = get_session()
        _, prescriber, workshop_id = people(session)
        session.get_one(Organisation, prescriber.organisation_id).max_open_needs = 1
        ready(session, prescriber, workshop_id, 0, 0)
    monkeypatch.setattr(imports, "load_app", lambda: fresh_app)
    path = tmp_path / "needs.csv"
    path.write_text(HEAD + line("A1", "01/02/2026", place="Comptoir") + line("A2", "02/02/2026", place="Comptoir"))
    for options, ending in ((["--dry-run"], "rien n'a été écrit."), ([], "Fiches créées\u202f: 2.")):
        run = CliRunner().invoke(imports.import_, ["needs", str(path), "--organisation", "Service", *options])
        assert run.exit_code == 0, run.output
        told = run.output.replace("\u2019", "'")
        assert "autant de demandes ouvertes" in told
        assert "leur service étant à son maximum" in told
        assert ending.replace("\u202f", "") in told.replace("\u202f", "").replace("\u00a0", "").replace(" :", ":")


def test_two_imports_at_once_hold_it(fresh_app: Flask) -> None:
    from refurb.db import get_session

    with fresh_app.app_context():
        session = get_session()
        _, prescriber, workshop_id = people(session)
        session.get_one(Organisation, prescriber.organisation_id).max_open_needs = 5
        ready(session, prescriber, workshop_id, 0, 0)
        previews = [
            look(
                session,
                HEAD + "".join(line(f"{name}{n}", "01/02/2026", place="Comptoir") for n in range(4)),
                prescriber,
            )
            for name in "ABC"
        ]
        assert [held(session, preview) for preview in previews] == [[], [], []]
        numbers = [preview.id for preview in previews]
        session.commit()
    done = []

    def applying(number: int) -> Callable[[Session], None]:
        def deed(session: Session) -> None:
            found = files.by_id(session, number, seen_by=prescriber, lock=True)
            assert found is not None
            done.append(files.apply_preview(session, found, by=prescriber, at=NOON, today=TODAY))

        return deed

    assert race(fresh_app, [applying(number) for number in numbers]) == ["won"] * 3
    assert sum(each["made"] for each in done) == 12
    assert sum(each["held"] for each in done) == 7
    with fresh_app.app_context():
        found = list(states(get_session(), prescriber).values())
    assert (found.count(State.DRAFT), len(found)) == (7, 12)


def test_the_same_file_by_two_colleagues_at_once_comes_in_once(fresh_app: Flask) -> None:
    from refurb.db import get_session

    with fresh_app.app_context():
        session = get_session()
        _, prescriber, workshop_id = people(session)
        ready(session, prescriber, workshop_id, 0, 0)
        text = HEAD + line("A1", "01/02/2026", place="Comptoir") + line("A2", "02/02/2026", place="Comptoir")
        numbers = [look(session, text, prescriber).id for _ in range(2)]
        session.commit()

    def applying(number: int) -> Callable[[Session], None]:
        def deed(session: Session) -> None:
            found = files.by_id(session, number, seen_by=prescriber, lock=True)
            assert found is not None
            files.apply_preview(session, found, by=prescriber, at=NOON, today=TODAY)

        return deed

    assert race(fresh_app, [applying(number) for number in numbers]) == ["won"] * 2
    with fresh_app.app_context():
        assert get_session().scalar(sa.select(sa.func.count()).select_from(Need)) == 2
