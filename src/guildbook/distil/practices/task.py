"""Quality and workflow practices of one task, and what people practices of the task rest on: a pure function.

It looks at one block of traces and at little else, so tasks can be mined in any order, and in another process.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from guildbook.columns.compiled import prepare
from guildbook.distil.alike import routine_title
from guildbook.distil.practices.chunks import shortened
from guildbook.distil.practices.climb import climb
from guildbook.distil.practices.contrast import Search, Target
from guildbook.distil.practices.doers import Cases, mine_doers
from guildbook.distil.practices.experience import Experience
from guildbook.distil.practices.exposures import anchors, exposures, scopes
from guildbook.distil.practices.forming import practices, worded
from guildbook.distil.practices.outcome import FEWEST, apart, mine_mistakes
from guildbook.distil.practices.plausible import advisable, loops
from guildbook.distil.practices.pool import Pool
from guildbook.distil.practices.quality import quality_target
from guildbook.distil.practices.resting import rest
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.surprise import unsurprising
from guildbook.distil.practices.times import with_times
from guildbook.distil.practices.traces import Flags, TaskTraces
from guildbook.distil.practices.whole import gathered
from guildbook.distil.practices.wording import Names
from guildbook.distil.practices.workflow import workflow_targets
from guildbook.distil.special import ndtr, stdtr
from guildbook.distil.tables import CountTable
from guildbook.model.knowledge import Kind, Practice


@dataclass(frozen=True)
class Shared:
    """What is the same for every task."""

    settings: MiningSettings
    explained: frozenset[int]
    """Steps that another kind tells of."""
    told: frozenset[int]
    """Those of them that it tells of for the sake of outcomes too."""


@dataclass(frozen=True)
class Task:
    """One task as it is to be mined."""

    block: TaskTraces
    leads: CountTable
    """As in the sums; rows of other tasks may be left out."""
    performers: CountTable
    """task, activity, worker: events."""
    experience: Experience
    texts: dict[int, str]
    """Of all symbols in the block."""
    title: str
    unknown: frozenset[str]
    """Steps that may not be built upon, by label."""
    shared: Shared

    @property
    def settings(self) -> MiningSettings:
        """What is asked of a finding."""
        return self.shared.settings

    @property
    def size(self) -> int:
        """How long it takes, roughly, against other tasks: as traces, steps and conditions go."""
        return self.block.first.size * (1 + len(self.block.conditions))


@dataclass
class Mined:
    """What was found in one task."""

    people: list[Practice]
    """The people practices that were given, those of this task with what they rest on."""
    pool: Pool = field(default_factory=Pool)
    texts: dict[int, str] = field(default_factory=dict[int, str])
    """Of conditions of time, by symbol."""


def ready() -> None:
    """Load the kernels that mining calls, so that the first task need not wait for them; fit for a thread."""
    prepare()
    one = np.ones(1)
    ndtr(one)
    stdtr(one, one)
    CountTable.from_rows(np.zeros((1, 2), np.uint64))


def mine_task(task: Task, people: list[Practice]) -> Mined:
    """Mine one task. `people`: practices of the people kind, of any task."""
    names = Names(task.texts)
    block, verdicts = apart(task.block, names)
    block, times = with_times(block, task.leads)
    names = Names(task.texts | times)
    found = Mined(people, texts=times)
    block = _held_against(task, block, verdicts, names, found)
    _mine_steps(task, block, names, found)
    return found


def _held_against(task: Task, block: TaskTraces, verdicts: dict[str, Flags], names: Names, into: Mined) -> TaskTraces:
    """What verdicts on the cases tell of, and the traces with it.

    What is told of here stays among the covariates (but opens no scopes), so that no step is told for its sake.
    """
    target = quality_target(block, replace(task.settings, min_side=FEWEST)) if verdicts else None
    if target is None:
        return block
    found, tests, held = mine_mistakes(block, target, verdicts, names, task.title, task.settings)
    into.pool.add(Kind.QUALITY, found, tests)
    return replace(block, holds=np.column_stack([block.holds, held]))


def _mine_steps(task: Task, whole: TaskTraces, names: Names, into: Mined) -> None:
    """Quality and workflow practices, found together since either may rest on the other."""
    settings, explained = task.settings, task.shared.explained
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
        return
    anchored = anchors(block)
    listed = exposures(block, anchored, settings.min_side)
    hidden = {names.label(int(s)): i for i, s in enumerate(block.activities)}
    unknown = frozenset(hidden[label] for label in task.unknown if label in hidden)
    search = Search(block, targets, settings, listed, scopes(block, anchored), unknown=unknown)
    search.endings = quality.barred_steps if quality else frozenset()
    if quality:
        search.targets[0] = replace(quality, barred_steps=quality.barred_steps | _among(block, task.shared.told))
    climb(search, lambda finding: advisable(search, finding), lambda below: unsurprising(block, task.experience, below))
    known = practices(search, task.title, names)
    _tell(search, known, names, into.pool)
    if quality is not None and (target := quality_target(whole, settings)) is not None:
        _tell_doers(task, Cases(whole, target, _followed(search, quality), task.performers), names, into.pool)
    into.people = [rest(p, search, known) if p.when.task == task.title else p for p in into.people]


def _tell(search: Search, known: dict[int, Practice], names: Names, into: Pool) -> None:
    """Put what the search accepted into the pool, with all it was found among. `known`: by place in `accepted`."""
    into.practices += [worded(p, search, search.accepted[place], names) for place, p in known.items()]
    into.sided |= {p.id for p in known.values()}
    twice = [p.id for place, p in known.items() if len(search.accepted[place].scope.conditions) > 1]
    into.chances |= dict.fromkeys(twice, len(search.traces.conditions))
    into.nested |= {p.id for place, p in known.items() if search.accepted[place].scope.after}
    into.later |= {p.id for place, p in known.items() if search.accepted[place].exposure.step in search.later}
    for family, tests in search.tests.items():
        into.tests.setdefault(family, []).extend(tests)


def _followed(search: Search, quality: Target) -> list[Flags]:
    """Where each quality practice was followed."""
    return [finding.followed for finding in search.held(quality)]


def _tell_doers(task: Task, cases: Cases, names: Names, into: Pool) -> None:
    found, tests = mine_doers(cases, names, task.title, task.settings)
    into.add(Kind.QUALITY, found, tests)
    into.sided |= {p.id for p in found}


def _among(block: TaskTraces, steps: frozenset[int]) -> frozenset[int]:
    """The columns of some steps."""
    return frozenset(np.flatnonzero(np.isin(block.activities, np.array(sorted(steps), np.uint64))).tolist())
