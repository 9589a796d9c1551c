"""Where templates and static files lie: beside the package in a checkout, inside it in an installed wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def asset_dir(name: str) -> Path:
    """Return the folder of `templates` or `static`; raises FileNotFoundError when neither place has it."""
    for candidate in (PACKAGE / name, PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(name)


def agent_file() -> Path:
    """Return the agent that workshops copy on their sticks; raises FileNotFoundError when neither place has it."""
    for candidate in (PACKAGE / "agent" / "refurb-agent", PACKAGE.parent / "scripts" / "refurb-agent"):
        if candidate.is_file():
            return candidate
    raise FileNotFoundError("refurb-agent")
