"""The desk as an installed page: its manifest, and the worker that lets it start without network."""

import hashlib
import json
from functools import cache

from flask import Response, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from refurb.desk.offline import FILES, PAGES
from refurb.desk.pages import bp
from refurb.paths import asset_dir
from refurb.security import public
from refurb.web import asset

#: Drawn by scripts/make-icons: name, sizes, type, purpose.
ICONS = (
    ("favicon.svg", "any", "image/svg+xml", "any"),
    ("icon-192.png", "192x192", "image/png", "any"),
    ("icon-512.png", "512x512", "image/png", "any"),
    ("icon-maskable-512.png", "512x512", "image/png", "maskable"),
)


@bp.get("/sw.js")
@public("the browser fetches it by itself, and it names static files only")
def service_worker() -> ResponseReturnValue:
    """The worker, with the list of what it keeps; its version changes with any of these files."""
    text = (asset_dir("static") / "js" / "service-worker.js").read_text(encoding="utf-8")
    told = {
        "version": _version(),
        "files": [url_for("static", filename=name) for name in FILES],
        "pages": {address: url_for(endpoint) for address, endpoint in PAGES.items()},
        "nowhere": url_for("desk.no_network"),
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
    digest.update((asset_dir("templates") / "desk" / "no_network.html").read_bytes())
    return digest.hexdigest()[:16]


@bp.get("/no-network")
@public("the browser keeps it to show it without network, and it says nothing of anybody")
def no_network() -> ResponseReturnValue:
    """What stands in for a page that needs the network: the way back to those that do not."""
    words = {"/scan": (_("Revenir au scanner"), "upc-scan"), "/needs/new": (_("Saisir une demande"), "pencil-square")}
    links = [
        {"url": address, "kept": url_for(endpoint), "label": words[address][0], "icon": words[address][1]}
        for address, endpoint in PAGES.items()
    ]
    return render_template("desk/no_network.html", links=links)


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
        background_color="#faf6ee",
        theme_color="#faf6ee",
        icons=[
            {"src": asset(f"icons/{name}"), "sizes": sizes, "type": kind, "purpose": purpose}
            for name, sizes, kind, purpose in ICONS
        ],
    )
    answer.mimetype = "application/manifest+json"
    return answer
