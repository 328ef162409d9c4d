"""The terms that whatever is made from traces inherits from what it was made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import reduce
from typing import Any


@dataclass(frozen=True, slots=True)
class Terms:
    """What may be done with something, and until when. Nothing that limits it is None."""

    purposes: frozenset[str]
    recipients: frozenset[str]
    """Ids of those who may have it; the empty one: the book."""
    clauses: frozenset[str] = frozenset()
    """`AGREEMENT#clause` that it rests on, all of them."""
    ends: int | None = None
    """When the first of these agreements ends, µs UTC."""
    retention_days: int | None = None
    """How long traces may be kept after that."""
    depth_left: int | None = None
    """How many steps of deriving may still follow: 0: nothing may be made from it."""
    bound: int | None = None
    """The most episodes a model made of it may complete alone, ppm."""
    delete_on_end: bool = False
    """Whether it has to be deleted or unlearnt when an agreement ends."""

    def __and__(self, other: Terms) -> Terms:
        """What holds for something made of both: only what both allow, and all that either asks for."""
        return Terms(
            self.purposes & other.purposes,
            self.recipients & other.recipients,
            self.clauses | other.clauses,
            _least(self.ends, other.ends),
            _least(self.retention_days, other.retention_days),
            _least(self.depth_left, other.depth_left),
            _least(self.bound, other.bound),
            self.delete_on_end or other.delete_on_end,
        )

    def within(self, other: Terms) -> bool:
        """Whether these are nowhere wider than the others."""
        return self & other == self

    def derived(self) -> Terms:
        """The terms of what is made from it, one step further from the traces; below 0 left it must not be made."""
        return self if self.depth_left is None else replace(self, depth_left=self.depth_left - 1)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, sorted."""
        return {name: sorted(v) if isinstance(v, frozenset) else v for name, v in asdict(self).items()}


def met(some: Iterable[Terms]) -> Terms:
    """The terms of something made of all these. Raises `TypeError` for none."""
    return reduce(Terms.__and__, some)


def _least(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)
