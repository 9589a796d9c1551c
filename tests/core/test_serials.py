"""Makers' serials and SIRET numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refurb.core.serials import (
    fold_serial,
    is_placeholder,
    normalise_serial,
    normalise_siret,
    serial_trusted,
    siret_valid,
)


@pytest.mark.parametrize(
    "serial",
    [
        None, "", " ", "0", "None", "N/A", "-", "To be filled by O.E.M.", "To Be Filled By O.E.M",
        "TO BE FILLED BY OEM",
        "System Serial Number", "Default string", "Default String", "Not Specified", "Not Available", "123456789",
        "1234567890", "0123456789", "987654321", "00000000", "0000000000", "FFFFFFFF", "XXXXXXX", "............",
        "Chassis Serial Number", "SSN12345678901234567", "INVALID", "Unknown", "non renseigné", "00000001", "12", "ABC",
        "<BAD INDEX>", "Serial Number Not Provided", "System manufacturer",
    ],
)  # fmt: skip
def test_placeholders_identify_nothing(serial: str | None) -> None:
    assert not serial_trusted("ASUSTeK", serial)


@pytest.mark.parametrize(
    "serial",
    [
        "CZC0408YPV",
        "HQ5583J",
        "5CG1234WQZ",
        "PF0XK9AM",
        "C02ABCDEFGH1",
        "R90ABCDE",
        "LXV4M0100512345A",
        "07129114",
        "O1O1",
    ],
)  # fmt: skip
def test_real_serials_are_trusted(serial: str) -> None:
    assert serial_trusted("HP", serial)


def test_a_word_nobody_knows_is_no_placeholder() -> None:
    assert is_placeholder("To be filled by O.E.M.")
    assert is_placeholder("0000000")
    assert not is_placeholder("bonjour le monde")
    assert not is_placeholder("12")


def test_the_makers_own_name_is_no_serial() -> None:
    assert not serial_trusted("Dell Inc.", "DELL INC")
    assert serial_trusted(None, "HQ5583J")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (" cnd1234xyz ", "CND1234XYZ"),
        ("S/N: CND1234XYZ", "CND1234XYZ"),
        ("S/N CND1234XYZ", "CND1234XYZ"),
        ("SN:CND1234XYZ", "CND1234XYZ"),
        ("SNX1234", "SNX1234"),
        ("Service Tag: HQ5583J", "HQ5583J"),
        ("N° de série : CND1", "CND1"),
        ("*CND1234XYZ*", "CND1234XYZ"),
        ("..CN137407AJ02SW.", "CN137407AJ02SW"),
        ("WD-WMAV2W580992", "WD-WMAV2W580992"),
        ("ＡＢＣ１２３", "ABC123"),
        ("12  34\t56", "12 34 56"),
        ("...", "..."),
    ],
)
def test_serials_are_stored_in_one_form(text: str, stored: str) -> None:
    assert normalise_serial(text) == stored


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing_that_folding_sees(text: str) -> None:
    assert normalise_serial(text) == normalise_serial(text).upper()
    assert set(fold_serial(text)) <= set("0123456789ABCDEFGHIJKLMNPQRSTUVWXYZ")


def test_folding_finds_the_doubles_that_differ_by_o_and_zero() -> None:
    assert fold_serial("5CG0O12-3") == fold_serial("5cgoo123") == "5CG00123"
    assert fold_serial("5CG1") != fold_serial("5CGI")


@pytest.mark.parametrize("siret", ["732 829 320 00074", "73282932000074", "356 000 000 00048", "35600000049837"])
def test_valid_sirets(siret: str) -> None:
    assert siret_valid(siret)


@pytest.mark.parametrize("siret", ["", "73282932000075", "7328293200007", "732829320000744", "35600000049838", "abc"])
def test_invalid_sirets(siret: str) -> None:
    assert not siret_valid(siret)


def test_siret_is_written_with_spaces_and_kept_without() -> None:
    assert normalise_siret(" 732 829 320\u00a000074 ") == "73282932000074"


@given(st.integers(0, 10**12), st.integers(0, 9))
def test_one_wrong_digit_makes_a_siret_invalid(number: int, digit: int) -> None:
    """Luhn finds every single error."""
    valid = [text for n in range(100) if siret_valid(text := f"{number % 10**12:012d}{n:02d}")]
    for text in valid:
        if not text.startswith("356000000") and text[5] != str(digit):
            assert not siret_valid(f"{text[:5]}{digit}{text[6:]}")
