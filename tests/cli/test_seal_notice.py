"""On a shared database nobody makes the seal: start-up and doctor say so, with the mend, in the reader's language."""

from __future__ import annotations

import gettext
from typing import TYPE_CHECKING

import pytest

from refurb.paths import PACKAGE

if TYPE_CHECKING:
    from pathlib import Path

SECRETS = {
    "REFURB_SECRET_KEY": "e2-Jm9vTqLr8-XwPz4Ka7sYd1",
    "REFURB_FIELD_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
}


@pytest.mark.parametrize(
    ("language", "said"),
    [("fr", "les documents sortent sans sceau"), ("en", "documents go out without a seal")],
)
def test_papers_without_a_seal_are_announced(
    language: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from refurb.cli import words
    from refurb.cli.application import warn_of_seal
    from refurb.config import Settings

    catalogue = gettext.translation("messages", PACKAGE / "translations", [language], fallback=language == "fr")
    monkeypatch.setattr(words, "_catalogue", catalogue)
    shared = {"DATABASE_URL": "postgresql://refurb@localhost/refurb", "REFURB_INSTANCE": str(tmp_path), **SECRETS}
    warn_of_seal(Settings.from_environment(shared))
    told = capsys.readouterr().err
    assert said in told
    assert "refurb documents make-seal" in told
    assert "REFURB_SEAL_KEY" in told


def test_a_seal_that_is_there_or_comes_by_itself_is_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from datetime import UTC, datetime

    from refurb.cli.application import warn_of_seal
    from refurb.config import Settings
    from refurb.documents import seal

    warn_of_seal(Settings.from_environment({"REFURB_INSTANCE": str(tmp_path)}))
    given = seal.one_line(seal.make("Refurb", now=datetime.now(UTC)))
    shared = {"DATABASE_URL": "postgresql://refurb@localhost/refurb", "REFURB_INSTANCE": str(tmp_path), **SECRETS}
    warn_of_seal(Settings.from_environment(shared | {"REFURB_SEAL_KEY": given}))
    assert capsys.readouterr().err == ""
