"""`refurb user`, `doctor`, `db`, `demo` as an administrator types them, on a database of their own."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from refurb.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `refurb …` on an instance in a folder of the test."""
    for name in ("DATABASE_URL", "REFURB_SECRET_KEY", "REFURB_PUBLIC_URL", "REFURB_MAIL_HOST", "REFURB_LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REFURB_INSTANCE", str(tmp_path / "instance"))

    def go(*arguments: str, status: int = 0, typed: str = "") -> Any:
        result = CliRunner().invoke(cli, arguments, input=typed)
        assert result.exit_code == status, result.output + str(result.exception or "")
        return result

    return go


def test_from_nothing_to_an_administrator(run: Run, tmp_path: Path) -> None:
    result = run("doctor", status=1)
    assert "refurb db upgrade" in result.output
    run("db", "check", status=1)
    run("db", "upgrade")
    assert "à jour" in run("db", "check").output
    result = run("doctor", status=1)
    assert "refurb user create --admin" in result.output
    run("user", "create", "pas-une-adresse", status=2)
    assert (
        "dix caractères" in run("user", "create", "--admin", "ada@example.org", typed="court\ncourt\n", status=1).output
    )
    typed = "trois lampes bleues\n" * 2
    run("user", "create", "--admin", "Ada@example.org", "--name", "Ada Test", typed=typed)
    findings = json.loads(run("doctor", "--json").output)
    assert {finding["state"] for finding in findings} <= {"ok", "warning"}
    assert all(finding["mend"] for finding in findings if finding["state"] != "ok")
    (row,) = json.loads(run("user", "list", "--json").output)
    assert row["email"] == "ada@example.org"
    assert row["active"]
    assert row["memberships"][0]["roles"] == ["administrator", "coordinator"]
    assert "déjà un compte" in run("user", "create", "ada@example.org", status=1).output
    run("user", "reset-password", "ada@example.org", "--password-stdin", typed="quatre chaises vertes\n")
    assert "n'a pas de compte" in run("user", "reset-password", "zoe@example.org", status=1).output
    assert "n'avait pas relié" in run("user", "reset-2fa", "ada@example.org").output
    assert "n'a pas de compte" in run("user", "reset-2fa", "zoe@example.org", status=1).output
    # A desk that writes meanwhile does not make the check wait: one that reads asks for no lock.
    with sqlite3.connect(tmp_path / "instance/refurb.sqlite", isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert "Tout est en ordre" in run("verify").output
        writer.execute("ROLLBACK")
    writer.close()


def test_the_secrets_are_made_once_and_for_their_owner_alone(run: Run, tmp_path: Path) -> None:
    run("db", "upgrade")
    path = tmp_path / "instance" / "secrets.json"
    first = path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    run("user", "list")
    assert path.read_text() == first


def test_verify_sees_what_was_changed_behind_its_back(run: Run, tmp_path: Path) -> None:
    import sqlite3

    run("db", "upgrade")
    run("user", "create", "ada@example.org", "--password-stdin", typed="trois lampes bleues\n")
    base = sqlite3.connect(tmp_path / "instance" / "refurb.sqlite")
    base.execute("UPDATE event SET kind = 'account.left' WHERE kind = 'account.created'")
    base.commit()
    base.close()
    (fault,) = json.loads(run("verify", "--json", status=1).output)
    assert fault["what"] == "hash"


def test_a_demo_does_not_touch_a_database_in_use(run: Run) -> None:
    run("db", "upgrade")
    run("user", "create", "ada@example.org", "--password-stdin", typed="trois lampes bleues\n")
    assert "rien n'a été touché" in run("demo", status=1).output
    assert "rien n'a été touché" in run("demo", "--again", status=1).output
    assert "ada@example.org" in run("user", "list").output


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("REFURB_SECRET_KEY", "court", "trop court"),
        ("REFURB_SECRET_KEY", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "trop simple"),
        ("DATABASE_URL", "mysql://x/y", "SQLite et à PostgreSQL"),
        ("DATABASE_URL", "postgresql://x/y", "REFURB_SECRET_KEY manque"),
        ("REFURB_TIMEZONE", "Mars/Olympus", "fuseau"),
        ("REFURB_TERRITORY", "quarante-neuf", "deux chiffres"),
    ],
)
def test_a_wrong_setting_is_a_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    assert sentence in run("user", "list", status=1).output
    assert sentence in run("doctor", status=1).output


def test_down_and_up_again(run: Run) -> None:
    run("db", "upgrade")
    assert run("db", "downgrade", "base", typed="n\n", status=1)
    run("db", "downgrade", "base", "--yes")
    run("db", "upgrade")
    run("db", "check")


def test_version(run: Run) -> None:
    from refurb import __version__

    assert json.loads(run("version", "--json").output)["refurb"] == __version__
