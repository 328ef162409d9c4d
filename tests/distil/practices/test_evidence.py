"""The traces that show a practice are those, and only those, in which it was done as it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from guildbook.distil.encode import encode
from guildbook.distil.practices.evidence import LEAST, find, supported
from guildbook.distil.settings import Settings
from guildbook.distil.sums import Sums
from guildbook.distil.traces import join
from guildbook.distil.view import TraceView, view
from guildbook.model.knowledge import Effect, Kind, Practice, Span, When
from guildbook.model.time import SECOND

Table = Callable[[Sequence[dict[str, Any]]], pa.Table]
EFFECT = Effect("good-rate", 0.2, 0.1, 0.3, 100, 0.001)


def practice(kind: Kind, when: When, do: tuple[str, ...], people: tuple[str, ...] = ()) -> Practice:
    return Practice("p", kind, "", when, do, (), EFFECT, people)


@pytest.fixture
def shown(table: Table, monday: int) -> Callable[..., dict[str, list[str]]]:
    """Which cases, and which of their steps, show a practice. Cases are lists of (worker, step) or of steps."""

    def look(found: Practice, cases: dict[str, Any], limit: int = 10, **given: Any) -> dict[str, list[str]]:
        rows: list[dict[str, Any]] = []
        for case, steps in cases.items():
            for i, step in enumerate(steps):
                worker, action = step if isinstance(step, tuple) else ("ann", step)
                app, _, verb = action.rpartition(": ")
                rows.append(
                    {
                        "worker": worker,
                        "case": case,
                        "app": app or None,
                        "action": verb,
                        "time": monday + i * SECOND,
                        "to": ["bob"] if verb == "ask" else None,
                        "attributes": {"case:product": "marine"} if case.endswith("m") else None,
                    }
                )
        seen = view(join(encode(table(rows), Settings())))
        (places,) = find([found], seen, Sums(), limit, **given).values()
        return {seen.keys[trace]: [_label(seen, place) for place in at] for trace, at in places}

    return look


def _label(seen: TraceView, place: int) -> str:
    names = {text: text for text in ("open", "check", "pay", "ask", "answer", "sheet: copy", "sheet: paste", "x")}
    from guildbook.model.ids import symbol

    return next(text for text in names if symbol(text) == int(seen.act[place]))


def test_a_step_before_its_anchor(shown: Any) -> None:
    found = practice(Kind.QUALITY, When("claim", "pay"), ("check",))
    cases = {"claim:1": ["open", "check", "pay"], "claim:2": ["open", "pay", "check"], "claim:3": ["open", "pay"]}
    assert shown(found, cases | {"order:1": ["check", "pay"]}) == {"claim:1": ["check", "pay"]}


def test_conditions_and_what_was_done_before_must_hold(shown: Any) -> None:
    found = practice(Kind.QUALITY, When("claim", "pay", (("product", "marine"),), ("open",)), ("check",))
    cases = {"claim:1": ["open", "check", "pay"], "claim:2m": ["check", "pay"], "claim:3m": ["open", "check", "pay"]}
    assert shown(found, cases) == {"claim:3m": ["open", "check", "pay"]}


def test_a_way_is_unbroken_and_one_workers(shown: Any) -> None:
    found = practice(Kind.TOOL, When("claim", "pay", (), ("open",)), ("sheet: copy", "sheet: paste"))
    cases = {
        "claim:1": ["open", "sheet: copy", "sheet: paste", "pay"],
        "claim:2": ["sheet: copy", "x", "sheet: paste"],
        "claim:3": [("ann", "sheet: copy"), ("bob", "sheet: paste")],
        "claim:4": ["sheet: copy"],
    }
    assert shown(found, cases) == {"claim:1": ["sheet: copy", "sheet: paste"]}


def test_an_ask_needs_the_person_and_the_answer(shown: Any) -> None:
    cases = {"claim:1": ["ask", ("cyd", "x"), ("bob", "answer")], "claim:2": ["ask", "x"], "claim:3": [("bob", "ask")]}
    found = practice(Kind.PEOPLE, When("claim", "ask"), ("ask",), ("bob",))
    assert shown(found, cases) == {"claim:1": ["ask", "answer"]}
    assert shown(practice(Kind.PEOPLE, When("claim", "ask"), ("ask",), ("cyd",)), cases) == {}


def test_a_hand_over_is_taken_up_by_the_person_from_another(shown: Any) -> None:
    cases = {
        "claim:1": ["open", ("bob", "pay")],
        "claim:2": [("bob", "open"), ("bob", "pay")],
        "claim:3": [("bob", "pay")],
    }
    assert shown(practice(Kind.PEOPLE, When("claim"), ("pay",), ("bob",)), cases) == {"claim:1": ["open", "pay"]}


def test_a_batch_shows_where_its_step_is(shown: Any) -> None:
    found = practice(Kind.WORKFLOW, When("claim", "pay"), ("pay", "pay"))
    assert shown(found, {"claim:1": ["open", "pay"], "claim:2": ["open"]}) == {"claim:1": ["pay"]}


def test_the_first_traces_are_found_whatever_else_there_is(shown: Any) -> None:
    found = practice(Kind.QUALITY, When("claim", "pay"), ("check",))
    cases = {f"claim:{i}": ["check", "pay"] for i in range(20)}
    some = shown(found, cases, limit=3)
    assert len(some) == 3
    assert shown(found, {case: cases[case] for case in some}, limit=3) == some


def test_a_title_is_read_back_as_its_task(shown: Any) -> None:
    from guildbook.model.ids import symbol

    found = practice(Kind.QUALITY, When("Settle claim", "pay"), ("check",))
    cases = {"claim:1": ["check", "pay"]}
    assert shown(found, cases) == {}
    assert shown(found, cases, titles={symbol("claim"): "Settle claim"}) == {"claim:1": ["check", "pay"]}


def test_no_practice_is_told_without_evidence_nor_on_top_of_such() -> None:
    spans = tuple(Span(f"claim:{i}", ("00",)) for i in range(LEAST))
    low = replace(practice(Kind.QUALITY, When("claim"), ("a",)), id="low", evidence=spans)
    high = replace(low, id="high", prerequisites=("low",), layer=2)
    assert [p.id for p in supported([low, high])] == ["low", "high"]
    assert supported([replace(low, evidence=spans[1:]), high]) == []
    assert [p.id for p in supported([low, replace(high, evidence=spans[1:])])] == ["low"]


def test_who_did_it_must_be_one_of_those_named(shown: Any) -> None:
    found = practice(Kind.QUALITY, When("claim", "check"), ("check",), ("bob", "eve"))
    cases = {"claim:1": ["open", ("bob", "check")], "claim:2": ["open", "check"], "claim:3": ["open"]}
    assert shown(found, cases) == {"claim:1": ["check"]}


def test_a_case_must_begin_when_the_practice_says(shown: Any) -> None:
    cases = {"claim:1": ["check", "pay"]}  # on a Monday at midnight
    for value, holds in (("22:00–06:00", True), ("06:00–22:00", False), ("at the weekend", False)):
        found = practice(Kind.QUALITY, When("claim", "pay", (("begun", value),)), ("check",))
        assert shown(found, cases) == ({"claim:1": ["check", "pay"]} if holds else {})
