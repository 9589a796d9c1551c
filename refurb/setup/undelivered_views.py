"""The page of the mail that did not leave."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.outbox import OutboxRow
from refurb.security import requires
from refurb.setup import queries, undelivered
from refurb.setup.views import bp, mail_fault
from refurb.web import now


@bp.get("/settings/mail/undelivered")
@requires(Permission.SETTINGS_EDIT)
def undelivered_mail() -> ResponseReturnValue:
    """List what did not leave and why, what was given up first."""
    session = get_session()
    server = queries.mail(session).host or _("d'envoi")
    return render_template(
        "setup/undelivered.html",
        rows=[
            {
                "row": row,
                "to": undelivered.recipient(row),
                "why": mail_fault(row.error_code or "", server),
                "said": undelivered.masked((row.error or "").partition(": ")[2]),
            }
            for row in undelivered.rows(session)
        ],
    )


@bp.post("/settings/mail/undelivered/<int:row_id>/retry")
@requires(Permission.SETTINGS_EDIT)
def retry_mail(row_id: int) -> ResponseReturnValue:
    """Try a message again at once."""
    row = _or_404(row_id)
    row.failed_at, row.attempts, row.due_at = None, 0, now()
    get_session().commit()
    flash(_("Le message repart."), "done")
    return redirect(url_for(".undelivered_mail"), 303)


@bp.post("/settings/mail/undelivered/<int:row_id>/drop")
@requires(Permission.SETTINGS_EDIT)
def drop_mail(row_id: int) -> ResponseReturnValue:
    """Forget a message that will never arrive; what it announced is on the pages all the same."""
    session = get_session()
    session.delete(_or_404(row_id))
    session.commit()
    flash(_("Le message est oublié."), "done")
    return redirect(url_for(".undelivered_mail"), 303)


def _or_404(row_id: int) -> OutboxRow:
    row = get_session().get(OutboxRow, row_id, with_for_update=True)
    if row is None or row.kind != undelivered.MAIL or row.done_at is not None:
        abort(404)
    return row
