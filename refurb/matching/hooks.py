"""What matching tells the machines' area and the needs' area, and what it does when something moves there."""

from datetime import date, datetime

from flask import Flask
from sqlalchemy.orm import Session

from refurb import outbox
from refurb.core.need_life import Act, State
from refurb.core.permissions import Permission
from refurb.devices import registry
from refurb.devices.models import Device
from refurb.devices.registry import Moved
from refurb.documents import registry as papers
from refurb.matching import estimates, jobs, proposals, queries, services, words
from refurb.needs import estimates as waits
from refurb.needs import services as needs
from refurb.needs.models import Need
from refurb.security import Actor


def register(app: Flask) -> None:
    """Called by create_app()."""
    registry.ASKED["matching"] = queries.SET_ASIDE
    registry.AFTER_MOVE["matching"] = registry.AfterMove(registry.frees, after_move)
    registry.LATER["matching"] = later
    needs.AFTER_CHANGE["matching"] = after_change
    waits.ESTIMATES["matching"] = tell_wait
    papers.SEES["match_run"] = sees_run
    outbox.HANDLERS[proposals.ACCEPT] = jobs.accept_one


def after_move(session: Session, moved: Moved, by: Actor) -> None:
    """A machine that leaves reserved otherwise than by a hand-over frees its need."""
    services.close_after_leaving(session, moved.device, by=by, at=moved.at)


def later(session: Session, device: Device, since: datetime) -> set[str]:
    """An undo is refused once the machine was set aside."""
    return {"later-reservation"} if queries.made_since(session, device.id, since) else set()


def after_change(session: Session, need: Need, act: Act, before: State, by: Actor, at: datetime) -> None:
    """A need withdrawn while a machine is set aside for it gives the machine back."""
    services.close_after_need(session, need, act, by=by, at=at)


def tell_wait(session: Session, need: Need, on: date) -> str | None:
    """Return the estimate of a need's wait as a sentence, None until it was estimated."""
    found = estimates.of_need(session, need.id)
    return None if found is None else words.wait(found)


def sees_run(session: Session, run_id: int, who: Actor) -> bool:
    """Whether somebody may read the minutes of a run: the coordination."""
    return who.can(Permission.MATCH_RESERVE)
