"""What is asked about machines, their disks, their sets and what goes with them."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    FloatField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from refurb.core.workflow import Action
from refurb.devices.models import MediumKind
from refurb.devices.stock import PARTS
from refurb.devices.words import (
    CONNECTORS,
    FORMS,
    GRADES,
    MEDIUM_KINDS,
    METHODS,
    OUTCOMES,
    STOCK_KINDS,
    TRIAGES,
)


def options(words: Mapping[Any, Any] | Iterable[tuple[Any, Any]], none: Any = None) -> list[SelectChoice]:
    """Return the choices of a field from values and their words; `none` is the word of the empty one, first."""
    pairs = words.items() if isinstance(words, Mapping) else words
    empty = [SelectChoice("", none)] if none is not None else []
    return [*empty, *(SelectChoice(getattr(value, "value", value), word) for value, word in pairs)]


def stripped(value: str | None) -> str | None:
    """Return the text without its outer blanks."""
    return value.strip() if value else value


def _number(value: Any) -> int | None:
    return int(value) if value not in (None, "", "None") else None


class MoveForm(FlaskForm):
    """One move, with what it asks: an outcome for the sorting table, a motive for what is out of the ordinary."""

    action = HiddenField()
    outcome = RadioField(
        _l("Que faire d'elle ?"),
        choices=options(TRIAGES),
        validators=[Optional()],
        validate_choice=False,
    )
    motive = StringField(_l("Motif"), filters=[stripped], validators=[Length(max=300)])

    def wanted(self) -> Action | None:
        """Return the action asked for, None for a text that names none."""
        try:
            return Action(str(self.action.data))
        except ValueError:
            return None


class EditForm(FlaskForm):
    """What is written of a machine."""

    form = SelectField(_l("Sorte"), choices=options(FORMS), validators=[InputRequired()])
    maker = StringField(_l("Marque"), filters=[stripped], validators=[Length(max=100)])
    model = StringField(_l("Modèle"), filters=[stripped], validators=[Length(max=200)])
    serial = StringField(
        _l("Numéro de série"),
        description=_l("Tel qu'il est gravé ou collé ; « To be filled by O.E.M. » et ses semblables ne comptent pas."),
        filters=[stripped],
        validators=[Length(max=100)],
    )
    alias = StringField(
        _l("Autre numéro"),
        description=_l("Un numéro d'inventaire du donateur ou une ancienne étiquette, que la douchette reconnaîtra."),
        filters=[stripped],
        validators=[Length(max=100)],
    )
    place_id = SelectField(_l("Place"), coerce=_number, validators=[Optional()])
    screen_in = FloatField(
        _l("Écran"), validators=[Optional(), NumberRange(3, 60, _l("Donnez la diagonale en pouces, entre 3 et 60."))]
    )
    cosmetic_grade = SelectField(
        _l("Aspect"),
        choices=options(GRADES, _l("Pas encore noté")),
        validators=[Optional()],
    )
    defects = TextAreaField(
        _l("Défauts connus"),
        description=_l("Ce que la personne qui la recevra doit savoir : elle les lira sur sa fiche."),
        filters=[stripped],
        validators=[Length(max=500)],
    )


class ChargerForm(FlaskForm):
    """Which charger goes with the machine: one from the shelf, or one that came with it."""

    stock_id = SelectField(_l("Chargeur"), coerce=_number, validators=[Optional()])
    connector = SelectField(_l("Connecteur"), choices=options(CONNECTORS, _l("Choisir")), validators=[Optional()])
    watts = IntegerField(
        _l("Puissance"), validators=[Optional(), NumberRange(1, 500, _l("Donnez des watts, entre 1 et 500."))]
    )


class MediumForm(FlaskForm):
    """A disk found in a machine."""

    kind = SelectField(
        _l("Sorte"),
        choices=options(MEDIUM_KINDS),
        default=MediumKind.SSD.value,
        validators=[InputRequired()],
    )
    maker = StringField(_l("Marque"), filters=[stripped], validators=[Length(max=100)])
    model = StringField(_l("Modèle"), filters=[stripped], validators=[Length(max=200)])
    serial = StringField(_l("Numéro de série du disque"), filters=[stripped], validators=[Length(max=100)])
    size_gb = IntegerField(
        _l("Capacité"),
        validators=[Optional(), NumberRange(1, 100_000, _l("Donnez des gigaoctets, entre 1 et 100 000."))],
    )


#: A wipe that did not end, as the entry by hand says it: a failure of the run, and the disk is wiped again.
INTERRUPTED = "interrupted"


class WipeForm(FlaskForm):
    """The outcome of a wipe, entered by hand."""

    outcome = RadioField(
        _l("Résultat"),
        choices=[*options(OUTCOMES), SelectChoice(INTERRUPTED, _l("Interrompu, à recommencer"))],
        validators=[InputRequired(_l("Choisissez le résultat."))],
    )
    method = SelectField(_l("Méthode"), choices=options(METHODS), validators=[InputRequired()])
    tool = StringField(_l("Outil et version"), filters=[stripped], validators=[Length(max=100)])
    ended_at = DateTimeLocalField(
        _l("Fin de l'effacement"),
        description=_l("Laissez vide si c'est maintenant."),
        format="%Y-%m-%dT%H:%M",
        validators=[Optional()],
    )
    reason = StringField(_l("Quelle réserve, ou quel échec ?"), filters=[stripped], validators=[Length(max=300)])


class ReasonForm(FlaskForm):
    """A deed on a disk that asks why or how."""

    reason = StringField(_l("Raison"), filters=[stripped], validators=[Length(max=300)])


class PutInForm(FlaskForm):
    """Into which machine a loose disk goes."""

    code = StringField(
        _l("Code de la machine"),
        filters=[stripped],
        validators=[InputRequired(_l("Scannez la machine.")), Length(max=60)],
    )


class SetForm(FlaskForm):
    """What goes with a base unit."""

    monitor = StringField(
        _l("Code de l'écran"),
        description=_l("Scannez son étiquette. Laissez vide si l'écran n'en a pas."),
        filters=[stripped],
        validators=[Length(max=60)],
    )
    has_monitor = BooleanField(_l("Un écran sans étiquette l'accompagne"))
    has_keyboard = BooleanField(_l("Clavier"))
    has_mouse = BooleanField(_l("Souris"))
    has_cables = BooleanField(_l("Câbles : secteur et vidéo"))


class StockForm(FlaskForm):
    """A new line of what is counted."""

    kind = SelectField(_l("Quoi"), choices=options(STOCK_KINDS), validators=[InputRequired()])
    detail = StringField(
        _l("Précision"),
        description=_l("Par exemple « DDR4 8 Go » ; pour un chargeur, le connecteur et les watts suffisent."),
        filters=[stripped],
        validators=[Length(max=100)],
    )
    connector = SelectField(
        _l("Connecteur du chargeur"), choices=options(CONNECTORS, _l("Sans objet")), validators=[Optional()]
    )
    watts = IntegerField(
        _l("Puissance"), validators=[Optional(), NumberRange(1, 500, _l("Donnez des watts, entre 1 et 500."))]
    )
    place_id = SelectField(_l("Place"), coerce=_number, validators=[Optional()])
    quantity = IntegerField(
        _l("Combien"),
        validators=[
            InputRequired(_l("Dites combien.")),
            NumberRange(0, 100_000, _l("Donnez un nombre, zéro ou plus.")),
        ],
    )


class PartForm(FlaskForm):
    """Parts that go between the shelf and a machine."""

    stock_id = SelectField(_l("Pièce"), coerce=_number, validators=[InputRequired(_l("Choisissez la pièce."))])
    way = RadioField(
        _l("Sens"),
        choices=options({"fit": _l("De l'étagère à la machine"), "salvage": _l("De la machine à l'étagère")}),
        default="fit",
        validators=[InputRequired()],
    )
    quantity = IntegerField(
        _l("Combien"),
        default=1,
        validators=[InputRequired(_l("Dites combien.")), NumberRange(1, 50, _l("Entre 1 et 50."))],
    )


class MovePartForm(FlaskForm):
    """A part taken from another machine."""

    code = StringField(
        _l("Machine d'où vient la pièce"),
        filters=[stripped],
        validators=[InputRequired(_l("Scannez l'étiquette de cette machine.")), Length(max=60)],
    )
    kind = SelectField(
        _l("Pièce"),
        choices=options((kind, STOCK_KINDS[kind]) for kind in PARTS),
        validators=[InputRequired()],
    )
    detail = StringField(
        _l("Laquelle"), description=_l("Par exemple « DDR4 8 Go »."), filters=[stripped], validators=[Length(max=100)]
    )
    serial = StringField(_l("Son numéro de série"), filters=[stripped], validators=[Length(max=100)])
    quantity = IntegerField(
        _l("Combien"),
        default=1,
        validators=[InputRequired(_l("Dites combien.")), NumberRange(1, 50, _l("Entre 1 et 50."))],
    )
