"""Words for what organisations are and do."""

from flask_babel import lazy_gettext as _l

from refurb.core.permissions import OrganisationRole
from refurb.organisations.models import LegalType, PlaceKind, RequestState, Suspension, Trust

ROLES = {
    OrganisationRole.SUPPLIER: _l("Donne du matériel"),
    OrganisationRole.REFURBISHER: _l("Reconditionne"),
    OrganisationRole.PRESCRIBER: _l("Oriente des foyers"),
    OrganisationRole.STRUCTURE: _l("Structure de médiation"),
    OrganisationRole.HANDOVER_POINT: _l("Point de remise"),
    OrganisationRole.COORDINATION: _l("Coordonne"),
    OrganisationRole.PARTNER: _l("Partenaire"),
}

LEGAL_TYPES = {
    LegalType.COMPANY: _l("Entreprise"),
    LegalType.STATE: _l("Service de l'État"),
    LegalType.LOCAL_AUTHORITY: _l("Collectivité territoriale"),
    LegalType.PUBLIC_ESTABLISHMENT: _l("Établissement public"),
    LegalType.ASSOCIATION: _l("Association"),
    LegalType.ASSOCIATION_GENERAL_INTEREST: _l("Association d'intérêt général"),
    LegalType.ASSOCIATION_PUBLIC_UTILITY: _l("Association reconnue d'utilité publique"),
    LegalType.SOCIAL_ENTERPRISE: _l("Entreprise solidaire (ESUS)"),
    LegalType.FOUNDATION: _l("Fondation"),
    LegalType.PRIVATE_PERSON: _l("Particulier"),
}

TRUST = {
    Trust.INVITED: _l("Invitée"),
    Trust.UNDER_REVIEW: _l("À vérifier"),
    Trust.APPROVED: _l("Agréée"),
    Trust.SUSPENDED: _l("Suspendue"),
}

TRUST_TONES = {
    Trust.INVITED: "neutral",
    Trust.UNDER_REVIEW: "waits",
    Trust.APPROVED: "done",
    Trust.SUSPENDED: "refused",
}

SUSPENSIONS = {
    Suspension.COORDINATION: _l("La coordination l'a suspendue."),
    Suspension.LAPSED: _l("Personne n'y a confirmé qu'elle participe toujours."),
}

REQUESTS = {
    RequestState.WAITING: (_l("Attend une réponse"), "waits"),
    RequestState.APPROVED: (_l("Acceptée"), "done"),
    RequestState.DECLINED: (_l("Refusée"), "refused"),
}

PLACE_KINDS = {
    PlaceKind.SITE: _l("Site"),
    PlaceKind.SHELF: _l("Étagère"),
    PlaceKind.HANDOVER: _l("Point de remise"),
}
