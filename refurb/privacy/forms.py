"""Forms of privacy: the case asked for, what is put right, the private label."""

from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from refurb.core.needs import Accompaniment, Answers, Connectivity, Equipment
from refurb.needs import words
from refurb.privacy.labels import LONGEST


def _choice(cls: type[StrEnum], table: dict[Any, Any], label: Any) -> SelectField:
    choices = [SelectChoice("", _l("Non dit")), *(SelectChoice(code.value, word) for code, word in table.items())]
    return SelectField(
        label, choices=choices, coerce=lambda value: cls(value) if value else None, validators=[Optional()]
    )


class AskForm(FlaskForm):
    """The case number, as it is on the person's slip."""

    code = StringField(
        _l("Numéro de dossier"), validators=[InputRequired(_l("Donnez le numéro de la fiche.")), Length(max=40)]
    )


class CorrectForm(FlaskForm):
    """Facts about the household that may be put right at any time."""

    persons = IntegerField(_l("Personnes qui s'en serviront"), validators=[Optional(), NumberRange(1, 20)])
    pupils = IntegerField(_l("dont élèves"), validators=[Optional(), NumberRange(0, 20)])
    equipment = _choice(Equipment, words.EQUIPMENT, _l("Équipement actuel"))
    connectivity = _choice(Connectivity, words.CONNECTIVITY, _l("Connexion"))
    accompaniment = _choice(Accompaniment, words.ACCOMPANIMENT, _l("Accompagnement"))

    def take(self, answers: Answers) -> None:
        """Show what is kept today."""
        for field in self:
            if field.name != "csrf_token":
                field.data = getattr(answers, field.name)

    def values(self) -> dict[str, Any]:
        """Return what was typed, by answer."""
        return {field.name: field.data for field in self if field.name != "csrf_token"}


class LabelForm(FlaskForm):
    """The private label of a case."""

    label = StringField(_l("Étiquette privée"), validators=[Length(max=LONGEST)])
