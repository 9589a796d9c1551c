"""What people type about a fault."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional

from refurb.aftersales import words
from refurb.core.aftersales import Fault
from refurb.core.privacy import find


def _no_person(_form: FlaskForm, field: Any) -> None:
    if find(field.data or ""):
        raise ValidationError(_("On dirait un nom, un numéro ou une adresse. Retirez-le."))


class TicketForm(FlaskForm):
    """What is wrong, and whether the machine stays here."""

    code = HiddenField()
    fault = RadioField(
        _l("Qu'est-ce qui ne va pas ?"),
        choices=[SelectChoice(fault.value, words.FAULTS[fault]) for fault in Fault],
        validators=[InputRequired(_l("Dites ce qui ne va pas."))],
    )
    description = TextAreaField(
        _l("En deux mots"),
        description=_l("Ce que la personne a vu ou fait. Sans nom : l'atelier lit ce texte."),
        validators=[Optional(), Length(max=500), _no_person],
    )
    comes_back = BooleanField(_l("La personne laisse la machine ici"))


class ChargerForm(FlaskForm):
    """Which charger is given, and from which stock."""

    line = SelectField(_l("Pris dans le stock"), coerce=int)
    charger = StringField(
        _l("Quel chargeur"),
        description=_l("Comme « USB-C 65 W ». Vérifiez la prise et la puissance sous la machine."),
        validators=[InputRequired(_l("Dites quel chargeur est donné.")), Length(max=60)],
    )


class CloseForm(FlaskForm):
    """How it ended."""

    outcome = RadioField(
        _l("Comment ça s'est terminé"), validators=[InputRequired(_l("Dites comment ça s'est terminé."))]
    )
    part = StringField(_l("Pièce changée"), validators=[Optional(), Length(max=100), _no_person])
