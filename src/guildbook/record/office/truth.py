"""What is planted in an office, for scoring what a learner found. Nothing of it is ever part of an event."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from guildbook.model import Kind
from guildbook.record.office.generate import branches, head_count
from guildbook.record.office.options import USUAL, Options
from guildbook.record.office.plan import Plan, Rule, Slot, draw_plan
from guildbook.record.office.staff import LEVELS, ROLES, Staff
from guildbook.record.office.steps import TOPICS, Step

Fields = dict[str, str]
"""The fields of an event that make a step: `app`, `action`, `element_role`, `element_name` and perhaps `document`."""


@dataclass(frozen=True, slots=True)
class PlantedCondition:
    """Where a planted practice holds: the case attribute `key` equals `value`, or with `at_least` reaches it."""

    key: str
    value: str
    at_least: bool


@dataclass(frozen=True, slots=True)
class Planted:
    """One practice that is true of the office."""

    id: str
    kind: Kind
    layer: int
    prerequisites: tuple[str, ...]
    """Practices that must have taken effect in the same case for this one to."""
    task: str
    """The case type."""
    condition: PlantedCondition | None
    steps: tuple[Fields, ...]
    """What to do; for an order of two steps: both, the one to come first first."""
    instead_of: tuple[Fields, ...]
    seen_as: tuple[Fields, ...]
    """Steps of the person turned to, by which a practice about people may be named as well."""
    people: tuple[str, ...]
    """Whom to turn to: one name a branch, each right for the colleagues of that branch."""
    metric: str
    """As in `model.Effect`."""
    effect: float
    """Points of the good rate, or the logarithm of the ratio of times, where everything it needs holds."""


@dataclass(frozen=True, slots=True)
class Decoy:
    """Something people differ in that changes nothing."""

    task: str
    steps: tuple[Fields, ...]
    follow: str
    """What decides whether it is done: `skill`, `hard`, `coin`, `seldom`."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """One person of the office."""

    name: str
    branch: int
    role: str
    experience: str


@dataclass(frozen=True, slots=True)
class Truth:
    """All that was planted under a seed."""

    seed: int
    practices: tuple[Planted, ...]
    decoys: tuple[Decoy, ...]
    people: tuple[Colleague, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form; `from_dict` reads it back."""
        return asdict(self)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Truth:
        """The truth from its JSON form. Raises `KeyError` or `TypeError` when it is not one."""
        return Truth(
            seed=data["seed"],
            practices=tuple(_planted(p) for p in data["practices"]),
            decoys=tuple(Decoy(d["task"], tuple(d["steps"]), d["follow"]) for d in data["decoys"]),
            people=tuple(Colleague(**c) for c in data["people"]),
        )


def truth(
    seed: int, *, events: int = 20_000, people: int | None = None, weeks: int = 6, options: Options = USUAL
) -> Truth:
    """What `generate` with the same arguments plants. Raises `UsageError` like it."""
    plan = draw_plan(
        seed, planted=options.planted, more=options.more, experts=options.experts, circumstances=options.circumstances
    )
    office = branches(plan, head_count(options.whole(events), people, weeks))
    return Truth(
        seed=seed,
        practices=tuple(_of_rule(r, office) for r in plan.rules),
        decoys=tuple(_decoys(plan)),
        people=tuple(
            Colleague(name, i, ROLES[staff.role[p]], LEVELS[staff.level[p]])
            for i, staff in enumerate(office)
            for p, name in enumerate(staff.names)
        ),
    )


def _fields(steps: tuple[Step, ...]) -> tuple[Fields, ...]:
    return tuple(s.fields() for s in steps)


def _of_rule(rule: Rule, office: list[Staff]) -> Planted:
    held = rule.condition
    return Planted(
        id=rule.id,
        kind=rule.kind,
        layer=rule.layer,
        prerequisites=rule.prerequisites,
        task=rule.task,
        condition=PlantedCondition(held.key, held.value, held.at_least) if held else None,
        steps=_fields(rule.steps),
        instead_of=_fields(rule.instead_of),
        seen_as=_fields(rule.seen_as),
        people=tuple(
            s.names[s.experts[rule.slot]]
            for s in office
            if rule.kind in {Kind.PEOPLE, Kind.QUALITY} and rule.slot in s.experts
        ),
        metric=rule.metric,
        effect=rule.effect,
    )


def _decoys(plan: Plan) -> list[Decoy]:
    planted = {r.slot for r in plan.rules}
    harmful = {f"{task}.mistake" for task, points in plan.harm.items() if points}
    free = [s for name, s in plan.slots.items() if name not in planted | harmful]
    made = [Decoy(s.name.split(".", 1)[0], _fields(s.steps), s.follow) for s in free]
    asked = [Slot(f"{task}.ask", topics, "coin") for task, topics in TOPICS.items() if f"{task}.ask" not in planted]
    return made + [Decoy(s.name.split(".", 1)[0], _fields(s.steps), s.follow) for s in asked]


def _planted(data: dict[str, Any]) -> Planted:
    held = data["condition"]
    return Planted(
        id=data["id"],
        kind=Kind(data["kind"]),
        layer=data["layer"],
        prerequisites=tuple(data["prerequisites"]),
        task=data["task"],
        condition=PlantedCondition(**held) if held else None,
        steps=tuple(data["steps"]),
        instead_of=tuple(data["instead_of"]),
        seen_as=tuple(data["seen_as"]),
        people=tuple(data["people"]),
        metric=data["metric"],
        effect=data["effect"],
    )
