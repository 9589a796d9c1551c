"""A day without network, in a real browser: what was scanned is kept, sent once, in its order, by its author."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from playwright.sync_api import Error

from refurb.core.identity import CodeKind, mint
from refurb.core.scanning import COMMANDS
from tests.desk.browsing import (
    CHROMIUM,
    COUNT,
    FLAGS,
    KEPT,
    PATIENCE,
    kept,
    network_returns,
    ready,
    scan,
    sign_in,
    state,
    until,
)
from tests.desk.served import Desk, another

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Playwright

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCANS = 200


@pytest.fixture
def desk(make_desk: Callable[[int], Desk]) -> Desk:
    return make_desk(6)


def launch(playwright: Playwright, folder: Path) -> BrowserContext:
    """Start a browser on a profile of its own, which outlives it."""
    return playwright.chromium.launch_persistent_context(
        str(folder), executable_path=CHROMIUM, args=FLAGS, locale="fr-FR"
    )


def test_two_hundred_scans_without_network_outlive_the_browser_and_count_once(
    make_desk: Callable[[int], Desk], playwright: Playwright, tmp_path: Path
) -> None:
    from refurb.core.workflow import Status
    from refurb.db import get_session
    from refurb.desk.models import Scan
    from refurb.devices.models import Device

    desk = make_desk(SCANS - 1)
    context = launch(playwright, tmp_path / "profile")
    sign_in(context, desk)
    page = context.new_page()
    page.goto(f"{desk.address}/scan")
    page.locator(".desk[data-installed]").wait_for(timeout=PATIENCE)
    until(page, f"{KEPT}.then((text) => text.length > 0)")

    desk.stop()
    # The page starts without network, for whoever opens it in the morning.
    page.goto(f"{desk.address}/scan")
    page.locator(".desk[data-kept] [data-state=offline]:not([hidden])").wait_for(timeout=PATIENCE)
    page.locator(".desk-filter:not([hidden])").wait_for(timeout=PATIENCE)
    for text in (COMMANDS["inventory"].code, *desk.codes):
        # As a gun does: into whatever has the focus.
        page.keyboard.insert_text(text)
        page.keyboard.press("Enter")
    page.locator("[data-state=queue]", has_text=f"{SCANS} ").wait_for(timeout=PATIENCE)
    assert page.locator("#desk-last .desk-answer[data-answer=waiting]").count() == 1

    kill(tmp_path / "profile")
    # The browser is gone: whatever closing says of it.
    with suppress(Error):
        context.close()

    desk.start()
    context = launch(playwright, tmp_path / "profile")
    sign_in(context, desk)
    page = context.new_page()
    page.goto(f"{desk.address}/scan")
    page.locator(".desk[data-installed]").wait_for(timeout=PATIENCE)
    until(page, f"{COUNT}.then((n) => n === 0)")
    context.close()

    rows = kept(desk, Scan.text, Scan.client_at, Scan.answer)
    assert [row.text for row in rows] == [COMMANDS["inventory"].code, *desk.codes]
    assert {row.answer.value for row in rows} == {"done"}
    moments = [row.client_at for row in rows]
    assert moments == sorted(moments)
    with desk.app.app_context():
        assert get_session().scalars(sa.select(Device.status).distinct()).all() == [Status.INVENTORIED]


def test_an_ended_session_keeps_the_queue_and_a_new_release_waits_for_its_pages(
    desk: Desk, context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day away: the session is over and the server was upgraded. The queue, the old page and its files stay whole."""
    from refurb.desk import installed

    sign_in(context, desk)
    page = context.new_page()
    ready(page, desk)
    until(page, f"{KEPT}.then((text) => text.length > 0)")
    context.clear_cookies()
    scan(page, desk.codes[0])
    state(page, "signed-out")
    assert page.evaluate(COUNT) == 1
    monkeypatch.setattr(installed, "_version", lambda: "of-another-release")
    for _ in range(20):
        page.reload()
        # A server that is slow to answer is taken for gone, and the kept page comes in place of what it says.
        if "/sign-in" in page.url:
            break
    assert "/sign-in" in page.url
    page.evaluate("navigator.serviceWorker.getRegistration().then((r) => r.update()).then(() => true)")
    until(page, "navigator.serviceWorker.getRegistration().then((r) => !r.installing && !r.waiting)")
    until(page, "caches.keys().then((names) => names.every((name) => !name.includes('another')) && names.length === 2)")
    assert page.evaluate(KEPT), "the page of before still starts without network"
    # Signed in again: another form token, the same queue, and the new release with its page.
    sign_in(context, desk)
    ready(page, desk)
    page.locator("#desk-rows .desk-row").wait_for(timeout=PATIENCE)
    until(page, f"{COUNT}.then((n) => n === 0)")
    whole = "['files', 'pages'].map((what) => `refurb-${what}-of-another-release`).sort().join()"
    until(page, f"caches.keys().then((names) => names.sort().join() === {whole})")
    until(page, f"{KEPT}.then((text) => text.length > 0)")
    assert kept(desk) == [desk.codes[0]]


def test_a_release_that_did_not_come_whole_is_asked_for_again(
    desk: Desk, context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A desk stays open for days: nobody need leave the page for the next release to come."""
    from refurb.desk import installed

    sign_in(context, desk)
    page = context.new_page()
    page.clock.install()
    ready(page, desk)
    until(page, f"{KEPT}.then((text) => text.length > 0)")
    page.evaluate(
        "navigator.serviceWorker.getRegistration().then((r) => { r.addEventListener('updatefound', () => {"
        " const coming = r.installing; coming.addEventListener('statechange', () => { document.body.dataset.came ="
        " coming.state; }); }); return true; })"
    )
    # Its page cannot be had while nobody is signed in.
    context.clear_cookies()
    monkeypatch.setattr(installed, "_version", lambda: "of-another-release")
    page.evaluate("navigator.serviceWorker.getRegistration().then((r) => r.update()).then(() => true)")
    page.locator("body[data-came=redundant]").wait_for(timeout=PATIENCE)
    sign_in(context, desk)
    page.clock.fast_forward(120_000)
    until(
        page, "caches.keys().then((names) => names.includes('refurb-files-of-another-release') && names.length === 2)"
    )


def test_another_person_on_the_same_station(desk: Desk, context: BrowserContext) -> None:
    """What the first scanned without network leaves in the first one's name, or waits for them."""
    from refurb.desk.models import Scan, ScanPile

    sign_in(context, desk)
    page = context.new_page()
    ready(page, desk)
    until(page, f"{KEPT}.then((text) => text.length > 0)")
    desk.stop()
    scan(page, desk.codes[0], desk.codes[1])
    state(page, "offline")
    # Only the server knows the PIN of a badge: what follows would bear the wrong name.
    scan(page, mint(CodeKind.BADGE, 49_000_001))
    state(page, "badge")
    # Somebody of another workshop: whatever page they open, what is kept is theirs; the scans are not.
    sign_in(context, desk, another(desk, "Zoe", elsewhere=True))
    desk.start()
    page.goto(f"{desk.address}/")
    until(page, f"{KEPT}.then((text) => text.includes('Zoe'))")
    ready(page, desk)
    page.locator(".desk-held .desk-row", has_text="autre organisation").nth(1).wait_for()
    assert page.locator(".desk-held button").all_inner_texts() == ["Abandonner"] * 2
    scan(page, "INCONNU9")
    page.locator("#desk-rows .desk-row").wait_for()
    # They are none of hers: she may go.
    page.locator(".side form[data-module=sign-out] button").click()
    page.wait_for_url("**/sign-in**")
    until(page, f"{KEPT}.then((text) => text === '')")
    # A colleague of the first: they leave by themselves, in their author's name.
    sign_in(context, desk, another(desk, "Bea"))
    ready(page, desk)
    until(page, f"{COUNT}.then((n) => n === 0)")
    authors = dict(kept(desk, Scan.text, ScanPile.account_id))
    assert sorted(authors) == sorted([desk.codes[0], desk.codes[1], "INCONNU9"])
    assert authors[desk.codes[0]] == authors[desk.codes[1]] != authors["INCONNU9"]


def test_two_pages_share_one_queue_and_neither_signs_out(desk: Desk, context: BrowserContext) -> None:
    sign_in(context, desk)
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        ready(page, desk)
    desk.stop()
    scan(first, COMMANDS["inventory"].code, desk.codes[0])
    first.locator("[data-state=queue]", has_text="2 ").wait_for()
    scan(second, desk.codes[1])
    first.locator("[data-state=queue]", has_text="3 ").wait_for()
    state(second, "offline")
    # Ending the pile now would leave them without what was set.
    first.locator("#desk-actions").evaluate("part => part.hidden = false")
    first.locator("#desk-actions form").first.locator("button").click()
    state(first, "after")
    second.locator(".side form[data-module=sign-out] button").click()
    second.locator(".side form[data-module=sign-out] [role=alert]", has_text="3 scans").wait_for()
    network_returns(desk, first, second)
    for page in (first, second):
        page.locator("#desk-rows .desk-row").nth(2).wait_for()
        page.locator("[data-state=offline]").wait_for(state="hidden")
    assert second.locator("#desk-last .desk-answer[data-answer=done]").count() == 1
    assert kept(desk) == [COMMANDS["inventory"].code, desk.codes[0], desk.codes[1]]
    second.locator(".side form[data-module=sign-out] button").click()
    second.wait_for_url("**/sign-in**")


#: A disk that is full from the second scan on, and a browser that refuses its database altogether.
FULL = """
const add = IDBObjectStore.prototype.add;
let left = 1;
IDBObjectStore.prototype.add = function (...told) {
  if (left-- <= 0) throw new DOMException("no room", "QuotaExceededError");
  return add.apply(this, told);
};
"""
NONE = "IDBFactory.prototype.open = () => { throw new DOMException('private', 'SecurityError'); };"


@pytest.mark.parametrize(("lacking", "said"), [(FULL, "full"), (NONE, "unkept")], ids=["full", "refused"])
def test_what_no_disk_keeps_is_said_and_sent_in_order(
    desk: Desk, context: BrowserContext, lacking: str, said: str
) -> None:
    context.add_init_script(lacking)
    sign_in(context, desk)
    page = context.new_page()
    ready(page, desk)
    desk.stop()
    scan(page, *desk.codes[:3])
    page.locator("[data-state=queue]", has_text="3 ").wait_for()
    state(page, said)
    page.locator(".side form[data-module=sign-out] button").click()
    page.locator(".side form[data-module=sign-out] [role=alert]", has_text="3 scans").wait_for()
    network_returns(desk, page)
    page.locator("#desk-rows .desk-row").nth(2).wait_for()
    assert kept(desk) == desk.codes[:3]


#: The sender alone, before a server of our own: it breaks on one scan, or on all.
SENDER = """async (breaks) => {
  const [{ openQueue }, { makeSender }] =
    await Promise.all([import("/static/js/scan-queue.mjs"), import("/static/js/scan-send.mjs")]);
  const queue = await openQueue();
  let down = true;
  const sent = [];
  globalThis.fetch = async (url, asked) => {
    const body = asked.body ? JSON.parse(asked.body) : null;
    if (!body) return Response.json({ token: "t", note: "n", name: "N", account: 1, organisation: 1 });
    if (down && (breaks === "all" || body.text === breaks)) return new Response("", { status: 500 });
    sent.push(body.text);
    return Response.json({});
  };
  const station = { send: "/scan/send", fresh: "/scan/token", account: "1", organisation: "1" };
  const deaf = () => {};
  const sender = makeSender(queue, station, { answered: deaf, held: deaf, away: deaf, back: deaf, fresh: deaf });
  for (const text of ["one", "two", "three"]) await queue.add({ text, client_uuid: text, operator: "o", account: "1" });
  for (let tries = 0; tries < 8; tries++) await sender.drain();
  const held = (await queue.all("held")).map((scan) => `${scan.text} ${scan.why}`);
  const waiting = (await queue.all()).length;
  down = false;
  for (let tries = 0; tries < 8; tries++) await sender.drain();
  const left = (await queue.all("held")).map((scan) => scan.text);
  for (const scan of await queue.all("held")) await queue.restore(scan);
  await sender.drain();
  return { held, waiting, left, sent, count: await queue.count() };
}"""


def test_one_scan_that_breaks_the_server_is_set_aside_and_a_broken_server_is_waited_for(
    desk: Desk, context: BrowserContext
) -> None:
    sign_in(context, desk)
    page = context.new_page()
    page.goto(f"{desk.address}/")
    found = page.evaluate(SENDER, "two")
    assert (found["held"], found["waiting"], found["sent"]) == (["two broken"], 0, ["one", "three", "two"])
    page.reload()
    found = page.evaluate(SENDER, "all")
    # At most one is in doubt, and comes back to its place when the next one breaks too.
    assert found["waiting"] >= 2
    assert found["sent"][-2:] == ["three", "one"] if found["left"] else found["sent"] == ["one", "two", "three"]
    assert sorted(found["sent"]) == ["one", "three", "two"]
    assert found["count"] == 0


def kill(profile: Path) -> None:
    """End the browser of a profile as a crash does: not asked, and at once."""
    killed = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        # A process may end while it is looked at.
        with suppress(OSError):
            if f"--user-data-dir={profile}" in (entry / "cmdline").read_bytes().decode(errors="replace"):
                os.kill(int(entry.name), signal.SIGKILL)
                killed += 1
    assert killed
