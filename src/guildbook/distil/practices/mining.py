"""All four kinds of practices from one set of sums: a deterministic function of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
from threadpoolctl import threadpool_limits

from guildbook.distil.companion import Companion
from guildbook.distil.practices.approving import mine_approvals
from guildbook.distil.practices.contributors import contributors
from guildbook.distil.practices.experience import experience
from guildbook.distil.practices.experts import known_to, mine_experts
from guildbook.distil.practices.handing import mine_handovers
from guildbook.distil.practices.matching import Pattern
from guildbook.distil.practices.opposed import opposed
from guildbook.distil.practices.people import mine_people
from guildbook.distil.practices.plausible import timed
from guildbook.distil.practices.pool import Pool, sifted
from guildbook.distil.practices.prerequisites import layered
from guildbook.distil.practices.runs import run_numbers, run_starts
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.task import Mined, Shared, Task, mine_task
from guildbook.distil.practices.telling import mine_told
from guildbook.distil.practices.tool import mine_tool
from guildbook.distil.practices.traces import TaskTraces, by_task
from guildbook.distil.practices.wording import Names
from guildbook.distil.practices.workflow import mine_batches
from guildbook.distil.sums import Sums
from guildbook.distil.tables import CountTable
from guildbook.model.knowledge import Kind, Practice


def mine(
    sums: Sums,
    settings: MiningSettings | None = None,
    *,
    titles: Mapping[int, str] | None = None,
    without: frozenset[str] = frozenset(),
    helper: Companion | None = None,
) -> list[Practice]:
    """Practices of all kinds, evidence left empty, in order of layer, kind and strength.

    `titles`: task symbol → its title in `When.task`; the task's own text where absent. `without`: ids of
    practices that may not be known: they are not told and nothing is built upon their steps, so whatever rested
    on them cannot be found as resting on anything. `helper`: a second process that takes a share of the tasks; the
    result is the same to the last digit.
    """
    # One thread: sums in the same order on every machine give the same digits, and many small products of
    # matrices are several times quicker so.
    with threadpool_limits(limits=1, user_api="blas"):
        return _mine(sums, settings or MiningSettings(), titles, without, helper)


def _mine(
    sums: Sums,
    settings: MiningSettings,
    titles: Mapping[int, str] | None,
    without: frozenset[str],
    helper: Companion | None,
) -> list[Practice]:
    unknown: frozenset[tuple[str, str]] = frozenset()
    if without:
        whole = _mine(sums, settings, titles, frozenset(), helper)
        unknown = frozenset((p.when.task, label) for p in whole if p.id in without for label in p.do)
    names = Names(sums.texts)
    blocks = by_task(sums.profiles, settings)
    codes = {
        code
        for table in (sums.ways, sums.asks, sums.handovers, sums.batches)
        for code in table.keys[run_starts(run_numbers(table.keys, 1)), 0].tolist()
    }
    title = {code: names.label(code) for code in codes | {block.task for block in blocks}}
    title |= {code: text for code, text in (titles or {}).items() if text}
    pool = Pool()
    found, tests, explained = mine_tool(sums.ways, blocks, names, title, settings)
    pool.add(Kind.TOOL, found, tests)
    people, tests = mine_people(sums, names, title, settings)
    pool.add(Kind.PEOPLE, [], tests)
    for found, tests in (
        mine_handovers(sums, names, title, settings),
        mine_approvals(sums, names, title, settings),
        mine_told(sums, blocks, names, title, settings),
    ):
        pool.add(Kind.PEOPLE, found, tests)
    experts = mine_experts(sums, blocks, names, title, settings)
    for kind, found, tests in experts.found:
        pool.add(kind, found, tests)
    explained |= experts.told
    explained |= {int(step) for step in np.unique(sums.asks.keys[:, 2])}  # whom one asks is what they are about
    found, tests = mine_batches(sums.batches, timed(sums), names, title, settings)
    pool.add(Kind.WORKFLOW, found, tests)
    shared = Shared(settings, explained, experts.told)
    done = _done(sums.performers)
    tasks = [_task(sums, done, block, title[block.task], unknown, shared) for block in blocks]
    people, times = _each(tasks, people, pool, helper)
    names = Names({**sums.texts, **times})
    pool.practices += known_to(people, sums, blocks, title)
    told = opposed(layered([p for p in sifted(pool, settings) if p.id not in without]))
    shown = contributors(sums, [Pattern.of(p, title) for p in told], names)
    return [replace(p, contributors=who) for p, who in zip(told, shown, strict=True)]


def _done(performers: CountTable) -> CountTable:
    """(task, activity, worker): events, from `Sums.performers`, whose rows stand in that order already."""
    starts = run_starts(run_numbers(performers.keys, 3))
    counts = np.add.reduceat(performers.counts, starts) if len(starts) else performers.counts
    return CountTable(performers.keys[starts, :3], counts)


def _task(
    sums: Sums, done: CountTable, block: TaskTraces, title: str, unknown: frozenset[tuple[str, str]], shared: Shared
) -> Task:
    """One task with all that is needed of the sums to mine it, and no more: it may go to another process."""
    symbols = np.concatenate([[np.uint64(block.task)], block.activities, block.conditions, block.workers])
    return Task(
        block,
        sums.leads.where(c0=block.task),
        done.where(c0=block.task),
        experience(sums, block),
        {code: sums.texts[code] for code in symbols.tolist() if code in sums.texts},
        title,
        frozenset(label for task, label in unknown if task == title),
        shared,
    )


def _each(
    tasks: Sequence[Task], people: list[Practice], pool: Pool, helper: Companion | None
) -> tuple[list[Practice], dict[int, str]]:
    """Mine all tasks, into the pool in their order: the people practices with what they rest on, and texts of times."""
    called: dict[str, list[int]] = {}
    for place, task in enumerate(tasks):
        called.setdefault(task.title, []).append(place)
    alike = sorted(called.items(), key=lambda item: -sum(tasks[place].size for place in item[1]))
    own = [[p for p in people if p.when.task == title] for title, _ in alike]
    jobs = [([tasks[place] for place in places], told) for (_, places), told in zip(alike, own, strict=True)]
    mined = [_mine_alike(job) for job in jobs] if helper is None else helper.share(_mine_alike, jobs)
    by_place = dict(zip((place for _, places in alike for place in places), chain(*mined), strict=True))
    times: dict[int, str] = {}
    for place in range(len(tasks)):
        pool.take(by_place[place].pool)
        times |= by_place[place].texts
    rested = {title: iter(found[-1].people) for (title, _), found in zip(alike, mined, strict=True)}
    return [next(rested[p.when.task]) if p.when.task in rested else p for p in people], times


def _mine_alike(job: tuple[list[Task], list[Practice]]) -> list[Mined]:
    """Mine tasks of one title in turn, since a people practice of that title may rest on what is found in any."""
    tasks, people = job
    found: list[Mined] = []
    for task in tasks:
        found.append(mine_task(task, people))
        people = found[-1].people
    return found


def limits(
    sums: Sums, settings: MiningSettings | None = None, *, titles: Mapping[int, str] | None = None
) -> tuple[str, ...]:
    """Where `mine` did not look at everything, one sentence each."""
    settings, names, known = settings or MiningSettings(), Names(sums.texts), titles or {}
    tasks, rows = np.unique(sums.profiles.head[:, 0], return_counts=True)
    return tuple(
        f"{settings.max_traces:,} of {n:,} kinds of joint trace of “{known.get(int(task)) or names.label(int(task))}” "
        "were looked at for quality and workflow practices."
        for task, n in zip(tasks, rows.tolist(), strict=True)
        if n > settings.max_traces
    )
