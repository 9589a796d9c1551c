"""What the bench page asks: ticks, photos, what is looked at on a telephone, the reset, the locks."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, MultipleFileField
from wtforms import DateField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from refurb.core.checklist import Tick, points_for
from refurb.core.equipment import Form
from refurb.core.locks import LockKind
from refurb.core.pocket import RESETS
from refurb.devices.forms import options, stripped
from refurb.workshop import words
from refurb.workshop.letters import NAMES

#: What a telephone's browser sends of a photo; asking for these makes an iPhone turn its own format into JPEG.
PHOTOS = "image/jpeg,image/png,image/webp"


class CodeForm(FlaskForm):
    """A machine, scanned or typed."""

    code = StringField(
        _l("Étiquette, numéro de série ou IMEI"),
        filters=[stripped],
        validators=[InputRequired(_l("Scannez ou tapez un code.")), Length(max=200)],
    )


def ticks_form(form: Form, ticks: Mapping[str, str]) -> FlaskForm:
    """Return the checklist of a form of machine, each point a choice that may wait."""
    fields: dict[str, Any] = {}
    for point in points_for(form):
        answers = [tick for tick in Tick if tick is not Tick.NOT_APPLICABLE or point.optional]
        fields[f"tick_{point.code}"] = RadioField(
            words.POINTS[point.code],
            choices=options((tick, words.TICKS[tick]) for tick in answers),
            default=ticks.get(point.code),
            validate_choice=False,
        )
    made: FlaskForm = type("BenchTicks", (FlaskForm,), fields)()
    return made


class PhotosForm(FlaskForm):
    """Photos of a defect."""

    photos = MultipleFileField(
        _l("Photos"), description=_l("Prenez-les en dix secondes : le téléphone ouvre son appareil photo.")
    )
    note = StringField(
        _l("Ce qu'on y voit"),
        description=_l("Par exemple « coin fêlé, sans gêne ». Pas de nom de personne."),
        filters=[stripped],
        validators=[Length(max=200)],
    )


class PocketForm(FlaskForm):
    """What is looked at on a tablet or a telephone only."""

    imei = StringField(
        _l("IMEI"),
        description=_l("Tapez *#06# sur l'appareil, ou scannez son étiquette. Une tablette sans SIM n'en a pas."),
        filters=[stripped],
        validators=[Length(max=40)],
    )
    imei2 = StringField(_l("Second IMEI"), filters=[stripped], validators=[Length(max=40)])
    account = RadioField(_l("Qui la retient encore"), choices=options(words.ACCOUNTS), validate_choice=False)
    operator_locked = RadioField(
        _l("Bloquée sur un opérateur"), choices=options(words.THREE), default="", validate_choice=False
    )
    cards_removed = RadioField(
        _l("Carte SIM et carte mémoire enlevées"), choices=options(words.THREE), default="", validate_choice=False
    )


class ResetForm(FlaskForm):
    """The reset that somebody attests."""

    method = RadioField(
        _l("Comment"),
        choices=options((code, words.RESETS[code]) for code in RESETS),
        validators=[InputRequired(_l("Dites comment elle a été remise à zéro."))],
    )
    photo = FileField(
        _l("Photo du premier écran"),
        description=_l("L'écran d'accueil d'une machine neuve (« Bonjour », choix de la langue), l'étiquette à côté."),
    )


class LockForm(FlaskForm):
    """What holds a machine."""

    kinds = SelectMultipleField(
        _l("Ce qui la bloque"),
        choices=options((kind, NAMES[kind]) for kind in LockKind),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        validators=[InputRequired(_l("Dites ce qui la bloque, ou « verrou non identifié »."))],
    )
    motive = TextAreaField(
        _l("Précision"),
        description=_l("Ce que montre l'écran, par exemple le nom de l'organisation."),
        filters=[stripped],
        validators=[Length(max=300)],
    )


class PartsDateForm(FlaskForm):
    """Another date for a giver."""

    parts_on = DateField(_l("Attendre jusqu'au"), validators=[InputRequired(_l("Donnez une date."))])
