"""The template library: whole agreements to begin with, as YAML files of this package."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Final

from guildbook.govern.agreement.yaml import read
from guildbook.model.agreement import Agreement, Term
from guildbook.model.errors import UnknownNameError

_FOLDER: Final = "library"
_SUFFIX: Final = ".yaml"


@dataclass(frozen=True, slots=True)
class Template:
    """One template: an agreement without parties and dates, and how long it is meant to run."""

    name: str
    about: str
    """The first line of its file."""
    months: int
    """How long it runs when it is drafted."""
    agreement: Agreement


@cache
def templates() -> tuple[Template, ...]:
    """All templates, by name."""
    files = resources.files("guildbook.govern.agreement").joinpath(_FOLDER).iterdir()
    found = [
        _template(file.name.removesuffix(_SUFFIX), file.read_text(encoding="utf-8"))
        for file in files
        if file.name.endswith(_SUFFIX)
    ]
    return tuple(sorted(found, key=lambda t: t.name))


def template(name: str) -> Template:
    """The template of that name. Raises `UnknownNameError`."""
    for found in templates():
        if found.name == name:
            return found
    raise UnknownNameError("template", name, [t.name for t in templates()])


def draft(name: str, first_day: date) -> Agreement:
    """The template of that name as a draft that begins on a day and runs for as many months as it is meant to.

    The parties are still empty: the validator says so until they are filled in. Raises `UnknownNameError`.
    """
    found = template(name)
    last = _later(first_day, found.months) - timedelta(days=1)
    return replace(found.agreement, term=Term(first_day=first_day.isoformat(), last_day=last.isoformat()))


def next_month(today: date) -> date:
    """The first day of the month after `today`: when a draft begins if nobody says otherwise."""
    return _later(today.replace(day=1), 1)


def _later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    longest = (_first_of_next(first) - first).days
    return first.replace(day=min(day.day, longest))


def _first_of_next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _template(name: str, text: str) -> Template:
    about, months = text.splitlines()[:2]
    return Template(
        name, about.removeprefix("#").strip(), int(months.removeprefix("# months:")), read(text, f"template {name}")
    )
