"""`refurb doctor`: what is missing, and how to mend it."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from refurb.cli.words import _

if TYPE_CHECKING:
    import sqlalchemy as sa
    from flask import Flask

    from refurb.config import Settings

#: Less than this and a workshop's photos and reports soon have no room.
ROOM = 1024**3
#: An outbox row older than this means that no worker runs.
LATE = timedelta(minutes=5)


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `state` is "ok", "warning" or "wrong"; `mend` says what to do, empty when ok."""

    subject: str
    state: str
    said: str
    mend: str = ""


@click.command(
    help=_("Dire ce qui manque à cette installation, et comment y remédier ; code de sortie 1 s'il manque l'essentiel.")
)
@click.option("--json", "as_json", is_flag=True, help=_("Écrire du JSON."))
def doctor(as_json: bool) -> None:
    """Look at everything, then say it all: one fault does not hide the next."""
    findings = list(examine())
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        marks = {"ok": "✓", "warning": "!", "wrong": "✗"}
        for finding in findings:
            click.echo(f"{marks[finding.state]} {finding.subject} : {finding.said}")
            if finding.mend:
                click.echo(f"    → {finding.mend}")
    if any(finding.state == "wrong" for finding in findings):
        raise SystemExit(1)


def examine() -> Iterator[Finding]:
    """Yield what there is to say, from the settings outwards."""
    from refurb.cli.application import explain
    from refurb.config import ConfigError, Settings

    try:
        settings = Settings.from_environment()
    except ConfigError as error:
        yield Finding(_("Réglages"), "wrong", explain(error), _("Voyez docs/settings.md."))
        return
    yield Finding(_("Réglages"), "ok", _("complets, instance dans %(folder)s", folder=settings.instance))
    if settings.public_url is None:
        yield Finding(
            _("Adresse publique"),
            "warning",
            _("inconnue : les liens envoyés par courriel portent celle de la demande."),
            _("Donnez REFURB_PUBLIC_URL=https://…"),
        )
    elif not settings.public_url.startswith("https://"):
        yield Finding(
            _("Adresse publique"),
            "warning",
            _("%(url)s n'est pas chiffrée : la caméra et le travail hors ligne sont coupés.", url=settings.public_url),
            _("Mettez un certificat devant Refurb ; docs/install.md dit comment."),
        )
    free = shutil.disk_usage(settings.instance if settings.instance.exists() else "/").free
    if free < ROOM:
        yield Finding(
            _("Disque"), "warning", _("il reste %(free)s Mo.", free=free // 1024**2), _("Faites de la place.")
        )
    else:
        yield Finding(_("Disque"), "ok", _("il reste %(free)s Go.", free=free // 1024**3))
    from refurb.app import create_app

    yield from examine_application(create_app(settings))


#: Without these PostgreSQL acknowledges what a power cut takes back. SQLite's are set at each connection (db.py).
_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


def _unsafe_settings(connection: "sa.Connection") -> list[str]:
    """Return the settings of the database that let it lose what it has acknowledged, as "fsync = off"."""
    if connection.dialect.name != "postgresql":
        return []
    shown = {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in _DURABLE}
    return [f"{name} = {value}" for name, value in shown.items() if value == "off"]


def examine_application(app: "Flask") -> Iterator[Finding]:
    """Yield what there is to say of the database and of what lives in it."""
    import sqlalchemy as sa

    from refurb.db import db, get_session
    from refurb.migrations import schema
    from refurb.outbox import OutboxRow
    from refurb.paths import asset_dir
    from refurb.setup import queries

    settings: Settings = app.extensions["refurb.settings"]
    with app.app_context():
        try:
            with db.engine.connect() as connection:
                kind, unsafe = connection.dialect.name, _unsafe_settings(connection)
        except sa.exc.SQLAlchemyError as error:
            yield Finding(
                _("Base de données"),
                "wrong",
                _("injoignable : %(error)s", error=str(error).splitlines()[0]),
                _("Vérifiez DATABASE_URL, et que le serveur tourne."),
            )
            return
        if unsafe:
            yield Finding(
                _("Base de données"),
                "warning",
                _("après une coupure, elle peut perdre ce qu'elle a confirmé (%(names)s).", names=", ".join(unsafe)),
                _("Rendez ces réglages à leur valeur d'origine, « on », dans postgresql.conf."),
            )
        else:
            yield Finding(_("Base de données"), "ok", kind)
        if not schema.is_current():
            yield Finding(_("Schéma"), "wrong", _("pas à jour"), _("Lancez « refurb db upgrade »."))
            return
        yield Finding(_("Schéma"), "ok", _("à jour (%(revision)s)", revision=schema.current() or ""))
        session = get_session()
        if not queries.has_administrator(session):
            yield Finding(
                _("Administration"),
                "wrong",
                _("personne n'administre cette instance."),
                _("Lancez « refurb user create --admin », ou ouvrez la page que « refurb serve » annonce."),
            )
        else:
            yield Finding(_("Administration"), "ok", _("au moins une personne."))
        mail = queries.mail(session)
        if queries.setting(session, queries.DEMO, False):
            yield Finding(_("Courriel"), "ok", _("démonstration : aucun message ne part."))
        elif mail.host is None:
            yield Finding(
                _("Courriel"),
                "warning",
                _("aucun serveur : les messages vont dans %(folder)s.", folder=queries.mail_folder()),
                _("Réglez le courriel dans Réglages, ou donnez REFURB_MAIL_HOST."),
            )
        else:
            yield Finding(_("Courriel"), "ok", f"{mail.host}:{mail.port}")
        yield seal_finding(settings)
        failed = session.scalar(sa.select(sa.func.count()).where(OutboxRow.failed_at.is_not(None))) or 0
        waiting = session.scalar(
            sa.select(sa.func.min(OutboxRow.due_at)).where(OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None))
        )
        if waiting is not None and waiting < datetime.now(UTC) - LATE:
            yield Finding(_("Tâches"), "wrong", _("elles attendent."), _("Lancez « refurb worker »."))
        elif failed:
            yield Finding(
                _("Tâches"),
                "warning",
                _("%(count)s ont échoué pour de bon.", count=failed),
                _("Réglages, « Envois et tâches » dit pourquoi et les relance."),
            )
        else:
            yield Finding(_("Tâches"), "ok", _("aucune en retard."))
        missing = [name for name in ("templates", "static") if not _has(asset_dir, name)]
        if missing:
            yield Finding(_("Fichiers"), "wrong", ", ".join(missing), _("Installez Refurb de nouveau."))


def seal_finding(settings: "Settings") -> Finding:
    """Say whether papers are sealed, and for how long the certificate still holds."""
    from refurb.documents import seal

    make = _("« refurb documents make-seal » en écrit un : donnez-le dans REFURB_SEAL_KEY, le même à chaque processus.")
    path = settings.instance / seal.FILE_NAME
    if settings.seal_key is None and not path.exists():
        if settings.embedded:
            return Finding(_("Sceau"), "ok", _("se fera avec le premier document."))
        return Finding(_("Sceau"), "wrong", _("aucun : les documents sortent sans sceau."), make)
    try:
        found = seal.read(settings.seal_key or str(path))
    except seal.SealUnusable:
        return Finding(_("Sceau"), "wrong", _("illisible : aucun document ne se fait."), make)
    until = found.certificate.not_valid_after_utc
    said = _("%(name)s, jusqu'au %(day)s", name=seal.signer_name(found.certificate), day=until.date().isoformat())
    if until < datetime.now(UTC) + timedelta(days=60):
        return Finding(_("Sceau"), "warning", said, make)
    return Finding(_("Sceau"), "ok", said)


def _has(find: "object", name: str) -> bool:
    assert callable(find)
    try:
        find(name)
    except FileNotFoundError:
        return False
    return True
