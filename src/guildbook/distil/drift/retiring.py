"""Practices of a step that is no longer done are retired: what shows them lies before the change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from guildbook.model.knowledge import Practice, Status
from guildbook.model.process import Change


def retired(practices: Iterable[Practice], found: Sequence[Change]) -> tuple[Practice, ...]:
    """The practices, those retired whose step, or the step it comes before, is gone from their task since."""
    gone = {(change.task, change.activity): change.date for change in found if change.kind == "disappears"}
    out: list[Practice] = []
    for practice in practices:
        steps = (*practice.do, practice.when.activity, *practice.when.after)
        dates = sorted(gone[practice.when.task, step] for step in steps if (practice.when.task, step) in gone)
        if not dates or practice.status is Status.RETIRED:
            out.append(practice)
        else:
            out.append(replace(practice, status=Status.RETIRED, retired=dates[0]))
    return tuple(out)
