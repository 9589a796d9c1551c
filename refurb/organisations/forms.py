"""Forms of organisations and their places."""

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from stdnum.fr import siret as siret_number
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Email, InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from refurb.core.permissions import OrganisationRole
from refurb.core.territory import Commune
from refurb.organisations.models import LegalType, PlaceKind
from refurb.organisations.words import LEGAL_TYPES, PLACE_KINDS, ROLES


def folded_siret(text: str | None) -> str | None:
    """Return the fourteen digits, blanks and dots dropped; None for nothing."""
    digits = "".join(c for c in text or "" if not c.isspace() and c not in ".-\u00a0")
    return digits or None


def check_siret(form: Any, field: Any) -> None:
    """Refuse a SIRET whose key is wrong, and say which fault it is."""
    digits = folded_siret(field.data)
    if digits is None:
        return
    if not digits.isdecimal() or len(digits) != 14:
        raise ValidationError(_("Un SIRET a 14 chiffres."))
    if not siret_number.is_valid(digits):
        raise ValidationError(_("Ce SIRET ne tombe pas juste : un chiffre est sans doute mal recopié."))


class CheckboxesField(SelectMultipleField):
    """Several of a list, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class WithCommune(FlaskForm):
    """A commune in any spelling; `find` is given by the view, and what it found is `found`."""

    commune = StringField(
        _("Commune"),
        description=_("Nom, ancien nom ou code postal."),
        validators=[InputRequired(_("Donnez la commune.")), Length(max=100)],
        render_kw={"autocomplete": "off", "list": "communes"},
    )
    find: Callable[[str], Commune | None]
    candidates: Callable[[str], list[str]]
    found: Commune | None = None

    def validate_commune(self, field: Any) -> None:
        """Accept the one commune that the text means; otherwise offer those it may mean."""
        self.found = self.find(field.data or "")
        if self.found is None:
            names = self.candidates(field.data or "")
            if names:
                raise ValidationError(_("Plusieurs communes répondent : %(names)s.", names=", ".join(names)))
            raise ValidationError(_("Aucune commune de ce nom dans le département."))


class OrganisationForm(WithCommune):
    """Everything a person may say of an organisation. The view drops what its own members do not decide."""

    name = StringField(_("Nom"), validators=[InputRequired(_("Donnez le nom.")), Length(max=300)])
    short_name = StringField(
        _("Nom court"), description=_("Pour les étiquettes et les listes."), validators=[Length(max=60)]
    )
    roles = CheckboxesField(
        _("Ce qu'elle fait dans la chaîne"),
        choices=[SelectChoice(role.value, ROLES[role]) for role in OrganisationRole],
        validators=[InputRequired(_("Choisissez au moins un rôle."))],
    )
    legal_type = SelectField(
        _("Statut juridique"),
        description=_("Il décide de ce qu'elle peut recevoir, revendre et certifier."),
        choices=[SelectChoice(kind.value, LEGAL_TYPES[kind]) for kind in LegalType],
        coerce=LegalType,
        validators=[InputRequired()],
    )
    siret = StringField(_("SIRET"), description=_("14 chiffres."), validators=[Optional(), check_siret])
    rna = StringField(
        _("Numéro RNA"), description=_("W et neuf chiffres, pour une association."), validators=[Length(max=10)]
    )
    email = EmailField(
        _("Courriel"),
        validators=[Optional(), Length(max=254), Email(_("Cette adresse n'a pas la forme nom@domaine.fr."))],
    )
    phone = TelField(_("Téléphone"), validators=[Length(max=30)])
    address = TextAreaField(_("Adresse"), validators=[Length(max=500)], render_kw={"rows": 2})
    postcode = StringField(_("Code postal"), validators=[Length(max=10)])
    perimeter = CheckboxesField(
        _("Territoires où elle va elle-même"), description=_("Rien de coché : tout le département.")
    )
    capacity_per_month = IntegerField(
        _("Machines reçues par mois, au plus"), validators=[Optional(), NumberRange(min=0, max=100_000)]
    )
    max_open_needs = IntegerField(
        _("Demandes ouvertes, au plus"),
        description=_("Vide : la limite de tous les services."),
        validators=[Optional(), NumberRange(0, 10_000, message=_("Un nombre de 0 à 10 000."))],
    )


class JoinRequestForm(WithCommune):
    """A service that asks to join, and who asks for it."""

    name = StringField(
        _("Nom du service ou de la structure"), validators=[InputRequired(_("Donnez le nom.")), Length(max=300)]
    )
    role = RadioField(
        _("Ce que vous ferez ici"),
        choices=[
            SelectChoice(OrganisationRole.PRESCRIBER.value, _("Demander des ordinateurs pour des foyers")),
            SelectChoice(OrganisationRole.STRUCTURE.value, _("Demander des ordinateurs pour notre structure")),
        ],
        validators=[InputRequired(_("Choisissez."))],
    )
    legal_type = SelectField(
        _("Statut juridique"),
        choices=[
            SelectChoice(kind.value, LEGAL_TYPES[kind]) for kind in LegalType if kind is not LegalType.PRIVATE_PERSON
        ],
        coerce=LegalType,
        default=LegalType.LOCAL_AUTHORITY,
        validators=[InputRequired()],
    )
    siret = StringField(
        _("SIRET"),
        description=_("14 chiffres : la coordination vérifie avec lui que le service existe."),
        validators=[InputRequired(_("Donnez le SIRET.")), check_siret],
    )
    person_name = StringField(
        _("Votre nom"),
        validators=[InputRequired(_("Donnez votre nom.")), Length(max=300)],
        render_kw={"autocomplete": "name"},
    )
    person_email = EmailField(
        _("Votre adresse professionnelle"),
        description=_("L'invitation y partira."),
        validators=[
            InputRequired(_("Donnez votre adresse professionnelle.")),
            Length(max=254),
            Email(_("Cette adresse n'a pas la forme nom@domaine.fr.")),
        ],
        render_kw={"autocomplete": "email"},
    )
    phone = TelField(_("Téléphone du service"), validators=[Length(max=30)])


class DeclineForm(FlaskForm):
    """Why a service does not join, as the person who asked reads it."""

    motive = TextAreaField(
        _("Pourquoi"),
        description=_("La personne lit cette phrase telle quelle."),
        validators=[DataRequired(_("Dites pourquoi.")), Length(max=500)],
        render_kw={"rows": 3},
    )


class LimitForm(FlaskForm):
    """How many open needs a service may have, and why that changes; `after` is the version that was read."""

    after = HiddenField()
    open_needs = IntegerField(
        _("Demandes ouvertes, au plus"),
        validators=[
            InputRequired(_("Donnez un nombre.")),
            NumberRange(1, 10_000, message=_("Un nombre de 1 à 10 000.")),
        ],
    )
    motive = StringField(
        _("Pourquoi"),
        description=_("Une phrase, que la liste des versions garde."),
        validators=[DataRequired(_("Dites pourquoi.")), Length(max=500)],
    )


class PlaceForm(WithCommune):
    """A site, a shelf, a hand-over point."""

    kind = RadioField(
        _("Ce que c'est"),
        choices=[SelectChoice(kind.value, PLACE_KINDS[kind]) for kind in PlaceKind],
        coerce=PlaceKind,
        validators=[InputRequired(_("Choisissez ce que c'est."))],
    )
    name = StringField(_("Nom"), validators=[InputRequired(_("Donnez un nom.")), Length(max=300)])
    address = TextAreaField(_("Adresse"), validators=[Length(max=500)], render_kw={"rows": 2})
    postcode = StringField(_("Code postal"), validators=[Length(max=10)])
    hours = TextAreaField(
        _("Horaires et accès"),
        description=_("Comme le foyer les lira : « mardi et jeudi, 9 h – 12 h, sonner à gauche »."),
        validators=[Length(max=500)],
        render_kw={"rows": 2},
    )
    phone = TelField(_("Téléphone"), validators=[Length(max=30)])
    is_open = BooleanField(_("Ouvert : on peut y donner rendez-vous ou y ranger"), default=True)
