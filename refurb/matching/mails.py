"""What a service is written when something happens to a machine set aside for one of its cases."""

from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.core.identity import display
from refurb.documents.services import address
from refurb.matching.models import Reservation
from refurb.needs.models import Need
from refurb.organisations.models import Organisation
from refurb.web import local_date


def message(
    session: Session, reservation: Reservation, need: Need, template: str, *, to: str | None = None
) -> dict[str, Any] | None:
    """Return the mail's outbox row, None where the service gave no address. The subject says no more than the text."""
    to = to or session.get_one(Organisation, need.organisation_id).email
    if not to:
        return None
    with force_locale("fr"):
        code = display(need.code)
        subjects = {
            "proposal": _("Une machine est proposée pour le dossier %(code)s", code=code),
            "reminder": _("Le dossier %(code)s attend votre réponse", code=code),
            "raised": _("Un dossier de votre service attend une réponse : %(code)s", code=code),
            "lapsed": _("Le délai est passé pour le dossier %(code)s", code=code),
            "machine_left": _("La machine du dossier %(code)s n'est plus disponible", code=code),
        }
        return {
            "to": to,
            "subject": subjects[template],
            "template": f"match_{template}",
            "language": "fr",
            "context": {
                "code": code,
                "until": local_date(reservation.expires_at),
                "link": address(f"/needs/{need.code}"),
            },
        }
