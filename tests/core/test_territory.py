"""The search over the real extract of Maine-et-Loire, and the masking against an attacker who knows the rule."""

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import refurb.territory
from refurb.core.territory import Gazetteer, How, fold, key, mask, mask_rows

EXTRACT = json.loads((Path(refurb.territory.__file__).parent / "data" / "49.json").read_text())
MAINE_ET_LOIRE = Gazetteer.of(EXTRACT)


@pytest.mark.parametrize(
    ("said", "folded"),
    [
        ("Saint-Florent-le-Vieil", "saint florent le vieil"),
        ("ST FLORENT LE VIEIL", "saint florent le vieil"),
        ("Ste-Gemmes s/ Loire", "sainte gemmes sur loire"),
        ("L’Île-d’Olonne", "l ile d olonne"),
        ("Cœur", "coeur"),
        ("Angers Cedex", "angers"),
    ],
)
def test_spellings_fold_to_one(said: str, folded: str) -> None:
    assert fold(said) == folded


def test_a_leading_article_does_not_count() -> None:
    assert key("Les Ponts-de-Cé") == key("ponts de ce")
    assert key("Le") == "le"


@pytest.mark.parametrize(
    ("said", "name", "how"),
    [
        ("Angers", "Angers", How.NAME),
        ("angers", "Angers", How.NAME),
        ("PONTS DE CE", "Les Ponts-de-Cé", How.NAME),
        ("trelaze", "Trélazé", How.NAME),
        ("Saint-Florent-le-Vieil", "Mauges-sur-Loire", How.FORMER),
        ("st florent le vieil", "Mauges-sur-Loire", How.FORMER),
        ("Le Puy-Saint-Bonnet", "Cholet", How.FORMER),
        ("Chemillé", "Chemillé-en-Anjou", How.FORMER),
        ("49100 angers", "Angers", How.NAME),
        ("Angers 49000", "Angers", How.NAME),
    ],
)
def test_a_commune_is_found_by_any_spelling(said: str, name: str, how: How) -> None:
    found = MAINE_ET_LOIRE.find(said)
    assert (found[0].commune.name, found[0].how) == (name, how)
    resolved = MAINE_ET_LOIRE.resolve(said)
    assert resolved is not None
    assert resolved.name == name


def test_a_postcode_gives_all_its_communes_and_decides_nothing() -> None:
    found = MAINE_ET_LOIRE.find("49260")
    assert len(found) == 11
    assert {row.how for row in found} == {How.POSTCODE}
    assert MAINE_ET_LOIRE.resolve("49260") is None
    only = MAINE_ET_LOIRE.resolve("49100")
    assert only is not None
    assert only.name == "Angers"


def test_a_part_and_a_slip_of_the_pen_give_candidates() -> None:
    names = [row.commune.name for row in MAINE_ET_LOIRE.find("st mathurin")]
    assert names == ["Loire-Authion"]
    assert MAINE_ET_LOIRE.find("saint mathurin")[0].via == "Saint-Mathurin-sur-Loire"
    assert MAINE_ET_LOIRE.find("Samur")[0].commune.name == "Saumur"
    assert MAINE_ET_LOIRE.resolve("Samur") is None
    assert len(MAINE_ET_LOIRE.find("saint")) > 5
    assert MAINE_ET_LOIRE.resolve("saint") is None
    assert MAINE_ET_LOIRE.find("xyzzy") == []
    assert MAINE_ET_LOIRE.find("  ") == []


def test_every_name_and_every_old_code_finds_its_way() -> None:
    for commune in MAINE_ET_LOIRE.communes.values():
        assert commune.code in {row.commune.code for row in MAINE_ET_LOIRE.find(commune.name)}
        assert MAINE_ET_LOIRE.today(commune.code) == commune
    for old in MAINE_ET_LOIRE.former:
        today = MAINE_ET_LOIRE.today(old.code)
        assert today is not None
        assert today.code in (old.current, old.code)
        if old.name:
            assert old.current in {row.commune.code for row in MAINE_ET_LOIRE.find(old.name)}
    assert MAINE_ET_LOIRE.today("44060") == MAINE_ET_LOIRE.communes["49160"]
    assert MAINE_ET_LOIRE.today("75056") is None


def test_the_extract_holds_the_whole_departement() -> None:
    communes = MAINE_ET_LOIRE.communes.values()
    assert (len(communes), sum(commune.population for commune in communes)) == (176, 833_776)
    assert len({postcode for commune in communes for postcode in commune.postcodes}) == 69
    assert all(commune.epci in MAINE_ET_LOIRE.epci for commune in communes)
    # Ingrandes-Le Fresne belongs to an EPCI of Loire-Atlantique, whose other members are named by code.
    ancenis = MAINE_ET_LOIRE.epci["244400552"]
    assert MAINE_ET_LOIRE.communes["49160"].epci == ancenis.code
    assert len(ancenis.members) == 20
    assert sum(len(set(epci.members) & set(MAINE_ET_LOIRE.communes)) for epci in MAINE_ET_LOIRE.epci.values()) == 176


@pytest.mark.parametrize(
    ("counts", "cells", "total"),
    [
        ([12, 7, 0], [12, 7, 0], 19),
        ([12, 3, 7], [12, None, None], 22),
        ([12, 2, 3, 7], [12, None, None, 7], 24),
        ([1, 1, 9], [None, None, None], 11),
        ([3], [None], None),
        ([4, 4, 0], [None, None, 0], None),
        ([], [], 0),
    ],
)
def test_small_counts_are_masked(counts: list[int], cells: list[int | None], total: int | None) -> None:
    assert mask(counts) == (cells, total)


@given(st.lists(st.integers(0, 11), max_size=4))
def test_nobody_can_work_out_a_masked_count(counts: list[int]) -> None:
    out = mask(counts)
    masked = [i for i, cell in enumerate(out.cells) if cell is None]
    assert all(i in masked for i, n in enumerate(counts) if 0 < n < 5)
    # The attacker knows the rule and tries every row of counts: each masked cell keeps two values or more.
    top = 12 if out.total is None else out.total
    worlds = [
        world
        for world in itertools.product(*(range(top + 1) if cell is None else [cell] for cell in out.cells))
        if (out.total is None or sum(world) == out.total) and mask(world) == out
    ]
    assert tuple(counts) in worlds
    assert all(len({world[i] for world in worlds}) > 1 for i in masked)


@given(st.lists(st.integers(0, 11), min_size=2, max_size=4))
def test_nobody_can_work_out_a_masked_count_whose_total_is_told_elsewhere(counts: list[int]) -> None:
    out = mask(counts, total_told=True)
    assert out.total == sum(counts)
    assert all(cell is None for cell, n in zip(out.cells, counts, strict=True) if 0 < n < 5)
    worlds = [
        world
        for world in itertools.product(*(range(out.total + 1) if cell is None else [cell] for cell in out.cells))
        if sum(world) == out.total and mask(world, total_told=True) == out
    ]
    assert tuple(counts) in worlds
    assert all(len({world[i] for world in worlds}) > 1 for i, cell in enumerate(out.cells) if cell is None)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=2))
def test_nobody_can_work_out_a_masked_count_of_a_table(table: list[tuple[int, int]]) -> None:
    out = mask_rows(table)
    flat = [cell for row in out.rows for cell in row]
    small = [n for row in table for n in row]
    assert all(cell is None for cell, n in zip(flat, small, strict=True) if 0 < n < 5)
    top = 9 if out.total is None else out.total
    worlds = []
    for world in itertools.product(*(range(top + 1) if cell is None else [cell] for cell in flat)):
        rows = [world[i : i + 2] for i in range(0, len(world), 2)]
        if (out.total is None or sum(world) == out.total) and mask_rows(rows) == out:
            worlds.append(world)
    assert tuple(small) in worlds
    assert all(len({world[i] for world in worlds}) > 1 for i, cell in enumerate(flat) if cell is None)
