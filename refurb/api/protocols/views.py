"""The addresses that other projects' agents post to, each in its own protocol; what comes is a report like any other.

FusionInventory, OCS and GLPI agents: XML, compressed or not, a PROLOG and then the inventory; or GLPI's own JSON, a
"contact" and then the inventory. They send Basic credentials once asked: any name, the station's token as password.
eReuse Workbench: the snapshot as JSON with a Bearer token; it prints what the answer holds.
"""

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from refurb.api import stations
from refurb.api.protocols import answers
from refurb.api.v1.problems import of_http
from refurb.db import get_session
from refurb.devices import reports
from refurb.devices.models import Report
from refurb.devices.readings.document import Document
from refurb.devices.readings.facts import node, words
from refurb.devices.readings.reading import Unreadable
from refurb.security import public
from refurb.web import absolute_url, now, zone

bp = Blueprint("protocols", __name__)

#: Where these agents send by themselves when they are given a bare host, and where GLPI has them send.
INVENTORY = (
    "/inventory",
    "/ocsinventory",
    "/front/inventory.php",
    "/plugins/fusioninventory",
    "/plugins/glpiinventory",
    "/marketplace/glpiinventory",
)
#: Where DeviceHub, of today and of before, took snapshots: a key needs a new host and token, nothing else.
SNAPSHOT = ("/api/v1/snapshot", "/api/snapshot", "/api/inventory")
#: A message of more bytes is no greeting: it is not taken apart twice.
_LONGEST_PROLOG = 16_384


@bp.errorhandler(HTTPException)
def refused(error: HTTPException) -> Response:
    """Answer what Werkzeug refuses in one sentence."""
    return answers.sentence(of_http(error).title, error.code or 500)


def inventory() -> ResponseReturnValue:
    """Speak with an inventory agent: say that its inventory is wanted, or take it."""
    try:
        station = stations.station()
    except stations.TokenRefused:
        return answers.refused("Basic")
    raw = stations.body()
    if not raw.strip():
        return answers.sentence(_("Le relevé est vide : refaites-le."), 400)
    asked = _asked(raw)
    if asked == "PROLOG":
        return answers.xml(answers.SEND, like=raw)
    if asked == "contact":
        return answers.as_json(answers.OK)
    reports.arrive(get_session(), raw, by=station, at=now(), zone=zone())
    if asked == "json":
        return answers.as_json(answers.OK)
    ocs = "OCS" in request.headers.get("User-Agent", "")
    return answers.xml(answers.TAKEN_OCS if ocs else answers.TAKEN, like=raw)


def _asked(raw: bytes) -> str:
    """Return what a message is: "PROLOG", "contact", "json" for another of GLPI's own, "xml" for all the rest."""
    try:
        document = Document(raw)
        if len(raw) > _LONGEST_PROLOG:
            return "json" if (document.text or "").lstrip("\ufeff \t\r\n").startswith("{") else "xml"
        if document.xml is not None:
            query = (document.xml.get("QUERY") or "").upper() if document.xml.name == "REQUEST" else ""
            return query if query == "PROLOG" else "xml"
        action = node(document.json).get("action")
        return "contact" if action == "contact" else "json" if isinstance(document.json, dict) else "xml"
    except (Unreadable, ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
        return "xml"


def snapshot() -> ResponseReturnValue:
    """Take a snapshot of Workbench; the machine's code and address go back to its screen."""
    try:
        station = stations.station()
    except stations.TokenRefused:
        return answers.refused("Bearer")
    raw = stations.body()
    if not raw.strip():
        return answers.sentence(_("Le relevé est vide : refaites-le."), 400)
    report = reports.arrive(get_session(), raw, by=station, at=now(), zone=zone()).report
    return answers.as_json(_told(report))


def _told(report: Report) -> dict[str, object]:
    """Return what Workbench prints: the code of the machine, and the page that its QR code leads to."""
    sender = words((report.reading or {}).get("sender_id"))
    page = absolute_url("reports.evidence", sender_id=sender) if sender else absolute_url("reports.index")
    machine = report.device
    return {
        "status": "success",
        "dhid": machine.code if machine is not None else None,
        "url": absolute_url("devices.show", code=machine.code) if machine is not None else page,
        "public_url": page,
    }


_OPEN = public("A station's token opens it, looked at below: an agent's own protocol, no cookie and no page")
for _view, _addresses in ((inventory, INVENTORY), (snapshot, SNAPSHOT)):
    for _n, _address in enumerate(_addresses):
        _name = f"{_view.__name__}_{_n}"
        bp.add_url_rule(_address, _name, _OPEN(_view), methods=["POST"], strict_slashes=False)
