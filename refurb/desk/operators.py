"""Who scans: the person signed in, or the bearer of a badge who gave their PIN; each scan keeps its own.

A browser holds a sealed note of who it scans for. A scan made without network is sent with the note of that moment,
so that it stays its author's whoever is signed in when it leaves.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from refurb.accounts import throttle
from refurb.accounts.models import Account, Membership
from refurb.accounts.passwords import hash_password, is_right
from refurb.accounts.queries import actor_in
from refurb.core.identity import CodeKind
from refurb.core.permissions import PROVEN_ROLES, SIGNED_IN, Permission, Role
from refurb.core.scanning import Answer
from refurb.desk import badge_queries as queries
from refurb.desk.models import Badge
from refurb.desk.registry import DeskRefused
from refurb.organisations.codes import next_code
from refurb.security import Actor

#: How long a note holds: a long week-end away from the network.
NOTE_LIFETIME = timedelta(days=8)
#: How long a badge has a browser.
WORKING_DAY = timedelta(hours=12)
#: Tries at the PIN of one badge.
TRIES, WINDOW = 6, timedelta(minutes=10)
LEAST_PIN, MOST_PIN = 4, 8


class OperatorUnknown(Exception):
    """A note that is not ours, too old, or of somebody who may not scan here any more."""

    code = "operator-unknown"


@dataclass(frozen=True)
class Note:
    """Whom a browser scans for, and for which organisation; `badge_id` 0 for the person signed in."""

    account_id: int
    organisation_id: int
    badge_id: int = 0


def seal(secret: str, note: Note) -> str:
    """Return the note as a browser keeps it."""
    return str(_serializer(secret).dumps([note.account_id, note.organisation_id, note.badge_id]))


def unseal(secret: str, text: str) -> tuple[Note, datetime]:
    """Return what a note says, and when it was made; raises OperatorUnknown."""
    try:
        told, made_at = _serializer(secret).loads(text, return_timestamp=True)
    except BadSignature as error:
        raise OperatorUnknown from error
    return Note(*told), made_at


def actor_of(session: Session, note: Note, made_at: datetime, *, signed_in: Actor, at: datetime) -> Actor:
    """Return the actor that a note names; raises OperatorUnknown.

    Somebody must be signed in for the same organisation or belong to it; of the bearer of a badge only the rights that
    need no second factor count. For oneself a note holds however old it is.
    """
    if note.account_id == signed_in.id and note.organisation_id == signed_in.organisation_id:
        return signed_in
    if at - made_at > NOTE_LIFETIME:
        raise OperatorUnknown
    if note.organisation_id not in {signed_in.organisation_id, *(id for id, _name in signed_in.memberships)}:
        raise OperatorUnknown
    found = queries.membership(session, note.account_id, note.organisation_id, badge_id=note.badge_id)
    by = _scanning(found, signed_in) if found else None
    if by is None:
        raise OperatorUnknown
    return by


def stand_in(session: Session, badge_id: int, badge_at: datetime, *, signed_in: Actor, at: datetime) -> Actor | None:
    """Return the bearer of the badge that took a browser over; None where it counts no more, or its day is over.

    Nobody has the browser then: the person who was signed in there signs in again.
    """
    if at - badge_at > WORKING_DAY:
        return None
    found = queries.bearer(session, badge_id)
    return _scanning(found, signed_in) if found else None


def _scanning(found: Membership, signed_in: Actor) -> Actor | None:
    """Return a member as their badge lets them in, None for who may not scan: a PIN opens the desk, not the account."""
    by = actor_in(found.account, found.organisation, found.roles - PROVEN_ROLES)
    permissions = by.permissions - SIGNED_IN
    if Permission.SCAN not in permissions:
        return None
    suspension = found.organisation.suspension
    return replace(
        by,
        permissions=permissions,
        language=signed_in.language,
        suspension=suspension.value if suspension else "",
    )


# -- Badges -----------------------------------------------------------------------------------------------------------
def check_pin_shape(pin: str) -> None:
    """Raise DeskRefused "pin-shape" for a PIN that is no 4 to 8 digits, or one digit repeated."""
    if not (pin.isascii() and pin.isdecimal() and LEAST_PIN <= len(pin) <= MOST_PIN) or len(set(pin)) == 1:
        raise DeskRefused("pin-shape")


def newcomer(session: Session, name: str, pin_hash: str, *, by: Actor, at: datetime) -> Badge:
    """Give a first-day volunteer an account without address or password, and a badge."""
    code = next_code(session, CodeKind.BADGE)
    # Nobody receives mail there (RFC 2606): the account opens by its badge alone.
    account = Account(email=f"{code.lower()}@badge.invalid", name=name, language=by.language or "fr", created_at=at)
    session.add(account)
    session.flush()
    assert by.organisation_id is not None
    session.add(
        Membership(
            account_id=account.id,
            organisation_id=by.organisation_id,
            role_codes=[Role.VOLUNTEER.value],
            created_at=at,
        )
    )
    return _badge(session, code, account.id, by.organisation_id, pin_hash, at)


def give(session: Session, account_id: int, pin_hash: str, *, by: Actor, at: datetime) -> Badge:
    """Give a badge to a member of the organisation; the one before it no longer counts.

    Raises DeskRefused "not-a-member".
    """
    if by.organisation_id is None or not queries.is_member(session, account_id, by.organisation_id):
        raise DeskRefused("not-a-member")
    for old in queries.badges_of(session, by.organisation_id):
        if old.account_id == account_id and old.revoked_at is None:
            old.revoked_at = at
    return _badge(session, next_code(session, CodeKind.BADGE), account_id, by.organisation_id, pin_hash, at)


def _badge(session: Session, code: str, account_id: int, organisation_id: int, pin_hash: str, at: datetime) -> Badge:
    badge = Badge(code=code, account_id=account_id, organisation_id=organisation_id, pin_hash=pin_hash, created_at=at)
    session.add(badge)
    session.flush()
    return badge


def may_try(session: Session, badge: Badge, *, at: datetime) -> bool:
    """Count a try at a PIN; the caller commits before it compares, for that takes its time."""
    return throttle.hit(session, f"badge:{badge.id}", limit=TRIES, window=WINDOW, now=at)


def forget_tries(session: Session, badge: Badge) -> None:
    """Drop the count after a success."""
    throttle.forget(session, f"badge:{badge.id}")


def note_taken(session: Session, pile_id: int, code: str, name: str, *, at: datetime) -> None:
    """Note in the ledger where the badge was read that its bearer took over: nothing is asked there any more."""
    for entry in queries.waiting_for_pin(session, pile_id, code):
        entry.answer, entry.reason, entry.settled_at = Answer.DONE, "badge-taken", at
        entry.detail = {"name": name}


def hashed(pin: str) -> str:
    """Return what is kept of a PIN; raises DeskRefused "pin-shape"."""
    check_pin_shape(pin)
    return hash_password(pin)


def pin_is_right(badge: Badge, pin: str) -> bool:
    """Compare; takes the time of a password."""
    return is_right(badge.pin_hash, pin)


def _serializer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="desk-operator")
