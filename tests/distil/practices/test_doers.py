from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from guildbook.distil.practices import MiningSettings, mine
from guildbook.distil.practices.traces import by_task
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.sums import Sums, worker_symbol
from guildbook.model import Practice

Make = Callable[..., Sums]
OWNERS = ("ann", "bob", "cay", "dan")
LOOKERS = ("eve", "fay", "gus", "hal")
STEP = "look over"


def looked_over(
    trace_type: Callable[..., Any], *, better: float, owner: float = 0.0, n: int = 1600, seed: int = 1
) -> Any:
    """Claims that somebody looks over: eve better than others, and she gets most of the hard ones.

    `owner`: what it is worth that ann has the case, which mostly eve looks over then.
    """
    rng = np.random.default_rng(seed)
    out: list[Any] = []
    for _ in range(n):
        hard = rng.random() < 0.4
        whose = str(rng.choice(OWNERS))
        to_eve = rng.random() < (0.7 if hard or (owner and whose == "ann") else 0.1)
        looker = "eve" if to_eve else str(rng.choice(LOOKERS[1:]))
        chance = (
            0.7 - (0.35 if hard else 0.0) + (better if looker == "eve" else 0.0) + (owner if whose == "ann" else 0.0)
        )
        out.append(
            trace_type(
                ["read letter", "write draft", STEP, "send answer"],
                outcome=1 if rng.random() < min(chance, 0.98) else 2,
                conditions=("kind=hard",) if hard else (),
                workers=(whose, looker),
                doers={STEP: looker},
            )
        )
    return out


def named(found: list[Practice]) -> list[Practice]:
    return [p for p in found if p.kind == "quality" and p.people]


def test_who_did_which_step_is_read_back(sums_of: Make, trace_type: Callable[..., Any]) -> None:
    steps = [f"step {i}" for i in range(19)]
    made = trace_type(steps, outcome=1, workers=("ann", "eve", "bob"), doers={"step 3": "bob", "step 9": "eve"})
    alone = trace_type(["step 3"], outcome=1, workers=("bob",))
    (block,) = by_task(sums_of([made, alone]).profiles, MiningSettings())
    workers = block.workers.tolist()
    texts = sums_of([made]).texts
    row = int(np.flatnonzero((block.first >= 0).sum(axis=1) == 19)[0])
    who = {texts[int(a)]: workers[d] for a, d in zip(block.activities, block.doer[row].tolist(), strict=True)}
    assert who == {s: worker_symbol({"step 3": "bob", "step 9": "eve"}.get(s, "ann")) for s in steps}
    third = [texts[int(a)] for a in block.activities].index("step 3")
    assert workers[int(block.doer[1 - row, third])] == worker_symbol("bob")


def test_who_does_a_step_well_is_told_though_hard_cases_go_there(sums_of: Make, trace_type: Callable[..., Any]) -> None:
    traces = looked_over(trace_type, better=0.25)
    eve, others = ([t.outcome == 1 for t in traces if (t.doers[STEP] == "eve") == her] for her in (True, False))
    assert np.mean(eve) - np.mean(others) < 0.2  # at first sight it is less
    (found,) = named(mine(sums_of(traces)))
    assert found.people == ("eve",)
    assert found.do == (STEP,)
    assert found.when.activity == STEP
    assert found.effect.low < 0.25 < found.effect.high
    assert found.effect.low > 0.08
    assert "let eve do “look over”" in found.title
    assert "alike in" in found.title


def test_getting_easy_or_hard_cases_is_no_skill(sums_of: Make, trace_type: Callable[..., Any]) -> None:
    assert not named(mine(sums_of(looked_over(trace_type, better=0.0))))


def test_whose_case_it_is_is_not_laid_to_who_looks_over_it(sums_of: Make, trace_type: Callable[..., Any]) -> None:
    assert not named(mine(sums_of(looked_over(trace_type, better=0.0, owner=0.3))))


def test_nobody_is_said_to_do_it_badly(sums_of: Make, trace_type: Callable[..., Any]) -> None:
    for found in named(mine(sums_of(looked_over(trace_type, better=-0.35)))):
        assert "eve" not in found.people
        assert found.effect.difference > 0


def test_the_sums_of_events_say_who_did_it(table: Callable[..., Any], monday: int) -> None:
    rows = [
        {"worker": who, "action": what, "case": "claim:1", "time": monday + i}
        for i, (who, what) in enumerate([("ann", "a"), ("bob", "b"), ("ann", "c"), ("ann", "b")])
    ]
    counted = summarise_table(table(rows), Settings())
    (block,) = by_task(counted.profiles, MiningSettings())
    names = [counted.texts[int(block.workers[d])].removeprefix("worker:") for d in block.doer[0].tolist()]
    steps = [counted.texts[int(a)] for a in block.activities]
    assert dict(zip(steps, names, strict=True)) == {"a": "ann", "b": "bob", "c": "ann"}
    assert counted.texts[int(block.workers[block.main[0]])] == "ann"
