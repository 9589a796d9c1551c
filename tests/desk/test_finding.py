"""The search of the desk: what is forgiven, what is not, and what comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from refurb.core.permissions import OrganisationRole
from refurb.desk import finding
from refurb.security import Actor, ActorKind

if TYPE_CHECKING:
    from refurb.db import Session
    from tests.factories import MakeDevice, MakeOrganisation

NAMES = ("lenovo thinkpad t480", "hp elitebook 840 g3", "dell latitude 7400", "dell latitude 7490", "ardoise dupont")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lenvo", ["lenovo thinkpad t480"]),
        ("lenoov", ["lenovo thinkpad t480"]),
        ("thinkpd", ["lenovo thinkpad t480"]),
        ("t480 lenovo", ["lenovo thinkpad t480"]),
        ("thinkpadt480", ["lenovo thinkpad t480"]),
        ("elitbook", ["hp elitebook 840 g3"]),
        ("elite book", ["hp elitebook 840 g3"]),
        ("elitebok 840", ["hp elitebook 840 g3"]),
        ("latitide", ["dell latitude 7400", "dell latitude 7490"]),
        ("lattitudde 7400", ["dell latitude 7400"]),
        ("ardoize", ["ardoise dupont"]),
        # A figure is never another, a word that is not there is not forgiven, and short words are what they are.
        ("latitude 7450", []),
        ("lenovo latitude", []),
        ("dall", ["dell latitude 7400", "dell latitude 7490"]),
        ("hq", []),
        ("t490", []),
    ],
)
def test_a_word_is_forgiven_a_slip_or_two(typed: str, meant: list[str]) -> None:
    slips = finding.Slips(word for name in NAMES for word in name.split())
    assert [name for name in NAMES if finding.likeness(typed.split(), name.split(), slips)] == meant


def test_the_word_itself_comes_before_its_likes() -> None:
    same, begins, slipped = (finding.word_likeness(typed, "latitude") for typed in ("latitude", "latitu", "latitide"))
    assert same > begins > slipped > 0 == finding.word_likeness("attitudine", "latitude")


def test_what_is_nearest_comes_first_and_the_rest_is_told(
    make_device: MakeDevice, make_organisation: MakeOrganisation, session: Session
) -> None:
    workshop = make_organisation(OrganisationRole.REFURBISHER)
    by = Actor(kind=ActorKind.PERSON, id=1, organisation_id=workshop.id)
    make_device(holder=make_organisation(OrganisationRole.REFURBISHER), maker="Lenovo", model="ThinkPad L13")
    many = [make_device(holder=workshop, maker="Lenovo", model="ThinkPad T480") for _ in range(finding.SHOWN)]
    assert not finding.find(session, "thinkpad", by=by).more
    other = make_device(holder=workshop, maker="Lenovo", model="Thinkpal")
    found = finding.find(session, "thinkpad", by=by)
    assert {device.id for device in found.devices} == {device.id for device in many}
    assert found.more
    assert finding.find(session, "thinkpal", by=by).devices[0].id == other.id
