"""What the worker does for papers, and what the desk must know of them."""

from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from refurb import outbox
from refurb.documents import services
from refurb.security import Actor


def register(app: Flask) -> None:
    """Let the worker render what was issued."""
    outbox.HANDLERS[services.RENDER] = carry_out


def carry_out(session: Session, payload: dict[str, Any]) -> None:
    """Carry out one outbox row of kind "document.render"."""
    services.render(session, int(payload["document_id"]), by=Actor.system(), at=datetime.now(UTC))
