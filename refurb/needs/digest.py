"""The weekly mail of what waits for somebody of a service: counts and a link, nothing of any case."""

from collections import defaultdict
from datetime import date, datetime

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from refurb import outbox
from refurb.accounts.models import Account, Membership
from refurb.core.need_life import State
from refurb.core.permissions import Role
from refurb.documents.services import address
from refurb.needs import followup, queries
from refurb.needs.models import Need, WeeklyDigest

#: The week begins on Monday; Tuesday makes up for a worker that stood still.
DAYS = (0, 1)
#: What a service is asked to answer, in the order of the mail.
ASKED = (State.PROPOSED, State.TO_COMPLETE, State.EXPIRED, State.SUSPENDED, State.DRAFT)
SUBSTITUTE, FOLLOW_UP = "substitute", "follow_up"
Counts = dict[str, int]


def week_of(day: date) -> str:
    """Return the ISO week that a day is in, as 2026-W47."""
    year, week, _day = day.isocalendar()
    return f"{year}-W{week:02d}"


def counts(session: Session, today: date) -> dict[int, Counts]:
    """Return by service what waits for its answer, services for whom nothing does left out."""
    found: dict[int, Counts] = defaultdict(dict)
    rows = session.execute(
        sa.select(Need.organisation_id, Need.state, sa.func.count())
        .where(Need.state.in_(ASKED))
        .group_by(Need.organisation_id, Need.state)
    )
    for organisation_id, state, count in rows:
        found[organisation_id][state.value] = count
    asked = sa.select(Need.organisation_id, sa.func.count()).where(queries.substitute_asked())
    for organisation_id, count in session.execute(asked.group_by(Need.organisation_id)):
        found[organisation_id][SUBSTITUTE] = count
    late = sa.select(Need.organisation_id, sa.func.count()).where(*followup.due(today))
    for organisation_id, count in session.execute(late.group_by(Need.organisation_id)):
        found[organisation_id][FOLLOW_UP] = count
    return found


def send(session: Session, *, at: datetime, today: date) -> int:
    """Write to everybody for whom something waits, once a week at most; return how many mails were queued."""
    if today.weekday() not in DAYS or not (waiting := counts(session, today)):
        return 0
    week, sent = week_of(today), 0
    told = {row.account_id: row for row in session.scalars(sa.select(WeeklyDigest).with_for_update())}
    people: dict[int, list[int]] = defaultdict(list)
    memberships = session.scalars(
        sa.select(Membership).where(Membership.organisation_id.in_(waiting), Membership.ended_at.is_(None))
    ).all()
    for membership in memberships:
        if membership.roles & {Role.PRESCRIBER, Role.STRUCTURE}:
            people[membership.account_id].append(membership.organisation_id)
    accounts = session.scalars(
        sa.select(Account).where(Account.id.in_(people), Account.disabled_at.is_(None)).order_by(Account.id)
    )
    for account in accounts:
        row = told.get(account.id)
        if row is None:
            row = WeeklyDigest(account_id=account.id)
            session.add(row)
        if row.off_at is not None or row.sent_week == week:
            continue
        row.sent_week = week
        total: Counts = defaultdict(int)
        for organisation_id in people[account.id]:
            for what, count in waiting[organisation_id].items():
                total[what] += count
        outbox.enqueue(session, "mail.send", _message(account, total))
        sent += 1
    return sent


def choose(session: Session, account_id: int, wanted: bool, *, at: datetime) -> None:
    """Turn the weekly mail on or off for somebody."""
    row = session.scalar(sa.select(WeeklyDigest).where(WeeklyDigest.account_id == account_id).with_for_update())
    if row is None:
        row = WeeklyDigest(account_id=account_id)
        session.add(row)
    row.off_at = None if wanted else at


def is_on(session: Session, account_id: int | None) -> bool:
    """Whether somebody gets the weekly mail: everybody does until they say no."""
    off = session.scalar(sa.select(WeeklyDigest.off_at).where(WeeklyDigest.account_id == account_id))
    return off is None


def token(account_id: int) -> str:
    """Return what the mail's last link carries: whose mail it is, signed by the instance."""
    return str(_signer().dumps(account_id))


def account_of(token: str) -> int | None:
    """Return whose mail a link stops, None where it is not one of ours."""
    try:
        found = _signer().loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, int) else None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.extensions["refurb.settings"].secret_key, salt="needs.digest")


def _message(account: Account, counts: Counts) -> dict[str, object]:
    with force_locale(account.language):
        return {
            "to": account.email,
            "subject": _("Ce qui attend une réponse de vous cette semaine"),
            "template": "need_digest",
            "language": account.language,
            "context": {
                "lines": lines(counts),
                "link": address("/needs/mine?show=waiting"),
                "stop": address(f"/needs/digest/{token(account.id)}"),
            },
        }


def lines(counts: Counts) -> list[str]:
    """Return a sentence for each thing that waits."""

    def line(what: str, count: int) -> str:
        sentences: dict[str, str] = {
            State.PROPOSED.value: ngettext("%(num)s proposition à examiner", "%(num)s propositions à examiner", count),
            State.TO_COMPLETE.value: ngettext("%(num)s demande à compléter", "%(num)s demandes à compléter", count),
            State.EXPIRED.value: ngettext("%(num)s demande à confirmer", "%(num)s demandes à confirmer", count),
            State.SUSPENDED.value: ngettext("%(num)s demande suspendue", "%(num)s demandes suspendues", count),
            State.DRAFT.value: ngettext("%(num)s brouillon à finir", "%(num)s brouillons à finir", count),
            SUBSTITUTE: ngettext(
                "%(num)s question de la coordination sur une autre machine",
                "%(num)s questions de la coordination sur une autre machine",
                count,
            ),
            FOLLOW_UP: ngettext(
                "%(num)s machine remise il y a trois mois : sert-elle ?",
                "%(num)s machines remises il y a trois mois : servent-elles ?",
                count,
            ),
        }
        return sentences[what]

    order = [*(state.value for state in ASKED), SUBSTITUTE, FOLLOW_UP]
    return [line(what, counts[what]) for what in order if counts.get(what)]
