"""The telephone's camera, before a fake one that films labels drawn by the product: read, or told why not.

And its lenses and its lamp, which the fake one has not: a script stands in for what the device says of them.
"""

from __future__ import annotations

import math
import shutil
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageFilter
from zxingcpp import BarcodeFormat, create_barcode

from refurb.labels.drawing import Label
from refurb.labels.sheets import pdf
from tests.desk.served import Desk, furnish
from tests.labels.reader import render

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from playwright.sync_api import Playwright

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE = 180_000
#: Ten a second, which the browser shows over and over.
FRAMES = 8
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FAKE = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]


@pytest.fixture
def desk(fresh_app: Flask) -> Iterator[Desk]:
    made = furnish(fresh_app, 1)
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


def film(folder: Path, code: str, scene: str) -> Path:
    """Write a film of one label: turned a little, bars alone and slanted, an empty table, the dark."""
    if scene == "a maker's":
        # What a maker prints beside the name of the machine: bars, and none of ours.
        bars = create_barcode(code, BarcodeFormat.Code128).to_image(scale=4, add_quiet_zones=True)
        label = Image.fromarray(np.asarray(bars)).convert("RGB").resize((640, 220), Image.Resampling.NEAREST)
    else:
        label = render(pdf([Label(code, "Lenovo ThinkPad T470")], "57x32", dpi=300), 300)[0].image.convert("RGB")
    if scene == "slanted bars":
        width, height = label.size
        label = label.crop((0, int(height * 0.46), width, int(height * 0.95)))
    for number in range(FRAMES):
        frame = Image.new("RGB", (1280, 720), (150, 150, 150))
        if scene != "empty":
            angle = {"turned": 15, "slanted bars": 32}.get(scene, 0)
            seen = label.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=(150, 150, 150))
            at = (300 + int(6 * math.sin(number / 3)), 150 + int(4 * math.cos(number / 3)))
            frame.paste(seen, at)
        frame = frame.filter(ImageFilter.GaussianBlur(0.5))
        if scene == "dark":
            frame = frame.filter(ImageFilter.GaussianBlur(6)).point(lambda value: value // 10)
        frame.save(folder / f"frame-{number:02}.png")
    made = folder / "film.mjpeg"
    ffmpeg = shutil.which("ffmpeg")
    assert ffmpeg, "scripts/test installs ffmpeg"
    command = [ffmpeg, "-v", "error", "-framerate", "10", "-i", str(folder / "frame-%02d.png")]
    subprocess.run([*command, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3", "-y", str(made)], check=True)
    return made


#: A scene, and a word of what the page says when it cannot be read.
SCENES = {
    "turned": None,
    "slanted bars": "tournez-les à plat",
    "empty": "rapprochez l'étiquette",
    "dark": "trop sombre",
}


#: Three lenses, a lamp on each, and a note of all that the page asks of the camera.
LAMPS = """
  window.asked = { cameras: [], lamp: [] };
  const devices = navigator.mediaDevices, open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    asked.cameras.push(wanted.video.deviceId?.exact ?? null);
    window.filming = await open(wanted);
    return filming;
  };
  MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true });
  MediaStreamTrack.prototype.applyConstraints = async (wanted) => {
    if (window.broken) throw new DOMException("no lamp", "OverconstrainedError");
    asked.lamp.push(wanted.advanced[0].torch);
  };
"""
RUNNING = ".desk-camera[data-running]"
LENS = "filming.getVideoTracks()[0].getSettings().deviceId"


def test_the_lens_is_remembered_the_lamp_lit_and_no_camera_asked_for_before(
    desk: Desk, playwright: Playwright, socket_enabled: None
) -> None:
    three = [FAKE[0], f"{FAKE[1]}=device-count=3"]
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS, *three])
    context = browser.new_context(locale="fr-FR", permissions=["camera"])
    context.set_default_timeout(PATIENCE)
    context.add_cookies([{"name": "refurb_session", "value": desk.cookie, "url": desk.address}])
    context.add_init_script(LAMPS)
    page = context.new_page()

    def arrive() -> None:
        page.goto(f"{desk.address}/scan")
        page.locator(".desk-camera-open:not([hidden])").wait_for()
        assert page.evaluate("asked.cameras") == [], "nobody wanted it yet"
        page.click(".desk-camera-open")
        page.locator(RUNNING).wait_for()

    arrive()
    lenses = page.eval_on_selector_all("#desk-lens option", "all => all.map((one) => one.value)")
    assert len(set(lenses)) == 3
    first = page.evaluate(LENS)
    other = next(lens for lens in lenses if lens != first)
    page.click(".desk-torch")
    page.locator('.desk-torch[aria-pressed="true"]').wait_for()
    page.click(".desk-torch")
    page.locator('.desk-torch[aria-pressed="false"]').wait_for()
    assert page.evaluate("asked.lamp") == [True, False]
    page.evaluate("window.broken = true")
    page.click(".desk-torch")
    page.locator(".desk-camera-said", has_text="La lampe n'a pas pu s'allumer").wait_for()
    page.select_option("#desk-lens", other)
    page.wait_for_function(f"() => document.querySelector('{RUNNING}') && {LENS} === '{other}'")
    arrive()
    assert page.evaluate(LENS) == other
    assert page.evaluate("asked.cameras") == [other]
    page.evaluate("localStorage.setItem('refurb.desk.lens', 'unplugged')")
    arrive()
    assert page.evaluate("asked.cameras") == ["unplugged", None], "a lens that is gone keeps nobody from scanning"
    browser.close()


#: The first camera that is asked for comes when it is let go.
LATE = """
  const devices = navigator.mediaDevices, open = devices.getUserMedia.bind(devices);
  window.given = [];
  devices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    given.push(stream);
    if (given.length === 1) await new Promise((go) => { window.late = go; });
    return stream;
  };
"""


def test_a_camera_that_comes_late_stops_no_other(desk: Desk, playwright: Playwright, socket_enabled: None) -> None:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS, *FAKE])
    context = browser.new_context(locale="fr-FR", permissions=["camera"])
    context.set_default_timeout(PATIENCE)
    context.add_cookies([{"name": "refurb_session", "value": desk.cookie, "url": desk.address}])
    context.add_init_script(LATE)
    page = context.new_page()
    page.goto(f"{desk.address}/scan")
    page.locator(".desk-camera-open:not([hidden])").click()
    page.wait_for_function("() => window.late")
    page.click(".desk-camera-close")
    page.click(".desk-camera-open")
    page.locator(RUNNING).wait_for()
    page.evaluate("late()")
    page.wait_for_function("() => given[0].getTracks()[0].readyState === 'ended'")
    assert page.evaluate("given[1].getTracks()[0].readyState") == "live"
    assert page.locator(RUNNING).count() == 1
    browser.close()


def test_a_filmed_label_is_scanned_or_the_page_says_what_to_do(
    desk: Desk, playwright: Playwright, tmp_path: Path, socket_enabled: None
) -> None:
    for scene, told in SCENES.items():
        watch(desk, playwright, tmp_path, scene, told)


#: The serial that tests/desk/served.py gives to the first machine.
SERIAL = "PF0XK00000M"


def test_a_makers_serial_is_offered_and_never_taken_by_itself(
    desk: Desk, playwright: Playwright, tmp_path: Path, socket_enabled: None
) -> None:
    watch(desk, playwright, tmp_path, "a maker's", SERIAL, SERIAL)


def watch(
    desk: Desk, playwright: Playwright, folder: Path, scene: str, told: str | None, filmed: str | None = None
) -> None:
    """Open the desk before one scene: a browser of its own, for the film is a word of its command line.

    What is `filmed` and none of our codes is searched for by one tap, and not before.
    """
    camera = f"--use-file-for-fake-video-capture={film(folder, filmed or desk.codes[0], scene)}"
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS, *FAKE, camera])
    context = browser.new_context(locale="fr-FR", permissions=["camera"])
    context.add_cookies([{"name": "refurb_session", "value": desk.cookie, "url": desk.address}])
    strangers: list[str] = []
    context.on("request", lambda asked: None if asked.url.startswith(desk.address) else strangers.append(asked.url))
    page = context.new_page()
    page.goto(f"{desk.address}/scan")
    page.locator(".desk-camera-open:not([hidden])").wait_for(timeout=PATIENCE)
    assert page.locator(".desk-camera").is_hidden()
    assert page.evaluate("document.querySelector('.desk-camera video').srcObject") is None, "nobody asked for it yet"
    page.click(".desk-camera-open")
    if told is None:
        page.locator("#desk-rows .desk-row").first.wait_for(timeout=PATIENCE)
        assert desk.codes[0][1:5] in page.inner_text("#desk-rows .desk-row")
    else:
        page.locator(".desk-camera-said", has_text=told).wait_for(timeout=PATIENCE)
        assert page.locator("#desk-rows .desk-row").count() == 0
    if filmed:
        page.click(".desk-camera-use")
        page.locator("#desk-rows .desk-row", has_text="T470").wait_for(timeout=PATIENCE)
        assert page.locator("#desk-rows .desk-row").count() == 1
    page.click(".desk-camera-close")
    assert page.evaluate("document.querySelector('.desk-camera video').srcObject") is None
    assert [url for url in strangers if not url.startswith(("blob:", "data:"))] == []
    browser.close()
