"""Sentences for practices, by template, from labels and numbers alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from guildbook.distil.practices.times import is_time
from guildbook.model.knowledge import When

_LIFECYCLE: Final = re.compile(r"\+(\w+)$")
_CLASS: Final = re.compile(r" \([a-z ]+\)$")
"""The document class that ends a label with an app."""
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_UNITS: Final = ((86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"))
_WORKER: Final = "worker:"


@dataclass(frozen=True, slots=True)
class Names:
    """What symbols mean, for one set of sums."""

    texts: Mapping[int, str]

    def label(self, symbol: int) -> str:
        """The text a symbol stands for; a symbol without text (which sums do not hold) shows as its number."""
        return self.texts.get(int(symbol), f"#{int(symbol):x}")

    def worker(self, symbol: int) -> str:
        """The worker's label."""
        return self.label(symbol).removeprefix(_WORKER)

    def condition(self, symbol: int) -> tuple[str, str]:
        """`product=marine` as `("product", "marine")`, `amount≥1000` as `("amount", "≥1000")`."""
        text = self.label(symbol)
        bound = text.find("≥")
        equal = text.find("=")
        if bound >= 0 and (equal < 0 or bound < equal):
            return text[:bound], text[bound:]
        return (text[:equal], text[equal + 1 :]) if equal >= 0 else (text, "true")


def step(label: str) -> str:
    """An activity label as a phrase: `claims: check_exclusions` → `check exclusions in claims`."""
    app, _, rest = label.partition(": ") if ": " in label else ("", "", label)
    rest = _CLASS.sub("", rest) if app else rest
    lifecycle = _LIFECYCLE.search(rest)
    phrase = plain(rest[: lifecycle.start()] if lifecycle else rest)
    if lifecycle:
        phrase += f" ({lifecycle.group(1).lower()})"
    return f"{phrase} in {app}" if app else phrase


def steps(labels: Sequence[str]) -> str:
    """Several steps in order; an app they share is named once."""
    apps = {label.split(": ", 1)[0] if ": " in label else "" for label in labels}
    if len(labels) > 1 and len(apps) == 1 and (app := apps.pop()):
        return ", then ".join(step(label).removesuffix(f" in {app}") for label in labels) + f" in {app}"
    return ", then ".join(step(label) for label in labels)


def plain(text: str) -> str:
    """Underscores, dashes between words and inner capitals become spaces; a phrase begins in lower case.

    But not one whose first word is a code in capitals, such as `W_Completeren`.
    """
    text = _CAMEL.sub(" ", text.replace("_", " ").replace("-", " ")).strip()
    return text if text.split(" ", 1)[0].isupper() else text[:1].lower() + text[1:]


def condition(name: str, value: str) -> str:
    """`product is marine`, `amount is at least 1000`."""
    if is_time(name, value):
        return f"it begins between {value.replace('–', ' and ')} UTC" if "–" in value else f"it begins {value}"
    name = plain(name)
    if value.startswith("≥"):
        return f"{name} is at least {value[1:]}"
    if value.lower() in {"true", "false"}:
        return f"{name} is {'not ' if value.lower() == 'false' else ''}so"
    return f"{name} is {value}"


def people(names: Sequence[str], most: int) -> str:
    """`Ann, Bob or Cay`, no more than so many."""
    listed = list(names[:most]) + (["others"] if len(names) > most else [])
    return " or ".join(filter(None, (", ".join(listed[:-1]), listed[-1])))


def where(attributes: Sequence[tuple[str, str]]) -> str:
    """` where product is marine and …`, or nothing."""
    return f" where {' and '.join(condition(*a) for a in attributes)}" if attributes else ""


def situation(when: When) -> str:
    """The opening of a sentence: the task, the case's conditions, and what has been done."""
    text = f"When you {plain(when.task)}{where(when.attributes)}"
    return f"{text} and have done “{steps(when.after)}”" if when.after else text


def telling(name: str) -> str:
    """What is done in a practice about whom to tell."""
    return f"tell {name}"


def share(value: float) -> str:
    """A rate in whole per cent, tenths when it is near an end."""
    percent = 100.0 * value
    near = 0.0 < percent < 1.0 or 99.0 < percent < 100.0  # noqa: PLR2004
    return f"{percent:.1f} %" if near else f"{percent:.0f} %"


def length(seconds: float) -> str:
    """A length of time in its natural unit with two or three figures."""
    for size, name in _UNITS:
        if seconds >= 1.5 * size:
            return f"{_figures(seconds / size)} {name}"
    return f"{_figures(seconds)} seconds"


def _figures(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")  # noqa: PLR2004


def opening(text: str) -> str:
    """The sentence with its first letter large."""
    return text[:1].upper() + text[1:]


def number(n: float) -> str:
    """A count with thousands apart."""
    return f"{n:,.0f}"
