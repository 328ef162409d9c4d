"""Why a step is expected: the contexts that voted for it, in words, with what was counted in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from guildbook.distil.alike import routine_title
from guildbook.distil.nextstep.contexts import Context
from guildbook.distil.nextstep.counts import levels_for
from guildbook.distil.nextstep.history import History
from guildbook.distil.nextstep.model import NextStep, group_of, look_at
from guildbook.distil.nextstep.signs import ATTRIBUTE, Signs
from guildbook.model.time import iso, words

SHOWN: Final = 5
FAINT: Final = 0.5
"""Occurrences below which a context is no reason."""
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Reason:
    """One context that voted."""

    context: str
    """In words: what was looked at."""
    count: float
    """How often it was followed by the step; older occurrences may count less."""
    seen: float
    """How often it was seen at all."""
    influence: float
    """By how much it raises the step's score above that of the others, nats."""


def reasons(model: NextStep, history: History, label: str, most: int = SHOWN) -> list[Reason]:
    """The contexts that raise this step most, the strongest first; "" is the end."""
    place = history.place()
    signs = Signs(place)
    levels = levels_for(model.follows, signs)
    group = group_of(signs, model.groups)
    look = look_at(levels, slice(0, 1), model.width, group, model.standing(place, group))
    code = [int(s) for s in model.symbols if model.texts.get(int(s), "") == label]
    if not code:
        return []
    column = model.symbols.tolist().index(code[0])
    cell = np.flatnonzero(look.sheet.cells[0] == column)
    if not len(cell):
        return []
    p = np.exp(model.mixer.log_probabilities(look.sheet)[0].astype(np.float64))
    believed = model.mixer.weight[np.arange(look.sheet.bins.shape[1]), look.sheet.bins[0]]
    believed = believed + model.mixer.lean[look.sheet.group[0]]
    raised = believed * (look.sheet.logp[0, :, cell[0]] - look.sheet.logp[0] @ p)
    found: list[Reason] = []
    told: list[tuple[float, float]] = []
    spoken = raised[: len(model.views)]  # what the trees add has no words
    for view in np.argsort(-spoken, kind="stable").tolist():
        level = levels[view + 1]
        if raised[view] <= 0 or level.at[0] < 0 or len(found) == most:
            continue
        run = slice(*level.follows.offsets[level.at[0] : level.at[0] + 2].tolist())
        counts = level.follows.counts[run]
        here, seen = float(counts[level.follows.columns[run] == column].sum()), float(counts.sum())
        if here < FAINT or any(np.isclose((here, seen), one, rtol=0.05).all() for one in told):
            continue  # faded, or the same occurrences looked at in another way
        told.append((here, seen))
        found.append(Reason(worded(level.context, history), here, seen, float(raised[view])))
    return found


def worded(context: Context, history: History) -> str:
    """A context as it looks after this history: `after Open, Check; done by Ann`."""
    return "; ".join(text for part in context if (text := _part(part, history)))


def _part(part: str, history: History) -> str:
    if part.startswith("acts"):
        return _after(history, int(part.removeprefix("acts")))
    if part.startswith(ATTRIBUTE):
        name = part.removeprefix(ATTRIBUTE)
        own = [text for text in history.conditions if text.startswith((f"{name}=", f"{name}≥"))]
        return f"with {own[-1]}" if own else f"with no {name}"
    return _WORDS[part](history)


def _after(history: History, order: int) -> str:
    if not order:
        return ""
    steps = [step.label for step in history.steps[-order:]]
    text = "after " + ", ".join(steps) if steps else "at the start"
    return f"{text} at the start" if steps and len(history.steps) < order else text


def _who(history: History, back: int) -> str:
    name = history.steps[-back].worker if len(history.steps) >= back else None
    return name or "somebody unknown"


def _gap(history: History, back: int) -> str:
    times = [step.time for step in history.steps[-back - 1 :]]
    if len(times) <= back or times[0] is None or times[1] is None:
        return "an unknown time"
    return f"about {words((times[1] - times[0]) / 1e6)}"


def _since(history: History) -> str:
    if not history.steps or history.steps[0].time is None or history.steps[-1].time is None:
        return "an unknown time"
    return f"about {words((history.steps[-1].time - history.steps[0].time) / 1e6)}"


def _clock(history: History) -> str:
    time = history.steps[-1].time if history.steps else None
    return "at an unknown hour" if time is None else f"in the hour from {iso(time)[11:13]}:00 UTC"


def _day(history: History) -> str:
    time = history.steps[-1].time if history.steps else None
    return "on an unknown day" if time is None else f"on a {_WEEKDAYS[(time // 86_400_000_000 + 3) % 7]}"


def _again(history: History) -> str:
    if not history.steps:
        return "nothing done yet"
    return f"done {sum(s.label == history.steps[-1].label for s in history.steps)} times so far"


def _asked(history: History) -> str:
    name = history.steps[-1].asked if history.steps else None
    return f"asking {name}" if name else "asking nobody"


_WORDS: Final[dict[str, Callable[[History], str]]] = {
    "worker": lambda h: f"done by {_who(h, 1)}",
    "worker2": lambda h: f"the step before by {_who(h, 2)}",
    "opener": lambda h: f"begun by {h.steps[0].worker or 'somebody unknown'}" if h.steps else "not yet begun",
    "opening": lambda h: f"begun with {h.steps[0].label}" if h.steps else "not yet begun",
    "act2": lambda h: f"the step before the last was {h.steps[-2].label}" if len(h.steps) > 1 else "at the start",
    "act3": lambda h: f"two before it {h.steps[-3].label}" if len(h.steps) > 2 else "near the start",  # noqa: PLR2004
    "gap": lambda h: f"{_gap(h, 1)} after the step before",
    "gap_fine": lambda h: f"{_gap(h, 1)} after the step before, closely",
    "gap2": lambda h: f"and that {_gap(h, 2)} after the one before it",
    "since": lambda h: f"{_since(h)} into the case",
    "since_fine": lambda h: f"{_since(h)} into the case, closely",
    "hour": _clock,
    "weekday": _day,
    "case": lambda h: f"in cases with {', '.join(h.conditions)}" if h.conditions else "in cases of no known kind",
    "task": lambda h: f"in {routine_title(h.task) or h.task}" if h.task else "in an unknown task",
    "asked": _asked,
    "bag": lambda _: "with the same steps done equally often so far",
    "set": lambda _: "with the same kinds of step done so far",
    "recent": lambda _: "with the same four latest kinds of step",
    "runs": lambda _: "with the same three latest runs of steps",
    "again": _again,
    "depth": lambda h: f"after {len(h.steps)} steps in all",
}
