"""The server killed while four people scan: what was acknowledged is there, once. The long form: scripts/check-kill."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from refurb.core.scanning import COMMANDS
from tests.desk.killed import Server, check, scan_through_kills, shares
from tests.desk.served import furnish

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

pytestmark = pytest.mark.slow


def test_no_acknowledged_scan_is_lost_when_the_server_is_killed(
    fresh_app: Flask, tmp_path: Path, socket_enabled: None
) -> None:
    desk = furnish(fresh_app, 60)
    chance = random.Random(49)
    texts = shares(desk.codes, 4, COMMANDS["inventory"].code, chance)
    crowd, kills = scan_through_kills(desk, Server(desk, tmp_path, workers=1), texts, (15, 40), chance=chance)
    assert {answer for answer, _at in crowd.acknowledged.values()} == {"done"}
    check(desk, crowd, kills)
