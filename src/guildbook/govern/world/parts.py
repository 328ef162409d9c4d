"""What a world consists of: people, collectives, agreements, strikes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from guildbook.govern.agreement.rules import Rule
from guildbook.model.agreement import Agreement as Terms
from guildbook.model.decision import EVERY

STEWARD = "steward"
AUDITOR = "auditor"


@dataclass(slots=True)
class Person:
    """Somebody who can act with a key of their own."""

    id: str
    roles: set[str]
    sign: str
    """Public Ed25519 key, hex."""
    box: str
    """Public X25519 key, hex."""
    name: str = ""
    """Of somebody who is no worker; a worker's is kept apart, encrypted."""
    former: dict[str, int] = field(default_factory=dict[str, int])
    """Keys they had before → until when."""


@dataclass(frozen=True, slots=True)
class Charter:
    """How a collective decides. Shares are in ppm of the roll, or of the votes cast for `majority`."""

    name: str
    quorum_ppm: int = 500_000
    majority_ppm: int = 500_000
    """More than this share of the votes cast must say yes."""
    term_days: int = 730
    strike_threshold_ppm: int = 500_000
    notice_days: int = 14
    law: str = ""
    """A law profile, for example `eu-employment`."""
    admission: str = "open"
    """Whether who asks to join is a member at once (`open`), once a steward has said so (`steward`), or once a steward
    or two members have signed that the enrolled key is theirs (`vouched`)."""


@dataclass(frozen=True, slots=True)
class LegalStep:
    """Something a law profile asks for, as a steward recorded it."""

    value: str
    document: str
    """SHA-256 of a paper, hex, if it has one."""
    reference: str
    by: str
    time: int
    """µs UTC."""


@dataclass(slots=True)
class Collective:
    """Workers who bargain together."""

    id: str
    charter: Charter
    roll: dict[str, int] = field(default_factory=dict[str, int])
    """Member → since when."""
    leaving: dict[str, int] = field(default_factory=dict[str, int])
    """Member → when the leave takes effect."""
    offices: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    """(person, role) → until when."""
    mandates: dict[str, set[tuple[str, str]]] = field(default_factory=dict[str, set[tuple[str, str]]])
    """Member → (class, purpose) they delegated."""
    refusals: set[tuple[str, str, str]] = field(default_factory=set[tuple[str, str, str]])
    """(class, purpose, recipient) the collective refuses."""
    asking: dict[str, int] = field(default_factory=dict[str, int])
    """Who wants to join → since when, where a steward admits them or their key has to be vouched for."""
    vouches: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Who wants to join → who has signed that the key they have now is theirs."""
    recorded: dict[str, dict[str, LegalStep]] = field(default_factory=dict[str, dict[str, "LegalStep"]])
    """Agreement (empty: all of this collective's) → what its law profile asks → what was recorded of it."""
    founder: str = ""
    """Who founded it, as long as nobody is a member because nobody's key is vouched for."""

    def lacking(self, steps: frozenset[str], agreement: str) -> frozenset[str]:
        """Which of these steps were recorded neither for this agreement nor for all."""
        return steps - self.recorded.get("", {}).keys() - self.recorded.get(agreement, {}).keys()

    def member(self, worker: str, time: int) -> bool:
        """Whether somebody is on the roll at a time."""
        return worker in self.roll and self.leaving.get(worker, time + 1) > time

    def members(self, time: int) -> set[str]:
        """The roll at a time."""
        return {worker for worker in self.roll if self.member(worker, time)}

    def holds(self, person: str, role: str, time: int) -> bool:
        """Whether a person's term of office is running. Who is no member is no steward."""
        return self.offices.get((person, role), 0) > time and (role != STEWARD or self.member(person, time))

    def steered(self, time: int) -> bool:
        """Whether anybody is a steward."""
        return any(role == STEWARD and self.holds(person, role, time) for person, role in self.offices)

    def mandated(self, worker: str, trace_class: str, purposes: tuple[str, ...]) -> bool:
        """Whether a member has delegated this class for one of these purposes."""
        given = self.mandates.get(worker, ())
        return any((c, p) in given for c in (trace_class, EVERY) for p in (*purposes, EVERY))


@dataclass(slots=True)
class Version:
    """One version of an agreement on the table."""

    hash: str
    terms: Terms
    """The machine view."""
    document: Mapping[str, Any]
    """Both views, as they were offered."""
    by: str
    time: int = 0
    """When, µs UTC."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One measure of how much a model could do alone under an agreement. Shares are in ppm."""

    id: str
    terms: str
    """Hash of the version in force."""
    purpose: str
    value: int
    low: int
    high: int
    traces: int
    """Held-back episodes it was tried on."""
    bound: int
    crossed: bool
    time: int
    """When, µs UTC."""
    by: str


@dataclass(slots=True)
class Agreement:
    """Terms under negotiation, in force, or ended."""

    id: str
    collective: str
    licensee: str
    versions: list[Version]
    ratified: set[str] = field(default_factory=set[str])
    """Hashes a ballot has said yes to."""
    signed: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Hash → parties (`collective`, `licensee`) that signed it."""
    suspended: dict[str, str] = field(default_factory=dict[str, str])
    """Clause (`*`: all) → why."""
    metered: set[str] = field(default_factory=set[str])
    """Clauses that a measure above the bound suspends, until one below it."""
    readings: list[Reading] = field(default_factory=list[Reading])
    """What was measured of what the licensee may train, oldest first."""
    ends: int | None = None
    """When it was terminated to, µs UTC."""
    superseded: str = ""
    """The agreement that took its place."""
    force: str = ""
    """Hash of the version in force, if any."""
    since: int = 0
    """When it came into force, µs UTC."""
    rules: tuple[Rule, ...] = ()

    @property
    def latest(self) -> Version:
        """The version on the table."""
        return self.versions[-1]


@dataclass(slots=True)
class Ballot:
    """A ballot of a collective."""

    id: str
    collective: str
    subject: str
    closes: int
    eligible: frozenset[str]
    result: str = ""
    """`yes`, `no` or `no-quorum` once it is closed."""
    question: str = ""
    by: str = ""
    """Who opened it, gives out its papers and counts it."""
    opened: int = 0
    closed: int = 0
    """When it was counted, µs UTC."""
    key: str = ""
    """Modulus of the key that signs papers, hex."""
    box: str = ""
    """Public X25519 key for which votes are sealed, hex."""
    sealed: str = ""
    """The private halves of both, for who opened it, hex."""
    counts: dict[str, int] = field(default_factory=dict[str, int])
    papers: int = 0
    """How many members asked for a paper."""
    root: str = ""
    """Hash of the board, hex."""


@dataclass(slots=True)
class Strike:
    """Pledges for a strike, or the strike itself."""

    id: str
    collective: str
    purposes: frozenset[str]
    classes: frozenset[str]
    recipients: frozenset[str]
    carve_outs: tuple[tuple[str, str, str], ...]
    """(class, purpose, recipient) that go on."""
    threshold: int
    shares: frozenset[str] = frozenset()
    """Hashes of the secret shares, one a member."""
    key: str = ""
    """Public X25519 key for which pledges are sealed, hex; the shares give its private half."""
    pledged: set[str] = field(default_factory=set[str])
    """Hashes of the shares that were handed in and not taken back."""
    handed: dict[str, str] = field(default_factory=dict[str, str])
    """Hash of each share that was ever handed in → the share, hex."""
    recalls: dict[str, str] = field(default_factory=dict[str, str])
    """Hash of a token → hash of the share whose pledge is taken back with it."""
    void: set[str] = field(default_factory=set[str])
    """Hashes of signatures of pledges that were taken back."""
    workers: frozenset[str] = frozenset()
    begins: int | None = None
    ends: int | None = None

    def covers(self, trace_class: str, purposes: tuple[str, ...], recipient: str, time: int) -> bool:
        """Whether the strike withholds this use now."""
        if self.begins is None or time < self.begins or (self.ends is not None and time >= self.ends):
            return False
        if not (
            _within(self.purposes, *purposes)
            and _within(self.classes, trace_class)
            and _within(self.recipients, recipient)
        ):
            return False
        return not any(
            c in {trace_class, EVERY} and p in {*purposes, EVERY} and r in {recipient, EVERY}
            for c, p, r in self.carve_outs
        )


@dataclass(slots=True)
class Appeal:
    """A member objects to something in the log; a steward answers."""

    id: str
    worker: str
    collective: str
    entry: int
    """Place in the log of what is objected to."""
    text: str
    time: int
    """When, µs UTC."""
    line: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What their statement says of the entry."""
    answer: str = ""
    by: str = ""
    """Who answered."""
    upheld: bool = False
    answered: int | None = None
    """When, µs UTC."""


def _within(scope: frozenset[str], *values: str) -> bool:
    return EVERY in scope or any(value in scope for value in values)
