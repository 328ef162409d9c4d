"""The net of a book: trained on request, kept encrypted with its lineage, continued, and made anew for who is gone.

What is kept is a function of the rounds that are left (`rounds`) and of their events, so a book that forgets somebody
holds, on one CPU thread, the very net of a book that never had them. The lineage names the segments and the grant; a
net whose lineage is not what is admitted now is never asked, but brought up to date first.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from guildbook.app.progress import Progress, silent
from guildbook.app.rounds import Round, history, judged, trained
from guildbook.app.settled import settled
from guildbook.config import Config
from guildbook.distil import Settings, neural
from guildbook.govern import Admitted, Gate
from guildbook.model.errors import BookBusyError, StoreError, UsageError
from guildbook.model.ids import symbol
from guildbook.model.purpose import Purpose
from guildbook.store import PART, Store, split_part

if TYPE_CHECKING:
    from guildbook.distil.neural.kept import Kept, Lesson

ARTEFACT: Final = f"net-{Purpose.TRAIN_PEOPLE}"
COUNTS, MIXED, NEURAL = "counts", "mixed", "neural"
_MAGIC: Final = b"GBNETOF\x01"
_STAGE: Final = "net"


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a net comes from."""

    model: str
    """`mixed` or `neural`."""
    shape: str
    """The settings it was made under."""
    rounds: tuple[tuple[str, ...], ...]
    """Segments that were new, round by round; withheld ones too, so that they come back to their place."""
    judged: tuple[str, ...]
    """Segments the judging looked at."""
    grant: str
    away: tuple[str, ...] = ()
    """Those of the rounds that nothing was learnt from, since they are withheld."""

    @property
    def segments(self) -> set[str]:
        """All that were ever looked at."""
        return {segment for part in self.rounds for segment in part}.difference(self.away)


@dataclass(frozen=True, slots=True)
class Held:
    """What stands in the book: the lineage, and the net as bytes."""

    lineage: Lineage
    body: bytes


class Nets:
    """Keeps the net of what is admitted to train people."""

    def __init__(self, store: Store, gate: Gate, config: Config, distil: Settings) -> None:
        self._store = store
        self._gate = gate
        self._config = config.next
        self._distil = distil

    @property
    def model(self) -> str:
        """What the settings ask for: `counts`, `mixed` or `neural`."""
        return self._config.model

    def held(self) -> Held | None:
        """What is kept; None where there is nothing, or what another version or a broken disk left."""
        try:
            data = self._store.get_artefact(ARTEFACT)
            return None if data is None else _opened(data)
        except (StoreError, ValueError, KeyError, TypeError):
            return None

    def shards(self) -> dict[str, list[str]]:
        """The segments each part of the net was made of, by the group of their workers; an empty one: all others."""
        held, names = self.held(), {w.id: w.name for w in self._store.workers() if w.name is not None}
        groups = groups_of(names.values(), self._config.groups, self._config.shards)
        inside = set() if held is None else {split_part(segment)[0] for segment in held.lineage.segments}
        found: dict[str, list[str]] = {}
        for row in self._store.segments():
            if row.id in inside:
                found.setdefault(groups.get(names.get(row.worker, ""), ""), []).append(row.id)
        return found

    def brought(self, model: str, admitted: Admitted, progress: Progress = silent, held: Held | None = None) -> Kept:
        """The net of just what is admitted, trained as far as it has to be, and kept.

        `held`: what to go on from, if it is in the book no more. Raises `MissingExtraError` without torch, and
        `NoDeviceError` where a GPU is asked for and missing.
        """
        neural.require()
        held = held or self.held()
        old = None if held is None else self._read(held)
        before = () if held is None else held.lineage.rounds
        rounds = history(before, admitted.grant.segments)
        schedule = trained(rounds)
        until = judged(schedule)
        places = self._places(before, rounds)
        lineage = Lineage(
            model, self._shape(), places, tuple(sorted(s.id for part in schedule[: until + 1] for s in part)),
            admitted.grant.id, tuple(sorted({s for part in places for s in part} - {s.id for s in chain(*rounds)})),
        )  # fmt: skip
        if held is not None and old is not None and replace(held.lineage, grant=lineage.grant) == lineage:
            return old
        same = held is not None and (held.lineage.shape, held.lineage.judged) == (lineage.shape, lineage.judged)
        progress(_STAGE, 0.0)
        kept = self._learnt(model, admitted, schedule, until, old, same=same)
        progress(_STAGE, 1.0)
        from guildbook.distil.neural.kept import to_bytes  # noqa: PLC0415 - needs torch

        self._keep(Held(lineage, to_bytes(kept)), admitted)
        return kept

    def keep_up(self, progress: Progress = silent, taken: Held | None = None) -> tuple[str, ...]:
        """After learning or forgetting: what is kept follows what is admitted. Returns notes.

        Where the settings ask for no net, one that holds what is admitted no more is dropped, to be made again when
        it is asked for. `taken`: what `take` gave, to go on from.
        """
        held = taken or self.held()
        if held is None and self.model == COUNTS:
            return ()
        if self.model != COUNTS and neural.available() and settled(lambda: self._brought_now(progress, taken)):
            return ()
        if taken is None and held is not None and not self._stale(held):
            return ()
        self._store.drop_artefact(ARTEFACT)
        missing = self.model != COUNTS and not neural.available()
        if missing and held is not None:
            return ("The net was dropped: PyTorch is not installed, so it could not be made anew.",)
        return ("next.model asks for a net, but PyTorch is not installed: counts alone predict.",) if missing else ()

    def take(self, worker: str, taken: Mapping[str, str] | None = None) -> Held | None:
        """Take the net out of the book if it may hold anything of this worker (a pseudonym), and return it.

        `taken`: of a worker who goes only in part, each segment that does and the one in its place (empty: none);
        what is returned speaks of the latter.
        """
        held = self.held()
        others = {s.id for s in self._store.segments() if s.worker != worker or taken is not None}
        if held is not None and held.lineage.segments <= others:
            return None
        self._store.drop_artefact(ARTEFACT)
        return held if held is None or not taken else Held(_replaced(held.lineage, taken), held.body)

    def _brought_now(self, progress: Progress, taken: Held | None) -> bool:
        admitted = self._gate.grant(Purpose.TRAIN_PEOPLE, stage="distil", artefact="net")
        if admitted.grant.segments:
            self.brought(self.model, admitted, progress, taken)
        return bool(admitted.grant.segments)

    def _places(self, before: Sequence[Sequence[str]], rounds: Sequence[Round]) -> tuple[tuple[str, ...], ...]:
        """The rounds with the places of segments that are in the book and withheld."""
        now = {segment.id for part in rounds for segment in part}
        kept = now | {segment.id for segment in self._store.segments()}
        known = {segment for part in before for segment in part}
        new = tuple(s.id for part in rounds for s in part if s.id not in known)
        places = (*(tuple(s for s in part if s in kept) for part in before), new)
        return tuple(part for part in places if part)

    def _stale(self, held: Held) -> bool:
        """Whether it holds a segment that is not admitted now."""
        grant = self._gate.grant(Purpose.TRAIN_PEOPLE, stage="distil", artefact="net").grant
        return not held.lineage.segments <= {segment.id for segment in grant.segments}

    def _learnt(
        self, model: str, admitted: Admitted, schedule: list[Round], until: int, old: Kept | None, *, same: bool
    ) -> Kept:
        from guildbook.distil.neural.kept import alone, mixed  # noqa: PLC0415 - needs torch
        from guildbook.distil.nextstep import fit  # noqa: PLC0415 - compiled parts take time to load

        lesson = self._lesson(admitted, schedule, until)
        return alone(lesson, old) if model == NEURAL else mixed(lesson, fit, old, same=same)

    def _lesson(self, admitted: Admitted, schedule: list[Round], until: int) -> Lesson:
        import numpy as np  # noqa: PLC0415
        import pyarrow as pa  # noqa: PLC0415

        from guildbook.distil.encode import COLUMNS, encode  # noqa: PLC0415
        from guildbook.distil.neural.kept import Lesson  # noqa: PLC0415
        from guildbook.distil.traces import join  # noqa: PLC0415

        parts = [admitted.table(COLUMNS, [segment.id for segment in part]) for part in schedule]
        born = np.repeat(np.arange(len(parts)), [part.num_rows for part in parts])
        traces = join(encode(pa.concat_tables(parts), self._distil))
        workers = {segment.worker for part in schedule for segment in part}
        return Lesson(
            traces, born, until, self._settings(), groups_of(workers, self._config.groups, self._config.shards)
        )

    def _settings(self) -> neural.NeuralSettings:
        return neural.NeuralSettings(device=self._config.device)

    def _shape(self) -> str:
        shape = self._settings().shape()
        return json.dumps([self._distil.shape(), shape, sorted(self._config.groups), self._config.shards])

    def _read(self, held: Held) -> Kept | None:
        from guildbook.distil.neural.kept import from_bytes  # noqa: PLC0415 - needs torch

        try:
            return from_bytes(held.body, self._config.device)
        except StoreError:  # damaged, or of another version: it is made again
            return None

    def _keep(self, held: Held, admitted: Admitted) -> None:
        """Keep it, unless another process is writing (then it is made again) or has erased what it was made of."""
        with suppress(BookBusyError), self._store.writing():
            stored = {segment.id for segment in self._store.segments()}
            if {split_part(segment)[0] for segment in held.lineage.segments} <= stored:
                with self._gate.publishing(admitted, ARTEFACT):
                    self._store.put_artefact(ARTEFACT, "net", _closed(held), held.lineage.grant)


def _replaced(lineage: Lineage, taken: Mapping[str, str]) -> Lineage:
    """The lineage with segments in the place of others, round by round."""

    def now(names: Sequence[str]) -> tuple[str, ...]:
        split = [(taken.get(segment, segment), rest) for segment, rest in map(split_part, names)]
        return tuple(new if rest is None else f"{new}{PART}{rest}" for new, rest in split if new)

    return replace(lineage, rounds=tuple(map(now, lineage.rounds)), judged=())


def groups_of(workers: Collection[str], stated: Sequence[str], shards: int) -> dict[str, str]:
    """Worker → group: as stated (`NAME=GROUP`), else by a hash of the name.

    It depends on the name alone, so that who else is there, or no longer there, changes nobody's group. Raises
    `UsageError` for a word without `=`.
    """
    named: dict[str, str] = {}
    for word in stated:
        name, equals, group = word.rpartition("=")
        if not (equals and name.strip() and group.strip()):
            raise UsageError(f"next.groups: {word!r} is not NAME=GROUP.", "For example: Ann=claims, Bob=claims")
        named[name.strip()] = group.strip()
    spread = {name: f"#{symbol(name) % shards + 1}" for name in workers} if shards > 1 else {}
    return spread | {name: group for name, group in named.items() if name in workers}


def _closed(held: Held) -> bytes:
    said: dict[str, Any] = {name: getattr(held.lineage, name) for name in Lineage.__slots__}
    header = json.dumps(said, separators=(",", ":")).encode()
    return b"".join((_MAGIC, len(header).to_bytes(8, "little"), header, held.body))


def _opened(data: bytes) -> Held | None:
    start = len(_MAGIC) + 8
    if not data.startswith(_MAGIC):
        return None
    end = start + int.from_bytes(data[len(_MAGIC) : start], "little")
    said = json.loads(data[start:end])
    rounds = tuple(tuple(part) for part in said["rounds"])
    lineage = Lineage(
        said["model"], said["shape"], rounds, tuple(said["judged"]), said["grant"], tuple(said.get("away", ()))
    )
    return Held(lineage, data[end:])
