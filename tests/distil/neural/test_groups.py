from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.neural.groups import OTHERS, group_names, shard_of, shards_along
from guildbook.distil.neural.steps import Steps
from guildbook.distil.traces import Traces

Row = dict[str, Any]
Made = Callable[[Sequence[Row]], Traces]
GROUPS = {"ann": "south", "bob": "north", "cyd": "north", "dee": "south"}


def named(traces: Made, people: Sequence[str], groups: dict[str, str] = GROUPS) -> str:
    rows = [{"worker": who, "time": n, "case": "c:1", "action": "a"} for n, who in enumerate(people)]
    return group_names(groups)[shard_of(Steps.of(traces(rows)), groups)[0]]


def test_most_workers_decide_and_of_equals_the_first_by_name(traces: Made) -> None:
    assert named(traces, ["ann"]) == "south"
    assert named(traces, ["ann", "ann", "ann", "bob", "cyd"]) == "north"
    assert named(traces, ["ann", "bob"]) == "north"
    assert named(traces, ["eve"]) == OTHERS
    assert named(traces, ["ann"], {}) == OTHERS
    assert shard_of(Steps.of(traces([])), GROUPS).tolist() == []


@given(people=st.lists(st.sampled_from(["ann", "bob", "cyd", "dee", "eve"]), min_size=1, max_size=8))
def test_the_rule_sees_the_set_of_workers_alone_and_holds_at_every_step(traces: Made, people: list[str]) -> None:
    assert named(traces, people) == named(traces, sorted(set(people)))
    rows = [{"worker": who, "time": n, "case": "c:1", "action": "a"} for n, who in enumerate(people)]
    along = shards_along(Steps.of(traces(rows)), GROUPS).tolist()
    assert [group_names(GROUPS)[g] for g in along] == [named(traces, people[: n + 1]) for n in range(len(people))]
