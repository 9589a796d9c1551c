"""What imports tell privacy: previews that nobody applied have their time too."""

import sqlalchemy as sa
from flask import Flask

from refurb.exchange import files
from refurb.exchange.models import ImportPreview
from refurb.privacy.purge import IMPORTS, Done, Run


def register(app: Flask) -> None:
    """Called by create_app()."""
    IMPORTS["exchange"] = let_go


def let_go(run: Run, done: Done) -> None:
    """Let go of the previews past their time, with their lines; what was applied stays as a summary."""
    previews = run.session.scalars(
        sa.select(ImportPreview).where(ImportPreview.applied_at.is_(None), ImportPreview.created_at < done.before)
    ).all()
    done.found = len(previews)
    if previews:
        done.tables["import_preview"] += len(previews)
    for preview in previews if not run.dry else ():
        files.forget(run.session, preview)
