"""The sample office as a stream of event columns, one branch after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from guildbook.model import UsageError
from guildbook.model.time import DAY
from guildbook.plugins import Chunk
from guildbook.record.office.cases import Cases, draw_cases
from guildbook.record.office.clock import schedule
from guildbook.record.office.idle import MEAN_EVENTS, play_idle
from guildbook.record.office.names import draw_names
from guildbook.record.office.options import USUAL, Options, disturb
from guildbook.record.office.plan import BATCHED, Plan, draw_plan
from guildbook.record.office.play import PAUSE, Play
from guildbook.record.office.scripts import SCRIPTS, SHARES
from guildbook.record.office.sheet import join
from guildbook.record.office.staff import Staff, hire
from guildbook.record.office.steps import TASKS
from guildbook.record.office.table import Rows, midnight, tabulate

START: Final = midnight(2026, 1, 7)
"""The first day, a Wednesday."""
LEAST_PEOPLE: Final = 12
EVENTS_A_PERSON_WEEK: Final = 5_000 / 6
"""What a person leaves behind in a full week."""
_BUSIEST: Final = 1.15
"""Times that, nobody can do more in their working hours."""
_BRANCH: Final = 30
"""People of a branch at most, beyond which there is another branch."""
_CHUNK: Final = 65_536
_CASELESS: Final = 0.12
"""Share of the events that belong to no case."""
_EVENTS_A_CASE: Final = 23.1
"""Measured: events of a case on average, less what lies beyond the last day."""


def head_count(events: int, people: int | None, weeks: int) -> int:
    """How many people the office has. Raises `UsageError` when that many could not leave so many events."""
    if events < 1 or weeks < 1:
        raise UsageError(f"An office of {events} events over {weeks} weeks cannot be.", "Give at least one of each.")
    full = events / (EVENTS_A_PERSON_WEEK * weeks)
    count = people if people is not None else max(LEAST_PEOPLE, round(full))
    if count < LEAST_PEOPLE:
        raise UsageError(f"The sample office needs at least {LEAST_PEOPLE} people, not {count}.", "Give more people.")
    if count * _BUSIEST < full:
        raise UsageError(
            f"{count} people cannot leave {events} events in {weeks} weeks.",
            f"Give at least {int(full / _BUSIEST) + 1} people, more weeks or fewer events.",
        )
    return count


def branches(plan: Plan, people: int) -> list[Staff]:
    """The people of every branch; names are unique in the office."""
    count = -(-people // _BRANCH)
    sizes = [people // count + (i < people % count) for i in range(count)]
    names = draw_names(np.random.default_rng([plan.seed, 2]), people)
    ends = np.cumsum(sizes).tolist()
    return [hire(plan, i, names[e - s : e]) for i, (s, e) in enumerate(zip(sizes, ends, strict=True))]


def generate(
    *,
    seed: int,
    events: int = 20_000,
    people: int | None = None,
    weeks: int = 6,
    days: range | None = None,
    options: Options = USUAL,
) -> Iterator[Chunk]:
    """About `events` events of the office of that seed, as chunks of `RAW_SCHEMA`, branch by branch in time order.

    The same arguments give the same events. `days` (0 is the first day) leaves out the events of other days and changes
    nothing else, so the days of any partition make up the whole. Raises `UsageError` for sizes that cannot be.
    """
    events = options.whole(events)
    count = head_count(events, people, weeks)
    return _chunks(seed, events, count, weeks, days, options)


def _chunks(seed: int, events: int, people: int, weeks: int, days: range | None, options: Options) -> Iterator[Chunk]:
    plan = draw_plan(
        seed, planted=options.planted, more=options.more, experts=options.experts, circumstances=options.circumstances
    )
    office = branches(plan, people)
    number = 10_001
    for i, staff in enumerate(office):
        share = events * len(staff.names) / people
        cases = round(share * (1 - _CASELESS) / _EVENTS_A_CASE)
        table = _branch(plan, staff, i, cases, number, round(share * _CASELESS / MEAN_EVENTS), weeks * 7, options.noise)
        number += cases + len(TASKS)
        table = _only(table, days)
        for at in range(0, table.num_rows, _CHUNK):
            part = table.slice(at, _CHUNK)
            yield Chunk(part, progress=(i + (at + part.num_rows) / table.num_rows) / len(office))


def _only(table: pa.Table, days: range | None) -> pa.Table:
    if days is None:
        return table
    day = (table["time"].cast(pa.int64()).to_numpy() - START) // DAY
    return table.filter(pa.array(np.isin(day, np.array(days, np.int64))))


def _branch(
    plan: Plan, staff: Staff, branch: int, cases: int, number: int, idle: int, days: int, noise: float
) -> pa.Table:
    played: list[Cases] = []
    parts, arrivals = [], []
    for k, task in enumerate(TASKS):
        rng = np.random.default_rng([plan.seed, branch, 3, k])
        count = max(1, round(cases * SHARES[task]))
        drawn = draw_cases(plan, staff, task, count, number, days, rng)
        play = Play(plan, staff, drawn, rng)
        SCRIPTS[task](play)
        number += count
        played.append(drawn)
        parts.append(play.sheet.lines())
        arrivals.append(drawn.arrival)
    rng = np.random.default_rng([plan.seed, branch, 4])
    lines, begins = play_idle(staff, idle, days, rng)
    arrivals.append(begins)
    firsts = np.concatenate([[0], np.cumsum([len(a) for a in arrivals])[:-1]]).tolist()
    whole = join([*parts, lines], firsts)
    pause = PAUSE * np.exp(rng.normal(0, 0.3, len(whole.row)))
    factor = np.array([np.exp(r.effect) if (r := plan.rule(name)) else 1.0 for name in BATCHED])
    drawn_agent = rng.random(len(whole.row))
    time, length = schedule(whole, np.concatenate(arrivals), staff, pause, factor, days * DAY)
    if noise:
        more = np.random.default_rng([plan.seed, branch, 5])
        whole, time, length = disturb(whole, time, length, noise, more)
        drawn_agent = np.concatenate([drawn_agent, more.random(len(time) - len(drawn_agent))])
        time[time >= days * DAY] = -1
    agent = drawn_agent < staff.agent[whole.who]
    return tabulate(whole, time, length, agent, Rows(played, idle), staff, START, branch)
