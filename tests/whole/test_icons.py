"""Every icon that a template names is in the sprite: a missing one is an empty square that nobody reports.

What a view names is seen by the visitor, page by page.
"""

import json
import re

from refurb.paths import asset_dir

NAMED = re.compile(
    r"""\bicon\(\s*["']([a-z0-9-]+)["']"""
    r"""|\bicon(?:_name)?["']?\s*[=:]\s*["']([a-z0-9-]+)["']"""
    r"""|\b(?:submit|post_button)\(.*?\), "([a-z0-9-]+)"[,)]"""
)
#: ("word", "icon") pairs of the tones in macros/ui.html.
TONES = re.compile(r"""\("(?:neutral|going|done|waits|refused)", "([a-z0-9-]+)"\)""")


def sprite() -> set[str]:
    text = (asset_dir("static") / "icons" / "sprite.svg").read_text(encoding="utf-8")
    return set(re.findall(r'<symbol [^>]*id="([^"]+)"', text))


def named() -> dict[str, str]:
    """Return each icon named, and a file that names it."""
    found: dict[str, str] = {}
    for file in asset_dir("templates").rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        for match in NAMED.finditer(text):
            found.setdefault(match[1] or match[2] or match[3], file.name)
        for name in TONES.findall(text):
            found.setdefault(name, file.name)
    return found


def test_every_named_icon_is_in_the_sprite() -> None:
    assert {name: file for name, file in named().items() if name not in sprite()} == {}


def test_the_scan_sees_what_it_should() -> None:
    assert {"search", "tools", "house-heart", "upc-scan", "gift"} <= named().keys()


def test_the_sprite_is_what_the_manifest_lists() -> None:
    manifest = json.loads((asset_dir("static") / "vendor" / "manifest.json").read_text(encoding="utf-8"))
    assert sprite() == set(manifest["icons"])
