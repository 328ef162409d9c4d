"""Buckets and events as ActivityWatch writes them in JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from guildbook.model import time as clock
from guildbook.record.live.entry import MILLISECOND, Bucket, Entry

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST: Final = 366 * clock.DAY


class WireError(ValueError):
    """What was sent is not what is wanted: told to whoever sent it."""


def bucket_json(bucket: Bucket) -> dict[str, Any]:
    """A bucket's metadata."""
    out: dict[str, Any] = {
        "id": bucket.id, "name": bucket.name, "type": bucket.type, "client": bucket.client,
        "hostname": bucket.hostname, "created": shown(bucket.created), "data": dict(bucket.data),
    }  # fmt: skip
    return out if bucket.updated is None else out | {"last_updated": shown(bucket.updated)}


def entry_json(entry: Entry) -> dict[str, Any]:
    """An event."""
    return {
        "id": entry.id, "timestamp": shown(entry.time), "duration": entry.duration / clock.SECOND,
        "data": dict(entry.data),
    }  # fmt: skip


def shown(time: int) -> str:
    """A time as aw-core writes it: ISO 8601, in UTC."""
    return (_EPOCH + timedelta(microseconds=time)).isoformat()


def moment(text: str | None) -> int | None:
    """µs UTC of an ISO time, None for none. A time without a zone is UTC. Raises `WireError`."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # a + that a query string turned into a space
        found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return clock.to_micros(found)
    except (ValueError, OverflowError):
        raise WireError(f"{text!r} is no time.") from None


def entries_of(body: Any) -> list[Entry]:
    """One event or a list of them."""
    listed = cast("Sequence[Any]", body if isinstance(body, list) else [body])
    return [entry_of(each) for each in listed]


def entry_of(event: Any) -> Entry:
    """An event; its time is cut to milliseconds, as aw-core does. Raises `WireError`."""
    if not isinstance(event, dict):
        raise WireError("An event is an object with timestamp, duration and data.")
    found = cast("dict[str, Any]", event)
    text, data, number_ = found.get("timestamp"), found.get("data", {}), found.get("id")
    if not isinstance(text, str) or not isinstance(data, dict):
        raise WireError("An event is an object with timestamp, duration and data.")
    time = moment(text)
    duration = found.get("duration", 0)
    if isinstance(duration, bool) or not isinstance(duration, int | float) or not math.isfinite(duration):
        raise WireError(f"{duration!r} is no duration.")
    micros = round(duration * clock.SECOND)
    if time is None or not 0 <= micros <= _LONGEST:
        raise WireError(f"{duration!r} is no duration.")
    known = number_ if isinstance(number_, int) and not isinstance(number_, bool) else None
    return Entry(time // MILLISECOND * MILLISECOND, micros, cast("dict[str, Any]", data), known)


def whole(text: str | None, name: str) -> int | None:
    """A whole number of a query string. Raises `WireError`."""
    try:
        return None if text is None else int(text)
    except ValueError:
        raise WireError(f"{name} is no number.") from None


def number(text: str, name: str) -> int:
    """µs of seconds in a query string. Raises `WireError`."""
    try:
        found = float(text)
    except ValueError:
        raise WireError(f"{name} is no number.") from None
    if not math.isfinite(found) or not 0 <= found * clock.SECOND <= _LONGEST:
        raise WireError(f"{name} is no time.")
    return round(found * clock.SECOND)
