"""Words that papers print in their own language, which is frozen with them and not the reader's of the day."""

from refurb.organisations.models import LegalType

LEGAL_TYPES: dict[LegalType, tuple[str, str]] = {
    LegalType.COMPANY: ("entreprise", "company"),
    LegalType.STATE: ("service de l'État", "State service"),
    LegalType.LOCAL_AUTHORITY: ("collectivité territoriale", "local authority"),
    LegalType.PUBLIC_ESTABLISHMENT: ("établissement public", "public establishment"),
    LegalType.ASSOCIATION: ("association", "association"),
    LegalType.ASSOCIATION_GENERAL_INTEREST: (
        "association d'intérêt général",
        "association of general interest",
    ),
    LegalType.ASSOCIATION_PUBLIC_UTILITY: (
        "association reconnue d'utilité publique",
        "association recognised as of public utility",
    ),
    LegalType.SOCIAL_ENTERPRISE: ("entreprise solidaire d'utilité sociale", "social enterprise"),
    LegalType.FOUNDATION: ("fondation", "foundation"),
    LegalType.PRIVATE_PERSON: ("particulier", "private person"),
}


def legal_type(value: LegalType, language: str) -> str:
    """Return what an organisation is in law, in the language of the paper."""
    return LEGAL_TYPES[value][0 if language == "fr" else 1]
