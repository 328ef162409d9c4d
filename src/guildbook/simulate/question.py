"""A question as a link holds it: one world, a policy, perhaps a second one, and which draws of chance."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from guildbook.model.errors import UsageError
from guildbook.simulate.parameters import table
from guildbook.simulate.scenario import Scenario

LIMITS: Final = {
    "months": (12, 600),
    "workers": (100, 1_000_000),
    "seeds": (1, 100),
    "seed": (0, 10_000),
    "from": (0, 599),
}
"""What a page may ask for; a scenario that says more may have that."""
OTHER: Final = "b."
"""Before a parameter's name: the second policy's."""
COMPARE: Final = "compare"
_NUMBER: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?")
_WORDS: Final = 400


@dataclass(frozen=True, slots=True)
class Question:
    """Policies on the same draws: `scenarios[0]`, and the second one where two are compared."""

    scenarios: tuple[Scenario, ...]
    seed: int
    """The first; there are `scenarios[0].seeds` from there on."""

    @property
    def draws(self) -> range:
        """The seeds."""
        return range(self.seed, self.seed + self.scenarios[0].seeds)


def question(base: Scenario, words: Sequence[tuple[str, str]]) -> Question:
    """What a link's words ask of a scenario; none ask for the scenario itself.

    `NAME=NUMBER` sets a parameter, `b.NAME=NUMBER` the second policy's, from month `from` on; `compare=1` has a second
    policy even if it is the same. What is set holds whatever the scenario changes later. Raises `UsageError` that says
    which word is wrong.
    """
    if len(words) > _WORDS:
        raise UsageError(f"The link says {len(words)} things.", f"At most {_WORDS}.")
    said = _once(words)
    counts = {name: _count(name, said.pop(name), base) for name in LIMITS if name in said}
    compare = said.pop(COMPARE, "0")
    if compare not in {"0", "1"}:
        raise UsageError(f"{COMPARE} is {_cut(compare)}.", "It is 0 or 1.")
    one = {name: _number(name, text) for name, text in said.items() if not name.startswith(OTHER)}
    other = {name[2:]: _number(name[2:], text) for name, text in said.items() if name.startswith(OTHER)}
    months = counts.get("months", base.months)
    first = replace(
        base, parameters=base.parameters.having(**one), months=months, workers=counts.get("workers", base.workers),
        seeds=counts.get("seeds", base.seeds), changes=_without(base.changes, one, 0, months),
    )  # fmt: skip
    seed = counts.get("seed", 0)
    if compare == "0" and not other:
        return Question((first,), seed)
    return Question((first, _second(first, other, counts.get("from", 0))), seed)


def _second(first: Scenario, other: Mapping[str, float], since: int) -> Scenario:
    """The same world with another policy from a month on."""
    if since >= first.months:
        raise UsageError(f"The second policy begins in month {since}.", f"There are {first.months} months.")
    name = "the second policy"
    changes = _without(first.changes, other, since, first.months)
    if since == 0:
        return replace(first, name=name, parameters=first.parameters.having(**other), changes=changes)
    first.parameters.having(**other)  # says what is wrong before anything else does
    begun = {since: {**changes.get(since, {}), **other}} if other else {}
    return replace(first, name=name, changes=changes | begun)


def _without(
    changes: Mapping[int, Mapping[str, float]], names: Mapping[str, float], since: int, months: int
) -> dict[int, Mapping[str, float]]:
    """Changes without those of the named parameters from a month on, and without those that come too late."""
    left = {
        month: {name: value for name, value in change.items() if month < since or name not in names}
        for month, change in changes.items()
        if month < months
    }
    return {month: change for month, change in left.items() if change}


def _once(words: Sequence[tuple[str, str]]) -> dict[str, str]:
    said: dict[str, str] = {}
    for name, text in words:
        if name in said:
            raise UsageError(f"The link says {_cut(name)} twice.", "Say it once.")
        said[name] = text
    known = table()
    for name in said:
        if name not in LIMITS and name != COMPARE and name.removeprefix(OTHER) not in known:
            raise UsageError(f"There is nothing called {_cut(name)}.", "guildbook simulate parameters lists what is.")
    return said


def _count(name: str, text: str, base: Scenario) -> int:
    low, high = LIMITS[name]
    own = getattr(base, name, low)
    if re.fullmatch(r"\d{1,9}", text) is None or not min(low, own) <= int(text) <= max(high, own):
        raise UsageError(f"{name} is {_cut(text)}.", f"A whole number from {low} to {max(high, own)}.")
    return int(text)


def _number(name: str, text: str) -> float:
    default, about = table()[name]
    whole = isinstance(default, int)
    if _NUMBER.fullmatch(text) is None or (whole and not float(text).is_integer()):
        kind = "whole number" if whole else "number"
        raise UsageError(f"{name} is {_cut(text)}.", f"A {kind} from {about.low:g} to {about.high:g}: {about.what}.")
    return int(float(text)) if whole else float(text)


def _cut(text: str) -> str:
    """What somebody wrote, at a length that fits into a sentence."""
    most = 60
    return repr(text if len(text) <= most else f"{text[:most]}…")
