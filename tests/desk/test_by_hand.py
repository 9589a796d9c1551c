"""The desk by keyboard, by ear and by touch, and with texts longer than it is wide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.desk.browsing import PATIENCE, ready, scan, sign_in, until
from tests.desk.served import Desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

expect.set_options(timeout=PATIENCE)

#: Loudspeakers and a motor that note what they are asked for.
HEARD = """
  Object.assign(window, { played: [], shaken: [] });
  navigator.vibrate = (pattern) => shaken.push(pattern);
  window.AudioContext = class {
    currentTime = 0;
    destination = {};
    resume() {}
    createGain() { return { gain: {}, connect: (to) => to }; }
    createOscillator() {
      const tone = { frequency: {}, connect: (to) => to, start: (from) => (tone.from = from) };
      tone.stop = (to) => played.push([tone.type, tone.frequency.value, tone.from, to]);
      return tone;
    }
  };
"""
ANSWERS = ["done", "already", "refused", "unknown", "waiting"]
PLAY = """async ([answers, quiet]) => {
  const { play, setQuiet } = await import("/static/js/scan-sound.mjs");
  setQuiet(quiet);
  const told = answers.map((answer) => {
    Object.assign(window, { played: [], shaken: [] });
    play(answer);
    return [played, shaken];
  });
  setQuiet(false);
  return told;
}"""
#: A gun types two keys into whatever has the focus, in no time.
GUN = """(keys) => {
  for (const key of keys) {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  }
}"""
WIDTHS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture
def desk(make_desk: Callable[[int], Desk]) -> Desk:
    return make_desk(2)


@pytest.fixture
def page(desk: Desk, context: BrowserContext) -> Page:
    sign_in(context, desk)
    context.add_init_script(HEARD)
    made = context.new_page()
    ready(made, desk)
    return made


def test_each_answer_has_a_sound_and_a_shake_of_its_own(desk: Desk, page: Page) -> None:
    def play(*, quiet: bool = False) -> list[Any]:
        found: list[Any] = page.evaluate(PLAY, [ANSWERS, quiet])
        return found

    def differ(all_: list[Any]) -> bool:
        return all(all_) and len({str(one) for one in all_}) == len(ANSWERS)

    told = play()
    assert differ([played for played, _shaken in told])
    assert differ([shaken for _played, shaken in told])
    assert [played for played, _shaken in play(quiet=True)] == [[]] * len(ANSWERS)
    assert [shaken for _played, shaken in play(quiet=True)] == [shaken for _played, shaken in told], "a glove feels"
    # The desk plays what it says.
    page.evaluate("Object.assign(window, { played: [], shaken: [] }) && null")
    scan(page, desk.codes[0])
    expect(page.locator("#desk-last .desk-answer")).to_have_attribute("data-answer", "done")
    until(page, "shaken.length > 0")
    assert page.evaluate("[played, shaken]") == told[0]
    moves = "getComputedStyle(document.querySelector('#desk-last .desk-answer')).animationName"
    assert page.evaluate(moves) == "desk-answer"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moves) == "none"
    calm = play()
    assert [shaken for _played, shaken in calm] == [[]] * len(ANSWERS)
    assert [played for played, _shaken in calm] == [played for played, _shaken in told]


def test_actions_are_set_by_keys_and_the_list_is_walked_without_acting(desk: Desk, page: Page) -> None:
    actions, apply = page.locator("#desk-command"), page.locator(".desk-command button")
    rows = page.locator("#desk-rows .desk-row")
    keys = page.locator(".desk-keys")

    def is_set(action: str, said: int) -> None:
        expect(page.locator("#desk-command option[selected]")).to_have_attribute("value", action)
        expect(rows).to_have_count(said)
        expect(page.locator("#desk-text")).to_be_focused()

    actions.focus()
    page.keyboard.press("ArrowDown")
    expect(actions).to_have_value("inventory")
    expect(apply).to_be_visible()
    expect(actions).to_be_focused()
    page.keyboard.press("Escape")
    expect(actions).to_have_value("open")
    expect(apply).to_be_hidden()
    assert rows.count() == 0
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    is_set("inventory", 1)
    # The button beside the list, and leaving it.
    actions.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    expect(apply).to_be_focused()
    page.keyboard.press("Enter")
    is_set("open", 2)
    actions.focus()
    page.keyboard.press("ArrowDown")
    page.locator("#desk-text").focus()
    is_set("inventory", 3)
    scan(page, desk.codes[0])
    expect(page.locator("#desk-rows .desk-row-word").first).to_have_text("Fait")
    page.keyboard.press("F8")
    expect(page.locator("#desk-rows .desk-undone")).to_have_count(1)
    page.keyboard.press("F4")
    is_set("open", 6)
    # One key an action; the arrows; a gun that knows nothing of it.
    page.keyboard.press("F2")
    expect(keys.locator("[aria-current]")).to_be_focused()
    page.keyboard.press("2")
    is_set("inventory", 7)
    expect(keys).to_be_hidden()
    page.keyboard.press("F2")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    is_set("open", 8)
    page.keyboard.press("F2")
    page.evaluate(GUN, "R4")
    expect(keys).to_be_hidden()
    expect(page.locator("#desk-text")).to_be_focused()
    assert page.input_value("#desk-text") == "R4"
    page.keyboard.press("F2")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    is_set("open", 8)


def test_a_text_of_any_length_breaks_no_page(desk: Desk, page: Page) -> None:
    scan(page, "WM1" * 100)
    expect(page.locator("#desk-rows .desk-row")).to_have_count(1)
    href = page.locator('#desk-standing a[href*="/scan/unknown/"]').first.get_attribute("href")
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for address in ("/scan", str(href), "/scan/piles/now"):
            page.goto(desk.address + address)
            assert page.evaluate(WIDTHS), f"{address} at {width}"
    # On paper nothing scrolls: the table is as wide as the sheet.
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})
    assert page.evaluate("document.querySelector('table.data').scrollWidth <= innerWidth")
