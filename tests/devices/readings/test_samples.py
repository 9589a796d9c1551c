"""Every report under REFURB_SAMPLES is read as its folder says; where the variable is not set there is no such test."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from refurb.devices.readings.registry import read
from refurb.devices.readings.summary import as_json

FOLDERS = {
    "lshw": {"lshw"},
    "smartctl": {"smartctl"},
    "nwipe": {"nwipe"},
    "ereuse": {"workbench"},
    "agents": {"fusioninventory", "ocs", "glpi"},
}
ROOT = os.environ.get("REFURB_SAMPLES")
FILES = [
    pytest.param(path, formats, id=path.name)
    for folder, formats in FOLDERS.items()
    for path in (sorted((Path(ROOT) / folder).glob("*")) if ROOT else [])
]


if FILES:

    @pytest.mark.parametrize(("path", "formats"), FILES)
    def test_a_sample_is_read(path: Path, formats: set[str]) -> None:
        found = as_json(read(path.read_bytes()))
        assert found["format"] in formats
        assert found["cpu"] or found["media"] or found["wipes"]
        json.dumps(found, allow_nan=False)
