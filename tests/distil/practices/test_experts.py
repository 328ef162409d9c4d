"""What the experienced do and the new do not: features of tools, requests that help the new, who asks whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from guildbook.distil.practices import mine
from guildbook.distil.practices.experience import experience
from guildbook.distil.practices.features import roaming
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.traces import by_task
from guildbook.distil.sums import Sums, worker_symbol
from guildbook.distil.tables import CountTable
from guildbook.model.ids import symbol
from guildbook.model.knowledge import Kind, Practice

Make = Callable[..., Sums]
OLD, NEW = ("ann", "bob", "cyd", "dan"), ("eva", "fay", "gus", "hal")
FIXED = [f"claims: step {i}" for i in range(8)]
FEATURE, ASK = "claims: press Split view", "chat: ask Second opinion"


def tenures(weeks: dict[str, range]) -> CountTable:
    rows = [[symbol("claim"), worker_symbol(name), week] for name, span in weeks.items() for week in span]
    return CountTable.from_rows(np.array(rows, np.uint64), np.full(len(rows), 20, np.int64))


def late(sums: Sums, new: range = range(9, 13)) -> Sums:
    """As if some had come to the task later than the others."""
    return replace(sums, tenures=tenures(dict.fromkeys(OLD, range(13)) | dict.fromkeys(NEW, new)))


def claims(
    trace_type: Any,
    seed: int,
    *,
    use: tuple[float, float],
    saves: float = 0.0,
    hard_use: float = 0.0,
    helps: float = 0.0,
) -> list[Any]:
    """Claims of eight people. `use`: how often the old and the new use the feature, whatever the case;
    `hard_use`: how much more often in a hard one, of which the old get more. `helps`: what asking brings the new.
    """
    rng = np.random.default_rng(seed)
    made: list[Any] = []
    for _ in range(1_600):
        old = bool(rng.random() < 0.5)
        person = str(rng.choice(OLD if old else NEW))
        hard = bool(rng.random() < (0.7 if old else 0.2))
        used = bool(rng.random() < use[0 if old else 1] + hard_use * hard)
        asked = bool(rng.random() < 0.5)
        steps = list(FIXED)
        if used:
            steps.insert(int(rng.integers(1, 8)), FEATURE)
        if asked:
            steps.insert(4, ASK)
        good = 0.4 + 0.1 * old - 0.1 * hard + helps * (asked and not old)
        active = 600 * np.exp(rng.normal(0, 0.3) + saves * used + 0.4 * hard)
        made.append(
            trace_type(
                steps,
                outcome=1 if rng.random() < good else 2,
                active=float(active),
                conditions=("kind=hard",) if hard else ("kind=easy",),
                workers=(person,),
            )
        )
    return made


@pytest.fixture
def mined(sums_of: Make, trace_type: Any) -> Callable[..., list[Practice]]:
    def made(seed: int, **options: Any) -> list[Practice]:
        return mine(late(sums_of(claims(trace_type, seed, **options))))

    return made


def test_people_are_new_to_what_they_have_done_for_less_time(sums_of: Make, trace_type: Any) -> None:
    sums = late(sums_of(claims(trace_type, 1, use=(0.5, 0.5))))
    (block,) = by_task(sums.profiles, MiningSettings())
    names = [sums.text(int(code)).removeprefix("worker:") for code in block.workers]
    people = experience(sums, block)
    assert people.told_apart
    assert {name for name, new in zip(names, people.new, strict=True) if new} == set(NEW)
    assert {name for name, old in zip(names, people.experienced, strict=True) if old} == set(OLD)
    everybody = experience(late(sums, range(13)), block)
    assert not everybody.new.any()
    assert not everybody.told_apart
    assert not experience(replace(sums, tenures=Sums().tenures), block).told_apart


def test_only_what_turns_up_anywhere_is_a_feature(sums_of: Make, trace_type: Any) -> None:
    sums = late(sums_of(claims(trace_type, 1, use=(0.6, 0.3))))
    (block,) = by_task(sums.profiles, MiningSettings())
    assert [sums.text(int(block.activities[column])) for column in roaming(block, 20)] == [FEATURE]


def test_a_feature_of_the_experienced_that_saves_time_is_told(mined: Callable[..., list[Practice]]) -> None:
    (found,) = [p for p in mined(1, use=(0.75, 0.25), saves=-0.4) if p.kind is Kind.TOOL]
    assert (found.do, found.instead_of, found.when.activity) == ((FEATURE,), (), "")
    assert found.effect.metric == "duration"
    assert found.effect.low < -0.4 < found.effect.high
    assert "use “press Split view in claims”, as experienced people do in 7" in found.title
    assert not any(FEATURE in p.do for p in mined(1, use=(0.75, 0.25), saves=-0.4) if p.kind is not Kind.TOOL)


@pytest.mark.parametrize(
    "options",
    [
        {"use": (0.75, 0.25)},  # it saves nothing
        {"use": (0.5, 0.5), "saves": -0.4},  # all use it
        {"use": (0.2, 0.2), "hard_use": 0.6, "saves": -0.4},  # the old have the cases in which it is used
    ],
)
def test_what_saves_nothing_or_is_not_theirs_is_no_feature(
    mined: Callable[..., list[Practice]], options: dict[str, Any]
) -> None:
    assert not any(p.kind is Kind.TOOL for p in mined(2, **options))


def asked(sums: Sums, old: tuple[int, int], new: tuple[int, int]) -> Sums:
    """As if the old and the new had asked ann and bob so often; ann answers after minutes, bob after hours."""
    rows: list[list[int]] = []
    counts: list[int] = []
    for askers, often in ((OLD, old), (NEW, new)):
        for name in askers:
            for person, times, waited in zip(("ann", "bob"), often, (90, 130), strict=True):
                rows.append([symbol("claim"), symbol(ASK), worker_symbol(name), worker_symbol(person), waited])
                counts.append(times)
    askers_table = CountTable.from_rows(np.array(rows, np.uint64), np.array(counts, np.int64))
    keys = askers_table.by(0, 1, 3, 4)
    order = np.column_stack([keys.keys[:, 0], np.zeros(len(keys), np.uint64), keys.keys[:, 1:]])
    asks = CountTable.from_rows(np.column_stack([order, np.zeros(len(keys), np.uint64)]), keys.counts)
    return replace(sums, askers=askers_table, asks=asks)


def test_what_helps_the_new_alone_is_told_to_them(sums_of: Make, trace_type: Any) -> None:
    sums = asked(late(sums_of(claims(trace_type, 3, use=(0.5, 0.5), helps=0.3))), (20, 20), (20, 20))
    found = [p for p in mine(sums) if ASK in p.do and not p.people]
    assert [p.kind for p in found] == [Kind.PEOPLE]
    assert found[0].effect.low < 0.3 < found[0].effect.high
    assert "are new to it, do “ask Second opinion in chat”" in found[0].title
    assert not any(
        ASK in p.do and not p.people
        for p in mine(asked(late(sums_of(claims(trace_type, 3, use=(0.5, 0.5)))), (20, 20), (20, 20)))
    )


def test_whom_to_turn_to_says_who_does_not_yet(sums_of: Make, trace_type: Any) -> None:
    sums = late(sums_of(claims(trace_type, 4, use=(0.5, 0.5))))
    (found,) = [p for p in mine(asked(sums, (40, 10), (10, 40))) if p.people]
    assert found.people == ("ann",)
    assert found.title.endswith("80 % of what experienced people ask goes there, and 20 % of what those new to it ask.")
    (alike,) = [p for p in mine(asked(sums, (25, 25), (25, 25))) if p.people]
    assert "new to it" not in alike.title
