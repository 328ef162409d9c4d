"""Forgetting a worker or a part of their traces, in an order that survives being killed at any instant.

A worker: 1. The ledger says `erasing` (from here on no grant admits them). 2. Their part is subtracted from the sums
and the model is published; what else holds anything of theirs is taken out of the book. 3. Keys, files, rows and name
are destroyed. A part: 1. What goes is set aside (from here on nothing can read it) and what stays is written anew
under new keys. 2. As above. 3. The old keys and files are destroyed. Then the net is made anew where it was touched,
if one is asked for. The first and the last step are each one transaction together with the act in the log. What was
cut short is finished by the next `forget` or `learn`; a net taken out is then trained from the beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from guildbook.app.distilling import Distilling
from guildbook.app.neural import Held, Nets
from guildbook.app.progress import Progress, silent
from guildbook.govern import Gate
from guildbook.govern.erasing import Ended, Erasing
from guildbook.govern.permissions import class_given
from guildbook.govern.signer import Signer
from guildbook.model.errors import UnknownNameError, UsageError
from guildbook.model.knowledge import Knowledge
from guildbook.model.purpose import Purpose
from guildbook.store import Scope, Store

_LEARNT = frozenset({f"state-{Purpose.TRAIN_PEOPLE}", f"knowledge-{Purpose.TRAIN_PEOPLE}"})
"""What `refresh` makes anew."""


@dataclass(frozen=True, slots=True)
class Part:
    """Which of somebody's traces: those that all of this holds for; nothing: all."""

    first: int | None = None
    """Not before this, µs UTC."""
    until: int | None = None
    """Before this, µs UTC."""
    app: str | None = None
    """Class of traces."""
    event: bytes | None = None
    """Id of the one event."""

    def __bool__(self) -> bool:
        return self != Part()


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What forgetting destroyed and what it left."""

    worker: str
    events: int
    segments: int
    keys: int
    touched: int
    """Joint traces that were counted again."""
    practices: int
    model_hash: str
    notes: tuple[str, ...] = ()
    erasure: str = ""
    """Id of the erasure, by which its certificate is had; empty where nothing was in the part."""
    exports: int = 0
    """Times that traces of theirs were exported or handed out before."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Desks:
    """What forgetting works with."""

    store: Store
    gate: Gate
    distil: Distilling
    nets: Nets

    @property
    def erasing(self) -> Erasing:
        """Erasures under the log."""
        return Erasing(self.store, self.gate.register)


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What was made anew before anything is destroyed."""

    known: Knowledge
    touched: int
    net: Held | None
    dropped: tuple[str, ...]

    @property
    def facts(self) -> dict[str, Any]:
        """For the log."""
        return {"artefacts": self.dropped, "model": self.known.model_hash}


def forget(
    desks: Desks, name: str, part: Part | None = None, signer: Signer | None = None, progress: Progress = silent
) -> Forgotten:
    """Forget the worker of that name, or a part of their traces; for an empty part nothing is changed.

    Raises `UnknownNameError` (forgetting twice is the same error), `UsageError` for an empty period, `DeniedError`
    where somebody else's traces are to be forgotten.
    """
    active = {w.name: w.id for w in desks.store.workers() if w.state != "forgotten" and w.name is not None}
    if name not in active:
        raise UnknownNameError("worker", name, list(active))
    scope = _scope(desks.store, active[name], part) if part else None
    with desks.store.writing():
        finish_interrupted(desks, progress)
        desks.store.seal()
        exports = len(desks.erasing.exports(active[name]))
        done = _whole(desks, active[name], signer, progress) if scope is None else _part(desks, scope, signer, progress)
    if done is None:
        found = desks.distil.refresh(progress).knowledge
        return Forgotten(name, 0, 0, 0, 0, len(found.practices), found.model_hash)
    ended, learnt = done
    notes = desks.nets.keep_up(progress, learnt.net)
    report = ended.report
    return Forgotten(
        worker=name,
        events=report.rows,
        segments=report.segments,
        keys=report.keys,
        touched=learnt.touched,
        practices=len(learnt.known.practices),
        model_hash=learnt.known.model_hash,
        notes=notes,
        erasure=ended.id,
        exports=exports,
    )


def finish_interrupted(desks: Desks, progress: Progress = silent) -> int:
    """Finish forgetting that was cut short; returns how many times that was."""
    waiting = desks.store.parts()
    for part in waiting:
        with desks.store.writing():
            learnt = _subtracted(desks, part.worker, part.taken, progress)
            desks.erasing.destroy(part.id, None, learnt.facts)
    leaving = [w for w in desks.store.workers() if w.state == "erasing"]
    for worker in leaving:
        with desks.store.writing():
            learnt = _subtracted(desks, worker.id, None, progress)
            desks.erasing.erase(worker.id, learnt.facts)
    return len(waiting) + len(leaving)


def _whole(desks: Desks, worker: str, signer: Signer | None, progress: Progress) -> tuple[Ended, _Learnt]:
    desks.gate.begin_forgetting(worker, signer)
    learnt = _subtracted(desks, worker, None, progress)
    return desks.erasing.erase(worker, learnt.facts), learnt


def _part(desks: Desks, scope: Scope, signer: Signer | None, progress: Progress) -> tuple[Ended, _Learnt] | None:
    parted = desks.erasing.set_aside(scope, signer)
    if parted is None:
        return None
    (pending,) = desks.store.parts()
    learnt = _subtracted(desks, scope.worker, pending.taken, progress)
    ended = desks.erasing.destroy(parted.id, scope, learnt.facts)
    # Of segments, those that held what goes: others of the month were only written anew.
    return replace(ended, report=replace(ended.report, segments=parted.segments)), learnt


def _subtracted(desks: Desks, worker: str, taken: Mapping[str, str] | None, progress: Progress) -> _Learnt:
    """Learn without what goes, and take out of the book what else was made from it."""
    before = desks.erasing.artefacts(worker)
    learnt = desks.distil.refresh(progress)
    net = desks.nets.take(worker, taken)
    other = [name for name in before if name not in _LEARNT]
    for name in other:
        desks.erasing.drop(name)
    return _Learnt(learnt.knowledge, learnt.touched, net, tuple(before))


def _scope(store: Store, worker: str, part: Part) -> Scope:
    if part.first is not None and part.until is not None and part.first >= part.until:
        raise UsageError("That period is empty.", "Give --from before --to.", "empty-period")
    event = "" if part.event is None else store.event_known(part.event)
    return Scope(worker, part.first, part.until, class_given(part.app), event)
