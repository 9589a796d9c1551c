"""Forms of the first run and of the settings."""

from typing import Any
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, IntegerField, PasswordField, RadioField, SelectChoice, SelectField, StringField
from wtforms.validators import Email, InputRequired, Length, NumberRange, Optional, Regexp

from refurb.accounts.forms import EMAIL, StrongPassword, stripped
from refurb.organisations.forms import check_siret
from refurb.organisations.models import LegalType
from refurb.organisations.words import LEGAL_TYPES

#: The zones of the French Republic first; a few hundred names make a poor list otherwise.
TIMEZONES = (
    "Europe/Paris", "America/Cayenne", "America/Guadeloupe", "America/Martinique", "America/Miquelon", "Indian/Mayotte",
    "Indian/Reunion", "Pacific/Marquesas", "Pacific/Noumea", "Pacific/Tahiti", "Pacific/Wallis", "Europe/Brussels",
    "Europe/Luxembourg", "Europe/Zurich",
)  # fmt: skip


def timezone_choices(kept: str | None = None) -> list[SelectChoice]:
    """Return the zones to choose from, with the one in force wherever it is."""
    known = available_timezones()
    names = [name for name in TIMEZONES if name in known]
    if kept and kept not in names:
        names.append(kept)
    return [SelectChoice(name, name.replace("_", " ")) for name in names]


class GeneralForm(FlaskForm):
    """What codes and dates follow."""

    territory = StringField(
        _("Département"),
        description=_(
            "Deux chiffres : ils commencent chaque code, et ne changent plus une fois des étiquettes collées."
        ),
        validators=[
            InputRequired(_("Donnez le département.")),
            Regexp(r"^\d{2}$", message=_("Deux chiffres, comme 49.")),
        ],
    )
    timezone = SelectField(_("Fuseau horaire"), validators=[InputRequired()])

    def __init__(self, *args: Any, kept_zone: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.timezone.choices = timezone_choices(kept_zone)


class FirstRunForm(GeneralForm):
    """Who administers, who answers for the whole, where."""

    known: tuple[str, ...] = ()
    code = StringField(
        _("Code affiché dans le terminal"),
        description=_("Douze lettres et chiffres. Il prouve que vous avez la main sur la machine qui sert ces pages."),
        validators=[InputRequired(_("Donnez le code : « refurb serve » l'affiche en démarrant."))],
        render_kw={"autocomplete": "off"},
    )
    name = StringField(
        _("Votre nom"),
        validators=[InputRequired(_("Donnez votre nom.")), Length(max=300)],
        render_kw={"autocomplete": "name"},
    )
    email = EmailField(
        _("Votre adresse de courriel"), filters=[stripped], validators=EMAIL, render_kw={"autocomplete": "username"}
    )
    password = PasswordField(
        _("Mot de passe"),
        description=_("Au moins dix caractères. Trois mots que vous seul associez font un bon mot de passe."),
        validators=[InputRequired(_("Choisissez un mot de passe.")), StrongPassword()],
        render_kw={"autocomplete": "new-password"},
    )
    body = StringField(
        _("Organisme qui coordonne"),
        description=_("Celui qui répond de l'ensemble : département, association, collectif."),
        validators=[InputRequired(_("Donnez le nom de l'organisme.")), Length(max=300)],
    )
    legal_type = SelectField(
        _("Son statut juridique"),
        choices=[
            SelectChoice(kind.value, LEGAL_TYPES[kind]) for kind in LegalType if kind is not LegalType.PRIVATE_PERSON
        ],
        coerce=LegalType,
        default=LegalType.ASSOCIATION,
    )
    siret = StringField(_("Son SIRET"), description=_("14 chiffres."), validators=[Optional(), check_siret])


class MailForm(FlaskForm):
    """The server that takes the mail. An empty password keeps the one that is kept."""

    host = StringField(
        _("Serveur d'envoi"),
        description=_("Comme smtp.exemple.fr. Vide : les messages restent dans un dossier, sans partir."),
        validators=[Length(max=253)],
    )
    port = IntegerField(_("Port"), default=587, validators=[Optional(), NumberRange(1, 65535)])
    security = RadioField(
        _("Chiffrement"),
        choices=[
            SelectChoice("starttls", _("STARTTLS (port 587)")),
            SelectChoice("tls", _("TLS (port 465)")),
            SelectChoice("none", _("Aucun (port 25)")),
        ],
        default="starttls",
    )
    user = StringField(_("Nom d'utilisateur"), validators=[Length(max=254)], render_kw={"autocomplete": "off"})
    password = PasswordField(
        _("Mot de passe"),
        description=_("Laissez vide pour garder celui qui est enregistré."),
        validators=[Length(max=500)],
        render_kw={"autocomplete": "new-password"},
    )
    sender = EmailField(
        _("Adresse d'expédition"),
        validators=[
            InputRequired(_("Donnez l'adresse qui paraît comme expéditeur.")),
            Email(_("Cette adresse n'a pas la forme nom@domaine.fr.")),
        ],
    )


class TestMailForm(FlaskForm):
    """Where the test message goes."""

    to = EmailField(_("Envoyer un message d'essai à"), filters=[stripped], validators=EMAIL)
