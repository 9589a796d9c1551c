"""The agent, read as a module."""

from __future__ import annotations

import importlib.machinery
import importlib.util
from typing import Any

import pytest

from tests.agent.hands import AGENT


@pytest.fixture(scope="module")
def agent() -> Any:
    loader = importlib.machinery.SourceFileLoader("refurb_agent", str(AGENT))
    spec = importlib.util.spec_from_loader("refurb_agent", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module
