"""A server of the application for a browser of the tests, on a port of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, make_server

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask import Flask


def serve(app: Flask, port: int = 0) -> BaseWSGIServer:
    """Return a server that answers each request in a thread of its own; 0 takes any free port.

    Answers are read whole before they are written: where a browser hangs up in the middle of a file, Werkzeug's server
    would not close it, and the warning would fall on whatever test runs when it is found.
    """

    def whole(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = app(environ, start_response)
        try:
            return [b"".join(answer)]
        finally:
            if hasattr(answer, "close"):
                answer.close()

    return make_server("127.0.0.1", port, whole, threaded=True)
