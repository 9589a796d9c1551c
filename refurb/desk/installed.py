"""The desk as an installed page: its manifest, and the worker that lets it start without network."""

import hashlib
import json
from functools import cache

from flask import Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from refurb.desk.offline import FILES, PAGES
from refurb.desk.pages import bp
from refurb.paths import asset_dir
from refurb.security import public
from refurb.web import asset


@bp.get("/sw.js")
@public("the browser fetches it by itself, and it names static files only")
def service_worker() -> ResponseReturnValue:
    """The worker, with the list of what it keeps; its version changes with any of these files."""
    text = (asset_dir("static") / "js" / "service-worker.js").read_text(encoding="utf-8")
    told = {
        "version": _version(),
        "files": [url_for("static", filename=name) for name in FILES],
        "pages": {address: url_for(endpoint) for address, endpoint in PAGES.items()},
    }
    answer = Response(f"const KEPT = {json.dumps(told)};\n{text}", mimetype="text/javascript")
    # Asked again at each start: an old worker would keep an old desk.
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.after_app_request
def _say_release(response: Response) -> Response:
    """Say of which release a page to keep is: without network, files of another would not start it."""
    if request.endpoint in PAGES.values():
        response.headers["Refurb-Release"] = _version()
    return response


@cache
def _version() -> str:
    digest = hashlib.sha256(repr((FILES, PAGES)).encode())
    for name in (*FILES, "js/service-worker.js"):
        digest.update((asset_dir("static") / name).read_bytes())
    return digest.hexdigest()[:16]


@bp.get("/manifest.webmanifest")
@public("the browser fetches it by itself")
def manifest() -> ResponseReturnValue:
    """What the browser shows of the installed desk."""
    answer = jsonify(
        id="/scan",
        name=_("Refurb, scanner"),
        short_name="Refurb",
        start_url=url_for("desk.scan"),
        scope="/",
        display="standalone",
        background_color="#f7f2e8",
        theme_color="#1c5a43",
        icons=[{"src": asset("icons/favicon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    )
    answer.mimetype = "application/manifest+json"
    return answer
