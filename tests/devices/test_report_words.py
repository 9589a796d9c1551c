"""Every code that a reader, or the agent on its stick, can write has its sentence."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from refurb.devices import report_words

ROOT = Path(__file__).parents[2]
READERS = sorted((ROOT / "refurb" / "devices" / "readings").glob("*.py"))
#: Words of that shape which are no reason: kinds of hardware, what dmidecode asks, a tool's name, a line of the log.
NOT_REASONS = {
    *("card-reader", "disc-drive", "not-a-disk", "usb-storage", "workbench-script", "report-not-read"),
    *("chassis-type", "processor-version", "baseboard-serial-number"),
    *("system-manufacturer", "system-product-name", "system-serial-number", "system-uuid", "system-version"),
}
#: The ways of wiping, and a part of a command, which the agent names beside its reasons.
METHODS = {"nvme-sanitize", "nvme-format", "secure-erase", "sanitize-log"}
#: How the agent says that a command of the wipe did not go well.
STATUSES = ("absent", "refused", "failed", "timeout")


def codes(tree: ast.AST) -> set[str]:
    """Return what a source holds that is written like a code: words with hyphens, or a word and ": "."""
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    said = (re.match(r"([a-z]+(?:-[a-z]+)+)(?::|$)|([a-z]+): ", text) for text in texts if isinstance(text, str))
    return {found[1] or found[2] for found in said if found}


@pytest.mark.parametrize("path", READERS, ids=lambda path: str(path.name))
def test_every_code_of_a_reader_has_its_sentence(path: Path) -> None:
    spoken = {*report_words.REASONS, *report_words.UNREADABLE, *NOT_REASONS}
    assert codes(ast.parse(path.read_text())) - spoken == set()


def test_the_codes_are_found() -> None:
    found = set().union(*(codes(ast.parse(path.read_text())) for path in READERS))
    assert {"hidden-area-not-checked", "errors", "status", "worn", "newer-schema", "firmware-lock"} <= found
    assert found >= NOT_REASONS - {"usb-storage"}


def test_every_reason_of_the_agent_has_its_sentence() -> None:
    tree = ast.parse((ROOT / "scripts" / "refurb-agent").read_text())
    wiping = [
        codes(node)
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name in ("wipe", "wait_for_sanitize")
    ]
    assert len(wiping) == 2
    said = set().union(*wiping)
    assert {"data-still-there", "overwrite-on-solid-state", "no-log"} <= said
    assert said - METHODS - set(report_words.REASONS) == set()
    assert {f"command-{status}" for status in STATUSES} <= set(report_words.REASONS)
    assert {"aborted", "failed"} <= set(report_words.REASONS)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("failed", "L'outil annonce un échec."),
        ("/dev/sda: worn: 93 %", "/dev/sda : Usure du SSD : 93 %"),
        # Workbench names its disks by their model.
        ("EMTEC X150: reallocated-sectors: 7", "EMTEC X150 : Secteurs remplacés : 7"),
        ("?: smart-failed", "? : Le disque annonce sa panne."),
        (
            "host: hwmon: to the kernel: 100% done",
            "Remarque sur le poste d'effacement : hwmon: to the kernel: 100% done",
        ),
        ("status: unknown", "L'outil conclut par un mot inconnu : unknown"),
        ("Disque qui claque : à jeter", "Disque qui claque : à jeter"),
    ],
)
def test_a_reason_is_a_sentence(code: str, said: str) -> None:
    assert re.sub("[\u00a0\u202f]", " ", report_words.reason(code)) == said
