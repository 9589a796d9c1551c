"""What leaves as a table: one's own machines, one's own cases, the organisations; and, from the coordination, counts.

No cell becomes a formula (refurb.sheets). The private label is in none. What leaves the coordination about needs is
counts by territory and profile, masked under five with what would give the masked ones away (core.territory).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, selectinload

from refurb.core import needs as core
from refurb.core.equipment import Recipient
from refurb.core.need_life import ALIVE, State
from refurb.core.needs import Profile
from refurb.core.permissions import Permission
from refurb.core.territory import mask_rows
from refurb.devices import queries as devices
from refurb.devices import words as device_words
from refurb.devices.models import Device
from refurb.needs import words as need_words
from refurb.needs.models import Need
from refurb.organisations import words as body_words
from refurb.organisations.models import Organisation
from refurb.security import Actor, ActorKind
from refurb.sheets import Cell, write_csv, write_xlsx
from refurb.territory import queries as territory
from refurb.web import zone

PERMISSIONS = {
    "devices": frozenset({Permission.DEVICE_READ}),
    "needs": frozenset({Permission.NEED_READ_CASE}),
    "counts": frozenset({Permission.NEED_ARBITRATE, Permission.STATISTICS_READ}),
    "organisations": frozenset({Permission.ORGANISATION_MANAGE}),
}
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass
class Sheet:
    """One table that leaves, and the records that were read for it."""

    name: str
    header: list[str]
    rows: list[list[Cell]]
    #: Ids of the cases in it: reading them is an event.
    needs: list[int] = field(default_factory=list)


def may(kind: str, actor: Actor) -> bool:
    """Whether the actor may take this table away."""
    return kind in PERMISSIONS and bool(PERMISSIONS[kind] & actor.permissions)


def make(session: Session, kind: str, *, seen_by: Actor) -> Sheet:
    """Return a table as the actor may have it; the caller has asked `may`."""
    if kind == "devices":
        return _devices(session, seen_by)
    if kind == "needs":
        return _needs(session, seen_by)
    return {"counts": _counts, "organisations": _organisations}[kind](session)


def write(sheet: Sheet, form: str) -> bytes:
    """Return the table as "csv" or "xlsx"."""
    if form == "csv":
        return write_csv(sheet.header, sheet.rows)
    return write_xlsx([(sheet.name, sheet.header, sheet.rows)])


def _devices(session: Session, seen_by: Actor) -> Sheet:
    query = devices.visible(sa.select(Device), seen_by).options(
        selectinload(Device.holder), selectinload(Device.place), selectinload(Device.aliases)
    )
    header = [
        _("Code"), _("Anciens numéros"), _("Sorte"), _("Marque"), _("Modèle"), _("Numéro de série"), _("Étape"),
        _("Depuis le"), _("Place"), _("Atelier"), _("Processeur"), _("Mémoire (Go)"), _("Disque SSD (Go)"),
        _("Profils"), _("Système"), _("Chargeur"), _("Aspect"),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            device.code, ", ".join(alias.text for alias in device.aliases), str(device_words.FORMS[device.form]),
            device.maker, device.model, device.serial, str(device_words.STATUSES[device.status]),
            _day(device.status_since), device.place.name if device.place else None, device.holder.name,
            device.cpu_model, round(device.ram_mb / 1024, 1) if device.ram_mb else None, device.storage_gb,
            ", ".join(device.profiles or ()), " ".join(part for part in (device.os_name, device.os_version) if part),
            device.charger, device.cosmetic_grade.value if device.cosmetic_grade else None,
        ]
        for device in session.scalars(query.order_by(Device.id))
    ]  # fmt: skip
    return Sheet(_("Machines"), header, rows)


def _needs(session: Session, seen_by: Actor) -> Sheet:
    """One's own service's cases; never another's, never the label."""
    own = sa.true() if seen_by.kind is ActorKind.SYSTEM else Need.organisation_id == seen_by.organisation_id
    needs = session.scalars(
        sa.select(Need).where(own).options(selectinload(Need.handover_place)).order_by(Need.id)
    ).all()
    header = [
        _("Dossier"), _("Où il en est"), _("Depuis le"), _("Commune"), _("Usages"), _("Profil"), _("Personnes"),
        _("Élèves"), _("Envoyé le"), _("Validé le"), _("Confirmé le"), _("Lieu de remise"), _("Points"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for need in needs:
        answers = core.load(need.answers)
        rows.append(
            [
                need.code, str(need_words.STATES[need.state]), _day(need.state_since),
                territory.commune_name(session, need.commune_code),
                ", ".join(str(need_words.USAGES[usage]) for usage in answers.usages),
                need.profile.value if need.profile else None, answers.persons, answers.pupils,
                _day(need.submitted_at), need.validated_on, need.confirmed_on,
                need.handover_place.name if need.handover_place else None, need.points,
            ]
        )  # fmt: skip
    return Sheet(_("Demandes"), header, rows, [need.id for need in needs])


def _counts(session: Session) -> Sheet:
    """Open and served needs of households by territory and profile, masked: it leaves the coordination."""
    found: Counter[tuple[str | None, str | None, bool]] = Counter()
    states = [state for state in ALIVE if state is not State.DRAFT] + [State.HANDED_OVER, State.CLOSED]
    for epci, profile, state, count in session.execute(
        sa.select(Need.epci_code, Need.profile, Need.state, sa.func.count())
        .where(Need.recipient == Recipient.HOUSEHOLD, Need.state.in_(states))
        .group_by(Need.epci_code, Need.profile, Need.state)
    ):
        found[epci, profile.value if profile else None, state in ALIVE] += count
    profiles = [profile.value for profile in Profile]
    header = [_("Communauté de communes"), _("Demandes"), *profiles, _("Ensemble")]
    rows: list[list[Cell]] = []
    for alive, word in ((True, _("en attente")), (False, _("servies"))):
        territories = sorted({key[0] or "" for key in found if key[2] is alive})
        table = [[found[epci or None, profile, alive] for profile in profiles] for epci in territories]
        masked = mask_rows(table)
        for epci, cells, total in zip(territories, masked.rows, masked.totals, strict=True):
            name = territory.epci_name(session, epci) if epci else _("commune inconnue")
            rows.append([name, word, *map(_told, cells), _told(total)])
        rows.append([_("Ensemble"), word, *([None] * len(profiles)), _told(masked.total)])
    return Sheet(_("Comptes masqués"), header, rows)


def _day(moment: datetime | None) -> date | None:
    """Return the day of a moment where the instance is."""
    return moment.astimezone(zone()).date() if moment is not None else None


def _told(count: int | None) -> Cell:
    # Not "< 5": some are masked only because they would tell those that are.
    return _("masqué") if count is None else count


def _organisations(session: Session) -> Sheet:
    """Bodies, never their people: a standard, an address, no member."""
    bodies = session.scalars(
        sa.select(Organisation).options(selectinload(Organisation.role_rows)).order_by(Organisation.name)
    )
    header = [
        _("Nom"), _("Rôles"), _("Statut juridique"), _("Confiance"), _("SIRET"), _("Courriel"), _("Téléphone"),
        _("Adresse"), _("Code postal"), _("Commune"), _("Machines par mois"),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            body.name, ", ".join(str(body_words.ROLES[role]) for role in sorted(body.roles)),
            str(body_words.LEGAL_TYPES[body.legal_type]), str(body_words.TRUST[body.trust]), body.siret, body.email,
            body.phone, body.address, body.postcode, territory.commune_name(session, body.commune_code),
            body.capacity_per_month,
        ]
        for body in bodies
    ]  # fmt: skip
    return Sheet(_("Organisations"), header, rows)
