"""Words about papers: their kinds in the reader's language, and what papers print in their own, frozen with them."""

from typing import Any

from flask_babel import lazy_gettext as _l

from refurb.core.documents import DocumentKind
from refurb.documents.models import Document
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


KINDS: dict[DocumentKind, Any] = {
    DocumentKind.PICKUP_SLIP: _l("Bon d'enlèvement"),
    DocumentKind.RECEIPT_SLIP: _l("Bon de réception"),
    DocumentKind.INTAKE_CERTIFICATE: _l("Attestation de prise en charge"),
    DocumentKind.WIPE_CERTIFICATE: _l("Attestation d'effacement"),
    DocumentKind.DONATION_AGREEMENT: _l("Convention de don"),
    DocumentKind.NEED_SLIP: _l("Papier de la personne"),
    DocumentKind.PICKING_LIST: _l("Liste de préparation"),
    DocumentKind.HANDOVER_SHEET: _l("Fiche de remise"),
    DocumentKind.BENEFICIARY_SHEET: _l("Feuille « Voici votre ordinateur »"),
    DocumentKind.LOAN_AGREEMENT: _l("Convention de prêt"),
    DocumentKind.GIFT_DEED: _l("Acte de don"),
    DocumentKind.SOLIDARITY_SALE_RECEIPT: _l("Reçu de vente solidaire"),
    DocumentKind.TRANSFER_CERTIFICATE: _l("Attestation de cession"),
    DocumentKind.REUSE_STATEMENT: _l("Bilan de réemploi"),
    DocumentKind.DEPOSIT_RECEIPT: _l("Reçu de dépôt"),
    DocumentKind.RETURN_SLIP: _l("Bon de restitution"),
    DocumentKind.MATCH_MINUTES: _l("Procès-verbal d'attribution"),
    DocumentKind.ROUND_SLIP: _l("Bordereau de tournée"),
}


def kind_word(document: Document) -> str:
    """Return what a paper is, in the reader's language."""
    return str(KINDS[DocumentKind(document.kind)])
