"""What the pages of gifts share: the blueprint, the words, the throttles, the messages they send."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, request
from flask_babel import force_locale
from sqlalchemy.orm import Session

from refurb import outbox
from refurb.accounts import throttle
from refurb.core.identity import display
from refurb.donations import links, sentences
from refurb.donations.models import Lot
from refurb.security import Actor
from refurb.web import absolute_url, now

bp = Blueprint("donations", __name__)

HOUR, DAY, QUARTER = timedelta(hours=1), timedelta(days=1), timedelta(minutes=15)


@bp.context_processor
def words() -> dict[str, Any]:
    """Give every template of the area its words."""
    return {"words": sentences, "thing": sentences.thing}


def allowed(session: Session, what: str, *, limit: int, window: timedelta, who: str | None = None) -> bool:
    """Count one try of a visitor, or of `who`; the count is committed at once, whatever becomes of the rest."""
    key = f"{what}:{who if who is not None else request.remote_addr or '?'}"
    within = throttle.hit(session, key, limit=limit, window=window, now=now())
    session.commit()
    return within


def mail(to: str, subject: str, template: str, context: dict[str, Any], *, session: Session, language: str) -> None:
    """Send one message once the deed is committed."""
    outbox.enqueue(
        session,
        "mail.send",
        {"to": to, "subject": subject, "template": template, "context": context, "language": language},
    )


def follow_address(token: str) -> str:
    """Return the address of a gift's page, as a message carries it."""
    return absolute_url("donations.follow", token=token)


def tell_giver(session: Session, lot: Lot, template: str, subject: Any, *, by: Actor, **context: Any) -> None:
    """Write to the contacts of a gift, in its language, each message with a link of its own; `subject` is lazy."""
    for address in links.addresses(session, lot):
        _link, token = links.create(session, lot, origin="mail", by=by, at=now())
        mail(
            address,
            in_language(lot, subject),
            template,
            {"code": display(lot.code), "name": lot.supplier_name, "link": follow_address(token), **context},
            session=session,
            language=lot.language,
        )


def in_language(lot: Lot, sentence: Any) -> str:
    """Return a lazy sentence in the language of the gift, whoever reads the page it is sent from."""
    with force_locale(lot.language):
        return str(sentence)
