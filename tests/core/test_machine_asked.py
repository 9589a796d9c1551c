"""Which machine a need asks for: what usages and constraints add, and how many of a demand go together."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from refurb.core.equipment import Mode, Recipient
from refurb.core.machine_asked import Split, forms, minima, modes, profile, split
from refurb.core.needs import Alike, Answers, Ergonomics, Format, Profile, Substitute, Term, Usage

FAMILY = Answers(
    commune="49007",
    usages=(Usage.SECONDARY_SCHOOL, Usage.PROCEDURES),
    persons=5,
    pupils=3,
    format=Format.ANY,
    contribution_cents=0,
    loan_suits=False,
)


def test_a_family_with_three_pupils_asks_for_a_secondary_school_machine() -> None:
    assert profile(FAMILY.usages) is Profile.P2
    assert minima(FAMILY) == {"class": 2, "ram_gb": 8, "storage_gb": 240, "webcam": True, "battery_pct": 60}
    assert forms(FAMILY) == ["laptop", "desktop", "all_in_one"]
    assert modes(FAMILY) == [Mode.GIFT]


def test_a_shared_station_names_the_need_of_a_structure() -> None:
    assert profile((Usage.SHARED_STATION, Usage.PROCEDURES)) is Profile.P4
    assert profile(()) is None


def test_constraints_raise_the_minima_and_narrow_the_forms() -> None:
    nomad = replace(FAMILY, usages=(Usage.PROCEDURES,), no_stable_power=True, tablet_suits=True)
    assert forms(nomad) == ["laptop", "tablet"]
    assert minima(nomad) == {"class": 1, "ram_gb": 4, "storage_gb": 120, "battery_pct": 60}
    large = replace(FAMILY, usages=(Usage.SHARED_STATION,), ergonomics={Ergonomics.LARGE_SCREEN})
    assert minima(large)["screen_in"] == 22
    assert minima(replace(large, usages=(Usage.OFFICE_WORK,)))["screen_in"] == 17


def test_modes_keep_their_order() -> None:
    assert modes(replace(FAMILY, loan_suits=True, contribution_cents=4000)) == [
        Mode.GIFT,
        Mode.LOAN,
        Mode.SOLIDARITY_SALE,
    ]
    assert modes(Answers(recipient=Recipient.STRUCTURE)) == [Mode.GIFT, Mode.LOAN]


@given(st.sets(st.sampled_from(Usage), min_size=1, max_size=3), st.sampled_from(Usage))
def test_one_more_usage_never_asks_for_less(usages: set[Usage], more: Usage) -> None:
    fewer = minima(replace(FAMILY, usages=tuple(usages)))
    asked = minima(replace(FAMILY, usages=(*usages, more)))
    assert all(asked[criterion] >= value for criterion, value in fewer.items())


def test_a_substitute_widens_and_never_asks_for_more() -> None:
    for each in Substitute:
        wider = replace(FAMILY, substitutes=frozenset({each}))
        assert set(forms(wider)) >= set(forms(FAMILY))
        assert all(value <= minima(FAMILY)[criterion] for criterion, value in minima(wider).items())
    laptop = replace(FAMILY, format=Format.LAPTOP, substitutes={Substitute.OTHER_FORM})
    assert forms(laptop) == ["laptop", "desktop", "all_in_one"]
    assert forms(replace(laptop, no_stable_power=True)) == ["laptop"]


def test_at_least_six_better_eight() -> None:
    asked = Answers(recipient=Recipient.STRUCTURE, quantity=8, least=6, alike=Alike.SAME_CHARGER, term=Term.KEEP)
    assert split(asked) == Split(6, 2, "charger")
    assert split(replace(asked, alike=Alike.IDENTICAL)).same == "model"
    assert split(replace(asked, least=None)) == Split(0, 8, None)
    assert split(replace(asked, term=Term.DATE)) == Split(0, 1, None)
    assert split(FAMILY) == Split(0, 1, None)
