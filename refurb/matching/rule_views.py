"""The rule in force, its tables and their versions; a change is tried on past data, then adopted."""

from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb import tables
from refurb.accounts import queries as accounts
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.matching import board, rule, rule_words, words
from refurb.matching.models import Run
from refurb.matching.pages import bp
from refurb.matching.rule import KINDS, POLICY, RuleRefused
from refurb.security import actor, requires
from refurb.territory import queries as territory
from refurb.web import now


@bp.get("/rule", endpoint="rule")
@requires(Permission.MATCH_RESERVE, Permission.NEED_READ_CASE)
def show_rule() -> ResponseReturnValue:
    """The rule in five sentences, made from the policy itself; the coordination may change its tables."""
    session = get_session()
    history = {kind: tables.versions(session, kind, rule.first(kind)) for kind in KINDS}
    authors = {version.adopted_by for versions in history.values() for version in versions if version.adopted_by}
    return render_template(
        "matching/rule.html",
        sentences=sentences(session),
        history=history,
        names=accounts.names(session, authors),
        words=rule_words,
    )


def sentences(session: Session) -> list[str]:
    """Return the rule in force."""
    return _sentences(session, {kind: rule.in_force(session, kind) for kind in KINDS})


def sentences_of(session: Session, run: Run) -> list[str]:
    """Return the rule as it was for a run."""
    numbers = {POLICY: run.policy_version, "points.household": run.household_version}
    numbers["points.structure"] = run.structure_version
    found = {kind: tables.at_version(session, kind, numbers[kind], rule.first(kind)) for kind in KINDS}
    return _sentences(session, found)


def _sentences(session: Session, versions: dict[str, tables.Version]) -> list[str]:
    return rule_words.sentences(
        versions[POLICY].content,
        {kind: version.number for kind, version in versions.items()},
        lambda code: territory.epci_name(session, code),
    )


@bp.route("/rule/<any('policy', 'points.household', 'points.structure'):kind>", methods=["GET", "POST"])
@requires(Permission.MATCH_RESERVE)
def edit_table(kind: str) -> ResponseReturnValue:
    """Change a table: what is typed is tried on past data, and adopted from there."""
    session = get_session()
    version = rule.in_force(session, kind)
    typed: dict[str, str] = dict(_flat(version.content, session, kind))
    errors: dict[str, str] = {}
    if request.method == "POST":
        typed = {path: request.form.get(path, "").strip() for path in typed}
        motive = request.form.get("motive", "").strip()[:1000]
        if not motive:
            errors["motive"] = str(rule_words.FAULTS["motive-missing"])
        try:
            content = _content(kind, typed, version.content)
            if not errors:
                asked = request.form.get("run", "")
                run = board.run_by_id(session, int(asked)) if asked.isdecimal() and len(asked) < 10 else None
                made = rule.try_out(session, kind, content, motive=motive, run=run, by=actor(), at=now())
                session.commit()
                return redirect(url_for(".trial", key=made.id), 303)
        except RuleRefused as refusal:
            session.rollback()
            errors[refusal.path or "table"] = str(rule_words.FAULTS[refusal.code])
    page = render_template(
        "matching/edit_table.html",
        kind=kind,
        version=version,
        typed=typed,
        errors=errors,
        parts=_parts(typed) if kind != POLICY else {},
        epci=territory.all_epci(session),
        runs=board.past_runs(session),
        words=rule_words,
    )
    return page, 422 if errors else 200


@bp.get("/rule/trials/<int:key>")
@requires(Permission.MATCH_RESERVE)
def trial(key: int) -> ResponseReturnValue:
    """What a change would have done: who would have been served instead, by codes."""
    session = get_session()
    found = rule.trial_by_id(session, key) or abort(404)
    rows = {row.code: row for row in board.needs_by_code(session, found.result["gained"] + found.result["lost"])}
    return render_template(
        "matching/trial.html",
        trial=found,
        on=date.fromisoformat(found.result["on"]),
        before=rule.in_force(session, found.kind),
        rows=rows,
        by=accounts.names(session, {found.made_by_id or 0}).get(found.made_by_id or 0, "Refurb"),
        epci_name=lambda code: territory.epci_name(session, code),
        words=words,
        rule_words=rule_words,
    )


@bp.post("/rule/trials/<int:key>/adopt")
@requires(Permission.MATCH_RESERVE)
def adopt(key: int) -> ResponseReturnValue:
    """Put what was tried in force."""
    session = get_session()
    found = rule.trial_by_id(session, key) or abort(404)
    try:
        version = rule.adopt(session, found, by=actor(), at=now())
    except RuleRefused as refusal:
        session.rollback()
        flash(rule_words.FAULTS[refusal.code], "refused")
        return redirect(url_for(".trial", key=key), 303)
    session.commit()
    flash(_("La version %(number)s est en vigueur.", number=version.number), "done")
    return redirect(url_for(".rule"), 303)


def _flat(content: dict[str, Any], session: Session, kind: str) -> list[tuple[str, str]]:
    """Return the numbers of a table by the path of each, as they are typed."""
    if kind == POLICY:
        least, most = content["structures"]["least"], content["structures"]["most"]
        found = [("structures.least", least), ("structures.most", most)]
        found += [("territory_least", content["territory_least"]), ("prescriber_most", content["prescriber_most"])]
        for epci in territory.all_epci(session):
            bounds = content["territories"].get(epci.code, {"least": None, "most": None})
            found += [(f"territories.{epci.code}.{name}", bounds[name]) for name in ("least", "most")]
        return [(path, "" if value is None else str(value)) for path, value in found] + [("desk", content["desk"])]
    rows = []
    for part, value in content.items():
        if isinstance(value, dict):
            rows += [(f"{part}.{name}", str(number)) for name, number in value.items()]
        else:
            rows.append((part, str(value)))
    return rows


def _content(kind: str, typed: dict[str, str], before: dict[str, Any]) -> dict[str, Any]:
    """Return a table from what was typed; raises RuleRefused with the path of what is no number."""
    if kind == POLICY:
        territories: dict[str, Any] = {}
        for path in typed:
            if path.startswith("territories.") and path.endswith(".least"):
                stem = path.removesuffix(".least")
                least, most = _number(typed, path), _number(typed, f"{stem}.most")
                if least is not None or most is not None:
                    territories[stem.removeprefix("territories.")] = {"least": least or 0, "most": most}
        return {
            "structures": {"least": _number(typed, "structures.least") or 0, "most": _number(typed, "structures.most")},
            "territory_least": _number(typed, "territory_least") or 0,
            "territories": territories,
            "prescriber_most": _number(typed, "prescriber_most"),
            "desk": typed["desk"],
        }
    content: dict[str, Any] = {part: {} if isinstance(value, dict) else 0 for part, value in before.items()}
    for path in typed:
        part, _dot, name = path.partition(".")
        number = _number(typed, path)
        if number is None:
            raise RuleRefused("not-a-number", path)
        if name:
            content[part][name] = number
        else:
            content[part] = number
    return content


def _number(typed: dict[str, str], path: str) -> int | None:
    text = typed.get(path, "")
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise RuleRefused("not-a-number", path)
    return int(text)


def _parts(typed: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Return the numbers of a table of points by part, as (path, key)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in typed:
        part, _dot, name = path.partition(".")
        found.setdefault(part, []).append((path, name))
    return found
