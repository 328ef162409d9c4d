"""What miners found, and the control of false findings over all of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from guildbook.distil.practices.contrast import Family
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Floats, adjusted
from guildbook.model.knowledge import Kind, Practice

LATER: Final = 2
"""Factor on the p of what was looked at later: two families must not let twice as much pass where nothing is."""


@dataclass
class Pool:
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
        """Take in what one miner found, and the p-values it was found among."""
        self.practices += practices
        self.tests.setdefault((kind, False, False), []).append(tests)

    def take(self, other: Pool) -> None:
        """Take in all that another pool holds, after what is here."""
        self.practices += other.practices
        for family, tests in other.tests.items():
            self.tests.setdefault(family, []).extend(tests)
        self.nested |= other.nested
        self.later |= other.later
        self.sided |= other.sided
        self.chances |= other.chances


def sifted(pool: Pool, settings: MiningSettings) -> list[Practice]:
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


def _controlled(kind: Kind, pool: Pool, *, nested: bool = False) -> list[Practice]:
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
