"""The steps of giving. Wording speaks to somebody who does this for the first time."""

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


def choices_of(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    return [SelectChoice(value, word) for value, word in pairs]


def stripped(text: str | None) -> str | None:
    return text.strip() if text else text


class WhoForm(FlaskForm):
    """Who gives, and whom to talk to."""

    legal_type = RadioField(
        _("Qui donne ?"),
        choices=choices_of([(kind.value, word) for kind, word in GIVERS.items()]),
        validators=[InputRequired(_("Dites qui donne."))],
    )
    name = StringField(
        _("Nom de l'organisation"),
        validators=[Length(max=300, message=_("C'est trop long : 300 caractères au plus."))],
        filters=[stripped],
    )
    siret = StringField(
        _("Numéro SIRET"),
        description=_("14 chiffres. Il figure sur vos factures ; il fait le lien avec vos attestations."),
        validators=[Length(max=30)],
        filters=[stripped],
    )
    patronage = BooleanField(_("C'est un don au titre du mécénat d'entreprise"))
    first_name = StringField(
        _("Nom"), validators=[InputRequired(_("Donnez le nom de la personne à joindre.")), SHORT], filters=[stripped]
    )
    first_role = StringField(_("Fonction"), validators=[SHORT], filters=[stripped])
    first_email = EmailField(
        _("Adresse de courriel"),
        description=_("Nous y envoyons la référence et le lien pour suivre le don."),
        validators=[
            InputRequired(_("Donnez une adresse de courriel : c'est par elle que vous suivez le don.")),
            Length(max=254),
            Email(_("Cette adresse n'a pas la forme nom@domaine.fr.")),
        ],
        filters=[stripped],
    )
    first_phone = TelField(_("Téléphone"), validators=[Length(max=30)], filters=[stripped])
    second_name = StringField(_("Nom"), validators=[SHORT], filters=[stripped])
    second_role = StringField(_("Fonction"), validators=[SHORT], filters=[stripped])
    second_email = EmailField(
        _("Adresse de courriel"),
        validators=[Optional(), Length(max=254), Email(_("Cette adresse n'a pas la forme nom@domaine.fr."))],
        filters=[stripped],
    )
    second_phone = TelField(_("Téléphone"), validators=[Length(max=30)], filters=[stripped])

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
        choices=choices_of([("", _("Choisissez")), *((form.value, sentences.FORMS[form]) for form in MACHINES)]),
        validate_choice=False,
    )
    quantity = IntegerField(
        _("Combien ?"),
        validators=[Optional(), NumberRange(1, 5000, message=_("Entre 1 et 5 000."))],
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
    year = IntegerField(
        _("Année d'achat"), validators=[Optional(), NumberRange(1985, 2100, message=_("Une année à quatre chiffres."))]
    )
    inventory_number = StringField(
        _("Votre numéro d'inventaire"),
        validators=[Length(max=100, message=_("100 caractères au plus."))],
        filters=[stripped],
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
        choices=choices_of(
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
        choices=choices_of([(wish.value, word) for wish, word in sentences.DISK_WISHES.items()]),
        default=DiskWish.WIPE.value,
        validators=[InputRequired(_("Choisissez ce que deviennent les disques."))],
    )
    chargers = RadioField(
        _("Les chargeurs des portables viennent-ils avec ?"),
        choices=choices_of(
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
        choices=choices_of(
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
        filters=[stripped],
    )


class WhereForm(FlaskForm):
    """Where and when to collect. `commune_pick` appears when several communes answer."""

    address = StringField(
        _("Adresse"),
        validators=[
            InputRequired(_("Donnez l'adresse où venir.")),
            Length(max=300, message=_("300 caractères au plus.")),
        ],
        filters=[stripped],
    )
    postcode = StringField(
        _("Code postal"), validators=[Length(max=10, message=_("10 caractères au plus."))], filters=[stripped]
    )
    commune = StringField(
        _("Commune"), validators=[InputRequired(_("Donnez la commune.")), Length(max=100)], filters=[stripped]
    )
    commune_pick = RadioField(_("Laquelle ?"), choices=choices_of([]), validate_choice=False, validators=[Optional()])
    access = TextAreaField(
        _("Accès"),
        description=_("Étage, ascenseur, quai, stationnement, palettes ou cartons."),
        validators=[Length(max=1000, message=_("1 000 caractères au plus."))],
        filters=[stripped],
    )
    slots = TextAreaField(
        _("Vos disponibilités"),
        description=_("Par exemple : mardi et jeudi de 9 h à 12 h."),
        validators=[
            InputRequired(_("Dites quand on peut venir.")),
            Length(max=500, message=_("500 caractères au plus.")),
        ],
        filters=[stripped],
    )
    from_on = DateField(_("Pas avant le"), validators=[Optional()])
    until_on = DateField(_("Pas après le"), validators=[Optional()])

    def validate_until_on(self, field: Any) -> None:
        """The end stands after the beginning."""
        if field.data and self.from_on.data and field.data < self.from_on.data:
            raise ValidationError(_("Cette date est avant la première."))


class CheckForm(FlaskForm):
    """The last look, and the conditions."""

    signatory_name = StringField(_("Nom"), validators=[SHORT], filters=[stripped])
    signatory_role = StringField(_("Fonction"), validators=[SHORT], filters=[stripped])
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
        filters=[stripped],
    )
    code = StringField(
        _("Référence du don"),
        description=_("Elle commence par D et figure sur tous nos papiers."),
        validators=[InputRequired(_("Donnez la référence.")), Length(max=40)],
        filters=[stripped],
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
        filters=[stripped],
    )
