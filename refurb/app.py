"""create_app(): settings, database, areas, errors, headers. Reads from top to bottom."""

import gc
import logging
import uuid
from importlib import import_module
from inspect import iscoroutinefunction
from typing import Any, cast

import structlog
from flask import Flask, g, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import Conflict, HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response

from refurb import db as database
from refurb import security, web
from refurb.config import Settings
from refurb.db import db, get_session
from refurb.json_guard import Provider
from refurb.paths import asset_dir

log = structlog.get_logger("refurb")

#: Every area, in the order of style.md section 1; each gives what it has of models, views, api and hooks.
AREAS = (
    "audit",
    "territory",
    "organisations",
    "accounts",
    "documents",
    "devices",
    "donations",
    "needs",
    "workshop",
    "matching",
    "handover",
    "aftersales",
    "labels",
    "desk",
    "statistics",
    "privacy",
    "exchange",
    "setup",
    "home",
)


class _RowNumber(IntegerConverter):
    """A number in an address: one that no row can have names nothing, and is not asked of the database."""

    def __init__(self, map: Map, *args: Any, **options: Any) -> None:  # werkzeug's own name for it
        super().__init__(map, *args, **{"max": 2**63 - 1, **options})


def served() -> Flask:
    """Return the application as a web process keeps it.

    What start-up made stays for good: no collection of garbage walks it again, which stops every thread for as long as
    some pages take. The fonts of labels are among it: the processes share them.
    """
    from refurb.canvas import register_fonts

    app = create_app()
    register_fonts()
    gc.collect()
    gc.freeze()
    return app


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application; raises config.ConfigError when a setting is missing or weak."""
    settings = settings or Settings.from_environment()
    app = Flask(
        "refurb",
        template_folder=str(asset_dir("templates")),
        static_folder=str(asset_dir("static")),
        instance_path=str(settings.instance),
    )
    app.extensions["refurb.settings"] = settings
    app.json = Provider(app)
    app.url_map.converters["int"] = _RowNumber
    app.config.update(
        SECRET_KEY=settings.secret_key,
        TESTING=settings.testing,
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=20_000,
        SEND_FILE_MAX_AGE_DEFAULT=365 * 24 * 3600,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="refurb_form",
        WTF_CSRF_TIME_LIMIT=None,
        SQLALCHEMY_ENGINES={
            "default": {"url": settings.database_url, **database.engine_options(settings.database_url)}
        },
    )
    # A file asked without its fingerprint (one script that imports another) is asked again: it may have changed.
    app.get_send_file_max_age = _max_age  # type: ignore[method-assign]  # the documented way
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]  # the documented way
    _configure_log(settings)
    load_models()
    db.init_app(app)
    # There is no asynchronous session here; closing none would start an event loop at the end of every request.
    app.teardown_appcontext_funcs[:] = [f for f in app.teardown_appcontext_funcs if not iscoroutinefunction(f)]
    with app.app_context():
        database.prepare_engine(db.engine)

    from refurb.accounts.cookies import load_actor
    from refurb.setup import queries as setup_queries

    security.init_app(app, load_actor=load_actor, secure=settings.secure_cookies)
    web.init_app(app)
    app.extensions["refurb.is_demo"] = lambda: setup_queries.setting(get_session(), setup_queries.DEMO, False)
    for area in AREAS:
        _install(app, area)
    _install_api(app)
    _install_jobs(app)
    _install_errors(app)
    return app


def _max_age(filename: str | None) -> int | None:
    return 365 * 24 * 3600 if request.args.get("v") else None


def load_models() -> None:
    """Import every area's models, so that the metadata is whole."""
    for area in (*AREAS, "blobs", "outbox", "tables"):
        _import(f"refurb.{area}.models" if area in AREAS else f"refurb.{area}")


def _import(name: str) -> Any:
    """Import a module that an area may do without; an error inside one that exists is not hidden."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


def _install(app: Flask, area: str) -> None:
    """Register the area's blueprint, and let its `hooks.register(app)` give lower areas what they ask for."""
    views = _import(f"refurb.{area}.views")
    if views is not None:
        app.register_blueprint(views.bp)
    hooks = _import(f"refurb.{area}.hooks")
    if hooks is not None:
        hooks.register(app)


def _install_api(app: Flask) -> None:
    """Register the JSON blueprints, which answer to tokens and so carry no form token."""
    for name in ("refurb.api.v1.views", "refurb.api.protocols.views"):
        module = _import(name)
        if module is not None:
            security.csrf.exempt(module.bp)
            app.register_blueprint(module.bp)


def _install_jobs(app: Flask) -> None:
    """Let the jobs say which kinds of outbox row they carry out."""
    jobs = _import("refurb.jobs.handlers")
    if jobs is not None:
        jobs.register(app)


def _configure_log(settings: Settings) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False)
            if settings.log_json
            else structlog.dev.ConsoleRenderer(colors=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


def _install_errors(app: Flask) -> None:
    """Errors are sentences with an id; the id is in the log."""
    from refurb.api.v1.problems import Problem, of_http

    @app.errorhandler(CSRFError)
    def stale_form(error: CSRFError) -> tuple[str, int]:
        return render_template("errors/stale_form.html"), 400

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response | tuple[str, int]:
        if error.response is not None:
            return cast(Response, error.response)
        if _is_for_programs():
            return of_http(error).answer()
        code = error.code or 500
        known = {400, 401, 403, 404, 405, 409, 410, 413, 422, 429}
        return render_template("errors/http.html", status=code if code in known else 400), code

    @app.errorhandler(OperationalError)
    def crossed(error: OperationalError) -> Response | tuple[str, int]:
        # Two writers that each hold what the other wants: PostgreSQL ends one, which may simply be tried again.
        if type(error.orig).__name__ not in ("DeadlockDetected", "SerializationFailure"):
            return broken(error)
        get_session().rollback()
        return refused(Conflict())

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response | tuple[str, int]:
        error_id = uuid.uuid4().hex[:12]
        log.error("unhandled", error_id=error_id, path=request.path, method=request.method, exc_info=error)
        if app.testing and app.config.get("PROPAGATE_ERRORS", True):
            raise error
        g.pop("demo", None)
        if _is_for_programs():
            return Problem(500, "broken", _("Refurb a rencontré une erreur ; réessayez."), error_id=error_id).answer()
        try:
            get_session().rollback()
            return render_template("errors/broken.html", error_id=error_id), 500
        except Exception as second:
            log.error("error-page", error_id=error_id, exc_info=second)
            return f"Refurb: erreur {error_id}", 500


def _is_for_programs() -> bool:
    """Whether a program asks, which reads problems and no pages."""
    return request.path.startswith("/api/")
