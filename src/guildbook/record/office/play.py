"""How cases are played: the moves a script is written in, and where planted practices take effect.

A planted effect takes hold only where its step was done, its condition holds and all its prerequisites took effect in
the same case. Nothing else a script does depends on whether a slot's step was done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from guildbook.model.time import DAY
from guildbook.record.office.cases import KINDS, Cases, calendar_week, hard_follow
from guildbook.record.office.plan import BATCHED, OPTIONS, Plan, Rule, Slot
from guildbook.record.office.sheet import ASIDE, AT_ONCE, BATCH, OWN, Sheet
from guildbook.record.office.staff import Staff
from guildbook.record.office.steps import ANSWERS, CODE, CONSULT, EARLY, FIXED, NOTICE, TOPICS, WAYS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

PAUSE: Final = 3.0
"""Median seconds between two events of one sitting."""
_ANCHOR: Final = 7.0
"""Seconds of the step before two ways part."""
_SLOW: Final = 14.0
"""Seconds of each event of a slow way."""
_OPTION: Final = 14.0
"""Seconds of an optional step: little beside the half hour of a case."""
_SPREAD: Final = 0.35
_ANSWER_AFTER: Final = 2.5 * 3600.0
"""Median seconds to an answer from anyone but the right person."""
_KNOWN_TO_ONE: Final = 2.0
"""Factor on that where somebody else is the right person."""
_REWORK: Final = 0.10
_MORE_REWORK: Final = 0.18
"""What is added to that in a task where care spares it."""
_COMES_BACK: Final = 16 * 3600.0
"""Median seconds to what was asked for, counted from the work done meanwhile."""
_SECOND_AFTER: Final = 0.5 * 3600.0
_HARD_SECOND: Final = 0.6
_EASY_SECOND: Final = 0.15
"""How often one person gets the hard cases, and the others, for a second look."""
_SOMEBODY_ELSE: Final = 0.12
"""How often somebody else answers in the end."""
_RULE_KEPT: Final = 0.93
"""How often what one person should approve goes to that person."""


@dataclass(slots=True)
class Play:
    """One task's cases while they are being played."""

    plan: Plan
    staff: Staff
    cases: Cases
    rng: np.random.Generator
    sheet: Sheet = field(init=False)
    took_effect: dict[str, Bools] = field(default_factory=dict[str, Bools])
    busy: Bools = field(init=False)
    """Where the case came in a busy week."""
    mistaken: Bools = field(init=False)
    """Where the task's mistake was made."""
    spared: Floats = field(init=False)
    """By how much a case is less likely to be gone over again."""
    good: Floats = field(init=False)
    """Probability of a good end so far."""
    features: list[tuple[int, Ints]] = field(default_factory=list[tuple[int, Ints]])
    """Features of tools: step, and after which optional step it is used; 0: not at all."""

    def __post_init__(self) -> None:
        """Difficulty and the owner's pace hold from the start."""
        self.sheet = Sheet(len(self.cases.number))
        self.sheet.pace = self.cases.time_factor.copy()
        self.busy = self.plan.is_busy(calendar_week(self.cases.arrival // DAY))
        rush = np.where(self.busy, self.plan.rush.get(self.cases.task, 0.0), 0.0)
        self.good = self.plan.base[self.cases.task] + self.cases.good_shift + rush
        self.mistaken = np.zeros(self.sheet.rows, np.bool_)
        self.spared = np.zeros(self.sheet.rows)
        for name in (f"{self.cases.task}.feature1", f"{self.cases.task}.feature2"):
            self._use(name)

    @property
    def owner(self) -> Ints:
        """Whose case it is."""
        return self.cases.owner

    def seconds(self, median: float | Floats, who: Ints, spread: float = _SPREAD) -> Floats:
        """Lognormal times of these people."""
        noise = np.exp(self.rng.normal(0, spread, self.sheet.rows))
        return np.asarray(median) * noise * self.staff.pace[who]

    def do(
        self, name: str, median: float, who: Ints | None = None, *, wait: float = 0.0, present: Bools | None = None
    ) -> None:
        """A step everybody does; `wait` is the median of what passes before (files lie, customers think)."""
        who = self.owner if who is None else who
        waits = wait * np.exp(self.rng.normal(0, 0.6, self.sheet.rows)) if wait else 0.0
        self.sheet.add(CODE[FIXED[name]], self.seconds(median, who), who, wait=waits, present=present)

    def duty(self, name: str, median: float, pool: str, wait: float) -> None:
        """A one-event duty of somebody else, done at once or together with others of its kind."""
        who = self.rng.choice(self.staff.pools[pool], self.sheet.rows)
        who = self._approver(name, who)
        waits = wait * np.exp(self.rng.normal(0, 0.6, self.sheet.rows)) if wait else 0.0
        later = self.rng.random(self.sheet.rows) < self._probability(self.plan.slots[name])
        mode = np.where(later, BATCH, OWN)
        group = BATCHED.index(name)
        self.sheet.add(CODE[FIXED[name]], self.seconds(median, who), who, wait=waits, mode=mode, group=group)

    def _approver(self, name: str, who: Ints) -> Ints:
        """Those a duty falls to; where a rule says that it is one person's, nearly always that one."""
        slot = "invoice.approver"
        rule = self.plan.rule(slot) if name == "invoice.approved" else None
        if rule is None:
            return who
        fits = self.cases.holds(rule.condition) & (self.rng.random(self.sheet.rows) < _RULE_KEPT)
        return np.where(fits, self.staff.experts[slot], who)

    def option(self, number: int) -> None:
        """The optional step in that place, by the owner."""
        slot = self.plan.slots[f"{self.cases.task}.o{number}"]
        done = self.rng.random(self.sheet.rows) < self._probability(slot)
        self.sheet.add(CODE[slot.steps[0]], self.seconds(_OPTION, self.owner), self.owner, present=done)
        self._apply(slot.name, done)
        for step, place in self.features:
            self.sheet.add(step, self.seconds(4.0, self.owner), self.owner, present=place == number)

    def _use(self, name: str) -> None:
        """Decide where a feature is used; whatever it saves, it saves in all of the case."""
        slot = self.plan.slots.get(name)
        if slot is None:
            return
        done = self.rng.random(self.sheet.rows) < self._probability(slot)
        place = self.rng.integers(1, OPTIONS + 1, self.sheet.rows)
        self.features.append((CODE[slot.steps[0]], np.where(done, place, 0)))
        self._apply(name, done)

    def notice(self) -> None:
        """What tells of a new case when it comes, where anything depends on that."""
        if self.plan.notices:
            self.sheet.add(CODE[NOTICE], self.seconds(3.0, self.owner), self.owner, mode=AT_ONCE)

    def circumstance(self, sort: str) -> None:
        """What matters late in the day, or is left out in a hurry, if the task has it."""
        slot = self.plan.slots.get(f"{self.cases.task}.{sort}")
        if slot is None:
            return
        done = self.rng.random(self.sheet.rows) < self._probability(slot)
        self.sheet.add(CODE[slot.steps[0]], self.seconds(_OPTION, self.owner), self.owner, present=done)
        self._apply(slot.name, done)

    def second(self) -> None:
        """A second look by a colleague, if the task has it: one of them gets most of the hard cases."""
        slot = self.plan.slots.get(f"{self.cases.task}.second")
        if slot is None:
            return
        pool = self.staff.pools[slot.name]
        expert = self.staff.experts.get(slot.name, int(pool[0]))
        hard = self.cases.kind == len(KINDS) - 1
        chosen = self.rng.random(self.sheet.rows) < np.where(hard, _HARD_SECOND, _EASY_SECOND)
        who = np.where(chosen, expert, self._anyone(pool[pool != expert], self.owner))
        wait = _SECOND_AFTER * np.exp(self.rng.normal(0, 0.4, self.sheet.rows))
        self.sheet.add(CODE[slot.steps[0]], self.seconds(60.0, who), who, wait=wait, mode=ASIDE)
        self._apply(slot.name, who == expert)

    def order(self) -> None:
        """Two steps always done, in either order."""
        slot = self.plan.slots[f"{self.cases.task}.order"]
        done = self.rng.random(self.sheet.rows) < self._probability(slot)
        first, second = (CODE[s] for s in slot.steps)
        self.sheet.add(np.where(done, first, second), self.seconds(16.0, self.owner), self.owner)
        self.sheet.add(np.where(done, second, first), self.seconds(16.0, self.owner), self.owner)
        self._apply(slot.name, done)

    def mistake(self) -> None:
        """Something that had better not be done, if the task has it."""
        slot = self.plan.slots.get(f"{self.cases.task}.mistake")
        if slot is None:
            return
        self.mistaken = self.rng.random(self.sheet.rows) < self._probability(slot)
        self.sheet.add(CODE[slot.steps[0]], self.seconds(_OPTION, self.owner), self.owner, present=self.mistaken)
        self.good = self.good + np.where(self.mistaken, self.plan.harm[self.cases.task], 0.0)

    def recover(self) -> None:
        """What is done about the mistake, where it was made."""
        slot = self.plan.slots.get(f"{self.cases.task}.recovery")
        if slot is None:
            return
        done = self.mistaken & (self.rng.random(self.sheet.rows) < self._probability(slot))
        self.sheet.add(CODE[slot.steps[0]], self.seconds(_OPTION, self.owner), self.owner, present=done)
        self._apply(slot.name, done)

    def care(self) -> None:
        """What may spare going over the case again, if the task has it."""
        slot = self.plan.slots.get(f"{self.cases.task}.care")
        if slot is None:
            return
        done = self.rng.random(self.sheet.rows) < self._probability(slot)
        self.sheet.add(CODE[slot.steps[0]], self.seconds(_OPTION, self.owner), self.owner, present=done)
        rule = self.plan.rule(slot.name)
        # Where it matters cases come back more often without it.
        self.spared = self._effect(slot.name, done) + (_MORE_REWORK if rule else 0.0)

    def early(self) -> None:
        """A request before other work or after it, and what comes back, if the task has it."""
        slot = self.plan.slots.get(f"{self.cases.task}.early")
        if slot is None:
            return
        first = self.rng.random(self.sheet.rows) < self._probability(slot)
        ask, work, back = (CODE[step] for step in EARLY[self.cases.task])
        self.sheet.add(np.where(first, ask, work), self.seconds(20.0, self.owner), self.owner)
        self.sheet.add(np.where(first, work, ask), self.seconds(20.0, self.owner), self.owner)
        wait = _COMES_BACK * np.exp(self._effect(slot.name, first) + self.rng.normal(0, 0.4, self.sheet.rows))
        self.sheet.add(back, self.seconds(10.0, self.owner), self.owner, wait=wait)

    def ways(self, *names: str) -> None:
        """The quick way or the slow one, for one slot or for several that follow each other."""
        for name in names:
            way = WAYS[name]
            done = self.rng.random(self.sheet.rows) < self._probability(self.plan.slots[name])
            effect = self._effect(name, done)
            whole = len(way.slow) * (_SLOW + PAUSE) - PAUSE
            remaining = np.exp(effect) * (_ANCHOR + PAUSE + whole + PAUSE) - _ANCHOR - 2 * PAUSE
            self.sheet.add(CODE[way.quick], self.seconds(remaining, self.owner, 0.25), self.owner, present=done)
            for step in way.slow:
                self.sheet.add(CODE[step], self.seconds(_SLOW, self.owner, 0.25), self.owner, present=~done)

    def anchor(self, name: str) -> None:
        """The short step before ways part."""
        self.sheet.add(CODE[FIXED[name]], self.seconds(_ANCHOR, self.owner, 0.25), self.owner)

    def ask(self) -> None:
        """A question on one of the task's topics to a colleague, who answers sooner or later."""
        task = self.cases.task
        slot, topics = f"{task}.ask", TOPICS[task]
        topic = self.rng.integers(len(topics), size=self.sheet.rows)
        rule = self.plan.rule(slot)
        fits = topic == topics.index(rule.steps[0]) if rule else np.zeros(self.sheet.rows, np.bool_)
        codes = np.array([CODE[t] for t in topics])[topic]
        self._request(slot, codes, CODE[ANSWERS[task]], 40.0, fits)

    def consult(self) -> None:
        """A question to anybody experienced, if the task has it: it helps the case of somebody who is new to it."""
        slot = self.plan.slots.get(f"{self.cases.task}.consult")
        if slot is None:
            return
        done = self.rng.random(self.sheet.rows) < self._probability(slot)
        asked = self._anyone(self.staff.pools[f"{self.cases.task}.ask"], self.owner)
        step, wait = CODE[CONSULT[self.cases.task]], _ANSWER_AFTER * np.exp(self.rng.normal(0, 0.6, self.sheet.rows))
        self.sheet.add(step, self.seconds(25.0, self.owner), self.owner, present=done, to=asked)
        answer = CODE[ANSWERS[self.cases.task]]
        self.sheet.add(answer, self.seconds(40.0, asked), asked, present=done, wait=wait, mode=ASIDE)
        self._apply(slot.name, done & (self.staff.joined[self.owner] > 0))

    def request(self, slot: str, answer: str, median: float) -> Ints:
        """A request that goes to one person of the slot's pool; returns who took it up."""
        rule = self.plan.rule(slot)
        fits = self.cases.holds(rule.condition if rule else None)
        return self._request(slot, CODE[FIXED[slot]], CODE[FIXED[answer]], median, fits)

    def end(self, name: str, *, wait: float = 0.0) -> None:
        """The event that settles the case."""
        ended = self.rng.random(self.sheet.rows) < np.clip(self.good, 0.03, 0.97)
        outcome = np.where(ended, 1, 2).astype(np.int64)
        self.sheet.add(CODE[FIXED[name]], self.seconds(12.0, self.owner), self.owner, wait=wait, outcome=outcome)

    def slip(self, app: str) -> None:
        """Now and then something is undone; it costs seconds."""
        rate = self.rng.random(self.sheet.rows) < self.staff.slips[self.owner]
        self.sheet.add(CODE[FIXED[f"slip.{app}"]], self.seconds(4.0, self.owner), self.owner, present=rate)

    def rework(self, reopen: str, again: str) -> None:
        """Some cases are opened again and gone over, for half a minute."""
        back = self.rng.random(self.sheet.rows) < _REWORK + self.spared
        self.do(reopen, 6.0, present=back)
        self.do(again, 20.0, present=back)

    def _request(self, slot: str, ask: int | Ints, answer: int, median: float, fits: Bools) -> Ints:
        rows, staff = self.sheet.rows, self.staff
        pool, expert = staff.pools[slot], staff.experts.get(slot, -1)
        addressed = self._anyone(pool, self.owner)
        if expert >= 0:
            others = self._anyone(pool[pool != expert], self.owner)
            knows = self.rng.random(rows) < staff.follows(slot, self.owner, self.cases.week)
            addressed = np.where(fits, np.where(knows & (self.owner != expert), expert, others), addressed)
        effect = self._effect(slot, fits & (addressed == expert))
        fast = effect < 0
        elsewhere = ~fast & (self.rng.random(rows) < _SOMEBODY_ELSE)
        taker = np.where(elsewhere, self._anyone(pool, addressed), addressed)
        # Where there is an expert, everybody else needs longer: the topic itself takes no more or less time on average.
        usual = np.where(fits & (expert >= 0), _ANSWER_AFTER * _KNOWN_TO_ONE, _ANSWER_AFTER)
        wait = usual * np.exp(effect + self.rng.normal(0, 0.6, rows))
        self.sheet.add(ask, self.seconds(25.0, self.owner), self.owner, to=addressed)
        self.sheet.add(answer, self.seconds(median, taker), taker, wait=wait, mode=ASIDE)
        return taker

    def _anyone(self, pool: Ints, but: Ints) -> Ints:
        """Somebody of the pool for each case, not the person given, if there is a choice."""
        drawn = self.rng.integers(len(pool), size=self.sheet.rows)
        again = (drawn + 1) % len(pool)
        return np.where(pool[drawn] == but, pool[again], pool[drawn])

    def _probability(self, slot: Slot) -> Floats | float:
        match slot.follow:
            case "skill":
                return self.staff.follows(slot.name, self.owner, self.cases.week)
            case "hard":
                return hard_follow(self.cases)
            case "coin":
                return 0.5
            case "seldom":
                return 1 / 6
            case "hurried":
                return np.where(self.busy, 0.2, 0.75)
            case "unskilled":
                return 0.6 * (1.0 - self.staff.follows(slot.name, self.owner, self.cases.week))

    def _holds(self, rule: Rule, done: Bools) -> Bools:
        held = done & self.cases.holds(rule.condition)
        for before in rule.prerequisites:
            held &= self.took_effect[before]
        self.took_effect[rule.id] = held
        return held

    def _effect(self, slot: str, done: Bools) -> Floats:
        rule = self.plan.rule(slot)
        if rule is None:
            return np.zeros(self.sheet.rows)
        return np.where(self._holds(rule, done), rule.effect, 0.0)

    def _apply(self, slot: str, done: Bools) -> None:
        """Turn a done step into its planted effect on the end or on the time of what follows."""
        rule = self.plan.rule(slot)
        effect = self._effect(slot, done)
        if rule is not None and rule.metric == "good-rate":
            self.good = self.good + effect
        elif rule is not None and rule.metric == "duration":
            self.sheet.pace = self.sheet.pace * np.exp(effect)
