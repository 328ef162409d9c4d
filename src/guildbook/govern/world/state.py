"""A world: everything that acts have said so far."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.agreement.rules import Rule
from guildbook.govern.vault.parts import Vault
from guildbook.govern.world.parts import Agreement, Appeal, Ballot, Collective, Person, Strike
from guildbook.model.canonical import canonical

SILENT = frozenset({ActKind.GRANT, ActKind.USE, ActKind.PUBLISH, ActKind.DERIVE, ActKind.WITHDRAW, ActKind.PAYOUT})
"""Acts that leave a world as it was."""
ASIDE = frozenset({
    ActKind.APPEAL, ActKind.ANSWER, ActKind.VAULT_HOLD, ActKind.VAULT_SCORE, ActKind.VAULT_LEND, ActKind.VAULT_ALARM,
})  # fmt: skip
"""Acts that a world remembers, and that change nothing about who may do what."""

Indexed = dict[tuple[str, str, str], list[tuple[str, Rule]]]
Standing = tuple[int, int, tuple[str, ...]]
"""From when, until before when, µs UTC, these clauses are what agreements say."""


@dataclass(frozen=True, slots=True)
class Served:
    """A notice that was served."""

    hash: str
    """Of its text."""
    terms: str
    """Hash of the terms it tells of; `*`: of any."""
    time: int
    """When, µs UTC."""


@dataclass(slots=True)
class World:
    """Who said what, who bargains with whom, what is in force. Changed by `apply` alone."""

    book: str
    people: dict[str, Person] = field(default_factory=dict[str, Person])
    said: dict[str, dict[tuple[str, str, str], bool]] = field(
        default_factory=lambda: defaultdict[str, dict[tuple[str, str, str], bool]](dict)
    )
    """Worker → (purpose, class, recipient) → permitted or refused; the latest counts."""
    since: dict[tuple[str, str, str, str], int] = field(default_factory=dict[tuple[str, str, str, str], int])
    """(worker, purpose, class, recipient) → when that was said, µs UTC."""
    paused: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Worker → classes."""
    erasing: set[str] = field(default_factory=set[str])
    forgotten: dict[str, int] = field(default_factory=dict[str, int])
    """Worker → when they were forgotten last, µs UTC; also after they were taken in again."""
    collectives: dict[str, Collective] = field(default_factory=dict[str, Collective])
    agreements: dict[str, Agreement] = field(default_factory=dict[str, Agreement])
    ballots: dict[str, Ballot] = field(default_factory=dict[str, Ballot])
    strikes: dict[str, Strike] = field(default_factory=dict[str, Strike])
    vaults: dict[str, Vault] = field(default_factory=dict[str, Vault])
    appeals: dict[str, Appeal] = field(default_factory=dict[str, Appeal])
    noticed: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    """(worker, recipient) → when they acknowledged the notice."""
    served: dict[tuple[str, str, str], Served] = field(default_factory=dict[tuple[str, str, str], Served])
    """(worker, recipient, agreement; empty: of any) → the notice served."""
    acknowledged: dict[tuple[str, str], dict[str, int]] = field(
        default_factory=lambda: defaultdict[tuple[str, str], dict[str, int]](dict)
    )
    """(worker, recipient) → hash of the terms they were told of (`*`: of any) → from when these may be used, µs UTC."""
    collectives_of: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Worker → collectives they have ever joined."""
    striking: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Worker → strikes they take part in that have not ended."""
    index: Indexed = field(default_factory=dict)
    """(collective, recipient, purpose) → (agreement, rule) of what is in force, in the order it came into force."""
    metered: set[str] = field(default_factory=set[str])
    """Agreements of which a measure above the bound suspends a clause."""
    standing: dict[tuple[str, ...], Standing] = field(default_factory=dict[tuple[str, ...], Standing])
    """What `policy` has worked out from `index`; see there."""
    latest: dict[str, int] = field(default_factory=dict[str, int])
    """Person → time of their last signed act, so that none of their acts can be put into the log a second time."""
    chain: bytes = b""
    """SHA-256 over all acts that bear on decisions, in order."""
    _indexed: set[str] = field(default_factory=set[str])
    _moments: tuple[bytes, list[int]] = (b"", [])
    """For that state of `chain`: when something begins or ends by the clock alone, sorted."""

    def apply(self, act: Act, *, trusted: bool = False) -> None:
        """Take one act in. Raises `DeniedError` for an act that has no force; the world is then unchanged.

        `trusted`: the act was checked when it was done and has been under the book's key since, so its signature is
        not looked at again.
        """
        from guildbook.govern.world.folding import fold  # noqa: PLC0415 - the handlers speak of worlds

        fold(self, act, trusted=trusted)
        if act.key:
            self.latest[act.by] = act.time
        if act.kind not in SILENT | ASIDE:
            self.chain = hashlib.sha256(self.chain + canonical(act.to_dict())).digest()

    @classmethod
    def of(cls, book: str, acts: Iterable[Act]) -> Self:
        """The world after these acts."""
        world = cls(book)
        for act in acts:
            world.apply(act)
        return world

    @property
    def policy_hash(self) -> str:
        """Hash of everything in force, hex."""
        return self.chain.hex()

    def informed(self, worker: str, recipient: str, clause: str, time: int) -> bool:
        """Whether a worker has been told, as the terms of that clause want it, before the time of a use."""
        told = self.acknowledged.get((worker, recipient))
        if not told:
            return False
        since = told.get(self.agreements[clause.partition("#")[0]].force, told.get(EVERYTHING))
        return since is not None and since <= time

    def turns_between(self, after: int, until: int) -> bool:
        """Whether something began or ended by the clock alone in (after, until], in µs UTC."""
        if self._moments[0] != self.chain:
            moments = {moment for side in self.collectives.values() for moment in side.leaving.values()}
            for found in self.agreements.values():
                moments |= {found.ends or 0, *(m for rule in found.rules for m in (rule.begins, rule.ends))}
            for strike in self.strikes.values():
                moments |= {strike.begins or 0, strike.ends or 0}
            for told in self.acknowledged.values():
                moments |= set(told.values())
            self._moments = self.chain, sorted(moments)
        moments_sorted = self._moments[1]
        return bisect_right(moments_sorted, after) != bisect_right(moments_sorted, until)

    def reindex(self, found: Agreement) -> None:
        """Bring `index` up to date after an agreement came into force, was suspended, superseded or terminated."""
        self.standing.clear()
        out = not found.force or found.superseded or EVERYTHING in found.suspended
        for rule in found.rules:
            rules = self.index.setdefault((found.collective, rule.recipient, rule.purpose), [])
            entry = (found.id, rule)
            if found.id in self._indexed and entry in rules:
                rules.remove(entry)
            if not out and rule.clause not in found.suspended:
                rules.append(entry)
        self._indexed.add(found.id)


EVERYTHING = "*"
