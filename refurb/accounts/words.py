"""Words for what accounts show."""

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from refurb.core.permissions import Role, Scope

ROLES = {
    Role.SUPPLIER: _l("Donateur"),
    Role.VOLUNTEER: _l("Bénévole"),
    Role.TECHNICIAN: _l("Technicien ou technicienne"),
    Role.CONTROLLER: _l("Contrôle et responsabilité de l'atelier"),
    Role.PRESCRIBER: _l("Travail social, orientation"),
    Role.STRUCTURE: _l("Structure de médiation"),
    Role.HANDOVER_AGENT: _l("Remise des machines"),
    Role.COORDINATOR: _l("Coordination"),
    Role.PARTNER: _l("Partenaire (chiffres seulement)"),
    Role.AUDITOR: _l("Audit (journal seulement)"),
    Role.ADMINISTRATOR: _l("Administration"),
}

SCOPES = {
    Scope.REPORTS_WRITE: _l("Envoyer des relevés de machines"),
    Scope.DEVICES_READ: _l("Demander où en est une machine de l'organisation"),
}

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def browser_name(user_agent: str | None) -> str:
    """Return what a person recognises of a browser: « Firefox, Linux »."""
    text = user_agent or ""
    browser = next((name for mark, name in _BROWSERS if re.search(rf"\b{mark}", text)), None)
    system = next((name for mark, name in _SYSTEMS if mark in text), None)
    return ", ".join(part for part in (browser, system) if part) or _("Navigateur inconnu")
