"""What the frame of every page asks of the application."""

from typing import Any

from flask import Flask, current_app, has_request_context, request, url_for


def link(endpoint: str, **values: Any) -> str:
    """Return the address of a page, or "/" where this instance does not carry its area."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else "/"


def max_age(filename: str | None) -> int | None:
    """Return how long a browser keeps a static file: for ever under its fingerprint, else only after asking again.

    Modules that import each other, and fonts named by a stylesheet, have no fingerprint in their address.
    """
    kept: int | None = current_app.config["SEND_FILE_MAX_AGE_DEFAULT"]
    return kept if has_request_context() and request.args.get("v") else None


def register(app: Flask) -> None:
    """Give the templates `link`, and static files their age."""
    app.jinja_env.globals |= {"link": link}
    app.get_send_file_max_age = max_age  # type: ignore[method-assign]  # Flask documents it as the hook
