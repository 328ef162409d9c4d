"""Raw interaction in what is learnt: performances as joint traces, the same bits by every way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.distil import Settings, State, learn, spread, streaming
from guildbook.distil.alike import Alike, alike, routine_title
from guildbook.distil.encode import encode
from guildbook.distil.parts import portions
from guildbook.distil.segment.naming import Name
from guildbook.distil.segment.units import LONG
from guildbook.distil.summarise import trace_sums
from guildbook.distil.traces import join
from guildbook.model.time import DAY, HOUR, SECOND

Row = dict[str, Any]
HERE = Settings()
ROUTINES = {
    "claims": ("find", "copy name", "paste name", "copy sum", "paste sum", "check", "send"),
    "orders": ("new", "choose buyer", "choose goods", "count", "price", "confirm"),
}
MONDAY_AT = 4 * DAY
"""From the fixture's midnight, a Friday's, to Monday's of the week after the next."""


class MakeParts(Protocol):
    """`make_parts`."""

    def __call__(self, rows: list[Row], cut: Callable[[int], str] = ...) -> dict[str, tuple[str, pa.Table]]: ...


def performances(worker: str, start: int, apps: list[str], stray: int = 0) -> list[Row]:
    """One performance after another, five seconds a step, with a stray click after every `stray`."""
    steps = [(app, step) for app in apps for step in ROUTINES[app]]
    if stray:
        for place in range(len(steps) - 1, 0, -stray):
            steps.insert(place, ("chat", "glance"))
    return [
        {"worker": worker, "time": start + n * 5 * SECOND, "app": app, "action": "click", "element": step, "seq": n}
        for n, (app, step) in enumerate(steps)
    ]


@st.composite
def streams(draw: st.DrawFn, monday: int) -> list[Row]:
    """Two workers on a few days around the end of a month: long streams, short ones, and cases between them."""
    rows: list[Row] = []
    for worker in ("ann", "bob"):
        for day in sorted(draw(st.sets(st.integers(0, 12), max_size=4))):
            apps = draw(st.lists(st.sampled_from(sorted(ROUTINES)), max_size=14))
            rows += performances(worker, monday + day * DAY + 9 * HOUR, apps, draw(st.sampled_from([0, 0, 9])))
            if draw(st.booleans()):
                rows.append({"worker": worker, "time": monday + day * DAY, "action": "look", "case": f"claim:{day}"})
            if draw(st.booleans()):
                rows.append({"worker": worker, "time": monday + day * DAY + HOUR, "action": "read", "app": "mail"})
    return rows


@given(data=st.data())
@settings(deadline=None, max_examples=25)
def test_every_way_gives_the_same_bits(data: st.DataObject, monday: int, parts: MakeParts, admitted: Any) -> None:
    """Any order of rows and segments, any segments that come and go between, in one piece or in parts."""
    rows = data.draw(streams(monday))
    everything = parts(data.draw(st.permutations(rows)), lambda n: str(n % 3))
    by_day = parts(rows, lambda n: str(rows[n]["time"] // DAY))
    held = data.draw(st.sampled_from([everything, by_day]))
    state: State | None = None
    before: dict[str, tuple[str, pa.Table]] = {}
    for _ in range(3):
        names = data.draw(st.sets(st.sampled_from(sorted(held)))) if held else set[str]()
        now = {name: held[name] for name in data.draw(st.permutations(sorted(names)))}
        gone = admitted({name: part for name, part in before.items() if name not in now})
        onwards = learn(admitted(now), state, settings=HERE, departed=gone)
        afresh = learn(admitted(dict(sorted(now.items()))), None, settings=HERE)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(streaming, "AT_ONCE", 0)
            patch.setattr("guildbook.distil.parts.PART", max(1, len(rows) // 5))
            patch.setattr(portions, "__defaults__", (max(1, len(rows) // 4),))
            patch.setattr("guildbook.distil.changes.KEPT", max(1, len(rows) // 4))
            streamed = learn(admitted(now), None, settings=HERE)
            streamed_on = learn(admitted(now), state, settings=HERE, departed=gone)
        for found in (onwards, streamed, streamed_on):
            assert found.state.sums.digest() == afresh.state.sums.digest()
            assert found.knowledge == afresh.knowledge
        assert not onwards.notes
        state, before = State.from_bytes(onwards.state.to_bytes()), now


@pytest.fixture
def weeks(monday: int) -> list[Row]:
    """Both routines by two people, two weeks each, mixed and with stray clicks; and a short mail session."""
    mixed = np.random.default_rng(3)
    rows: list[Row] = []
    for number, worker in enumerate(("ann", "bob")):
        for day in (MONDAY_AT // DAY, MONDAY_AT // DAY + 7):
            apps = [sorted(ROUTINES)[i] for i in mixed.integers(0, 2, 40)]
            rows += performances(worker, monday + (day + number) * DAY + 9 * HOUR, apps, 9 if number else 0)
    rows += [
        {"worker": "cyd", "time": monday + n * SECOND, "app": "mail", "action": "read", "seq": n} for n in range(3)
    ]
    return rows


def test_performances_of_several_people_are_of_one_task_each(weeks: list[Row], parts: Any, admitted: Any) -> None:
    found = learn(admitted(parts(weeks)), None, settings=HERE)
    tasks = {task.title: task for task in found.knowledge.tasks}
    done = Counter(row["app"] for row in weeks if row.get("element") in ("send", "confirm"))
    told = [task.episodes for task in tasks.values()]
    assert sorted(done.values()) == sorted(times for times in told if times > 20)  # a glance between is neither
    assert tasks["Work in mail"].episodes == 1
    sums = found.state.sums
    names = [name for text in sums.texts.values() if (name := Name.read(text))]
    assert len(names) >= 2
    assert found.knowledge.model_hash == sums.digest()


def test_any_number_of_processes_gives_the_same(
    weeks: list[Row], parts: Any, admitted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = admitted(parts(weeks))
    one = learn(held, None, settings=HERE)
    monkeypatch.setattr(spread, "WORTH_A_PROCESS", 1)
    two = learn(held, None, settings=HERE, jobs=2)
    assert two.state.sums.digest() == one.state.sums.digest()
    assert two.knowledge == one.knowledge


def test_forgetting_a_worker_takes_their_performances_and_nothing_else(
    weeks: list[Row], parts: Any, table: Any, admitted: Any
) -> None:
    everything = parts(weeks)
    state = learn(admitted(everything), None, settings=HERE).state
    rest = {name: part for name, part in everything.items() if part[0] != "ann"}
    gone = {name: part for name, part in everything.items() if part[0] == "ann"}
    found = learn(admitted(rest), state, settings=HERE, departed=admitted(gone))
    assert found.knowledge == learn(admitted(rest), None, settings=HERE).knowledge
    assert found.touched_traces == len(join(encode(table([row for row in weeks if row["worker"] == "ann"]), HERE)))
    assert b"ann" not in found.state.to_bytes()


def test_a_new_day_costs_its_week_only_where_that_is_cut_as_a_whole(
    monday: int, parts: MakeParts, admitted: Any
) -> None:
    days = range(MONDAY_AT // DAY, MONDAY_AT // DAY + 3)
    for apps, read in ((["claims"] * 2, 1), (["claims"] * 12, 3)):
        rows = [row for day in days for row in performances("ann", monday + day * DAY, apps)]
        everything = parts(rows, lambda n, rows=rows: str(rows[n]["time"] // DAY))
        old = dict(list(everything.items())[:-1])
        state = learn(admitted(old), None, settings=HERE).state
        source = admitted(everything)
        found = learn(source, state, settings=HERE)
        assert len(set(source.read)) == read
        assert found.knowledge == learn(admitted(everything), None, settings=HERE).knowledge


def test_a_performance_is_told_by_its_week_and_an_episode_by_its_day(weeks: list[Row], table: Any) -> None:
    traces = join(encode(table(weeks), HERE))
    keys = sorted(traces.keys)
    assert "ann 2024-W41 #1" in keys
    assert "cyd 2024-10-04 #1" in keys
    assert len(set(keys)) == len(keys)


def test_a_stream_without_routines_stays_with_idle_gaps(monday: int, table: Any) -> None:
    chance = np.random.default_rng(1).integers(0, 200, 3 * LONG)
    rows = [
        {"worker": "ann", "time": monday + n * SECOND, "action": f"do {chr(97 + i % 26)}{chr(97 + i // 26)}"}
        for n, i in enumerate(chance.tolist())
    ]
    events = encode(table(rows), HERE)
    assert not len(events.performance)
    assert len(join(events)) == 1


def test_a_routine_hardly_ever_done_is_work_in_its_app(monday: int, table: Any) -> None:
    apps = ["claims"] * 10
    more = performances("ann", monday + HOUR, ["orders"])[:1]
    traces = join(encode(table([*performances("ann", monday, apps), *more]), HERE))
    sums = trace_sums(traces)
    found = alike(sums)
    texts = sorted(found.sums(sums).text(code) for code in np.unique(found.of(traces.task)).tolist())
    assert any(text.startswith("work in") for text in texts)
    assert sum(routine_title(text) is not None for text in texts) == 1


def test_tasks_made_one_keep_every_count(weeks: list[Row], parts: Any, admitted: Any) -> None:
    sums = learn(admitted(parts(weeks)), None, settings=HERE).state.sums
    found = alike(sums)
    read = found.sums(sums)
    assert {name: table.total() for name, table in sums.tables().items()} == {
        name: table.total() for name, table in read.tables().items()
    }
    assert set(read.texts) == set(read.vocab.keys[:, 0].tolist())
    kinds = set(read.variants.hashes[:, 0].tolist())
    assert set(read.endings.keys[:, 0].tolist()) <= kinds
    assert not alike(read)
    nothing = Alike()
    assert nothing.sums(sums) is sums


def test_names_are_read_back() -> None:
    name = Name("work in mail", "Send letter in mail", (1, 77))
    assert Name.read(str(name)) == name
    assert Name.read("work in mail") is None
