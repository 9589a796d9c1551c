"""`refurb serve` as a person starts it: the code in the terminal, the pages, and an end that leaves nobody behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.web_server import keep_port

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_an_empty_instance_opens_its_first_page(tmp_path: Path) -> None:
    with keep_port() as door:
        _visit(tmp_path, door.getsockname()[1])


def _visit(tmp_path: Path, port: int) -> None:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("REFURB_", "DATABASE_URL"))}
    environment = kept | {"REFURB_INSTANCE": str(tmp_path / "instance"), "PYTHONUNBUFFERED": "1"}
    log = tmp_path / "log"
    command = [sys.executable, "-m", "refurb", "serve", "--with-worker", "--port", str(port)]
    with (
        log.open("w") as out,
        subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment) as server,
    ):
        try:
            deadline = time.monotonic() + 240
            while f":{port}" not in log.read_text() and time.monotonic() < deadline and server.poll() is None:
                time.sleep(0.2)
            said = log.read_text()
            assert re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", said), said
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as page:
                assert page.url.endswith("/setup")
                assert "Première mise en route" in page.read().decode()
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60) as ready:
                assert b'"migrations"' in ready.read()
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                assert server.wait(timeout=240) == 0, log.read_text()
            finally:
                server.kill()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=2)
    assert "Traceback" not in log.read_text()
