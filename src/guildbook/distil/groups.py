"""Teams and roles, as the sums show them: who works together, and who does the same work.

Both are functions of the sums alone (performers, hand-overs and who took part), so a worker who is forgotten is gone
from them like from any other number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from guildbook.distil.groups_roles import Doings, roles
from guildbook.distil.groups_teams import communities, ties
from guildbook.distil.practices.wording import Names, opening, step
from guildbook.distil.sums import Sums
from guildbook.distil.topics import topics
from guildbook.model.knowledge import Group

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MARKS: Final = 5
"""Steps or tasks that a group is told by."""
APART: Final = 1.5
"""Times its part of all work that a group's part of a step must be, to mark it."""
OFTEN: Final = 10
"""Threads of a topic."""
MOST_PEOPLE: Final = 2_000
"""People who are grouped, those with most events: the network is a square of them."""


@dataclass(frozen=True)
class Groups:
    """Who belongs where, by worker symbol."""

    teams: tuple[Group, ...] = ()
    roles: tuple[Group, ...] = ()
    team_of: Mapping[int, str] | None = None
    role_of: Mapping[int, str] | None = None

    def team(self, worker: int) -> str:
        """The name of a worker's team, or nothing."""
        return (self.team_of or {}).get(worker, "")

    def role(self, worker: int) -> str:
        """The name of a worker's role, or nothing."""
        return (self.role_of or {}).get(worker, "")


def groups(sums: Sums, titles: Mapping[int, str] | None = None) -> Groups:
    """Teams and roles with names and marks. `titles`: task symbol → title; the task's own text where absent.

    Where all work with all there is no team to tell, and where all do the same no role.
    """
    about = topics(sums, OFTEN)
    doings = Doings.of(sums, about).most(MOST_PEOPLE)
    if len(doings.workers) < 2:  # noqa: PLR2004 - nobody to belong with
        return Groups()
    # One thread, so that the same sums give the same digits on every machine.
    with threadpool_limits(limits=1, user_api="blas"):
        same, near = roles(doings), communities(ties(sums, doings.workers))
    names = Names(sums.texts)
    listed = _Listed(doings, names)
    known = dict(titles or {})
    firsts, acts = doings.steps[:, 0].tolist(), doings.steps[:, 1].tolist()
    by_task = np.array(
        [f"“{about.text(code)}”" if about.text(code) else known.get(code) or names.label(code) for code in firsts]
    )
    spoken = np.array([_spoken(about.text(code), names.label(act)) for code, act in zip(firsts, acts, strict=True)])
    role_names, made_roles = listed.told(same, spoken, _named_by_marks)
    team_names, made_teams = listed.told(near, by_task, lambda number, _: f"Team {number}")
    return Groups(made_teams, made_roles, team_names, role_names)


@dataclass(frozen=True)
class _Listed:
    """Labels of people made into groups with members and marks."""

    doings: Doings
    names: Names

    def told(
        self, labels: Ints, things: NDArray[np.str_], name: Callable[[int, tuple[str, ...]], str]
    ) -> tuple[dict[int, str], tuple[Group, ...]]:
        """(worker symbol → group name, the groups); nothing where there is one group only."""
        size = int(labels.max(initial=-1)) + 1
        if size < 2:  # noqa: PLR2004 - one group says nothing
            return {}, ()
        events = self.doings.counts.sum(axis=1)
        texts = [self.names.worker(int(code)) for code in self.doings.workers]
        members = [
            sorted(np.flatnonzero(labels == g).tolist(), key=lambda i: (-events[i], texts[i])) for g in range(size)
        ]
        order = sorted(range(size), key=lambda g: (-len(members[g]), -events[members[g]].sum(), texts[members[g][0]]))
        words, column = np.unique(things, return_inverse=True)
        by_thing = np.zeros((len(texts), len(words)))
        np.add.at(by_thing.T, column, self.doings.counts.T)
        of: dict[int, str] = {}
        made: list[Group] = []
        for number, g in enumerate(order, start=1):
            marks = _marks(by_thing[members[g]].sum(axis=0), by_thing.sum(axis=0), words)
            taken = {group.name for group in made}
            tried = (name(number, tuple(text for text, _ in marks[skip:])) for skip in range(len(marks)))
            called = next((text for text in tried if text not in taken), name(number, ()))
            made.append(Group(called, tuple(texts[i] for i in members[g]), marks))
            of |= {int(self.doings.workers[i]): called for i in members[g]}
        return of, tuple(made)


def _marks(own: Floats, everyone: Floats, words: NDArray[np.str_]) -> tuple[tuple[str, int], ...]:
    """What a group does more than its part of all work, the most telling first; failing that, what it does most.

    How telling: its part of the divergence of what the group does from what all do (Kullback and Leibler 1951).
    """
    share, common = own / max(own.sum(), 1.0), everyone / everyone.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        telling = np.where(own > 0, share * np.log(share / common), 0.0)
    telling = np.where(share >= APART * common, telling, 0.0)
    order = np.lexsort((words, -own, -telling))[:MARKS]
    kept = order[telling[order] > 0] if (telling > 0).any() else order[:1]
    return tuple((str(words[i]), int(own[i])) for i in kept.tolist() if own[i] > 0)


def _spoken(topic: str, label: str) -> str:
    return f"asked about “{topic}”" if topic else step(label)


def _named_by_marks(number: int, marks: tuple[str, ...]) -> str:
    """The steps that tell a role apart, as its name: two that are not parts of one another."""
    other = next((text for text in marks[1:] if not text.startswith(marks[0])), None)
    return opening(" · ".join(text for text in (*marks[:1], other) if text)) if marks else f"Role {number}"
