"""The steps of giving, and the forms of reception. Wording speaks to somebody who does this for the first time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    FieldList,
    Form,
    FormField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import Email, InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from refurb.core.equipment import DiskWish
from refurb.core.equipment import Form as Machine
from refurb.core.serials import normalise_siret, siret_valid
from refurb.donations import sentences
from refurb.organisations.models import LegalType

#: Offered to givers: a private person comes last and is sent to the counter first.
GIVERS = {
    LegalType.COMPANY: _("Une entreprise"),
    LegalType.LOCAL_AUTHORITY: _("Une collectivité territoriale (commune, département, région…)"),
    LegalType.PUBLIC_ESTABLISHMENT: _("Un établissement public (école, hôpital, CCAS…)"),
    LegalType.STATE: _("Un service de l'État"),
    LegalType.ASSOCIATION: _("Une association"),
    LegalType.FOUNDATION: _("Une fondation"),
    LegalType.SOCIAL_ENTERPRISE: _("Une entreprise solidaire (ESUS)"),
    LegalType.PRIVATE_PERSON: _("Un particulier"),
}
MACHINES = [form for form in Machine if form is not Machine.PRINTER]
SHORT = Length(max=120, message=_("C'est trop long : 120 caractères au plus."))


class CheckboxesField(SelectMultipleField):
    """Several of a list, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _choices(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    return [SelectChoice(value, word) for value, word in pairs]


def _strip(text: str | None) -> str | None:
    return text.strip() if text else text


class WhoForm(FlaskForm):
    """Who gives, and whom to talk to."""

    legal_type = RadioField(
        _("Qui donne ?"),
        choices=_choices([(kind.value, word) for kind, word in GIVERS.items()]),
        validators=[InputRequired(_("Dites qui donne."))],
    )
    name = StringField(
        _("Nom de l'organisation"),
        validators=[Length(max=300, message=_("C'est trop long : 300 caractères au plus."))],
        filters=[_strip],
    )
    siret = StringField(
        _("Numéro SIRET"),
        description=_("14 chiffres. Il figure sur vos factures ; il fait le lien avec vos attestations."),
        validators=[Length(max=30)],
        filters=[_strip],
    )
    patronage = BooleanField(_("C'est un don au titre du mécénat d'entreprise"))
    first_name = StringField(
        _("Nom"), validators=[InputRequired(_("Donnez le nom de la personne à joindre.")), SHORT], filters=[_strip]
    )
    first_role = StringField(_("Fonction"), validators=[SHORT], filters=[_strip])
    first_email = EmailField(
        _("Adresse de courriel"),
        description=_("Nous y envoyons la référence et le lien pour suivre le don."),
        validators=[
            InputRequired(_("Donnez une adresse de courriel : c'est par elle que vous suivez le don.")),
            Length(max=254),
            Email(_("Cette adresse n'a pas la forme nom@domaine.fr.")),
        ],
        filters=[_strip],
    )
    first_phone = TelField(_("Téléphone"), validators=[Length(max=30)], filters=[_strip])
    second_name = StringField(_("Nom"), validators=[SHORT], filters=[_strip])
    second_role = StringField(_("Fonction"), validators=[SHORT], filters=[_strip])
    second_email = EmailField(
        _("Adresse de courriel"),
        validators=[Optional(), Length(max=254), Email(_("Cette adresse n'a pas la forme nom@domaine.fr."))],
        filters=[_strip],
    )
    second_phone = TelField(_("Téléphone"), validators=[Length(max=30)], filters=[_strip])

    def validate_name(self, field: Any) -> None:
        """Ask for the name of whoever is not a private person."""
        if not field.data and self.legal_type.data != LegalType.PRIVATE_PERSON:
            raise ValidationError(_("Donnez le nom de l'organisation."))

    def validate_siret(self, field: Any) -> None:
        """Check the key; an association may have none, a private person has none."""
        digits = normalise_siret(field.data or "")
        kind = self.legal_type.data
        if not digits:
            if kind in {LegalType.PRIVATE_PERSON, LegalType.ASSOCIATION, LegalType.FOUNDATION, None}:
                return
            raise ValidationError(_("Donnez le SIRET de l'établissement qui donne."))
        if not digits.isdecimal() or len(digits) != 14:
            raise ValidationError(_("Un SIRET a 14 chiffres."))
        if not siret_valid(digits):
            raise ValidationError(_("Ce SIRET ne tombe pas juste : un chiffre est sans doute mal recopié."))


class LineForm(Form):
    """One line typed by hand; a line left empty is no line."""

    form = SelectField(
        _("Type"),
        choices=_choices([("", _("Choisissez")), *((form.value, sentences.FORMS[form]) for form in MACHINES)]),
        validate_choice=False,
    )
    quantity = IntegerField(
        _("Combien ?"),
        validators=[Optional(), NumberRange(1, 5000, message=_("Entre 1 et 5 000."))],
    )
    maker = StringField(
        _("Marque"), validators=[Length(max=100, message=_("100 caractères au plus."))], filters=[_strip]
    )
    model = StringField(
        _("Modèle"), validators=[Length(max=200, message=_("200 caractères au plus."))], filters=[_strip]
    )
    serial = StringField(
        _("Numéro de série"), validators=[Length(max=100, message=_("100 caractères au plus."))], filters=[_strip]
    )
    year = IntegerField(
        _("Année d'achat"), validators=[Optional(), NumberRange(1985, 2100, message=_("Une année à quatre chiffres."))]
    )
    inventory_number = StringField(
        _("Votre numéro d'inventaire"),
        validators=[Length(max=100, message=_("100 caractères au plus."))],
        filters=[_strip],
    )

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed on this line."""
        return not any(field.data or field.errors for name, field in self._fields.items() if name != "quantity")

    def validate_form(self, field: Any) -> None:
        """Ask for the type as soon as anything else is said."""
        known = field.data in {machine.value for machine in MACHINES}
        if not known and not self.is_empty:
            raise ValidationError(_("Choisissez le type de cette ligne."))


class WhatForm(FlaskForm):
    """What is given, line by line."""

    lines = FieldList(FormField(LineForm), label=_("Vos machines"), min_entries=3, max_entries=200)

    def typed(self) -> list[dict[str, Any]]:
        """Return the lines that say something."""
        return [
            {key: value for key, value in entry.form.data.items() if value not in (None, "")}
            for entry in self.lines
            if not entry.form.is_empty
        ]


class FileForm(FlaskForm):
    """A list as a park tool exports it."""

    file = FileField(
        _("Le fichier"),
        description=_("XLSX, XLS, ODS ou CSV, 20 Mo au plus. L'export de GLPI convient tel quel."),
    )


class CareForm(FlaskForm):
    """Locks, chargers, disks."""

    wiped = RadioField(
        _("Les disques ont-ils été effacés chez vous ?"),
        choices=_choices(
            [
                ("none", _("Non, ou je ne sais pas")),
                ("some", _("Certains")),
                ("all", _("Oui, tous")),
                ("removed", _("Les disques ont été retirés")),
            ]
        ),
        description=_("Dans tous les cas, l'atelier efface à nouveau et vous en donne l'attestation."),
        validators=[InputRequired(_("Dites ce qu'il en est des disques."))],
    )
    disk_wish = RadioField(
        _("Que voulez-vous pour les disques ?"),
        choices=_choices([(wish.value, word) for wish, word in sentences.DISK_WISHES.items()]),
        default=DiskWish.WIPE.value,
        validators=[InputRequired(_("Choisissez ce que deviennent les disques."))],
    )
    chargers = RadioField(
        _("Les chargeurs des portables viennent-ils avec ?"),
        choices=_choices(
            [
                ("all", _("Oui, tous")),
                ("some", _("Une partie")),
                ("none", _("Non")),
                ("na", _("Il n'y a pas de portable")),
            ]
        ),
        description=_("Un portable sans chargeur attend souvent des mois : cherchez bien dans les tiroirs."),
        validators=[InputRequired(_("Dites ce qu'il en est des chargeurs."))],
    )
    locks = CheckboxesField(
        _("Certaines machines sont-elles verrouillées ?"),
        choices=_choices(
            [
                ("bios", _("Un mot de passe BIOS ou UEFI")),
                ("autopilot", _("Autopilot, Intune ou une autre gestion de parc (MDM)")),
                ("account", _("Un compte Apple, Google ou Samsung encore attaché")),
                ("absolute", _("Absolute (Computrace)")),
            ]
        ),
        description=_("Une machine encore attachée à votre parc ne peut servir à personne."),
    )
    unlock = BooleanField(_("Nous les libérons avant l'enlèvement"))
    locks_note = TextAreaField(
        _("Précisions sur les verrous"),
        validators=[Length(max=1000, message=_("1 000 caractères au plus."))],
        filters=[_strip],
    )


class WhereForm(FlaskForm):
    """Where and when to collect. `commune_pick` appears when several communes answer."""

    address = StringField(
        _("Adresse"),
        validators=[
            InputRequired(_("Donnez l'adresse où venir.")),
            Length(max=300, message=_("300 caractères au plus.")),
        ],
        filters=[_strip],
    )
    postcode = StringField(
        _("Code postal"), validators=[Length(max=10, message=_("10 caractères au plus."))], filters=[_strip]
    )
    commune = StringField(
        _("Commune"), validators=[InputRequired(_("Donnez la commune.")), Length(max=100)], filters=[_strip]
    )
    commune_pick = RadioField(_("Laquelle ?"), choices=_choices([]), validate_choice=False, validators=[Optional()])
    access = TextAreaField(
        _("Accès"),
        description=_("Étage, ascenseur, quai, stationnement, palettes ou cartons."),
        validators=[Length(max=1000, message=_("1 000 caractères au plus."))],
        filters=[_strip],
    )
    slots = TextAreaField(
        _("Vos disponibilités"),
        description=_("Par exemple : mardi et jeudi de 9 h à 12 h."),
        validators=[
            InputRequired(_("Dites quand on peut venir.")),
            Length(max=500, message=_("500 caractères au plus.")),
        ],
        filters=[_strip],
    )
    from_on = DateField(_("Pas avant le"), validators=[Optional()])
    until_on = DateField(_("Pas après le"), validators=[Optional()])

    def validate_until_on(self, field: Any) -> None:
        """The end stands after the beginning."""
        if field.data and self.from_on.data and field.data < self.from_on.data:
            raise ValidationError(_("Cette date est avant la première."))


class CheckForm(FlaskForm):
    """The last look, and the conditions."""

    signatory_name = StringField(_("Nom"), validators=[SHORT], filters=[_strip])
    signatory_role = StringField(_("Fonction"), validators=[SHORT], filters=[_strip])
    conditions = BooleanField(
        _("J'ai lu ces conditions et je les accepte au nom de l'organisation qui donne"),
        validators=[InputRequired(_("Acceptez les conditions pour envoyer le don."))],
    )


class FindForm(FlaskForm):
    """SIRET and reference, for a link lost."""

    siret = StringField(
        _("Numéro SIRET"),
        description=_("14 chiffres."),
        validators=[InputRequired(_("Donnez le SIRET.")), Length(max=30)],
        filters=[_strip],
    )
    code = StringField(
        _("Référence du don"),
        description=_("Elle commence par D et figure sur tous nos papiers."),
        validators=[InputRequired(_("Donnez la référence.")), Length(max=40)],
        filters=[_strip],
    )


class ForwardForm(FlaskForm):
    """Whom the follow-up is passed on to."""

    email = EmailField(
        _("Adresse de la personne à qui transmettre le suivi"),
        validators=[
            InputRequired(_("Donnez une adresse de courriel.")),
            Length(max=254),
            Email(_("Cette adresse n'a pas la forme nom@domaine.fr.")),
        ],
        filters=[_strip],
    )


# -- reception ----------------------------------------------------------------------------------------------------


class PickupForm(FlaskForm):
    """When the workshop goes."""

    on = DateField(_("Date de l'enlèvement"), validators=[InputRequired(_("Donnez la date."))])
    window = StringField(_("Heures"), validators=[SHORT], filters=[_strip])


class AgreementForm(FlaskForm):
    """What the agreement of a gift asks besides what the lot says."""

    collect_before = DateField(_("À enlever avant le"), validators=[Optional()])
    act_reference = StringField(_("Acte du donateur"), validators=[SHORT], filters=[_strip])
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
        _("Pourquoi ?"), validators=[Length(max=300, message=_("300 caractères au plus."))], filters=[_strip]
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
        choices=_choices([(form.value, sentences.FORMS[form]) for form in MACHINES]),
        validators=[InputRequired(_("Choisissez le type."))],
    )
    maker = StringField(
        _("Marque"), validators=[Length(max=100, message=_("100 caractères au plus."))], filters=[_strip]
    )
    model = StringField(
        _("Modèle"), validators=[Length(max=200, message=_("200 caractères au plus."))], filters=[_strip]
    )
    serial = StringField(
        _("Numéro de série"), validators=[Length(max=100, message=_("100 caractères au plus."))], filters=[_strip]
    )


class DepositForm(MachineForm):
    """One machine brought by a private person; nobody is named."""

    has_charger = BooleanField(_("Le chargeur est là"))
    disk_wish = RadioField(
        _("Le disque"),
        choices=_choices([(wish.value, word) for wish, word in sentences.DISK_WISHES.items()]),
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
        filters=[_strip],
    )

    def validate_maker(self, field: Any) -> None:
        """Ask for something to know the machine by: an empty form pressed by mistake receives nothing."""
        if not (field.data or self.model.data or self.serial.data):
            raise ValidationError(_("Notez au moins la marque, le modèle ou le numéro de série."))
