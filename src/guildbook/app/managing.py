"""What whoever runs a book is shown of other people's say: no single person's, and no small number of people.

A worker with a key of their own has a say that is theirs: what they permit, refuse and pause, and for which of their
permissions something was read, is shown to them alone. Of all such people together there are counts, with those left
out that are small or that small ones could be worked out from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from guildbook.app.persons import Actor
from guildbook.app.terms import Terms
from guildbook.govern import Gate
from guildbook.govern.permissions import Said
from guildbook.govern.suppression import LEAST, suppressed
from guildbook.model.errors import DeniedError
from guildbook.model.grant import Use
from guildbook.model.purpose import Purpose, chain
from guildbook.store import Store

WORDS = ("permitted", "refused", "nothing said")
_OWN_LOOKS = frozenset({"overview", "traces", "export:portable"})
"""What is read for the worker themself: that they looked is nobody's business."""


@dataclass(frozen=True, slots=True)
class Managing:
    """Other people's say, as far as it may be seen."""

    _store: Store
    _gate: Gate

    def hidden(self, viewer: Actor) -> frozenset[str]:
        """Ids of the workers whose say this viewer is not shown: those with a key, but for the viewer."""
        enrolled = self._gate.register.world().people
        own = viewer.person if viewer.signer is not None else ""
        return frozenset(w.id for w in self._store.workers() if w.id in enrolled and w.id != own and w.name is not None)

    def only(self, viewer: Actor, worker: str | None) -> None:
        """Raise `DeniedError` where one worker is asked about whose say is not this viewer's to see."""
        if worker is not None and self._gate.known(worker) in self.hidden(viewer):
            raise DeniedError(
                f"What {worker} has said, and what follows from it, is shown to {worker} alone.",
                f'As them: --as "{worker}". Of everybody together: --counts.',
                "not-yours",
            )

    def permissions(self, viewer: Actor, worker: str | None = None) -> list[Said]:
        """What was permitted and refused, by those whose say may be seen."""
        self.only(viewer, worker)
        names = self._names(self.hidden(viewer))
        return [said for said in self._gate.decisions(worker) if said.worker not in names]

    def terms(self, desk: Terms, viewer: Actor, worker: str | None = None) -> list[dict[str, Any]]:
        """What was allowed, refused and paused, by those whose say may be seen."""
        self.only(viewer, worker)
        names = self._names(self.hidden(viewer))
        return [said for said in desk.show(worker) if said["worker"] not in names]

    def uses(self, viewer: Actor, worker: str | None = None) -> list[Use]:
        """The receipts of the traces of those whose say may be seen: a receipt tells by what permission."""
        self.only(viewer, worker)
        names = self._names(self.hidden(viewer))
        return [use for use in self._gate.uses(worker) if use.worker not in names]

    def permission_counts(self, viewer: Actor) -> list[dict[str, Any]]:
        """How many of the others permit and refuse each purpose within the book; None for what is not shown."""
        hidden, world = self.hidden(viewer), self._gate.register.world()
        purposes = [p for p in Purpose if p is not Purpose.UNLEARN]
        counts = [[0, 0, 0] for _ in purposes]
        for row, purpose in zip(counts, purposes, strict=True):
            for person in hidden:
                row[_word(world.said.get(person, {}), purpose)] += 1
        table = suppressed(counts, known_rows=True)
        return [
            {"purpose": str(purpose), **dict(zip(WORDS, cells, strict=True))}
            for purpose, cells in zip(purposes, table.cells, strict=True)
        ]

    def use_counts(self, viewer: Actor) -> list[dict[str, Any]]:
        """Of how many of the others traces were read, by purpose and artefact; None where they are few."""
        names = self._names(self.hidden(viewer))
        people: dict[tuple[str, str, str], set[str]] = {}
        for use in self._gate.uses():
            if use.worker in names:
                people.setdefault((str(use.purpose), use.artefact, use.recipient), set()).add(use.worker)
        # No totals: one person is in several lines, so nothing can be worked out from the others. But how many people
        # there are is known: all but a few says as much as a few.
        return [
            {"purpose": key[0], "into": key[1], "recipient": key[2], "workers": _few(len(who), len(names))}
            for key, who in sorted(people.items())
            if key[1] not in _OWN_LOOKS
        ]

    def _names(self, people: Iterable[str]) -> frozenset[str]:
        return frozenset(self._gate.label(person) for person in people)


def _word(said: Mapping[tuple[str, str, str], bool], purpose: Purpose) -> int:
    """Permitted (0) or refused (1), as a whole or in part, or nothing said (2). To refuse a group refuses all in it."""
    words = {(p, word) for (p, _, _), word in said.items()}
    if any((name, False) in words for name in chain(purpose)):
        return 1
    return 0 if (str(purpose), True) in words else 2


def _few(count: int, of: int) -> int | None:
    return count if count >= LEAST and (count == of or of - count >= LEAST) else None
