"""`refurb purge`: what is past its time goes, and what was done is said table by table."""

import json

import click

from refurb.cli.application import load_app
from refurb.cli.words import _, language


@click.command(
    help=_("Anonymiser, supprimer ou oublier ce dont le temps de conservation est passé."),
    epilog=_("Le worker le fait chaque nuit ; les durées sont dans docs/privacy.md et à l'écran, page Vie privée."),
)
@click.option("--dry-run", is_flag=True, help=_("Compter sans rien changer."))
@click.option("--json", "as_json", is_flag=True, help=_("Écrire du JSON."))
def purge(dry_run: bool, as_json: bool) -> None:
    """Run the purge once."""
    from flask_babel import force_locale

    from refurb.db import get_session
    from refurb.privacy import words
    from refurb.privacy.purge import purge as run
    from refurb.security import Actor
    from refurb.web import now

    app = load_app()
    with app.app_context(), force_locale(language()):
        session = get_session()
        results = run(session, by=Actor.system(), at=now(), dry=dry_run)
        if dry_run:
            session.rollback()
        else:
            session.commit()
        if as_json:
            rows = [
                {
                    "kept": done.kept.value,
                    "before": done.before.isoformat(),
                    "found": done.found,
                    "tables": dict(done.tables),
                    "left": dict(done.left),
                }
                for done in results
            ]
            click.echo(json.dumps({"dry_run": dry_run, "rules": rows}, indent=1))
            return
        for done in results:
            parts = [f"{words.table(name)} {count}" for name, count in sorted(done.tables.items()) if count]
            parts += [f"{words.STAYS[code]} : {count}" for code, count in sorted(done.left.items())]
            click.echo(f"{words.KEPT[done.kept]} : {', '.join(parts) if parts else 0}")
        click.echo(_("Essai : rien n'a été changé.") if dry_run else _("Fait."))
