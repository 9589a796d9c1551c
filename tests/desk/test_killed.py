"""The server killed while four people scan: what was acknowledged is there, once. The long form: scripts/check-kill."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refurb.core.scanning import COMMANDS
from tests.desk.killed import Server, check, scan_through_kills, shares
from tests.desk.served import furnish

if TYPE_CHECKING:
    from flask import Flask

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_no_acknowledged_scan_is_lost_when_the_server_is_killed(
    fresh_app: Flask, tmp_path: Path, socket_enabled: None
) -> None:
    desk = furnish(fresh_app, 60)
    chance = random.Random(49)
    texts = shares(desk.codes, 4, COMMANDS["inventory"].code, chance)
    crowd, kills = scan_through_kills(desk, Server(desk, tmp_path, workers=1), texts, (15, 40), chance=chance)
    assert {answer for answer, _at in crowd.acknowledged.values()} == {"done"}
    check(desk, crowd, kills)


#: Starts a thing in a group of its own, as Server does, guards it, says so, and waits to be killed.
PARENT = """
import subprocess, sys, time
from tests.guard import Guard
thing = subprocess.Popen(["sleep", "600"], start_new_session=True, stdout=sys.stdout)
guard = Guard(f"kill -9 -{thing.pid}")
print(thing.pid, flush=True)
time.sleep(600)
"""


def test_what_is_guarded_ends_with_who_started_it() -> None:
    """Killed -9, nobody cleans up: the guard does."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    thing = int(parent.stdout.readline())
    os.kill(thing, 0)
    parent.send_signal(signal.SIGKILL)
    # The thing holds the pipe of its starter's words too: it ends with it.
    assert parent.communicate(timeout=60)[0] == b""
    assert parent.returncode == -signal.SIGKILL
