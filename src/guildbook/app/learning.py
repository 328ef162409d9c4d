"""`learn`: bring inputs in, seal them, and distil what is admitted."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from guildbook.app import forgetting
from guildbook.app.progress import Progress, silent
from guildbook.config import Config
from guildbook.distil.companion import Companion
from guildbook.distil.practices import ready
from guildbook.model.errors import InputError, UsageError
from guildbook.model.knowledge import Kind, Knowledge
from guildbook.model.purpose import Purpose
from guildbook.plugins import Chunk, ImportOptions
from guildbook.record import reader
from guildbook.record.pii.columns import finder as persons_finder
from guildbook.record.pii.columns import without_persons
from guildbook.record.pii.finder import Finder, require
from guildbook.store import Store

_SHOWN: Final = 20
"""Files left aside that are named; the rest are counted."""
_MANY: Final = 16
"""Small segments of one worker and month that are merged into one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asked `learn` to do."""

    paths: tuple[Path, ...] = ()
    importer: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict[str, str])
    worker: str | None = None
    case_type: str | None = None
    terms: tuple[str, ...] | None = None
    """Purposes the workers agreed to; None: nothing was stated."""
    jobs: int | None = None
    pii: bool = False
    """Whether names, numbers and addresses of persons are taken out of texts."""
    office: tuple[int, int] | None = None
    """Seed and size of a sample office to take in."""


@dataclass(frozen=True, slots=True)
class Brought:
    """One input and what became of it."""

    path: str
    source: str
    description: str
    state: str
    """`imported`, `resumed` or `already there`."""
    events: int
    rejected: int
    forgotten: int = 0
    """Events of workers this book has forgotten; they were not kept."""

    def sentence(self) -> str:
        """For people."""
        text = f"{self.path}: {self.description}"
        if self.state == "already there":
            return f"{text} — already there"
        text += f" — {self.events:,} event{'' if self.events == 1 else 's'}"
        if self.rejected:
            text += f", {self.rejected:,} rows rejected"
        if self.forgotten:
            text += f", {self.forgotten:,} of forgotten workers left out"
        return text


@dataclass(frozen=True, slots=True)
class Learnt:
    """What `learn` did and what the book knows now."""

    knowledge: Knowledge
    inputs: tuple[Brought, ...]
    changed: bool
    seconds: float
    rejected: int
    rejected_rows: tuple[str, ...] = ()
    duplicates: int = 0
    notes: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """Practices by kind; every kind is named."""
        return {str(kind): sum(p.kind == kind for p in self.knowledge.practices) for kind in Kind}

    def to_dict(self) -> dict[str, Any]:
        """The contract of `learn --json`."""
        found = self.knowledge
        return {
            "events": found.events,
            "workers": found.workers,
            "cases": found.cases,
            "episodes": found.episodes,
            "tasks": len(found.tasks),
            "practices": self.counts(),
            "rejected": self.rejected,
            "seconds": round(self.seconds, 3),
            "model_hash": found.model_hash,
            "changed": self.changed,
            "inputs": [
                {"path": i.path, "source": i.source, "state": i.state, "events": i.events, "rejected": i.rejected}
                for i in self.inputs
            ],
            "notes": [*self.notes, *found.notes],
        }


def learn(
    desks: forgetting.Desks,
    config: Config,
    wanted: Wanted,
    progress: Progress = silent,
    helper: Companion | None = None,
) -> Learnt:
    """Import, seal, distil. What was acknowledged stays even when a later input fails.

    `helper`: a second process that takes a share of the mining.
    """
    started = time.perf_counter()
    store, distil, nets = desks.store, desks.distil, desks.nets
    terms = _terms(wanted.terms)
    plan, skipped = _plan(wanted)
    if plan and helper is not None:
        helper.begin(ready)
    with store.writing():
        forgetting.finish_interrupted(desks, progress)
        rejected: list[str] = []
        with ThreadPoolExecutor(1) as aside:  # reading inputs, sealing and unpacking let go of the interpreter
            loaded = aside.submit(ready) if plan else None
            brought = [_bring(store, item, terms, rejected, progress) for item in plan]
            if loaded is not None:
                loaded.result()
            ahead = distil.look_ahead(aside)
            sealed = store.seal(lambda done, total: progress("seal", done / max(total, 1)), keep=True)
        if sealed.segments and helper is not None:
            helper.begin(ready)  # no more than a look where it is so already
        result = distil.refresh(progress, jobs=wanted.jobs, ahead=ahead, helper=helper)
        if sealed.segments and store.compact(at_least=_MANY).before:
            distil.refresh(progress)  # changes nothing but the names of the segments the sums include
    noted = nets.keep_up(progress)  # may take minutes, in which others may write
    return Learnt(
        knowledge=result.knowledge,
        inputs=tuple(brought),
        changed=result.changed,
        seconds=time.perf_counter() - started,
        rejected=sum(b.rejected for b in brought),
        rejected_rows=tuple(rejected[: config.import_.max_rejected]),
        duplicates=sealed.duplicates,
        notes=(*skipped, *result.notes, *noted),
    )


@dataclass(frozen=True, slots=True)
class _Item:
    """One input, whatever it comes from."""

    path: str
    source: str
    description: str
    fingerprint: str
    chunks: Iterator[Chunk]


def _plan(wanted: Wanted) -> tuple[list[_Item], list[str]]:
    """What to bring in, and a note for each file that is left aside."""
    if wanted.office is not None:
        from guildbook.record import office  # noqa: PLC0415 - few learn from a sample, and its parts take time to load

        seed, events = wanted.office
        made = office.generate(seed=seed, events=events)
        described = f"seed {seed}, about {events:,} events"
        return [_Item("sample office", "office", described, f"office-{seed}-{events}", made)], []
    options = ImportOptions(mapping=wanted.mapping, worker=wanted.worker, case_type=wanted.case_type)
    finder = _finder() if wanted.pii else None
    planned = reader.plan(wanted.paths, options, only=wanted.importer)
    items = [
        _Item(
            str(p.path), p.importer.name, p.description, p.fingerprint,
            reader.read(p) if finder is None else without_persons(finder, reader.read(p)),
        )
        for p in planned
    ]  # fmt: skip
    notes = [f"left aside: {s.path}: {s.reason}" for s in planned.skipped[:_SHOWN]]
    if len(planned.skipped) > _SHOWN:
        notes.append(f"left aside: {len(planned.skipped) - _SHOWN} more files")
    return items, notes


def _finder() -> Finder:
    require()
    return persons_finder()


def _bring(store: Store, item: _Item, terms: tuple[str, ...] | None, listed: list[str], progress: Progress) -> Brought:
    row = store.begin_import(source=item.source, fingerprint=item.fingerprint, path=item.path, terms=terms)
    if terms is not None and terms != row.terms:
        raise InputError(
            f"{item.path} is in this book already, on other terms ({_stated(row.terms)}); nothing was changed.",
            "Decide for each worker with guildbook permit and guildbook refuse.",
            "terms-differ",
        )
    if row.state == "done":
        return Brought(item.path, item.source, item.description, "already there", row.rows, 0)
    events = rejected = forgotten = 0
    for number, chunk in enumerate(item.chunks):
        taken = store.append(row.id, number, chunk.events, chunk.rejected)
        if not taken.repeated:
            events += taken.rows
            forgotten += taken.forgotten
            rejected += len(chunk.rejected)
        listed += [f"{item.path}, line {r.line}: {r.reason}" for r in chunk.rejected[:100]]
        progress(f"import {Path(item.path).name}", chunk.progress)
    store.finish_import(row.id)
    state = "resumed" if row.chunks_done else "imported"
    return Brought(item.path, item.source, item.description, state, events, rejected, forgotten)


def _stated(terms: tuple[str, ...] | None) -> str:
    return "none were stated" if terms is None else ", ".join(terms) or "no purpose"


def _terms(stated: Sequence[str] | None) -> tuple[str, ...] | None:
    for name in stated or ():
        if name not in list(Purpose) or name == Purpose.UNLEARN:
            known = ", ".join(p for p in Purpose if p != Purpose.UNLEARN)
            raise UsageError(f"There is no purpose called {name!r}.", f"Purposes: {known}.")
    return None if stated is None else tuple(sorted(set(stated)))
