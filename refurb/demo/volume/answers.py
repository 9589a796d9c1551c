"""What households ask for: some hundred answers, with the columns that follow from them, which many needs share."""

from datetime import date
from random import Random
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from refurb.core import machine_asked
from refurb.core.needs import Answers, Eligibility, Equipment, Format, Informed, Motive, Usage, dump
from refurb.demo.volume.writing import Columns
from refurb.territory.models import Commune


class Variant(NamedTuple):
    """One household's answers, its commune, and the columns of a need that follow."""

    answers: Answers
    commune: Commune
    columns: Columns


def variants(session: Session, draw: Random, informed_on: date) -> list[Variant]:
    """Return some hundred answers, drawn from what a form offers."""
    communes = session.scalars(sa.select(Commune).order_by(Commune.code)).all()
    made = []
    for _ in range(400):
        commune, persons = draw.choice(communes), draw.randrange(1, 7)
        answers = Answers(
            commune=commune.code,
            usages=(
                draw.choice(
                    [
                        Usage.PROCEDURES,
                        Usage.SECONDARY_SCHOOL,
                        Usage.JOB_TRAINING,
                        Usage.VIDEO_CALLS,
                        Usage.HIGHER_EDUCATION,
                    ]
                ),
            ),
            persons=persons,
            pupils=draw.randrange(persons),
            equipment=draw.choice(list(Equipment)),
            format=draw.choice(list(Format)),
            eligibility=draw.choice([Eligibility.INCOME_QUOTIENT, Eligibility.MINIMUM_BENEFITS]),
            motive=draw.choice([None, None, Motive.EXAM_OR_JOB]),
            contribution_cents=0,
            loan_suits=True,
            informed_on=informed_on,
            informed_how=Informed.IN_PERSON,
            not_equipped=True,
        )
        made.append(
            Variant(
                answers,
                commune,
                {
                    "answers": dump(answers),
                    "commune_code": commune.code,
                    "epci_code": commune.epci_code,
                    "profile": machine_asked.profile(answers.usages),
                    "forms": machine_asked.forms(answers),
                    "minima": machine_asked.minima(answers),
                    "os": answers.system.value,
                    "modes": [mode.value for mode in machine_asked.modes(answers)],
                },
            )
        )
    return made
