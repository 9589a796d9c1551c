"""Dates in English are those of Great Britain: the day stands before the month."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from flask_babel import force_locale

from refurb.web import local_date, local_datetime

if TYPE_CHECKING:
    from flask import Flask


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [("fr", "17 novembre 2026", "17/11/2026 12:30"), ("en", "17 November 2026", "17/11/2026, 12:30")],
)
def test_the_day_stands_before_the_month(app: Flask, language: str, day: str, moment: str) -> None:
    with app.test_request_context(), force_locale(language):
        assert local_date(date(2026, 11, 17)) == day
        assert local_datetime(datetime(2026, 11, 17, 11, 30, tzinfo=UTC)) == moment
