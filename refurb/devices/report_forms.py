"""What is asked about reports: the files, and the machine they are of."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import MultipleFileField, StringField
from wtforms.validators import InputRequired, Length, ValidationError


class UploadForm(FlaskForm):
    """One or more reports."""

    files = MultipleFileField(
        _l("Relevés et journaux"),
        description=_l("Les fichiers de lshw, de nwipe, de smartctl ou d'un agent d'inventaire, plusieurs à la fois."),
        render_kw={"multiple": True},
    )

    def validate_files(self, field: Any) -> None:
        """At least one file with a name."""
        if not any(file and getattr(file, "filename", "") for file in field.data or ()):
            raise ValidationError(_l("Choisissez au moins un fichier."))


class WhichDeviceForm(FlaskForm):
    """The label of the machine that a report is of."""

    code = StringField(
        _l("Code de la machine"),
        validators=[InputRequired(_l("Scannez ou tapez le code de la machine.")), Length(max=60)],
        description=_l("Scannez l'étiquette, ou tapez le code."),
    )
