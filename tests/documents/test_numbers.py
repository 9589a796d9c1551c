"""Numbers without gaps or doubles, data that does not change, bytes made once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.documents import DocumentKind
from refurb.core.permissions import OrganisationRole
from tests.documents.samples import papers

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from refurb.documents.models import Document
    from tests.factories import MakeOrganisation

AT = datetime(2026, 11, 17, 11, 0, tzinfo=UTC)
KIND = DocumentKind.INTAKE_CERTIFICATE


def issue(session: Session, issuer_id: int, *, at: datetime = AT, **values: Any) -> Document:
    from refurb.documents import services
    from refurb.security import Actor

    given = {"subject_kind": "lot", "subject_id": 1, "data": papers()[KIND], "language": "fr"} | values
    return services.issue(session, KIND, issuer_id=issuer_id, by=Actor.system(), at=at, **given)


def test_numbers_follow_each_other_by_issuer_and_year(session: Session, make_organisation: MakeOrganisation) -> None:
    one = make_organisation(OrganisationRole.REFURBISHER, name="Atelier Éloïse", short_name="Éloïse")
    other = make_organisation(OrganisationRole.REFURBISHER)
    numbers = [issue(session, one.id).number for _ in range(3)]
    assert numbers == [f"ELOISE{one.id}-2026-{n:05d}" for n in (1, 2, 3)]
    assert issue(session, other.id).sequence == 1
    # 23:30 in Paris on New Year's Eve is still the old year; half an hour past midnight is not, though UTC says so.
    assert issue(session, one.id, at=datetime(2026, 12, 31, 22, 30, tzinfo=UTC)).year == 2026
    assert issue(session, one.id, at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC)).number.endswith("-2027-00001")


def test_a_deed_undone_gives_its_number_back(session: Session, make_organisation: MakeOrganisation) -> None:
    workshop = make_organisation(OrganisationRole.REFURBISHER)
    assert issue(session, workshop.id).sequence == 1
    deed = session.begin_nested()
    assert issue(session, workshop.id).sequence == 2
    deed.rollback()
    assert issue(session, workshop.id).sequence == 2


def test_eight_writers_at_once_leave_no_gap_and_no_double(fresh_app: Flask) -> None:
    from refurb.db import get_session
    from refurb.documents.models import Document
    from refurb.organisations.models import LegalType, Organisation

    with fresh_app.app_context():
        session = get_session()
        workshop = Organisation(name="Atelier", legal_type=LegalType.ASSOCIATION, created_at=AT)
        session.add(workshop)
        session.commit()
        issuer_id = workshop.id
    failures: list[BaseException] = []
    start = threading.Barrier(8)

    def write(seed: int) -> None:
        try:
            start.wait()
            for turn in range(10):
                with fresh_app.app_context():
                    session = get_session()
                    issue(session, issuer_id, subject_id=seed * 100 + turn)
                    # One in five is given up after its number was taken.
                    if (seed + turn) % 5 == 0:
                        session.rollback()
                    else:
                        session.commit()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with fresh_app.app_context():
        sequences = get_session().scalars(sa.select(Document.sequence).order_by(Document.sequence)).all()
        codes = get_session().scalars(sa.select(Document.code)).all()
    assert list(sequences) == list(range(1, 65))
    assert len(set(codes)) == 64


def test_the_worker_renders_once_what_was_frozen(session: Session, make_organisation: MakeOrganisation) -> None:
    from refurb import blobs, outbox
    from refurb.audit.queries import of_subject
    from refurb.documents import rendering, services
    from refurb.security import Actor
    from refurb.web import zone

    workshop = make_organisation(OrganisationRole.REFURBISHER, name="Atelier Éloïse")
    document = issue(session, workshop.id)
    session.commit()
    frozen = dict(document.data)
    assert document.sha256 is None
    workshop.name = "Un autre nom"
    session.commit()

    assert outbox.drain(session) == 1
    assert document.sha256 is not None
    assert document.data == frozen
    pdf = blobs.get(session, document.sha256)
    # What was frozen, then the seal over it: on PostgreSQL no seal is given to the tests' instance, and none is put.
    rendered = rendering.render(KIND, frozen, "fr", document.issued_at.astimezone(zone()).date())
    assert pdf.startswith(rendered)
    assert (document.seal_sha256 is not None) is (pdf != rendered)
    assert blobs.media_type(session, document.sha256) == "application/pdf"

    again = services.render(session, document.id, by=Actor.system(), at=AT)
    assert again == document.sha256
    kinds = [event.kind for event in of_subject(session, "document", document.id)]
    assert kinds == ["document.rendered", "document.issued"]


def test_what_waits_is_rendered_all_the_same(session: Session, make_organisation: MakeOrganisation) -> None:
    from refurb.documents import services
    from refurb.security import Actor

    workshop = make_organisation(OrganisationRole.REFURBISHER)
    made = [issue(session, workshop.id) for _ in range(2)]
    session.commit()
    assert services.render_pending(session, by=Actor.system(), at=AT) == 2
    assert all(document.sha256 for document in made)
    assert services.render_pending(session, by=Actor.system(), at=AT) == 0


def test_a_corrected_paper_cancels_the_first_which_keeps_its_number(
    session: Session, make_organisation: MakeOrganisation
) -> None:
    from refurb.documents import services
    from refurb.security import Actor

    workshop = make_organisation(OrganisationRole.REFURBISHER)
    first = issue(session, workshop.id)
    second = services.replace(session, first, data=papers()[KIND], reason="nombre faux", by=Actor.system(), at=AT)
    assert (first.sequence, second.sequence) == (1, 2)
    assert first.voided_at == AT
    assert first.replaced_by_id == second.id
    assert second.data["document"]["replaces"] == first.number
    with pytest.raises(services.DocumentRefused, match="already-void"):
        services.void(session, first, reason="encore", by=Actor.system(), at=AT)


def test_a_working_paper_takes_no_number(session: Session, make_organisation: MakeOrganisation) -> None:
    from refurb.documents import services
    from refurb.documents.models import DocumentCounter
    from refurb.security import Actor

    workshop = make_organisation(OrganisationRole.REFURBISHER, name="Atelier Éloïse")
    data = papers()[DocumentKind.PICKING_LIST]
    with pytest.raises(services.DocumentRefused, match="unnumbered"):
        services.issue(
            session,
            DocumentKind.PICKING_LIST,
            issuer_id=workshop.id,
            subject_kind="organisation",
            subject_id=workshop.id,
            data=data,
            language="fr",
            by=Actor.system(),
            at=AT,
        )
    pdf = services.working_paper(
        session, DocumentKind.PICKING_LIST, issuer_id=workshop.id, data=data, language="fr", on=AT.date()
    )
    assert pdf.startswith(b"%PDF")
    assert session.scalar(sa.select(sa.func.count()).select_from(DocumentCounter)) == 0


#: A process that takes a number, holds it, and is killed before it commits.
KILLED = """
import os, signal, sys
from refurb.cli.application import load_app
from tests.documents.test_numbers import issue
app = load_app()
with app.app_context():
    from refurb.db import get_session
    print(issue(get_session(), int(sys.argv[1])).sequence, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_killed_with_a_number_in_hand_leaves_no_gap(fresh_app: Flask, tmp_path: Path) -> None:
    from refurb.db import db, get_session
    from refurb.documents.models import Document

    with fresh_app.app_context():
        issuer_id = an_issuer(get_session())
        assert issue(get_session(), issuer_id).sequence == 1
        get_session().commit()
        url = db.engine.url.render_as_string(hide_password=False)
    root = Path(__file__).parents[2]
    settings = fresh_app.extensions["refurb.settings"]
    given = {
        "DATABASE_URL": url,
        "REFURB_SECRET_KEY": settings.secret_key,
        "REFURB_FIELD_KEYS": settings.field_keys[0],
        "REFURB_INSTANCE": str(tmp_path),
        "PYTHONPATH": str(root),
    }
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(issuer_id)],
        env={**os.environ, **given},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert killed.stdout.split()[-1] == "2", "it had its number"
    with fresh_app.app_context():
        session = get_session()
        assert issue(session, issuer_id).sequence == 2
        session.commit()
        assert list(session.scalars(sa.select(Document.sequence).order_by(Document.sequence))) == [1, 2]


def test_two_workers_at_the_same_paper_leave_one_file(fresh_app: Flask) -> None:
    from refurb.audit.queries import of_subject
    from refurb.blobs import Blob
    from refurb.db import get_session
    from refurb.documents import services
    from refurb.documents.models import Document
    from refurb.security import Actor

    with fresh_app.app_context():
        document_id = issue(get_session(), an_issuer(get_session())).id
        get_session().commit()
    told: list[str] = []
    failures: list[BaseException] = []
    start = threading.Barrier(2)

    def work() -> None:
        try:
            with fresh_app.app_context():
                start.wait()
                told.append(services.render(get_session(), document_id, by=Actor.system(), at=AT))
                get_session().commit()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with fresh_app.app_context():
        session = get_session()
        kept = session.get_one(Document, document_id).sha256
        assert told == [kept, kept]
        # Sealed twice the bytes differ: those of the second are nowhere.
        assert session.scalars(sa.select(Blob.sha256)).all() == [kept]
        kinds = [event.kind for event in of_subject(session, "document", document_id)]
        assert kinds.count("document.rendered") == 1


def an_issuer(session: Session) -> int:
    from refurb.organisations.models import LegalType, Organisation

    workshop = Organisation(name="Atelier", legal_type=LegalType.ASSOCIATION, created_at=AT)
    session.add(workshop)
    session.flush()
    return workshop.id
