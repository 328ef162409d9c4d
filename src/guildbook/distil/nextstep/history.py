"""What is known of one unfinished joint trace, from wherever it comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from guildbook.distil.encode import Events, Words
from guildbook.distil.nextstep.places import Places
from guildbook.distil.nextstep.signs import UNTIMED
from guildbook.distil.sums import condition_symbol, worker_symbol
from guildbook.distil.traces import Traces


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done."""

    label: str
    """The activity, as the book names it."""
    worker: str | None = None
    time: int | None = None
    """When it began, µs UTC; None: not known."""
    asked: str | None = None
    """Whom it addresses."""


@dataclass(frozen=True, slots=True)
class History:
    """The steps so far, from the first one on."""

    steps: tuple[Step, ...] = ()
    task: str | None = None
    conditions: tuple[str, ...] = ()
    """What is known of the case, such as `product=marine`."""

    @classmethod
    def of(cls, labels: Sequence[str], worker: str | None = None, task: str | None = None) -> History:
        """Activities alone; `worker` did the last of them."""
        steps = [Step(label) for label in labels]
        if steps:
            steps[-1] = replace(steps[-1], worker=worker)
        return cls(tuple(steps), task)

    @classmethod
    def of_trace(cls, traces: Traces) -> History:
        """The only one of these joint traces, with all that is known of it."""
        events = traces.events
        rows = traces.order[traces.offsets[0] : traces.offsets[1]]
        asked = {
            int(row): events.workers.texts[code] for row, code in zip(events.ask_event, events.ask_worker, strict=True)
        }
        steps = tuple(
            Step(
                events.acts.texts[events.act[row]],
                events.workers.texts[events.worker[row]],
                int(events.time[row]),
                asked.get(row),
            )
            for row in rows.tolist()
        )
        offsets, codes = traces.rules
        conditions = tuple(events.conditions.texts[code] for code in codes[offsets[0] : offsets[1]].tolist())
        return cls(steps, traces.task_texts.get(int(traces.task[0])), conditions)

    def then(self, label: str) -> History:
        """With one step more of which nothing but the activity is known."""
        return replace(self, steps=(*self.steps, Step(label)))

    def place(self) -> Places:
        """The place after the last step."""
        # A step more than there are: what stands after a place is never looked at, and no trace is empty.
        steps = (*self.steps, Step(""))
        count = len(steps)
        people = sorted({name for s in self.steps for name in (s.worker, s.asked) if name is not None})
        names = {name: code for code, name in enumerate(people, 1)}
        asks = [(row, names[s.asked]) for row, s in enumerate(steps) if s.asked is not None]
        none = np.full(count, -1, np.int32)
        events = Events(
            time=np.array([UNTIMED if s.time is None else s.time for s in steps], np.int64),
            duration=none.astype(np.int64),
            seq=np.arange(count, dtype=np.int64),
            ids=np.zeros((count, 2), np.uint64),
            worker=np.array([0 if s.worker is None else names[s.worker] for s in steps], np.int32),
            act=np.arange(count, dtype=np.int32),
            app=none,
            source=none,
            case=np.zeros(count, np.int32),
            task=np.zeros(count, np.int32),
            outcome=none.astype(np.int8),
            rule=np.zeros(count, np.int32),
            ask_event=np.array([row for row, _ in asks], np.int64),
            ask_worker=np.array([code for _, code in asks], np.int32),
            workers=_people(people),
            acts=Words.of(s.label for s in steps),
            apps=Words.of(()),
            sources=Words.of(()),
            cases=("this",),
            tasks=Words.of((self.task or "",)),
            rule_offsets=np.array([0, len(self.conditions)], np.int64),
            rule_codes=np.arange(len(self.conditions), dtype=np.int64),
            conditions=Words.of(self.conditions, condition_symbol),
            idle=0,
        )
        traces = Traces(events, np.arange(count), np.array([0, count]), np.array([-1]))
        return Places(traces, np.zeros(1, np.int64), np.array([count - 1]))


def _people(names: list[str]) -> Words:
    """Nobody, then these."""
    symbols = np.array([0, *(worker_symbol(name) for name in names)], np.uint64)
    return Words(("", *names), symbols)
