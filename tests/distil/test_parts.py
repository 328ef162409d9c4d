from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.distil import Settings, evidence, learn, learner, streaming
from guildbook.distil.changes import in_one_piece
from guildbook.distil.encode import COLUMNS
from guildbook.distil.evidence import Evidence
from guildbook.distil.knowledge import Derivation
from guildbook.distil.maps import titles
from guildbook.distil.parts import Parts, case_parts, place_of_weeks, portions, unpacked
from guildbook.distil.streaming import Total
from guildbook.distil.summarise import summarise_table
from guildbook.distil.sums import Sums
from guildbook.distil.view import TraceView
from guildbook.model.grant import SegmentRef
from guildbook.model.ids import symbol
from guildbook.model.knowledge import Effect, Kind, Practice, Span, When
from guildbook.model.time import DAY, MINUTE

Row = dict[str, Any]
HERE = Settings()


class MakeParts(Protocol):
    """`make_parts`."""

    def __call__(self, rows: list[Row], cut: Callable[[int], str] = ...) -> dict[str, tuple[str, pa.Table]]: ...


def ref(name: str, worker: str, month: str, rows: int) -> SegmentRef:
    return SegmentRef(name, worker, month, rows, 0, 0, "00")


def same(one: TraceView | None, two: TraceView | None) -> bool:
    if one is None or two is None:
        return one is two
    theirs = two.arrays()
    return one.keys == two.keys and all(np.array_equal(array, theirs[name]) for name, array in one.arrays().items())


@given(data=st.data(), count=st.integers(1, 9), rows_a_portion=st.integers(1, 30))
@settings(deadline=None)
def test_any_number_of_parts_gives_the_same(
    data: st.DataObject, count: int, rows_a_portion: int, logs: Any, parts: MakeParts, admitted: Any
) -> None:
    """Sums, knowledge and kept traces are those of all events in one piece, for any parts and any portions."""
    rows = data.draw(logs)
    held = admitted(parts(rows, lambda n: str(n % 3)))
    whole = learn(held, None, settings=HERE)
    begun = learn(admitted({n: p for n, p in held.parts.items() if not n.endswith("1")}), None, settings=HERE).state
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streaming, "AT_ONCE", 0)
        patch.setattr("guildbook.distil.parts.PART", max(1, -(-len(rows) // count)))
        patch.setattr(portions, "__defaults__", (rows_a_portion,))
        patch.setattr("guildbook.distil.changes.KEPT", rows_a_portion)
        streamed = learn(held, None, settings=HERE)
        onwards = learn(held, begun, settings=HERE)
    assert onwards.knowledge == whole.knowledge
    assert streamed.state.sums.digest() == whole.state.sums.digest()
    assert streamed.knowledge == whole.knowledge
    assert same(streamed.state.first, whole.state.first)
    assert streamed.touched_traces == whole.touched_traces


@given(data=st.data(), count=st.integers(1, 9))
def test_parts_hold_every_joint_trace_whole(data: st.DataObject, count: int, logs: Any, table: Any) -> None:
    rows = data.draw(logs)
    laid = Parts(0, count)
    whole = table(rows).select(list(COLUMNS))
    if len(whole):
        laid.lay(in_one_piece(whole))
    held = [unpacked(pieces) for pieces in laid.below(None)]
    found = [set(one.column("case").cast(pa.string()).drop_null().to_pylist()) for one in held]
    assert sum(map(len, held)) == len(rows)
    assert sum(map(len, found)) == len(set[str]().union(*found))
    ids = pa.chunked_array([chunk for one in held for chunk in one.column("id").chunks], pa.binary(16))
    assert sorted(ids.to_pylist()) == sorted(whole.column("id").to_pylist())


@given(code=st.integers(0, (1 << 64) - 1), below=st.integers(0, (1 << 64) - 1), count=st.integers(1, 50))
def test_lower_symbols_are_in_earlier_parts(code: int, below: int, count: int) -> None:
    one, two = case_parts(np.array([code, below], np.uint64), count).tolist()
    assert 0 <= one < count
    assert (one <= two) if code <= below else (one >= two)


def test_a_word_that_no_row_of_a_part_uses_is_not_in_it(table: Any, monday: int) -> None:
    rows = [{"worker": "ann", "time": monday, "case": f"claim:{n}", "document": f"d{n}.txt"} for n in range(200)]
    laid = Parts(0, 4)
    laid.lay(in_one_piece(table(rows).select(list(COLUMNS))))
    for pieces in laid.below(None):
        held = unpacked(pieces)
        assert len(held.column("document").chunk(0).dictionary) == len(held)


def test_what_is_let_go_is_known_to_be_missing(table: Any, monday: int) -> None:
    rows = [{"worker": "ann", "time": monday, "case": f"claim:{n}" if n % 9 else None} for n in range(90)]
    laid = Parts(0, 8)
    laid.lay(in_one_piece(table(rows).select(list(COLUMNS))))
    assert laid.holds(None)
    quarter = 1 << 62
    assert sum(len(unpacked(pieces)) for pieces in laid.drained(quarter)) == 90
    assert (laid.holds(None), laid.holds(quarter), laid.holds(quarter - 1), laid.holds(quarter + 1)) == (
        False,
        True,
        True,
        False,
    )
    kept = pa.concat_tables(
        [unpacked(pieces).select(["case"]).cast(pa.schema([("case", pa.string())])) for pieces in laid.below(quarter)]
    )
    early = {f"claim:{n}" for n in range(90) if n % 9 and symbol(f"claim:{n}") < quarter}
    assert early <= set(kept.column("case").to_pylist())
    assert kept.column("case").null_count == 10


def test_worker_days_stand_together(table: Any, monday: int) -> None:
    rows = [{"worker": "ann", "time": monday + n} for n in range(5)] + [{"worker": "bob", "time": monday}]
    assert len(set(place_of_weeks(table(rows), 7)[:5].tolist())) == 1


def test_portions_keep_a_worker_together_unless_there_is_far_too_much() -> None:
    listed = [ref(f"{w}{m}{k}", w, m, 10) for w in "ab" for m in ("2026-01", "2026-02") for k in range(2)]
    assert list(portions(listed, 15)) == [
        ["a2026-010", "a2026-011", "a2026-020", "a2026-021"],
        ["b2026-010", "b2026-011", "b2026-020", "b2026-021"],
    ]
    assert [len(some) for some in portions(listed, 5)] == [2, 2, 2, 2]
    assert [len(some) for some in portions(listed, 1000)] == [8]
    assert not list(portions([], 5))


@given(data=st.data())
@settings(deadline=None)
def test_a_total_is_the_sum(data: st.DataObject, logs: Any, table: Any) -> None:
    tables = [table(data.draw(logs)) for _ in range(data.draw(st.integers(0, 6)))]
    total = Total()
    for one in tables:
        total.add(summarise_table(one, HERE).to_bytes())
    plain = summarise_table(table([]), HERE)
    for one in tables:
        plain += summarise_table(one, HERE)
    assert total.result().digest() == plain.digest()
    assert not len(total.result().days)


def test_evidence_of_views_is_that_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "KEPT", 3)
    names = sorted((f"claim:{n}" for n in range(6)), key=symbol)
    spans = [Span(name, ("e",)) for name in names]

    def seen(some: Sequence[Span], *, whole: bool) -> dict[str, Evidence]:
        return {"p": Evidence(tuple(some), whole)}

    many = evidence.merged([seen(spans[1::2], whole=False), seen(spans[0::2], whole=False)])
    assert many == seen(spans[:3], whole=False)
    few = evidence.merged([seen(spans[:1], whole=True), seen([], whole=True), {}])
    assert few == seen(spans[:1], whole=True)
    assert evidence.merged([seen(spans[:2], whole=True), seen(spans[2:3], whole=True)]) == seen(spans[:3], whole=False)
    assert evidence.merged([]) == {}


def _practice(sums: Sums, here: Settings, helper: object = None) -> Derivation:
    """One practice that is always there."""
    del helper
    effect = Effect("duration", -0.2, -0.3, -0.1, 100, 0.001)
    when = When(task="Handle claim", activity="check")
    practice = Practice("workflow-check", Kind.WORKFLOW, "Check.", when, ("check",), (), effect)
    return Derivation(sums, here, dict.fromkeys(titles(sums), "Handle claim"), (practice,))


@pytest.mark.parametrize("shown", [1, 30, 400])
def test_evidence_is_found_part_by_part(
    shown: int, parts: MakeParts, admitted: Any, monday: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the first traces, in one of four, or in all: as in one piece, afresh and onwards, with processes or none."""
    monkeypatch.setattr(learner, "derive", _practice)
    monkeypatch.setattr(evidence, "SHOWN", shown)
    monkeypatch.setattr(evidence, "KEPT", 3 * shown)
    rows = [
        {"worker": "ann" if n % 3 else "bob", "time": monday + case * DAY // 20 + n * MINUTE, "action": step}
        | ({"case": f"claim:{case}", "seq": n} if case % 5 else {"app": "mail"})
        for case in range(300)
        for n, step in enumerate(("open", "check", "close"))
    ]
    everything = parts(rows, lambda n: str(n // 450))
    later = {name: part for name, part in everything.items() if name.endswith("1")}
    before = {name: part for name, part in everything.items() if name not in later}
    whole = learn(admitted(everything), None, settings=HERE)
    early = learn(admitted(before), None, settings=HERE)
    monkeypatch.setattr(streaming, "AT_ONCE", 10)
    monkeypatch.setattr("guildbook.distil.parts.PART", 50)
    monkeypatch.setattr("guildbook.distil.changes.KEPT", 100)
    for found in (
        learn(admitted(everything), None, settings=HERE),
        learn(admitted(everything), None, settings=HERE, jobs=2 if shown == 1 else 1),
        learn(admitted(everything), replace(early.state, evidence={}, first=None), settings=HERE),
    ):
        assert found.state.evidence == whole.state.evidence
        assert found.knowledge == whole.knowledge
        assert same(found.state.first, whole.state.first)
    assert whole.state.evidence["workflow-check"].spans
