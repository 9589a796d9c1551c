"""Day one: what exists is read line by line, persons are refused, nothing comes in twice."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.audit.models import Event
from refurb.core.need_life import State
from refurb.core.permissions import OrganisationRole, Role
from refurb.core.workflow import Status
from refurb.devices import queries as devices
from refurb.devices.models import Device
from refurb.exchange import files
from refurb.exchange.models import ImportPreview
from refurb.exchange.reading import ImportRefused
from refurb.needs.models import Need
from refurb.organisations.models import Organisation
from refurb.privacy import labels
from refurb.sheets import write_xlsx
from tests.conftest import NOON
from tests.department import TODAY
from tests.factories import siret

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from refurb.security import Actor
    from tests.factories import MakeAccount, MakeActor, MakeOrganisation
    from tests.visitor import Visitor

STOCK = """N° interne;Type;Marque;Modèle;N° de série;Statut;Emplacement;Processeur;RAM;Disque;Effacé le;Méthode;Chargeur;Donné par;Bénéficiaire
A-001;Portable;Lenovo;ThinkPad T480;PF0ABC12;En stock;Étagère B;Intel Core i5-8250U;8 Go;SSD 256 Go;03/06/2026;nwipe DoD;oui;Ville;Mme Quimperlé
A-002;Portable;HP;EliteBook 840 G3;5CG7001AB;En stock;Étagère B;Intel Core i5-6300U;8 Go;SSD 256 Go;;;oui;Ville;
A-003;Fixe;Dell;OptiPlex 7050;ABC1234;En stock;Étagère C;Intel Core i5-7500;8 Go;SSD 256 Go;03/06/2026;nwipe DoD;;Ville;
A-004;Portable;HP;EliteBook 840 G3;5CG7002AB;Donné;;;;;;;;Ville;M. Carhaix
A-005;Écran;Iiyama;24 pouces;;En stock;Étagère C;;;;;;;Ville;
A-006;Portable;Dell;Latitude 5490;DEF5678;Contrôlé;Étagère B;Intel Core i5-8350U;8 Go;SSD 256 Go;04/06/2026;nwipe DoD;non;Ville;
"""  # noqa: E501 - a file as it comes
NEEDS = """Dossier;Nom;Téléphone;Commune;Usages;Nb personnes;Dont élèves;Équipement actuel;Connexion;Portable ou fixe;Critère;Participation;Prêt;Date de demande;Informé le;Lieu de remise
2026-031;Quimperlé;06 12 34 56 78;Angers;collège, démarches;4;2;téléphone;box 4G;portable;QF;non;oui;12/03/2026;12/03/2026;Centre social du Lac
2026-032;Carhaix;06 12 34 56 79;Angers;emploi;1;0;aucun;fibre;portable;RSA;30 €;non;02/04/2026;02/04/2026;Centre social du Lac
2026-033;Roscoff;06 12 34 56 71;Angers;emploi;;;;;;;;;;;
Mme Morlaix;Morlaix;06 12 34 56 70;Nulle-Part-Ville;;;;;;;;;;;;
"""  # noqa: E501 - a file as it comes
BODIES = f"""Nom de la structure;Rôle;SIRET;Commune;Courriel;Téléphone;Nom du responsable
CCAS de Trélazé;Prescripteur;{siret(901)};Trélazé;contact@ccas.example.org;02 41 00 00 09;Mme Quimperlé
Atelier du Lac;Reconditionneur;123;Angers;contact@lac.example.org;02 41 00 00 08;M. Carhaix
;Prescripteur;;;;;
Ville d'Angers;;;Angers;;;
"""


@pytest.fixture
def workshop(make_organisation: MakeOrganisation) -> Organisation:
    return make_organisation(OrganisationRole.REFURBISHER, name="Atelier de l'essai")


@pytest.fixture
def controller(workshop: Organisation, make_actor: MakeActor) -> Actor:
    return make_actor(workshop, Role.CONTROLLER)


def bring(session: Session, kind: str, text: str, by: Actor, *, attested: bool = False) -> tuple[dict[str, int], int]:
    """Look at a file, then apply it; return the counts of the preview and how many records were made."""
    table, lines = files.look(session, kind, text.encode(), by=by, today=TODAY, attested=attested)
    preview = files.keep(session, kind, text.encode(), table, lines, name="f.csv", by=by, at=NOON)
    done = files.apply_preview(session, preview, by=by, at=NOON, today=TODAY)
    return files.counts(lines), done["made"]


def test_stock_comes_in_with_its_number_its_place_and_its_media(session: Session, controller: Actor) -> None:
    counts, made = bring(session, "stock", STOCK, controller, attested=True)
    assert counts == {"new": 3, "mended": 2, "known": 0, "refused": 1}
    assert made == 5
    found = {
        alias: devices.by_alias(session, alias, seen_by=controller)[0]
        for alias in ("A-001", "A-002", "A-003", "A-005", "A-006")
    }
    assert {alias: device.status for alias, device in found.items()} == {
        "A-001": Status.IN_STOCK,
        "A-002": Status.TRIAGED,
        "A-003": Status.QUALITY_CHECKED,
        "A-005": Status.IN_STOCK,
        "A-006": Status.QUALITY_CHECKED,
    }
    first = found["A-001"]
    assert first.profiles
    assert devices.media_state(session, first).value == "clear"
    assert devices.media_state(session, found["A-002"]).value == "unknown"
    told = session.scalars(sa.select(Event).where(Event.kind == "device.media-attested")).all()
    assert [event.payload["method"] for event in told if event.payload] == ["nwipe DoD"] * 3
    assert session.scalar(sa.select(sa.func.count()).select_from(Device)) == 5


def test_without_a_controller_s_word_everything_enters_as_triaged(session: Session, controller: Actor) -> None:
    bring(session, "stock", STOCK, controller)
    statuses = session.execute(sa.select(Device.form, Device.status)).all()
    assert {row[1] for row in statuses if row[0].value != "monitor"} == {Status.TRIAGED}


@pytest.mark.parametrize(
    ("cpu", "ram", "disk", "status"),
    [
        ("Intel Core i5-8250U", "8 Go", "SSD 256 Go", Status.IN_STOCK),
        ("Zorglub 3000", "8 Go", "SSD 256 Go", Status.QUALITY_CHECKED),
        ("Intel Core i5-8250U", "", "SSD 256 Go", Status.QUALITY_CHECKED),
        ("Intel Core i5-8250U", "8 Go", "HDD 500 Go", Status.QUALITY_CHECKED),
        ("Intel Core i5-8250U", "8 Go", "", Status.QUALITY_CHECKED),
    ],
)
def test_what_serves_no_profile_waits_at_the_control(
    session: Session, controller: Actor, cpu: str, ram: str, disk: str, status: Status
) -> None:
    text = (
        "N° interne;Type;Marque;Modèle;Statut;Processeur;RAM;Disque;Effacé le;Méthode;Chargeur\n"
        f"B-001;Portable;Lenovo;ThinkPad T480;En stock;{cpu};{ram};{disk};03/06/2026;nwipe DoD;oui\n"
    )
    _table, (line,) = files.look(session, "stock", text.encode(), by=controller, today=TODAY, attested=True)
    assert ("no-profile" in line.notes) is (status is Status.QUALITY_CHECKED)
    assert bring(session, "stock", text, controller, attested=True)[1] == 1
    device = session.scalars(sa.select(Device)).one()
    assert (device.status, bool(device.profiles)) == (status, status is Status.IN_STOCK)


def test_the_tables_in_force_when_it_is_applied_decide(
    session: Session, controller: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table of processors adopted while a preview was read over lets nothing into the stock that serves nobody."""
    from refurb.core.grading import CpuTable
    from refurb.devices.grades import Tables, in_force

    table, lines = files.look(session, "stock", STOCK.encode(), by=controller, today=TODAY, attested=True)
    assert "En stock" in lines[0].shown
    preview = files.keep(session, "stock", STOCK.encode(), table, lines, name="f.csv", by=controller, at=NOON)
    stricter = Tables(CpuTable("none", (), {}), in_force(session).profiles)
    monkeypatch.setattr("refurb.exchange.stock.in_force", lambda _session: stricter)
    files.apply_preview(session, preview, by=controller, at=NOON, today=TODAY)
    first = devices.by_alias(session, "A-001", seen_by=controller)[0]
    assert (first.status, first.profiles) == (Status.QUALITY_CHECKED, [])


@pytest.mark.parametrize(
    ("column", "longest"), [("N° interne", 100), ("Marque", 100), ("Système", 100), ("Chargeur", 60), ("Méthode", 100)]
)
def test_what_is_longer_than_its_place_is_cut_and_said(
    session: Session, controller: Actor, column: str, longest: int
) -> None:
    cells = {"N° interne": "B-001", "Type": "Portable", "Marque": "Lenovo", "Statut": "Contrôlé", "Système": "Mint",
             "Chargeur": "oui", "Effacé le": "03/06/2026", "Méthode": "nwipe DoD"}  # fmt: skip
    cells[column] = "lot 7 " * 25
    text = f"{';'.join(cells)}\n{';'.join(cells.values())}\n"
    _table, (line,) = files.look(session, "stock", text.encode(), by=controller, today=TODAY, attested=True)
    assert "text-cut" in line.notes
    assert bring(session, "stock", text, controller, attested=True)[1] == 1
    kept = [str(value) for value in line.values.values() if str(value).startswith("lot 7")]
    assert {len(value) for value in kept} == {longest}


def test_the_same_stock_twice_is_there_once(session: Session, controller: Actor) -> None:
    bring(session, "stock", STOCK, controller, attested=True)
    counts, made = bring(session, "stock", STOCK, controller, attested=True)
    assert (counts["known"], counts["new"], made) == (5, 0, 0)
    assert files.before(session, "stock", STOCK.encode(), by=controller) is not None


def test_a_preview_is_applied_once(session: Session, controller: Actor) -> None:
    table, lines = files.look(session, "stock", STOCK.encode(), by=controller, today=TODAY)
    preview = files.keep(session, "stock", STOCK.encode(), table, lines, name="f.csv", by=controller, at=NOON)
    files.apply_preview(session, preview, by=controller, at=NOON, today=TODAY)
    with pytest.raises(ImportRefused, match="already"):
        files.apply_preview(session, preview, by=controller, at=NOON, today=TODAY)


@pytest.mark.parametrize(("kind", "text"), [("stock", STOCK), ("needs", NEEDS), ("organisations", BODIES)])
def test_what_names_persons_is_refused_and_never_stored(
    session: Session, controller: Actor, prescriber: Actor, coordinator: Actor, kind: str, text: str
) -> None:
    by = {"stock": controller, "needs": prescriber, "organisations": coordinator}[kind]
    table, lines = files.look(session, kind, text.encode(), by=by, today=TODAY)
    refused = {"stock": "Bénéficiaire", "needs": "Nom", "organisations": "Nom du responsable"}[kind]
    assert refused in files.columns_told(table)["person"]
    preview = files.keep(session, kind, text.encode(), table, lines, name="f.csv", by=by, at=NOON)
    kept = json.dumps([line.plain() for line in files.lines_of(session, preview)], ensure_ascii=False)
    kept += json.dumps(preview.told, ensure_ascii=False)
    for word in ("Quimperlé", "Carhaix", "Morlaix", "06 12 34"):
        assert word not in kept


def test_needs_come_in_sent_where_complete_and_keep_their_day(session: Session, prescriber: Actor, place: Any) -> None:
    counts, made = bring(session, "needs", NEEDS, prescriber)
    assert (counts["refused"], made) == (0, 4)
    needs = session.scalars(sa.select(Need).order_by(Need.id)).all()
    label = labels.of(session, needs[0], seen_by=prescriber)
    assert label is not None
    assert label.text == "2026-031"
    assert needs[0].commune_code == "49007"
    assert needs[0].state in (State.VALIDATED, State.SUBMITTED)
    assert needs[0].answers["persons"] == 4
    assert needs[3].state is State.DRAFT
    assert labels.of(session, needs[3], seen_by=prescriber) is None, "somebody's name is no reference"
    assert bring(session, "needs", NEEDS, prescriber)[0]["known"] == 3


def test_organisations_come_in_once(session: Session, coordinator: Actor) -> None:
    counts, made = bring(session, "organisations", BODIES, coordinator)
    assert (counts["new"], counts["mended"], counts["refused"], made) == (1, 1, 2, 2)
    body = session.scalars(sa.select(Organisation).where(Organisation.name == "CCAS de Trélazé")).one()
    assert body.commune_code == "49353"
    assert body.phone == "02 41 00 00 09"
    assert bring(session, "organisations", BODIES, coordinator)[1] == 0


@pytest.mark.parametrize(
    ("text", "code"), [("a;b\n1;2\n", "no-header"), ("N° interne;Marque\n", "no-line"), ("x", "no-header")]
)
def test_a_file_that_says_nothing_is_refused(session: Session, controller: Actor, text: str, code: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        files.look(session, "stock", text.encode(), by=controller, today=TODAY)
    assert refused.value.code == code


def test_the_pages_go_from_the_file_to_the_stock(
    session: Session, visitor: Visitor, workshop: Organisation, make_account: MakeAccount
) -> None:
    visitor.sign_in(make_account({workshop: [Role.CONTROLLER]}), workshop)
    visitor.get("/exchange/")
    visitor.get("/exchange/imports/organisations", status=403)
    visitor.get("/exchange/imports/stock")
    page = visitor.submit(status=422)
    assert "Choisissez un fichier" in page.words()
    rows = [line.split(";") for line in STOCK.splitlines()]
    book = write_xlsx([("Stock", rows[0], rows[1:])])
    page = visitor.post("/exchange/imports/stock", {"file": (io.BytesIO(book), "stock.xlsx"), "attested": "y"})
    assert "Des colonnes sur des personnes ont été refusées" in page.words()
    assert "Quimperlé" not in page.words()
    address = page.response.request.path
    visitor.get(f"{address}?show=refused")
    page = visitor.submit("main form.wide", button="apply")
    assert "5 fiches créées" in page.words()
    assert session.scalar(sa.select(sa.func.count()).select_from(Device)) == 5
    page = visitor.post("/exchange/imports/stock", {"file": (io.BytesIO(book), "stock.xlsx")})
    assert "a déjà été importé" in page.words()
    visitor.submit("main form.wide", button="forget")
    assert session.scalar(sa.select(sa.func.count()).select_from(ImportPreview)) == 1


def test_another_organisation_does_not_see_the_preview(
    session: Session, visitor: Visitor, controller: Actor, make_organisation: MakeOrganisation,
    make_account: MakeAccount,
) -> None:  # fmt: skip
    table, lines = files.look(session, "stock", STOCK.encode(), by=controller, today=TODAY)
    preview = files.keep(session, "stock", STOCK.encode(), table, lines, name="f.csv", by=controller, at=NOON)
    other = make_organisation(OrganisationRole.REFURBISHER)
    visitor.sign_in(make_account({other: [Role.CONTROLLER]}), other)
    visitor.get(f"/exchange/previews/{preview.id}", status=404)
    visitor.post(f"/exchange/previews/{preview.id}", {"do": "apply"}, status=404)


@pytest.mark.parametrize("dry", [True, False])
def test_the_command_says_and_writes(
    fresh_app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, dry: bool
) -> None:
    from click.testing import CliRunner

    from refurb.cli import imports
    from refurb.db import get_session
    from refurb.territory import services as territory

    with fresh_app.app_context():
        session = get_session()
        territory.load(session, "49", at=NOON)
        session.commit()
        session.close()
    monkeypatch.setattr(imports, "load_app", lambda: fresh_app)
    path = tmp_path / "bodies.csv"
    path.write_text(BODIES)
    arguments = ["organisations", str(path), *(["--dry-run"] if dry else [])]
    run = CliRunner().invoke(imports.import_, [*arguments, "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.output)
    assert told["counts"] == {"new": 1, "mended": 1, "known": 0, "refused": 2}
    assert told["made"] == (0 if dry else 2)
    again = CliRunner().invoke(imports.import_, arguments)
    assert again.exit_code == 0, again.output
    assert ("déjà été importé" in again.output) is not dry
    with fresh_app.app_context():
        session = get_session()
        assert session.scalar(sa.select(sa.func.count()).select_from(Organisation)) == (0 if dry else 2)
        session.close()


def test_the_command_asks_whose_stock_it_is(fresh_app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from click.testing import CliRunner

    from refurb.cli import imports

    monkeypatch.setattr(imports, "load_app", lambda: fresh_app)
    path = tmp_path / "stock.csv"
    path.write_text(STOCK)
    assert CliRunner().invoke(imports.import_, ["stock", str(path)]).exit_code == 2
    run = CliRunner().invoke(imports.import_, ["stock", str(path), "--organisation", "Personne"])
    assert run.exit_code == 1
