"""The chain, end to end, in a browser the size of a phone, on files of our own making."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.whole import walk_inputs
from tests.whole.small_world import small_world
from tests.whole.walk import Walk, whole

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.enable_socket]


def test_a_machine_goes_from_a_form_to_a_household(tmp_path: Path, browser: Browser) -> None:
    with small_world(tmp_path / "instance") as world:
        walk = Walk(browser, world, print)
        try:
            whole(walk, walk_inputs.make(tmp_path / "inputs"))
        finally:
            walk.close()
