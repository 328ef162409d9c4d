"""What two sources saw of one act is told once, however the events are dealt into batches."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.record.joining import REACH, Told, joined, spans
from guildbook.record.joining_names import named
from guildbook.record.live.delivery import Delivery
from guildbook.record.live.entry import Bucket, Entry
from guildbook.record.live.guard import Guard
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox

SECOND = 1_000_000
NOW = 1_790_000_000 * SECOND


def told(number: int, source: str, action: str, at: float = 0, **fields: Any) -> Told:
    time = NOW + round(at * SECOND)
    return Told(number, time, named({"time": time, "source": source, "action": action, "device": "desk", **fields}))


def by(row: dict[str, Any]) -> list[str]:
    return json.loads(row.get("attributes") or "{}").get("also_by", [])


def test_a_click_seen_by_two_is_one_and_keeps_what_either_said() -> None:
    (row,) = joined([
        told(1, "desktop", "click", 0.0, app="chromium", element_name="Settle  claim", element_bounds=[1, 2, 3, 4]),
        told(2, "browser", "click", 0.3, app="browser", element_name="Settle claim", element_role="button",
             url="https://desk.example/c?id=1", element_id="ok", attributes='{"x":1}'),
    ])  # fmt: skip
    assert (row["source"], row["element_id"], row["element_bounds"]) == ("browser", "ok", [1, 2, 3, 4])
    assert row["attributes"] == '{"also_by":["desktop"],"x":1}'
    assert [each["id"] for each in row["objects"]] == ["url:https://desk.example/c"]


def test_what_is_not_the_same_stays_twice() -> None:
    here = {"app": "chromium", "element_name": "Settle"}
    assert len(joined([told(1, "desktop", "click", 0, **here), told(2, "browser", "click", 1.5, **here)])) == 2
    assert len(joined([told(1, "desktop", "click", 0, **here), told(2, "desktop", "click", 0.1, **here)])) == 2
    assert len(joined([told(1, "desktop", "click", 0, **here), told(2, "browser", "change", 0, **here)])) == 2
    other = {"app": "libreoffice", "element_name": "Settle"}
    assert len(joined([told(1, "desktop", "click", 0, **here), told(2, "office", "click", 0, **other)])) == 2
    assert len(joined([told(1, "desktop", "click"), told(2, "browser", "click")])) == 2


def test_our_own_source_stays_before_a_watcher() -> None:
    rows = joined([
        told(1, "aw-watcher-web-firefox", "view", 0, app="browser", url="https://a.example/x", window="A long title"),
        told(2, "browser", "focus", 2.5, app="firefox", url="https://a.example/x#part"),
        told(3, "aw-watcher-window", "focus", 1, app="Firefox", window="Claims"),
        told(4, "desktop", "focus", 0, app="firefox", window="Claims"),
    ])  # fmt: skip
    assert [(row["source"], by(row)) for row in rows if row["source"] == "browser"] == [
        ("browser", ["aw-watcher-web-firefox"])
    ]
    assert rows[-1]["window"] == "A long title"


def test_copies_and_cells_are_known_by_mark_and_place() -> None:
    clip = {"id": "clip:1", "type": "clip", "qualifier": "copy"}
    sheet = {"id": "file:/a.ods", "type": "document", "qualifier": ""}
    cell = {"element_role": "cell", "element_id": "Sheet1!B3", "objects": [sheet]}
    rows = joined([
        told(1, "desktop", "copy", 0, objects=[clip]), told(2, "browser", "copy", 0.5, objects=[clip], url="http://a/"),
        told(3, "sheets", "change", 2, value_after="=A1", **cell), told(4, "office", "change", 2.5, **cell),
    ])  # fmt: skip
    assert [(row["source"], by(row)) for row in rows] == [("browser", ["desktop"]), ("sheets", ["office"])]


def test_rows_go_in_order_of_time_source_and_number() -> None:
    rows = joined([told(3, "b", "run", 1), told(1, "b", "run", 1), told(2, "a", "run", 1), told(4, "z", "run", 0)])
    assert [(row["source"], row["time"] - NOW) for row in rows] == [
        ("z", 0), ("a", SECOND), ("b", SECOND), ("b", SECOND)
    ]  # fmt: skip


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["desktop", "browser", "aw-watcher-web", "sheets"]),
        st.sampled_from(["click", "change", "copy", "focus", "run"]),
        st.integers(0, 400),
        st.sampled_from(["One", "Two", ""]),
        st.sampled_from(["", "https://a.example/x", "https://a.example/y"]),
    ),
    min_size=1,
    max_size=40,
)


def made(drawn: list[tuple[str, str, int, str, str]]) -> list[Told]:
    return [
        told(number, source, action, at / 20, element_name=name or None, window=name or None, url=url or None,
             objects=[{"id": f"clip:{name}", "type": "clip", "qualifier": "copy"}] if action == "copy" else None)
        for number, (source, action, at, name, url) in enumerate(drawn, start=1)
    ]  # fmt: skip


@given(EVENTS, st.lists(st.integers(0, 40), max_size=6))
def test_other_batches_give_the_same_events(drawn: list[tuple[str, str, int, str, str]], cuts: list[int]) -> None:
    events = made(drawn)
    whole = joined(events)
    out: list[dict[str, Any]] = []
    edges = sorted({0, len(events), *(cut for cut in cuts if cut < len(events))})
    for first, last in pairwise(edges):
        batch = events[first:last]
        near = [e for e in events if any(low <= e.begun <= high for low, high in spans(batch))]
        out += joined(batch, near)
    assert sorted(json.dumps(row, sort_keys=True) for row in out) == sorted(
        json.dumps(row, sort_keys=True) for row in whole
    )


@given(EVENTS)
def test_of_what_is_told_something_always_stays(drawn: list[tuple[str, str, int, str, str]]) -> None:
    events = made(drawn)
    rows = joined(events)
    for event in events:
        assert any(
            row["action"] == event.row["action"] and abs(row["time"] - event.begun) <= REACH * len(events)
            for row in rows
        )


@settings(max_examples=15)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.integers(0, 1))
def test_through_the_outbox_and_any_batches(tmp_path_factory: Any, steps: list[int], everything: int) -> None:
    outbox = Outbox(tmp_path_factory.mktemp("box"))
    outbox.create(Bucket("w", "web.tab.current", "aw-watcher-web", "desk", 1))
    intake = Intake(outbox, Guard(), "desk")
    taken: list[pa.Table] = []

    def take(name: str, table: pa.Table) -> None:
        taken.append(table)

    delivery = Delivery(outbox, "Ada", take)
    at = NOW
    for number, step in enumerate(steps):
        at += 10 * SECOND
        outbox.insert("w", [Entry(at, 0, {"url": f"https://a.example/{number}", "title": "A"})]).result()
        intake.write("browser", [{"time": at + SECOND, "action": "focus", "url": f"https://a.example/{number}"}])
        if step > 2:
            delivery.run(everything=bool(everything), now=at + 9 * SECOND)
    delivery.run(everything=True)
    rows: list[dict[str, Any]] = pa.concat_tables(taken).sort_by("time").to_pylist()
    assert [row["url"] for row in rows] == [f"https://a.example/{number}" for number in range(len(steps))]
    assert {row["source"] for row in rows} == {"browser"}
    assert {row["window"] for row in rows} == {"A"}
    outbox.close()
