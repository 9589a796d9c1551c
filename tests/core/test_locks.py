"""When one writes to the giver of a locked machine, and what an IMEI is."""

from datetime import date, timedelta

import pytest

from refurb.core.imei import ImeiRefused, read_imei
from refurb.core.locks import Letter, LockKind, is_over, next_letter, of_declared

DAY = timedelta(days=1)
NOTED = date(2026, 3, 2)
END = NOTED + 60 * DAY


def test_the_letters_of_a_giver_who_never_answers() -> None:
    """One letter the next day, a reminder each fortnight, a last one a week before the date, then none."""
    sent: list[tuple[int, Letter]] = []
    mailed: date | None = None
    for number in range(70):
        today = NOTED + number * DAY
        letter = next_letter(
            today,
            parts_on=END,
            mailed_on=mailed,
            last_sent=any(one is Letter.LAST for _, one in sent),
            untold_since=NOTED if not sent else None,
        )
        if letter is not None:
            sent.append((number, letter))
            mailed = today
    assert sent == [
        (1, Letter.ASK),
        (15, Letter.REMIND),
        (29, Letter.REMIND),
        (43, Letter.REMIND),
        (53, Letter.LAST),
    ]
    assert not is_over(END - DAY, END)
    assert is_over(END, END)
    assert not is_over(END, None)


def test_a_machine_locked_later_is_asked_for_too() -> None:
    later = NOTED + 20 * DAY
    for day, letter in ((later, None), (later + DAY, Letter.ASK)):
        mailed = NOTED + 15 * DAY
        assert next_letter(day, parts_on=END, mailed_on=mailed, last_sent=False, untold_since=later) is letter


@pytest.mark.parametrize(
    ("text", "maker", "kind"),
    [
        (None, None, None),
        ("none", "Apple", None),
        ("account", "Apple", LockKind.APPLE),
        ("account", "Samsung", LockKind.GOOGLE),
        ("autopilot", "Dell", LockKind.AUTOPILOT),
        ("something new", None, LockKind.UNKNOWN),
    ],
)
def test_what_a_list_declares(text: str | None, maker: str | None, kind: LockKind | None) -> None:
    assert of_declared(text, maker) is kind


@pytest.mark.parametrize(
    "text", ["490154203237518", "49-015420-323751-8", "IMEI : 490154203237518", "IMEI1: 4901 5420 3237 518"]
)
def test_an_imei_is_read_as_it_is_written(text: str) -> None:
    assert read_imei(text) == "490154203237518"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("490154203237519", "imei-check"),
        ("941054203237518", "imei-check"),
        ("49015420323751", "imei-length"),
        ("4901542032375189", "imei-length"),
        ("49015420323751A", "imei-length"),
        ("", "imei-length"),
        ("٤٩٠١٥٤٢٠٣٢٣٧٥١٨", "imei-length"),
        ("000000000000000", "imei-placeholder"),
        ("004999010640000", "imei-placeholder"),
    ],
)
def test_what_is_no_imei(text: str, code: str) -> None:
    with pytest.raises(ImeiRefused) as caught:
        read_imei(text)
    assert caught.value.code == code


@pytest.mark.parametrize("place", range(15))
def test_one_wrong_digit_is_seen(place: int) -> None:
    good = "490154203237518"
    for digit in "0123456789":
        typed = good[:place] + digit + good[place + 1 :]
        if typed != good:
            with pytest.raises(ImeiRefused):
                read_imei(typed)
