"""Forms of signing in, joining and one's own account."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import Email, InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from refurb.accounts.words import SCOPES
from refurb.core.passwords import SHORTEST, weakness
from refurb.core.permissions import Scope

EMAIL = [
    InputRequired(_("Donnez une adresse de courriel.")),
    Length(max=254),
    Email(_("Cette adresse n'a pas la forme nom@domaine.fr.")),
]


def stripped(text: str | None) -> str:
    """Drop the blanks that a telephone adds after a word it completes."""
    return (text or "").strip()


WEAKNESSES = {
    "too-short": _("Prenez au moins dix caractères : trois mots font l'affaire."),
    "too-long": _("Prenez moins de deux cents caractères."),
    "too-simple": _("Ce mot de passe est parmi les premiers qu'on essaie : prenez-en un autre."),
    "too-close": _("Ce mot de passe ressemble à votre nom ou à votre adresse : prenez-en un autre."),
}


class StrongPassword:
    """Refuse what core.passwords refuses; `known` is read from the form's attribute of that name."""

    field_flags = {"required": True, "minlength": SHORTEST}

    def __call__(self, form: Any, field: Any) -> None:
        why = weakness(field.data or "", known=getattr(form, "known", ()))
        if why:
            raise ValidationError(WEAKNESSES[why])


class SignInForm(FlaskForm):
    """Address and password."""

    email = EmailField(
        _("Adresse de courriel"),
        filters=[stripped],
        validators=EMAIL,
        render_kw={"autocomplete": "username", "autofocus": True},
    )
    password = PasswordField(
        _("Mot de passe"),
        validators=[InputRequired(_("Donnez votre mot de passe.")), Length(max=200)],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


class ForgottenForm(FlaskForm):
    """The address to which the link goes."""

    email = EmailField(
        _("Adresse de courriel"), filters=[stripped], validators=EMAIL, render_kw={"autocomplete": "username"}
    )


class NewPasswordForm(FlaskForm):
    """A password, once: it can be shown while typed, and a mistake is mended by the forgotten-password link."""

    known: tuple[str, ...] = ()
    password = PasswordField(
        _("Nouveau mot de passe"),
        description=_("Au moins dix caractères. Trois mots que vous seul associez font un bon mot de passe."),
        validators=[InputRequired(_("Choisissez un mot de passe.")), StrongPassword()],
        render_kw={"autocomplete": "new-password"},
    )


class ChangePasswordForm(NewPasswordForm):
    """The same, by somebody who knows the one in force."""

    current = PasswordField(
        _("Mot de passe actuel"),
        validators=[InputRequired(_("Donnez votre mot de passe actuel."))],
        render_kw={"autocomplete": "current-password"},
    )


class JoinForm(NewPasswordForm):
    """What somebody new says of themselves."""

    name = StringField(
        _("Votre nom"),
        description=_("Celui que vos collègues connaissent : il paraît dans l'historique des machines."),
        validators=[InputRequired(_("Donnez votre nom.")), Length(max=300)],
        render_kw={"autocomplete": "name"},
    )


class AnswerForm(FlaskForm):
    """One button."""


class ProfileForm(FlaskForm):
    """One's own name and language."""

    name = StringField(
        _("Nom"),
        validators=[InputRequired(_("Donnez votre nom.")), Length(max=300)],
        render_kw={"autocomplete": "name"},
    )
    language = RadioField(_("Langue"), choices=[SelectChoice("fr", "Français"), SelectChoice("en", "English")])


class CheckboxesField(SelectMultipleField):
    """Several of a list, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class InviteForm(FlaskForm):
    """Whom, and as what; the roles offered are those that the organisation has a use for."""

    email = EmailField(_("Adresse de courriel"), filters=[stripped], validators=EMAIL)
    roles = CheckboxesField(_("Rôles"), validators=[InputRequired(_("Choisissez au moins un rôle."))])


class RolesForm(FlaskForm):
    """What somebody does in an organisation."""

    roles = CheckboxesField(_("Rôles"), validators=[InputRequired(_("Choisissez au moins un rôle."))])


class LeaveForm(FlaskForm):
    """Who takes over what the leaver follows."""

    to = RadioField(_("À qui passent ses dossiers ?"), validators=[InputRequired(_("Choisissez un collègue."))])


class StationForm(FlaskForm):
    """The bench or the program that will hold the token, what it opens, and until when."""

    name = StringField(
        _("Nom du poste ou du programme"),
        description=_("Comme on l'appelle : « Établi 2 », « Clé USB bleue », « Tableau de bord »."),
        validators=[InputRequired(_("Donnez un nom.")), Length(max=100)],
    )
    scopes = CheckboxesField(
        _("Ce qu'il ouvre"),
        choices=[SelectChoice(scope.value, SCOPES[scope]) for scope in Scope],
        default=[Scope.REPORTS_WRITE.value],
        validators=[InputRequired(_("Choisissez au moins une chose."))],
    )
    lasts = SelectField(
        _("Il sert"),
        choices=[
            SelectChoice("90", _("trois mois")),
            SelectChoice("366", _("un an")),
            SelectChoice("731", _("deux ans")),
            SelectChoice("0", _("jusqu'à ce qu'on le coupe")),
        ],
        default="366",
        validators=[InputRequired()],
    )


class CodeForm(FlaskForm):
    """The code that the telephone shows."""

    code = StringField(
        _("Code à six chiffres"),
        description=_("Celui que l'application affiche en ce moment."),
        validators=[InputRequired(_("Donnez le code.")), Length(max=40)],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "off"},
    )


class SecondStepForm(FlaskForm):
    """The code of the telephone, or one of the sheet: letters too, so no keyboard of digits."""

    code = StringField(
        _("Code"),
        description=_("Les six chiffres de votre application, ou un code de secours de votre feuille."),
        validators=[InputRequired(_("Donnez le code.")), Length(max=40)],
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "characters", "autofocus": True},
    )
    next = HiddenField()


class MailMeForm(FlaskForm):
    """The professional address to which the code goes."""

    email = EmailField(
        _("Adresse de courriel professionnelle"),
        filters=[stripped],
        validators=EMAIL,
        render_kw={"autocomplete": "username", "autofocus": True},
    )
    next = HiddenField()


class MailedCodeForm(FlaskForm):
    """The code that came by mail."""

    code = StringField(
        _("Code reçu par courriel"),
        description=_("Huit chiffres."),
        validators=[InputRequired(_("Donnez le code.")), Length(max=20)],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True},
    )
