"""The sources as a whole: templates compile, imports go the right way, commands are documented."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
import sqlalchemy as sa

from refurb.app import AREAS
from refurb.cli.main import COMMANDS, cli
from refurb.paths import PACKAGE, asset_dir

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

ROOT = Path(__file__).parents[2]
#: The order of style.md section 1, from what knows nobody to what knows all.
ORDER = AREAS
LEAVES = {"views", "forms", "api", "jobs", "cli", "hooks"}
#: The solver's modules, the one exception of the core: they load it inside their functions.
SOLVER = {"core/assignment.py", "core/flow.py", "core/kinds.py", "core/reasons.py", "core/stages.py"}


def modules() -> Iterator[tuple[Path, ast.Module]]:
    """Yield every module of the package, parsed."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if "translations" not in path.parts and "versions" not in path.parts:
            yield path, ast.parse(path.read_text())


def imported(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """Yield (module imported, whether only for its types)."""
    typed = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in typed
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module, id(node) in typed
            for alias in node.names:
                yield f"{node.module}.{alias.name}", id(node) in typed


def test_the_core_imports_the_standard_library_and_itself() -> None:
    wrong = []
    for path, tree in modules():
        where = path.relative_to(PACKAGE).as_posix()
        if not where.startswith("core/"):
            continue
        inside = {
            name
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for name, _ in imported(function)
        }
        for name, _ in imported(tree):
            top = name.split(".")[0]
            if where in SOLVER and top in ("numpy", "ortools") and name in inside:
                continue
            if not (top in sys.stdlib_module_names or name.startswith("refurb.core") or name == "refurb"):
                wrong.append(f"{where} imports {name}")
    assert wrong == []


def test_the_core_runs_without_flask_or_a_database() -> None:
    names = [f"refurb.core.{path.stem}" for path in (PACKAGE / "core").glob("*.py") if path.stem != "__init__"]
    code = (
        f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\n"
        "bad = {'flask', 'sqlalchemy', 'ortools', 'werkzeug'} & set(sys.modules)\nassert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_an_area_imports_those_above_it() -> None:
    """Models, queries and services know the areas above; leaves may know any, and nobody imports a leaf."""
    wrong = []
    for path, tree in modules():
        parts = path.relative_to(PACKAGE).parts
        area, stem = parts[0], path.stem
        if area not in ORDER or stem in LEAVES or stem == "jobs":
            continue
        for name, typed in imported(tree):
            bits = name.split(".")
            if typed or bits[0] != "refurb" or len(bits) < 2 or bits[1] not in ORDER or bits[1] == area:
                continue
            if ORDER.index(bits[1]) > ORDER.index(area) and stem in ("models", "queries", "services"):
                wrong.append(f"{'/'.join(parts)} imports {name}, which stands below it")
    assert wrong == []


def test_services_neither_commit_nor_know_requests() -> None:
    wrong = []
    for path, tree in modules():
        if path.stem not in ("services", "queries", "models"):
            continue
        where = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(tree):
            commits = isinstance(node, ast.Call) and ast.unparse(node.func).endswith("session.commit")
            # Rendering is the worker's own act: it ends the transaction before it sets the type.
            if commits and where != "documents/services.py":
                wrong.append(f"{where} commits")
        for name, _ in imported(tree):
            if (
                name in ("flask.request", "flask.render_template", "flask.redirect")
                and where != "documents/services.py"
            ):
                wrong.append(f"{where} imports {name}")
    assert wrong == []


def test_packages_are_empty() -> None:
    full = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("__init__.py")
        if path.read_text().strip() and path != PACKAGE / "__init__.py"
    ]
    assert full == []


def test_every_template_compiles(app: Flask) -> None:
    for path in sorted(asset_dir("templates").rglob("*.*")):
        name = path.relative_to(asset_dir("templates")).as_posix()
        app.jinja_env.get_template(name)


def test_templates_name_endpoints_that_exist(app: Flask) -> None:
    known = set(app.view_functions)
    wrong = []
    for path in sorted(asset_dir("templates").rglob("*.html")):
        area = path.relative_to(asset_dir("templates")).parts[0]
        for name in re.findall(r"(?:url_for|link)\(\s*[\"']([\w.]+)[\"']", path.read_text()):
            full = f"{area}{name}" if name.startswith(".") else name
            if full not in known:
                wrong.append(f"{path.name}: {full}")
    assert wrong == []


def test_templates_have_no_inline_style_or_handler() -> None:
    wrong = [
        f"{path.name}: {found}"
        for path in sorted(asset_dir("templates").rglob("*.html"))
        for found in re.findall(r"\s(?:style|on[a-z]+)=\"", path.read_text())
    ]
    assert wrong == []


def commands(group: click.Command, path: str = "refurb") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its full name."""
    yield path, group
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            yield from commands(command, f"{path} {name}")


def test_every_command_explains_itself_and_is_documented() -> None:
    text = (ROOT / "docs" / "commands.md").read_text()
    for path, command in commands(cli):
        assert command.help, f"{path} has no help"
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{path} {parameter.opts} has no help"
    assert [name for name in COMMANDS if f"`refurb {name}" not in text] == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_needs_no_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--help` answers on a machine where nothing is set up, and on one where it is set up wrongly."""
    from click.testing import CliRunner

    monkeypatch.setenv("DATABASE_URL", "nonsense://")
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0, result.output


def test_settings_are_documented() -> None:
    """Each variable that the program reads has its row, and each row a variable."""
    read = set(re.findall(r"\"(REFURB_[A-Z_]+)\"", (PACKAGE / "config.py").read_text())) | {"REFURB_LANG"}
    told = set(re.findall(r"`(REFURB_[A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text()))
    assert read <= told, read - told
    assert told <= read | {"REFURB_INSTANCE"}, told - read


def test_every_icon_and_script_that_pages_name_is_there(app: Flask) -> None:
    missing = [
        name
        for path in asset_dir("templates").rglob("*.html")
        for name in re.findall(r"asset\(\"([^\"{]+)\"\)", path.read_text())
        if not (asset_dir("static") / name).is_file()
    ]
    assert missing == []


def _kept(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what a module evaluates for several threads: outside its functions, and in those whose answer is kept."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or any("cache" in ast.unparse(one) for one in node.decorator_list):
            yield from ast.walk(node)


def test_an_alias_that_several_threads_share_is_made_whole() -> None:
    """One that is completed at its first use gives wrong SQL for good when two threads come first (db.shared_alias)."""
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path, tree in modules()
        for node in _kept(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {"aliased", "with_polymorphic"}
    ]
    assert not found, f"made by aliased(), not by shared_alias(): {found}"


def test_a_shared_alias_leaves_nothing_to_its_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.sql.base import WriteableColumnCollection

    from refurb.db import shared_alias
    from refurb.devices.models import StorageMedium

    alias = shared_alias(StorageMedium)

    def completed(columns: object) -> None:
        raise AssertionError("its index of columns is made only now")

    monkeypatch.setattr(WriteableColumnCollection, "_init_proxy_index", completed)
    columns = str(sa.select(alias.id, alias.serial_key, alias.held_since)).partition("FROM")[0]
    assert re.fullmatch(r"SELECT (storage_medium_1\.\w+(, )?\s*){3}", columns), columns
