"""What people type when they agree on a time, and at the desk."""

import re
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from refurb.core.equipment import Mode
from refurb.core.handover import Accessory, ReturnMotive, Signature, Witness
from refurb.core.privacy import find
from refurb.handover import words
from refurb.handover.services import Terms
from refurb.web import zone


def cents(text: str | None) -> int | None:
    """Return an amount typed in euros, with a comma or a point, as cents; None for nothing. Raises ValueError."""
    folded = re.sub(r"[\s\u00a0\u202f€]", "", text or "").replace(",", ".")
    if not folded:
        return None
    try:
        amount = Decimal(folded)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not amount.is_finite() or not 0 <= amount <= 100_000 or amount != amount.quantize(Decimal("0.01")):
        raise ValueError(text)
    return int(amount * 100)


def _amount(_form: FlaskForm, field: Any) -> None:
    try:
        cents(field.data)
    except ValueError:
        raise ValidationError(_("Écrivez un montant en euros, comme 42 ou 42,50.")) from None


class PlanForm(FlaskForm):
    """Where and when."""

    place = SelectField(
        _l("Lieu de remise"), coerce=int, validators=[InputRequired(_l("Choisissez le lieu de remise."))]
    )
    day = DateField(_l("Jour"), validators=[InputRequired(_l("Choisissez le jour, comme 24/11/2026."))])
    hour = TimeField(_l("Heure"), validators=[InputRequired(_l("Choisissez l'heure, comme 14:30."))])

    @property
    def starts_at(self) -> datetime:
        """The time agreed, in the zone of the instance."""
        assert self.day.data is not None
        assert self.hour.data is not None
        return datetime.combine(self.day.data, self.hour.data, zone())

    def propose(self, at: datetime) -> None:
        """Begin with tomorrow at 10, on a working day."""
        day = at.astimezone(zone()).date() + timedelta(days=1)
        while day.weekday() > 4:
            day += timedelta(days=1)
        self.day.data = day
        self.hour.data = time(10)


class DeskForm(FlaskForm):
    """How the machine on the counter is handed over."""

    scanned = HiddenField()
    mode = RadioField(_l("Mode de remise"), validators=[InputRequired(_l("Choisissez le mode de remise."))])
    price = StringField(_l("Prix payé, en euros"), validators=[Optional(), _amount, Length(max=12)])
    loan_until = DateField(_l("Prêtée jusqu'au"), validators=[Optional()])
    deposit = StringField(_l("Dépôt de garantie, en euros"), validators=[Optional(), _amount, Length(max=12)])
    accessories = SelectMultipleField(
        _l("Ce qui part avec elle"),
        choices=[SelectChoice(each.value, words.ACCESSORIES[each]) for each in Accessory],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    contact_name = StringField(
        _l("Qui appeler en cas de panne"),
        description=_l("Un accueil ou un prénom de l'atelier : c'est écrit sur la feuille de la personne."),
        validators=[InputRequired(_l("Dites qui appeler en cas de panne.")), Length(max=100)],
    )
    contact_phone = StringField(
        _l("À quel numéro"), validators=[InputRequired(_l("Donnez le numéro à appeler.")), Length(max=30)]
    )
    accompaniment = TextAreaField(
        _l("Accompagnement proposé"),
        description=_l("Où et quand apprendre à s'en servir, comme « le jeudi à 14 h au centre social ». Sans nom."),
        validators=[Optional(), Length(max=300)],
    )
    signature = RadioField(
        _l("Comment c'est signé"),
        choices=[SelectChoice(each.value, words.SIGNATURES[each]) for each in Signature],
        validators=[InputRequired(_l("Dites comment la remise est signée."))],
    )
    witness = SelectField(
        _l("En présence de"),
        choices=[
            SelectChoice("", _l("Personne d'autre")),
            *(SelectChoice(each.value, words.WITNESSES[each]) for each in Witness),
        ],
        validators=[Optional()],
    )
    language = SelectField(
        _l("Langue des papiers"), choices=[SelectChoice("fr", _l("Français")), SelectChoice("en", _l("Anglais"))]
    )

    def validate_accompaniment(self, field: Any) -> None:
        """Refuse what looks like a person: the sheet is kept with the machine's papers."""
        if find(field.data or ""):
            raise ValidationError(_("On dirait un nom, un numéro ou une adresse. Retirez-le."))

    @property
    def terms(self) -> Terms:
        """What was agreed; the form was validated."""
        witness = self.witness.data if self.signature.data == Signature.IN_PRESENCE else None
        return Terms(
            mode=Mode(self.mode.data),
            accessories=[Accessory(code) for code in self.accessories.data or ()],
            price_cents=cents(self.price.data),
            loan_until=self.loan_until.data,
            deposit_cents=cents(self.deposit.data),
            signature=Signature(self.signature.data),
            witness=Witness(witness) if witness else None,
            contact_name=(self.contact_name.data or "").strip(),
            contact_phone=(self.contact_phone.data or "").strip(),
            accompaniment=(self.accompaniment.data or "").strip(),
            language=self.language.data,
        )


class ReturnForm(FlaskForm):
    """Why the machine comes back."""

    motive = RadioField(
        _l("Pourquoi elle revient"),
        choices=[
            SelectChoice(each.value, words.RETURNS[each]) for each in ReturnMotive if each is not ReturnMotive.FAULT
        ],
        validators=[InputRequired(_l("Dites pourquoi la machine revient."))],
    )
