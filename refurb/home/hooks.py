"""What the frame of every page asks of the application."""

from typing import Any

from flask import Flask, current_app, url_for


def link(endpoint: str, **values: Any) -> str:
    """Return the address of a page, or "/" where this instance does not carry its area."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else "/"


def register(app: Flask) -> None:
    """Give the templates `link`."""
    app.jinja_env.globals |= {"link": link}
