"""What is past its time goes, table by table, and the chains stay true; a dry run changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.audit.models import Event
from refurb.audit.services import broken, record
from refurb.core.equipment import Form, Mode
from refurb.core.identity import CodeKind, read
from refurb.core.need_life import State
from refurb.core.retention import Kept
from refurb.db import Base
from refurb.needs.models import Need
from refurb.privacy import labels
from refurb.privacy.anonymise import MONTHS, STAYS, naming_cases
from refurb.privacy.purge import Done, purge
from refurb.security import Actor
from tests.conftest import NOON, Clock

if TYPE_CHECKING:
    from flask import Flask

    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.department import MakeNeed
    from tests.factories import MakeDevice

LATER = NOON + timedelta(days=800)


def run(session: Session, at: datetime = LATER, **options: Any) -> dict[Kept, Done]:
    return {done.kept: done for done in purge(session, by=Actor.system(), at=at, **options)}


def handed_over(session: Session, need: Need, device: Any, *, mode: Mode = Mode.GIFT, at: datetime = NOON) -> Any:
    """Write the rows that a hand-over leaves."""
    from refurb.handover.models import Handover
    from refurb.matching.models import Ending, Reservation

    reservation = Reservation(
        need_id=need.id, device_id=device.id, mode=mode, made_at=at, expires_at=at, ended_at=at,
        ending=Ending.HANDED_OVER, motive="une raison",
    )  # fmt: skip
    session.add(reservation)
    session.flush()
    handover = Handover(
        code=f"H{need.id:08d}", need_id=need.id, device_id=device.id, reservation_id=reservation.id,
        organisation_id=need.organisation_id, mode=mode, signature="in_presence",
        signature_detail={"witness": "relative"}, rules_version="1", after_sales_contact="Atelier", handed_over_at=at,
    )  # fmt: skip
    session.add(handover)
    need.state = State.HANDED_OVER
    session.flush()
    return handover


def test_a_case_without_a_word_for_two_years_is_emptied(
    session: Session, make_need: MakeNeed, prescriber: Actor, coordination: Organisation, make_device: MakeDevice
) -> None:
    need = make_need(note="clavier à gros caractères")
    labels.write(session, need, "Foyer Quimperlé", by=prescriber, at=NOON)
    handover = handed_over(session, need, make_device(form=Form.LAPTOP))
    code, epci, profile = need.code, need.epci_code, need.profile
    done = run(session)[Kept.CASE]
    assert (done.found, done.left) == (1, {})
    assert done.tables["need"] == done.tables["handover"] == done.tables["private_label"] == 1
    session.expire_all()
    assert session.scalar(sa.select(Need.id).where(Need.code == code)) is None
    assert read(need.code).code == need.code
    assert need.code[0] == CodeKind.NEED
    assert (need.epci_code, need.profile, need.answers) == (epci, profile, {})
    assert (need.commune_code, need.created_by_id, need.handover_place_id) == (None, None, None)
    assert need.organisation_id == coordination.id
    assert need.created_at == NOON.replace(day=1, hour=0)
    assert handover.signature_detail == {}
    assert labels.of_service(session, seen_by=prescriber) == []
    told = session.scalars(sa.select(Event).where(Event.subject_kind == "need", Event.subject_id == need.id)).all()
    assert {event.kind for event in told} == {"event.forgotten", "events.forgotten", "need.anonymised"}
    assert [what for _event, what in broken(session)] == []
    assert run(session)[Kept.CASE].found == 0, "once is enough"


def test_every_column_of_a_need_has_its_fate(session: Session, make_need: MakeNeed) -> None:
    """Whatever is not on the list of what stays is empty, columns of later versions too."""
    need = make_need()
    run(session)
    for column in Base.metadata.tables["need"].columns:
        value = getattr(need, column.key)
        if column.key not in STAYS | MONTHS:
            assert value in (None, {}, [], "", 1, False, "any"), (column.key, value)


def test_every_table_that_names_a_case_is_known() -> None:
    """A new one is emptied of its texts and accounts by itself; whether that is enough is for a person to say."""
    from refurb.privacy.anonymise import OWN_WAY
    from tests.privacy.known import EMPTIED

    named = {table.name for table, _column in naming_cases()}
    assert named - OWN_WAY - EMPTIED == set()


def test_a_case_of_less_than_two_years_and_a_running_loan_stay(
    session: Session, make_need: MakeNeed, make_device: MakeDevice
) -> None:
    young, lent = make_need(), make_need()
    young.changed_at = LATER - timedelta(days=700)
    handed_over(session, lent, make_device(form=Form.LAPTOP), mode=Mode.LOAN)
    done = run(session)[Kept.CASE]
    assert (done.found, done.left) == (1, {"on-loan": 1})
    assert lent.answers
    assert young.answers


def test_a_fault_is_a_contact(session: Session, make_need: MakeNeed, make_device: MakeDevice) -> None:
    from refurb.aftersales.models import Ticket

    need = make_need()
    device = make_device(form=Form.LAPTOP)
    handover = handed_over(session, need, device)
    session.add(
        Ticket(
            code="T1", device_id=device.id, handover_id=handover.id, organisation_id=need.organisation_id,
            fault="other", opened_at=LATER - timedelta(days=30),
        )
    )  # fmt: skip
    session.flush()
    assert run(session)[Kept.CASE].found == 0


def test_an_old_draft_is_emptied_and_a_structure_is_no_person(session: Session, make_need: MakeNeed) -> None:
    from refurb.core.equipment import Recipient

    draft = make_need(sent=False)
    structure = make_need()
    structure.recipient = Recipient.STRUCTURE
    session.flush()
    found = run(session, NOON + timedelta(days=200))
    assert found[Kept.DRAFT_CASE].found == 1
    assert draft.state is State.CANCELLED
    assert run(session)[Kept.CASE].found == 0
    assert structure.answers


def test_who_opened_a_case_is_forgotten_after_a_year(session: Session, make_need: MakeNeed, prescriber: Actor) -> None:
    need = make_need()
    for days in (0, 300):
        record(session, "need", need.id, "need.read", by=prescriber, at=NOON + timedelta(days=days))
    record(session, "account", 1, "account.signed-in", by=prescriber, at=NOON)
    found = run(session, NOON + timedelta(days=400))
    assert found[Kept.ACCESS].tables["event"] == 1
    assert found[Kept.SIGN_IN].tables["event"] == 1
    kinds = session.scalars(sa.select(Event.kind).where(Event.subject_kind == "need")).all()
    assert kinds.count("need.read") == 1
    assert [what for _event, what in broken(session)] == []


def test_what_is_only_deleted(session: Session, service: Organisation, clock: Clock) -> None:
    from refurb.accounts.models import Account, AccountSession, Attempt, Invitation, Membership, SecondFactor
    from refurb.blobs import Blob, put
    from refurb.devices.models import Report
    from refurb.outbox import OutboxRow

    account = Account(email="partie@example.org", name="Une personne", created_at=NOON)
    session.add(account)
    session.flush()
    session.add_all(
        [
            SecondFactor(account_id=account.id, secret="un secret", created_at=NOON),
            Membership(
                account_id=account.id, organisation_id=service.id, role_codes=[], created_at=NOON, ended_at=NOON
            ),
            AccountSession(
                token_hash="a" * 64, account_id=account.id, created_at=NOON, expires_at=NOON, last_seen_at=NOON
            ),
            Invitation(
                token_hash="b" * 64, email="x@example.org", organisation_id=service.id, role_codes=[],
                created_at=NOON, expires_at=NOON,
            ),
            Attempt(key="x", window_started_at=NOON, count=1),
            OutboxRow(kind="mail.send", payload={}, created_at=NOON, due_at=NOON, done_at=NOON),
            OutboxRow(kind="mail.send", payload={}, created_at=NOON, due_at=NOON, failed_at=NOON),
            Report(
                organisation_id=service.id, format="unreadable", raw_sha256="c" * 64,
                kept_sha256=put(session, b"illisible", "text/plain"), received_at=NOON,
            ),
        ]
    )  # fmt: skip
    session.flush()
    dry = {kept: done.tables for kept, done in run(session, dry=True).items()}
    assert session.scalar(sa.select(sa.func.count()).select_from(Report)) == 1
    real = {kept: done.tables for kept, done in run(session).items()}
    assert dry == real
    for kept in (
        Kept.SESSION, Kept.INVITATION, Kept.ATTEMPT, Kept.MAIL_SENT, Kept.MAIL_FAILED, Kept.UNREADABLE, Kept.ACCOUNT,
    ):  # fmt: skip
        assert real[kept].total() == 1, kept
    session.refresh(account)
    assert session.scalar(sa.select(sa.func.count()).select_from(SecondFactor)) == 0
    assert (account.email, account.name) == (f"{account.id}@left.invalid", f"#{account.id}")
    assert session.scalar(sa.select(sa.func.count()).select_from(Blob)) == 0
    assert sum(done.found for done in run(session).values()) == 0


def test_a_dry_run_changes_nothing(session: Session, make_need: MakeNeed) -> None:
    need = make_need()
    found = run(session, dry=True)
    assert found[Kept.CASE].found == 1
    assert need.answers
    assert session.scalar(sa.select(sa.func.count()).where(Event.kind == "privacy.purged")) == 0


@pytest.mark.parametrize("dry", [True, False])
def test_the_command_says_what_it_does(fresh_app: Flask, monkeypatch: pytest.MonkeyPatch, dry: bool) -> None:
    import json

    from click.testing import CliRunner

    from refurb.accounts.models import Attempt
    from refurb.cli import purge as module
    from refurb.db import get_session

    with fresh_app.app_context():
        session = get_session()
        session.add(Attempt(key="x", window_started_at=NOON - timedelta(days=3), count=1))
        session.commit()
        session.close()
    monkeypatch.setattr(module, "load_app", lambda: fresh_app)
    told = CliRunner().invoke(module.purge, ["--json", *(["--dry-run"] if dry else [])])
    assert told.exit_code == 0, told.output
    rules = {row["kept"]: row for row in json.loads(told.output)["rules"]}
    assert rules["attempt"]["tables"] == {"attempt": 1}
    with fresh_app.app_context():
        session = get_session()
        assert session.scalar(sa.select(sa.func.count()).select_from(Attempt)) == (1 if dry else 0)
        session.close()
    words = CliRunner().invoke(module.purge, [])
    assert words.exit_code == 0, words.output
