"""What a workshop is asked: the system installed, the control's page, its choices, its catalogue, its places."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from refurb.core.checklist import Tick, points_for
from refurb.core.equipment import NEEDS_CHARGER, Form
from refurb.devices.forms import options, stripped
from refurb.devices.words import GRADES
from refurb.workshop.words import FIRST_BOOTS, POINTS, SECOND_PERSON, STEPS, TICKS


def _number(value: Any) -> int | None:
    return int(value) if value not in (None, "", "None") else None


class InstallForm(FlaskForm):
    """Which system was put on a machine."""

    os_id = RadioField(_l("Système"), coerce=int, validators=[InputRequired(_l("Choisissez le système posé."))])
    first_boot = RadioField(
        _l("Premier démarrage"),
        choices=options(FIRST_BOOTS),
        default="oem",
        validators=[InputRequired()],
    )


class ControlForm(FlaskForm):
    """What every control asks besides its points: the looks, the defects, the charger."""

    grade = RadioField(
        _l("Aspect"),
        choices=options(GRADES),
        validators=[InputRequired(_l("Notez son aspect."))],
    )
    defects = TextAreaField(
        _l("Défauts connus"),
        description=_l("Ce que la personne qui la recevra doit savoir : elle les lira sur sa fiche."),
        filters=[stripped],
        validators=[Length(max=500)],
    )


def control_form(form: Form, *, charger: str | None, ticks: Mapping[str, str] | None = None) -> ControlForm:
    """Return the control's page for a form of machine, each point as a choice of its own named `tick_<code>`."""
    fields: dict[str, Any] = {}
    for point in points_for(form):
        answers = [tick for tick in Tick if tick is not Tick.NOT_APPLICABLE or point.optional]
        fields[f"tick_{point.code}"] = RadioField(
            POINTS[point.code],
            choices=options((tick, TICKS[tick]) for tick in answers),
            default=(ticks or {}).get(point.code),
            validators=[InputRequired(_l("À cocher."))],
        )
    if form in NEEDS_CHARGER:
        fields["charger"] = StringField(
            _l("Chargeur"),
            description=_l(
                "Le connecteur et les watts, par exemple « USB-C 65 W ». Sans lui, elle n'entre pas en stock."
            ),
            default=charger,
            filters=[stripped],
            validators=[Length(max=60)],
        )
    made: ControlForm = type("ControlPage", (ControlForm,), fields)()
    return made


class SettingsForm(FlaskForm):
    """What a workshop chooses."""

    scanned_steps = SelectMultipleField(
        _l("Les étapes que l'atelier scanne"),
        description=_l(
            "Les autres seront déduites de la suivante. L'arrivée, l'effacement, le stock et la sortie restent."
        ),
        choices=options(STEPS),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    second_person = RadioField(
        _l("Le contrôle par une autre personne que l'installation"),
        choices=options(SECOND_PERSON),
        validators=[InputRequired()],
    )
    default_os_id = SelectField(
        _l("Le système que l'atelier pose d'habitude"),
        description=_l("Noté quand l'installation est scannée ou déduite sans autre précision."),
        coerce=_number,
        validators=[Optional()],
    )

    lock_days = IntegerField(
        _l("Jours laissés au donateur pour libérer une machine bloquée"),
        description=_l("Passé ce délai, elle va aux pièces. Une date peut se changer don par don."),
        validators=[
            InputRequired(_l("Donnez un nombre de jours.")),
            NumberRange(min=14, max=365, message=_l("De 14 à 365 jours.")),
        ],
    )


class SystemForm(FlaskForm):
    """One system of the catalogue."""

    name = StringField(
        _l("Nom"), filters=[stripped], validators=[InputRequired(_l("Donnez le nom du système.")), Length(max=100)]
    )
    release = StringField(
        _l("Version"), filters=[stripped], validators=[InputRequired(_l("Donnez la version.")), Length(max=40)]
    )
    family = SelectField(
        _l("Famille"), choices=options({"linux": _l("Linux"), "windows": _l("Windows")}), validators=[InputRequired()]
    )
    end_of_support = DateField(
        _l("Fin des mises à jour"),
        description=_l("Passé ce jour, les machines qui le portent sont à rappeler."),
        validators=[Optional()],
    )
    is_offered = BooleanField(_l("Proposé à l'installation"), default=True)


class PlaceForm(FlaskForm):
    """Shelves to add, one a line."""

    names = TextAreaField(
        _l("Noms des places"),
        description=_l("Une par ligne, par exemple « A1 ». Chacune reçoit un code à coller sur l'étagère."),
        filters=[stripped],
        validators=[InputRequired(_l("Donnez au moins un nom.")), Length(max=2000)],
    )
