"""Times are microseconds, there and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.model import time as clock

MOMENTS = st.integers(clock.EARLIEST, clock.LATEST - 1)


@given(MOMENTS)
def test_micros_survive_a_datetime(micros: int) -> None:
    assert clock.to_micros(clock.from_micros(micros)) == micros


@given(MOMENTS)
def test_iso_can_be_read_back(micros: int) -> None:
    assert clock.to_micros(datetime.fromisoformat(clock.iso(micros))) == micros


def test_zones_are_respected_and_no_zone_is_utc() -> None:
    east = datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert clock.to_micros(east) == clock.to_micros(datetime(2026, 2, 28, 23, tzinfo=UTC))
    assert clock.to_micros(datetime(2026, 2, 28, 23)) == clock.to_micros(east)  # noqa: DTZ001 - that is the case
    assert clock.month(clock.to_micros(east)) == "2026-02"


def test_bounds_are_the_years_they_say() -> None:
    assert clock.iso(clock.EARLIEST) == "1900-01-01T00:00:00Z"
    assert clock.iso(clock.LATEST) == "2200-01-01T00:00:00Z"
    assert abs(clock.now() - clock.to_micros(datetime.now(UTC))) < clock.MINUTE


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (89, "89 s"),
        (90, "1.5 min"),
        (720, "12 min"),
        (12_600, "3.5 h"),
        (181_440, "2.1 days"),
        (-45, "-45 s"),
    ],
)
def test_words(seconds: float, said: str) -> None:
    assert clock.words(seconds) == said
