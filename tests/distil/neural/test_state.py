from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from guildbook.distil.neural.settings import NeuralSettings
from guildbook.distil.neural.state import NeuralState, train
from guildbook.distil.neural.stored import to_bytes
from guildbook.distil.nextstep.places import Places
from guildbook.distil.sums import END
from guildbook.distil.traces import Traces
from guildbook.model.errors import UsageError
from guildbook.model.time import DAY

Row = dict[str, Any]
Made = Callable[[Sequence[Row]], Traces]
Cases = Callable[..., list[Row]]
GROUPS = {"ann": "north", "bob": "north", "cyd": "south", "dee": "south"}
UNTIL = 20_100 * DAY
CHANGED = ("check delivery", "call supplier")


def accuracy(state: NeuralState, traces: Traces) -> float:
    """Of the first guess, at every place but the first and the second."""
    places = Places.of(traces, 2)
    symbols = np.append(traces.events.acts.symbols, np.uint64(END))
    guess = np.argmax(state.view().opinion(places, symbols).logp, axis=1)
    return float((guess == places.columns(symbols)).mean())


def without(rows: Sequence[Row], worker: str) -> list[Row]:
    return [row for row in rows if row["worker"] != worker]


def test_the_same_events_in_any_order_give_the_same_bytes(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    rows = cases(40)
    state = train(traces(rows), tiny)
    assert to_bytes(train(traces(rows[::-1]), tiny)) == to_bytes(state)
    assert to_bytes(train(traces(rows), replace(tiny, seed=1))) != to_bytes(state)
    assert accuracy(state, traces(rows)) > 0.95


def test_forgetting_is_never_having_had_and_leaves_other_shards_alone(
    tiny: NeuralSettings, traces: Made, cases: Cases
) -> None:
    rows = cases(40) + cases(40, first_day=20_050, people=("cyd", "dee"))
    left = traces(without(rows, "cyd"))
    state = train(traces(rows), tiny, GROUPS, UNTIL).forget("cyd", left)
    never = train(left, tiny, {name: group for name, group in GROUPS.items() if name != "cyd"}, UNTIL)
    assert to_bytes(state) == to_bytes(never)
    whole = train(traces(rows), tiny, GROUPS, UNTIL)
    again = whole.forget("cyd", left)
    north, south = (whole.names.index(name) for name in ("north", "south"))
    assert again.shards[north] is whole.shards[north]
    assert again.shards[south] is not whole.shards[south]


def test_a_trace_that_moves_to_another_shard_is_learnt_there(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    shared = cases(10, first_day=20_030, people=("cyd",))
    shared += [row | {"worker": "ann", "time": row["time"] + 1} for row in shared]
    rows = [*cases(10), *shared, *cases(10, first_day=20_050, people=("dee",))]
    left = traces(without(rows, "ann"))
    groups = {name: group for name, group in GROUPS.items() if name != "ann"}
    state = train(traces(rows), tiny, GROUPS, UNTIL).forget("ann", left)
    assert to_bytes(state) == to_bytes(train(left, tiny, groups, UNTIL))


def test_forgetting_after_days_is_never_having_had(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    early, late = cases(30), cases(12, first_day=20_050, people=("ann", "cyd"), words=CHANGED)
    state = train(traces(early), tiny, GROUPS, 20_040 * DAY).continued(traces(early + late), UNTIL)
    left = [without(rows, "ann") for rows in (early, late)]
    groups = {name: group for name, group in GROUPS.items() if name != "ann"}
    never = train(traces(left[0]), tiny, groups, 20_040 * DAY).continued(traces(left[0] + left[1]), UNTIL)
    assert to_bytes(state.forget("ann", traces(left[0] + left[1]))) == to_bytes(never)


def test_the_last_of_a_group_takes_the_group_along(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    rows = cases(8) + cases(8, first_day=20_050, people=("eve",))
    left = traces(without(rows, "eve"))
    state = train(traces(rows), tiny, {"eve": "east"}, UNTIL).forget("eve", left)
    assert to_bytes(state) == to_bytes(train(left, tiny, {}, UNTIL))


def test_a_new_day_is_learnt_and_old_ones_are_kept(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    """The bound of docs/neural.md: at most three points of accuracy on the old part."""
    early, late = cases(120), cases(30, first_day=20_050, words=CHANGED)
    old, new = traces(early), traces(late)
    before = train(old, tiny, until=20_040 * DAY)
    after = before.continued(traces(early + late), UNTIL)
    assert accuracy(after, new) > 0.9 > accuracy(before, new) + 0.2
    assert accuracy(after, old) >= accuracy(before, old) - 0.03
    assert after.rounds == (20_040 * DAY, UNTIL)


def test_a_round_without_news_changes_no_net(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    known = traces(cases(8))
    state = train(known, tiny, until=UNTIL)
    later = state.continued(known, UNTIL + DAY)
    assert later.shards[0].weights is state.shards[0].weights
    assert later.shards[0].fingerprints == (*state.shards[0].fingerprints, 0)
    with pytest.raises(UsageError, match="learnt already"):
        state.continued(known, UNTIL)


def test_forgetting_needs_the_traces_without_them(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    known = traces(cases(8))
    with pytest.raises(UsageError, match="still hold"):
        train(known, tiny).forget("ann", known)


def test_nothing_can_be_learnt_from(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    state = train(traces([]), tiny)
    assert state.shards[0].events == 0
    rows = cases(4)
    assert accuracy(train(traces([]), tiny, until=0).continued(traces(rows)), traces(rows)) >= 0
