"""Forgetting a worker, in an order that survives being killed at any instant.

1. The ledger says `erasing` (from here on no grant admits the worker). 2. Their part is subtracted from the sums
and the model is published; a net that holds anything of theirs is taken out of the book. 3. Keys, files, rows and name
are destroyed. 4. The net is made anew where it was touched, if one is asked for. A run that was cut short is finished
by the next `forget` or `learn`; a net taken out is then trained from the beginning.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from guildbook.app.distilling import Distilling
from guildbook.app.neural import Nets
from guildbook.app.progress import Progress, silent
from guildbook.govern import Gate
from guildbook.model.errors import UnknownNameError
from guildbook.store import Store


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

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def forget(
    store: Store, gate: Gate, distil: Distilling, nets: Nets, name: str, progress: Progress = silent
) -> Forgotten:
    """Forget the worker of that name. Raises `UnknownNameError`; forgetting twice is the same error."""
    active = {w.name: w.id for w in store.workers() if w.state != "forgotten" and w.name is not None}
    if name not in active:
        raise UnknownNameError("worker", name, list(active))
    with store.writing():
        store.seal()
        gate.begin_forgetting(active[name])
        learnt = distil.refresh(progress)
        net = nets.take(active[name])
        report = store.erase(active[name])
    notes = nets.keep_up(progress, net)
    return Forgotten(
        worker=name,
        events=report.rows,
        segments=report.segments,
        keys=report.keys,
        touched=learnt.touched,
        practices=len(learnt.knowledge.practices),
        model_hash=learnt.knowledge.model_hash,
        notes=notes,
    )


def finish_interrupted(store: Store, distil: Distilling, nets: Nets, progress: Progress = silent) -> int:
    """Finish forgetting that was cut short; returns how many workers that was."""
    pending = [w for w in store.workers() if w.state == "erasing"]
    for worker in pending:
        with store.writing():
            distil.refresh(progress)
            nets.take(worker.id)
            store.erase(worker.id)
    return len(pending)
