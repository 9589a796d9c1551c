"""`refurb db`: the schema, up and down."""

import click

from refurb.cli.words import _


@click.group("db", help=_("Mettre le schéma de la base à jour, ou revenir en arrière."))
def db_group() -> None:
    """Hold the commands."""


@db_group.command(help=_("Mettre le schéma à jour, jusqu'à REVISION (la dernière, sinon)."))
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Migrate up."""
    from refurb.cli.application import load_app
    from refurb.migrations import schema

    with load_app().app_context():
        schema.upgrade(revision)
        click.echo(_("Le schéma est à la révision %(revision)s.", revision=schema.current() or "–"))


@db_group.command(help=_("Revenir à REVISION ; « base » enlève toutes les tables."))
@click.argument("revision")
@click.option("--yes", is_flag=True, help=_("Ne pas demander confirmation."))
def downgrade(revision: str, yes: bool) -> None:
    """Migrate down, after a question: what the older schema has no room for is lost."""
    from refurb.cli.application import load_app
    from refurb.migrations import schema

    if not yes:
        click.confirm(
            _("Revenir à « %(revision)s » peut effacer des données. Continuer ?", revision=revision), abort=True
        )
    with load_app().app_context():
        schema.downgrade(revision)
        click.echo(_("Le schéma est à la révision %(revision)s.", revision=schema.current() or "–"))


@db_group.command(help=_("Dire si le schéma est celui que cette version attend ; code de sortie 1 sinon."))
def check() -> None:
    """Compare the database with the migrations and the models."""
    from refurb.cli.application import load_app
    from refurb.migrations import schema

    with load_app().app_context():
        if not schema.is_current():
            raise click.ClickException(
                _(
                    "La base est à la révision %(current)s, le code attend %(head)s : lancez « refurb db upgrade ».",
                    current=schema.current() or "–",
                    head=schema.head() or "–",
                )
            )
        found = schema.differences()
        for difference in found:
            click.echo(str(difference), err=True)
        if found:
            raise click.ClickException(_("Le schéma diffère des modèles."))
        click.echo(_("Le schéma est à jour."))
