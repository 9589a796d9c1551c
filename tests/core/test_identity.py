"""Codes: minted, checked, and read through every keyboard."""

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refurb.core import identity
from refurb.core.identity import CodeKind, OutOfNumbers, WhyNot, check, display, mint, read
from tests.core.readings import CASES, Case

KINDS = st.sampled_from(list(CodeKind))
NUMBERS = st.integers(0, 99_999_999)
CODES = st.builds(mint, KINDS, NUMBERS)
CODE = "R4900001208"
#: The digit rows, written out here by hand from photographs of keyboards: 0 to 9.
AZERTY = "à&é\"'(-è_ç"
AZERTY_CAPS_LINUX = "À&É\"'(-È_Ç"
AZERTY_BE_MAC = "à&é\"'(§è!ç"
AZERTY_BE_MAC_CAPS = "À&É\"'(§È!Ç"
QWERTY_SHIFTED = ")!@#$%^&*("
QWERTY_UK_SHIFTED = ')!"£$%^&*('
ROWS = [AZERTY, AZERTY_CAPS_LINUX, AZERTY_BE_MAC, AZERTY_BE_MAC_CAPS, QWERTY_SHIFTED, QWERTY_UK_SHIFTED]


def typed(text: str, row: str) -> str:
    """Return what a gun's text becomes on a machine whose digit row is `row`."""
    return text.translate(str.maketrans(string.digits, row))


# -- minting and checking ------------------------------------------------------------------------------------------


def test_the_example_of_the_design() -> None:
    assert mint(CodeKind.DEVICE, 49000012) == "R4900001208"
    assert display("R4900001208") == "R 4900 0012 08"


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [  # worked by hand: letter = 10..35, 98 - (letter number 00) mod 97
        (CodeKind.LOT, 49000001, "D4900000148"),
        (CodeKind.NEED, 49123456, "N4912345624"),
        (CodeKind.COMMAND, 0, "C0000000092"),
        (CodeKind.DOCUMENT, 99999999, "F9999999993"),
    ],
)
def test_known_answers(kind: CodeKind, number: int, code: str) -> None:
    letter = string.ascii_uppercase.index(kind.value) + 10
    assert int(f"{letter}{code[1:]}") % 97 == 1
    assert mint(kind, number) == code


@pytest.mark.parametrize("number", [-1, 100_000_000])
def test_a_number_that_does_not_fit_is_refused(number: int) -> None:
    with pytest.raises(OutOfNumbers):
        mint(CodeKind.DEVICE, number)


def test_numbers_begin_with_the_territory() -> None:
    assert identity.number_in("49", 12) == 49000012
    assert identity.number_in("04", 999_999) == 4_999_999
    for territory, sequence in [("49", 1_000_000), ("49", -1), ("2A", 1), ("490", 1), ("٤٩", 1)]:
        with pytest.raises(OutOfNumbers):
            identity.number_in(territory, sequence)


def test_a_random_number_is_drawn_by_the_caller() -> None:
    assert identity.random_number("49", lambda n: n - 1) == 49_999_999
    assert identity.random_number("49", lambda _: 0) == 49_000_000


@given(CODES)
def test_a_minted_code_is_valid_and_keeps_its_kind(code: str) -> None:
    assert check(code)
    assert len(code) == 11
    assert identity.kind_of(code).value == code[0]
    assert mint(CodeKind(code[0]), int(code[1:9])) == code


@given(CODES, st.integers(0, 10), st.sampled_from(string.ascii_uppercase + string.digits))
def test_one_wrong_character_is_always_found(code: str, place: int, other: str) -> None:
    wrong = code[:place] + other + code[place + 1 :]
    assert check(wrong) == (wrong == code)


@given(CODES, st.integers(1, 9))
def test_two_neighbours_swapped_are_always_found(code: str, place: int) -> None:
    wrong = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert check(wrong) == (wrong == code)


def test_check_digits_have_one_spelling() -> None:
    """97 and 00, 98 and 01, 02 and 99 are equal modulo 97: only 02 to 98 are ever minted or taken."""
    for number in range(49_000_000, 49_000_400):
        code = mint(CodeKind.DEVICE, number)
        assert 2 <= int(code[9:]) <= 98
        assert sum(check(f"{code[:9]}{digits:02d}") for digits in range(100)) == 1


@pytest.mark.parametrize("text", ["", "R", "r4900001208", "R49000012O8", "R٤٩٠٠٠٠١٢٠٨", CODE + "\n", "R 4900 0012 08"])
def test_check_takes_the_canonical_form_only(text: str) -> None:
    assert not check(text)


# -- reading -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        CODE, "r4900001208", " R4900001208\r\n", "R 4900 0012 08", "R-4900-0012-08", "R.4900.0012.08",
        "R\u00a04900\u202f0012\u00a008", "]C1R4900001208", "]Q1R4900001208", "]c1R4900001208", "*R4900001208*",
        "R°4900°0012°08", "\x02R4900001208\x03", "\ufeffR49\u200b00001208", "r4900001208\x1d",
    ],
)  # fmt: skip
def test_a_text_with_a_true_digit_is_taken_as_typed(text: str) -> None:
    reading = read(text)
    assert (reading.code, reading.layout, reading.why) == (CODE, None, None)


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("R'çàààà&éà_", "azerty"),
        ("r'çàààà&éà_", "azerty"),
        ("r'ÇÀÀÀÀ&ÉÀ_", "azerty"),  # caps lock on Linux: the gun's capital comes out small, the accents as capitals
        ("R'çàààà&éà!", "azerty-be-mac"),
        ("r'ÇÀÀÀÀ&ÉÀ!", "azerty-be-mac"),
        ("R 'çàà àà&é à_", "azerty"),
        ("R)'çàà)àà&é)à_", "azerty"),  # its hyphens
        ("$C&R'çàààà&éà_", "azerty"),  # its AIM prefix
        ("R$())))!@)*", "qwerty"),
        ("r$())))!@)*", "qwerty"),
        ('R$())))!")*', "qwerty-uk"),
    ],
)
def test_a_gun_on_the_wrong_keyboard_is_read(text: str, layout: str) -> None:
    reading = read(text)
    assert (reading.code, reading.layout) == (CODE, layout)


@given(CODES, st.sampled_from(ROWS), st.booleans())
def test_every_code_comes_through_every_keyboard(code: str, row: str, small: bool) -> None:
    text = typed(code, row)
    reading = read(text.lower() if small and row not in (AZERTY_CAPS_LINUX, AZERTY_BE_MAC_CAPS) else text)
    if reading.why is WhyNot.SEVERAL_READINGS:  # some codes look valid on two keyboards: a doubt is not a guess
        assert read(text, known={code}.__contains__).codes == (code,)
    else:
        assert reading.codes == (code,)


def test_codes_of_the_default_territory_are_never_a_doubt() -> None:
    draw = random.Random(49)
    for _ in range(2_000):
        code = mint(draw.choice(list(CodeKind)), identity.random_number("49", draw.randrange))
        for row in ROWS:
            assert read(typed(code, row)).codes == (code,)


def test_two_valid_readings_are_a_doubt_that_only_a_known_code_settles() -> None:
    """A rare text: R1535555335 from an AZERTY machine, R7929999229 from a British one, check digits right on both."""
    text = 'R&("((((""('
    assert read(text).why is WhyNot.SEVERAL_READINGS
    assert read(text, known={"R1535555335"}.__contains__).code == "R1535555335"
    assert read(text, known={"R7929999229"}.__contains__).code == "R7929999229"
    assert read(text, known={"R1535555335", "R7929999229"}.__contains__).why is WhyNot.SEVERAL_READINGS


def test_two_codes_glued_together_are_two() -> None:
    other = mint(CodeKind.PLACE, 49000007)
    assert read(CODE + other).codes == (CODE, other)
    assert read(f"{CODE}\n{other}\r").codes == (CODE, other)
    assert read(typed(CODE + other, AZERTY)).codes == (CODE, other)
    assert read(f"]C1{CODE}]C1{CODE}").codes == (CODE, CODE)
    assert read(CODE + other).code is None


@pytest.mark.parametrize(
    "text",
    [
        f"https://refurb.exemple.fr/c/{CODE}",
        f"refurb.exemple.fr/c/{CODE}",
        f"HTTPS://REFURB.EXEMPLE.FR/C/{CODE}/",
        f"http://192.168.1.20:8000/atelier/c/{CODE}",
        f"]Q1https://refurb.exemple.fr/c/{CODE}\r",
    ],
)
def test_the_address_of_a_label_is_its_code(text: str) -> None:
    assert read(text).codes == (CODE,)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("https://refurb.exemple.fr/c/R4900001209", WhyNot.WRONG_CHECK),
        (f"https://refurb.exemple.fr/c/{CODE}/more", WhyNot.INSIDE_LONGER),
        (f"https://refurb.exemple.fr/d/{CODE}", WhyNot.INSIDE_LONGER),
        ("", WhyNot.EMPTY),
        (" \x1d\r\n", WhyNot.EMPTY),
        ("]C1", WhyNot.EMPTY),
        ("R4900001209", WhyNot.WRONG_CHECK),
        ("R'çàààà&éàç", WhyNot.WRONG_CHECK),
        (CODE + "R4900001209", WhyNot.WRONG_CHECK),
        ("X" + CODE, WhyNot.INSIDE_LONGER),
        (CODE + "7", WhyNot.INSIDE_LONGER),
        ("voir " + CODE, WhyNot.INSIDE_LONGER),
        ("https://example.org/" + CODE, WhyNot.INSIDE_LONGER),
        ("A4900001208", WhyNot.UNKNOWN_KIND),
        ("R490000120", WhyNot.WRONG_LENGTH),
        ("R490000120_", WhyNot.WRONG_LENGTH),  # taken as typed for its true digits: `_` is no 8
        ("PF0XK9AM", WhyNot.NOT_A_CODE),
        ("étagère", WhyNot.NOT_A_CODE),
        ("3701234567890", WhyNot.NOT_A_CODE),
        ("9" * 5_000, WhyNot.TOO_LONG),
    ],
)
def test_a_text_that_is_no_code_says_why(text: str, why: WhyNot) -> None:
    reading = read(text)
    assert (reading.codes, reading.why) == ((), why)


@pytest.mark.parametrize(
    ("text", "misread"),
    [
        ("R4900001209", ("R4900001209",)),
        ("r 4900-0012 09", ("R4900001209",)),
        *((typed("R4900001209", row), ("R4900001209",)) for row in ROWS),
        (CODE + "R4900001209", (CODE, "R4900001209")),
        (CODE, ()),
        ("X" + CODE, ()),
        ("R490000120", ()),
        ("PF0XK9AM", ()),
    ],
)
def test_what_looks_like_a_code_and_is_wrong_is_kept_as_it_reads(text: str, misread: tuple[str, ...]) -> None:
    assert read(text).misread == misread


def test_the_stations_own_affixes_are_taken_off_as_sent_and_as_typed() -> None:
    assert read(f"S7{CODE}#", prefix="S7", suffix="#").code == CODE
    assert read("µ!R'çàààà&éà_#", prefix="µ!", suffix="#").code == CODE, "as this station's page remembered them"
    assert read("Zç" + typed(CODE, AZERTY), prefix="W9").code == CODE
    assert read("Z8R'çàààà&éà_", prefix="Z9").code is None
    assert read("S7", prefix="S7").why is WhyNot.EMPTY


@pytest.mark.parametrize("case", CASES)
def test_the_table_that_the_page_reads_by_too(case: Case) -> None:
    reading = read(case.text, prefix=case.prefix, suffix=case.suffix)
    assert reading.codes == case.codes


@given(st.text(max_size=60))
def test_reading_never_fails_and_says_either_what_or_why(text: str) -> None:
    reading = read(text)
    assert bool(reading.codes) != (reading.why is not None)
    assert all(map(check, reading.codes))


@given(st.text(alphabet=string.ascii_uppercase + string.digits, max_size=14), CODES)
def test_a_code_inside_a_longer_word_is_none(around: str, code: str) -> None:
    for text in (around + code, code + around):
        codes = read(text).codes
        assert codes == () or "".join(codes) == text


# -- makers' serials through the same box ----------------------------------------------------------------------------


def test_a_serial_typed_on_the_wrong_keyboard_is_mended_when_it_is_known() -> None:
    known = {"PF0XK9AM", "5CG1234WQZ"}.__contains__
    assert read("PFàXKçQ?", known=known).serial == "PF0XK9AM"
    assert read("5CG1234ZAW", known=known).serial == "5CG1234WQZ"  # digits right (Windows, caps lock), letters not
    assert read("pfàxkçam", known=known).serial == "PF0XK9AM"  # typed by hand, the shift key forgotten
    assert read("PFàXKçQ?", known=known).codes == ()


def test_a_known_serial_is_never_mended_into_another() -> None:
    assert read("5CG1234ZAW", known={"5CG1234WQZ", "5CG1234ZAW"}.__contains__).serial == "5CG1234ZAW"


def test_an_unknown_serial_is_kept_as_it_came() -> None:
    reading = read("5CG1234ZAW", known=lambda _: False)
    assert reading.serial is None
    assert reading.candidates[0] == "5CG1234ZAW"


def test_what_makers_print_before_a_serial_is_taken_off_when_the_rest_is_known() -> None:
    known = {"PF0XK9AM", "C02ABCDEFGH1"}.__contains__
    assert read("1S20BWS0EJ00PF0XK9AM", known=known).serial == "PF0XK9AM"
    assert read("SC02ABCDEFGH1", known=known).serial == "C02ABCDEFGH1"
    assert read("$C&PFàXKçQ?", known=known).serial == "PF0XK9AM"
