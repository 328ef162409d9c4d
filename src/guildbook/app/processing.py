"""The process desk: maps, variants, changes over time, and one case against the rest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from guildbook.app.distilling import Distilling
from guildbook.app.naming import unnamed
from guildbook.app.withheld import HOW_TO_GO_ON
from guildbook.app.writing import written
from guildbook.govern import Gate
from guildbook.model.errors import DeniedError, InputError, UnknownNameError, UsageError
from guildbook.model.purpose import Purpose

if TYPE_CHECKING:
    from guildbook.distil import Sums
    from guildbook.model.process import Change, Conformance, FilteredMap, Variants

Tasked = TypeVar("Tasked", "FilteredMap", "Variants")


class Processing:
    """What the book's sums tell of the process. Only `conformance` reads events, behind a grant of its own."""

    def __init__(self, gate: Gate, distil: Distilling) -> None:
        self._gate = gate
        self._distil = distil

    def maps(self, task: str | None = None) -> list[FilteredMap]:
        """The filtered maps, commonest task first, or that of one task by id, title, or the beginning of either."""
        from guildbook.distil.discovery import discover  # noqa: PLC0415 - only looking at maps needs it

        return _picked(discover(self._sums()), task)

    def variants(self, task: str | None = None, shown: int = 50) -> list[Variants]:
        """The `shown` commonest variants of each task, or of one."""
        from guildbook.distil.variants import explore  # noqa: PLC0415 - only looking at variants needs it

        return _picked(explore(self._sums(), shown=shown), task)

    def changes(self, task: str | None = None) -> list[Change]:
        """Changes of the process over time, oldest first."""
        found = self._distil.knowledge()
        if found is None:
            raise _nothing()
        if task is None:
            return list(found.changes)
        titles = {t.id: t.title for t in found.tasks}
        chosen = _named([*titles, *titles.values()], task)
        return [change for change in found.changes if change.task == titles.get(chosen, chosen)]

    def draw(self, output: Path, task: str | None, level: float) -> Path:
        """Write the map of one task (by default the commonest) as `.svg`, `.html` or `.bpmn`, whole or not at all."""
        from guildbook.teach.report import picture  # noqa: PLC0415 - drawing takes time to load

        form = output.suffix.lower()
        if form not in picture.FORMS:
            raise UsageError(
                f"{output} is neither SVG, HTML nor BPMN.", "Name the file FILE.svg, FILE.html or FILE.bpmn."
            )
        found = self.maps(task)
        if not found:
            raise _nothing()
        return written(output, picture.draw(found[0], level, form))

    def conformance(self, case: str) -> Conformance:
        """One case against what is usual in its task.

        Who may not be named is told of by their role. The case is read under a grant for `train-people`. Raises
        `UnknownNameError` where nothing admitted has it.
        """
        from guildbook.distil.conformance import conformance  # noqa: PLC0415 - compiled parts take time to load
        from guildbook.distil.maps import titles  # noqa: PLC0415
        from guildbook.distil.picking import case_of  # noqa: PLC0415

        sums = self._sums()
        named = titles(sums)
        admitted = self._gate.grant(Purpose.TRAIN_PEOPLE, stage="distil", artefact="conformance")
        tried = [case, *(f"{sums.text(task)}:{case}" for task in named)]
        found = case_of(admitted, tried, self._distil.settings())
        if found is None:
            raise UnknownNameError("case", case)
        return unnamed(conformance(found, sums, named), self._distil.called())

    def _sums(self) -> Sums:
        found = self._distil.sums()
        if found is None:
            why = self._distil.withheld()
            raise DeniedError(why.removesuffix(HOW_TO_GO_ON).strip(), HOW_TO_GO_ON, "withheld") if why else _nothing()
        return found


def _nothing() -> InputError:
    return InputError(
        "This book has learnt nothing yet.", "Begin with: guildbook learn PATH (or guildbook tour).", "nothing-learnt"
    )


def _picked(found: tuple[Tasked, ...], task: str | None) -> list[Tasked]:
    if task is None:
        return list(found)
    chosen = _named([name for one in found for name in (one.id, one.task)], task)
    return [one for one in found if chosen in {one.id, one.task}]


def _named(names: list[str], wanted: str) -> str:
    """The only name that is the wanted one, begins with it, has it as words, or holds it; in any letter case."""
    fold = wanted.casefold()
    for fits in (str.__eq__, str.startswith, _has_words, str.__contains__):
        found = dict.fromkeys(name for name in names if fits(name.casefold(), fold))
        if len(found) == 1:
            return next(iter(found))
        if found:
            raise UnknownNameError("task", wanted, list(found))
    raise UnknownNameError("task", wanted, names)


def _has_words(name: str, wanted: str) -> bool:
    return f" {wanted} " in f" {name} "
