"""Who takes part: workshops with their shelves, services with their hand-over points, givers, the coordination."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.accounts.models import Account, AccountSession, Membership
from refurb.accounts.tokens import new_token, token_hash
from refurb.core.identity import CodeKind, mint, number_in
from refurb.core.permissions import OrganisationRole
from refurb.organisations.models import LegalType, Organisation, OrganisationRoleRow, Place, PlaceKind
from refurb.territory.models import Commune

WORKSHOPS, SHELVES, STRUCTURES = 20, 10, 20


class World:
    """Numbers of those who take part: `points` are the hand-over places, `shelves` those of each workshop."""

    def __init__(self, session: Session, at: datetime, organisations: int) -> None:
        self.session, self.at = session, at
        communes = session.execute(
            sa.select(Commune.code, Commune.epci_code).where(Commune.epci_code.is_not(None)).order_by(Commune.code)
        ).all()
        half = (organisations - WORKSHOPS - STRUCTURES - 1) // 2
        plan = [
            *[("Atelier", OrganisationRole.REFURBISHER)] * WORKSHOPS,
            *[("Service", OrganisationRole.PRESCRIBER)] * half,
            *[("Structure", OrganisationRole.STRUCTURE)] * STRUCTURES,
            ("Coordination", OrganisationRole.COORDINATION),
        ]
        plan += [("Entreprise", OrganisationRole.SUPPLIER)] * (organisations - len(plan))
        made = []
        for number, (name, role) in enumerate(plan, 1):
            roles = {role} | (
                {OrganisationRole.HANDOVER_POINT} if role is OrganisationRole.PRESCRIBER and number % 4 == 0 else set()
            )
            commune = communes[number * 7 % len(communes)]
            made.append(
                Organisation(
                    name=f"{name} {number}",
                    legal_type=LegalType.ASSOCIATION,
                    created_at=at,
                    commune_code=commune.code,
                    epci_code=commune.epci_code,
                    confirmed_on=(at + timedelta(days=700)).date(),
                    role_rows=[OrganisationRoleRow(role=each) for each in roles],
                )
            )
        session.add_all(made)
        session.flush()
        self.by_role = {
            role: [one.id for one in made if any(row.role is role for row in one.role_rows)]
            for role in OrganisationRole
        }
        self.names = {one.id: one.name for one in made}
        self.workshops, self.services = (
            self.by_role[OrganisationRole.REFURBISHER],
            self.by_role[OrganisationRole.PRESCRIBER],
        )
        self.suppliers = self.by_role[OrganisationRole.SUPPLIER]
        (self.coordination,) = self.by_role[OrganisationRole.COORDINATION]
        self.places = 0
        self.shelves = {
            workshop: [self._place(workshop, PlaceKind.SHELF, f"Étagère {n + 1}").id for n in range(SHELVES)]
            for workshop in self.workshops
        }
        self.points = [
            self._place(one, PlaceKind.HANDOVER, "Accueil").id for one in self.by_role[OrganisationRole.HANDOVER_POINT]
        ]
        self._people(made)

    def _place(self, organisation_id: int, kind: PlaceKind, name: str) -> Place:
        self.places += 1
        place = Place(
            code=mint(CodeKind.PLACE, number_in("49", self.places)),
            organisation_id=organisation_id,
            kind=kind,
            name=name,
        )
        self.session.add(place)
        self.session.flush()
        return place

    def _people(self, made: Sequence[Organisation]) -> None:
        """Write three people for each, the technician whose cookie is printed, and an administrator.

        An instance that nobody administers asks at each request whether it still is so, which a real one does not.
        """
        session, at = self.session, self.at
        roles = {
            OrganisationRole.REFURBISHER: "technician",
            OrganisationRole.PRESCRIBER: "prescriber",
            OrganisationRole.STRUCTURE: "structure",
            OrganisationRole.SUPPLIER: "supplier",
            OrganisationRole.COORDINATION: "coordinator",
        }
        technician = Account(email="technicien@volume.invalid", name="Volume", language="fr", created_at=at)
        head = Account(email="admin@volume.invalid", name="Administration", language="fr", created_at=at)
        head.password_hash = "!"  # noqa: S105 - opens with no password
        session.add_all([technician, head])
        session.flush()
        members = [(technician.id, made[0].id, "technician"), (head.id, self.coordination, "administrator")]
        people = [
            (
                one,
                Account(
                    email=f"p{one.id}.{n}@volume.invalid", name=f"Personne {one.id}.{n}", language="fr", created_at=at
                ),
            )
            for one in made
            for n in range(3)
        ]
        session.add_all(person for _one, person in people)
        session.flush()
        for one, person in people:
            role = next(roles[row.role] for row in one.role_rows if row.role in roles)
            members.append((person.id, one.id, role))
        session.add_all(
            Membership(account_id=who, organisation_id=where, role_codes=[role], created_at=at)
            for who, where, role in members
        )
        self.technician, self.token = technician.id, new_token()
        times = {
            "created_at": at,
            "last_seen_at": datetime.now(UTC),
            "expires_at": datetime.now(UTC) + timedelta(days=30),
        }
        session.add(AccountSession(token_hash=token_hash(self.token), account_id=technician.id, **times))
        session.flush()
