"""The minutes of a run: what they say, from the rows.

They leave the coordination: every count of persons goes through core.minutes, which says what masking means beside a
list of cases by code.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from refurb.audit.services import record
from refurb.core.documents import DocumentKind
from refurb.core.equipment import Recipient
from refurb.core.minutes import Counts, Told, as_they_leave
from refurb.devices.models import Device
from refurb.documents import services as documents
from refurb.documents.models import Document
from refurb.documents.papers import MatchMinutes, Served
from refurb.documents.parts import Feature
from refurb.matching import board, words
from refurb.matching.models import Proposal, ProposalState, Run
from refurb.matching.services import MatchRefused
from refurb.needs.models import Need
from refurb.security import Actor
from refurb.territory import queries as territory
from refurb.web import now


def paper(session: Session, run: Run, rule: Sequence[str], *, language: str, shown: int | None = None) -> MatchMinutes:
    """Return what the minutes say, in their own language.

    A page asks for the first decisions that were not the rule's, `shown` of them, and does without the list of cases,
    which is long and only the paper's.
    """
    with force_locale(language):
        states = board.counts(session, run.id)
        left, kept_out = _reasons(session, run, words.REASONS), _reasons(session, run, words.KEPT_OUT)
        places = _territories(session, run)
        told = as_they_leave(
            Counts(
                needs=run.needs,
                served=run.objective["served"],
                points=run.objective["points"],
                floors=run.objective["floors"],
                decisions=[states.get(state, 0) for state in _DECISIONS],
                territories=[count for _name, count in places],
                left=[count for _why, count in left],
                kept_out=[count for _why, count in kept_out],
            )
        )
        return MatchMinutes(
            run_on=run.on.isoformat(),
            seed=run.seed,
            digest=run.digest,
            method=run.method,
            versions=[
                _feature(_("Minimums et maximums"), _("version %(n)s", n=run.policy_version)),
                _feature(_("Points des foyers"), _("version %(n)s", n=run.household_version)),
                _feature(_("Points des structures"), _("version %(n)s", n=run.structure_version)),
            ],
            rule=list(rule),
            figures=_figures(run.devices, told),
            territories=[_feature(name, cell) for (name, _count), cell in zip(places, told.territories, strict=True)],
            reasons=[
                *(_feature(words.REASONS[why], cell) for (why, _n), cell in zip(left, told.left, strict=True)),
                *(_feature(words.KEPT_OUT[why], cell) for (why, _n), cell in zip(kept_out, told.kept_out, strict=True)),
            ],
            rows=[] if shown is not None else [_served(row) for row in session.execute(_cases(run.id))],
            overrides=[_override(row) for row in session.execute(_overrides(run.id).limit(shown))],
        )


def issue(session: Session, run: Run, rule: Sequence[str], *, language: str, by: Actor) -> Document:
    """Number and freeze the minutes of a run; a later one cancels and replaces it. Raises MatchRefused "run-closed"
    for a trial, which has none."""
    if run.dry or by.organisation_id is None:
        raise MatchRefused("run-closed")
    last = latest(session, run.id)
    data = paper(session, run, rule, language=language)
    if last is not None and last.voided_at is None:
        made = documents.replace(session, last, data=data, reason="superseded", by=by, at=now())
    else:
        made = documents.issue(
            session,
            DocumentKind.MATCH_MINUTES,
            issuer_id=by.organisation_id,
            subject_kind="match_run",
            subject_id=run.id,
            data=data,
            language=language,
            by=by,
            at=now(),
        )
    record(session, "match_run", run.id, "run.minutes-issued", by=by, at=now(), payload={"document_id": made.id})
    return made


def latest(session: Session, run_id: int) -> Document | None:
    """Return the minutes in force of a run, None until they were issued."""
    return session.scalar(
        sa.select(Document)
        .where(Document.subject_kind == "match_run", Document.subject_id == run_id, Document.replaced_by_id.is_(None))
        .order_by(Document.id.desc())
        .limit(1)
    )


#: The states of a proposal in the order of the figures, each with what it counts.
_DECISIONS = {
    ProposalState.ACCEPTED: _l("Mises de côté"),
    ProposalState.REFUSED: _l("Refusées"),
    ProposalState.REPLACED: _l("Remplacées"),
    ProposalState.OVERTAKEN: _l("Dépassées par un autre calcul"),
    ProposalState.PENDING: _l("Restées à décider"),
}


def _feature(label: Any, value: Any) -> Feature:
    return Feature(label=str(label), value=_("masqué") if value is None else str(value))


def _figures(devices: int, told: Told) -> list[Feature]:
    return [
        _feature(_("Machines en stock"), devices),
        _feature(_("Demandes comptées"), told.needs),
        _feature(_("Servies par la règle"), told.served),
        _feature(_("Points servis"), told.points),
        _feature(_("Sous les minimums votés"), told.floors),
        *(_feature(label, count) for label, count in zip(_DECISIONS.values(), told.decisions, strict=True)),
    ]


def _territories(session: Session, run: Run) -> list[tuple[str, int]]:
    """Return how many are served in each territory, as decided so far; those with none are told too."""
    counts: dict[str, int] = {epci.name: 0 for epci in territory.all_epci(session)}
    structures = 0
    served = (
        sa.select(Need.recipient, Need.epci_code, sa.func.count())
        .join(Proposal, Proposal.need_id == Need.id)
        .where(Proposal.run_id == run.id, Proposal.state.in_((ProposalState.ACCEPTED, ProposalState.PENDING)))
        .group_by(Need.recipient, Need.epci_code)
        .order_by(Need.epci_code)
    )
    for recipient, epci, count in session.execute(served):
        if recipient is Recipient.STRUCTURE:
            structures += count
            continue
        name = territory.epci_name(session, epci) or _("hors intercommunalité")
        counts[name] = counts.get(name, 0) + count
    return [*counts.items(), (_("Structures"), structures)]


def _reasons(session: Session, run: Run, known: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return how many wait for each reason, in the order of the words: the commonest first would tell who is more."""
    counts = dict(board.reasons(session, run.id, kept_out=known is words.KEPT_OUT))
    return [(why, counts[why]) for why in known if why in counts]


def _lines(run_id: int) -> sa.Select[Any]:
    """Return the query of what the lists say of a proposal: plain columns, for a run proposes thousands."""
    return (
        sa.select(
            Need.code.label("need_code"),
            Device.code.label("device_code"),
            Proposal.explanation,
            Proposal.state,
            Proposal.origin,
            Proposal.motive,
        )
        .join(Need, Need.id == Proposal.need_id)
        .join(Device, Device.id == Proposal.device_id)
        .where(Proposal.run_id == run_id)
    )


def _cases(run_id: int) -> sa.Select[Any]:
    return _lines(run_id).order_by(Need.code, Proposal.id)


def _overrides(run_id: int) -> sa.Select[Any]:
    return _lines(run_id).where(board.OVERRIDES).order_by(Proposal.decided_at, Proposal.id)


def _served(row: Any) -> Served:
    return Served(
        need_code=row.need_code,
        points=int(row.explanation["points"]),
        device_code=row.device_code,
        why=words.why(row.explanation),
        decision=str(words.PROPOSAL_STATES[row.state][0]),
        motive=str(words.MOTIVES[row.motive]) if row.motive else "",
    )


def _override(row: Any) -> Served:
    alone = _("proposait cette machine") if row.origin in ("rule", "follows") else _("ne la proposait pas")
    return Served(
        need_code=row.need_code,
        points=int(row.explanation["points"]),
        device_code=row.device_code,
        why=alone,
        decision=str(words.ORIGINS[row.origin] or words.PROPOSAL_STATES[row.state][0]),
        motive=str(words.MOTIVES[row.motive]) if row.motive else "",
    )
