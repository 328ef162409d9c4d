"""From the outbox to the book: everything, once, whatever breaks in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildbook.record.live.delivery import SETTLED, Delivery, UnfitError
from guildbook.record.live.entry import Bucket, Entry
from guildbook.record.live.guard import Guard
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox

SECOND = 1_000_000
NOW = 1_800_000_000 * SECOND


class Shelf:
    """Takes batches; those named in `refused` break after they were taken, or before."""

    def __init__(self) -> None:
        self.held: dict[str, pa.Table] = {}
        self.calls = 0
        self.trouble: dict[int, str] = {}

    def take(self, name: str, table: pa.Table) -> None:
        self.calls += 1
        trouble = self.trouble.get(self.calls, "")
        if trouble == "before":
            raise OSError("the network is gone")
        if name in self.held:
            assert self.held[name].equals(table)  # the same batch is the same when it is sent again
        self.held[name] = table
        if trouble == "after":
            raise OSError("the answer was lost")

    def rows(self) -> list[tuple[int, int, str]]:
        tables = self.held.values()
        rows = [row for table in tables for row in table.select(["time", "duration", "window"]).to_pylist()]
        return sorted((int(row["time"].timestamp() * 1e6), row["duration"], row["window"]) for row in rows)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    opened = Outbox(tmp_path)
    opened.create(Bucket("w", "currentwindow", "aw-watcher-window", "desk", 1))
    yield opened
    opened.close()


def beat(outbox: Outbox, second: int, title: str, pulse: int = 2) -> None:
    """One heartbeat of a window."""
    entry = Entry(NOW + second * SECOND, 0, {"app": "Writer", "title": title})
    outbox.heartbeat("w", entry, pulse * SECOND).result()


def test_the_last_entry_waits_until_it_is_over(outbox: Outbox) -> None:
    shelf = Shelf()
    delivery = Delivery(outbox, "Ada", shelf.take)
    for second in range(4):
        beat(outbox, second, "one" if second < 2 else "two")
    assert delivery.run(now=NOW + 4 * SECOND) == 1
    assert shelf.rows() == [(NOW, SECOND, "one")]
    assert delivery.run(now=NOW + 4 * SECOND) == 0
    assert delivery.run(now=NOW + 4 * SECOND + SETTLED) == 1
    assert delivery.waiting() == 0
    assert shelf.rows()[-1] == (NOW + 2 * SECOND, SECOND, "two")


def test_what_grows_after_it_went_goes_as_what_was_added(outbox: Outbox) -> None:
    shelf = Shelf()
    delivery = Delivery(outbox, "Ada", shelf.take)
    beat(outbox, 0, "one", 600)
    beat(outbox, 3, "one", 600)
    assert delivery.run(everything=True) == 1
    beat(outbox, 9, "one", 600)
    assert delivery.run(everything=True) == 1
    assert shelf.rows() == [(NOW, 3 * SECOND, "one"), (NOW + 3 * SECOND, 6 * SECOND, "one")]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trouble=st.dictionaries(st.integers(1, 12), st.sampled_from(["before", "after"]), max_size=6), seed=st.randoms())
def test_all_arrives_once_whatever_breaks(
    tmp_path_factory: pytest.TempPathFactory, trouble: dict[int, str], seed: object
) -> None:
    del seed
    outbox = Outbox(tmp_path_factory.mktemp("box"))
    outbox.create(Bucket("w", "currentwindow", "aw-watcher-window", "desk", 1))
    shelf = Shelf()
    shelf.trouble = trouble
    delivery = Delivery(outbox, "Ada", shelf.take)
    for second in range(24):
        beat(outbox, 10 * second, f"title {second}")
        if second % 4 == 3:
            try:
                delivery.run(now=NOW + 10 * second * SECOND)
            except OSError:
                continue
    for _ in range(13):
        try:
            delivery.run(everything=True)
            break
        except OSError:
            continue
    assert delivery.waiting() == 0
    assert shelf.rows() == [(NOW + 10 * s * SECOND, 0, f"title {s}") for s in range(24)]
    outbox.close()


def test_what_is_deleted_before_it_is_sent_does_not_go(outbox: Outbox) -> None:
    shelf = Shelf()
    shelf.trouble = {1: "before"}
    delivery = Delivery(outbox, "Ada", shelf.take)
    for second in (0, 10, 20):
        beat(outbox, second, f"title {second}")
    with pytest.raises(OSError, match="network"):
        delivery.run(everything=True)
    outbox.forget(NOW + 9 * SECOND, NOW + 11 * SECOND)
    delivery.run(everything=True)
    assert [title for _, _, title in shelf.rows()] == ["title 0", "title 20"]


def test_our_own_sources_say_the_fields_themselves(outbox: Outbox) -> None:
    shelf = Shelf()
    intake = Intake(outbox, Guard(), "desk")
    assert intake.write("sheet", [
        {"time": NOW, "app": "calc", "action": "change cell", "document": "a.xlsx", "element_name": "B2",
         "value_before": "1", "value_after": "=A1+1", "objects": [{"id": "a.xlsx", "type": "document"}],
         "worker": "Mallory"},
    ]) == 1  # fmt: skip
    assert Delivery(outbox, "Ada", shelf.take).run() == 1
    (row,) = next(iter(shelf.held.values())).to_pylist()
    assert (row["worker"], row["source"], row["device"]) == ("Ada", "sheet", "desk")
    assert (row["value_before"], row["value_after"], row["element_name"]) == ("1", "=A1+1", "B2")
    assert row["objects"][0]["id"] == "a.xlsx"


def test_a_source_can_say_what_an_importer_would_say(outbox: Outbox) -> None:
    shelf = Shelf()
    intake = Intake(outbox, Guard(), "desk")
    intake.write("git", [{"time": NOW, "app": "git", "action": "edit", "seq": 0, "device": "", "origin": "unknown"}])
    assert Delivery(outbox, "Ada", shelf.take).run() == 1
    (row,) = next(iter(shelf.held.values())).to_pylist()
    assert (row["seq"], row["device"], row["duration"], row["origin"]) == (0, None, None, "unknown")


def test_of_our_own_sources_only_what_cannot_grow_goes_at_once(outbox: Outbox) -> None:
    shelf = Shelf()
    intake = Intake(outbox, Guard(), "desk")
    delivery = Delivery(outbox, "Ada", shelf.take)
    for second in range(3):
        intake.pulse("desktop", {"time": NOW + second * SECOND, "action": "focus", "window": "Mail", "clip": "x y"}, 2)
    intake.write("desktop", [{"time": NOW, "action": "click", "window": "Mail"}])
    assert delivery.run(now=NOW + 3 * SECOND) == 1
    assert delivery.run(now=NOW + 3 * SECOND + SETTLED) == 1
    rows = [row for table in shelf.held.values() for row in table.to_pylist()]
    assert [(row["action"], row["duration"], row["source"]) for row in rows] == [
        ("click", None, "desktop"), ("focus", 2 * SECOND, "desktop"),
    ]  # fmt: skip
    assert rows[1]["objects"][0]["type"] == "clip"


def test_what_is_replaced_after_it_went_does_not_go_twice(outbox: Outbox) -> None:
    shelf = Shelf()
    delivery = Delivery(outbox, "Ada", shelf.take)
    (made,) = outbox.insert("w", [Entry(NOW, 4 * SECOND, {"title": "draft"})]).result()
    assert delivery.run(everything=True) == 1
    outbox.insert("w", [Entry(NOW, 3 * SECOND, {"title": "shorter"}, made.id)]).result()
    assert delivery.run(everything=True) == 0
    outbox.insert("w", [Entry(NOW, 9 * SECOND, {"title": "longer"}, made.id)]).result()
    assert delivery.run(everything=True) == 1
    outbox.insert("w", [Entry(NOW + 20 * SECOND, SECOND, {"title": "later"}, made.id)]).result()
    assert delivery.run(everything=True) == 1
    assert shelf.rows() == [
        (NOW, 4 * SECOND, "draft"), (NOW + 4 * SECOND, 5 * SECOND, "longer"), (NOW + 20 * SECOND, SECOND, "later"),
    ]  # fmt: skip


def test_what_is_replaced_before_it_went_goes_as_it_is(outbox: Outbox) -> None:
    shelf = Shelf()
    (made,) = outbox.insert("w", [Entry(NOW, 4 * SECOND, {"title": "draft"})]).result()
    outbox.insert("w", [Entry(NOW + SECOND, SECOND, {"title": "final"}, made.id)]).result()
    Delivery(outbox, "Ada", shelf.take).run(everything=True)
    assert shelf.rows() == [(NOW + SECOND, SECOND, "final")]


@pytest.mark.parametrize("poison", [{7}, {0, 39}, set(range(40)), {3, 4, 5, 20}])
def test_what_the_book_cannot_take_is_set_aside_and_the_rest_goes_on(outbox: Outbox, poison: set[int]) -> None:
    shelf = Shelf()
    intake = Intake(outbox, Guard(), "desk")
    rows = [
        {"time": NOW + k * SECOND, "window": f"w{k}", **({"element_bounds": "wide secret"} if k in poison else {})}
        for k in range(40)
    ]
    intake.write("desktop", rows)
    delivery = Delivery(outbox, "Ada", shelf.take)
    assert delivery.run() == 40 - len(poison)
    assert sorted(window for _, _, window in shelf.rows()) == sorted(f"w{k}" for k in set(range(40)) - poison)
    count, why = delivery.refused()
    assert (count, why) == (len(poison), "element_bounds: ArrowInvalid")
    assert delivery.waiting() == delivery.run() == 0
    assert delivery.retry() == len(poison)
    assert delivery.run() == 0
    assert delivery.refused()[0] == len(poison)


def test_what_the_book_itself_refuses_is_set_aside_until_it_is_taken(outbox: Outbox) -> None:
    shelf, strict = Shelf(), [True]

    def take(name: str, table: pa.Table) -> None:
        if strict[0] and "two" in table["window"].to_pylist():
            raise UnfitError("worker: InputError")
        shelf.take(name, table)

    delivery = Delivery(outbox, "Ada", take)
    for second, title in ((0, "one"), (10, "two"), (20, "three")):
        beat(outbox, second, title)
    assert delivery.run(everything=True) == 2
    assert delivery.refused() == (1, "worker: InputError")
    strict[0] = False
    delivery.retry()
    assert delivery.run(everything=True) == 1
    assert [title for _, _, title in shelf.rows()] == ["one", "two", "three"]
    assert delivery.refused() == (0, "")
