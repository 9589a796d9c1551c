"""The forms of imports."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField


class FileForm(FlaskForm):
    """A file of existing records."""

    file = FileField(_l("Le fichier"), description=_l("XLSX, XLS, ODS ou CSV ; la première ligne nomme les colonnes."))


class StockForm(FileForm):
    """Existing stock: the controller may answer for the media."""

    attested = BooleanField(
        _l(
            "J'atteste, comme contrôleur, que les disques des lignes qui portent une date et une méthode d'effacement "
            "ont été effacés ainsi"
        )
    )
