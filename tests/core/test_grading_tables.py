"""The tables of grading as edited data, and the word that the law regulates."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from refurb.core.grading import CPUS, PROFILES, Facts, cpu_class, grade
from refurb.core.grading_tables import (
    CPU_KIND,
    FIRST,
    PROFILE_KIND,
    TableFault,
    check,
    plain_pattern,
    read_cpus,
    read_profiles,
    version_name,
)
from refurb.core.media import MediaState
from refurb.core.refurbished import may_be_called_refurbished
from refurb.core.workflow import Control, Status
from refurb.core.workflow import Facts as Guards


def edited(kind: str) -> dict[str, Any]:
    return copy.deepcopy(FIRST[kind])


def test_what_is_shipped_reads_back_as_itself() -> None:
    assert read_profiles(FIRST[PROFILE_KIND], PROFILES.version) == PROFILES
    assert read_cpus(FIRST[CPU_KIND], CPUS.version) == CPUS
    assert version_name(PROFILE_KIND, 1) == PROFILES.version
    assert version_name(PROFILE_KIND, 3) == "3"


def test_an_edited_table_changes_the_grade_and_is_named_by_it() -> None:
    content = edited(PROFILE_KIND)
    content["profiles"][2]["minima"]["ram_gb"] = 16
    machine = Facts(form="desktop", cpu="Intel Core i5-8500", cores=6, ram_gb=8, storage_gb=256, webcam=True)
    assert "P2" in grade(machine).profiles
    told = grade(machine, profiles=read_profiles(content, "2"))
    assert "P2" not in told.profiles
    assert told.versions["profiles"] == "2"
    cpus = edited(CPU_KIND)
    family = {"name": "Loongson", "pattern": plain_pattern("Loongson 3A"), "cls": 1}
    cpus["families"].insert(0, family)
    assert cpu_class("Loongson 3A5000") is None
    assert cpu_class("Loongson 3A5000", table=read_cpus(cpus, "2")) == 1


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("profiles", 0, "minima", "ram_gb"), -1, "wrong-minimum"),
        (("profiles", 0, "minima", "ram_gb"), "4", "wrong-minimum"),
        (("profiles", 0, "minima", "class"), 6, "wrong-minimum"),
        (("profiles", 0, "minima", "horses"), 6, "wrong-minimum"),
        (("profiles", 0, "minima"), {}, "wrong-minimum"),
        (("profiles", 0, "code"), "P9", "wrong-profiles"),
        (("profiles", 0, "forms"), ["toaster"], "wrong-forms"),
        (("profiles",), "P0", "not-a-table"),
    ],
)
def test_profiles_that_would_not_work_are_refused(path: tuple[Any, ...], value: Any, code: str) -> None:
    assert refusal(PROFILE_KIND, path, value) == code


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("families", 0, "cls"), 6, "wrong-class"),
        (("families", 0, "pattern"), "(", "wrong-pattern"),
        (("families", 0, "pattern"), "x" * 500, "wrong-pattern"),
        (("families", 5, "pattern"), "no group", "wrong-pattern"),
        (("families", 0, "under"), "1", "wrong-class"),
        (("families",), [], "too-many"),
        (("families",), None, "not-a-table"),
        (("scales", "core"), [[5, 1], [5, 2]], "wrong-scale"),
        (("scales", "core"), [[5, 9]], "wrong-scale"),
        (("scales", "core"), [], "wrong-scale"),
    ],
)
def test_families_that_would_not_work_are_refused(path: tuple[Any, ...], value: Any, code: str) -> None:
    assert refusal(CPU_KIND, path, value) == code


def refusal(kind: str, path: tuple[Any, ...], value: Any) -> str:
    content = edited(kind)
    place: Any = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(TableFault) as refused:
        check(kind, content)
    return refused.value.code


def test_the_regulated_word_asks_a_wipe_and_a_whole_control() -> None:
    whole = Guards(media=MediaState.CLEAR, control=Control.PASSED)
    assert may_be_called_refurbished(Status.IN_STOCK, whole)
    assert may_be_called_refurbished(Status.HANDED_OVER, whole)
    for less in (
        replace(whole, media=MediaState.NOT_CLEAR),
        replace(whole, media=MediaState.UNKNOWN),
        replace(whole, control=Control.NONE),
        replace(whole, control=Control.FAILED),
        replace(whole, holds_system=False),
    ):
        assert not any(may_be_called_refurbished(status, less) for status in Status)
    allowed = {status for status in Status if may_be_called_refurbished(status, whole)}
    assert allowed.isdisjoint({Status.RECEIVED, Status.WIPED, Status.INSTALLED, Status.PARTS, Status.AFTER_SALES})
