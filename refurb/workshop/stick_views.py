"""How a stick is made: the steps, the agent and its settings, ready to copy; once printed it needs no network."""

import hashlib
import io
import json
import zipfile

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField, SubmitField
from wtforms.validators import InputRequired, Length

from refurb.accounts import services as accounts
from refurb.core.permissions import Permission
from refurb.db import get_session
from refurb.devices.forms import stripped
from refurb.paths import agent_file
from refurb.security import actor, public, requires
from refurb.web import now, public_address
from refurb.workshop.views import bp, own

AGENT, SETTINGS = "refurb-agent", "refurb-agent.json"


class StickForm(FlaskForm):
    """The name of the stick, which the reports it brings will carry."""

    name = StringField(
        _l("Nom de la clé ou du poste"),
        description=_l("Écrivez-le aussi sur la clé, par exemple « Clé 1 » : perdue, on saura laquelle couper."),
        filters=[stripped],
        validators=[InputRequired(_l("Donnez un nom à cette clé.")), Length(max=100)],
    )
    show = SubmitField(_l("Créer les réglages"))
    zip = SubmitField(_l("Créer et tout télécharger (zip)"))


def _page(form: StickForm, *, settings: str | None = None) -> str:
    raw = agent_file().read_bytes()
    return render_template(
        "workshop/stick.html",
        form=form,
        settings=settings,
        server=public_address(""),
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        AGENT=AGENT,
        SETTINGS=SETTINGS,
    )


@bp.route("/stick", methods=["GET"])
@requires(Permission.DEVICE_CHANGE_STATUS, Permission.TOKEN_MANAGE)
def stick() -> ResponseReturnValue:
    """How a stick is made, and what it carries."""
    return _page(StickForm(formdata=None))


@bp.get("/stick/refurb-agent")
@public("the agent is free software and holds no secret: a bench fetches it by its address")
def agent() -> ResponseReturnValue:
    """Give the agent itself."""
    answer = Response(agent_file().read_bytes(), mimetype="text/x-python")
    answer.headers["Content-Disposition"] = f'attachment; filename="{AGENT}"'
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.post("/stick")
@requires(Permission.TOKEN_MANAGE)
def make_stick() -> ResponseReturnValue:
    """Make the token of a stick; the answer is the only one that ever shows it."""
    form = StickForm()
    if not form.validate():
        return _page(form), 422
    session = get_session()
    _station, token = accounts.create_station(
        session, name=form.name.data or "", organisation_id=own(), by=actor(), at=now()
    )
    told = {"server": public_address(""), "token": token, "station": form.name.data}
    settings = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    session.commit()
    if form.zip.data:
        answer = Response(_zip(settings), mimetype="application/zip")
        answer.headers["Content-Disposition"] = 'attachment; filename="cle-refurb.zip"'
    else:
        answer = Response(_page(StickForm(formdata=None), settings=settings), mimetype="text/html")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _zip(settings: str) -> bytes:
    """Return the agent, its settings and how to start it, as a folder to unpack on a stick."""
    how = _(
        "1. Démarrez la machine sur un Linux de secours (SystemRescue).\n"
        "2. mkdir -p /mnt/refurb && mount LABEL=REFURB /mnt/refurb\n"
        "3. python3 /mnt/refurb/refurb-agent\n"
        "   Pour effacer aussi les disques : python3 /mnt/refurb/refurb-agent --wipe\n"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        moment = now().timetuple()[:6]
        for name, data, mode in (
            (AGENT, agent_file().read_bytes(), 0o755),
            (SETTINGS, settings.encode(), 0o600),
            ("LISEZ-MOI.txt", how.encode(), 0o644),
        ):
            entry = zipfile.ZipInfo(name, moment)
            entry.external_attr = mode << 16
            book.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
