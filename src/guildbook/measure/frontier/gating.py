"""Which acts a person must approve, so that S of the system is within a bound; the weights stay what they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from guildbook.measure.frontier.cover import cover
from guildbook.measure.frontier.kinds import Kinds
from guildbook.measure.frontier.looking import Looker, Made
from guildbook.measure.frontier.parts import Parts
from guildbook.measure.frontier.plain import Level
from guildbook.measure.frontier.withhold import Judge, allowed


def gate(parts: Parts, looker: Looker, bounds: Sequence[float]) -> Iterator[Level]:
    """For each bound the acts whose approval takes fewest looks of a person an episode.

    A gate changes nothing in the model, so a run is broken just when it passes through one: the programme is exact.
    """
    kinds = Kinds(parts.train, "act", looker.policy.opening)
    judge = Judge(parts, looker, kinds, parts.public, "system")
    table = judge.table(())
    work = looker.trial.work
    rows = kinds.rows(work)
    each = np.bincount(rows[rows >= 0], minlength=len(kinds)) / max(len(work), 1)
    groups = judge.paths(frozenset())
    for bound in bounds:
        found = cover(each, groups, allowed(bound, groups[0].of))
        chosen = range(len(kinds)) if found is None else found.kinds
        acts = frozenset(int(kinds.acts[kind]) for kind in chosen)
        told = {
            "gated": sorted(work.acts[act] for act in acts),
            "approvals": float(each[list(chosen)].sum()),
            "approvals_at_least": None if found is None else found.bound,
            "gap": None if found is None else found.gap,
            "held": found is not None,
        }
        yield Level(bound, ((1.0, Made(table, gated=acts)),), told)
