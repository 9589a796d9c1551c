"""What people type about papers."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length


class VoidForm(FlaskForm):
    """Why a paper is cancelled."""

    reason = StringField(
        _l("Pourquoi l'annuler"),
        validators=[InputRequired(_l("Dites pourquoi ce document est annulé.")), Length(max=200)],
        description=_l("Sans nom de personne : la raison reste dans l'historique."),
    )
