"""The teaching desk: what was learnt, given out to people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from guildbook.app.distilling import Distilling
from guildbook.app.writing import written
from guildbook.config import Config
from guildbook.model.errors import InputError, UnknownNameError, UsageError
from guildbook.model.knowledge import Kind, Knowledge, Practice, Status
from guildbook.model.time import iso, now

if TYPE_CHECKING:
    from guildbook.teach import Answer


class Teaching:
    """Practices, answers and pages from the book's knowledge."""

    def __init__(self, distil: Distilling, config: Config) -> None:
        self._distil = distil
        self._config = config

    def knowledge(self) -> Knowledge:
        """What the book knows; `InputError` when nothing was learnt yet."""
        found = self._distil.knowledge()
        if found is None:
            raise InputError(
                "This book has learnt nothing yet.",
                "Begin with: guildbook learn PATH (or guildbook tour).",
                "nothing-learnt",
            )
        return found

    def practices(self, kind: str | None = None, *, retired: bool = True) -> list[Practice]:
        """All practices, or those of one kind, in layers; those of steps no longer done only with `retired`."""
        if kind is not None and kind not in list(Kind):
            raise UsageError(f"There is no kind of practice called {kind!r}.", f"Kinds: {', '.join(Kind)}.")
        known = self.knowledge().practices
        return [p for p in known if (kind is None or p.kind == kind) and (retired or p.status is not Status.RETIRED)]

    def practice(self, name: str) -> Practice:
        """The practice with this id, or with the only id that begins so."""
        known = self.practices()
        found = [p for p in known if p.id == name] or [p for p in known if p.id.startswith(name)]
        if len(found) != 1:
            raise UnknownNameError("practice", name, [p.id for p in (found or known)])
        return found[0]

    def ask(self, question: str) -> Answer:
        """Answer from the practices, with citations."""
        from guildbook.teach import ask  # noqa: PLC0415 - learning opens a book too, and searches nothing

        return ask(question, self.knowledge(), limit=self._config.teach.limit)

    def write_report(self, output: Path, *, title: str) -> Path:
        """Write the page, whole or not at all."""
        from guildbook.distil.discovery import discover  # noqa: PLC0415 - as for the next
        from guildbook.distil.variants import explore  # noqa: PLC0415
        from guildbook.teach import report  # noqa: PLC0415 - drawing takes time to load, and nothing else needs it

        known, sums = self.knowledge(), self._distil.sums()
        # Without sums (they are of another version) the page draws what the knowledge itself holds.
        page = report.render(
            known,
            title=title,
            generated=iso(now())[:16] + "Z",
            maps=() if sums is None else discover(sums),
            variants=() if sums is None else explore(sums),
        )
        return written(output, page)
