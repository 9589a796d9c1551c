"""Errors of the API as RFC 9457 problems: a type that programs read, a sentence that people read."""

import json
from typing import Any

from flask import Response
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException


class Problem(Exception):
    """A refusal with its status and stable code; `title` is a sentence that says what to do."""

    def __init__(self, status: int, code: str, title: str, **more: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.title, self.more = status, code, title, more

    def answer(self) -> Response:
        """Return the problem+json answer; a 401 names the scheme, so that a client knows what to send."""
        body = {"type": f"urn:refurb:problem:{self.code}", "title": self.title, "status": self.status, **self.more}
        answer = Response(
            json.dumps(body, ensure_ascii=False), status=self.status, content_type="application/problem+json"
        )
        if self.status == 401:
            answer.headers["WWW-Authenticate"] = 'Bearer realm="refurb"'
        return answer


def of_http(error: HTTPException) -> Problem:
    """Return the problem of an error that Werkzeug raised."""
    sentences = {
        400: _("La demande est mal formée."),
        404: _("Cette adresse n'existe pas."),
        405: _("Cette adresse ne se demande pas ainsi."),
        413: _("Le fichier est trop gros pour un relevé."),
        415: _("Ce type de contenu n'est pas accepté."),
    }
    status = error.code or 500
    return Problem(status, f"http-{status}", str(sentences.get(status, _("La demande n'a pas abouti."))))
