"""A server of the application for a browser of the tests, on a port of this machine."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

from werkzeug.serving import ThreadedWSGIServer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask import Flask

#: How long a request that is under way may take to end, in seconds: generous, for a machine may have much else to do.
PATIENCE = 300


class Server(ThreadedWSGIServer):
    """Answers each request in a thread of its own. Once it is closed, none is left at work in the application.

    Werkzeug's own would leave them behind: a browser that goes in the middle of a page, or asks for one more file,
    would have the application open a connection after the test has closed all of them, and the warning would fall on
    whatever test runs when it is found. For the same reason answers are read whole before they are written: where a
    browser hangs up in the middle of a file, nobody would close it.
    """

    def __init__(self, app: Flask, port: int) -> None:
        self._flask = app
        self._door = threading.Condition()
        self._inside = 0
        self._open = True
        super().__init__("127.0.0.1", port, self._answer)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._door:
            if not self._open:
                raise ConnectionAbortedError("the server is closed: to the browser, nobody answers")
            self._inside += 1
        try:
            answer = self._flask(environ, start_response)
            try:
                return [b"".join(answer)]
            finally:
                if hasattr(answer, "close"):
                    answer.close()
        finally:
            with self._door:
                self._inside -= 1
                self._door.notify_all()

    def server_close(self) -> None:
        """Let nobody in any more, and wait for those who are."""
        super().server_close()
        with self._door:
            self._open = False
            assert self._door.wait_for(lambda: not self._inside, PATIENCE), "a request does not end"


def serve(app: Flask, port: int = 0) -> Server:
    """Return a server of `app`; 0 takes any free port."""
    return Server(app, port)


def keep_port() -> socket.socket:
    """Return a socket that keeps a port of this machine as long as it is open, for servers that come and go on it.

    Bound and not listening: whoever asks there is refused, nobody else is given the port, and a server that says
    SO_REUSEADDR, as all of ours do, may listen on it.
    """
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    return kept
