"""What every page shares: languages, dates, pagination, navigation, the clock."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from babel import Locale
from babel.dates import format_date, format_datetime
from flask import Flask, current_app, g, has_request_context, request, url_for
from flask_babel import format_decimal, get_locale
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import Session

from refurb.core.permissions import Permission
from refurb.paths import PACKAGE, asset_dir
from refurb.security import actor, signed_in
from refurb.typography import TypesetBabel

LANGUAGES = ("fr", "en")
LANGUAGE_COOKIE = "refurb_lang"
THEME_COOKIE = "refurb_theme"
PER_PAGE = 50
#: A list is counted so far and no further: beyond, it says that there are more.
COUNTED = 1000

Item = TypeVar("Item")


def now() -> datetime:
    """Return the time, aware and in UTC. The one clock of the web side; tests replace it through the application."""
    clock = current_app.extensions.get("refurb.clock")
    return clock() if clock else datetime.now(UTC)


def zone() -> ZoneInfo:
    """Return the time zone in which dates are shown and decided."""
    timezone: ZoneInfo = current_app.extensions["refurb.settings"].timezone
    return timezone


def today() -> date:
    """Return the date where the instance is."""
    return now().astimezone(zone()).date()


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of a list: its items, which page it is, and whether others stand on either side."""

    items: Sequence[Item]
    number: int
    total: int
    per_page: int = PER_PAGE
    #: There are more lines than `total`, and this says whether one stands after this page.
    beyond: bool | None = None

    @property
    def last(self) -> int:
        """The number of the last page, 1 for an empty list."""
        return max(1, -(-self.total // self.per_page))

    @property
    def has_previous(self) -> bool:
        """Whether a page stands before."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """Whether a page stands after."""
        return self.number < self.last if self.beyond is None else self.beyond


def page_number(name: str = "page") -> int:
    """Return the page that the address asks for, 1 for anything that is no number; `name` is the list's, of several."""
    text = request.args.get(name, "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 7 else 1


def paginate(session: Session, query: sa.Select[Any], number: int, *, per_page: int = PER_PAGE) -> Page[Any]:
    """Return one page of a query of entities, in two statements whatever the volume, counted up to COUNTED."""
    (key,) = sa.inspect(query.column_descriptions[0]["entity"]).primary_key
    named = query.with_only_columns(key, maintain_column_froms=True)
    ids = session.scalars(named.order_by(None).limit(COUNTED + 1)).all()
    if len(ids) <= COUNTED:
        # Few among many: going along the order of the list until they are met would take long.
        named = named.where(key.in_(ids))
    # Put in order before they are read: whole rows are too wide to sort thousands of. One more than is shown says
    # whether a page follows.
    shown = named.limit(per_page + 1).offset((number - 1) * per_page).correlate(None)
    items = session.scalars(query.where(key.in_(shown))).all()
    beyond = len(items) > per_page if len(ids) > COUNTED else None
    return Page(items[:per_page], number, min(len(ids), COUNTED), per_page, beyond)


def select_language() -> str:
    """Return the reader's language: what they chose, their account's, what the browser asks, else French."""
    if not has_request_context():
        return "fr"
    chosen = request.cookies.get(LANGUAGE_COOKIE) or actor().language
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(LANGUAGES, default="fr") or "fr"


@dataclass(frozen=True)
class Link:
    """One entry of the navigation. `prefix` begins the endpoints that make it the current one, the longest winning."""

    endpoint: str
    label: Any
    icon: str
    permission: Permission
    prefix: str = ""


#: The navigation, in the order of the chain; each reader sees the entries they may open.
NAVIGATION = (
    Link("desk.scan", _l("Scanner"), "upc-scan", Permission.SCAN, "desk"),
    Link("donations.index", _l("Dons"), "box-seam", Permission.LOT_READ, "donations"),
    Link("donations.mine", _l("Mes dons"), "box-seam", Permission.LOT_FOLLOW, "donations"),
    Link("workshop.todo", _l("À faire"), "list-check", Permission.DEVICE_CHANGE_STATUS, "workshop"),
    Link("workshop.bench_index", _l("Établi"), "screwdriver", Permission.DEVICE_CHANGE_STATUS),
    Link("devices.index", _l("Machines"), "laptop", Permission.DEVICE_READ, "devices"),
    Link("reports.index", _l("Relevés"), "file-earmark-text", Permission.REPORT_UPLOAD, "reports"),
    Link("needs.index", _l("Demandes"), "people", Permission.NEED_ARBITRATE, "needs"),
    Link("needs.mine", _l("Mes demandes"), "people", Permission.NEED_READ_CASE, "needs"),
    Link("matching.index", _l("Attribution"), "shuffle", Permission.MATCH_RESERVE, "matching"),
    Link("matching.picking", _l("À préparer"), "basket", Permission.PICKING_READ, "matching.picking"),
    Link("matching.rounds", _l("Tournées"), "truck", Permission.HANDOVER_PERFORM, "matching.rounds"),
    Link("handover.today", _l("Remises"), "calendar-check", Permission.HANDOVER_READ, "handover"),
    Link("aftersales.index", _l("Pannes et retours"), "tools", Permission.TICKET_OPEN, "aftersales"),
    Link("privacy.requests", _l("Vie privée"), "shield-lock", Permission.NEED_READ_CASE, "privacy"),
    Link("privacy.durations", _l("Vie privée"), "shield-lock", Permission.ORGANISATION_MANAGE, "privacy"),
    Link("exchange.index", _l("Importer, exporter"), "arrow-left-right", Permission.ORGANISATION_MANAGE, "exchange"),
    Link("exchange.index", _l("Importer, exporter"), "arrow-left-right", Permission.MEDIUM_ACCEPT, "exchange"),
    Link("exchange.index", _l("Importer, exporter"), "arrow-left-right", Permission.NEED_CREATE, "exchange"),
    Link("statistics.fairness", _l("Équité"), "bar-chart", Permission.STATISTICS_READ, "statistics"),
    Link("organisations.index", _l("Organisations"), "building", Permission.ORGANISATION_MANAGE, "organisations"),
    Link("setup.settings", _l("Réglages"), "sliders", Permission.SETTINGS_EDIT, "setup"),
)


def navigation() -> list[dict[str, Any]]:
    """Return the entries that the reader may open."""
    who, here = actor(), f"{request.endpoint}."
    held = [link for link in NAVIGATION if who.can(link.permission) and link.endpoint in current_app.view_functions]
    current = max(
        (link.prefix for link in held if link.prefix and here.startswith(f"{link.prefix}.")), key=len, default=""
    )
    return [
        {
            "endpoint": link.endpoint,
            "label": link.label,
            "icon": link.icon,
            "url": url_for(link.endpoint),
            "active": bool(current) and link.prefix == current,
        }
        for link in held
    ]


def public_address(path: str) -> str:
    """Return a path of this instance as a stranger can type it; outside a request, without a public address, the
    machine's own."""
    base = current_app.extensions["refurb.settings"].public_url
    if base is None:
        base = request.host_url.rstrip("/") if has_request_context() else "http://localhost:8000"
    return f"{base}{path}"


def absolute_url(endpoint: str, **values: Any) -> str:
    """Return the address of a page as a message carries it: REFURB_PUBLIC_URL, else where the first run took place.

    The host just asked only where neither is known: a demo, or an instance made from the command line.
    """
    if has_request_context():
        return public_address(url_for(endpoint, **values))
    # A task of the worker has no request, and the path needs none.
    return public_address(current_app.url_map.bind("localhost").build(endpoint, values))


def asset(path: str) -> str:
    """Return the address of a static file, with its fingerprint so that browsers keep it for ever."""
    # By the prefix that a front server may give the application: a page names the same icons dozens of times.
    key = (request.script_root if has_request_context() else "", path)
    known: dict[tuple[str, str], str] = current_app.extensions.setdefault("refurb.assets", {})
    if key not in known or current_app.debug:
        file = asset_dir("static") / path
        mark = hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else None
        known[key] = url_for("static", filename=path, v=mark)
    return known[key]


def local_date(value: date | datetime | None, form: str = "long") -> str:
    """Return a date as people read it, in the zone of the instance; an empty text for none."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(zone()).date()
    return _day_in_words(value, form, dates_of())


@lru_cache(maxsize=10_000)
def _day_in_words(value: date, form: str, locale: Locale) -> str:
    """The same days come line after line, and writing one takes longer than the rest of its cell."""
    return str(format_date(value, form, locale=locale))


@lru_cache(maxsize=10_000)
def _moment_in_words(value: datetime, form: str, locale: Locale) -> str:
    return str(format_datetime(value, form, locale=locale))


def local_datetime(value: datetime | None, form: str = "short") -> str:
    """Return a moment as people read it, in the zone of the instance; an empty text for none."""
    if value is None:
        return ""
    return _moment_in_words(value.astimezone(zone()).replace(tzinfo=None), form, dates_of())


def dates_of() -> Locale:
    """Return whose dates are written: the reader's, and those of Great Britain in English, day before month."""
    locale = get_locale()
    if locale is None:
        return Locale("fr")
    return Locale("en", "GB") if locale.language == "en" else locale


def number(value: float | None) -> str:
    """Return a number with the separators of the reader's language."""
    return "" if value is None else _number_in_words(value, str(get_locale()))


@lru_cache(maxsize=10_000)
def _number_in_words(value: float, locale: str) -> str:
    return str(format_decimal(value))


def money(cents: int | None) -> str:
    """Return an amount in euros from cents."""
    if cents is None:
        return ""
    text = format_decimal(cents / 100, "#,##0.00" if cents % 100 else "#,##0")
    return f"{text}\u00a0€"


def display_code(code: str | None) -> str:
    """Return a code as people read it: R 4900 0012 08."""
    from refurb.core.identity import display

    return "" if not code else display(code)


#: A tag, which is left alone, or a code as people read it.
_READ_CODE = re.compile(r"<[^>]*>|\b[A-Z] [0-9]{4} [0-9]{4} [0-9]{2}\b")


def whole_codes(html: Markup) -> Markup:
    """Keep each code in a title on one line: on a telephone it would break after its letter."""
    return Markup(  # noqa: S704 - what came escaped stays so, and a code is a letter and digits
        _READ_CODE.sub(lambda m: m[0] if m[0][0] == "<" else f'<span class="whole">{m[0]}</span>', html)
    )


def init_app(app: Flask) -> None:
    """Install the languages, the filters, and what every template may name."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(PACKAGE / "translations")
    app.config["BABEL_DEFAULT_LOCALE"] = "fr"
    TypesetBabel(app, locale_selector=select_language, timezone_selector=lambda: zone().key)
    app.jinja_env.filters |= {
        "date": local_date,
        "datetime": local_datetime,
        "number": number,
        "money": money,
        "code": display_code,
        "whole_codes": whole_codes,
    }
    app.jinja_env.globals |= {"asset": asset}
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def shared() -> dict[str, Any]:
        if not has_request_context():
            # The worker writes a mail: nobody reads a page.
            return {"lang": str(get_locale() or "fr"), "now": now(), "today": today()}
        return {
            "actor": actor(),
            "signed_in": signed_in(),
            "can": lambda permission: actor().can(Permission(permission)),
            "nav": navigation() if actor().is_signed_in else [],
            "lang": str(get_locale() or "fr"),
            "theme": request.cookies.get(THEME_COOKIE, "auto"),
            "demo": is_demo(),
            "source_url": current_app.extensions["refurb.settings"].source_url,
            "now": now(),
            "today": today(),
        }


def is_demo() -> bool:
    """Whether this instance is a seeded demo, which every page says."""
    if "demo" not in g:
        reader = current_app.extensions.get("refurb.is_demo")
        g.demo = bool(reader()) if reader else False
    found: bool = g.demo
    return found
