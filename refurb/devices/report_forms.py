"""What is asked about reports: the files, and the machine they are of."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage
from wtforms import MultipleFileField, StringField
from wtforms.validators import InputRequired, Length, ValidationError


class UploadForm(FlaskForm):
    """One or more reports."""

    files = MultipleFileField(
        _l("Relevés et journaux"),
        description=_l(
            "Les fichiers de lshw, de nwipe, de smartctl ou d'un agent d'inventaire, plusieurs à la fois, ou un zip."
        ),
        render_kw={"multiple": True},
    )
    folder = MultipleFileField(
        _l("Ou tout un dossier"),
        description=_l("Le dossier des relevés de la clé : chaque fichier est lu, et rangé avec sa machine."),
        render_kw={"multiple": True, "webkitdirectory": True},
    )

    def validate_files(self, field: Any) -> None:
        """At least one file with a name."""
        if not self.chosen():
            raise ValidationError(_l("Choisissez au moins un fichier."))

    def chosen(self) -> list[FileStorage]:
        """Return the files that have a name, of both fields: a browser sends an empty part for the one left alone."""
        both = [*(self.files.data or ()), *(self.folder.data or ())]
        return [item for item in both if isinstance(item, FileStorage) and item.filename]


class WhichDeviceForm(FlaskForm):
    """The label of the machine that a report is of."""

    code = StringField(
        _l("Code de la machine"),
        validators=[InputRequired(_l("Scannez ou tapez le code de la machine.")), Length(max=60)],
        description=_l("Scannez l'étiquette, ou tapez le code."),
    )
