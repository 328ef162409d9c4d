"""What was learnt, shown without what rests on traces that may not be used now. Nothing that is kept is changed.

Sums cannot be taken apart by worker without their events, so what rests on somebody is found by what it says of itself:
a practice names who contributed, a person's page the tasks they took part in. Of a task in which somebody withheld took
part nothing is shown, since every number in it counts their cases too. `guildbook learn` subtracts them and
learns from the others; when the traces may be used again, what was kept is shown as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

from guildbook.distil.people import LISTED
from guildbook.model.decision import Reason
from guildbook.model.knowledge import Knowledge, Person, Practice

HOW_TO_GO_ON: Final = "Learn without them: guildbook learn"
_WHY: Final = {
    Reason.STRIKE: "there is a strike",
    Reason.COLLECTIVE_REFUSAL: "their collective refuses it",
    Reason.ERASING: "somebody is being forgotten",
}
"""What everybody may know; what a worker has said for themself is not told."""


def note(reasons: Iterable[Reason]) -> str:
    """Why something is not shown."""
    told = sorted({_WHY.get(reason, "somebody withholds them") for reason in reasons})
    return (
        f"Some of the traces this was learnt from may not be used now ({', '.join(told)}): what rests on them is not "
        f"shown. {HOW_TO_GO_ON}"
    )


def without(known: Knowledge, names: Collection[str], said: str) -> Knowledge:
    """What is left of it when nothing may rest on these people. `said`: the note that tells why."""
    touched = _tasks(known, names)
    practices = _standing([p for p in known.practices if not _rests(p, names, touched)])
    people = [_alone(p, names, touched) for p in known.people if p.name not in names]
    tasks = tuple(t for t in known.tasks if t.title not in touched) if touched is not None else ()
    return replace(
        known,
        events=sum(p.events for p in people),
        workers=len(people),
        cases=0,
        episodes=sum(t.episodes for t in tasks),
        tasks=tasks,
        practices=tuple(practices),
        people=tuple(people),
        maps=tuple(m for m in known.maps if m.task in {t.title for t in tasks} | {t.id for t in tasks}),
        period=None,
        teams=(),
        roles=(),
        notes=(said,),
        changes=tuple(c for c in known.changes if c.task in {t.title for t in tasks}),
    )


def _tasks(known: Knowledge, names: Collection[str]) -> set[str] | None:
    """Titles of the tasks they took part in; None: it cannot be told, so all."""
    theirs = [p for p in known.people if p.name in names]
    if len(theirs) < len(set(names)) or any(len(p.tasks) >= LISTED for p in theirs):
        return None
    return {title for person in theirs for title, _ in person.tasks}


def _rests(practice: Practice, names: Collection[str], touched: set[str] | None) -> bool:
    if touched is None or not practice.when.task or practice.when.task in touched:
        return True
    return any(name in names for name in (*practice.people, *(name for name, _ in practice.contributors)))


def _standing(left: list[Practice]) -> list[Practice]:
    """Without practices written in terms of one that is gone."""
    while True:
        ids = {p.id for p in left}
        kept = [p for p in left if ids.issuperset(p.prerequisites)]
        if len(kept) == len(left):
            return [replace(p, opposed=tuple(other for other in p.opposed if other in ids)) for p in kept]
        left = kept


def _alone(person: Person, names: Collection[str], touched: set[str] | None) -> Person:
    """What a person did themself, and with whom of the others; not what is told by comparing or asking everybody."""
    tasks = () if touched is None else tuple(t for t in person.tasks if t[0] not in touched)
    with_others = tuple((name, n) for name, n in person.works_with if name not in names)
    return replace(
        person, tasks=tasks, works_with=with_others, asked_about=(), answers_in=None, known_for=(), team="", role=""
    )
