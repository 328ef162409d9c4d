"""What was learnt, with those who may not be named told of by their role. The sums and what is kept stay as they are.

Several people of one role are one entry then, as numbers beside a name would soon be names. A practice that named
somebody gets another id, since an id is worked out from what the practice says and names can be tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar

from guildbook.model.knowledge import Group, Knowledge, Person, Practice

SOMEBODY: Final = "a colleague"
Kept = TypeVar("Kept")
Rename = Callable[[str], str]


def roles(known: Knowledge, hidden: Iterable[str]) -> dict[str, str]:
    """What each hidden name is replaced by: the role, in words, unless that names one of them itself."""
    names = list(hidden)
    told = {p.name: p.role for p in known.people if p.role and not (names and _pattern(names).search(p.role))}
    return {name: f"{SOMEBODY} ({told[name]})" if name in told else SOMEBODY for name in names}


def masked(known: Knowledge, labels: Mapping[str, str], renamed: Rename) -> Knowledge:
    """The knowledge without those names. `renamed` gives another id in the place of one that would tell a name."""
    if not labels:
        return known
    practices = masked_practices(known.practices, labels, renamed)
    return replace(
        known,
        practices=practices,
        people=_people([_masked(p, labels) for p in known.people]),
        teams=tuple(_group(g, labels) for g in known.teams),
        roles=tuple(_group(g, labels) for g in known.roles),
        changes=tuple(_masked(c, labels) for c in known.changes),
    )


def unnamed(value: Kept, labels: Mapping[str, str]) -> Kept:
    """Anything that is told, with those names replaced in all of its texts."""
    return _masked(value, labels) if labels else value


def masked_practices(practices: Sequence[Practice], labels: Mapping[str, str], renamed: Rename) -> tuple[Practice, ...]:
    """Practices without those names."""
    made = {p.id: _practice(p, labels) for p in practices}
    ids = {p.id: renamed(p.id) for p in practices if _tells(p, made[p.id])}

    def now(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(ids.get(name, name) for name in names)

    return tuple(
        replace(p, id=ids.get(name, name), prerequisites=now(p.prerequisites), opposed=now(p.opposed))
        for name, p in made.items()
    )


def _practice(practice: Practice, labels: Mapping[str, str]) -> Practice:
    made = _masked(practice, labels)
    return replace(made, people=tuple(dict.fromkeys(made.people)), contributors=_summed(made.contributors))


def _tells(before: Practice, after: Practice) -> bool:
    """Whether what the practice states, and so its id, rests on a name."""
    return (before.title, before.when, before.do, before.instead_of, before.people) != (
        after.title, after.when, after.do, after.instead_of, after.people,
    )  # fmt: skip


def _masked(value: Kept, labels: Mapping[str, str]) -> Kept:
    """The value with every name in any of its texts replaced."""
    pattern = _pattern(labels)
    return _walk(value, lambda text: pattern.sub(lambda found: labels[found[0]], text))


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Any of these names as whole words, the longest first."""
    return re.compile("|".join(rf"(?<!\w){re.escape(n)}(?!\w)" for n in sorted(names, key=len, reverse=True)))


def _walk(value: Any, change: Rename) -> Any:
    if type(value) is str:
        return change(value)
    if isinstance(value, tuple):
        return tuple(_walk(item, change) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        held = {field.name: getattr(value, field.name) for field in fields(value)}
        now = {name: _walk(item, change) for name, item in held.items()}
        return replace(value, **{name: item for name, item in now.items() if item != held[name]})
    return value


def _people(people: Sequence[Person]) -> tuple[Person, ...]:
    """People of one name as one."""
    same: dict[str, list[Person]] = {}
    for person in people:
        same.setdefault(person.name, []).append(person)
    return tuple(_together(some) for some in same.values())


def _together(some: Sequence[Person]) -> Person:
    first = some[0]
    together = replace(
        first,
        events=sum(p.events for p in some),
        days=max(p.days for p in some),
        answers_in=first.answers_in if len(some) == 1 else None,
        team=first.team if len({p.team for p in some}) == 1 else "",
    )
    lists = ("tasks", "works_with", "asked_about", "known_for")
    return replace(together, **{name: _summed([pair for p in some for pair in getattr(p, name)]) for name in lists})


def _group(group: Group, labels: Mapping[str, str]) -> Group:
    return replace(group, members=tuple(dict.fromkeys(labels.get(name, name) for name in group.members)))


def _summed(pairs: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Counts of one name added, in the order in which names came first; most often first where they were."""
    sums: dict[str, int] = {}
    for name, count in pairs:
        sums[name] = sums.get(name, 0) + count
    return tuple(sorted(sums.items(), key=lambda pair: -pair[1]))
