"""`refurb codes read`, as a person or a script calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from refurb.cli.codes import codes
from refurb.core.identity import WhyNot
from refurb.desk.readings import sentences


def run(*arguments: str) -> Result:
    return CliRunner().invoke(codes, ["read", *arguments])


@pytest.mark.parametrize(
    "arguments",
    [["R4900001208"], ["r 4900 0012 08"], ["R", "4900", "0012", "08"], ["R'çàààà&éà_"], ["]C1R4900001208"]],
)
def test_the_code_meant_is_printed_alone(arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "R4900001208\n", "")


def test_two_codes_are_two_lines() -> None:
    assert run("R4900001208R4900001208").stdout == "R4900001208\nR4900001208\n"


@pytest.mark.parametrize("text", ["", "R4900001209", "XR4900001208", "PF0XK9AM", "-è_ç"])
def test_a_text_that_is_none_says_why(text: str) -> None:
    result = run(text)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.strip().endswith(".")


def test_json_says_the_same_to_a_program() -> None:
    answer = json.loads(run("--json", "R'çàààà&éà_").stdout)
    assert answer["codes"] == [{"code": "R4900001208", "display": "R 4900 0012 08", "kind": "device"}]
    assert (answer["keyboard"], answer["why"]) == ("azerty", None)
    result = run("--json", "R4900001209")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["why"] == "wrong-check"


def test_a_stations_affixes_are_options() -> None:
    assert run("--prefix", "S7", "--suffix", "#", "S7R4900001208#").stdout == "R4900001208\n"


def test_every_reason_has_a_sentence_of_its_own() -> None:
    said = sentences(str)
    assert set(said) == set(WhyNot)
    assert len(set(said.values())) == len(said)


def test_the_command_needs_neither_flask_nor_a_database(tmp_path: Path) -> None:
    script = (
        "import sys; from refurb.cli.main import main\n"
        "try: main(['codes', 'read', 'R4900001208'])\n"
        "except SystemExit as end: assert not end.code\n"
        "assert not {'flask', 'sqlalchemy'} & set(sys.modules), 'loaded for nothing'"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "R4900001208\n"
    assert list(tmp_path.iterdir()) == []
