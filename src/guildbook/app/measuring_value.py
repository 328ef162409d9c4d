"""What a model of the admitted work adds to people, and how much it would do alone; in hours and in money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from guildbook.app.progress import Progress, silent
from guildbook.measure.attack import SIZES, Thirds, curve
from guildbook.measure.engine import Engine
from guildbook.measure.labour.sheets import rows
from guildbook.measure.labour.wages import paid, soc_of
from guildbook.measure.shares import digest_of
from guildbook.measure.value import GATES, Wage, assess, gate
from guildbook.measure.work import Split, Work
from guildbook.model.errors import InputError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from guildbook.app.measuring import Asked, Measuring

GROUPS = ("team", "role")


@dataclass(frozen=True, slots=True)
class Valued:
    """What `measure value` is to look at."""

    by: str = "team"
    """`team` or `role` as they were found in the traces, or a table of worker and group (and soc, for its wage)."""
    gate: str = "none"
    gate_acts: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    """Steps that the model is not trained on, as if they had never been recorded."""
    wage: float | None = None
    currency: str = ""
    occupation: str = ""
    tables: Path | None = None
    public: tuple[int, ...] = SIZES
    """Public cases of the re-training attack; empty: it is not tried."""


class Valuing:
    """Answers `guildbook measure value`."""

    def __init__(self, desk: Measuring) -> None:
        self._desk = desk

    def value(self, asked: Asked, wanted: Valued, progress: Progress = silent) -> dict[str, Any]:
        """A and S of the whole, by task and by group, and S after re-training on public cases; JSON-ready."""
        if wanted.gate not in GATES:
            raise UsageError(f"There is no gate called {wanted.gate!r}.", f"Gates: {', '.join(GATES)}.")
        wage = _wage(wanted)
        groups, wages = _groups(self._desk, wanted)
        work = self._desk.work(asked)
        split = cut(work, asked)
        gated = _gated(split.train, wanted)
        engine = Engine.of(_without(split, wanted.withheld), replace(asked.policy, gated=gated))
        found = assess(engine, groups, wage, wages, open_to_all=self._desk.private())
        out: dict[str, Any] = {
            "purpose": str(asked.purpose), "to": asked.recipient, "traces": len(work), "held_back": len(split.test),
            "inputs": digest_of(work), "model": engine.total.digest(), "decoding": found.decoding,
            "withheld": list(wanted.withheld), "gate": wanted.gate,
            "gated_acts": sorted(work.acts[a] for a in gated), "timed": found.timed,
            "wage": None if wage is None else asdict(wage), "longest": found.longest.to_dict(),
            "parts": [one.to_dict() for one in found.parts],
        }  # fmt: skip
        if wanted.public:
            out["attack"] = _attack(split, engine, asked.seed or 0, wanted, progress)
        return out


def cut(work: Work, asked: Asked) -> Split:
    """The work to learn from and that held back."""
    if asked.seed is None:
        return Split.newest(work, asked.held_back)
    return Split.drawn(work, asked.held_back, asked.seed)


def _without(split: Split, steps: Sequence[str]) -> Split:
    """The same without these steps in what is learnt from; they stay in what is held back, and in public cases."""
    codes = _codes(split.train, steps)
    return split if not codes else Split(split.train.where(~np.isin(split.train.act, sorted(codes))), split.test)


def _codes(work: Work, steps: Sequence[str]) -> set[int]:
    for name in steps:
        if name not in work.acts:
            raise UnknownNameError("step", name, list(work.acts))
    return {work.acts.index(name) for name in steps}


def _attack(split: Split, whole: Engine, seed: int, wanted: Valued, progress: Progress) -> dict[str, Any]:
    """The curve over public cases. They come out of what is trained on, so its zero is a little below S alone."""
    parts = Thirds.of(split, seed)
    bound = _without(Split(parts.train, parts.test), wanted.withheld)
    engine = Engine(bound.train, bound.test, whole.shape, whole.policy)
    points = curve(engine, parts.public, wanted.public, seed=seed, progress=lambda x: progress("re-training", x))
    return {
        "public": len(parts.public),
        "points": [
            {"cases": p.cases, "random": p.random.to_dict(), "best": p.best.to_dict(), "weight": p.weight}
            for p in points
        ],
    }  # fmt: skip


def _gated(work: Work, wanted: Valued) -> frozenset[int]:
    return gate(work, wanted.gate) | _codes(work, wanted.gate_acts)


def _wage(wanted: Valued) -> Wage | None:
    if wanted.wage is not None:
        if wanted.wage < 0:
            raise UsageError("A wage is not below nought.", "Give what an hour costs: --wage 32.50.")
        return Wage(wanted.wage, wanted.currency)
    if not wanted.occupation:
        return None
    return paid(_tables(wanted), wanted.occupation).wage


def _tables(wanted: Valued) -> Path:
    if wanted.tables is None:
        raise UsageError("Where are the public tables?", "Give their folder (--tables DIR), or a wage: --wage 32.50.")
    return wanted.tables


def _groups(desk: Measuring, wanted: Valued) -> tuple[Mapping[str, str], Mapping[str, Wage]]:
    if wanted.by in GROUPS:
        return desk.distil.groups(wanted.by), {}
    path = Path(wanted.by)
    table = rows(path)
    if not table or not {"worker", "group"} <= table[0].keys():
        raise InputError(f"{path} has no columns worker and group.", "A third, soc, gives the group's wage.", "columns")
    socs = {row["group"]: row["soc"] for row in table if row.get("soc")}
    known = {soc: paid(_tables(wanted), soc).wage for soc in sorted({soc_of(s) for s in socs.values()})}
    return {row["worker"]: row["group"] for row in table}, {g: known[soc_of(s)] for g, s in socs.items()}
