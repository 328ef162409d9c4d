"""ActivityWatch's query language over the outbox, by `aw_query` itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from guildbook.model import time as clock
from guildbook.record.live.outbox import Outbox
from guildbook.server._activitywatch_wire import WireError, bucket_json, entry_json, moment


class QueryError(ValueError):
    """A query that cannot be answered, in the words of `aw_query`."""


def queried(outbox: Outbox, name: str, lines: Sequence[Any], periods: Sequence[Any]) -> list[Any]:
    """One result a period `START/END`. Raises `QueryError` and `WireError`."""
    from aw_query import query  # noqa: PLC0415 - only queries need it, and it takes time to load
    from aw_query.exceptions import QueryException  # noqa: PLC0415

    text = "\n".join(str(line) for line in lines)
    out: list[Any] = []
    for period in periods:
        since, _, until = str(period).partition("/")
        start, end = moment(since), moment(until)
        if start is None or end is None or not until:
            raise WireError(f"{period!r} is no period START/END.")
        try:
            found = query(name, text, _datetime(start), _datetime(end), cast("Any", _Store(outbox)))
        except QueryException as error:
            raise QueryError(str(error)) from error
        out.append(json.loads(json.dumps(found, default=_plain)))
    return out


def _datetime(time: int) -> datetime:
    return datetime.fromisoformat(clock.iso(time))


def _plain(value: Any) -> Any:
    if hasattr(value, "to_json_dict"):
        return value.to_json_dict()
    return value.isoformat() if isinstance(value, datetime) else value.total_seconds()


class _Store:
    """As much of `aw_datastore.Datastore` as queries use."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def buckets(self) -> dict[str, Any]:
        return {name: bucket_json(bucket) for name, bucket in self._outbox.buckets().items()}

    def __getitem__(self, bucket: str) -> _Shelf:
        return _Shelf(self._outbox, bucket)


class _Shelf:
    """As much of `aw_datastore.Bucket`."""

    def __init__(self, outbox: Outbox, bucket: str) -> None:
        self._outbox = outbox
        self._bucket = bucket

    def metadata(self) -> dict[str, Any]:
        found = self._outbox.bucket(self._bucket)
        return {} if found is None else bucket_json(found)

    def get(self, limit: int = -1, starttime: datetime | None = None, endtime: datetime | None = None) -> list[Any]:
        from aw_core.models import Event  # noqa: PLC0415 - as above

        found = self._outbox.entries(self._bucket, limit, _micros(starttime), _micros(endtime))
        return [Event(**entry_json(one)) for one in found]

    def get_eventcount(self, starttime: datetime | None = None, endtime: datetime | None = None) -> int:
        return self._outbox.count(self._bucket, _micros(starttime), _micros(endtime))


def _micros(time: datetime | None) -> int | None:
    return None if time is None else clock.to_micros(time)
