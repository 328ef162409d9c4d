"""The next-step desk: what comes next in an unfinished case, and why. Fitted on admitted events alone.

The model is kept as an artefact under a digest of the segments it was fitted on. Another set of admitted segments is
another digest, so a model that includes what is no longer admitted is never used; `distil` drops it when sums change.
A net speaks beside it where the settings or the question ask for one and it helps (`neural`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from guildbook.app.distilling import Distilling, next_artefact
from guildbook.app.naming import unnamed
from guildbook.app.neural import COUNTS, MIXED, Nets
from guildbook.app.progress import Progress, silent
from guildbook.app.rounds import newest
from guildbook.app.settled import settled
from guildbook.distil import neural
from guildbook.govern import Admitted, Gate
from guildbook.model.errors import BookBusyError, InputError, StoreError, UnknownNameError, UsageError
from guildbook.model.purpose import Purpose
from guildbook.store import Store, split_part

if TYPE_CHECKING:
    from guildbook.distil.alike import Alike
    from guildbook.distil.neural.kept import Kept
    from guildbook.distil.nextstep import Completion, History, NextStep, Reason


@dataclass(frozen=True, slots=True)
class Asked:
    """An unfinished case: its activities, or the name of a case in the book."""

    activities: tuple[str, ...] = ()
    worker: str | None = None
    """Who did the last of them."""
    task: str | None = None
    case: str | None = None
    top: int = 3
    steps: int | None = None
    """Complete it by so many steps."""
    to_end: bool = False
    model: str | None = None
    """`counts`, `mixed` or `neural`; by default what the settings say."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One step that may come next; an empty `step` is the end of the case."""

    step: str
    probability: float
    reasons: tuple[Reason, ...]
    said: dict[str, float] = field(default_factory=dict[str, float])
    """What `counts` and `net` say by themselves, where there is a net."""


@dataclass(frozen=True, slots=True)
class Foresight:
    """What may come next."""

    after: tuple[str, ...]
    expected: tuple[Expected, ...]
    ways: tuple[Completion, ...]
    """Completions, where they were asked for, likeliest first."""
    notes: tuple[str, ...] = ()
    model: str = COUNTS
    """What spoke: `counts`, `mixed` or `neural`."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


class NextSteps:
    """Answers `guildbook next`."""

    def __init__(self, store: Store, gate: Gate, distil: Distilling, nets: Nets) -> None:
        self._store = store
        self._gate = gate
        self._distil = distil
        self._nets = nets

    def foresee(self, asked: Asked, progress: Progress = silent) -> Foresight:
        """What comes next, with reasons; who may not be named is told of by their role.

        Raises `InputError` when nothing is admitted, `UnknownNameError` for a case or task that is not known,
        `UsageError` for a case that is both named and spelt out, `MissingExtraError` where the net alone is asked for
        and torch is not installed.
        """
        return unnamed(settled(lambda: self._foreseen(asked, progress)), self._distil.called())

    def _foreseen(self, asked: Asked, progress: Progress) -> Foresight:
        from guildbook.distil.nextstep import complete, reasons  # noqa: PLC0415 - compiled parts take time to load

        if asked.case is not None and asked.activities:
            raise UsageError("A case of the book has its activities already.", "Give either --case or activities.")
        admitted = self._gate.grant(Purpose.TRAIN_PEOPLE, stage="distil", artefact="next-step")
        if not admitted.grant.segments:
            raise InputError(
                "Nothing is admitted to learn from.", "Begin with: guildbook learn PATH.", "nothing-admitted"
            )
        history = self._history(asked, admitted)
        model, spoke, noted = self._joined(asked.model or self._nets.model, admitted, progress)
        ranked = model.predict(history)[: asked.top]
        said = _said(model, history)
        ways = complete(model, history, asked.steps) if asked.to_end or asked.steps is not None else []
        return Foresight(
            after=tuple(step.label for step in history.steps),
            expected=tuple(
                Expected(step, p, tuple(reasons(model, history, step)), {name: of[step] for name, of in said.items()})
                for step, p in ranked
            ),
            ways=tuple(ways),
            notes=(*noted, *_notes(model, history)),
            model=spoke,
        )

    def _joined(self, wanted: str, admitted: Admitted, progress: Progress) -> tuple[NextStep, str, tuple[str, ...]]:
        """The counts, with the net where it is wanted and helps; what speaks, and notes."""
        counts = self._model(admitted, progress)
        if wanted == COUNTS:
            return counts, COUNTS, ()
        if wanted == MIXED and not neural.available():
            return counts, COUNTS, ("Counts alone: a net needs PyTorch, which is not installed.",)
        kept = self._nets.brought(wanted, admitted, progress)
        if kept.state is None:
            return counts, COUNTS, (_left_out(kept),)
        return kept.joined(counts), wanted, ()

    def _history(self, asked: Asked, admitted: Admitted) -> History:
        from guildbook.distil.nextstep import History  # noqa: PLC0415
        from guildbook.distil.picking import case_of  # noqa: PLC0415

        named = self._tasks()
        if asked.case is None:
            return History.of(asked.activities, asked.worker, self._task(asked.task, named))
        found = case_of(admitted, [asked.case, *(f"{task}:{asked.case}" for task in named)], self._distil.settings())
        if found is None:
            raise UnknownNameError("case", asked.case)
        return History.of_trace(found)

    def _tasks(self) -> dict[str, str]:
        """The title of each task by its name."""
        from guildbook.distil.maps import titles  # noqa: PLC0415

        sums = self._distil.sums()
        return {} if sums is None else {sums.text(code): title for code, title in titles(sums).items()}

    @staticmethod
    def _task(wanted: str | None, named: dict[str, str]) -> str | None:
        """The only task that is called so, or whose name or title begins so; with none wanted, the only one."""
        if wanted is None:
            return next(iter(named)) if len(named) == 1 else None
        fold = wanted.casefold()
        for fits in (str.__eq__, str.startswith):
            found = [
                name for name, title in named.items() if fits(name.casefold(), fold) or fits(title.casefold(), fold)
            ]
            if len(found) == 1:
                return found[0]
        raise UnknownNameError("task", wanted, [*named.values()])

    def _model(self, admitted: Admitted, progress: Progress) -> NextStep:
        """The kept model if it was fitted on just these segments, else a new one, which is kept."""
        from guildbook.distil.nextstep import from_bytes, to_bytes  # noqa: PLC0415

        segments = {segment.id for segment in newest(admitted.grant.segments)}
        settings = self._distil.settings()
        told = [settings.shape(), *sorted(f"{s.id} {s.digest}" for s in admitted.grant.segments if s.id in segments)]
        digest = hashlib.sha256("\n".join(told).encode()).digest()
        name = next_artefact(Purpose.TRAIN_PEOPLE)
        try:
            kept = self._store.get_artefact(name) or b""
        except StoreError:  # damaged: it is made again
            kept = b""
        model = from_bytes(kept[len(digest) :]) if kept.startswith(digest) else None
        if model is None:
            progress("next step", 0.0)
            model = _fitted(admitted, segments, settings, self._distil.alike())
            with suppress(BookBusyError), self._store.writing():  # else it is made again next time
                stored = {segment.id for segment in self._store.segments()}
                if {split_part(segment)[0] for segment in segments} <= stored:  # nobody was erased meanwhile
                    with self._gate.publishing(admitted, name):
                        self._store.put_artefact(name, "next-step", digest + to_bytes(model), admitted.grant.id)
            progress("next step", 1.0)
        return model


def _fitted(admitted: Admitted, segments: set[str], settings: Any, names: Alike) -> NextStep:
    from guildbook.distil.encode import COLUMNS, encode  # noqa: PLC0415
    from guildbook.distil.nextstep import fit  # noqa: PLC0415
    from guildbook.distil.traces import join  # noqa: PLC0415

    return fit(join(names.events(encode(admitted.table(COLUMNS, sorted(segments)), settings))))


def _said(model: NextStep, history: History) -> dict[str, dict[str, float]]:
    """What counts and net say by themselves; nothing where counts speak alone."""
    parts = getattr(model, "parts", None)
    return {} if parts is None else parts(history)


def _left_out(kept: Kept) -> str:
    verdict = kept.verdict
    if verdict is None or not verdict.gains:
        return "Counts alone: there are too few cases to tell whether a net helps."
    return (
        f"Counts alone: the net does not surely help ({verdict.won} of {len(verdict.gains)} stretches of time, "
        f"{verdict.gain:+.3f} ± {verdict.error:.3f} nats a step)."
    )


def _notes(model: NextStep, history: History) -> tuple[str, ...]:
    """What was said that the model has never met."""
    known = set(model.texts.values())
    strange = dict.fromkeys(step.label for step in history.steps if step.label not in known)
    return tuple(f"“{label}” is no activity of what is admitted." for label in strange)


def listed(ways: Sequence[Completion]) -> list[str]:
    """Completions in words."""
    return [" → ".join((*way.steps, *(("(end)",) if way.ended else ("…",)))) for way in ways]
