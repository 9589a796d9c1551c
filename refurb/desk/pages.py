"""What the pages of the desk share: the blueprint, who scans, in which browser, and what a page shows."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, request, url_for
from flask_wtf.csrf import generate_csrf

from refurb.core.permissions import Permission
from refurb.core.scanning import COMMANDS, Answer, may_command
from refurb.db import get_session
from refurb.desk import machines, operators, queries, services
from refurb.desk.contexts import context_of
from refurb.desk.models import Scan, ScanPile
from refurb.desk.operators import Note
from refurb.desk.told import missing, told
from refurb.desk.words import COMMAND_WORDS, coming
from refurb.devices.models import Device
from refurb.security import Actor, actor, signed_in
from refurb.web import now

bp = Blueprint("desk", __name__)

#: What this station's gun adds around a code, kept by the browser: it belongs to the gun, not to the person.
AFFIXES_COOKIE = "refurb_scanner"
#: Which browser this is, so that a telephone and a bench have a pile each.
CLIENT_COOKIE = "refurb_desk"
LONGEST_AFFIX = 12
YEAR = 365 * 24 * 3600
NOTHING_STANDS = queries.Standing([], 0, 0)


def stand_in(person: Actor) -> Actor | None:
    """Return who acts where `person` is signed in: the bearer of the badge that took this browser over, if one did."""
    badge_on: tuple[int, datetime] | None = g.get("badge_on")
    if badge_on is None:
        return person
    return operators.stand_in(get_session(), *badge_on, signed_in=person, at=now())


def of_dated_note(text: str) -> tuple[Actor, datetime]:
    """Return whom a sealed note names, and when it was made: no scan that bears it is older; raises OperatorUnknown."""
    note, made_at = operators.unseal(secret(), text)
    return operators.actor_of(get_session(), note, made_at, signed_in=signed_in(), at=now()), made_at


def own_note() -> str:
    """Return the note that this browser keeps with each scan of who scans now."""
    by = actor()
    assert by.id is not None
    badge_id = 0 if by is signed_in() else g.badge_on[0]
    return operators.seal(secret(), Note(by.id, by.organisation_id or 0, badge_id))


def client() -> str:
    """Return which browser this is; one without our cookie is given it with the answer."""
    if "desk_client" not in g:
        g.desk_client = request.cookies.get(CLIENT_COOKIE, "")[:36] or str(uuid.uuid4())
    found: str = g.desk_client
    return found


@bp.after_request
def _know_again(response: Response) -> Response:
    if "desk_client" in g and CLIENT_COOKIE not in request.cookies:
        keep(response, CLIENT_COOKIE, g.desk_client, YEAR)
    return response


def keep(response: Response, name: str, value: str, seconds: int) -> Response:
    """Put a cookie of the desk in the browser; no script reads it."""
    response.set_cookie(name, value, max_age=seconds, samesite="Lax", httponly=True, secure=request.is_secure)
    return response


def open_pile() -> ScanPile | None:
    """Return the pile of who scans, if one is open here."""
    return queries.open_pile(get_session(), actor(), client())


def todays_pile() -> tuple[ScanPile | None, ScanPile | None]:
    """Return the pile of who scans that the next scan lands in, and the one of another day that it will end."""
    pile = open_pile()
    return (None, pile) if pile is not None and services.is_over(pile, at=now()) else (pile, None)


def pile_now(by: Actor | None = None, *, number: str | None = None, made_at: datetime | None = None) -> ScanPile:
    """Return the pile of who scans, begun if there is none; of a scan to come, its number and when it was made."""
    session, here = get_session(), client()
    return services.pile_of(session, by=by or actor(), at=now(), client=here, number=number, made_at=made_at)


def pile_meant() -> tuple[ScanPile, str]:
    """Return the pile that a form is about, of who scans, and the page to go back to.

    A page of a pile says which, open or closed; the desk's own is the open one. Aborts with 404 where there is none.
    """
    if not (number := request.form.get("pile", "")):
        return open_pile() or abort(404), url_for(".scan")
    asked = int(number) if number.isascii() and number.isdecimal() and len(number) < 16 else 0
    found = queries.pile_by_id(get_session(), asked, seen_by=actor())
    if found is None or found.account_id != actor().id:
        abort(404)
    return found, url_for(".pile", pile_id=found.id)


def answer(
    by: Actor,
    text: str,
    client_uuid: str,
    client_at: datetime | None,
    pile: ScanPile,
    *,
    added: tuple[str, str] | None = None,
) -> Sequence[Scan]:
    """Answer one scan of `by` into their pile; `added` is what the gun put around it, None for what it adds now."""
    prefix, suffix = affixes() if added is None else added
    return services.scan(
        get_session(),
        pile,
        text,
        by=by,
        at=now(),
        client_uuid=client_uuid,
        client_at=client_at,
        prefix=prefix,
        suffix=suffix,
    )


def state(pile: ScanPile | None, by: Actor, *, latest: Sequence[Scan] = (), standing: bool = True) -> dict[str, Any]:
    """Return what the desk shows: what is set, the last answer, the ledger, the counts, what stands in the way.

    Without `standing` the last is not asked: this scan did not change it.
    """
    session = get_session()
    scans = latest or (queries.ledger(session, pile.id) if pile else ())
    entries = [told(scan) for scan in scans]
    context, reference = context_of(pile) if pile else (None, "")
    counts, only_latest = queries.counts(session, pile.id) if pile else (dict.fromkeys(Answer, 0), False)
    # Few piles have anything in the way; those that do not cost no statement.
    in_the_way = pile is not None and (only_latest or any(counts[a] for a in queries.STANDING))
    stands = NOTHING_STANDS
    if pile and in_the_way and standing:
        stands = queries.standing(session, pile.id, limit=queries.STANDING_SHOWN)
    return {
        "pile": pile,
        "entries": entries,
        "last": entries[-1 if latest else 0] if entries else None,
        "counts": counts,
        "only_latest": queries.COUNTED if only_latest else None,
        "standing": [told(scan) for scan in stands.entries],
        "standing_many": stands.many,
        "standing_asked": stands.asked,
        "context": context.title(session, reference, by) if context else None,
        "command": COMMANDS.get(pile.command or "") if pile else None,
        "commands": [c for c in COMMANDS.values() if c.action is not None and may_command(c, by.permissions)],
        "words": COMMAND_WORDS,
        "operator": by,
        "actor_id": signed_in().id,
    }


def next_of(device: Device) -> dict[str, Any]:
    """Return what comes next for a machine, as a sentence and what stands in its way."""
    detail = machines.opened(get_session(), device, by=actor())
    return {"coming": coming(detail), "missing": missing(detail)}


def part(name: str, values: dict[str, Any]) -> str:
    """Render a part of the page without what only its frame asks for, navigation above all: a scan has 15 ms."""
    can = {"can": lambda permission: actor().can(Permission(permission)), "csrf_token": generate_csrf}
    return current_app.jinja_env.get_template(f"desk/{name}.html").render(can | values)


def affixes() -> tuple[str, str]:
    """Return what the gun of this station adds before and after a code."""
    try:
        prefix, _tab, suffix = bytes.fromhex(request.cookies.get(AFFIXES_COOKIE, "")).decode().partition("\t")
    except ValueError:
        return "", ""
    return prefix[:LONGEST_AFFIX], suffix[:LONGEST_AFFIX]


def affixes_sent(body: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what the gun added when a scan was made, which may have waited since; None where its page does not say."""
    prefix, suffix = body.get("prefix"), body.get("suffix")
    if not isinstance(prefix, str) or not isinstance(suffix, str):
        return None
    return prefix[:LONGEST_AFFIX], suffix[:LONGEST_AFFIX]


def moment(value: Any) -> datetime | None:
    """Return the browser's clock as an aware moment; a naive or odd one is not kept."""
    try:
        found = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        return None
    # At the ends of the calendar a zone would lead out of it.
    return found if found.tzinfo and 1 < found.year < 9999 else None


def known_page(endpoint: str) -> bool:
    """Whether this instance carries a page."""
    return endpoint in current_app.view_functions


def secret() -> str:
    return str(current_app.config["SECRET_KEY"])


def number_of(value: Any) -> str:
    """Return the browser's identifier of the scan, or a new one for what is none."""
    try:
        return str(uuid.UUID(value if isinstance(value, str) else ""))
    except ValueError:
        return str(uuid.uuid4())
