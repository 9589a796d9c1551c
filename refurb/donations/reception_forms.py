"""The forms of a workshop that receives: pickup, agreement, count, deposit at the counter."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from refurb.core.equipment import DiskWish
from refurb.donations import sentences
from refurb.donations.forms import MACHINES, SHORT, choices_of, stripped


class PickupForm(FlaskForm):
    """When the workshop goes."""

    on = DateField(_("Date de l'enlèvement"), validators=[InputRequired(_("Donnez la date."))])
    window = StringField(_("Heures"), validators=[SHORT], filters=[stripped])


class AgreementForm(FlaskForm):
    """What the agreement of a gift asks besides what the lot says."""

    collect_before = DateField(_("À enlever avant le"), validators=[Optional()])
    act_reference = StringField(_("Acte du donateur"), validators=[SHORT], filters=[stripped])
    act_on = DateField(_("Date de cet acte"), validators=[Optional()])


class CollectForm(FlaskForm):
    """What was loaded."""

    count = IntegerField(
        _("Pièces chargées"),
        validators=[InputRequired(_("Comptez les pièces.")), NumberRange(0, 100_000, message=_("Un nombre positif."))],
    )


class AnswerForm(FlaskForm):
    """The workshop's answer to an offer."""

    motive = StringField(
        _("Pourquoi ?"), validators=[Length(max=300, message=_("300 caractères au plus."))], filters=[stripped]
    )


class FinishForm(FlaskForm):
    """The end of a count."""

    chargers = IntegerField(
        _("Chargeurs arrivés"),
        validators=[Optional(), NumberRange(0, 100_000, message=_("Un nombre positif."))],
    )


class MachineForm(FlaskForm):
    """A machine that no list names: an extra at the count, or a deposit at the counter."""

    form = SelectField(
        _("Type"),
        choices=choices_of([(form.value, sentences.FORMS[form]) for form in MACHINES]),
        validators=[InputRequired(_("Choisissez le type."))],
    )
    maker = StringField(
        _("Marque"), validators=[Length(max=100, message=_("100 caractères au plus."))], filters=[stripped]
    )
    model = StringField(
        _("Modèle"), validators=[Length(max=200, message=_("200 caractères au plus."))], filters=[stripped]
    )
    serial = StringField(
        _("Numéro de série"), validators=[Length(max=100, message=_("100 caractères au plus."))], filters=[stripped]
    )


class DepositForm(MachineForm):
    """One machine brought by a private person; nobody is named."""

    has_charger = BooleanField(_("Le chargeur est là"))
    disk_wish = RadioField(
        _("Le disque"),
        choices=choices_of([(wish.value, word) for wish, word in sentences.DISK_WISHES.items()]),
        default=DiskWish.WIPE.value,
        validators=[InputRequired()],
    )
    unlocked = BooleanField(
        _("La personne a retiré ses comptes (Apple, Google, Microsoft), ou la machine n'en avait pas"), default=False
    )
    label = StringField(
        _("Étiquette déjà collée"),
        description=_("Scannez-la si vous en avez une toute prête ; sinon nous en imprimons une."),
        validators=[Length(max=60)],
        filters=[stripped],
    )

    def validate_maker(self, field: Any) -> None:
        """Ask for something to know the machine by: an empty form pressed by mistake receives nothing."""
        if not (field.data or self.model.data or self.serial.data):
            raise ValidationError(_("Notez au moins la marque, le modèle ou le numéro de série."))
