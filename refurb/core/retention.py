"""How long each thing is kept, and what becomes of it afterwards: one table, printed as it is and obeyed by the purge.

Sources (domain.md C): CNIL, référentiel social et médico-social (délibération 2021-028); référentiel des durées
(délibération 2023-095), two years after the last contact; recommandation on logs, six to twelve months. Where no text
gives a figure the choice is ours, and the table says so.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Kept(StrEnum):
    """A kind of thing that has its time."""

    CASE = "case"
    DRAFT_CASE = "draft_case"
    ACCESS = "access"
    SIGN_IN = "sign_in"
    SESSION = "session"
    INVITATION = "invitation"
    ATTEMPT = "attempt"
    LINK = "link"
    GIFT_DRAFT = "gift_draft"
    UNREADABLE = "unreadable"
    SCAN = "scan"
    MAIL_SENT = "mail_sent"
    MAIL_FAILED = "mail_failed"
    IMPORT = "import"
    CONTACT = "contact"
    ACCOUNT = "account"


class Becomes(StrEnum):
    """What is done when the time is over."""

    ANONYMISED = "anonymised"
    DELETED = "deleted"
    #: The event stays as a link of its chain, without who, what, or the day.
    FORGOTTEN = "forgotten"


class Source(StrEnum):
    """What the figure rests on."""

    CNIL_SOCIAL = "cnil_social"
    CNIL_LOGS = "cnil_logs"
    TAX = "tax"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Rule:
    """A thing is kept for `months` or `days` after its last use, then `becomes`."""

    kept: Kept
    becomes: Becomes
    source: Source
    months: int = 0
    days: int = 0


#: In the order in which the purge works: a case takes its own traces with it.
RULES: tuple[Rule, ...] = (
    Rule(Kept.CASE, Becomes.ANONYMISED, Source.CNIL_SOCIAL, months=24),
    Rule(Kept.DRAFT_CASE, Becomes.ANONYMISED, Source.OWN, months=6),
    Rule(Kept.ACCESS, Becomes.FORGOTTEN, Source.CNIL_LOGS, months=12),
    Rule(Kept.SIGN_IN, Becomes.FORGOTTEN, Source.CNIL_LOGS, months=12),
    Rule(Kept.SESSION, Becomes.DELETED, Source.OWN, days=30),
    Rule(Kept.INVITATION, Becomes.DELETED, Source.OWN, days=30),
    Rule(Kept.ATTEMPT, Becomes.DELETED, Source.OWN, days=1),
    Rule(Kept.LINK, Becomes.DELETED, Source.OWN, days=30),
    Rule(Kept.GIFT_DRAFT, Becomes.DELETED, Source.OWN, days=30),
    Rule(Kept.UNREADABLE, Becomes.DELETED, Source.OWN, days=90),
    Rule(Kept.SCAN, Becomes.ANONYMISED, Source.OWN, months=6),
    Rule(Kept.MAIL_SENT, Becomes.DELETED, Source.OWN, days=30),
    Rule(Kept.MAIL_FAILED, Becomes.DELETED, Source.OWN, days=90),
    Rule(Kept.IMPORT, Becomes.DELETED, Source.OWN, days=7),
    Rule(Kept.CONTACT, Becomes.ANONYMISED, Source.TAX, months=72),
    Rule(Kept.ACCOUNT, Becomes.ANONYMISED, Source.OWN, months=24),
)
OF: dict[Kept, Rule] = {rule.kept: rule for rule in RULES}

#: The events that say who opened what.
ACCESS_EVENTS = frozenset({"need.read", "need.slip-printed", "need.exported"})
#: The events that say who came in.
SIGN_IN_EVENTS = frozenset({"account.signed-in", "account.signed-out", "account.sign-in-failed"})


def limit(kept: Kept, at: datetime) -> datetime:
    """Return the moment before which a thing last used is past its time."""
    rule = OF[kept]
    return _months_before(at, rule.months) if rule.months else at - timedelta(days=rule.days)


def _months_before(at: datetime, months: int) -> datetime:
    """Return the same day so many months before; a day that the month lacks is its last one."""
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))
