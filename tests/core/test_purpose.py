"""What is told of a thing that no need asks for by itself."""

import pytest

from refurb.core.equipment import Form
from refurb.core.purpose import Purpose, purpose, screen_asked


@pytest.mark.parametrize("form", Form)
def test_every_form_is_for_something_or_nobody(form: Form) -> None:
    expected = {
        Form.MONITOR: Purpose.SPARE_SCREEN,
        Form.PRINTER: Purpose.NOBODY_ASKS,
        Form.SERVER: Purpose.NOBODY_ASKS,
        Form.OTHER: Purpose.NOBODY_ASKS,
    }
    assert purpose(form, 0) is expected.get(form, Purpose.NO_CLASS)


def test_a_screen_is_for_the_base_unit_that_has_none() -> None:
    assert purpose(Form.MONITOR, 2) is Purpose.FOR_A_BASE


def test_a_screen_is_asked_by_who_takes_a_base_unit_with_it() -> None:
    assert screen_asked({"forms": ["laptop", "desktop"], "min": {"screen_in": 17}}) == 17
    assert screen_asked({"forms": ["laptop", "all_in_one"], "min": {"screen_in": 17}}) is None
    assert screen_asked({"forms": ["desktop"], "min": {"ram_gb": 8}}) is None
