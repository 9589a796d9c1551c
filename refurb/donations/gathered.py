"""What a draft has gathered: which step comes next, and the gift it makes once it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb.core.equipment import DiskWish, Form
from refurb.core.serials import serial_trusted
from refurb.donations import drafts, sentences
from refurb.donations.models import DonationDraft
from refurb.donations.services import Declared, Gift
from refurb.organisations.models import LegalType
from refurb.territory import queries as territory
from refurb.web import local_date


def first_missing(draft: DonationDraft) -> str:
    """Return the first step that is not done; the last one is always to be done."""
    if "who" not in draft.data:
        return "who"
    if not draft.data.get("what", {}).get("lines") and not draft.file_sha256:
        return "what"
    return next((step for step in ("care", "where") if step not in draft.data), "check")


def declared(session: Session, draft: DonationDraft) -> list[Declared]:
    """Return everything the draft gives: the lines typed, then those of the file that are kept."""
    file = draft.data.get("file", {})
    from_file = [
        Declared.of(line)
        for index, line in enumerate(drafts.list_lines(session, draft))
        if drafts.is_given(index, line, file)
    ]
    return [_typed(values) for values in draft.data.get("what", {}).get("lines", [])] + from_file


def _typed(values: Mapping[str, Any]) -> Declared:
    serial = str(values.get("serial") or "").strip() or None
    told = {}
    if serial and not serial_trusted(values.get("maker"), serial):
        told, serial = {"untrusted_serial": serial}, None
    return Declared(
        form=Form(values["form"]),
        quantity=int(values.get("quantity") or 1),
        maker=values.get("maker"),
        model=values.get("model"),
        serial=serial,
        inventory_number=values.get("inventory_number"),
        year=values.get("year"),
        details=told,
    )


def gift(session: Session, draft: DonationDraft, signatory: Mapping[str, str] | None) -> Gift:
    told, care, place = draft.data["who"], draft.data["care"], draft.data["where"]
    contacts = [
        {key: told.get(f"{which}_{key}") or "" for key in ("name", "role", "email", "phone")}
        for which in ("first", "second")
    ]
    commune = territory.commune(session, place.get("commune_code"))
    kind = LegalType(told["legal_type"])
    return Gift(
        supplier_name=told["name"] or _("Un particulier"),
        legal_type=kind,
        contacts=[contact for contact in contacts if any(contact.values())],
        siret=told.get("siret"),
        patronage=bool(told.get("patronage")),
        signatory=signatory,
        disk_wish=DiskWish(care["disk_wish"]),
        locks=_locks(care),
        address=place["address"],
        postcode=place.get("postcode") or (commune.postcodes[0] if commune else None),
        commune_code=commune.code if commune else None,
        epci_code=commune.epci if commune else None,
        slots=_slots(place),
        comment=_comment(place, care, commune is None),
    )


def _locks(care: Mapping[str, Any]) -> str | None:
    parts = [str(sentences.LOCKS[lock]) for lock in care.get("locks", []) if lock in sentences.LOCKS]
    if parts and care.get("unlock"):
        parts.append(_("à libérer par le donateur avant l'enlèvement"))
    if care.get("locks_note"):
        parts.append(care["locks_note"])
    return " · ".join(parts) or None


def _slots(place: Mapping[str, Any]) -> str:
    parts = [place["slots"]]
    if place.get("from_on"):
        parts.append(_("pas avant le %(day)s", day=local_date(date.fromisoformat(place["from_on"]))))
    if place.get("until_on"):
        parts.append(_("pas après le %(day)s", day=local_date(date.fromisoformat(place["until_on"]))))
    return " · ".join(parts)


def _comment(place: Mapping[str, Any], care: Mapping[str, Any], unknown_commune: bool) -> str | None:
    wiped = {"some": _("Certains disques effacés par le donateur"), "all": _("Disques effacés par le donateur"),
             "removed": _("Disques retirés")}  # fmt: skip
    chargers = {"some": _("Une partie des chargeurs"), "none": _("Sans chargeurs"), "all": _("Avec les chargeurs")}
    parts = [
        _("Commune : %(name)s", name=place["commune"]) if unknown_commune else "",
        place.get("access") or "",
        wiped.get(care.get("wiped", ""), ""),
        chargers.get(care.get("chargers", ""), ""),
    ]
    return " · ".join(part for part in parts if part) or None
