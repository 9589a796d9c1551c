"""The fairness report: who was served beside who asked, how long they waited, and where nobody asks."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from refurb import sheets
from refurb.core.equipment import Recipient
from refurb.core.fairness import Line, gap, silence
from refurb.core.needs import Profile
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.matching import words as match_words
from refurb.needs import words as need_words
from refurb.security import actor, requires
from refurb.statistics import queries
from refurb.statistics.queries import Fairness
from refurb.territory import queries as territory
from refurb.web import today

bp = Blueprint("statistics", __name__, url_prefix="/statistics")

#: What is looked back on unless other days are asked.
YEAR = timedelta(days=365)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/fairness")
@requires(Permission.STATISTICS_READ)
def fairness() -> ResponseReturnValue:
    """The report as a page: charts, the tables behind them, and what they leave out."""
    session = get_session()
    since, until, recipient = _asked()
    whole = queries.sees_small_counts(actor())
    report = queries.fairness(session, since, until, recipient=recipient, leaves=not whole)
    names = _names(session, report)
    return render_template(
        "statistics/fairness.html",
        report=report,
        names=names,
        gap=gap(report.epci),
        silence=silence(report.epci, queries.populations(session)),
        since=since,
        until=until,
        recipient=recipient,
        masked=not whole,
        match_words=match_words,
    )


@bp.get("/fairness.<any(csv, xlsx):form>")
@requires(Permission.STATISTICS_READ)
def export(form: str) -> ResponseReturnValue:
    """The tables for a spreadsheet; it leaves, so small counts are masked whoever asks."""
    session = get_session()
    since, until, recipient = _asked()
    report = queries.fairness(session, since, until, recipient=recipient, leaves=True)
    names = _names(session, report)
    header = [
        _("Demandes"),
        _("Servies"),
        _("En attente"),
        _("Servies pour 100 demandes"),
        _("Attente au milieu, en jours"),
        _("Attente neuf fois sur dix, en jours"),
    ]
    tables: list[tuple[str, str, list[Line]]] = [
        (_("Territoires"), _("Territoire"), report.epci),
        (_("Services"), _("Service"), report.services),
        (_("Profils"), _("Profil"), report.profiles),
    ]
    quiet = [
        (names.get(one.key, one.key), _count(one.needs), one.population, _round(one.per_thousand, 2))
        for one in silence(report.epci, queries.populations(session))
    ]
    inhabitants = [_("Habitants"), _("Demandes pour 1 000 habitants")]
    filename = f"equite-{since.isoformat()}-{until.isoformat()}.{form}"
    if form == "csv":
        # A text file holds one table: the silence comes under the others, its two figures in columns of their own.
        rows = [[title, *_row(line, names)] for title, _label, lines in tables for line in lines]
        rows = [[*row, None, None] for row in rows]
        between = [None] * (len(header) - 1)
        rows += [[_("Silence"), name, needs, *between, people, rate] for name, needs, people, rate in quiet]
        # A spreadsheet reads the number of a text file as its reader's language writes it: 53,7 and not 53.7.
        told = ([format_decimal(cell) if isinstance(cell, float) else cell for cell in row] for row in rows)
        data = sheets.write_csv([_("Table"), _("Ligne"), *header, *inhabitants], told)
        return _file(data, "text/csv; charset=utf-8", filename)
    pages: list[Any] = [
        (title, [label, *header], [_row(line, names) for line in lines]) for title, label, lines in tables
    ]
    pages.append((_("Silence"), [_("Territoire"), _("Demandes"), *inhabitants], quiet))
    return _file(sheets.write_xlsx(pages), XLSX, filename)


def _row(line: Line, names: dict[str | None, str]) -> list[Any]:
    cells = [_count(count) for count in (line.needs, line.served, line.waiting)]
    return [names.get(line.key, line.key or ""), *cells, _round(line.rate), line.median, line.most]


def _count(count: int | None) -> int | str:
    return _("masqué") if count is None else count


def _round(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)


def _file(data: bytes, mimetype: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, content_type=mimetype, headers=headers)


def _names(session: Session, report: Fairness) -> dict[str | None, str]:
    """Return what each line is called."""
    named: dict[str | None, str] = {None: _("sans précision")}
    named |= {line.key: territory.epci_name(session, line.key) for line in report.epci if line.key}
    named |= {profile.value: str(need_words.PROFILES[profile]) for profile in Profile}
    named.update(queries.service_names(session, report.services).items())
    return named


def _asked() -> tuple[date, date, str | None]:
    until = _day(request.args.get("until")) or today()
    since = _day(request.args.get("since")) or until - YEAR
    recipient = request.args.get("recipient")
    return min(since, until), until, recipient if recipient in set(Recipient) else None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
