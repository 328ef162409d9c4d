"""Offices in which it matters when a case comes and who looks at it, seen from the events alone."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pytest

from guildbook.model import Kind
from guildbook.model.time import DAY, HOUR
from guildbook.record.office import Options, Truth, generate, truth
from guildbook.record.office.plan import LATE_FROM, draw_plan
from guildbook.record.office.steps import HURRIED, NOTICE, TASKS

EVENTS = 240_000
WEEK = 7 * DAY
MONDAY = 4 * DAY
"""From 1970-01-01, a Thursday, to the next Monday."""


@pytest.fixture(scope="module")
def told() -> tuple[Truth, pa.Table]:
    options = Options(circumstances=True)
    made = generate(seed=7, events=EVENTS, options=options)
    return truth(7, events=EVENTS, options=options), pa.concat_tables([chunk.events for chunk in made])


Case = tuple[int, dict[tuple[str, str], str], bool | None]
"""First event's time, who did which step, and how it ended."""


@pytest.fixture(scope="module")
def cases(told: tuple[Truth, pa.Table]) -> dict[str, dict[str, Case]]:
    found: dict[str, dict[str, Case]] = defaultdict(dict)
    columns = [told[1][name].to_pylist() for name in ("case", "action", "element_name", "worker", "outcome")]
    times = told[1]["time"].cast(pa.int64()).to_pylist()
    for case, action, element, worker, outcome, time in zip(*columns, times, strict=True):
        if case:
            begun, doers, ended = found[case.split(":")[0]].get(case, (time, {}, None))
            doers.setdefault((action, element), worker)
            found[case.split(":")[0]][case] = (min(begun, time), doers, outcome == "good" if outcome else ended)
    return found


def planted(told: tuple[Truth, pa.Table], slot: str) -> tuple[str, tuple[str, str], tuple[str, ...], float]:
    one = next(p for p in told[0].practices if p.id.endswith(slot))
    return one.task, (one.steps[0]["action"], one.steps[0]["element_name"]), one.people, one.effect


def rate(cases: list[Case]) -> float:
    ends = [ended for _, _, ended in cases if ended is not None]
    assert len(ends) > 100
    return float(np.mean(ends))


def test_circumstances_leave_the_rest_as_it_is() -> None:
    usual, plan = draw_plan(5), draw_plan(5, circumstances=True)
    assert plan.rules[: len(usual.rules)] == usual.rules
    assert usual.slots.items() <= plan.slots.items()
    added = plan.rules[len(usual.rules) :]
    assert Counter(r.slot.split(".")[1] for r in added) == {"late": 1, "second": 1}
    assert {r.kind for r in added} == {Kind.QUALITY}
    assert len({*(r.task for r in added), *plan.rush}) == 3
    assert draw_plan(5, planted=False, circumstances=True).rules == ()


def test_every_case_begins_with_a_notice_when_it_comes(cases: dict[str, dict[str, Case]]) -> None:
    for task in TASKS:
        hours = {begun % DAY // HOUR for begun, _, _ in cases[task].values()}
        assert hours == set(range(7, 17))
        assert all((NOTICE.action, NOTICE.name) in doers for _, doers, _ in cases[task].values())


def test_the_late_step_helps_late_and_nowhere_else(
    told: tuple[Truth, pa.Table], cases: dict[str, dict[str, Case]]
) -> None:
    task, step, _, effect = planted(told, ".late")
    gaps: list[float] = []
    for late in (True, False):
        own = [c for c in cases[task].values() if (c[0] % DAY >= LATE_FROM * HOUR) == late]
        gaps.append(rate([c for c in own if step in c[1]]) - rate([c for c in own if step not in c[1]]))
    assert gaps[0] > 0.6 * effect
    assert abs(gaps[1]) < 0.12


def test_somebodys_second_look_is_worth_more(told: tuple[Truth, pa.Table], cases: dict[str, dict[str, Case]]) -> None:
    task, step, people, _ = planted(told, ".second")
    own = list(cases[task].values())
    best = [c for c in own if c[1].get(step) in people]
    assert rate(best) - rate([c for c in own if c not in best]) > 0.08  # though the hard cases go there


def test_in_busy_weeks_cases_end_worse_and_something_is_left_out(
    told: tuple[Truth, pa.Table], cases: dict[str, dict[str, Case]]
) -> None:
    task, cost = next(iter(draw_plan(7, circumstances=True).rush.items()))
    by_week: dict[int, list[Case]] = defaultdict(list)
    for case in cases[task].values():
        by_week[(case[0] - MONDAY) // WEEK].append(case)
    whole = sorted((own for week, own in by_week.items() if week not in {min(by_week), max(by_week)}), key=len)
    quiet, busy = [c for own in whole[:2] for c in own], whole[-1]
    assert len(busy) > 1.6 * len(quiet) / 2
    assert rate(busy) < rate(quiet) + 0.6 * cost
    step = HURRIED[task].action, HURRIED[task].name
    shares = [float(np.mean([step in c[1] for c in some])) for some in (quiet, busy)]
    assert shares[0] > 0.65
    assert shares[1] < 0.3
