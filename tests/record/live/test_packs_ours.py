"""What our own sources hand in together is kept as one row, and is what it would be one by one."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.model import time as clock
from guildbook.record.live import intake as ours
from guildbook.record.live.delivery import HELD, Delivery
from guildbook.record.live.guard import Guard
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox

SOURCE, BUCKET = "sheets", "guildbook-sheets_desk"
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"time": st.integers(1_000_000, 60_000_000), "action": TEXTS},
        optional={
            "duration": st.integers(0, 9_000_001), "value_after": TEXTS,
            "objects": st.lists(st.fixed_dictionaries({"id": TEXTS, "type": TEXTS, "qualifier": TEXTS}), max_size=2),
        },
    ),
    max_size=12,
)  # fmt: skip


@contextmanager
def recorded(*batches: list[dict[str, Any]]) -> Generator[Intake]:
    with tempfile.TemporaryDirectory() as folder:
        outbox = Outbox(Path(folder))
        intake = Intake(outbox, Guard(), "desk")
        for rows in batches:
            assert intake.write(SOURCE, rows) == len(rows)
        yield intake
        outbox.close()


def packs(outbox: Outbox) -> int:
    return next(outbox.read("SELECT count(*) FROM packs"))[0]


def delivered(outbox: Outbox, now: int) -> list[dict[str, Any]]:
    went: list[dict[str, Any]] = []

    def take(_name: str, table: pa.Table) -> None:
        went.extend(table.to_pylist())

    Delivery(outbox, "Ada", take).run(now=now)
    return sorted(went, key=lambda row: row["seq"])


@given(ROWS, ROWS, st.integers(0, 60_000_000), st.integers(0, 30_000_000), st.sets(st.integers(1, 20), max_size=3))
@settings(max_examples=40, deadline=None)
def test_kept_together_is_as_kept_one_by_one(
    first: list[dict[str, Any]], second: list[dict[str, Any]], since: int, span: int, gone: set[int]
) -> None:
    found: list[Any] = []
    for least in (1, 1 << 30):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ours, "LEAST_OURS", least)
            with recorded(first, second) as intake:
                outbox = intake.outbox
                assert packs(outbox) == (bool(first) + bool(second) if least == 1 else 0)
                looked = outbox.entries(BUCKET), outbox.entries(BUCKET, 3, since, since + span)
                deleted = outbox.delete(BUCKET, *gone)
                forgotten = outbox.forget(since, since + span)
                found.append((looked, deleted, forgotten, delivered(outbox, 100_000_000), outbox.entries(BUCKET)))
    assert found[0] == found[1]


def test_few_rows_are_kept_one_by_one_and_many_as_one() -> None:
    rows = [{"time": 1_000_001 + n, "action": "edit", "value_after": "secret stuff"} for n in range(ours.LEAST_OURS)]
    with recorded(rows[:-1]) as intake:
        assert packs(intake.outbox) == 0
    with recorded(rows) as intake:
        assert packs(intake.outbox) == 1
        assert b"secret stuff" not in next(intake.outbox.read("SELECT data FROM packs"))[0]
        assert [entry.time for entry in intake.outbox.entries(BUCKET)] == [row["time"] for row in reversed(rows)]


def test_they_go_to_the_book_at_once_but_for_what_others_may_be_telling_too() -> None:
    now = clock.now()
    rows = [{"time": now - n, "action": "edit"} for n in range(9)]
    with recorded(rows) as intake:
        assert delivered(intake.outbox, now + HELD - 1) == []
        assert len(delivered(intake.outbox, now + HELD + 1)) == len(rows)


def test_a_batch_that_comes_twice_is_kept_once() -> None:
    rows = [{"time": 1_000_000 + n, "action": "click"} for n in range(20)]
    with recorded() as intake:
        assert intake.post("browser", rows, "one") == len(rows)
        assert intake.post("browser", rows, "one") == 0
        assert len(intake.outbox.entries("guildbook-browser_desk")) == len(rows)
