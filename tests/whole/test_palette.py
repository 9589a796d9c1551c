"""The palette of static/css/theme.css: every pair of text and ground that the pages use is readable in both schemes."""

import re

import pytest

from refurb.paths import asset_dir

CSS = (asset_dir("static") / "css" / "theme.css").read_text(encoding="utf-8")

#: Text on ground, 4.5:1 (WCAG 1.4.3).
TEXT = [
    *[(text, ground) for text in ("ink", "ink-2", "green", "green-strong") for ground in ("paper", "sheet", "sunk")],
    *[(text, "green-tint") for text in ("ink", "ink-2", "green")],
    *[(text, "amber-tint") for text in ("ink", "ink-2", "amber-ink")],
    *[(text, "brick-tint") for text in ("ink", "ink-2", "brick")],
    *[("brick", ground) for ground in ("paper", "sheet", "sunk")],
    *[("amber-ink", ground) for ground in ("paper", "sheet")],
    *[("on-green", ground) for ground in ("green", "green-strong")],
    ("on-brick", "brick"),
    ("paper", "ink"),
    ("ink-2", "line"),
]
#: Edges of controls and pictures, 3:1 (WCAG 1.4.11).
EDGES = [("line-strong", ground) for ground in ("paper", "sheet", "sunk")] + [("green", "green-tint")]


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block))


def blocks() -> dict[str, dict[str, str]]:
    light = colours(CSS[CSS.index(":root {") : CSS.index("@media (prefers-color-scheme: dark)")])
    system = colours(CSS[CSS.index("@media (prefers-color-scheme: dark)") : CSS.index(':root[data-theme="dark"] {')])
    chosen = colours(
        CSS[CSS.index(':root[data-theme="dark"] {') : CSS.index(':root[data-theme="dark"] { color-scheme')]
    )
    return {"light": light, "system dark": light | system, "chosen dark": light | chosen}


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1; WCAG 2.2's definition."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_knows_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_the_two_dark_schemes_are_one() -> None:
    assert blocks()["system dark"] == blocks()["chosen dark"]
    assert blocks()["light"] != blocks()["chosen dark"]


@pytest.mark.parametrize("scheme", ["light", "chosen dark"])
def test_every_pair_is_readable(scheme: str) -> None:
    palette = blocks()[scheme]
    faint = {
        f"{text} on {ground}": round(contrast(palette[text], palette[ground]), 2)
        for pairs, least in ((TEXT, 4.5), (EDGES, 3.0))
        for text, ground in pairs
        if contrast(palette[text], palette[ground]) < least
    }
    assert faint == {}
