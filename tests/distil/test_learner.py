from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.distil import Settings, State, StateVersionError, evidence, learn, learner
from guildbook.distil.knowledge import Derivation
from guildbook.distil.maps import titles
from guildbook.distil.state import MAGIC
from guildbook.distil.sums import Sums
from guildbook.distil.view import TraceView
from guildbook.model.errors import StoreError
from guildbook.model.knowledge import Effect, Kind, Practice, When
from guildbook.model.time import DAY, MINUTE, SECOND

Row = dict[str, Any]


class Parts(Protocol):
    """`make_parts`."""

    def __call__(self, rows: list[Row], cut: Callable[[int], str] = ...) -> dict[str, tuple[str, pa.Table]]: ...


HERE = Settings()


@given(data=st.data())
def test_any_order_of_rows_and_segments_gives_the_same(
    data: st.DataObject, logs: Any, parts: Parts, admitted: Any
) -> None:
    rows = data.draw(logs)
    one = learn(admitted(parts(rows)), None, settings=HERE)
    shuffled = parts(data.draw(st.permutations(rows)), lambda n: str(n % 3))
    two = learn(admitted(dict(data.draw(st.permutations(list(shuffled.items()))))), None, settings=HERE)
    assert one.knowledge == two.knowledge
    assert one.knowledge.model_hash == one.state.sums.digest()


@given(data=st.data())
@settings(deadline=None)
def test_learning_on_is_learning_afresh(data: st.DataObject, logs: Any, parts: Parts, admitted: Any) -> None:
    """Segments come and go in any sequence; workers whose segments are refused are as if never recorded."""
    rows = data.draw(logs)
    everything = parts(rows, lambda n: str(n % 4))
    state: State | None = None
    before: dict[str, tuple[str, pa.Table]] = {}
    for _ in range(3):
        names = data.draw(st.sets(st.sampled_from(sorted(everything)))) if everything else set[str]()
        now = {name: everything[name] for name in sorted(names)}
        gone = admitted({name: part for name, part in before.items() if name not in now})
        onwards = learn(admitted(now), state, settings=HERE, departed=gone)
        afresh = learn(admitted(now), None, settings=HERE)
        assert onwards.knowledge == afresh.knowledge
        assert onwards.state.sums.digest() == afresh.state.sums.digest()
        assert not onwards.notes
        state, before = State.from_bytes(onwards.state.to_bytes()), now


def office(monday: int, days: int = 6) -> list[Row]:
    """Claims that pass through three hands over two days, and each one's own mail in the morning."""
    rows: list[Row] = []
    for day in range(days):
        for worker in ("ann", "bob", "cyd"):
            rows += [
                {"worker": worker, "time": monday + day * DAY + n * MINUTE, "app": "mail", "action": "read", "seq": n}
                for n in range(3)
            ]
        for n, worker in enumerate(("ann", "bob", "ann")):
            start = monday + day * DAY + (60 + n) * MINUTE
            rows.append({"worker": worker, "time": start, "action": f"step{n}", "case": f"claim:{day}", "seq": n})
        rows.append({"worker": "cyd", "time": monday + (day + 1) * DAY + 5 * SECOND, "case": f"claim:{day}", "seq": 3})
    return rows


@pytest.fixture
def days(parts: Parts, monday: int) -> dict[str, tuple[str, pa.Table]]:
    rows = office(monday)
    return parts(rows, lambda n: f"{(rows[n]['time'] - monday) // DAY}")


def test_nothing_new_reads_nothing(days: Any, admitted: Any) -> None:
    state = learn(admitted(days), None, settings=HERE).state
    source = admitted(days)
    again = learn(source, state, settings=HERE)
    assert (again.changed, again.touched_traces, source.read) == (False, 0, [])
    assert again.knowledge == state.knowledge


def test_a_new_day_costs_that_day_and_the_open_cases(days: Any, admitted: Any) -> None:
    new = {name: part for name, part in days.items() if name.endswith("/5")}
    old = {name: part for name, part in days.items() if name not in new}
    state = learn(admitted({k: v for k, v in old.items() if not k.endswith("/6")}), None, settings=HERE).state
    source = admitted({k: v for k, v in days.items() if not k.endswith("/6")})
    found = learn(source, state, settings=HERE)
    assert found.changed
    assert found.touched_traces == 5  # three mornings, the new claim, and the one left open the day before
    assert {name[-1] for name in source.read} == {"4", "5"}
    assert found.knowledge == learn(source, None, settings=HERE).knowledge


def test_forgetting_costs_the_traces_they_took_part_in(days: Any, admitted: Any) -> None:
    state = learn(admitted(days), None, settings=HERE).state
    rest = {name: part for name, part in days.items() if part[0] != "bob"}
    gone = {name: part for name, part in days.items() if part[0] == "bob"}
    found = learn(admitted(rest), state, settings=HERE, departed=admitted(gone))
    assert found.touched_traces == 12  # six mornings of bob's, and the six claims he had in hand
    assert found.knowledge == learn(admitted(rest), None, settings=HERE).knowledge
    assert "bob" not in found.state.to_bytes().decode("latin-1")


def test_compaction_costs_nothing(days: Any, parts: Parts, admitted: Any, monday: int) -> None:
    state = learn(admitted(days), None, settings=HERE).state
    source = admitted(parts(office(monday)))
    again = learn(source, state, settings=HERE)
    assert (again.changed, source.read) == (False, [])
    assert set(again.state.segments) == set(source.parts)


def test_what_can_no_longer_be_read_is_learnt_again(days: Any, admitted: Any) -> None:
    state = learn(admitted(days), None, settings=HERE).state
    rest = {name: part for name, part in days.items() if part[0] != "bob"}
    found = learn(admitted(rest), state, settings=HERE)
    assert found.notes
    assert found.knowledge == learn(admitted(rest), None, settings=HERE).knowledge


def test_other_settings_shape_other_sums(days: Any, admitted: Any) -> None:
    state = learn(admitted(days), None, settings=HERE).state
    gap = Settings(episode_gap_minutes=0.5)
    found = learn(admitted(days), state, settings=gap)
    assert found.notes
    assert found.knowledge == learn(admitted(days), None, settings=gap).knowledge
    source = admitted(days)
    stricter = learn(source, state, settings=Settings(fdr=0.01))
    assert stricter.changed
    assert (stricter.touched_traces, source.read, stricter.notes) == (0, [], ())


def test_processes_change_nothing(days: Any, admitted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from guildbook.distil import spread

    alone = learn(admitted(days), None, settings=HERE)
    monkeypatch.setattr(spread, "WORTH_A_PROCESS", 1)
    shares: list[float] = []
    two = learn(admitted(days), None, settings=HERE, jobs=2, progress=shares.append)
    assert two.knowledge == alone.knowledge
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    monkeypatch.setattr(spread, "PART", 7)
    assert learn(admitted(days), None, settings=HERE).knowledge == alone.knowledge


def test_nothing_admitted(admitted: Any) -> None:
    found = learn(admitted({}), None, settings=HERE)
    assert found.knowledge.events == 0
    assert found.knowledge.period is None
    assert found.knowledge.notes


def test_state_of_another_version_or_damaged(days: Any, admitted: Any) -> None:
    data = learn(admitted(days), None, settings=HERE).state.to_bytes()
    start = len(MAGIC) + 8
    size = int.from_bytes(data[len(MAGIC) : start], "little")
    header = json.loads(data[start : start + size])

    def with_header(changed: dict[str, Any]) -> bytes:
        head = json.dumps(changed).encode()
        return MAGIC + len(head).to_bytes(8, "little") + head + data[start + size :]

    with pytest.raises(StateVersionError):
        State.from_bytes(with_header(header | {"format": 0}))
    for broken in (data[:30], data[:-9], with_header(header | {"settings": {}}), MAGIC + b"\1" + b"\0" * 7 + b"["):
        with pytest.raises(StoreError, match="damaged"):
            State.from_bytes(broken)
    assert State.from_bytes(with_header(header)).to_bytes() == data


def test_what_another_version_derived_is_derived_again_from_the_sums(
    days: Any, admitted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learner, "FEW", (1 << 64) - 1)
    monkeypatch.setattr(evidence, "SHOWN", 1)
    monkeypatch.setattr(learner, "derive", partial(_step, "step0"))
    before = {name: part for name, part in days.items() if not name.endswith("/5")}
    state = learn(admitted(before), None, settings=HERE).state
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("guildbook.distil.state.DERIVED_VERSION", 0)
        data = state.to_bytes()
    old = State.from_bytes(data)
    assert old.knowledge is None
    assert State.from_bytes(old.to_bytes()).knowledge is None
    source = admitted(before)
    again = learn(source, old, settings=HERE)
    assert (again.changed, again.touched_traces, source.read) == (True, 0, [])
    assert again.notes
    assert again.state.to_bytes() == state.to_bytes()
    onwards = learn(admitted(days), old, settings=HERE)
    assert onwards.notes
    assert onwards.knowledge == learn(admitted(days), None, settings=HERE).knowledge


def test_knowledge_of_a_small_office(days: Any, admitted: Any, monday: int) -> None:
    known = learn(admitted(days), None, settings=HERE).knowledge
    assert (known.events, known.workers, known.cases, known.episodes) == (78, 3, 6, 24)
    assert known.period == (monday, monday + 6 * DAY + 5 * SECOND)
    assert {task.title: task.episodes for task in known.tasks} == {"Handle claim": 6, "Work in mail": 18}
    assert {person.name: person.days for person in known.people} == {"ann": 6, "bob": 6, "cyd": 7}


def test_segments_are_listed(days: Any, admitted: Any) -> None:
    state = learn(admitted(days), None, settings=HERE).state
    assert sorted(state.segments) == sorted(days)


def same_traces(one: TraceView | None, two: TraceView | None) -> bool:
    """Whether two views are known and alike."""
    if one is None or two is None:
        return False
    theirs = two.arrays()
    return one.keys == two.keys and all(np.array_equal(array, theirs[name]) for name, array in one.arrays().items())


def _watched(sums: Sums, here: Settings, helper: None = None) -> Derivation:
    """One practice that is always there: `check` before `close`."""
    effect = Effect("good-rate", 0.2, 0.1, 0.3, 100, 0.001)
    when = When(task="Handle claim", activity="close")
    practice = Practice("workflow-1", Kind.WORKFLOW, "Check first.", when, ("check",), (), effect)
    return Derivation(sums, here, dict.fromkeys(titles(sums), "Handle claim"), (practice,))


def test_evidence_of_a_new_practice_is_looked_for_in_the_first_traces_that_are_kept(
    days: Any, admitted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learner, "FEW", (1 << 64) - 1)
    monkeypatch.setattr(learner, "FIRST", (1 << 64) - 1)
    monkeypatch.setattr(evidence, "SHOWN", 1)
    state = learn(admitted({k: v for k, v in days.items() if not k.endswith("/6")}), None, settings=HERE).state
    assert state.first is None  # no practice, nothing to look for
    monkeypatch.setattr(learner, "derive", partial(_step, "step0"))
    state = learn(admitted(days), None, settings=HERE).state
    old = {k: v for k, v in days.items() if not k.endswith("/5")}
    state = learn(admitted(old), None, settings=HERE).state
    monkeypatch.setattr(learner, "derive", partial(_step, "step1"))
    source = admitted(days)
    found = learn(source, State.from_bytes(state.to_bytes()), settings=HERE)
    assert {name[-1] for name in source.read} < {name[-1] for name in days}
    assert len(found.state.evidence["workflow-step1"].spans) == 6
    assert found.knowledge == learn(admitted(days), None, settings=HERE).knowledge


def _step(step: str, sums: Sums, here: Settings, helper: None = None) -> Derivation:
    """One practice of doing a step at all."""
    effect = Effect("duration", -0.2, -0.3, -0.1, 100, 0.001)
    when = When(task="Handle claim", activity=step)
    practice = Practice(f"workflow-{step}", Kind.WORKFLOW, "Do it.", when, (step,), (), effect)
    return Derivation(sums, here, dict.fromkeys(titles(sums), "Handle claim"), (practice,))


@pytest.mark.parametrize("seed", range(4))
def test_evidence_is_the_same_however_it_was_come_by(
    seed: int, parts: Parts, admitted: Any, monday: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learner, "derive", _watched)
    monkeypatch.setattr(evidence, "KEPT", 9)
    random = Random(seed)
    rows: list[Row] = []
    for case in range(250):
        day = random.randrange(8)
        steps = random.sample(["open", "check", "close"], 3) if random.random() < 0.7 else ["open"]
        for n, step in enumerate(steps):
            worker = random.choice(["ann", "bob", "cyd"])
            time = monday + day * DAY + case * SECOND + n * MINUTE
            rows.append({"worker": worker, "time": time, "seq": n, "case": f"claim:{case}", "action": step})
    everything = parts(rows, lambda n: str((rows[n]["time"] - monday) // DAY))
    state: State | None = None
    before: dict[str, tuple[str, pa.Table]] = {}
    for _ in range(8):
        share = random.choice([0.1, 0.7, 0.9, 1.0])
        now = {name: part for name, part in everything.items() if random.random() < share}
        gone = admitted({name: part for name, part in before.items() if name not in now})
        onwards = learn(admitted(now), state, settings=HERE, departed=gone)
        afresh = learn(admitted(now), None, settings=HERE)
        assert onwards.knowledge == afresh.knowledge
        assert same_traces(onwards.state.first, afresh.state.first)
        state, before = State.from_bytes(onwards.state.to_bytes()), now
    assert learn(admitted(everything), None, settings=HERE).knowledge.practices[0].evidence
