"""What the pages of privacy say: durations, what becomes of things, why something stays."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from refurb.core.retention import Becomes, Kept, Rule, Source

KEPT: dict[Kept, Any] = {
    Kept.CASE: _l("Dossier d'un foyer, après le dernier contact"),
    Kept.DRAFT_CASE: _l("Brouillon de demande, après le dernier changement"),
    Kept.ACCESS: _l("Trace de consultation d'un dossier"),
    Kept.SIGN_IN: _l("Trace de connexion"),
    Kept.SESSION: _l("Session, après sa fin"),
    Kept.INVITATION: _l("Invitation, après sa fin"),
    Kept.ATTEMPT: _l("Comptage des essais de connexion"),
    Kept.LINK: _l("Lien de suivi d'un don, après sa fin"),
    Kept.GIFT_DRAFT: _l("Brouillon de don et sa liste, après le dernier changement"),
    Kept.UNREADABLE: _l("Relevé de machine illisible"),
    Kept.SCAN: _l("Texte scanné qui n'était pas un code"),
    Kept.MAIL_SENT: _l("Courriel envoyé"),
    Kept.MAIL_FAILED: _l("Courriel non remis"),
    Kept.IMPORT: _l("Aperçu d'import non appliqué"),
    Kept.CONTACT: _l("Noms des personnes d'un donateur, après la clôture du don"),
    Kept.ACCOUNT: _l("Compte d'une personne partie de toute organisation"),
}
BECOMES: dict[Becomes, Any] = {
    Becomes.ANONYMISED: _l("anonymisé"),
    Becomes.DELETED: _l("supprimé"),
    Becomes.FORGOTTEN: _l("oublié : il ne reste qu'une empreinte, sans auteur ni jour"),
}
SOURCES: dict[Source, Any] = {
    Source.CNIL_SOCIAL: _l("CNIL, durées du secteur social (délibération 2023-095)"),
    Source.CNIL_LOGS: _l("CNIL, recommandation sur la journalisation"),
    Source.TAX: _l("Livre des procédures fiscales, L.102 B : six ans"),
    Source.OWN: _l("choix de l'application : pas plus que l'usage ne demande"),
}
STAYS: dict[str, Any] = {
    "set-aside": _l("une machine est mise de côté pour ce dossier"),
    "on-loan": _l("la machine est prêtée : le dossier reste le temps du prêt"),
}
TABLES: dict[str, Any] = {
    "need": _l("demandes"),
    "handover": _l("remises"),
    "reservation": _l("mises de côté"),
    "appointment": _l("rendez-vous"),
    "ticket": _l("pannes"),
    "document": _l("documents"),
    "private_label": _l("étiquettes privées"),
    "event": _l("évènements"),
    "scan": _l("scans"),
    "account_session": _l("sessions"),
    "invitation": _l("invitations"),
    "attempt": _l("comptages d'essais"),
    "lot_link": _l("liens de suivi"),
    "donation_draft": _l("brouillons de dons"),
    "report": _l("relevés"),
    "outbox": _l("courriels et tâches"),
    "lot": _l("dons"),
    "account": _l("comptes"),
    "import_preview": _l("aperçus d'import"),
}


def duration(rule: Rule) -> str:
    """Return how long, in words."""
    if rule.months:
        return str(ngettext("%(num)s mois", "%(num)s mois", rule.months))
    return str(ngettext("%(num)s jour", "%(num)s jours", rule.days))


def table(name: str) -> Any:
    """Return the word for a table; its own name where it is a later one."""
    return TABLES.get(name, name)
