"""`refurb verify`: whether the record is what was written."""

import json
from collections.abc import Iterator

import click

from refurb.cli.application import load_app
from refurb.cli.words import _

#: A terminal is for reading: one fault in each of ten thousand chains says no more than fifty do.
SHOWN = 50


@click.command(help=_("Vérifier l'historique, les états des machines et les empreintes."))
@click.option("--json", "as_json", is_flag=True, help=_("Écrire du JSON."))
def verify(as_json: bool) -> None:
    """Walk chains, statuses and bytes."""
    from refurb.db import get_session

    with load_app().app_context():
        # The desks go on scanning meanwhile: on SQLite a session that may write keeps every other writer waiting.
        get_session().read_only = True
        faults = list(_faults())
    if as_json:
        click.echo(json.dumps([{"what": what, "where": where} for what, where in faults], ensure_ascii=False, indent=1))
    else:
        sentences = {
            "gap": _("Un évènement manque avant %(where)s."),
            "previous": _("%(where)s ne suit pas l'évènement d'avant."),
            "payload": _("Le contenu de %(where)s a changé."),
            "hash": _("L'enveloppe de %(where)s a changé."),
            "no-tombstone": _("Le contenu de %(where)s a été effacé sans que rien ne le dise."),
            "status": _("L'état de %(where)s n'est pas celui de son dernier évènement."),
            "blob": _("Les octets %(where)s ne sont plus ceux de leur empreinte."),
        }
        for what, where in faults[:SHOWN]:
            click.echo(sentences[what] % {"where": where})
        if len(faults) > SHOWN:
            click.echo(_("… et %(count)s autres ; « --json » les dit tous.", count=len(faults) - SHOWN))
        if not faults:
            click.echo(_("Tout est en ordre."))
    if faults:
        raise SystemExit(1)


def _faults() -> Iterator[tuple[str, str]]:
    """Yield what is wrong, and where."""
    import hashlib

    import sqlalchemy as sa

    from refurb.audit.models import Event
    from refurb.audit.services import broken
    from refurb.blobs import Blob
    from refurb.db import get_session
    from refurb.devices.models import Device

    session = get_session()
    for event, what in broken(session):
        yield what, f"{event.subject_kind} {event.subject_id} n° {event.seq}"
    last = (
        sa.select(Event.subject_id, sa.func.max(Event.seq).label("seq"))
        .where(Event.subject_kind == "device", Event.after.is_not(None))
        .group_by(Event.subject_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(Device.code, Device.status, Event.after)
        .outerjoin(last, last.c.subject_id == Device.id)
        .outerjoin(
            Event,
            sa.and_(Event.subject_kind == "device", Event.subject_id == last.c.subject_id, Event.seq == last.c.seq),
        )
    )
    for code, status, after in rows:
        if after != status.value:
            yield "status", code
    for sha256 in session.scalars(sa.select(Blob.sha256)).all():
        data = session.scalar(sa.select(Blob.data).where(Blob.sha256 == sha256))
        if hashlib.sha256(data or b"").hexdigest() != sha256:
            yield "blob", sha256
