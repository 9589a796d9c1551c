"""`refurb worker`."""

import click

from refurb.cli.words import _


@click.command(help=_("Envoyer les messages, produire les documents et tenir le calendrier des tâches."))
@click.option("--once", is_flag=True, help=_("Faire ce qui attend, puis finir."))
def worker(once: bool) -> None:
    """Drain the outbox, and run the schedule until stopped."""
    from refurb.cli.application import load_app, warn_of_seal

    app = load_app()
    warn_of_seal(app.extensions["refurb.settings"])
    if once:
        from refurb.jobs.schedule import drain_once

        click.echo(_("%(count)s tâches faites.", count=drain_once(app)))
        return
    from refurb.jobs.schedule import run

    run(app)
