"""Known answers: real processors' names, as lshw, dmidecode and agents write them, and what profiles ask."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refurb.core.grading import CPUS, PROFILES, CpuTable, Facts, cpu_class, grade

#: (name, cores, class). None as a class: less than class 0, or not in the table.
CASES: list[tuple[str, int | None, int | None]] = [
    ("Intel(R) Core(TM) i5-3340M CPU @ 2.70GHz", 2, 1),
    ("Intel(R) Core(TM)2 CPU          6400  @ 2.13GHz", 2, 0),
    ("Intel(R) Atom(TM) CPU N455   @ 1.66GHz", 1, None),
    ("Intel(R) Celeron(R) CPU J3455 @ 1.50GHz", 4, 1),
    ("Intel(R) Core(TM) i3 CPU         530  @ 2.93GHz", 2, 1),
    ("Intel(R) Core(TM) i7-4600U CPU @ 2.10GHz", 2, 1),
    ("Intel(R) Core(TM) i5-6200U CPU @ 2.30GHz", 2, 2),
    ("Intel(R) Core(TM) i7-7700 CPU @ 3.60GHz", 4, 2),
    ("Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz", 4, 3),
    ("Intel(R) Core(TM) i3-8130U CPU @ 2.20GHz", 2, 3),
    ("Intel(R) Core(TM) i9-9900K CPU @ 3.60GHz", 8, 3),
    ("Intel(R) Core(TM) i3-10110U CPU @ 2.10GHz", 2, 3),
    ("Intel(R) Core(TM) i3-1005G1 CPU @ 1.20GHz", 2, 3),
    ("Intel(R) Core(TM) i5-1035G1 CPU @ 1.00GHz", 4, 4),
    ("Intel(R) Core(TM) i5-10210U CPU @ 1.60GHz", 4, 4),
    ("11th Gen Intel(R) Core(TM) i5-1135G7 @ 2.40GHz", 4, 4),
    ("11th Gen Intel(R) Core(TM) i3-1115G4 @ 3.00GHz", 2, 4),
    ("12th Gen Intel(R) Core(TM) i3-1215U", 6, 4),
    ("12th Gen Intel(R) Core(TM) i5-1235U", 10, 5),
    ("13th Gen Intel(R) Core(TM) i7-1355U", 10, 5),
    ("Intel(R) Core(TM) i5-14600K", 14, 5),
    ("Intel(R) Core(TM) Ultra 7 155H", 16, 5),
    ("Intel(R) Core(TM) 5 120U", 10, 5),
    ("Intel(R) Core(TM) i5 CPU       M 520  @ 2.40GHz", 2, 1),
    ("Intel(R) Core(TM) i7 CPU       Q 720  @ 1.60GHz", 4, 1),
    ("Intel(R) Core(TM) i7-8086K CPU @ 4.00GHz", 6, 3),
    ("Intel(R) Core(TM) i5-7Y54 CPU @ 1.20GHz", 2, 2),
    ("Intel(R) Core(TM) m3-6Y30 CPU @ 0.90GHz", 2, 1),
    ("Intel(R) Core(TM) M-5Y10c CPU @ 0.80GHz", 2, 0),
    ("Intel(R) Core(TM) m3-7Y30 CPU @ 1.00GHz", 2, 1),
    ("Intel(R) Core(TM) m3-8100Y CPU @ 1.10GHz", 2, 2),
    ("Intel(R) Core(TM) M-5Y71 CPU @ 1.20GHz", 2, 0),
    ("Intel(R) Core(TM) m5-6Y57 CPU @ 1.10GHz", 2, 1),
    ("Intel(R) Xeon(R) CPU E3-1225 v3 @ 3.20GHz", 4, 0),
    ("Intel(R) Xeon(R) CPU E3-1245 v5 @ 3.50GHz", 4, 1),
    ("Intel(R) Xeon(R) CPU E3-1505M v6 @ 3.00GHz", 4, 1),
    ("Intel(R) Xeon(R) CPU E5-1620 0 @ 3.60GHz", 4, 0),
    ("Intel(R) Xeon(R) CPU E5-2670 v2 @ 2.50GHz", 10, 0),
    ("Intel(R) Xeon(R) E-2176M CPU @ 2.70GHz", 6, 2),
    ("Intel(R) Xeon(R) W-2123 CPU @ 3.60GHz", 4, 1),
    ("Intel(R) Xeon(R) CPU W3520 @ 2.67GHz", 4, 0),
    ("Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz", 16, 1),
    ("Intel(R) Xeon(R) CPU 5160 @ 3.00GHz", 2, None),
    ("Intel(R) Core(TM)2 Duo CPU     P8400  @ 2.26GHz", 2, 0),
    ("Intel(R) Core(TM)2 Quad CPU    Q6600  @ 2.40GHz", 4, 0),
    ("Intel(R) Core(TM)2 Solo CPU U3500", 1, None),
    ("Genuine Intel(R) CPU T2300 @ 1.66GHz", 2, None),
    ("Intel(R) Pentium(R) 4 CPU 3.00GHz", 1, None),
    ("Intel(R) Pentium(R) D CPU 3.00GHz", 2, 0),
    ("Intel(R) Pentium(R) Dual  CPU  E2180  @ 2.00GHz", 2, 0),
    ("Pentium(R) Dual-Core CPU       T4500  @ 2.30GHz", 2, 0),
    ("Intel(R) Celeron(R) CPU 900 @ 2.20GHz", 1, None),
    ("Intel(R) Celeron(R) M processor 1.50GHz", 1, None),
    ("Intel(R) Pentium(R) CPU G4560 @ 3.50GHz", 2, 1),
    ("Intel(R) Pentium(R) Gold G5400 CPU @ 3.70GHz", 2, 1),
    ("Intel(R) Pentium(R) Silver N5000 CPU @ 1.10GHz", 4, 1),
    ("Intel(R) Pentium(R) CPU 4405U @ 2.10GHz", 2, 1),
    ("Intel(R) Celeron(R) N4020 CPU @ 1.10GHz", 2, 1),
    ("Intel(R) Celeron(R) CPU  N2840  @ 2.16GHz", 2, 1),
    ("Intel(R) Celeron(R) CPU 847 @ 1.10GHz", 2, 1),
    ("Intel(R) Celeron(R) CPU B815 @ 1.60GHz", 2, 1),
    ("Intel(R) Celeron(R) 2955U @ 1.40GHz", 2, 1),
    ("Intel(R) Celeron(R) CPU 1007U @ 1.50GHz", 2, 1),
    ("Intel(R) N100", 4, 1),
    ("Intel(R) Processor N200", 4, 1),
    ("Intel(R) Core(TM) i3-N305", 8, 1),
    ("Intel(R) Atom(TM) CPU D525 @ 1.80GHz", 2, 0),
    ("Intel(R) Atom(TM) x5-Z8350  CPU @ 1.44GHz", 4, 0),
    ("Intel(R) Atom(TM) CPU N570   @ 1.66GHz", None, 0),
    ("Intel(R) Atom(TM) CPU N270   @ 1.60GHz", None, None),
    ("AMD Ryzen 5 3500U with Radeon Vega Mobile Gfx", 4, 3),
    ("AMD Ryzen 3 2200G with Radeon Vega Graphics", 4, 2),
    ("AMD Ryzen 7 PRO 4750U with Radeon Graphics", 8, 4),
    ("AMD Ryzen 5 5500U with Radeon Graphics", 6, 4),
    ("AMD Ryzen 5 1600 Six-Core Processor", 6, 2),
    ("AMD Ryzen 7 7840U w/ Radeon 780M Graphics", 8, 5),
    ("AMD Ryzen AI 9 HX 370 w/ Radeon 890M", 12, 5),
    ("AMD Ryzen Threadripper 1950X 16-Core Processor", 16, 2),
    ("AMD Athlon(tm) 64 X2 Dual Core Processor 4400+", 2, 0),
    ("AMD Athlon(tm) II X2 250 Processor", 2, 0),
    ("AMD Phenom(tm) II X4 955 Processor", 4, 0),
    ("AMD A8-7410 APU with AMD Radeon R5 Graphics", 4, 1),
    ("AMD A10-5800K APU with Radeon(tm) HD Graphics", 4, 1),
    ("AMD PRO A12-9800 R7, 12 COMPUTE CORES 4C+8G", 4, 1),
    ("AMD A9-9420 RADEON R5, 5 COMPUTE CORES 2C+3G", 2, 1),
    ("AMD A6-6310 APU with AMD Radeon R4 Graphics", 4, 0),
    ("AMD A4-5000 APU with Radeon(TM) HD Graphics", 4, 0),
    ("AMD E-350 Processor", 2, 0),
    ("AMD E1-2100 APU", 2, 0),
    ("AMD C-60 APU with Radeon(tm) HD Graphics", 2, 0),
    ("AMD FX(tm)-6300 Six-Core Processor", 3, 1),
    ("AMD Athlon 3000G with Radeon Vega Graphics", 2, 1),
    ("AMD Athlon Silver 3050U with Radeon Graphics", 2, 1),
    ("AMD Sempron(tm) 140 Processor", 1, None),
    ("AMD EPYC", None, None),
    ("Common KVM processor", 1, None),
    ("AMD 3020e with Radeon Graphics", 2, 1),
    ("AMD Turion(tm) 64 X2 Mobile Technology TL-60", 2, 0),
    ("Intel(R) Pentium(R) CPU B960 @ 2.20GHz", 2, 1),
    ("Intel(R) Pentium(R) CPU P6200 @ 2.13GHz", 2, 0),
    ("Intel(R) Celeron(R) CPU G1610 @ 2.60GHz", 2, 1),
    ("Intel(R) Pentium(R) CPU 2020M @ 2.40GHz", 2, 1),
    ("Intel(R) Celeron(R) CPU 3205U @ 1.50GHz", 2, 1),
    ("Intel(R) Pentium(R) CPU  N3540  @ 2.16GHz", 4, 1),
    ("VIA Nano", 1, None),
    ("Apple M1", 8, None),
    ("Intel Core I5-4200m Cpu @ 2.50ghz", 2, 1),
    ("Intel(R) Core(TM) i5-L16G7 CPU @ 1.40GHz", 5, 3),
    ("Intel(R) Core(TM) i7 CPU 920 @ 2.67GHz", 4, 1),
    ("Intel(R) Core(TM) i5 CPU 750", 4, 1),
    ("Intel Core i5 (4th gen)", 4, None),
    ("Intel(R) Pentium(R) Gold 7505 @ 2.00GHz", 2, 1),
    ("Intel(R) Celeron(R) 6305 @ 1.80GHz", 2, 1),
    ("Intel(R) Core(TM) i3-2310M CPU @ 2.10GHz", 2, 1),
    ("Intel(R) Core(TM) i7-3770", 4, 1),
    ("Intel(R) Core(TM) i7-5600U", 2, 1),
    ("Intel(R) Core(TM) i7-2620M CPU @ 2.70GHz", None, 1),
]


@pytest.mark.parametrize(("model", "cores", "cls"), CASES, ids=[case[0] for case in CASES])
def test_class_of_a_processor(model: str, cores: int | None, cls: int | None) -> None:
    assert cpu_class(model, cores) == cls


def test_i3_counts_as_4_from_its_11th_generation_and_never_more() -> None:
    classes = [
        cpu_class(f"Core i3-{number}", 4) for number in ("5005U", "7100U", "9100", "10100", "1115G4", "12100", "13100")
    ]
    assert classes == [1, 2, 3, 3, 4, 4, 4]


def test_a_family_of_class_0_needs_two_cores() -> None:
    assert cpu_class("Intel Atom D525", 1) is None
    assert cpu_class("Intel Atom D525", 2) == 0
    assert cpu_class("Intel Atom N270", None) is None


def test_what_is_carried_in_the_hand_is_of_class_1() -> None:
    assert cpu_class("Qualcomm Snapdragon 450", 8, form="smartphone") == 1
    assert cpu_class(None, form="tablet") == 1


def test_an_edited_table_keeps_its_version_and_decides() -> None:
    data = CPUS.as_data()
    data["version"] = "2026-2"
    data["families"].insert(0, {"name": "EPYC", "pattern": r"\bepyc\b", "cls": 3})
    table = CpuTable.from_data(data)
    assert cpu_class("AMD EPYC 7302P", 16, table=table) == 3
    assert grade(Facts(form="desktop", cpu="AMD EPYC 7302P"), cpus=table).versions["cpus"] == "2026-2"


@pytest.mark.parametrize(
    "family",
    [
        {"name": "broken", "pattern": "(", "cls": 1},
        {"name": "nothing", "pattern": "x"},
        {"name": "far", "pattern": "x", "scale": "moon"},
    ],
)
def test_a_table_that_would_not_work_is_refused(family: dict[str, Any]) -> None:
    data = CPUS.as_data()
    data["families"].append(family)
    with pytest.raises(ValueError, match=family["name"]):
        CpuTable.from_data(data)


LAPTOP = Facts(
    form="laptop",
    cpu="Intel Core i5-8250U",
    cores=4,
    ram_gb=8,
    storage_gb=256,
    screen_in=14,
    webcam=True,
    battery_pct=80,
    has_battery=True,
)


def served(facts: Facts) -> tuple[str, ...]:
    return grade(facts).profiles


def lacks(facts: Facts, profile: str) -> set[tuple[str, object, object]]:
    return {(lack.criterion, lack.have, str(lack.need)) for lack in grade(facts).missing if lack.profile == profile}


def test_a_good_laptop_serves_all_but_the_fixed_post_and_creation() -> None:
    assert served(LAPTOP) == ("P0", "P1", "P2", "P3", "P5")
    assert lacks(LAPTOP, "P6") == {("ram_gb", 8, "16"), ("storage_gb", 256, "512")}
    assert {criterion for criterion, _, _ in lacks(LAPTOP, "P4")} == {"forms", "screen_in"}


def test_four_gigabytes_more_and_it_serves_p2() -> None:
    facts = replace(LAPTOP, ram_gb=4, cpu="Intel Core i5-6200U")
    assert served(facts) == ("P0", "P1")
    step = grade(facts).next_step()
    assert [(lack.profile, lack.criterion, lack.have, lack.need) for lack in step] == [("P2", "ram_gb", 4, 8)]


def test_what_no_workshop_can_change_is_not_the_next_step() -> None:
    old = Facts(form="desktop", cpu="Intel Core i3-4130", cores=2, ram_gb=4, storage_gb=0)
    assert [(lack.profile, lack.criterion) for lack in grade(old).next_step()] == [("P0", "storage_gb")]
    assert grade(replace(old, storage_gb=240)).next_step() == ()


@pytest.mark.parametrize(
    ("change", "profile", "lack"),
    [
        ({"battery_pct": None}, "P2", ("battery_pct", None, "60")),
        ({"battery_pct": 59}, "P2", ("battery_pct", 59, "60")),
        ({"battery_pct": 65}, "P3", ("battery_pct", 65, "70")),
        ({"webcam": None}, "P2", ("webcam", None, "True")),
        ({"webcam": False}, "P2", ("webcam", False, "True")),
        ({"storage_gb": 0}, "P0", ("storage_gb", 0, "64")),
        ({"storage_gb": None}, "P1", ("storage_gb", None, "120")),
        ({"storage_gb": 240}, "P3", ("storage_gb", 240, "256")),
        ({"cpu": "Intel Atom N455", "cores": 1}, "P0", ("class", None, "0")),
        ({"ram_gb": None}, "P0", ("ram_gb", None, "4")),
    ],
)
def test_one_criterion_alone_keeps_it_out(change: dict[str, Any], profile: str, lack: tuple[str, object, str]) -> None:
    assert lack in lacks(replace(LAPTOP, **change), profile)


def test_a_desktop_is_asked_no_battery_and_an_unknown_form_serves_nothing() -> None:
    desktop = Facts(form="desktop", cpu="Intel Core i5-6500", cores=4, ram_gb=8, storage_gb=240, webcam=True)
    assert served(desktop) == ("P0", "P1", "P2")
    assert served(replace(desktop, screen_in=22)) == ("P0", "P1", "P2", "P4")
    assert served(replace(desktop, form=None)) == ()
    assert served(replace(desktop, form="server")) == ()


@given(
    ram=st.one_of(st.none(), st.integers(0, 64)),
    storage=st.one_of(st.none(), st.integers(0, 2000)),
    battery=st.one_of(st.none(), st.integers(0, 100)),
    webcam=st.sampled_from([None, False, True]),
    cpu=st.sampled_from([case[0] for case in CASES]),
    form=st.sampled_from(["laptop", "desktop", "mini_pc", "tablet", None]),
)
def test_a_profile_is_served_or_something_is_missing(
    ram: int | None, storage: int | None, battery: int | None, webcam: bool | None, cpu: str, form: str | None
) -> None:
    graded = grade(Facts(form=form, cpu=cpu, ram_gb=ram, storage_gb=storage, battery_pct=battery, webcam=webcam))
    wanting = {lack.profile for lack in graded.missing}
    assert wanting | set(graded.profiles) == {profile.code for profile in PROFILES.profiles}
    assert not wanting & set(graded.profiles)
