"""The board: run the rule, look at what it proposes and leaves, accept, refuse, choose otherwise."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from refurb.accounts import queries as accounts
from refurb.core.identity import read
from refurb.core.needs import Profile
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.devices import queries as devices
from refurb.devices.models import Device
from refurb.matching import board, planner, proposals, queries, words
from refurb.matching.board import Filters
from refurb.matching.models import Proposal, ProposalState, Run
from refurb.matching.pages import bp
from refurb.matching.services import MatchRefused
from refurb.needs import queries as needs
from refurb.needs import words as need_words
from refurb.needs.models import Need
from refurb.security import actor, requires
from refurb.territory import queries as territory
from refurb.web import now, page_number, today

#: Machines or needs shown to choose among.
CHOICES = 20


@bp.get("/")
@requires(Permission.MATCH_RESERVE)
def index() -> ResponseReturnValue:
    """Where the matching stands: the run being decided, the ones before, and what waits."""
    session = get_session()
    current = board.open_run(session)
    page = board.runs(page_number(), session)
    names = accounts.names(session, {run.made_by_id for run in page.items if run.made_by_id is not None})
    return render_template(
        "matching/index.html",
        current=current,
        counts=board.counts(session, current.id) if current else {},
        page=page,
        names=names,
        ready=len(planner.at_desk(session)),
    )


@bp.post("/run")
@requires(Permission.MATCH_RESERVE)
def run() -> ResponseReturnValue:
    """Run the rule over the rows of this moment, as a trial or for good."""
    session = get_session()
    dry = request.form.get("kind") != "real"
    try:
        made = planner.make_run(session, dry=dry, by=actor(), at=now(), seed=request.form.get("seed", "")[:80])
    except MatchRefused as refusal:
        session.rollback()
        flash(words.REFUSALS[refusal.code], "refused")
        return redirect(url_for(".index"), 303)
    session.commit()
    flash(_("L'essai est fait : rien n'est proposé à personne.") if dry else _("Le calcul est fait."), "done")
    return redirect(url_for(".show_run", key=made.id), 303)


@bp.get("/runs/<int:key>")
@requires(Permission.MATCH_RESERVE)
def show_run(key: int) -> ResponseReturnValue:
    """One run: what it proposes, by points, with the filters and the deeds."""
    session = get_session()
    found = _run(session, key)
    filters = _filters()
    page = board.proposals(session, key, filters, page_number())
    return render_template(
        "matching/run.html",
        tab="proposals",
        page=page,
        stale=proposals.stale(session, page.items),
        with_machine=board.with_machine(session, key, [row.need_id for row in page.items]),
        pending=board.pending_count(session, key, filters),
        **_frame(session, found, filters),
    )


@bp.get("/runs/<int:key>/<any(waiting, kept_out):tab>")
@requires(Permission.MATCH_RESERVE)
def show_left(key: int, tab: str) -> ResponseReturnValue:
    """The needs that a run leaves waiting, with why and what would unlock them; or those it did not count with."""
    session = get_session()
    found = _run(session, key)
    filters = _filters()
    kept_out = tab == "kept_out"
    sentences = words.KEPT_OUT if kept_out else words.REASONS
    asked = request.args.get("reason")
    page = board.unserved(
        session, key, filters, page_number(), kept_out=kept_out, reason=asked if asked in sentences else None
    )
    return render_template(
        "matching/left.html",
        tab=tab,
        page=page,
        with_machine=board.with_machine(session, key, [row.need_id for row in page.items]),
        choosable=board.CHOOSABLE,
        reasons=board.reasons(session, key, kept_out=kept_out),
        sentences=sentences,
        **_frame(session, found, filters),
    )


@bp.get("/runs/<int:key>/decisions")
@requires(Permission.MATCH_RESERVE)
def show_decisions(key: int) -> ResponseReturnValue:
    """What persons decided otherwise, beside what the rule alone would have done."""
    session = get_session()
    found = _run(session, key)
    page = board.overrides(session, key, page_number())
    names = accounts.names(session, {row.decided_by_id or row.made_by_id or 0 for row in page.items})
    return render_template(
        "matching/decisions.html", tab="decisions", page=page, names=names, **_frame(session, found, None)
    )


@bp.post("/runs/<int:key>/accept")
@requires(Permission.MATCH_RESERVE)
def accept(key: int) -> ResponseReturnValue:
    """Set one machine aside, or all that the filters leave on the board."""
    session = get_session()
    found = _run(session, key)
    one = request.form.get("proposal", "")
    if one:
        rows = [_proposal(session, key, one)]
    else:
        rows = proposals.by_ids(session, board.pending_ids(session, key, _filters()))
    if len(rows) == 1:
        try:
            proposals.accept(session, rows[0], by=actor(), at=now())
        except MatchRefused as refusal:
            session.rollback()
            flash(words.REFUSALS[refusal.code], "refused")
            return _back(found)
        session.commit()
        flash(_("La machine est mise de côté ; le service est prévenu."), "done")
        return _back(found)
    done, refused, later = proposals.accept_many(session, rows, by=actor(), at=now())
    session.commit()
    flash(ngettext("%(num)s machine est mise de côté.", "%(num)s machines sont mises de côté.", done), "done")
    if refused:
        text = ngettext(
            "%(num)s proposition n'est plus possible.", "%(num)s propositions ne sont plus possibles.", refused
        )
        flash(text, "waits")
    if later:
        text = ngettext(
            "%(num)s autre est en cours : rechargez la page dans un moment.",
            "%(num)s autres sont en cours : rechargez la page dans un moment.",
            later,
        )
        flash(text, "neutral")
    return _back(found)


@bp.post("/runs/<int:key>/refuse")
@requires(Permission.MATCH_RESERVE)
def refuse(key: int) -> ResponseReturnValue:
    """Refuse a proposal, with a motive of the list."""
    session = get_session()
    found = _run(session, key)
    proposal = _proposal(session, key, request.form.get("proposal", ""))
    try:
        proposals.refuse(session, proposal, motive=request.form.get("motive", ""), by=actor(), at=now())
    except MatchRefused as refusal:
        session.rollback()
        flash(words.REFUSALS[refusal.code], "refused")
    else:
        session.commit()
        flash(_("La proposition est refusée : la machine reste en stock, la demande garde son rang."), "done")
    return _back(found)


@bp.get("/runs/<int:key>/change")
@requires(Permission.MATCH_RESERVE)
def change(key: int) -> ResponseReturnValue:
    """Choose a device for a need, or a need for a device, otherwise than the rule: what suits, then what it costs."""
    session = get_session()
    found = _run(session, key)
    if found.dry or found.closed_at is not None:
        flash(words.REFUSALS["run-closed"], "refused")
        return _back(found)
    need, device = (
        _need_or_none(session, request.args.get("need")),
        _device_or_none(session, request.args.get("device")),
    )
    if need is not None and device is not None:
        return _cost_page(session, found, need, device)
    if need is None and device is None:
        abort(404)
    state = proposals.situation(session, found, today=today())
    rows = _choices(session, state, need, device)
    return render_template(
        "matching/change.html",
        run=found,
        need=need,
        device=device,
        has=dict(state.pairs).get(need.code) if need else None,
        rows=rows,
        epci_name=lambda code: territory.epci_name(session, code),
        words=words,
        need_words=need_words,
    )


@bp.post("/runs/<int:key>/change")
@requires(Permission.MATCH_RESERVE)
def confirm_change(key: int) -> ResponseReturnValue:
    """Confirm a choice by hand whose cost was shown."""
    session = get_session()
    found = _run(session, key)
    need = _need_or_none(session, request.form.get("need")) or abort(404)
    device = _device_or_none(session, request.form.get("device")) or abort(404)
    try:
        proposals.choose(
            session,
            found,
            need,
            device,
            seen=request.form.get("seen", ""),
            motive=request.form.get("motive", ""),
            by=actor(),
            at=now(),
        )
    except MatchRefused as refusal:
        session.rollback()
        flash(words.REFUSALS[refusal.code], "refused")
        if refusal.code in ("cost-changed", "unknown-motive"):
            return redirect(url_for(".change", key=key, need=need.code, device=device.code), 303)
        return _back(found)
    session.commit()
    flash(_("Votre choix est noté, avec ce que la règle aurait fait. Il reste à l'accepter."), "done")
    return _back(found)


def _cost_page(session: Session, found: Run, need: Need, device: Device) -> ResponseReturnValue:
    state = proposals.situation(session, found, today=today())
    try:
        priced = proposals.cost(state, need, device)
    except MatchRefused as refusal:
        flash(words.REFUSALS[refusal.code], "refused")
        return _back(found)
    by_code = {row["id"]: row for row in state.picture.scenario["needs"]}
    concerned = [*priced.lost, *priced.gained, *priced.moved]
    rows = {row.code: row for row in board.needs_by_code(session, concerned)}
    before, after = dict(state.pairs), dict(priced.pairs)
    return render_template(
        "matching/cost.html",
        run=found,
        need=need,
        device=device,
        cost=priced,
        seen=proposals.fingerprint(priced),
        rows=rows,
        points={code: by_code[code]["points"] for code in {need.code, *concerned}},
        before=before,
        after=after,
        motives=[(code, words.MOTIVES[code]) for code in proposals.MOTIVES],
        epci_name=lambda code: territory.epci_name(session, code),
        words=words,
        need_words=need_words,
    )


def _choices(
    session: Session, state: proposals.Situation, need: Need | None, device: Device | None
) -> list[dict[str, Any]]:
    """Return the devices for a need, or the needs for a device, those that suit, with who would lose them."""
    from refurb.core import matching as core

    holds = dict(state.pairs)
    holder = {given: asked for asked, given in state.pairs}
    fixed = {code for code in holds if code not in state.pending}
    if need is not None:
        asked = next((row for row in state.picture.scenario["needs"] if row["id"] == need.code), None)
        good = core.suitable(state.picture.scenario["devices"], asked) if asked else []
        kept = [
            row
            for row in good
            if holder.get(row.device["id"]) not in fixed and holds.get(need.code) != row.device["id"]
        ]
        loaded = devices_by_code(session, [str(row.device["id"]) for row in kept[:CHOICES]], state)
        return [
            {"device": loaded[row.device["id"]], "row": row, "loser": holder.get(row.device["id"])}
            for row in kept[:CHOICES]
        ]
    assert device is not None
    given = next((row for row in state.picture.scenario["devices"] if row["id"] == device.code), None)
    wanted = core.wanting(given, state.picture.scenario["needs"]) if given else []
    left = [w for w in wanted if w.need["id"] not in fixed and holds.get(w.need["id"]) != device.code]
    found = {row.code: row for row in board.needs_by_code(session, [w.need["id"] for w in left[:CHOICES]])}
    return [{"need": found[w.need["id"]], "row": w, "has": holds.get(w.need["id"])} for w in left[:CHOICES]]


def devices_by_code(session: Session, codes: list[str], state: proposals.Situation) -> dict[str, Device]:
    """Return the machines of some codes of a situation, with their holder and shelf."""
    rows = [{"key": state.picture.device_ids[code]} for code in codes]
    return {device.code: device for device in queries.devices(session, rows).values()}


def _frame(session: Session, found: Run, filters: Filters | None) -> dict[str, Any]:
    """Return what every page of a run shows."""
    counts = board.counts(session, found.id)
    left = board.left_counts(session, found.id)
    # The other decisions have no filters: nobody asks whose needs the run concerns there.
    rows = board.services_of(session, found.id) if filters is not None else []
    services = [(str(row.id), row.name) for row in rows]
    return {
        "run": found,
        "counts": counts,
        "left": left,
        "decided": sum(counts.get(state, 0) for state in ProposalState if state is not ProposalState.PENDING),
        "by": accounts.names(session, {found.made_by_id or 0}).get(found.made_by_id or 0, "Refurb"),
        "open": not found.dry and found.closed_at is None,
        "filters": filters,
        "arguments": {name: request.args[name] for name in ("epci", "profile", "service") if request.args.get(name)},
        "epci_options": [(epci.code, epci.name) for epci in territory.all_epci(session)],
        "profile_options": [(each.value, need_words.PROFILES[each]) for each in Profile],
        "service_options": services,
        "epci_name": lambda code: territory.epci_name(session, code),
        "motives": [(code, words.MOTIVES[code]) for code in proposals.MOTIVES],
        "words": words,
        "need_words": need_words,
    }


def _filters() -> Filters:
    epci = request.values.get("epci") or None
    profile = request.values.get("profile")
    service = request.values.get("service", "")
    return Filters(
        epci,
        Profile(profile) if profile in set(Profile) else None,
        int(service) if service.isdecimal() and len(service) < 10 else None,
    )


def _back(found: Run) -> ResponseReturnValue:
    chosen: dict[str, Any] = {
        name: request.form[name] for name in ("epci", "profile", "service") if request.form.get(name)
    }
    return redirect(url_for(".show_run", key=found.id, **chosen), 303)


def _run(session: Session, key: int) -> Run:
    return board.run_by_id(session, key) or abort(404)


def _proposal(session: Session, key: int, text: str) -> Proposal:
    found = board.proposal_by_id(session, key, int(text)) if text.isdecimal() and len(text) < 10 else None
    return found or abort(404)


def _need_or_none(session: Session, text: str | None) -> Need | None:
    found = read(text).code if text else None
    return needs.by_code(session, found, seen_by=actor()) if found else None


def _device_or_none(session: Session, text: str | None) -> Device | None:
    found = read(text).code if text else None
    return devices.by_code(session, found, seen_by=actor()) if found else None
