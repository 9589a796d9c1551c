"""Whatever a person may be told has a sentence: events, refusals, statuses, roles."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from refurb.core.events import KINDS
from refurb.core.permissions import OrganisationRole, Role
from refurb.paths import PACKAGE

if TYPE_CHECKING:
    from flask import Flask


def test_roles_and_legal_types_have_words(app: Flask) -> None:
    from refurb.accounts.words import ROLES
    from refurb.organisations.models import LegalType, PlaceKind, Trust
    from refurb.organisations.words import LEGAL_TYPES, PLACE_KINDS, TRUST, TRUST_TONES
    from refurb.organisations.words import ROLES as ORGANISATION_ROLES

    assert set(ROLES) == set(Role)
    assert set(ORGANISATION_ROLES) == set(OrganisationRole)
    assert set(LEGAL_TYPES) == set(LegalType)
    assert set(PLACE_KINDS) == set(PlaceKind)
    assert set(TRUST) == set(TRUST_TONES) == set(Trust)


def test_account_refusals_have_sentences() -> None:
    from refurb.organisations.team import REFUSALS

    raised = set()
    tree = ast.parse((PACKAGE / "accounts" / "services.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "AccountRefused":
            assert isinstance(node.args[0], ast.Constant)
            raised.add(node.args[0].value)
    assert raised - {"already-known"} == set(REFUSALS)


def test_every_event_that_is_recorded_is_a_known_kind() -> None:
    """What `record` is called with, wherever it is written out."""
    unknown = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "record"):
                continue
            if len(node.args) >= 4 and isinstance(node.args[3], ast.Constant) and node.args[3].value not in KINDS:
                unknown.add((path.name, node.args[3].value))
    assert unknown == set()


def test_settings_faults_have_sentences() -> None:
    from refurb.cli.application import explain
    from refurb.config import ConfigError

    tree = ast.parse((PACKAGE / "config.py").read_text())
    codes = {
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "ConfigError"
        and isinstance(node.args[0], ast.Constant)
    }
    assert codes
    for code in codes:
        assert code not in explain(ConfigError(code, "REFURB_X")), code
