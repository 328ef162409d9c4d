from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.neural.settings import NeuralSettings
from guildbook.distil.neural.state import NeuralState, train
from guildbook.distil.neural.stored import to_bytes
from guildbook.distil.nextstep.places import Places
from guildbook.distil.sums import END
from guildbook.distil.traces import Traces
from guildbook.model.time import DAY

Row = dict[str, Any]
Made = Callable[[Sequence[Row]], Traces]
Cases = Callable[..., list[Row]]
GROUPS = {"ann": "north", "bob": "north", "cyd": "south", "dee": "south"}
CHANGED = ("check delivery", "call supplier")


def accuracy(state: NeuralState, traces: Traces) -> float:
    """Of the first guess, at every place but the first and the second."""
    places = Places.of(traces, 2)
    symbols = np.append(traces.events.acts.symbols, np.uint64(END))
    guess = np.argmax(state.view().opinion(places, symbols).logp, axis=1)
    return float((guess == places.columns(symbols)).mean())


def rounds_of(traces: Made, *parts: Sequence[Row]) -> NDArray[np.int64]:
    """The round of each event of all the parts together."""
    return np.repeat(np.arange(len(parts)), [len(traces(rows).events) for rows in parts])


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
    whole = train(traces(rows), tiny, GROUPS)
    again = train(left, tiny, GROUPS, kept=whole)
    assert to_bytes(again) == to_bytes(train(left, tiny, GROUPS))
    assert "cyd" not in again.groups
    north, south = (whole.names.index(name) for name in ("north", "south"))
    assert again.shards[north] is whole.shards[north]
    assert again.shards[south] is not whole.shards[south]


def test_a_trace_that_moves_to_another_shard_is_learnt_there(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    shared = cases(10, first_day=20_030, people=("cyd",))
    shared += [row | {"worker": "ann", "time": row["time"] + 1} for row in shared]
    rows = [*cases(10), *shared, *cases(10, first_day=20_050, people=("dee",))]
    left = traces(without(rows, "ann"))
    again = train(left, tiny, GROUPS, kept=train(traces(rows), tiny, GROUPS))
    assert to_bytes(again) == to_bytes(train(left, tiny, GROUPS))


def test_forgetting_after_days_is_never_having_had(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    early, late = cases(30), cases(12, first_day=20_050, people=("ann", "cyd"), words=CHANGED)
    left = [without(rows, "ann") for rows in (early, late)]
    whole = train(
        traces(early + late), tiny, GROUPS, rounds_of(traces, early, late), train(traces(early), tiny, GROUPS)
    )
    first = train(traces(left[0]), tiny, GROUPS)
    both = traces(left[0] + left[1])
    never = train(both, tiny, GROUPS, rounds_of(traces, *left), first)
    assert to_bytes(train(both, tiny, GROUPS, rounds_of(traces, *left), whole)) == to_bytes(never)
    north = whole.names.index("north")
    assert never.shards[north].fingerprints[0] == first.shards[north].fingerprints[0]


def test_a_round_that_vanished_is_never_having_had_it(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    early, late = cases(20, people=("bob",)), cases(9, first_day=20_050, people=("ann",), words=CHANGED)
    whole = train(traces(early + late), tiny, born=rounds_of(traces, early, late))
    assert whole.rounds == 2
    again = train(traces(early), tiny, kept=whole)
    assert to_bytes(again) == to_bytes(train(traces(early), tiny))


def test_the_last_of_a_group_takes_the_group_along(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    rows = cases(8) + cases(8, first_day=20_050, people=("eve",))
    left = traces(without(rows, "eve"))
    state = train(left, tiny, {"eve": "east"}, kept=train(traces(rows), tiny, {"eve": "east"}))
    assert to_bytes(state) == to_bytes(train(left, tiny))


def test_a_new_day_is_learnt_and_old_ones_are_kept(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    """The bound of docs/neural.md: at most three points of accuracy on the old part."""
    early, late = cases(120), cases(30, first_day=20_050, words=CHANGED)
    old, new = traces(early), traces(late)
    before = train(old, tiny)
    after = train(traces(early + late), tiny, born=rounds_of(traces, early, late), kept=before)
    assert accuracy(after, new) > 0.9 > accuracy(before, new) + 0.2
    assert accuracy(after, old) >= accuracy(before, old) - 0.03
    assert (before.rounds, after.rounds) == (1, 2)


def test_going_on_is_learning_in_the_same_rounds(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    """A case goes on in the second round, and an event comes in late that is older than all of the first."""
    early = cases(20)
    late = [{"worker": "bob", "time": early[0]["time"] - DAY, "case": early[0]["case"], "action": "look"}]
    late += [{"worker": "ann", "time": early[-1]["time"] + DAY, "case": early[-1]["case"], "action": "file"}]
    both, born = traces(early + late), rounds_of(traces, early, late)
    went_on = train(both, tiny, GROUPS, born, train(traces(early), tiny, GROUPS))
    assert to_bytes(went_on) == to_bytes(train(both, tiny, GROUPS, born))
    assert went_on.shards[went_on.names.index("north")].events == len(early) + 2


def test_a_round_without_news_changes_no_net(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    early, late = cases(8), cases(4, first_day=20_050, people=("cyd",))
    state = train(traces(early), tiny, GROUPS)
    later = train(traces(early + late), tiny, GROUPS, rounds_of(traces, early, late), state)
    north = later.shards[later.names.index("north")]
    before = state.shards[state.names.index("north")]
    assert north.weights is before.weights
    assert north.fingerprints == (*before.fingerprints, 0)


def test_nets_of_other_settings_are_not_gone_on_from(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    known = traces(cases(6))
    other = replace(tiny, seed=1)
    assert to_bytes(train(known, other, kept=train(known, tiny))) == to_bytes(train(known, other))
    here = train(known, replace(tiny, device="cpu"), kept=train(known, tiny))
    assert here.shards[0].settings.device == "cpu"


def test_nothing_can_be_learnt_from(tiny: NeuralSettings, traces: Made, cases: Cases) -> None:
    state = train(traces([]), tiny)
    assert state.shards[0].events == 0
    rows = cases(4)
    assert accuracy(train(traces(rows), tiny, kept=state), traces(rows)) >= 0
