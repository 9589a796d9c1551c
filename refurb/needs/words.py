"""The words for the codes of a need, in the reader's language."""

from typing import Any

from flask_babel import lazy_gettext as _l

from refurb.core.need_life import Act, State
from refurb.core.needs import (
    Accompaniment,
    Alike,
    Connectivity,
    Eligibility,
    Equipment,
    Ergonomics,
    FollowUp,
    Format,
    Informed,
    Motive,
    Profile,
    Substitute,
    System,
    Term,
    Usage,
    Wrong,
)
from refurb.core.points import Code
from refurb.core.privacy import Hint

Words = dict[Any, Any]

STATES: Words = {
    State.DRAFT: _l("Brouillon"),
    State.SUBMITTED: _l("Transmise"),
    State.TO_COMPLETE: _l("À compléter"),
    State.VALIDATED: _l("Validée"),
    State.WAITING: _l("En attente"),
    State.PROPOSED: _l("Proposition à examiner"),
    State.ACCEPTED: _l("Mis de côté, accepté"),
    State.HANDED_OVER: _l("Remis"),
    State.CLOSED: _l("Clôturée"),
    State.REFUSED: _l("Refusée"),
    State.CANCELLED: _l("Retirée"),
    State.EXPIRED: _l("À reconfirmer"),
    State.DUPLICATE: _l("En double"),
    State.SUSPENDED: _l("Suspendue"),
}

#: What a household reads of where its demand stands, on the page that its slip opens: no step of ours, no reason.
STATES_SAID: Words = {
    State.SUBMITTED: _l("Votre demande est arrivée. Elle est en cours de vérification."),
    State.TO_COMPLETE: _l("Votre service complète la demande."),
    State.VALIDATED: _l("Votre demande est dans la file d'attente."),
    State.WAITING: _l("Votre demande est dans la file d'attente."),
    State.PROPOSED: _l("Un ordinateur est peut-être trouvé. Votre service va vous appeler."),
    State.ACCEPTED: _l("Un ordinateur est mis de côté pour vous. Votre service convient d'un rendez-vous."),
    State.HANDED_OVER: _l("L'ordinateur a été remis."),
    State.EXPIRED: _l("Avez-vous toujours besoin d'un ordinateur ? Dites-le à votre service."),
    State.SUSPENDED: _l("Votre demande est en pause. Appelez votre service pour la reprendre."),
}
#: For every other state.
STATE_OVER = _l("Cette demande est terminée. Votre service peut vous en dire plus.")

#: What each state means for the service: where it stands, and what to do.
MEANINGS: Words = {
    State.DRAFT: _l("Seul votre service voit cette demande. Complétez-la, puis envoyez-la."),
    State.SUBMITTED: _l("La coordination regarde votre demande avant de la valider. Vous n'avez rien à faire."),
    State.TO_COMPLETE: _l("La coordination demande une précision : modifiez la demande et renvoyez-la."),
    State.VALIDATED: _l("La demande est dans la file d'attente. Vous n'avez rien à faire."),
    State.WAITING: _l("La demande attend une machine qui convient. Vous n'avez rien à faire."),
    State.PROPOSED: _l("Une machine est mise de côté pour ce dossier : dites si elle convient."),
    State.ACCEPTED: _l("La machine est mise de côté. Il reste à convenir d'un rendez-vous de remise."),
    State.HANDED_OVER: _l("La machine a été remise."),
    State.CLOSED: _l("Le dossier est clos."),
    State.REFUSED: _l("La coordination n'a pas retenu cette demande."),
    State.CANCELLED: _l("Votre service a retiré cette demande."),
    State.EXPIRED: _l("Personne n'a confirmé cette demande depuis 90 jours : confirmez-la, elle garde son rang."),
    State.DUPLICATE: _l("Une autre demande existe pour le même foyer."),
    State.SUSPENDED: _l(
        "La demande garde son rang, mais aucune machine ne lui sera proposée tant qu'elle est suspendue."
    ),
}

USAGES: Words = {
    Usage.PROCEDURES: _l("Démarches en ligne, courrier électronique"),
    Usage.PRIMARY_SCHOOL: _l("École primaire"),
    Usage.SECONDARY_SCHOOL: _l("Collège ou lycée"),
    Usage.HIGHER_EDUCATION: _l("Études supérieures"),
    Usage.JOB_TRAINING: _l("Emploi ou formation"),
    Usage.VIDEO_CALLS: _l("Visio : santé, famille"),
    Usage.OFFICE_WORK: _l("Bureautique : lettres, tableaux"),
    Usage.SELF_EMPLOYMENT: _l("Activité indépendante"),
    Usage.SHARED_STATION: _l("Poste partagé, en accès libre"),
    Usage.GROUP_WORKSHOP: _l("Atelier collectif"),
    Usage.CREATION: _l("Création : images, vidéo, programmation"),
}

#: The names that the readers use, never the code alone.
PROFILES: Words = {
    Profile.P0: _l("PC pour l'école primaire"),
    Profile.P1: _l("PC pour les démarches"),
    Profile.P2: _l("PC pour collège-lycée"),
    Profile.P3: _l("PC pour études ou activité"),
    Profile.P4: _l("Poste partagé"),
    Profile.P5: _l("PC pour atelier collectif"),
    Profile.P6: _l("PC pour la création"),
}

EQUIPMENT: Words = {
    Equipment.NONE: _l("Rien"),
    Equipment.PHONE_ONLY: _l("Un téléphone seulement"),
    Equipment.BROKEN: _l("Un ordinateur en panne ou trop vieux"),
    Equipment.SHARED: _l("Un ordinateur partagé à plusieurs"),
}

CONNECTIVITY: Words = {
    Connectivity.FIXED: _l("Box : fibre ou ADSL"),
    Connectivity.MOBILE_BOX: _l("Box 4G"),
    Connectivity.PHONE: _l("Partage du téléphone"),
    Connectivity.PUBLIC_WIFI: _l("Wifi public seulement"),
    Connectivity.NONE: _l("Aucune"),
}

FORMATS: Words = {
    Format.LAPTOP: _l("Portable"),
    Format.DESKTOP: _l("Fixe, avec écran"),
    Format.ANY: _l("Peu importe"),
}

ERGONOMICS: Words = {
    Ergonomics.LARGE_SCREEN: _l("Grand écran"),
    Ergonomics.LIGHT: _l("Léger"),
    Ergonomics.CONTRAST_KEYBOARD: _l("Clavier contrasté"),
    Ergonomics.SCREEN_READER: _l("Lecteur d'écran"),
    Ergonomics.OTHER_KEYBOARD: _l("Autre disposition de clavier"),
}

ELIGIBILITY: Words = {
    Eligibility.INCOME_QUOTIENT: _l("Quotient familial sous le seuil"),
    Eligibility.MINIMUM_BENEFITS: _l("Minima sociaux"),
    Eligibility.LEFT_TO_LIVE_ON: _l("Reste à vivre"),
    Eligibility.GRANT_STUDENT: _l("Bourse d'études"),
    Eligibility.PROFESSIONAL_JUDGEMENT: _l("Appréciation du service"),
}

MOTIVES_OF_URGENCY: Words = {
    Motive.EXAM_OR_JOB: _l("Examen ou emploi à date fixe"),
    Motive.LOSS_OF_RIGHTS: _l("Risque de rupture de droits"),
    Motive.LEAVING_SHELTER: _l("Sortie d'hébergement"),
    Motive.AFTER_SALES: _l("Retour après une panne"),
}

ACCOMPANIMENT: Words = {
    Accompaniment.SERVICE: _l("Notre service"),
    Accompaniment.DIGITAL_ADVISER: _l("Un conseiller numérique"),
    Accompaniment.ASSOCIATION: _l("Une association"),
    Accompaniment.TO_FIND: _l("À trouver"),
    Accompaniment.NOT_WANTED: _l("Pas souhaité"),
}

SYSTEMS: Words = {
    System.ANY: _l("Non"),
    System.WINDOWS: _l("Oui, un logiciel imposé demande Windows"),
    System.LINUX: _l("Non, et Linux est souhaité"),
}

INFORMED: Words = {
    Informed.IN_PERSON: _l("De vive voix"),
    Informed.BY_PHONE: _l("Par téléphone"),
    Informed.IN_WRITING: _l("Par écrit"),
}

TERMS: Words = {Term.KEEP: _l("Pour les garder"), Term.DATE: _l("Pour une date")}

ALIKE: Words = {
    Alike.COMPATIBLE: _l("Du même niveau, cela suffit"),
    Alike.SAME_CHARGER: _l("Le même chargeur pour toutes"),
    Alike.IDENTICAL: _l("Toutes du même modèle"),
}

SUBSTITUTES: Words = {
    Substitute.OTHER_FORM: _l("Un fixe plutôt qu'un portable, ou l'inverse"),
    Substitute.TABLET: _l("Une tablette"),
    Substitute.LESS_POWERFUL: _l("Un ordinateur moins puissant"),
    Substitute.WITHOUT_WEBCAM: _l("Un ordinateur sans webcam"),
}

FOLLOW_UPS: Words = {
    FollowUp.USED: _l("Oui, elle sert"),
    FollowUp.LITTLE: _l("Un peu"),
    FollowUp.NOT_USED: _l("Non, elle ne sert pas"),
    FollowUp.UNKNOWN: _l("Nous ne savons pas"),
}

#: What each term of the points is about.
POINTS: Words = {
    Code.BASE: _l("Une demande en règle"),
    Code.EQUIPMENT: _l("Équipement actuel"),
    Code.STAKE: _l("Ce qui est en jeu"),
    Code.HOUSEHOLD: _l("Personnes et élèves sans machine"),
    Code.ELIGIBILITY: _l("Critère attesté par le service"),
    Code.WAITING: _l("Attente"),
    Code.ACCOMPANIMENT: _l("Accompagnement prévu"),
    Code.CONNECTIVITY: _l("Connexion à internet"),
    Code.DISTRICT: _l("Quartier prioritaire"),
    Code.SMALL_COMMUNE: _l("Petite commune"),
    Code.WITHIN_LEAST: _l("Nombre indispensable à l'activité"),
    Code.MAINTAINED: _l("Entretien assuré"),
    Code.WARRANTY: _l("Retour sous garantie"),
}

MOTIVES: Words = {
    "precise-usages": _l("Préciser les usages"),
    "precise-place": _l("Préciser le lieu de remise"),
    "check-eligibility": _l("Vérifier le critère d'éligibilité"),
    "check-equipment": _l("Vérifier l'équipement des 36 derniers mois"),
    "check-duplicate": _l("Vérifier si un autre service aide déjà ce foyer"),
    "not-eligible": _l("Hors des critères votés"),
    "out-of-territory": _l("Hors du territoire"),
    "already-equipped": _l("Foyer déjà équipé"),
    "other-scheme": _l("Un autre dispositif convient mieux"),
    "no-longer-needed": _l("Le besoin n'existe plus"),
    "equipped-elsewhere": _l("Équipé par un autre moyen"),
    "moved-away": _l("La personne a déménagé"),
    "unreachable": _l("La personne ne répond plus"),
    "mistake": _l("Erreur de saisie"),
    "household-unavailable": _l("La personne n'est pas disponible pour l'instant"),
    "awaiting-information": _l("Une information manque encore"),
    "service-closed": _l("Le service est fermé"),
    "does-not-suit": _l("La machine ne convient pas"),
    "household-declines": _l("La personne ne la souhaite pas"),
    "too-far": _l("Le lieu de remise est trop loin"),
    "machine-faulty": _l("La machine a un défaut"),
    "other-need": _l("Un autre dossier en a besoin avant"),
    "machine-left": _l("La machine n'est plus disponible"),
    "after-sales": _l("Retour après une panne"),
    "handover-mistake": _l("Erreur de remise"),
    "served-in-part": _l("Servie en partie : il manque encore quelque chose"),
    "same-household": _l("Même foyer qu'une autre demande"),
}

ACTS: Words = {
    Act.SUBMIT: _l("Demande envoyée"),
    Act.VALIDATE: _l("Demande validée"),
    Act.RETURN: _l("Précision demandée par la coordination"),
    Act.AMEND: _l("Demande modifiée"),
    Act.QUEUE: _l("Demande mise en attente"),
    Act.PROPOSE: _l("Machine mise de côté"),
    Act.ACCEPT: _l("Proposition acceptée"),
    Act.DECLINE: _l("Proposition déclinée"),
    Act.RELEASE: _l("Machine remise en stock"),
    Act.LAPSE: _l("Délai dépassé : machine remise en stock, demande suspendue"),
    Act.SUSPEND: _l("Demande suspendue"),
    Act.RESUME: _l("Demande reprise"),
    Act.EXPIRE: _l("Demande à reconfirmer après 90 jours"),
    Act.RECONFIRM: _l("Demande confirmée"),
    Act.HAND_OVER: _l("Machine remise"),
    Act.CLOSE: _l("Dossier clos"),
    Act.REOPEN: _l("Dossier rouvert"),
    Act.REFUSE: _l("Demande refusée"),
    Act.MARK_DUPLICATE: _l("Demande marquée en double"),
    Act.NOT_DUPLICATE: _l("Demande remise dans la file : ce n'était pas un double"),
    Act.CANCEL: _l("Demande retirée"),
}

EVENTS: Words = {
    "need.drafted": _l("Brouillon ouvert"),
    "need.linked": _l("Liée à une autre demande du même foyer"),
    "need.read": _l("Dossier consulté"),
    "need.slip-printed": _l("Fiche imprimée"),
    "need.exported": _l("Dossier emporté dans un export"),
    "need.substitute-asked": _l("La coordination demande si autre chose conviendrait"),
    "need.substitute-answered": _l("Réponse du service sur une autre machine"),
    "need.follow-up-asked": _l("Nouvelles de la machine demandées au service"),
    "need.followed-up": _l("Le service a donné des nouvelles de la machine"),
    "need.anonymised": _l("Dossier anonymisé"),
    "event.forgotten": _l("Oublié : son temps de conservation est passé"),
    "events.forgotten": _l("Traces effacées, leur temps de conservation étant passé"),
    "need.rectified": _l("Informations corrigées à la demande de la personne"),
    "need.label-changed": _l("Étiquette privée changée"),
    "need.request-answered": _l("Réponse à une demande de la personne"),
    "need.transferred": _l("Dossier passé à un ou une collègue"),
    "handover.planned": _l("Rendez-vous de remise convenu"),
    "handover.moved": _l("Rendez-vous de remise changé"),
    "handover.missed": _l("Personne n'est venu au rendez-vous"),
    "handover.cancelled": _l("Rendez-vous annulé"),
    "handover.performed": _l("Machine remise"),
    "handover.signed": _l("Remise signée"),
}

REFUSALS: Words = {
    "no-such-move": _l("Cette demande a changé entre-temps : rechargez la page pour voir où elle en est."),
    "motive-missing": _l("Choisissez un motif."),
    "unknown-motive": _l("Choisissez un motif de la liste."),
    "incomplete": _l("Il manque des réponses : complétez la demande d'abord."),
    "wrong": _l("Certaines réponses se contredisent : corrigez-les d'abord."),
    "service-not-approved": _l("Le service n'est pas encore agréé : la coordination doit d'abord l'agréer."),
    "already-reserved": _l("Une machine est déjà mise de côté pour cette demande."),
    "not-fresh": _l("Cette demande n'a pas été confirmée depuis 90 jours : le service doit d'abord la confirmer."),
    "still-fresh": _l("Cette demande est encore valable."),
    "nothing-to-ask": _l("Choisissez ce qui pourrait convenir et que la demande n'accepte pas déjà."),
}

WRONG: Words = {
    Wrong.TOO_MANY_USAGES: _l("Choisissez trois usages au plus."),
    Wrong.USAGE_TWICE: _l("Le même usage est choisi deux fois."),
    Wrong.USAGE_FOR_STRUCTURES: _l("Cet usage est réservé aux structures."),
    Wrong.MORE_PUPILS_THAN_PERSONS: _l("Il y a plus d'élèves que de personnes."),
    Wrong.PERSONS_OUT_OF_RANGE: _l("Indiquez un nombre de personnes entre 1 et 20."),
    Wrong.MOTIVE_WITHOUT_DATE: _l("Cette urgence est liée à une date : indiquez-la."),
    Wrong.DATE_PASSED: _l("Cette date est passée."),
    Wrong.INFORMED_LATER: _l("Cette date est à venir."),
    Wrong.QUANTITY_OUT_OF_RANGE: _l("Indiquez un nombre entre 1 et 60."),
    Wrong.CONTRIBUTION_OUT_OF_RANGE: _l("Indiquez un montant entre 0 et 300 €."),
    Wrong.LEAST_ABOVE_QUANTITY: _l("Le minimum ne peut pas dépasser le nombre demandé."),
    Wrong.UNTIL_BEFORE_FROM: _l("Le retour vient avant le départ."),
}

#: Which field of the form each contradiction is shown at.
WRONG_FIELD = {
    Wrong.TOO_MANY_USAGES: "usage_1",
    Wrong.USAGE_TWICE: "usage_2",
    Wrong.USAGE_FOR_STRUCTURES: "usage_1",
    Wrong.MORE_PUPILS_THAN_PERSONS: "pupils",
    Wrong.PERSONS_OUT_OF_RANGE: "persons",
    Wrong.MOTIVE_WITHOUT_DATE: "wanted_by",
    Wrong.DATE_PASSED: "wanted_by",
    Wrong.INFORMED_LATER: "informed_on",
    Wrong.QUANTITY_OUT_OF_RANGE: "quantity",
    Wrong.CONTRIBUTION_OUT_OF_RANGE: "contribution",
    Wrong.LEAST_ABOVE_QUANTITY: "least",
    Wrong.UNTIL_BEFORE_FROM: "wanted_until",
}

HINTS: Words = {
    Hint.NIR: _l("un numéro de sécurité sociale"),
    Hint.EMAIL: _l("une adresse électronique"),
    Hint.PHONE: _l("un numéro de téléphone"),
    Hint.ADDRESS: _l("une adresse"),
    Hint.BIRTH_DATE: _l("une date de naissance"),
    Hint.NAME: _l("un nom de personne"),
}

FORMS: Words = {
    "laptop": _l("portable"),
    "desktop": _l("ordinateur fixe avec écran"),
    "mini_pc": _l("mini PC avec écran"),
    "all_in_one": _l("tout-en-un"),
    "tablet": _l("tablette"),
    "smartphone": _l("téléphone"),
    "server": _l("serveur"),
    "monitor": _l("écran"),
    "printer": _l("imprimante"),
    "other": _l("autre matériel"),
}

MODES: Words = {
    "gift": _l("don"),
    "loan": _l("prêt"),
    "solidarity_sale": _l("vente à prix solidaire"),
}

#: What gave a term its points, by term and code.
VALUES: dict[Code, Words] = {
    Code.EQUIPMENT: {
        **EQUIPMENT,
        "shared_by_many": _l("Un ordinateur partagé par trois personnes ou plus"),
        "second": _l("Une autre machine du même foyer"),
    },
    Code.STAKE: {**USAGES, **MOTIVES_OF_URGENCY},
    Code.ACCOMPANIMENT: ACCOMPANIMENT,
    Code.CONNECTIVITY: CONNECTIVITY,
}
