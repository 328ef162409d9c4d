"""Forgetting a worker, in an order that survives being killed at any instant.

1. The ledger says `erasing` (from here on no grant admits the worker). 2. Their part is subtracted from the sums
and the model is published. 3. Keys, files, rows and name are destroyed. A run that was cut short is finished by the
next `forget` or `learn`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from guildbook.app.distilling import Distilling
from guildbook.app.progress import Progress, silent
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

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def forget(store: Store, distil: Distilling, name: str, progress: Progress = silent) -> Forgotten:
    """Forget the worker of that name. Raises `UnknownNameError`; forgetting twice is the same error."""
    active = {w.name: w.id for w in store.workers() if w.state != "forgotten" and w.name is not None}
    if name not in active:
        raise UnknownNameError("worker", name, list(active))
    with store.writing():
        store.seal()
        store.begin_erase(active[name])
        learnt = distil.refresh(progress)
        report = store.erase(active[name])
    return Forgotten(
        worker=name,
        events=report.rows,
        segments=report.segments,
        keys=report.keys,
        touched=learnt.touched,
        practices=len(learnt.knowledge.practices),
        model_hash=learnt.knowledge.model_hash,
    )


def finish_interrupted(store: Store, distil: Distilling, progress: Progress = silent) -> int:
    """Finish forgetting that was cut short; returns how many workers that was."""
    pending = [w for w in store.workers() if w.state == "erasing"]
    for worker in pending:
        with store.writing():
            distil.refresh(progress)
            store.erase(worker.id)
    return len(pending)
