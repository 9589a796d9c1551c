"""The sentences of the home pages: what waits, and the stations of the line. A key of home/waiting.py has one here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from refurb.core.permissions import Role

#: key -> what waits, said after its number.
WAITING: dict[str, Callable[[int], str]] = {
    "appointments_today": lambda n: ngettext("rendez-vous aujourd'hui", "rendez-vous aujourd'hui", n),
    "appointments_late": lambda n: ngettext("rendez-vous passé sans suite", "rendez-vous passés sans suite", n),
    "appointments_next": lambda n: ngettext("rendez-vous à venir", "rendez-vous à venir", n),
    "tickets": lambda n: ngettext("panne signalée", "pannes signalées", n),
    "proposals": lambda n: ngettext("machine proposée à vos dossiers", "machines proposées à vos dossiers", n),
    "substitutes": lambda n: ngettext("question de la coordination", "questions de la coordination", n),
    "follow_ups": lambda n: ngettext("machine remise il y a trois mois", "machines remises il y a trois mois", n),
    "to_plan": lambda n: ngettext("remise à convenir", "remises à convenir", n),
    "needs_to_complete": lambda n: ngettext("demande à compléter", "demandes à compléter", n),
    "needs_to_confirm": lambda n: ngettext("demande à confirmer", "demandes à confirmer", n),
    "needs_drafts": lambda n: ngettext("brouillon à finir", "brouillons à finir", n),
    "needs_queued": lambda n: ngettext("demande en file d'attente", "demandes en file d'attente", n),
    "offers": lambda n: ngettext("don proposé à votre atelier", "dons proposés à votre atelier", n),
    "pickups": lambda n: ngettext("enlèvement à faire", "enlèvements à faire", n),
    "to_count": lambda n: ngettext("don à compter", "dons à compter", n),
    "to_prepare": lambda n: ngettext("machine à préparer", "machines à préparer", n),
    "wipe_failed": lambda n: ngettext("effacement échoué", "effacements échoués", n),
    "doubts": lambda n: ngettext("relevé en question", "relevés en question", n),
    "locked": lambda n: ngettext("machine bloquée", "machines bloquées", n),
    "returned": lambda n: ngettext("machine revenue", "machines revenues", n),
    "to_control": lambda n: ngettext("machine à contrôler", "machines à contrôler", n),
    "to_shelve": lambda n: ngettext("machine à ranger en stock", "machines à ranger en stock", n),
    "lots_to_answer": lambda n: ngettext("don à examiner", "dons à examiner", n),
    "lots_to_offer": lambda n: ngettext(
        "don accepté, à proposer à un atelier", "dons acceptés, à proposer à un atelier", n
    ),
    "offers_unanswered": lambda n: ngettext(
        "proposition sans réponse d'un atelier", "propositions sans réponse d'un atelier", n
    ),
    "needs_to_check": lambda n: ngettext("demande à vérifier", "demandes à vérifier", n),
    "reservations_ending": lambda n: ngettext(
        "proposition bientôt échue, sans réponse du service", "propositions bientôt échues, sans réponse du service", n
    ),
    "match_to_decide": lambda n: ngettext("attribution à décider", "attributions à décider", n),
    "needs_to_serve": lambda n: ngettext("demande en attente d'une machine", "demandes en attente d'une machine", n),
    "stock_free": lambda n: ngettext(
        "machine en stock, pour personne encore", "machines en stock, pour personne encore", n
    ),
    "gifts_examined": lambda n: ngettext("don en cours d'examen", "dons en cours d'examen", n),
    "gifts_to_collect": lambda n: ngettext("don à enlever", "dons à enlever", n),
    "gifts_all": lambda n: ngettext("don depuis le début", "dons depuis le début", n),
    "organisations_to_review": lambda n: ngettext("organisation à valider", "organisations à valider", n),
    "join_requests": lambda n: ngettext("service demande à rejoindre", "services demandent à rejoindre", n),
    "jobs_failed": lambda n: ngettext("tâche en échec", "tâches en échec", n),
}

#: key -> what to do with it, for those that need saying.
DETAILS: dict[str, Any] = {
    "join_requests": _l("Acceptez ou refusez : leur première demande attend avec eux."),
    "appointments_today": _l("Vérifiez la machine et ses accessoires avant l'heure."),
    "appointments_late": _l("Notez la remise, ou l'absence."),
    "tickets": _l("Un foyer attend une réponse."),
    "proposals": _l("Acceptez, ou dites pourquoi elle ne convient pas."),
    "substitutes": _l("Le foyer accepterait-il autre chose, faute de mieux ?"),
    "follow_ups": _l("Dites si elles servent : deux touches."),
    "to_plan": _l("La machine est mise de côté : fixez le lieu, le jour et l'heure."),
    "needs_to_complete": _l("La coordination attend une précision."),
    "needs_to_confirm": _l("Sans nouvelles depuis 90 jours : le besoin est-il toujours là ?"),
    "offers": _l("Acceptez ou refusez : le donateur attend."),
    "to_count": _l("Comparez ce qui est arrivé à ce qui était annoncé."),
    "to_prepare": _l("Un foyer est au bout : sortez-la de son étagère."),
    "wipe_failed": _l("Un effacement interrompu se recommence ; un disque en échec est à détruire."),
    "doubts": _l("Dites à quelle machine il appartient."),
    "locked": _l("Relancez le donateur pour le déverrouillage."),
    "returned": _l("Un foyer attend sa machine, ou une autre."),
    "lots_to_answer": _l("Répondez ligne par ligne : le donateur attend."),
    "match_to_decide": _l("La règle propose ; acceptez, refusez ou choisissez autrement."),
    "reservations_ending": _l("Appelez le service avant qu'elle ne tombe."),
    "gifts_examined": _l("La coordination vous répond ligne par ligne."),
    "gifts_to_collect": _l("L'atelier vient à la date convenue."),
    "gifts_all": _l("Le suivi et les attestations de chacun."),
    "jobs_failed": _l("Un courrier ou un document n'est pas parti."),
}

STATIONS: dict[str, Any] = {
    "to_triage": _l("À trier"),
    "to_wipe": _l("À effacer"),
    "to_diagnose": _l("À diagnostiquer"),
    "to_install": _l("À installer"),
    "to_control": _l("À contrôler"),
    "to_shelve": _l("À ranger"),
    "in_stock": _l("En stock"),
    "set_aside": _l("Mises de côté"),
}


@dataclass(frozen=True)
class Chapter:
    """One page of help, and for whom it is."""

    title: Any
    text: Any
    icon: str
    roles: frozenset[Role]


#: Each has templates/home/help/<key>.html.
HELP: dict[str, Chapter] = {
    "give": Chapter(
        _l("Donner du matériel"),
        _l("Remplir le formulaire, envoyer une liste, suivre son don."),
        "gift",
        frozenset({Role.SUPPLIER}),
    ),
    "workshop": Chapter(
        _l("À l'atelier"),
        _l("Recevoir, effacer, installer, contrôler, ranger, avec ou sans scanner."),
        "tools",
        frozenset({Role.VOLUNTEER, Role.TECHNICIAN, Role.CONTROLLER}),
    ),
    "need": Chapter(
        _l("Demander une machine pour un foyer"),
        _l("Exprimer un besoin sans donner de nom, répondre à une proposition, remettre."),
        "people",
        frozenset({Role.PRESCRIBER, Role.STRUCTURE}),
    ),
    "handover": Chapter(
        _l("Remettre une machine"),
        _l("Préparer le rendez-vous, vérifier, faire signer."),
        "house-heart",
        frozenset({Role.HANDOVER_AGENT, Role.PRESCRIBER}),
    ),
    "coordination": Chapter(
        _l("Coordonner"),
        _l("Répondre aux dons, les confier aux ateliers, attribuer les machines."),
        "diagram-3",
        frozenset({Role.COORDINATOR}),
    ),
    "administration": Chapter(
        _l("Administrer l'instance"),
        _l("Organisations, comptes, courrier, sauvegardes."),
        "sliders",
        frozenset({Role.ADMINISTRATOR}),
    ),
}
