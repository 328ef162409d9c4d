"""The meter of an agreement: how much a model trained under it would do alone, held against what was agreed."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from guildbook.app.persons import NOBODY, Actor
from guildbook.app.settled import settled
from guildbook.app.working import work_of
from guildbook.govern.acts import ActKind
from guildbook.govern.agreement.rules import clause_of
from guildbook.govern.world.metering import BOUNDED, bound_of, crosses, due, notice_hash, notice_text
from guildbook.measure.engine import Engine
from guildbook.measure.shares import digest_of, share_of
from guildbook.measure.trial import Policy
from guildbook.measure.value import gate
from guildbook.measure.work import Split, Work
from guildbook.model.agreement import EVERYTHING, Agreement, Scope
from guildbook.model.errors import DeniedError, InputError, UnknownNameError
from guildbook.model.ids import short_id, uuid7
from guildbook.model.purpose import PPM
from guildbook.model.time import iso
from guildbook.model.use import METER

if TYPE_CHECKING:
    from guildbook.app.measuring import Measuring
    from guildbook.govern.world.parts import Agreement as Deal
    from guildbook.govern.world.parts import Reading
    from guildbook.measure.estimate import Estimate

HELD_BACK = 0.2
LEAST_HELD = 20
"""Episodes below which nothing is said: the upper end of the interval would cross any bound."""


class Meter:
    """Answers `guildbook measure bound`."""

    def __init__(self, desk: Measuring) -> None:
        self._desk = desk

    def read(self, name: str, actor: Actor = NOBODY, *, enforce: bool = False) -> dict[str, Any]:
        """Measure what the licensee may train under an agreement; with `enforce` the log holds it, and it counts.

        Raises `DeniedError` where nothing is in force or bounded, or for somebody who may not measure, `InputError`
        where too little is admitted.
        """
        return settled(lambda: self._read(name, actor, enforce=enforce))

    def history(self, name: str) -> dict[str, Any]:
        """What was measured under an agreement, and when the next measure is due."""
        found = self._named(name)
        return self._state(found) | {"readings": [self._told(each) for each in found.readings]}

    def _read(self, name: str, actor: Actor, *, enforce: bool) -> dict[str, Any]:
        found = self._named(name)
        terms = _in_force(found)
        admitted = self._desk.gate.grant(
            BOUNDED, stage="measure", artefact=f"measure:bound:{found.id}", recipient=found.licensee, use=METER
        )
        if not admitted.grant.segments:
            raise InputError(
                f"Nothing is admitted under {found.id}.",
                "Why, for one worker: guildbook terms check --worker NAME.",
                "nothing-admitted",
            )
        work = scoped(work_of(admitted, self._desk.distil), terms.scope)
        split = Split.newest(work, HELD_BACK)
        if len(split.test) < LEAST_HELD:
            raise InputError(
                f"{len(split.test)} episodes can be held back; at least {LEAST_HELD} are needed.",
                "Learn from more work.",
                "too-little",
            )
        gated = gate(split.train, terms.substitution.human_gate)
        engine = Engine.of(split, Policy())
        alone = share_of(engine.substitution(engine.total))
        system = share_of(engine.trial.substitution(engine.total, replace(engine.policy, gated=gated)).measured)
        body = _body(found, terms, alone)
        body |= {
            "measure": short_id("measure", admitted.grant.id, uuid7().hex), "grant": admitted.grant.id,
            "model": engine.total.digest(), "inputs": digest_of(work), "gate": terms.substitution.human_gate,
            "system": _ppm(system.value),
        }  # fmt: skip
        text = notice_text(terms, found.id, body)
        body["notice"] = notice_hash(text)
        out = body | {"enforced": enforce, "text": text, "alone": alone.to_dict(), "system": system.to_dict()}
        if enforce:
            out["entry"] = self._log(body, actor)
            found = self._named(found.id)
        return out | self._state(found)

    def _log(self, body: dict[str, Any], actor: Actor) -> int:
        places: list[int] = []
        self._desk.gate.register.act(ActKind.MEASURE, body, actor.signer, project=lambda _, found: places.extend(found))
        return places[-1]

    def _state(self, found: Deal) -> dict[str, Any]:
        following = due(found)
        return {
            "agreement": found.id, "licensee": self._desk.gate.label(found.licensee),
            "suspended": clause_of(BOUNDED) in found.metered, "bound": bound_of(found.latest.terms),
            "crossing": found.latest.terms.substitution.crossing,
            "next_due": None if following is None else iso(following),
        }  # fmt: skip

    def _told(self, each: Reading) -> dict[str, Any]:
        return {
            "measure": each.id, "time": iso(each.time), "by": self._desk.gate.label(each.by), "value": each.value,
            "low": each.low, "high": each.high, "bound": each.bound, "crossed": each.crossed, "traces": each.traces,
        }  # fmt: skip

    def _named(self, name: str) -> Deal:
        known = self._desk.gate.register.world().agreements
        found = [one for key, one in known.items() if key == name] or [
            one for key, one in known.items() if name and key.startswith(name)
        ]
        if len(found) != 1:
            raise UnknownNameError("agreement", name, list(known))
        return found[0]


def scoped(work: Work, scope: Scope) -> Work:
    """The traces of the tasks that an agreement is about: the gate does not see tasks, the meter does."""
    tasks = [
        (EVERYTHING in scope.tasks or title in scope.tasks) and title not in scope.without_tasks for title in work.tasks
    ]
    return work if all(tasks) else work.pick(np.array(tasks, dtype=bool)[work.task])


def _in_force(found: Deal) -> Agreement:
    if not found.force or found.superseded:
        raise DeniedError(f"{found.id} is not in force.", f"See: guildbook agreement show {found.id}.", "no-force")
    terms = next(version.terms for version in found.versions if version.hash == found.force)
    if BOUNDED not in terms.purposes:
        raise DeniedError(f"{found.id} trains no assistant, so no bound holds.", f"Only {BOUNDED} has one.", "no-bound")
    return terms


def _body(found: Deal, terms: Agreement, alone: Estimate) -> dict[str, Any]:
    """The figures in whole ppm, rounded against whoever trains."""
    high = min(PPM, ceil(alone.high * PPM))
    value = min(high, _ppm(alone.value))
    return {
        "agreement": found.id, "hash": found.force, "purpose": str(BOUNDED), "value": value,
        "low": min(value, _ppm(alone.low)), "high": high, "traces": alone.n, "bound": bound_of(terms),
        "crossed": crosses(terms, high),
    }  # fmt: skip


def _ppm(share: float) -> int:
    return round(share * PPM)
