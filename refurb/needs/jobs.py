"""What the worker does by itself for needs."""

from datetime import datetime

from sqlalchemy.orm import Session

from refurb.needs import digest as weekly
from refurb.needs import followup, scoring, services
from refurb.security import Actor
from refurb.web import zone


def expire(session: Session, at: datetime) -> int:
    """Ask for what nobody confirmed in 90 days to be confirmed; return how many needs."""
    return services.expire(session, by=Actor.system(), at=at, today=at.astimezone(zone()).date())


def rescore(session: Session, at: datetime) -> int:
    """Bring the points up to date; return how many needs have others than yesterday."""
    return scoring.rescore_all(session, at.astimezone(zone()).date())


def follow_up(session: Session, at: datetime) -> int:
    """Ask the services about the machines handed over three months ago; return how many."""
    return followup.ask(session, by=Actor.system(), at=at, today=at.astimezone(zone()).date())


def digest(session: Session, at: datetime) -> int:
    """Send the weekly mail of what waits; return how many mails."""
    return weekly.send(session, at=at, today=at.astimezone(zone()).date())
