"""All four kinds of practices from one set of sums: a deterministic function of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from threadpoolctl import threadpool_limits

from guildbook.distil.alike import routine_title
from guildbook.distil.practices.approving import mine_approvals
from guildbook.distil.practices.chunks import shortened
from guildbook.distil.practices.climb import climb
from guildbook.distil.practices.contrast import Family, Search
from guildbook.distil.practices.contributors import contributors
from guildbook.distil.practices.doers import Cases, mine_doers
from guildbook.distil.practices.experience import experience
from guildbook.distil.practices.experts import known_to, mine_experts
from guildbook.distil.practices.exposures import anchors, exposures, scopes
from guildbook.distil.practices.forming import practices, worded
from guildbook.distil.practices.handing import mine_handovers
from guildbook.distil.practices.matching import Pattern
from guildbook.distil.practices.opposed import opposed
from guildbook.distil.practices.outcome import FEWEST, apart, mine_mistakes
from guildbook.distil.practices.people import mine_people
from guildbook.distil.practices.plausible import advisable, loops, timed
from guildbook.distil.practices.prerequisites import layered
from guildbook.distil.practices.quality import quality_target
from guildbook.distil.practices.resting import rest
from guildbook.distil.practices.runs import run_numbers, run_starts
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Floats, adjusted
from guildbook.distil.practices.surprise import unsurprising
from guildbook.distil.practices.telling import mine_told
from guildbook.distil.practices.times import with_times
from guildbook.distil.practices.tool import mine_tool
from guildbook.distil.practices.traces import Flags, TaskTraces, by_task
from guildbook.distil.practices.whole import gathered
from guildbook.distil.practices.wording import Names
from guildbook.distil.practices.workflow import mine_batches, workflow_targets
from guildbook.distil.sums import Sums
from guildbook.model.knowledge import Kind, Practice

LATER = 2
"""Factor on the p of what was looked at later: two families must not let twice as much pass where nothing is."""


@dataclass
class _Pool:
    """What was found, with the p-values it was found among."""

    practices: list[Practice] = field(default_factory=list[Practice])
    tests: dict[Family, list[Floats]] = field(default_factory=dict[Family, "list[Floats]"])
    nested: set[str] = field(default_factory=set[str])
    """Ids of the practices that were looked for where another was followed."""
    later: set[str] = field(default_factory=set[str])
    """Ids of those whose step was looked at after the others."""
    sided: set[str] = field(default_factory=set[str])
    """Ids of those whose own p is of both sides, though they stand among tests of one."""
    chances: dict[str, int] = field(default_factory=dict[str, int])
    """By id, among how many conditions one was chosen beyond what was screened."""

    def add(self, kind: Kind, practices: list[Practice], tests: Floats) -> None:
        self.practices += practices
        self.tests.setdefault((kind, False, False), []).append(tests)


def mine(
    sums: Sums,
    settings: MiningSettings | None = None,
    *,
    titles: Mapping[int, str] | None = None,
    without: frozenset[str] = frozenset(),
) -> list[Practice]:
    """Practices of all kinds, evidence left empty, in order of layer, kind and strength.

    `titles`: task symbol → its title in `When.task`; the task's own text where absent. `without`: ids of
    practices that may not be known: they are not told and nothing is built upon their steps, so whatever rested
    on them cannot be found as resting on anything.
    """
    # One thread: sums in the same order on every machine give the same digits, and many small products of
    # matrices are several times quicker so.
    with threadpool_limits(limits=1, user_api="blas"):
        return _mine(sums, settings or MiningSettings(), titles, without)


def _mine(
    sums: Sums, settings: MiningSettings, titles: Mapping[int, str] | None, without: frozenset[str]
) -> list[Practice]:
    unknown: frozenset[tuple[str, str]] = frozenset()
    if without:
        whole = _mine(sums, settings, titles, frozenset())
        unknown = frozenset((p.when.task, label) for p in whole if p.id in without for label in p.do)
    texts = dict(sums.texts)
    names = Names(texts)
    blocks = by_task(sums.profiles, settings)
    codes = {
        code
        for table in (sums.ways, sums.asks, sums.handovers, sums.batches)
        for code in table.keys[run_starts(run_numbers(table.keys, 1)), 0].tolist()
    }
    title = {code: names.label(code) for code in codes | {block.task for block in blocks}}
    title |= {code: text for code, text in (titles or {}).items() if text}
    pool = _Pool()
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
    for whole in blocks:
        block, verdicts = apart(whole, names)
        block, times = with_times(block, sums.leads)
        texts |= times
        block = _held_against(block, verdicts, names, title[whole.task], settings, pool)
        people = _mine_steps(
            sums, block, names, title[block.task], settings, explained, experts.told, unknown, pool, people
        )
    pool.practices += known_to(people, sums, blocks, title)
    told = opposed(layered([p for p in _sifted(pool, settings) if p.id not in without]))
    shown = contributors(sums, [Pattern.of(p, title) for p in told], names)
    return [replace(p, contributors=who) for p, who in zip(told, shown, strict=True)]


def _held_against(
    block: TaskTraces, verdicts: dict[str, Flags], names: Names, title: str, settings: MiningSettings, pool: _Pool
) -> TaskTraces:
    """What verdicts on the cases tell of, and the traces with it.

    What is told of here stays among the covariates (but opens no scopes), so that no step is told for its sake.
    """
    target = quality_target(block, replace(settings, min_side=FEWEST)) if verdicts else None
    if target is None:
        return block
    found, tests, held = mine_mistakes(block, target, verdicts, names, title, settings)
    pool.add(Kind.QUALITY, found, tests)
    return replace(block, holds=np.column_stack([block.holds, held]))


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


def _mine_steps(
    sums: Sums,
    whole: TaskTraces,
    names: Names,
    title: str,
    settings: MiningSettings,
    explained: frozenset[int],
    told: frozenset[int],
    unknown: frozenset[tuple[str, str]],
    pool: _Pool,
    people: list[Practice],
) -> list[Practice]:
    """Quality and workflow practices of one task, found together since either may rest on the other.

    `explained`: steps that another kind tells of; `told`: those of them that it tells of for the sake of outcomes too.
    Returns the people practices, those of this task with what they rest on.
    """
    asked_or_tools = np.isin(whole.activities, np.array(sorted(explained), np.uint64))
    block = shortened(whole, frozenset(np.flatnonzero(asked_or_tools).tolist()))
    taken = _among(block, explained)
    if routine_title(names.label(block.task)) is not None:
        block = gathered(block, taken, settings.min_side)
        taken = _among(block, explained)
    targets = workflow_targets(block, settings, taken, loops(block))
    quality = quality_target(block, settings)
    targets = ([quality] if quality else []) + targets
    if block.weights.sum() < 2 * settings.min_side or not targets:
        return people
    anchored = anchors(block)
    listed = exposures(block, anchored, settings.min_side)
    hidden = {names.label(int(s)): i for i, s in enumerate(block.activities)}
    hidden = frozenset(hidden[label] for task, label in unknown if task == title and label in hidden)
    search = Search(block, targets, settings, listed, scopes(block, anchored), unknown=hidden)
    search.endings = quality.barred_steps if quality else frozenset()
    if quality:
        search.targets[0] = replace(quality, barred_steps=quality.barred_steps | _among(block, told))

    people_here = experience(sums, block)
    climb(search, lambda finding: advisable(search, finding), lambda below: unsurprising(block, people_here, below))
    known = practices(search, title, names)
    pool.practices += [worded(p, search, search.accepted[place], names) for place, p in known.items()]
    pool.sided |= {p.id for p in known.values()}
    twice = [p.id for place, p in known.items() if len(search.accepted[place].scope.conditions) > 1]
    pool.chances |= dict.fromkeys(twice, len(block.conditions))
    pool.nested |= {p.id for place, p in known.items() if search.accepted[place].scope.after}
    pool.later |= {p.id for place, p in known.items() if search.accepted[place].exposure.step in search.later}
    for family, tests in search.tests.items():
        pool.tests.setdefault(family, []).extend(tests)
    if quality is not None and (target := quality_target(whole, settings)) is not None:
        held = [finding.followed for finding in search.held(quality)]
        found, tests = mine_doers(Cases(whole, target, held, sums.performers), names, title, settings)
        pool.add(Kind.QUALITY, found, tests)
        pool.sided |= {p.id for p in found}
    return [rest(p, search, known) if p.when.task == title else p for p in people]


def _among(block: TaskTraces, steps: frozenset[int]) -> frozenset[int]:
    """The columns of some steps."""
    return frozenset(np.flatnonzero(np.isin(block.activities, np.array(sorted(steps), np.uint64))).tolist())


def _sifted(pool: _Pool, settings: MiningSettings) -> list[Practice]:
    """False-discovery control within each kind, then the strongest, and whatever these rest upon.

    Control goes down the layers (Yekutieli, *JASA* 103 (2008) 309–316): what was looked for where practices were
    followed is a family of its own, looked at once these have passed. What rests on one that has not must pass
    among all, and then is itself evidence of what it rests on.
    """
    among_all = {p.id: p for kind in Kind for p in _controlled(kind, pool)}
    within = [p for kind in Kind for p in _controlled(kind, pool, nested=True)]
    kept: dict[str, Practice] = {}
    for kind in Kind:
        sure = [p for p in among_all.values() if p.kind is kind and p.effect.p <= settings.fdr]
        waiting = sure[: settings.max_practices]
        while waiting:
            found = waiting.pop()
            if found.id not in kept:
                kept[found.id] = found
                waiting += [among_all[q] for q in found.prerequisites if q in among_all]
    more = [p for p in within if p.effect.p <= settings.fdr]
    for _ in more:  # each round may add what rests on those of the last
        kept |= {p.id: p for p in more if p.id not in kept and kept.keys() >= set(p.prerequisites)}
    return [kept[i] for i in among_all if i in kept]


def _controlled(kind: Kind, pool: _Pool, *, nested: bool = False) -> list[Practice]:
    """The practices of a kind with p adjusted for all comparisons of their family, surest first.

    `nested`: those alone that were looked for where others were followed, among these. What was looked at first and
    later is controlled apart (Efron, *Ann. Appl. Stat.* 2 (2008) 197–223). A practice's own p may differ from that of
    the screen that led to it, so it is added to the tests.
    """
    own = [p for p in pool.practices if p.kind is kind and (p.id in pool.nested or not nested)]
    one_sided = nested or kind is Kind.QUALITY  # of times, whose tails are long, both sides are asked
    factor = [pool.chances.get(p.id, 1) / (2 if one_sided and p.id in pool.sided else 1) for p in own]
    raw = np.minimum(np.array([p.effect.p for p in own]) * np.array(factor), 1.0)
    fixed, later = np.ones(len(own)), np.array([p.id in pool.later for p in own], dtype=bool)
    for then in (False, True):
        part = raw[later == then]
        among = adjusted(np.concatenate([part, *pool.tests.get((kind, nested, then), [])]))[: len(part)]
        fixed[later == then] = np.minimum(among * (LATER if then else 1), 1.0)
    order = np.lexsort((np.arange(len(own)), raw))
    return [replace(own[i], effect=replace(own[i].effect, p=float(fixed[i]))) for i in order]
