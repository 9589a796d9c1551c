"""The form of a need: what is in bold in domain.md B, nothing that names a person; a draft may be kept at any point.

Nothing is required of a draft; what a need cannot do without is checked when it is sent (`complete`).
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, Optional

from refurb.core import needs as core
from refurb.core import privacy
from refurb.core.equipment import Recipient
from refurb.core.needs import (
    COMFORTS,
    FOR_STRUCTURES,
    Accompaniment,
    Alike,
    Answers,
    Connectivity,
    Eligibility,
    Equipment,
    Ergonomics,
    Format,
    Informed,
    Motive,
    Substitute,
    System,
    Term,
    Usage,
)
from refurb.core.territory import Found
from refurb.needs import words
from refurb.needs.fields import NO, YES, number, options, radio, select, several, yes_no

#: The questions in the order of the page, of both kinds of need.
_PAGE = (
    "term", "usage_1", "usage_2", "usage_3", "persons", "pupils", "equipment", "connectivity", "quantity", "least",
    "alike", "format", "no_stable_power", "tablet_suits", "ergonomics", "substitutes", "system", "note",
    "note_confirmed", "owner", "maintainer", "can_pay", "contribution", "loan_suits", "not_equipped", "eligibility",
    "district", "motive", "wanted_by", "wanted_until", "accompaniment", "commune", "commune_pick", "handover_place",
    "informed_how", "informed_on", "twin_birth", "twin_surname",
)  # fmt: skip


class NeedForm(FlaskForm):
    """What both a household's and a structure's need ask."""

    recipient = Recipient.HOUSEHOLD

    #: What the browser numbers the demand with, so that one sent twice is one.
    client_uuid = HiddenField(validators=[Length(max=36)])
    usage_1 = radio(_l("À quoi servira-t-il d'abord ?"), Usage, words.USAGES)
    usage_2 = select(_l("Deuxième usage"), Usage, words.USAGES, _l("Aucun"))
    usage_3 = select(_l("Troisième usage"), Usage, words.USAGES, _l("Aucun"))
    commune = StringField(
        _l("Commune"),
        description=_l("Son nom, son ancien nom ou son code postal. Jamais la rue."),
        validators=[Length(max=100)],
    )
    commune_pick = RadioField(_l("Quelle commune ?"), validate_choice=False, validators=[Optional()])
    format = radio(_l("Quel type d'ordinateur ?"), Format, words.FORMATS)
    handover_place = SelectField(
        _l("Où la machine peut-elle être remise ?"), coerce=number, validate_choice=False, validators=[Optional()]
    )
    system = select(_l("Un logiciel imposé ne marche-t-il que sous Windows ?"), System, words.SYSTEMS, None)
    note = TextAreaField(
        _l("Une précision sur la machine"),
        description=_l("L'atelier la lit : rien sur la personne, ni nom, ni téléphone, ni santé."),
        validators=[Length(max=300)],
    )
    note_confirmed = BooleanField(_l("J'ai relu : ce texte ne nomme et ne décrit personne"))

    #: The answers that the form asks for, as core.needs and the table of points say; None is all of them.
    asked: Collection[str] | None = None
    #: Filled by `commune_found`: what the commune typed may mean, when that is not plain.
    candidates: Sequence[Found] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What is wrong is told from the top of the page to its end, and not in the order in which classes inherit.
        place = {name: rank for rank, name in enumerate(_PAGE)}
        ordered = sorted(self, key=lambda field: place.get(field.short_name, -1))
        self._fields = {field.short_name: field for field in ordered}

    def ask_only(self, asked: Collection[str]) -> None:
        """Take away the questions whose answer nothing would read."""
        self.asked = asked
        for name in [field.name for field in self if field.name in _OPTIONAL_PARTS and field.name not in asked]:
            del self[name]

    def take_places(self, places: Sequence[tuple[int, str]]) -> None:
        """Offer the hand-over places, (id, name) pairs."""
        self.handover_place.choices = [
            SelectChoice("", _("Choisissez")),
            *(SelectChoice(str(key), name) for key, name in places),
        ]
        if self.handover_place.data not in {None, *(key for key, _name in places)}:
            self.handover_place.data = None

    def take_answers(self, answers: Answers, commune: str) -> None:
        """Show what was answered so far."""
        for rank, field in enumerate((self.usage_1, self.usage_2, self.usage_3)):
            field.data = answers.usages[rank] if rank < len(answers.usages) else None
        self.commune.data = commune
        self.format.data = answers.format
        self.handover_place.data = answers.handover_place
        self.system.data = answers.system
        self.note.data = answers.note

    def answers(self, commune: str | None) -> Answers:
        """Return what is answered so far; `commune` is the INSEE code that the field was resolved to."""
        usages = (self.usage_1.data, self.usage_2.data, self.usage_3.data)
        return Answers(
            recipient=self.recipient,
            commune=commune,
            usages=tuple(usage for usage in usages if usage),
            format=self.format.data,
            handover_place=self.handover_place.data,
            system=self.system.data or System.ANY,
            note=" ".join((self.note.data or "").split()),
        )

    def commune_found(self, found: Sequence[Found], sure: str | None) -> str | None:
        """Return the INSEE code that is meant: the one picked among the candidates, or the only one possible."""
        picked = str(self.commune_pick.data or "")
        known = picked in {row.commune.code for row in found}
        if sure is None and self.commune.data:
            # Shown again while the form is not good, with what was picked: the text alone would not say it.
            self.candidates = found
            self.commune_pick.choices = [SelectChoice(row.commune.code, row.commune.name) for row in found]
        self.commune_pick.data = picked if known else None
        return picked if known else sure

    def persons_in_text(self) -> list[privacy.Finding]:
        """Return what looks like a person in the free texts, unless the reader said it is none."""
        return [] if self.note_confirmed.data else privacy.find(self.note.data or "")

    def complete(self, answers: Answers, today: date) -> bool:
        """Whether the need can be sent; writes the error of each field that stands in the way."""
        for name in core.missing(answers, self.asked):
            field = self[self.field_of(name)]
            if field.errors:
                continue
            if name == "commune" and self.candidates:
                field.errors = [_("Plusieurs communes sont possibles : choisissez la bonne ci-dessous.")]
            elif name == "commune" and self.commune.data:
                field.errors = [_("Aucune commune ne porte ce nom. Essayez son code postal.")]
            else:
                field.errors = [_("Cette réponse est nécessaire.")]
        for fault in core.wrong(answers, today):
            place = words.WRONG_FIELD[fault]
            field = self[place if place in self else "usage_1"]
            field.errors = [*field.errors, words.WRONG[fault]]
        return self.without_persons() and not self.errors

    def field_of(self, answer: str) -> str:
        """Return the name of the field where an answer is asked."""
        return "usage_1" if answer == "usages" else answer

    def without_persons(self) -> bool:
        """Whether the free texts name nobody, as far as one can tell; writes the error otherwise."""
        seen = sorted({str(words.HINTS[finding.hint]) for finding in self.persons_in_text()})
        if seen:
            self.note.errors = [
                _(
                    "Ce texte semble contenir %(what)s. Enlevez-le, ou cochez la case si ce n'en est pas.",
                    what=_(" et ").join(seen),
                )
            ]
        return not seen


class HouseholdForm(NeedForm):
    """A household's need."""

    persons = IntegerField(_l("Personnes qui s'en serviront"), validators=[Optional()])
    pupils = IntegerField(_l("dont élèves ou étudiants"), validators=[Optional()])
    equipment = radio(_l("Équipement actuel"), Equipment, words.EQUIPMENT)
    connectivity = radio(_l("Connexion à internet"), Connectivity, words.CONNECTIVITY)
    no_stable_power = BooleanField(_l("Pas de courant stable : il faut une batterie"))
    tablet_suits = BooleanField(_l("Une tablette conviendrait aussi"))
    ergonomics = several(
        _l("Confort d'usage"), Ergonomics, options({comfort: words.ERGONOMICS[comfort] for comfort in COMFORTS})
    )
    substitutes = several(_l("Faute de mieux, accepterait-on…"), Substitute, [])
    can_pay = yes_no(_l("La personne peut-elle participer au prix ?"), _l("Oui, jusqu'à…"), _l("Non"))
    contribution = IntegerField(
        _l("Montant le plus élevé"),
        validators=[Optional(), NumberRange(0, 300, _l("Indiquez un montant de 0 à 300 €."))],
    )
    loan_suits = yes_no(_l("Un prêt conviendrait-il ?"), _l("Oui"), _l("Non"))
    eligibility = radio(
        _l("Critère que votre service atteste"),
        Eligibility,
        words.ELIGIBILITY,
        description=_l("Ni montant, ni justificatif : votre attestation suffit."),
    )
    not_equipped = yes_no(
        _l("À votre connaissance, le foyer a-t-il reçu un ordinateur de la filière depuis 36 mois ?"),
        _l("Non, aucun"),
        _l("Oui"),
    )
    district = BooleanField(
        _l("Le foyer habite un quartier prioritaire (QPV)"),
        description=_l("Cochez si vous le savez. Le quartier lui-même n'est pas gardé."),
    )
    motive = select(_l("Urgence"), Motive, words.MOTIVES_OF_URGENCY, _l("Pas d'urgence particulière"))
    wanted_by = DateField(_l("Date à tenir"), validators=[Optional()])
    accompaniment = select(
        _l("Qui aide pour les premiers pas ?"), Accompaniment, words.ACCOMPANIMENT, _l("Non précisé")
    )
    informed_on = DateField(_l("La personne a été informée le"), validators=[Optional()])
    informed_how = radio(_l("Comment ?"), Informed, words.INFORMED)
    twin_birth = DateField(_l("Date de naissance"), validators=[Optional()])
    twin_surname = StringField(_l("Trois premières lettres du nom"), validators=[Length(max=3)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = {usage: word for usage, word in words.USAGES.items() if usage not in FOR_STRUCTURES}
        self.usage_1.choices = options(offered)
        self.usage_2.choices = self.usage_3.choices = options(offered, _l("Aucun"))
        # A tablet has its own box above; the rest is for want of better.
        self.substitutes.choices = options(
            {each: word for each, word in words.SUBSTITUTES.items() if each is not Substitute.TABLET}
        )

    def without_twins(self) -> None:
        """Take away what tells two needs of one person: the setting is off, or the need was sent already."""
        del self.twin_birth
        del self.twin_surname

    def field_of(self, answer: str) -> str:
        if answer == "contribution_cents":
            return "contribution" if self.can_pay.data == YES else "can_pay"
        return super().field_of(answer)

    def take_answers(self, answers: Answers, commune: str) -> None:
        super().take_answers(answers, commune)
        for name in _AS_THEY_ARE:
            if name in self:
                self[name].data = getattr(answers, name)
        self.ergonomics.data = list(answers.ergonomics)
        self.substitutes.data = list(answers.substitutes)
        self.tablet_suits.data = answers.tablet_suits or Substitute.TABLET in answers.substitutes
        self.loan_suits.data = _said(answers.loan_suits)
        self.not_equipped.data = _said(answers.not_equipped)
        if "district" in self:
            self.district.data = bool(answers.district)
        if answers.contribution_cents is not None:
            self.can_pay.data = YES if answers.contribution_cents else NO
            self.contribution.data = answers.contribution_cents // 100 or None

    def answers(self, commune: str | None) -> Answers:
        contribution = None
        if self.can_pay.data == NO:
            contribution = 0
        elif self.can_pay.data == YES and self.contribution.data:
            contribution = self.contribution.data * 100
        given = {name: self[name].data for name in _AS_THEY_ARE if name in self}
        if "district" in self:
            # Not ticked is not known: a service need not know every street of its territory.
            given["district"] = True if self.district.data else None
        return replace(
            super().answers(commune),
            **given,
            ergonomics=frozenset(item for item in self.ergonomics.data or () if item),
            substitutes=frozenset(item for item in self.substitutes.data or () if item),
            contribution_cents=contribution,
            loan_suits=_meant(self.loan_suits.data),
            not_equipped=_meant(self.not_equipped.data),
        )


#: Fields whose value is the answer itself.
_AS_THEY_ARE = (
    "persons", "pupils", "equipment", "connectivity", "eligibility", "motive", "wanted_by", "accompaniment",
    "informed_on", "informed_how", "no_stable_power", "tablet_suits",
)  # fmt: skip
#: Fields that only the points may want; every other field serves a constraint, the place or the law.
_OPTIONAL_PARTS = frozenset(
    {"persons", "pupils", "equipment", "connectivity", "district", "motive", "wanted_by", "accompaniment"}
)


class StructureForm(NeedForm):
    """What a structure asks for itself."""

    recipient = Recipient.STRUCTURE

    term = radio(_l("Pour une date, ou pour les garder ?"), Term, words.TERMS)
    quantity = IntegerField(
        _l("Combien de machines ?"),
        validators=[Optional(), NumberRange(1, 60, _l("Indiquez un nombre entre 1 et 60."))],
        default=1,
    )
    least = IntegerField(
        _l("Le moins qui permette de travailler"),
        description=_l("En dessous, aucune n'est remise. Laissez vide si chaque machine compte."),
        validators=[Optional(), NumberRange(1, 60, _l("Indiquez un nombre entre 1 et 60."))],
    )
    alike = radio(_l("Doivent-elles se ressembler ?"), Alike, words.ALIKE)
    wanted_by = DateField(_l("À partir du"), validators=[Optional()])
    wanted_until = DateField(_l("Jusqu'au"), validators=[Optional()])
    owner = StringField(_l("Quelle organisation en est propriétaire ?"), validators=[Length(max=120)])
    maintainer = StringField(
        _l("Quelle organisation les entretient ?"),
        description=_l("Un ordinateur en libre accès que personne n'entretient ne sert bientôt plus."),
        validators=[Length(max=120)],
    )

    def ask_only(self, asked: Collection[str]) -> None:
        # The dates are a structure's own question, whatever the points read.
        super().ask_only({*asked, "wanted_by"})

    def was_sent(self) -> None:
        """Take away what was settled when the demand was sent: how many, and for how long."""
        for name in ("term", "quantity", "least", "alike"):
            del self[name]

    def take_answers(self, answers: Answers, commune: str) -> None:
        super().take_answers(answers, commune)
        for name in _OF_STRUCTURES:
            if name in self:
                self[name].data = getattr(answers, name)

    def answers(self, commune: str | None) -> Answers:
        given = {name: self[name].data for name in _OF_STRUCTURES if name in self}
        return replace(
            super().answers(commune),
            **given
            | {
                "quantity": given.get("quantity") or 1,
                "owner": (self.owner.data or "").strip() or None,
                "maintainer": (self.maintainer.data or "").strip() or None,
            },
        )

    def persons_in_text(self) -> list[privacy.Finding]:
        if self.note_confirmed.data:
            return []
        return [f for field in (self.note, self.owner, self.maintainer) for f in privacy.find(field.data or "")]


_OF_STRUCTURES = ("quantity", "least", "alike", "term", "wanted_by", "wanted_until", "owner", "maintainer")


def _said(value: bool | None) -> str | None:
    return None if value is None else YES if value else NO


def _meant(value: str | None) -> bool | None:
    return {YES: True, NO: False}.get(value or "")
