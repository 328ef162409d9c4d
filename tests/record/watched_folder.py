"""A source of documents that runs for a test: a folder it watches, and what it recorded, through a real outbox."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from guildbook.plugins import Source, SourceOptions
from guildbook.record.live.guard import Guard
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox
from guildbook.record.live.supervisor import Supervisor

Row = dict[str, Any]


class Watched:
    """The folder, and the rows that were recorded."""

    def __init__(self, source: Source, place: Path, intake: Intake) -> None:
        self.folder, self.kept = place / "documents", place / "kept"
        self.intake = intake
        self._bucket = f"guildbook-{source.name}_{intake.hostname}"

    def rows(self) -> list[Row]:
        """All that was recorded, in order, attributes opened."""
        found = sorted(self.intake.outbox.entries(self._bucket), key=lambda entry: entry.id or 0)
        return [
            {**entry.data, "time": entry.time, "attributes": json.loads(entry.data.get("attributes") or "{}")}
            for entry in found
        ]

    def until(self, true: Callable[[list[Row]], Any], seconds: float = 30.0) -> list[Row]:
        """The rows, once they are as wanted."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if true(found := self.rows()):
                return found
            time.sleep(0.1)
        raise AssertionError(self.rows())

    def after(self, act: Callable[[], object], true: Callable[[list[Row]], Any] | None = None) -> list[Row]:
        """The rows that an act brought, up to the save, or as wanted."""
        before = len(self.rows())
        wanted = true or _saved
        act()
        return self.until(lambda rows: wanted(rows[before:]))[before:]

    def ready(self, documents: int) -> None:
        """Wait until versions of so many documents were taken."""
        self.until(lambda _: len(list((self.kept / "versions").glob("*.version"))) == documents)


@contextmanager
def watched(
    source: Source, place: Path, settings: Mapping[str, Any] | None = None, guard: Guard | None = None
) -> Generator[Watched]:
    """Run the source until the block ends."""
    (place / "documents").mkdir(exist_ok=True)
    (place / "kept").mkdir(exist_ok=True)
    outbox = Outbox(place / "outbox")
    intake = Intake(outbox, guard or Guard(), "desk")
    intake.own(source.name)
    supervisor = Supervisor(intake)
    given = {"folders": str(place / "documents"), **(settings or {})}
    supervisor.start(source, SourceOptions(place / "kept", given))
    try:
        yield Watched(source, place, intake)
        state = supervisor.states()[source.name]
        assert (state.state, state.trouble) == ("running", "")
        began = time.monotonic()
        supervisor.stop(source.name)
        assert time.monotonic() - began < 5.0
    finally:
        supervisor.close()
        outbox.close()
        assert not [thread for thread in threading.enumerate() if thread.name == f"source {source.name}"]


def _saved(rows: list[Row]) -> bool:
    return any(row["action"] in {"save", "create"} for row in rows)
