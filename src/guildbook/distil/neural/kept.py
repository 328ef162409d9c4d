"""All that a book keeps of a net: the nets, what the judging took, and how counts and net are mixed; as bytes too.

MAGIC | length of the header, 8 bytes little-endian | header | the state | the judge's state | the pool's arrays
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.neural import stored
from guildbook.distil.neural.gate import Judged, Verdict, judge
from guildbook.distil.neural.mixed import Joined
from guildbook.distil.neural.pool import Pool
from guildbook.distil.neural.settings import NeuralSettings
from guildbook.distil.neural.state import NeuralLearner, NeuralState, train, with_events
from guildbook.distil.neural.steps import Ints
from guildbook.distil.nextstep.mixer import Mixer
from guildbook.distil.nextstep.model import NextStep
from guildbook.distil.nextstep.views import View
from guildbook.distil.traces import Traces
from guildbook.model.errors import StoreError

MAGIC: Final = b"GBNET\x00\x00\x01"
"""With the version of the layout."""


@dataclass(frozen=True)
class Kept:
    """A net as a book keeps it."""

    state: NeuralState | None
    """None: the judging left the net out, and it was not trained on everything."""
    judge: NeuralState | None = None
    """The first round of the net that was judged, most of the work; None where nothing was to be judged."""
    judged: Judged | None = None

    @property
    def verdict(self) -> Verdict | None:
        """What the judging said."""
        return None if self.judged is None else self.judged.verdict

    def joined(self, counts: NextStep) -> NextStep:
        """The next step by these counts and the net; by the counts alone if the net was left out."""
        if self.state is None:
            return counts
        return Joined.of(counts, self.state.view(), None if self.judged is None else self.judged.pool)


@dataclass(frozen=True)
class Lesson:
    """What is to be learnt, and from where."""

    traces: Traces
    born: Ints
    """For each of `traces.events` the round that brought it."""
    judged_until: int
    """The last round whose events the judging looks at."""
    settings: NeuralSettings
    groups: Mapping[str, str]


def alone(lesson: Lesson, old: Kept | None = None) -> Kept:
    """The net that speaks alone. Of `old` is used what would come out the same."""
    kept = None if old is None else old.state
    return Kept(train(lesson.traces, lesson.settings, lesson.groups, lesson.born, kept))


def mixed(lesson: Lesson, counts: Callable[[Traces], View], old: Kept | None = None, *, same: bool = False) -> Kept:
    """The net if it helps beside the counts. Of `old` is used what would come out the same.

    `same`: the judging would see just what it saw for `old`, so it stands.
    """
    old = old or Kept(None)
    if not same or old.judged is None:
        learner = NeuralLearner(lesson.settings, lesson.groups, old.judge)
        until = with_events(lesson.traces, lesson.born[lesson.traces.order] <= lesson.judged_until)
        judged = judge(until, counts, learner)
        old = Kept(old.state, learner.first, judged)
    if old.judged is None or not old.judged.verdict.helps:
        return replace(old, state=None)
    return replace(old, state=train(lesson.traces, lesson.settings, lesson.groups, lesson.born, old.state))


def to_bytes(kept: Kept) -> bytes:
    """All of it; the same gives the same bytes."""
    states = [b"" if state is None else stored.to_bytes(state) for state in (kept.state, kept.judge)]
    arrays: dict[str, NDArray[Any]] = {}
    numbers: dict[str, float] = {}
    header: dict[str, Any] = {"states": [len(data) for data in states]}
    if kept.judged is not None:
        pool, verdict = kept.judged.pool, kept.judged.verdict
        arrays = {"symbols": pool.symbols, "groups": pool.groups}
        for field in fields(Mixer):
            value = getattr(pool.mixer, field.name)
            (arrays if isinstance(value, np.ndarray) else numbers)[field.name] = value
        header |= {"gains": verdict.gains, "right_gains": verdict.right_gains, "numbers": numbers}
    header["arrays"] = [(name, a.dtype.newbyteorder("<").str, a.shape) for name, a in arrays.items()]
    text = json.dumps(header, separators=(",", ":")).encode()
    body = [np.ascontiguousarray(a, a.dtype.newbyteorder("<")).tobytes() for a in arrays.values()]
    return b"".join((MAGIC, len(text).to_bytes(8, "little"), text, *states, *body))


def from_bytes(data: bytes, device: str = "auto") -> Kept:
    """What `to_bytes` wrote, to run on that device. Raises `StoreError` where it is damaged or of another version."""
    start = len(MAGIC) + 8
    if not data.startswith(MAGIC):
        raise StoreError("The net was made by another version.", "Learn it again.", "neural-version")
    try:
        end = start + int.from_bytes(data[len(MAGIC) : start], "little")
        return _read(json.loads(data[start:end]), data[end:], device)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise StoreError(f"The net is damaged: {error!r}.", "Learn it again.", "neural-damaged") from error


def _read(header: Mapping[str, Any], body: bytes, device: str) -> Kept:
    states: list[NeuralState | None] = []
    for size in header["states"]:
        states.append(stored.from_bytes(body[:size], device) if size else None)
        body = body[size:]
    if "gains" not in header:
        return Kept(states[0], states[1])
    arrays: dict[str, NDArray[Any]] = {}
    for name, kind, shape in header["arrays"]:
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(kind).itemsize
        arrays[name] = np.frombuffer(body[:size], kind).reshape(shape).astype(np.dtype(kind).newbyteorder("="))
        body = body[size:]
    symbols, groups = arrays.pop("symbols"), arrays.pop("groups")
    verdict = Verdict(tuple(header["gains"]), tuple(header["right_gains"]))
    return Kept(states[0], states[1], Judged(verdict, Pool(symbols, groups, Mixer(**arrays, **header["numbers"]))))
