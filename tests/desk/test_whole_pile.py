"""What is asked for a whole pile is done by slices; and one scan that comes twice at once is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from refurb.core.permissions import Role
from refurb.core.scanning import COMMANDS
from refurb.core.workflow import Status
from refurb.desk import box, piles, queries, slices
from refurb.desk.models import Scan
from refurb.devices.models import Device
from tests.desk.visiting import scan, send
from tests.visitor import Visitor as AVisitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from refurb.accounts.models import Account
    from refurb.db import Session
    from refurb.organisations.models import Organisation
    from tests.factories import MakeAccount, MakeDevice
    from tests.visitor import Visitor


@pytest.fixture
def commits(app: Any, session: Session) -> Iterator[list[int]]:
    """One for each commit."""
    from refurb.db import Session as OurSession

    made: list[int] = []

    def note(_session: Any) -> None:
        made.append(1)

    sa.event.listen(OurSession, "after_commit", note)
    yield made
    sa.event.remove(OurSession, "after_commit", note)


def statuses(session: Session) -> list[Status]:
    session.expire_all()
    return list(session.scalars(sa.select(Device.status).order_by(Device.id)))


@pytest.fixture
def moved(controller: Visitor, session: Session, workshop: Organisation, make_device: MakeDevice) -> list[Device]:
    """Five machines that a pile noted."""
    devices = [make_device(holder=workshop, model="T470") for _ in range(5)]
    session.commit()
    for text in (COMMANDS["inventory"].code, *(device.code for device in devices)):
        send(controller, text)
    return devices


def test_a_whole_pile_is_taken_back_slice_by_slice(
    controller: Visitor, session: Session, moved: list[Device], commits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SLICE", 2)
    controller.get("/scan")
    commits.clear()
    page = controller.submit('form[action="/scan/undo-pile"]')
    assert "5 gestes annulés" in page.words().replace("\u00a0", " ")
    assert len(commits) >= 3
    assert statuses(session) == [Status.RECEIVED] * 5


def test_what_is_left_is_said_and_asking_again_goes_on(
    controller: Visitor, session: Session, moved: list[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request had no more time: what was done is done."""
    monkeypatch.setattr(slices, "SLICE", 2)
    monkeypatch.setattr(slices, "LONGEST", -1.0)
    controller.get("/scan")
    page = controller.submit('form[action="/scan/undo-pile"]')
    said = page.words().replace("\u00a0", " ")
    assert "2 gestes annulés" in said
    assert "3 gestes restent à annuler" in said
    assert statuses(session) == [Status.INVENTORIED] * 3 + [Status.RECEIVED] * 2
    page = controller.get("/scan/piles/now")
    assert "3 gestes de cette pile peuvent s" in page.words().replace("\u00a0", " ")
    monkeypatch.setattr(slices, "LONGEST", 60.0)
    page = controller.submit('form[action="/scan/undo-pile"]')
    assert "restent à annuler" not in page.words()
    assert statuses(session) == [Status.RECEIVED] * 5


def test_what_cannot_be_taken_back_keeps_no_slice_from_its_turn(
    controller: Visitor,
    session: Session,
    workshop: Organisation,
    make_account: MakeAccount,
    moved: list[Device],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slices, "SLICE", 2)
    monkeypatch.setattr(box, "REFUSED_TOLD", 1)
    colleague = AVisitor(controller.app).sign_in(make_account({workshop: [Role.CONTROLLER]}), workshop)
    for text in (COMMANDS["triage:repair"].code, *(device.code for device in moved[2:])):
        send(colleague, text)
    controller.get("/scan")
    said = controller.submit('form[action="/scan/undo-pile"]').words().replace("\u00a0", " ")
    assert "2 gestes annulés" in said
    assert said.count("reste comme elle est") == 1
    assert "2 autres machines restent comme elles sont" in said
    assert "restent à annuler" not in said
    assert statuses(session) == [Status.RECEIVED] * 2 + [Status.TRIAGED] * 3


def test_a_failure_midway_leaves_done_what_was_done(
    controller: Visitor, session: Session, moved: list[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    from refurb.desk import undoing

    own, calls = undoing.undo_slice, list[int | None]()

    def breaks(session: Session, pile: Any, before: int | None, **more: Any) -> slices.Slice | None:
        calls.append(before)
        if len(calls) == 2:
            raise OSError("the machine went down")
        return own(session, pile, before, **more)

    monkeypatch.setattr(slices, "SLICE", 2)
    monkeypatch.setattr(undoing, "undo_slice", breaks)
    controller.get("/scan")
    with pytest.raises(OSError, match="went down"):
        controller.submit('form[action="/scan/undo-pile"]')
    assert statuses(session) == [Status.INVENTORIED] * 3 + [Status.RECEIVED] * 2
    controller.get("/scan")
    said = controller.submit('form[action="/scan/undo-pile"]').words().replace("\u00a0", " ")
    assert "3 gestes annulés" in said
    assert statuses(session) == [Status.RECEIVED] * 5


def test_a_pile_is_confirmed_slice_by_slice(
    controller: Visitor,
    session: Session,
    workshop: Organisation,
    make_device: MakeDevice,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    devices = [make_device(holder=workshop, status=Status.TRIAGED) for _ in range(5)]
    session.commit()
    for text in (COMMANDS["lose"].code, *(device.code for device in devices)):
        send(controller, text)
    monkeypatch.setattr(slices, "SLICE", 2)
    monkeypatch.setattr(slices, "LONGEST", -1.0)
    controller.get("/scan")
    said = controller.submit('form[action="/scan/confirm"]').words().replace("\u00a0", " ")
    assert "2 machines confirmées" in said
    assert "3 machines attendent encore" in said
    assert statuses(session) == [Status.MISSING] * 2 + [Status.TRIAGED] * 3
    monkeypatch.setattr(slices, "LONGEST", 60.0)
    said = controller.submit('form[action="/scan/confirm"]').words().replace("\u00a0", " ")
    assert "3 machines confirmées" in said
    assert "confirmez de nouveau" not in said
    assert statuses(session) == [Status.MISSING] * 5


def test_a_double_enter_of_a_gun_is_one_scan(
    controller: Visitor,
    session: Session,
    person: Account,
    workshop: Organisation,
    make_device: MakeDevice,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a script too: the other one was written after this one looked whether it came before."""
    device = make_device(holder=workshop)
    scan(controller, COMMANDS["inventory"].code)
    number = str(controller.get("/scan").one('.desk-box input[name="client_uuid"]')["value"])
    taken = {"text": device.code, "client_uuid": number}
    own, first = box._take_typed, [True]

    def twice() -> None:
        if first.pop() if first else False:
            own()
            raise sa.exc.IntegrityError("INSERT", None, Exception("client_uuid"))
        own()

    monkeypatch.setattr(box, "_take_typed", twice)
    page = controller.post("/scan", taken)
    assert page.one("#desk-last .desk-answer")["data-answer"] == "done"
    assert session.scalars(sa.select(Scan.client_uuid).where(Scan.device_id == device.id)).all() == [number]


def test_the_page_of_a_long_pile_has_pages_and_leaves_whole(
    controller: Visitor, session: Session, moved: list[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six lines, of which a card's: two a page; what is taken along or printed has them all."""
    monkeypatch.setattr(piles, "LINES", 2)
    address = str(controller.get("/scan/piles/now").response.request.path)
    shown: list[str] = []
    for number in (1, 2, 3):
        page = controller.get(f"{address}?page={number}")
        assert f"Page {number} sur 3" in page.one("nav.pages").text.replace("\u00a0", " ")
        shown += [row.text.replace(" ", "") for row in page.select("tbody th")]
    assert shown[1:] == [device.code for device in moved]
    assert len(controller.client.get(f"{address}?format=csv").get_data(as_text=True).splitlines()) == 7
    page = controller.get(str(page.one('a[href*="whole"]')["href"]))
    assert len(page.select("tbody tr")) == 6
    assert not page.select("nav.pages")
    assert page.select("[data-module=print]")


@pytest.mark.parametrize(
    ("sought", "found"), [("{code}", 1), ("{shown}", 1), ("inconnu_9%", 1), ("INCONNU", 2), ("%", 1), ("T470", 5)]
)
def test_a_pile_is_narrowed_by_code_text_or_machine(
    controller: Visitor, session: Session, moved: list[Device], sought: str, found: int
) -> None:
    for text in ("INCONNU_9%", "INCONNU88"):
        send(controller, text)
    code = moved[2].code
    sought = sought.format(code=code, shown=f"{code[0]} {code[1:5]} {code[5:9]} {code[9:]}")
    address = controller.get("/scan/piles/now").response.request.path
    controller.get(str(address))
    page = controller.submit("form.filters", q=sought)
    assert len(page.select("tbody tr")) == found


def test_a_scan_counts_no_more_than_the_latest_of_a_pile(
    controller: Visitor, moved: list[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    send(controller, "INCONNU99")
    monkeypatch.setattr(queries, "COUNTED", 3)
    for device in moved[:3]:
        told = send(controller, device.code)
    assert "Des 3 derniers scans : 0 fait · 3 déjà faits" in told["counts"].replace("\u00a0", " ")
    page = controller.get("/scan")
    assert "1 scan à régler" in page.one("#desk-standing").text.replace("\u00a0", " "), (
        "what is older stands all the same"
    )
    # The page of the pile counts them all.
    assert "5 faits · 3 déjà faits" in controller.get("/scan/piles/now").one(".lead").text.replace("\u00a0", " ")


def test_the_counts_of_a_scan_are_read_off_an_index(database: str, session: Session) -> None:
    """SQLite says so before there is anything to read; PostgreSQL decides by how much there is, and has the index."""
    if database == "postgresql":
        columns = sa.inspect(session.connection()).get_indexes("scan")
        assert "settled_at" in next(i["column_names"] for i in columns if i["name"] == "ix_scan_of_pile")
        return
    sent: list[tuple[str, Any]] = []
    connection = session.connection()

    def note(_c: Any, _u: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    sa.event.listen(connection, "before_cursor_execute", note)
    queries.counts(session, 1)
    sa.event.remove(connection, "before_cursor_execute", note)
    ((statement, parameters),) = sent
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    assert "COVERING INDEX ix_scan_of_pile (pile_id=?)" in " ".join(map(str, plan))
