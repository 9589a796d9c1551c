"""The seal: whose it is, what it covers, what it leaves of a paper; and `refurb documents verify`, offline."""

from __future__ import annotations

import io
import json
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import pytest
from click.testing import CliRunner

from refurb.cli.main import cli
from refurb.core.documents import DocumentKind
from refurb.documents import seal
from refurb.documents.checking import as_data
from refurb.documents.rendering import render
from refurb.documents.seal import Verdict
from tests.documents.samples import papers

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from tests.factories import MakeAccount, MakeOrganisation
    from tests.visitor import Visitor

NOW = datetime.now(UTC)
KIND = DocumentKind.REUSE_STATEMENT


@pytest.fixture(scope="module")
def bundle() -> str:
    return seal.make("Refurb atelier.example", now=NOW)


@pytest.fixture(scope="module")
def plain() -> bytes:
    return render(KIND, as_data(papers()[KIND]), "fr", date(2026, 11, 21))


@pytest.fixture(scope="module")
def sealed(bundle: str, plain: bytes) -> bytes:
    return seal.put(plain, seal.read(bundle))


def test_a_sealed_paper_is_genuine_for_its_instance_alone(bundle: str, sealed: bytes) -> None:
    ours = seal.read(bundle)
    checked = seal.check(sealed, ours.certificates)
    assert checked.verdict is Verdict.GENUINE
    assert checked.signer == "Refurb atelier.example"
    assert checked.fingerprint == seal.fingerprint(ours.certificate)
    assert checked.sealed_at is not None
    assert abs(checked.sealed_at - NOW) < timedelta(minutes=30)
    other = seal.read(seal.make("Refurb atelier.example", now=NOW))
    assert seal.check(sealed, other.certificates).verdict is Verdict.OTHER_SEAL
    assert seal.check(sealed, ()).verdict is Verdict.OTHER_SEAL


def test_the_paper_itself_is_untouched_and_stays_accessible(plain: bytes, sealed: bytes) -> None:
    assert sealed.startswith(plain)
    with pikepdf.open(io.BytesIO(plain)) as before, pikepdf.open(io.BytesIO(sealed)) as after:
        assert sealed[:8] == b"%PDF-1.7"
        assert "/Version" not in after.Root or str(after.Root.Version) == "/1.7"
        assert bool(after.Root.MarkInfo.Marked)
        assert str(after.Root.Lang) == str(before.Root.Lang)
        assert after.Root.StructTreeRoot.unparse() == before.Root.StructTreeRoot.unparse()
        told, was = after.open_metadata(), before.open_metadata()
        assert (told["pdfaid:part"], told["pdfaid:conformance"], told["pdfuaid:part"]) == ("2", "A", "1")
        assert told["dc:title"] == was["dc:title"] == str(after.docinfo["/Title"])
        # PDF/A: the field prints and is not hidden; PDF/UA: it has a name, and nothing of it stands on the page.
        (field,) = after.Root.AcroForm.Fields
        assert int(field.F) & (1 | 2 | 4 | 32) == 4  # invisible, hidden, print, no view
        assert str(field.TU) == "Refurb atelier.example"
        assert all(float(edge) < 0 for edge in field.Rect)
        assert str(field.V.SubFilter) == "/ETSI.CAdES.detached"


def test_any_changed_byte_is_seen(bundle: str, plain: bytes, sealed: bytes) -> None:
    ours = seal.read(bundle).certificates
    # Spread over the paper, then over the update that carries the seal; its own reserve of zeros holds nothing.
    reserve = sealed.index(b"/Contents <") + len(b"/Contents <")
    places = [*range(9, len(plain), len(plain) // 12), *range(len(plain) + 1, reserve, (reserve - len(plain)) // 6)]
    assert len(places) >= 18
    for place in places:
        changed = bytearray(sealed)
        changed[place] ^= 1
        assert seal.check(bytes(changed), ours).verdict is not Verdict.GENUINE, place


def test_what_is_added_or_cut_is_seen(bundle: str, plain: bytes, sealed: bytes) -> None:
    ours = seal.read(bundle).certificates
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        out = io.BytesIO()
        pdf.save(out)
    assert seal.check(out.getvalue(), ours).verdict is not Verdict.GENUINE
    assert seal.check(sealed + b"\n% something more\n", ours).verdict is Verdict.CHANGED
    assert seal.check(sealed[:-200], ours).verdict is not Verdict.GENUINE
    assert seal.check(plain, ours).verdict is Verdict.NOT_SEALED
    for junk in (b"", b"hello", b"%PDF-1.7", b"%PDF-1.7\n" + b"<<" * 5000, bytes(range(256)) * 40):
        assert seal.check(junk, ours).verdict in (Verdict.NOT_A_PDF, Verdict.NOT_SEALED)


def test_papers_of_a_former_key_and_of_an_ended_certificate_stay_genuine(
    bundle: str, sealed: bytes, plain: bytes
) -> None:
    renewed = seal.read(seal.make("Refurb", now=NOW, before=seal.read(bundle).certificates))
    assert len(renewed.certificates) == 2
    assert seal.check(sealed, renewed.certificates).verdict is Verdict.GENUINE
    assert seal.check(seal.put(plain, renewed), renewed.certificates).fingerprint == seal.fingerprint(
        renewed.certificate
    )
    ended = seal.read(seal.make("Refurb", now=NOW - seal.LIFE - timedelta(days=30)))
    assert seal.check(seal.put(plain, ended), ended.certificates).verdict is Verdict.GENUINE


def test_a_bundle_is_read_from_pem_from_one_line_and_from_a_file(bundle: str, tmp_path: Path) -> None:
    path = tmp_path / "seal.pem"
    path.write_text(bundle)
    for given in (bundle, seal.one_line(bundle), bundle.replace("\n", "\\n"), str(path)):
        assert seal.read(given).certificate == seal.read(bundle).certificate
    other = seal.make("Refurb", now=NOW)
    key, certificate = bundle[: bundle.index("-----BEGIN CERT")], other[other.index("-----BEGIN CERT") :]
    for wrong, code in ((key + certificate, "not-its-key"), (certificate, "no-key"), ("no such file", "unreadable")):
        with pytest.raises(seal.SealUnusable) as refused:
            seal.read(wrong)
        assert refused.value.code == code


def test_an_embedded_instance_makes_its_seal_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    first = seal.of_instance(tmp_path, None, embedded=True, name="Refurb", now=NOW)
    again = seal.of_instance(tmp_path, None, embedded=True, name="Refurb", now=NOW)
    assert first is not None
    assert again is not None
    assert first.certificate == again.certificate
    assert stat.S_IMODE((tmp_path / "seal.pem").stat().st_mode) == 0o600
    assert seal.of_instance(tmp_path / "other", None, embedded=False, now=NOW) is None


def test_the_command_needs_no_database(
    bundle: str, sealed: bytes, plain: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "instance").mkdir()
    monkeypatch.setenv("REFURB_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@nowhere.invalid/nothing")
    monkeypatch.delenv("REFURB_SEAL_KEY", raising=False)
    monkeypatch.delenv("REFURB_LANG", raising=False)
    good, bad, bare = tmp_path / "good.pdf", tmp_path / "bad.pdf", tmp_path / "bare.pdf"
    good.write_bytes(sealed)
    changed = bytearray(sealed)
    changed[2000] ^= 1
    bad.write_bytes(changed)
    bare.write_bytes(plain)
    run = CliRunner()
    refused = run.invoke(cli, ["documents", "verify", str(good)])
    assert (refused.exit_code, "Aucun certificat" in refused.output) == (1, True)
    (tmp_path / "instance" / "seal.pem").write_text(bundle)
    assert "authentique" in run.invoke(cli, ["documents", "verify", str(good)]).output
    published = run.invoke(cli, ["documents", "certificate"])
    assert "PRIVATE" not in published.output
    certificate = tmp_path / "atelier.pem"
    certificate.write_text(published.output)
    (tmp_path / "instance" / "seal.pem").unlink()
    assert run.invoke(cli, ["documents", "verify", "--certificate", str(certificate), str(good)]).exit_code == 0
    mixed = run.invoke(
        cli, ["documents", "verify", "--json", "--certificate", str(certificate), str(good), str(bad), str(bare)]
    )
    assert mixed.exit_code == 1
    rows = json.loads(mixed.output)
    assert [row["genuine"] for row in rows] == [True, False, False]
    assert rows[2]["verdict"] == "not-sealed"
    assert rows[0]["certificate_sha256"] == seal.fingerprint(seal.read(bundle).certificate)
    assert run.invoke(cli, ["documents", "verify", "--certificate", str(good), str(good)]).exit_code == 1
    assert run.invoke(cli, ["documents", "verify"]).exit_code == 2
    made = run.invoke(cli, ["documents", "make-seal", "--name", "Refurb essai"])
    assert seal.signer_name(seal.read(made.output.strip()).certificate) == "Refurb essai"


def test_the_worker_seals_with_the_key_of_the_instance(fresh_app: Flask, bundle: str) -> None:
    from dataclasses import replace

    from refurb import blobs, outbox
    from refurb.db import get_session
    from refurb.documents.models import Document
    from refurb.organisations.models import LegalType, Organisation
    from tests.documents.test_numbers import AT, issue

    fresh_app.extensions["refurb.settings"] = replace(fresh_app.extensions["refurb.settings"], seal_key=bundle)
    with fresh_app.app_context():
        session = get_session()
        workshop = Organisation(name="Atelier", legal_type=LegalType.ASSOCIATION, created_at=AT)
        session.add(workshop)
        session.flush()
        document_id = issue(session, workshop.id).id
        session.commit()
        assert outbox.drain(session) == 1
        document = session.get_one(Document, document_id)
        assert document.sha256 is not None
        assert document.seal_sha256 == seal.fingerprint(seal.read(bundle).certificate)
        pdf = blobs.get(session, document.sha256)
    assert seal.check(pdf, seal.read(bundle).certificates).verdict is Verdict.GENUINE


def test_a_paper_without_seal_says_so_on_its_page(
    visitor: Visitor,
    session: Session,
    make_organisation: MakeOrganisation,
    make_account: MakeAccount,
    bundle: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from refurb import outbox
    from refurb.core.permissions import OrganisationRole, Role
    from refurb.documents import services
    from tests.documents.test_numbers import issue

    workshop = make_organisation(OrganisationRole.REFURBISHER)
    visitor.sign_in(make_account({workshop: [Role.TECHNICIAN]}))
    for given, said in ((None, "aucun"), (seal.read(bundle), "scellé à sa fabrication")):
        monkeypatch.setattr(services, "instance_seal", lambda given=given: given)
        document = issue(session, workshop.id)
        session.commit()
        assert said not in visitor.get(f"/documents/{document.code}").words(), "before it is made, nobody knows"
        outbox.drain(session)
        assert said in visitor.get(f"/documents/{document.code}").words()
