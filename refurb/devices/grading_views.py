"""Classes of processors and what each profile asks: read by workshops, changed by the coordination with a motive."""

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from refurb import json_guard
from refurb.accounts import queries as accounts
from refurb.core.grading_tables import CPU_KIND, CRITERIA, KINDS, PROFILE_KIND, TableFault, plain_pattern
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.devices import grading, report_words
from refurb.devices.grading import GradingRefused
from refurb.security import actor, requires
from refurb.web import now

bp = Blueprint("grading", __name__, url_prefix="/grading")

#: The most that a previewed table weighs on its way back to be adopted.
LARGEST = 300_000

TABLES = {PROFILE_KIND: _l("Ce que demande chaque profil"), CPU_KIND: _l("Classes des processeurs")}
CRITERIA_WORDS = {
    "class": _l("Classe"),
    "ram_gb": _l("Mémoire (Go)"),
    "storage_gb": _l("SSD (Go)"),
    "screen_in": _l("Écran (pouces)"),
    "battery_pct": _l("Batterie (pour cent)"),
}
SCALES = {
    "core": _l("Core i5, i7, i9 et Xeon, par génération"),
    "core-i3": _l("Core i3, par génération"),
    "ryzen": _l("Ryzen, par milliers"),
}
REFUSALS = {
    "unchanged": _l("Rien n'a changé dans cette table."),
    "motive-missing": _l("Dites pourquoi la table change."),
    "not-the-latest": _l("Quelqu'un a changé cette table entre-temps : repartez de la version en vigueur."),
    "not-a-table": _l("Cette table ne se lit pas : reprenez depuis la page de modification."),
    "wrong-profiles": _l("Les profils sont P0 à P6, dans cet ordre."),
    "wrong-minimum": _l("Un minimum n'est pas un nombre possible : %(where)s."),
    "wrong-forms": _l("Un profil n'a pas de forme de machine : %(where)s."),
    "wrong-class": _l("Une classe va de 0 à 5 : %(where)s."),
    "wrong-scale": _l(
        "Une échelle s'écrit « 5:1, 7:2, 999:5 », générations croissantes, classes de 0 à 5 : %(where)s."
    ),
    "wrong-pattern": _l("Ce nom ne permet pas de reconnaître un processeur : %(where)s."),
    "too-many": _l("Il faut une famille au moins, et pas plus de trois cents."),
}


@bp.get("")
@requires(Permission.DEVICE_READ, Permission.NEED_ARBITRATE)
def index() -> ResponseReturnValue:
    """Both tables in force, and their versions with who changed them and why."""
    session = get_session()
    history = {kind: grading.history(session, kind) for kind in KINDS}
    authors = {version.adopted_by for versions in history.values() for version in versions if version.adopted_by}
    return render_template(
        "grading/index.html",
        history=history,
        names=accounts.names(session, authors),
        profiles=history[PROFILE_KIND][0].content["profiles"],
        cpus=history[CPU_KIND][0].content,
        TABLES=TABLES,
        CRITERIA=CRITERIA_WORDS,
        SCALES=SCALES,
        profile_word=report_words.profile,
    )


@bp.route("/<any('profiles', 'cpu-classes'):kind>", methods=["GET", "POST"])
@requires(Permission.NEED_ARBITRATE)
def edit(kind: str) -> ResponseReturnValue:
    """Change a table; what is typed is shown at work on the stock before anything is adopted."""
    session = get_session()
    version = grading.in_force(session, kind)
    typed: Mapping[str, str] = request.form if request.method == "POST" else {}
    refusal = None
    if request.method == "POST":
        motive = typed.get("motive", "").strip()[:1000]
        try:
            content = _profiles(version.content, typed) if kind == PROFILE_KIND else _cpus(version.content, typed)
            if not motive:
                raise GradingRefused("motive-missing")
            return _preview(kind, content, after=version.number, motive=motive)
        except (GradingRefused, TableFault) as refused:
            refusal = _sentence(refused)
    body = render_template(
        "grading/edit.html",
        kind=kind,
        version=version,
        typed=typed,
        posted=request.method == "POST",
        refusal=refusal,
        TABLES=TABLES,
        CRITERIA=CRITERIA_WORDS,
        SCALES=SCALES,
        scale_text=_scale_text,
        profile_word=report_words.profile,
    )
    return body, 422 if refusal else 200


@bp.post("/<any('profiles', 'cpu-classes'):kind>/adopt")
@requires(Permission.NEED_ARBITRATE)
def adopt(kind: str) -> ResponseReturnValue:
    """Put a previewed table in force; the worker grades the stock anew."""
    session = get_session()
    text, after, motive = request.form.get("content", ""), request.form.get("after", ""), request.form.get("motive", "")
    if len(text) > LARGEST or not re.fullmatch(r"[0-9]{1,6}", after):
        abort(400)
    try:
        content = json_guard.loads(text)
    except ValueError:
        abort(400)
    if not isinstance(content, dict):
        abort(400)
    try:
        version = grading.adopt(session, kind, content, after=int(after), motive=motive[:1000], by=actor(), at=now())
    except GradingRefused as refused:
        session.rollback()
        flash(_sentence(refused), "refused")
        return redirect(url_for(".edit", kind=kind), 303)
    session.commit()
    flash(_("La version %(number)s est en vigueur ; les machines sont reclassées.", number=version.number), "done")
    return redirect(url_for(".index"), 303)


def _preview(kind: str, content: dict[str, Any], *, after: int, motive: str) -> ResponseReturnValue:
    found = grading.preview(get_session(), kind, content)
    return render_template(
        "grading/preview.html",
        kind=kind,
        found=found,
        after=after,
        motive=motive,
        content=json.dumps(content, ensure_ascii=False),
        TABLES=TABLES,
        profile_word=report_words.profile,
    )


def _sentence(refused: GradingRefused | TableFault) -> str:
    return str(REFUSALS[refused.code]) % {"where": refused.where}


def _profiles(old: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
    content: dict[str, Any] = copy.deepcopy(dict(old))
    for profile in content["profiles"]:
        code = profile["code"]
        minima = {}
        for criterion in CRITERIA:
            text = typed.get(f"{code}.{criterion}", "").strip()
            if text:
                minima[criterion] = _number(text, "wrong-minimum", f"{code} {criterion}")
        profile["minima"], profile["webcam"] = minima, f"{code}.webcam" in typed
    return content


def _cpus(old: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
    content: dict[str, Any] = copy.deepcopy(dict(old))
    kept = []
    for place, family in enumerate(content["families"]):
        key = "cls" if family.get("scale") is None else "under"
        family[key] = _number(typed.get(f"f{place}.{key}", "").strip(), "wrong-class", family["name"])
        if f"f{place}.drop" not in typed:
            kept.append(family)
    content["scales"] = {name: _steps(name, typed.get(f"scale.{name}", "")) for name in content["scales"]}
    name = typed.get("new.name", "").strip()[:80]
    if name:
        words = typed.get("new.words", "").strip()[:80] or name
        # The first family that matches decides, so that a new one stands before what it is taken from.
        kept.insert(
            0,
            {
                "name": name,
                "pattern": plain_pattern(words),
                "cls": _number(typed.get("new.cls", "").strip(), "wrong-class", name),
                "cores": _number(typed.get("new.cores", "").strip() or "0", "wrong-class", name),
            },
        )
    content["families"] = kept
    return content


def _steps(name: str, text: str) -> list[list[int]]:
    steps = [part.split(":") for part in text.replace(" ", "").split(",") if part]
    if not steps or not all(len(step) == 2 for step in steps):
        raise GradingRefused("wrong-scale", str(SCALES.get(name, name)))
    return [[_number(part, "wrong-scale", str(SCALES.get(name, name))) for part in step] for step in steps]


def _scale_text(steps: list[list[int]]) -> str:
    return ", ".join(f"{upto}:{cls}" for upto, cls in steps)


def _number(text: str, code: str, where: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise GradingRefused(code, where)
    return int(text)
