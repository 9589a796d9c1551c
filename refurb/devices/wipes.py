"""What is proved of storage media: wiped, believed, accepted, destroyed, attested absent; their machine follows."""

from datetime import datetime

from sqlalchemy.orm import Session

from refurb.core import media as core_media
from refurb.core.media import MediaRefused, MediumState, Outcome, Timing, WipeSource
from refurb.devices import media, queries
from refurb.devices.models import Device, MediumWipe, StorageMedium
from refurb.devices.steps import lock
from refurb.security import Actor

#: How an unused medium is entered, as the pages propose it (devices.words.METHODS).
NEW = "new"


def record_wipe(
    session: Session,
    medium: StorageMedium,
    *,
    outcome: Outcome,
    source: WipeSource,
    by: Actor,
    at: datetime,
    method: str | None = None,
    tool: str | None = None,
    verify: str | None = None,
    hidden_area: str | None = None,
    reasons: list[str] | None = None,
    started_at: datetime | None = None,
    ended_at: datetime | None = None,
    report_id: int | None = None,
    operator_id: int | None = None,
) -> MediumWipe:
    """Keep one outcome for one medium, and move its machine where that leads.

    A log counts by the tool's own end time where it is plausible; else the outcome is kept as doubtful. The operator is
    the actor unless another is named. A donor's wipe is kept and never counts.
    """
    if medium.device_id is not None:
        lock(session, session.get_one(Device, medium.device_id))
    worth = Timing.COUNTS
    if source is WipeSource.LOG:
        worth = core_media.timing(ended_at, held_since=medium.held_since, now=at)
    elif ended_at is None:
        ended_at = at
    if worth is Timing.COUNTS and ended_at is not None and source is not WipeSource.DONOR:
        # A few minutes of drift do not put a wipe before the machine's arrival.
        ended_at = min(max(ended_at, medium.held_since), max(at, medium.held_since))
    wipe = MediumWipe(
        medium_id=medium.id,
        source=source,
        outcome=outcome,
        method=(method or "").strip()[:100] or None,
        tool=(tool or "").strip()[:100] or None,
        verify=(verify or "")[:20] or None,
        hidden_area=(hidden_area or "")[:20] or None,
        reasons=list(reasons or []),
        started_at=started_at,
        ended_at=at if worth is Timing.DOUBT else ended_at,
        recorded_at=at,
        doubtful=worth is Timing.DOUBT,
        operator_id=operator_id if operator_id is not None else by.id,
        report_id=report_id,
    )
    session.add(wipe)
    if outcome is Outcome.OK and method == NEW:
        # It never was the giver's, so that nothing was asked for it.
        medium.to_destroy = False
    session.flush()
    told = {"medium_id": medium.id, "outcome": outcome.value, "method": wipe.method, "source": source.value}
    media.tell(
        session, medium, "medium.wiped", by=by, at=at, payload={**told, "wipe_id": wipe.id, "worth": worth.value}
    )
    media.follow(session, medium, by=by, at=at)
    return wipe


def settle_doubt(session: Session, wipe: MediumWipe, *, counts: bool, by: Actor, at: datetime) -> None:
    """Say whether an outcome with an impossible time is believed; raises MediaRefused "no-doubt"."""
    if not wipe.doubtful or "rejected" in wipe.reasons:
        raise MediaRefused("no-doubt")
    medium = media.reload(session, wipe.medium_id)
    if counts:
        wipe.doubtful, wipe.ended_at = False, at
    else:
        # It proves nothing, as before; the question is answered.
        wipe.reasons = [*wipe.reasons, "rejected"]
    session.flush()
    payload = {"medium_id": medium.id, "counts": counts, "wipe_id": wipe.id}
    media.tell(session, medium, "medium.wipe-settled", by=by, at=at, payload=payload)
    media.follow(session, medium, by=by, at=at)


def accept_reservation(session: Session, medium: StorageMedium, *, reason: str, by: Actor, at: datetime) -> MediumWipe:
    """Accept that the latest outcome is good in spite of its reservation: a controller's word, with a reason.

    Raises MediaRefused "to-destroy" (as its giver chose), "nothing-to-accept", "same-person" (the operator's own),
    "reason-missing".
    """
    medium = media.reload(session, medium.id)
    wipe = max(
        (w for w in medium.wipes if w.source is not WipeSource.DONOR and not w.doubtful),
        key=lambda w: (w.ended_at or w.recorded_at, w.id),
        default=None,
    )
    if wipe is None:
        raise MediaRefused("nothing-to-accept")
    if not medium.to_destroy and queries.medium_state(medium) is not MediumState.RESERVATION:
        # It failed before, or it has been in a user's hands since: there is more to do than to accept.
        raise MediaRefused("nothing-to-accept")
    core_media.check_acceptance(queries.wipe_view(wipe), by_id=by.id, reason=reason, to_destroy=medium.to_destroy)
    wipe.accepted_at, wipe.accepted_by_id, wipe.acceptance_reason = at, by.id, reason.strip()
    session.flush()
    payload = {"medium_id": medium.id, "reason": reason.strip(), "wipe_id": wipe.id}
    media.tell(session, medium, "medium.reservation-accepted", by=by, at=at, payload=payload)
    media.follow(session, medium, by=by, at=at)
    return wipe


def destroy(session: Session, medium: StorageMedium, *, method: str, by: Actor, at: datetime) -> None:
    """Note that the medium was destroyed, and how; raises MediaRefused "already", "method-missing"."""
    medium = media.reload(session, medium.id)
    if medium.destroyed_at is not None:
        raise MediaRefused("already")
    if not method.strip():
        raise MediaRefused("method-missing")
    medium.destroyed_at, medium.destroyed_how, medium.attested_by_id = at, method.strip()[:300], by.id
    session.flush()
    payload = {"medium_id": medium.id, "method": method.strip()}
    media.tell(session, medium, "medium.destroyed", by=by, at=at, payload=payload)
    media.follow(session, medium, by=by, at=at)


def attest_absent(session: Session, medium: StorageMedium, *, reason: str, by: Actor, at: datetime) -> None:
    """Attest that a medium that was noted is not there; raises MediaRefused "already", "reason-missing"."""
    medium = media.reload(session, medium.id)
    if medium.absence_attested is not None:
        raise MediaRefused("already")
    if not reason.strip():
        raise MediaRefused("reason-missing")
    medium.absence_attested, medium.absence_attested_at, medium.attested_by_id = reason.strip(), at, by.id
    session.flush()
    payload = {"medium_id": medium.id, "reason": reason.strip()}
    media.tell(session, medium, "medium.absent", by=by, at=at, payload=payload)
    media.follow(session, medium, by=by, at=at)
