"""The API: reports come in, with a station's token; a program's token asks where a machine stands."""

from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from refurb.api import stations
from refurb.api.v1 import openapi
from refurb.api.v1.problems import Problem, of_http
from refurb.core.identity import CodeKind, kind_of
from refurb.core.identity import read as read_code
from refurb.core.permissions import Scope
from refurb.db import get_session
from refurb.devices import queries as device_queries
from refurb.devices import report_queries, reports
from refurb.devices.models import Device, Report
from refurb.security import Actor, public
from refurb.web import absolute_url, now, zone

bp = Blueprint("api_v1", __name__, url_prefix="/api/v1")


@bp.errorhandler(Problem)
def problem(error: Problem) -> Response:
    """Answer a refusal as a problem."""
    return error.answer()


@bp.errorhandler(HTTPException)
def http_problem(error: HTTPException) -> Response:
    """Answer what Werkzeug refuses as a problem too: a program reads no page."""
    return of_http(error).answer()


@bp.get("/openapi.json")
@public("The description of the interface, for who writes a client")
def openapi_document() -> ResponseReturnValue:
    """The OpenAPI document."""
    return jsonify(openapi.document(absolute_url("home.index").rstrip("/") or "/"))


@bp.post("/reports")
@public("A station's token opens it, looked at below: no cookie, no page, a 401 that is JSON")
def post_report() -> ResponseReturnValue:
    """Keep one report, read it, say what became of it."""
    station = _station()
    raw, file_name = _body()
    arrival = reports.arrive(
        get_session(), raw, by=station, at=now(), zone=zone(), file_name=file_name, device=_device(station)
    )
    return jsonify(told(arrival.report)), 200 if arrival.known else 201


@bp.get("/devices/<code>")
@public("A program's token opens it, looked at below: no cookie, no page, a 401 that is JSON")
def get_device(code: str) -> ResponseReturnValue:
    """Tell where a machine of the token's organisation stands."""
    program = _station(Scope.DEVICES_READ)
    read = read_code(code[:60]).code
    found = device_queries.by_code(get_session(), read, seen_by=program) if read is not None else None
    if found is None:
        raise Problem(404, "no-such-device", str(_("Ce code n'est pas celui d'une machine de votre atelier.")))
    return jsonify(
        {
            "code": found.code,
            "form": found.form.value,
            "maker": found.maker,
            "model": found.model,
            "serial": found.serial,
            "status": found.status.value,
            "status_since": found.status_since.isoformat(),
            "place": found.place.code if found.place is not None else None,
            "profiles": found.profiles,
        }
    )


def told(report: Report) -> dict[str, Any]:
    """Return a report as the interface tells it."""
    return {
        "id": report.id,
        "sha256": report.raw_sha256,
        "format": report.format,
        "device": report.device.code if report.device is not None else None,
        "doubt": report.doubt,
        "warnings": (report.reading or {}).get("warnings", []),
    }


def _station(scope: Scope = Scope.REPORTS_WRITE) -> Actor:
    """Return the station whose token the request bears, if the token opens `scope`.

    A wrong token is a 401 with a sentence, whatever its shape; one for something else a 403.
    """
    try:
        return stations.station(scope)
    except stations.ScopeMissing as refusal:
        title = _("Ce jeton n'ouvre pas cela : il lui manque la portée « %(scope)s ».", scope=scope.value)
        raise Problem(403, "scope-missing", title) from refusal
    except stations.TokenRefused as refusal:
        title = _("Ce poste n'a pas de jeton valable : demandez-en un nouveau dans les réglages de l'atelier.")
        raise Problem(401, "token-refused", title) from refusal


def _body() -> tuple[bytes, str | None]:
    """Return the bytes and their name, from a form's file or from the body itself."""
    name = request.args.get("filename")
    if request.mimetype == "multipart/form-data":
        request.max_content_length = stations.MAX_BYTES
        file = next((file for file in request.files.values() if file), None)
        if file is None:
            raise Problem(400, "no-file", str(_("Joignez le relevé dans le champ « file ».")))
        return file.read(), name or file.filename
    raw = stations.body()
    if not raw:
        raise Problem(400, "empty", str(_("Le relevé est vide : refaites-le.")))
    return raw, name


def _device(station: Actor) -> Device | None:
    """Return the machine whose code was scanned at the bench, None when none was."""
    text = request.args.get("code", "").strip()
    if not text:
        return None
    code = read_code(text[:60]).code
    found = None
    if code is not None and kind_of(code) is CodeKind.DEVICE:
        found = report_queries.held_device(get_session(), code, station.organisation_id)
    if found is None:
        raise Problem(404, "no-such-device", str(_("Ce code n'est pas celui d'une machine de votre atelier.")))
    return found


# The route of the agent at work is on the same blueprint, in a module of its own.
from refurb.api.v1 import bench  # noqa: E402, F401 - it adds its route to `bp`
