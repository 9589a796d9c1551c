"""A page that teaches how to set a scan gun, tries it, and remembers what it adds."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from refurb.core.gun import trial
from refurb.core.permissions import Permission
from refurb.core.scanning import TEST_CODE
from refurb.desk.pages import LONGEST_AFFIX, affixes, bp
from refurb.labels.svg import symbols_of
from refurb.security import requires

LAYOUTS = {
    "azerty": _l("Le scanner croit taper sur un clavier américain (QWERTY), l'ordinateur est en AZERTY."),
    "azerty-be-mac": _l("Le scanner croit taper sur un clavier américain, l'ordinateur est en AZERTY belge ou Mac."),
    "qwerty": _l("Le scanner est réglé pour un clavier AZERTY, l'ordinateur est en QWERTY."),
    "qwerty-uk": _l("Le scanner est réglé pour un clavier AZERTY, l'ordinateur est en QWERTY britannique."),
}


@bp.route("/scan/gun", methods=["GET", "POST"])
@requires(Permission.SCAN)
def gun() -> ResponseReturnValue:
    """Try the gun on a code of known text: what arrived, character by character, and what it means."""
    arrived = request.form.get("arrived", "")[:200] if request.method == "POST" else ""
    tried = trial(arrived, TEST_CODE) if arrived.strip() else None
    prefix, suffix = affixes()
    return render_template(
        "desk/gun.html",
        code=TEST_CODE,
        symbols=symbols_of(TEST_CODE),
        arrived=arrived,
        characters=[(c if c.isprintable() and c != " " else f"U+{ord(c):04X}") for c in arrived],
        tried=tried,
        keyboard=LAYOUTS.get(tried.layout or "") if tried else None,
        prefix=prefix,
        suffix=suffix,
        longest=LONGEST_AFFIX,
    )
