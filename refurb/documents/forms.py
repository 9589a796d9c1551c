"""What people type about papers."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField
from wtforms.validators import InputRequired, Length


class FileForm(FlaskForm):
    """A paper as a file, from anybody who wants to know whether it is the one that was issued."""

    file = FileField(
        _l("Le fichier PDF"),
        description=_l("Il est comparé, puis oublié : rien n'en est gardé."),
        validators=[FileRequired(_l("Choisissez le fichier à vérifier."))],
    )


class VoidForm(FlaskForm):
    """Why a paper is cancelled."""

    reason = StringField(
        _l("Pourquoi l'annuler"),
        validators=[InputRequired(_l("Dites pourquoi ce document est annulé.")), Length(max=200)],
        description=_l("Sans nom de personne : la raison reste dans l'historique."),
    )
