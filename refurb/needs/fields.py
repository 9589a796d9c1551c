"""The kinds of question that the forms of a need ask: one of a list, several, a yes or a no."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from wtforms import RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from refurb.needs import words

Code = TypeVar("Code", bound=StrEnum)
YES, NO = "yes", "no"


def code(cls: type[Code]) -> Callable[[Any], Code | None]:
    """Return what reads an option of `cls`, None for the empty one; an unknown one raises ValueError."""

    def read(value: Any) -> Code | None:
        return cls(value) if value else None

    return read


def options(table: words.Words, empty: Any = None) -> list[SelectChoice]:
    rows = [SelectChoice(code.value, word) for code, word in table.items()]
    return rows if empty is None else [SelectChoice("", empty), *rows]


def number(value: Any) -> int | None:
    return int(value) if value else None


def radio(label: Any, cls: type[Code], table: words.Words, **more: Any) -> RadioField:
    return RadioField(
        label, coerce=code(cls), choices=options(table), validate_choice=False, validators=[Optional()], **more
    )


def select(label: Any, cls: type[Code], table: words.Words, empty: Any, **more: Any) -> SelectField:
    return SelectField(
        label, coerce=code(cls), choices=options(table, empty), validate_choice=False, validators=[Optional()], **more
    )


def several(label: Any, cls: type[Code], choices: list[SelectChoice], **more: Any) -> SelectMultipleField:
    return SelectMultipleField(
        label,
        coerce=code(cls),
        choices=choices,
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        **more,
    )


def yes_no(label: Any, yes: Any, no: Any, **more: Any) -> RadioField:
    return RadioField(
        label,
        choices=[SelectChoice(YES, yes), SelectChoice(NO, no)],
        validate_choice=False,
        validators=[Optional()],
        **more,
    )
