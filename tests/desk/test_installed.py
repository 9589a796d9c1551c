"""The desk as an installed page: what the browser is told to keep and to show of it."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.visitor import Visitor


def test_every_icon_is_there_in_its_size(client: FlaskClient) -> None:
    icons = client.get("/manifest.webmanifest").get_json()["icons"]
    assert {icon["purpose"] for icon in icons} == {"any", "maskable"}
    drawn = {icon["sizes"]: client.get(icon["src"]) for icon in icons if icon["type"] == "image/png"}
    assert set(drawn) == {"192x192", "512x512"}
    for sizes, answer in drawn.items():
        picture = Image.open(io.BytesIO(answer.data))
        assert f"{picture.width}x{picture.height}" == sizes
        assert len(answer.data) < 8_000
    masked = next(icon for icon in icons if icon["purpose"] == "maskable")
    whole = Image.open(io.BytesIO(client.get(masked["src"]).data)).convert("RGBA")
    assert whole.getpixel((0, 0)) == (0x1C, 0x5A, 0x43, 255), "green to its corners: whatever is cut off is green"


def test_the_frame_has_an_icon_and_a_colour_for_each_scheme(visitor: Visitor) -> None:
    page = visitor.get("/sign-in")
    picture = Image.open(io.BytesIO(visitor.client.get(str(page.one('link[rel="apple-touch-icon"]')["href"])).data))
    assert picture.size == (180, 180)
    assert picture.mode in ("P", "RGB"), "Apple paints what is clear black"
    colours = [meta["content"] for meta in page.select('meta[name="theme-color"]')]
    assert len(set(colours)) == 2
    visitor.client.set_cookie("refurb_theme", "dark")
    dark = [meta["content"] for meta in visitor.get("/sign-in").select('meta[name="theme-color"]')]
    assert dark == [colours[1]] * 2


def test_what_stands_in_for_other_pages_without_network_is_nobodys(visitor: Visitor) -> None:
    text = visitor.client.get("/sw.js").get_data(as_text=True)
    kept = json.loads(re.findall(r"const KEPT = (\{.*?\});\n", text)[0])
    page = visitor.get(kept["nowhere"])
    assert page.heading == "Pas de réseau"
    ways = {str(way.a["href"]): str(way["data-kept"]) for way in page.select("[data-kept]") if way.a}
    assert ways == kept["pages"]
    assert page.one('script[type="module"]').has_attr("nonce")
