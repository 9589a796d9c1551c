"""`refurb keys`: a key is made, counted, changed, and a rotation stopped in the middle loses nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from cryptography.fernet import Fernet

from refurb import sealed
from refurb.cli.keys import keys
from refurb.config import ConfigError, MailSettings, Settings

if TYPE_CHECKING:
    from flask import Flask

LABEL = "Une étiquette de l'essai"


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An embedded instance whose mail server has a password, closed by its first key."""
    for name in ("DATABASE_URL", "REFURB_FIELD_KEYS", "REFURB_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REFURB_INSTANCE", str(tmp_path))
    with_app(tmp_path, begin)
    return tmp_path


def with_app(folder: Path, do: Any) -> Any:
    from refurb.app import create_app
    from refurb.db import db

    app = create_app(Settings.from_environment())
    with app.app_context():
        try:
            return do(app)
        finally:
            db.session.close()
            db.engine.dispose()


def begin(app: Flask) -> None:
    from refurb.db import Base, db, get_session
    from refurb.security import Actor
    from refurb.setup import services
    from refurb.web import now

    Base.metadata.create_all(db.engine)
    session = get_session()
    server = MailSettings(host="mail.example.org", user="refurb", password="un secret de l'essai")
    services.set_mail(session, server, by=Actor.system(), at=now())
    session.commit()


def password(app: Flask) -> str | None:
    from refurb.db import get_session
    from refurb.setup import queries

    return queries.overlaid(app.extensions["refurb.environment"], queries.settings(get_session())).mail.password


def held(folder: Path) -> list[str]:
    return str(json.loads((folder / "secrets.json").read_text())["REFURB_FIELD_KEYS"]).split(",")


def test_a_new_key_is_one() -> None:
    made = CliRunner().invoke(keys, ["new"])
    assert Fernet(made.output.strip())


def test_the_key_changes_and_what_it_closed_opens(instance: Path) -> None:
    before, other = held(instance), json.loads((instance / "secrets.json").read_text())["REFURB_SECRET_KEY"]
    run = CliRunner().invoke(keys, ["rotate"])
    assert run.exit_code == 0, run.output
    after = held(instance)
    assert len(after) == 1
    assert after != before
    assert json.loads((instance / "secrets.json").read_text())["REFURB_SECRET_KEY"] == other
    assert (instance / "secrets.json").stat().st_mode & 0o077 == 0
    assert with_app(instance, password) == "un secret de l'essai"
    told = CliRunner().invoke(keys, ["status", "--json"])
    assert json.loads(told.output) == {"keys": [1], "lost": 0}


@pytest.mark.parametrize("stopped", ["before", "after"])
def test_a_rotation_stopped_in_the_middle_is_finished(
    instance: Path, stopped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before or after the values were closed again, with both keys in the file."""
    from refurb.cli import keys as module

    (old,) = held(instance)
    write = module._write

    def stop(path: Path, several: list[str]) -> None:
        if len(several) == 1 and stopped == "after":
            raise KeyboardInterrupt
        write(path, several)

    def no(*_: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "_write", stop)
        if stopped == "before":
            patched.setattr(module, "_reseal", no)
        assert CliRunner().invoke(keys, ["rotate"]).exit_code != 0
    between = held(instance)
    assert len(between) == 2
    assert between[1] == old
    assert with_app(instance, password) == "un secret de l'essai"
    assert CliRunner().invoke(keys, ["rotate"]).exit_code == 0
    assert held(instance) == between[:1]
    assert with_app(instance, password) == "un secret de l'essai"


def test_a_process_that_runs_sees_the_new_key(instance: Path) -> None:
    def look(app: Flask) -> None:
        settings = app.extensions["refurb.environment"]
        token = sealed.seal(LABEL, settings)
        assert CliRunner().invoke(keys, ["rotate"]).exit_code == 0
        assert sealed.unseal(token, settings) is None
        assert sealed.unseal(sealed.seal(LABEL, settings), settings) == LABEL
        assert password(app) == "un secret de l'essai"

    with_app(instance, look)


def test_a_value_that_no_key_opens_keeps_every_key(instance: Path) -> None:
    def spoil(app: Flask) -> None:
        from refurb.db import get_session
        from refurb.setup.models import Setting
        from refurb.setup.queries import MAIL

        session = get_session()
        row = session.get_one(Setting, MAIL)
        closed = Fernet(Fernet.generate_key()).encrypt(b"x").decode()
        row.value = {"value": {**row.value["value"], "password": closed}}
        session.commit()

    with_app(instance, spoil)
    run = CliRunner().invoke(keys, ["rotate"])
    assert run.exit_code == 1
    assert len(held(instance)) == 2
    assert CliRunner().invoke(keys, ["status"]).exit_code == 1


def test_the_environment_is_told_the_steps(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (old,) = held(instance)
    monkeypatch.setenv("REFURB_FIELD_KEYS", old)
    run = CliRunner().invoke(keys, ["rotate"])
    assert run.exit_code == 1
    made = next(word for word in run.output.replace("=", " ", 1).split() if word.endswith(",<clé"))
    new = made.removesuffix(",<clé")
    monkeypatch.setenv("REFURB_FIELD_KEYS", f"{new},{old}")
    assert CliRunner().invoke(keys, ["rotate"]).exit_code == 0
    monkeypatch.setenv("REFURB_FIELD_KEYS", new)
    assert with_app(instance, password) == "un secret de l'essai"


def test_a_key_that_is_none_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        Settings.from_environment({"REFURB_INSTANCE": str(tmp_path), "REFURB_FIELD_KEYS": "abcdefghijklmnopqrstuvwxyz"})
    assert refused.value.code == "not-a-field-key"


def test_every_sealed_column_is_closed_again(instance: Path) -> None:
    """The rotation finds the columns by their type: a new one is not forgotten."""
    from refurb.db import Base

    metadata = sa.MetaData()
    sa.Table("kept", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sealed.Sealed))

    def go(app: Flask) -> None:
        from refurb.db import db, get_session

        metadata.create_all(db.engine)
        session, table = get_session(), metadata.tables["kept"]
        session.execute(sa.insert(table).values(id=1, text=LABEL))
        session.commit()
        settings = app.extensions["refurb.environment"]
        raw = sa.select(sa.type_coerce(table.c.text, sa.Text))
        before = session.scalar(raw)
        session.rollback()
        path = instance / "secrets.json"
        content = json.loads(path.read_text())
        new = Fernet.generate_key().decode()
        from refurb.cli.keys import _write

        _write(path, [new, content["REFURB_FIELD_KEYS"]])
        assert sealed.reseal(session, metadata, settings) == (2, 0)
        session.commit()
        after = session.scalar(raw)
        assert before != after
        assert LABEL not in str(after)
        assert Fernet(new).decrypt(str(after).encode()).decode() == LABEL

    with_app(instance, go)
    assert Base.metadata is not metadata
