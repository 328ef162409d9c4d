"""Times are whole microseconds since 1970-01-01 UTC; this is the only place that converts them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

MICROSECOND: Final = 1
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

# Events outside these years are quarantined: clocks that were never set, and typing errors.
EARLIEST: Final = -2_208_988_800 * SECOND  # 1900-01-01
LATEST: Final = 7_258_118_400 * SECOND  # 2200-01-01

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> int:
    """The present, in µs."""
    return to_micros(datetime.now(UTC))


def to_micros(when: datetime) -> int:
    """A datetime in µs; one without a zone is taken as UTC."""
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """Microseconds as an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=micros)


def iso(micros: int) -> str:
    """Microseconds as ISO 8601 with a Z."""
    return from_micros(micros).isoformat().replace("+00:00", "Z")


def month(micros: int) -> str:
    """The UTC month a time falls in, as `2026-11`: the period of a segment and of its key."""
    return from_micros(micros).strftime("%Y-%m")


def words(seconds: float) -> str:
    """A length of time as a person would say it: `45 s`, `12 min`, `3.5 h`, `2.1 days`."""
    sign, size = ("-" if seconds < 0 else ""), abs(seconds)
    for unit, length in (("days", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if size >= 1.5 * length:
            return f"{sign}{size / length:.3g} {unit}"
    return f"{sign}{size:.3g} s"
