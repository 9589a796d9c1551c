"""What the agents of other projects expect to hear, in their own words; nothing of Flask but the answer itself."""

import gzip
import json
import zlib
from typing import Any

from flask import Response
from flask_babel import gettext as _

#: How many hours until the agent asks again; it is run by hand on a bench, so this hardly matters.
EVERY_HOURS = 24
SEND = f"<REPLY><PROLOG_FREQ>{EVERY_HOURS}</PROLOG_FREQ><RESPONSE>SEND</RESPONSE></REPLY>"
#: Spelt in two tags: the XML reader of FusionInventory takes <REPLY/> for no reply at all.
TAKEN = "<REPLY></REPLY>"
#: OCS Inventory's own agents look for a word.
TAKEN_OCS = "<REPLY><RESPONSE>NO_ACCOUNT_UPDATE</RESPONSE></REPLY>"
OK: dict[str, Any] = {"status": "ok", "expiration": EVERY_HOURS}


def xml(text: str, *, like: bytes) -> Response:
    """Return an XML answer, compressed as the question `like` was."""
    raw = b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode()
    if like[:2] == b"\x1f\x8b":
        return Response(gzip.compress(raw, mtime=0), content_type="application/x-compress-gzip")
    if like[:1] == b"\x78" and not like.lstrip().startswith(b"<"):
        return Response(zlib.compress(raw), content_type="application/x-compress-zlib")
    return Response(raw, content_type="application/xml; charset=utf-8")


def as_json(value: dict[str, Any], status: int = 200) -> Response:
    """Return a JSON answer, with its accents as they are: operators read it in a terminal."""
    return Response(json.dumps(value, ensure_ascii=False), status=status, content_type="application/json")


def sentence(text: str, status: int) -> Response:
    """Return a refusal in one sentence: these agents print the body, or the status alone."""
    return Response(text + "\n", status=status, content_type="text/plain; charset=utf-8")


def refused(scheme: str) -> Response:
    """Return the 401 that names what to send. Agents take what follows "Basic" to the last quote for the realm."""
    text = _("Ce poste n'a pas de jeton valable : demandez-en un nouveau dans les réglages de l'atelier.")
    answer = sentence(text, 401)
    answer.headers["WWW-Authenticate"] = f'{scheme} realm="refurb"'
    return answer
