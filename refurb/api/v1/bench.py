"""The agent at work: it says which question it stands at, and learns whether the bench page answered it."""

from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from refurb.api import stations
from refurb.api.v1.problems import Problem
from refurb.api.v1.views import _station, bp
from refurb.core.checklist import QUESTIONS, Tick
from refurb.core.identity import read as read_code
from refurb.db import get_session
from refurb.devices import report_queries
from refurb.devices.readings.document import parse_json
from refurb.security import public
from refurb.web import absolute_url, now
from refurb.workshop import bench

#: What the agent calls an answer of the checklist.
_ANSWERS = {Tick.OK.value: "ok", Tick.FAILED.value: "failed", Tick.NOT_APPLICABLE.value: "not_tested"}


@bp.post("/bench")
@public("A station's token opens it, as it does for reports")
def post_bench() -> ResponseReturnValue:
    """Note the agent's question, and return what was answered since it was asked."""
    station = _station()
    told = parse_json(stations.body().decode("utf-8", "replace"))
    if not isinstance(told, dict):
        raise Problem(400, "no-object", str(_("Envoyez un objet JSON : report, code, question.")))
    code, report = _text(told, "code"), _text(told, "report")
    session = get_session()
    reading = read_code(code).code if code else None
    device = report_queries.held_device(session, reading, station.organisation_id) if reading else None
    if device is None or report is None:
        raise Problem(404, "no-such-device", str(_("Ce code n'est pas celui d'une machine de votre atelier.")))
    question = QUESTIONS.get(_text(told, "question") or "")
    answer = bench.ask(session, device, report, question, by=station, at=now())
    session.commit()
    page = absolute_url("workshop.bench", code=device.code)
    return jsonify({"device": device.code, "answer": _ANSWERS.get(answer or ""), "url": page})


def _text(told: dict[str, Any], name: str) -> str | None:
    value = told.get(name)
    return value[:64] if isinstance(value, str) and value.strip() else None
