"""What the agent shows and asks at the terminal: its QR code, the label, what somebody tries."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
import zxingcpp

from tests.agent.hands import Scripted, Sitting


@pytest.mark.parametrize("text", ["R4900001208", "R4999999952", "A", "R4900001208 PLUS 12345"[:20]])
def test_the_qr_code_is_read_back(agent: Any, text: str) -> None:
    dark = np.array(agent.qr_matrix(text))
    image = np.full((29, 29), 255, np.uint8)
    image[4:25, 4:25] = np.where(dark, 0, 255)
    read = zxingcpp.read_barcodes(np.kron(image, np.ones((6, 6), np.uint8)))
    assert [found.text for found in read] == [text]


def test_the_qr_code_of_the_terminal_is_the_same_one(agent: Any) -> None:
    light = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
    rows: list[list[int]] = []
    for line in agent.qr_text("R4900001208").splitlines():
        rows += [[light[char][half] for char in line] for half in (0, 1)]
    image = np.kron(np.array(rows, np.uint8) * 255, np.ones((6, 6), np.uint8))
    assert [found.text for found in zxingcpp.read_barcodes(image)] == ["R4900001208"]


def test_what_a_qr_code_cannot_hold_is_refused(agent: Any) -> None:
    for text in ("é", "x" * 21, "lower"):
        with pytest.raises(ValueError, match="version 1"):
            agent.qr_matrix(text)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("R4900001208", "R4900001208"),
        ("r 4900 0012 08", "R4900001208"),
        ("R'çàààà&éàè", None),
        ("R'çàààà&éà_", "R4900001208"),
        ("R4900001209", None),
        ("D4900001208", None),
        ("", None),
    ],
)
def test_the_label_is_read_as_it_was_scanned(agent: Any, typed: str, code: str | None) -> None:
    assert agent.read_label(typed) == code


def test_the_label_is_asked_until_it_reads_well(agent: Any) -> None:
    answers = iter(["R4900001209", "R4900001208"])
    assert agent.ask_label(lambda _question: next(answers)) == "R4900001208"
    assert agent.ask_label(lambda _question: "") is None


def test_a_question_is_answered_at_the_terminal_or_from_a_telephone(agent: Any) -> None:
    told: list[str | None] = []

    def phone(question: str | None) -> str | None:
        told.append(question)
        return "failed" if question == "camera" else None

    def ask(_question: str, elsewhere: Any) -> str:
        return elsewhere() or "o"

    quiet = Scripted()
    answers = agent.guided_tests(quiet, {"keyboard", "camera", "wifi"}, ask, phone)
    assert answers == {"keyboard": "ok", "camera": "failed", "wifi": "ok"}
    assert told == ["keyboard", "camera", "wifi", None]
    assert agent.guided_tests(quiet, {"keyboard"}, lambda *_: "p") == {"keyboard": "not_tested"}


def test_the_terminal_hears_the_telephone_and_the_keyboard(agent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as keyboard, os.fdopen(writing, "w") as hand:
        monkeypatch.setattr(agent.sys, "stdin", keyboard)
        assert agent.ask_terminal("?", lambda: "ok") == "", "nobody sits at a terminal"
        monkeypatch.setattr(agent.sys, "stdin", Sitting(keyboard))
        answers = iter([None, None, "failed"])
        assert agent.ask_terminal("?", lambda: next(answers), every=0.01) == "failed"
        hand.write("o\n")
        hand.flush()
        assert agent.ask_terminal("?", lambda: None, every=30) == "o"
