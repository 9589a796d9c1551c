"""The appeal to suppliers: what the needs that nothing serves ask for, in words one may send."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.core.permissions import OrganisationRole
from refurb.core.territory import SMALL
from refurb.matching import estimates
from refurb.matching.estimates import Wanted
from refurb.needs import words as needs
from refurb.organisations.models import Organisation, OrganisationRoleRow, Trust
from refurb.web import public_address

#: Kinds of machine named in one appeal.
MOST = 12


def text(session: Session) -> str:
    """Return the appeal in French, an empty text where nothing is missing. Counts under five are not told."""
    with force_locale("fr"):
        rows = estimates.wanted(session)[:MOST]
        if not rows:
            return ""
        lines = [
            _("Bonjour,"),
            "",
            _("Des foyers et des structures attendent des machines que nous ne recevons pas. Nous cherchons :"),
            "",
            *(f"- {line(row)}" for row in rows),
            "",
            _("Si vous en renouvelez, même quelques-unes, dites-le-nous : %(link)s", link=public_address("/give")),
            "",
            _("Merci pour celles et ceux qui les attendent."),
        ]
        return "\n".join(lines)


def line(row: Wanted) -> str:
    """Return one kind of machine and how many are wanted."""
    asked = dict(row.minima)
    forms = _(" ou ").join(str(needs.FORMS[form]).lower() for form in row.forms)
    parts = [forms[:1].upper() + forms[1:]]
    if asked.get("class"):
        parts.append(_("puissance de classe %(n)s au moins", n=asked["class"]))
    if asked.get("ram_gb"):
        parts.append(_("%(n)s Go de mémoire", n=f"{asked['ram_gb']:g}"))
    if asked.get("storage_gb"):
        parts.append(_("SSD de %(n)s Go", n=f"{asked['storage_gb']:g}"))
    if asked.get("screen_in"):
        parts.append(_("écran de %(n)s pouces", n=f"{asked['screen_in']:g}"))
    if asked.get("webcam"):
        parts.append(_("webcam"))
    if asked.get("battery_pct"):
        parts.append(_("batterie à %(n)s %% au moins", n=asked["battery_pct"]))
    if row.os == "windows":
        parts.append(_("avec Windows"))
    number = _("quelques-unes") if row.count < SMALL else str(row.count)
    return str(_("%(what)s : %(number)s", what=", ".join(parts), number=number))


def suppliers(session: Session) -> Sequence[Organisation]:
    """Return the suppliers that one may write to."""
    given = sa.select(OrganisationRoleRow.organisation_id).where(OrganisationRoleRow.role == OrganisationRole.SUPPLIER)
    return session.scalars(
        sa.select(Organisation)
        .where(Organisation.id.in_(given), Organisation.email.is_not(None), Organisation.trust == Trust.APPROVED)
        .order_by(Organisation.name)
    ).all()


def message(supplier: Organisation, body: str) -> dict[str, Any]:
    """Return the mail's outbox row."""
    with force_locale("fr"):
        return {
            "to": supplier.email,
            "subject": _("Des machines manquent : en renouvelez-vous ?"),
            "template": "match_appeal",
            "language": "fr",
            "context": {"text": body},
        }
