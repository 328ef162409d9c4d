"""What a seed plants: drawn from a larger family, so that nobody can know beforehand what holds in this office."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from guildbook.model import Kind
from guildbook.record.office.steps import (
    ANSWERS,
    CARE,
    CHECKS,
    CONSULT,
    EARLY,
    FEATURES,
    FIXED,
    HURRIED,
    LATE,
    MISTAKES,
    ORDERS,
    PREPARATIONS,
    RECOVERIES,
    SECOND,
    TASKS,
    TOPICS,
    WAYS,
    Step,
)

Follow = Literal["skill", "hard", "coin", "seldom", "unskilled", "hurried"]
"""How it is decided whether a slot's step is done.

`skill`: by the person, veterans often and newcomers seldom. `hard`: by the case, hard ones often. `coin`: half of the
time. `seldom`: one time in six. `unskilled`: newcomers in half of their cases, veterans in one of ten. `hurried`: three
times in four, but one in five in busy weeks.
"""

PRODUCTS: Final = ("marine", "motor", "home", "travel")
PRODUCT_SHARES: Final = (0.34, 0.30, 0.20, 0.16)
"""Shares of a plan's products in its own order; what is planted on a product is planted on one of the first two."""
OPTIONS: Final = 6
"""Optional steps a task has, whatever role each plays under a seed."""
BATCHED: Final = ("claim.register", "invoice.register", "complaint.register", "invoice.approved")
"""One-event duties that may be done one after the other for many cases."""
_PLAN_SALT: Final = 0x0FF1CE
_MORE_SALT: Final = 0x0FF1CE2
_EXPERTS_SALT: Final = 0x0FF1CE3
_CIRCUMSTANCES_SALT: Final = 0x0FF1CE4
LATE_FROM: Final = 14
"""The hour (UTC) from which a case comes late in the day."""
_BUSY_EVERY: Final = 3


@dataclass(frozen=True, slots=True)
class Condition:
    """Where a planted practice holds: `key` equal to `value`, or at least `value` when `at_least`."""

    key: str
    value: str
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One planted practice as the generator applies it.

    `effect` is points of the good rate (`good-rate`), or the natural logarithm of the ratio of times
    (`duration`, `response`; negative is faster).
    """

    id: str
    kind: Kind
    task: str
    slot: str
    steps: tuple[Step, ...]
    instead_of: tuple[Step, ...]
    metric: str
    effect: float
    seen_as: tuple[Step, ...] = ()
    """What also shows it: whatever the person turned to does in return."""
    condition: Condition | None = None
    prerequisites: tuple[str, ...] = ()
    layer: int = 1


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a task's script where people differ. `steps` are what following it looks like."""

    name: str
    steps: tuple[Step, ...]
    follow: Follow = "skill"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything about an office that its seed decides, apart from its people."""

    seed: int
    rules: tuple[Rule, ...]
    slots: dict[str, Slot]
    products: tuple[str, ...]
    """What the office insures, commonest first."""
    base: dict[str, float]
    """Good rate of each task for a case of middling difficulty in which no planted practice took effect."""
    harm: dict[str, float]
    """Points of the good rate that the mistake of a task costs; tasks without the slot have no mistake."""
    amount_floor: int
    """The amount from which the conditional rules on amounts hold."""
    late: bool = False
    """Whether the less experienced came to their tasks only after some weeks."""
    rush: dict[str, float] = field(default_factory=dict[str, float])
    """Points of the good rate that a busy week costs in a task, whatever is done."""
    busy: int = 0
    """Which week of three is busy."""
    notices: bool = False
    """Whether every case begins with a notice when it comes."""

    def is_busy(self, week: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which weeks are busy."""
        return week % _BUSY_EVERY == self.busy

    def rule(self, slot: str) -> Rule | None:
        """The rule planted in a slot, if any."""
        return next((r for r in self.rules if r.slot == slot), None)


@dataclass(slots=True)
class _Draft:
    rng: np.random.Generator
    floor: int
    products: tuple[str, ...]
    rules: list[Rule] = field(default_factory=list[Rule])
    slots: dict[str, Slot] = field(default_factory=dict[str, Slot])
    preparations: dict[str, list[Step]] = field(default_factory=dict[str, list[Step]])
    checks: dict[str, list[Step]] = field(default_factory=dict[str, list[Step]])

    def shuffle(self, steps: tuple[Step, ...]) -> list[Step]:
        return [steps[i] for i in self.rng.permutation(len(steps))]

    def points(self, least: float) -> float:
        return round(float(self.rng.uniform(least, 0.25)), 3)

    def faster(self, most: float = 0.45, least: float = 0.70) -> float:
        """The logarithm of what remains of the time."""
        return round(float(np.log(self.rng.uniform(most, least))), 3)

    def plant(
        self,
        kind: Kind,
        slot: str,
        steps: tuple[Step, ...],
        metric: str,
        effect: float,
        *,
        instead_of: tuple[Step, ...] = (),
        seen_as: tuple[Step, ...] = (),
        condition: Condition | None = None,
        after: Rule | None = None,
    ) -> Rule:
        rule = Rule(
            id=f"planted:{slot}",
            kind=kind,
            task=slot.split(".", 1)[0],
            slot=slot,
            steps=steps,
            instead_of=instead_of,
            metric=metric,
            effect=effect,
            seen_as=seen_as,
            condition=condition,
            prerequisites=(after.id,) if after else (),
            layer=after.layer + 1 if after else 1,
        )
        self.rules.append(rule)
        self.slots[slot] = Slot(slot, steps)
        return rule

    def option(self, slot: str, kind: Kind, *, condition: Condition | None = None, after: Rule | None = None) -> Rule:
        """An optional step that saves time (workflow) or makes a good end likelier (quality)."""
        task = slot.split(".", 1)[0]
        if kind is Kind.WORKFLOW:
            step, metric, effect = self.preparations[task].pop(), "duration", self.faster(0.5, 0.68)
        else:
            step, metric = self.checks[task].pop(), "good-rate"
            effect = self.points(0.17) if condition is None else self.points(0.22)
        return self.plant(kind, slot, (step,), metric, effect, condition=condition, after=after)

    def turn_to(
        self,
        slot: str,
        step: Step,
        seen_as: tuple[Step, ...],
        *,
        condition: Condition | None = None,
        after: Rule | None = None,
    ) -> Rule:
        """A person who takes minutes where everybody else takes hours."""
        effect = self.faster(0.03, 0.08)
        return self.plant(
            Kind.PEOPLE, slot, (step,), "response", effect, seen_as=seen_as, condition=condition, after=after
        )

    def free(self, task: str) -> list[str]:
        return [s for s in (f"{task}.o{i + 1}" for i in range(OPTIONS)) if s not in self.slots]


def draw_plan(
    seed: int, *, planted: bool = True, more: bool = False, experts: bool = False, circumstances: bool = False
) -> Plan:
    """The plan of a seed: the same for the same seed, whatever the size of the office.

    Without anything `planted`, people differ in all the same places and it changes nothing. `more` sorts of
    practices and of what changes nothing come on top, and so do what `experts` know and `circumstances`; the rest
    stays as it is.
    """
    rng = np.random.default_rng([seed, _PLAN_SALT])
    products = tuple(PRODUCTS[i] for i in rng.permutation(len(PRODUCTS)))
    draft = _Draft(rng, int(rng.choice([2_000, 5_000, 10_000])), products)
    for task in TASKS:
        draft.preparations[task] = draft.shuffle(PREPARATIONS[task])
        draft.checks[task] = draft.shuffle(CHECKS[task])
    order = [TASKS[i] for i in rng.permutation(len(TASKS))]
    if planted:
        chained = _plant_chains(draft, order)
        _plant_singles(draft, order)
        _plant_people(draft, order, chained)
        _plant_tools(draft)
        _plant_batch(draft)
    _fill_decoys(draft)
    harm = _add_more(draft, np.random.default_rng([seed, _MORE_SALT]), planted=planted) if more else {}
    if experts:
        _add_expertise(draft, np.random.default_rng([seed, _EXPERTS_SALT]), planted=planted)
    rng = np.random.default_rng([seed, _CIRCUMSTANCES_SALT])
    rush = _add_circumstances(draft, rng, planted=planted) if circumstances else {}
    base = {t: _base(draft.rules, t) for t in TASKS}
    busy = int(rng.integers(_BUSY_EVERY))
    return Plan(
        seed, tuple(draft.rules), draft.slots, products, base, harm, draft.floor, experts, rush, busy, circumstances
    )


def _base(rules: list[Rule], task: str) -> float:
    """Low enough that all planted effects together stay within a probability."""
    return round(min(0.45, 0.90 - sum(r.effect for r in rules if r.task == task and r.metric == "good-rate")), 3)


def _plant_chains(draft: _Draft, order: list[str]) -> list[Rule]:
    """Two chains of three and one of two, each in a task of its own; the first links are returned."""
    wf, ql = Kind.WORKFLOW, Kind.QUALITY
    threes = [(wf, ql, ql), (ql, wf, ql), (ql, ql, wf)]
    twos = [(wf, ql), (ql, ql), (ql, wf)]
    kinds = [threes[i] for i in draft.rng.permutation(3)[:2]] + [twos[int(draft.rng.integers(3))]]
    roots: list[Rule] = []
    for task, chain in zip(order, kinds, strict=False):
        places = sorted(draft.rng.permutation(OPTIONS - 1)[: len(chain)])
        before: Rule | None = None
        for place, kind in zip(places, chain, strict=True):
            before = draft.option(f"{task}.o{place + 1}", kind, after=before)
            if len(before.prerequisites) == 0:
                roots.append(before)
    return roots


def _plant_singles(draft: _Draft, order: list[str]) -> None:
    rng = draft.rng
    by_product, by_amount = (order[3], order[2]) if rng.integers(2) else (order[2], order[3])
    product = Condition("product", draft.products[int(rng.integers(2))])
    draft.option(str(rng.choice(draft.free(by_product))), Kind.QUALITY, condition=product)
    amount = Condition("amount", str(draft.floor), at_least=True)
    draft.option(str(rng.choice(draft.free(by_amount))), Kind.QUALITY, condition=amount)
    draft.option(str(rng.choice(draft.free(order[3])[:4])), Kind.WORKFLOW)
    for task in (order[3], order[int(rng.integers(2))]):
        first = int(rng.integers(2))
        pair = (ORDERS[task][first], ORDERS[task][1 - first])
        draft.plant(Kind.QUALITY, f"{task}.order", pair, "good-rate", draft.points(0.17), instead_of=pair[::-1])


def _plant_people(draft: _Draft, order: list[str], roots: list[Rule]) -> None:
    rng = draft.rng
    after = roots[int(rng.integers(2))]
    tasks = [t for t in order if t != after.task]
    asked = [after.task, *[tasks[i] for i in rng.permutation(len(tasks))[:2]]]
    for i, task in enumerate(asked):
        topic = TOPICS[task][int(rng.integers(len(TOPICS[task])))]
        first = after if i == 0 else None
        draft.turn_to(f"{task}.ask", topic, (ANSWERS[task],), after=first)
    amount = Condition("amount", str(draft.floor), at_least=True)
    draft.turn_to("claim.approval", FIXED["claim.approval"], (FIXED["claim.approved"],), condition=amount)
    product = Condition("product", draft.products[int(rng.integers(2))])
    taken = (FIXED["claim.accept"], FIXED["claim.assess"])
    draft.turn_to("claim.handover", FIXED["claim.handover"], taken, condition=product)


def _plant_tools(draft: _Draft) -> None:
    rng = draft.rng
    chains = [("invoice.w1", "invoice.w2"), ("report.w1", "report.w2")]
    singles = ["claim.w1", "claim.w2", "complaint.w1"]
    whole = int(rng.integers(2))
    names = [chains[whole][0], *[singles[i] for i in rng.permutation(3)[:2]]]
    if rng.integers(2):
        names.append(chains[1 - whole][0])
    planted = {
        n: draft.plant(Kind.TOOL, n, (WAYS[n].quick,), "duration", draft.faster(), instead_of=WAYS[n].slow)
        for n in names
    }
    second = chains[whole][1]
    way = WAYS[second]
    draft.plant(
        Kind.TOOL,
        second,
        (way.quick,),
        "duration",
        draft.faster(),
        instead_of=way.slow,
        after=planted[chains[whole][0]],
    )


def _plant_batch(draft: _Draft) -> None:
    name = BATCHED[int(draft.rng.integers(len(BATCHED)))]
    draft.plant(Kind.WORKFLOW, name, (FIXED[name],), "duration", draft.faster(0.45, 0.65))


def _add_more(draft: _Draft, rng: np.random.Generator, *, planted: bool) -> dict[str, float]:
    """A mistake with its recovery, care that spares rework, and a request to make early, each in a task of its own.

    Each also stands in another task, where it changes nothing.
    """
    draft.rng = rng
    order = [TASKS[i] for i in rng.permutation(len(TASKS))]
    for i, sort in enumerate(("mistake", "care", "early")):
        for task, real in ((order[i], planted), (order[i + 1], False)):
            _add_one(draft, task, sort, real=real)
    return {order[0]: -draft.points(0.2) if planted else 0.0, order[1]: 0.0}


def _add_one(draft: _Draft, task: str, sort: str, *, real: bool) -> None:
    ql, wf = Kind.QUALITY, Kind.WORKFLOW
    ask, work, _ = EARLY[task]
    if sort == "mistake":
        draft.slots[f"{task}.mistake"] = Slot(f"{task}.mistake", (MISTAKES[task],), "unskilled")
        slot, steps = f"{task}.recovery", (RECOVERIES[task],)
        kind, metric, effect = ql, "good-rate", draft.points(0.2)
    elif sort == "care":
        slot, steps = f"{task}.care", (CARE[task],)
        kind, metric, effect = wf, "share", -draft.points(0.17)
    else:
        slot, steps = f"{task}.early", (ask, work)
        kind, metric, effect = wf, "duration", draft.faster(0.1, 0.2)
    if real:
        draft.plant(kind, slot, steps, metric, effect, instead_of=steps[::-1] if len(steps) > 1 else ())
    else:
        draft.slots[slot] = Slot(slot, steps)


def _add_expertise(draft: _Draft, rng: np.random.Generator, *, planted: bool) -> None:
    """Features of tools in all tasks, two of which save time; who approves what is dear; whom a question helps.

    A question helps those alone who are new to the task.
    """
    draft.rng = rng
    order = [TASKS[i] for i in rng.permutation(len(TASKS))]
    for i, task in enumerate(order):
        first, second = draft.shuffle(FEATURES[task])
        # Of the others, one is used by the skilled, one where cases are hard: that makes nobody any quicker.
        follows: tuple[Follow, Follow] = ("skill", "hard") if i % 2 else ("hard", "skill")
        draft.slots[f"{task}.feature1"] = Slot(f"{task}.feature1", (first,), follows[0])
        draft.slots[f"{task}.feature2"] = Slot(f"{task}.feature2", (second,), follows[1])
        if planted and i < len(order) // 2:
            draft.plant(Kind.TOOL, f"{task}.feature1", (first,), "duration", draft.faster(0.6, 0.75))
        if i % 2:
            draft.slots[f"{task}.consult"] = Slot(f"{task}.consult", (CONSULT[task],), "coin")
    if planted:
        slot, step = f"{order[1]}.consult", CONSULT[order[1]]
        draft.plant(Kind.PEOPLE, slot, (step,), "good-rate", draft.points(0.22))
        draft.slots[slot] = Slot(slot, (step,), "coin")
        amount = Condition("amount", str(draft.floor), at_least=True)
        approval = (FIXED["invoice.approved"],)
        draft.plant(Kind.PEOPLE, "invoice.approver", approval, "share", 0.5, condition=amount)


def _add_circumstances(draft: _Draft, rng: np.random.Generator, *, planted: bool) -> dict[str, float]:
    """A step that matters late in the day, somebody to look at cases, and busy weeks, each in a task of its own.

    The first two also stand in another task, where they change nothing. Returns what busy weeks cost.
    """
    draft.rng = rng
    shuffled = [TASKS[i] for i in rng.permutation(len(TASKS))]
    room = {task: _base(draft.rules, task) for task in shuffled}
    late, busy, *others = sorted(shuffled, key=room.__getitem__, reverse=True)
    for task, sort in ((late, "late"), (others[0], "late"), (others[1], "second"), (busy, "second")):
        step = LATE[task] if sort == "late" else SECOND[task]
        slot = f"{task}.{sort}"
        if planted and task == late:
            condition = Condition("begun", f"{LATE_FROM}:00", at_least=True)
            effect = round(float(rng.uniform(0.25, 0.35)), 3)
            draft.plant(Kind.QUALITY, slot, (step,), "good-rate", effect, condition=condition)
        elif planted and task == others[1]:
            draft.plant(Kind.QUALITY, slot, (step,), "good-rate", draft.points(0.2))
        else:
            draft.slots[slot] = Slot(slot, (step,))
    draft.slots[f"{busy}.hurried"] = Slot(f"{busy}.hurried", (HURRIED[busy],), "hurried")
    return {busy: -draft.points(0.2)}


def _fill_decoys(draft: _Draft) -> None:
    """Every slot without a rule still is in the script: people differ there too, and it changes nothing.

    Whether duties wait for each other is nobody's skill: it would else be one with the pace of the few who have them.
    """
    follows: list[Follow] = ["skill", "hard", "coin", "seldom"]
    for task in TASKS:
        kinds = [follows[i] for i in draft.rng.permutation(len(follows))]
        for slot, follow in zip(draft.free(task), kinds * 2, strict=False):
            pool = draft.checks[task] if draft.rng.integers(2) else draft.preparations[task]
            draft.slots[slot] = Slot(slot, ((pool or draft.checks[task]).pop(),), follow)
        if f"{task}.order" not in draft.slots:
            first = int(draft.rng.integers(2))
            pair = (ORDERS[task][first], ORDERS[task][1 - first])
            draft.slots[f"{task}.order"] = Slot(f"{task}.order", pair, "skill")
    for name, way in WAYS.items():
        draft.slots.setdefault(name, Slot(name, (way.quick,)))
    for name in BATCHED:
        draft.slots[name] = Slot(name, (FIXED[name],), "coin")
