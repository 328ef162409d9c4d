"""What is planted is in the events, and nothing else moves outcomes or times. Seen from the events alone."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from guildbook.model import Kind
from guildbook.record.office import Planted, Truth, generate, truth
from guildbook.record.office.truth import Fields

SEEDS = (101, 202)
EVENTS = 240_000
"""Twice what `bench planted` takes by default."""
ENOUGH = 120
"""Cases on each side, so that half the events leave 60."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Name = tuple[str, str, str]


def name(fields: Fields) -> Name:
    return fields["app"], fields["action"], fields["element_name"]


@dataclass
class Case:
    steps: list[Name]
    times: list[float]
    people: list[str]
    addressed: list[str | None]
    lengths: list[float]
    known: dict[str, str | int]
    good: bool | None
    owner: str


@dataclass
class World:
    truth: Truth
    cases: dict[str, list[Case]]
    events: pa.Table

    def planted(self, *kinds: Kind) -> list[Planted]:
        return [p for p in self.truth.practices if p.kind in kinds]

    def below(self, planted: Planted) -> list[Planted]:
        known = {p.id: p for p in self.truth.practices}
        direct = [known[i] for i in planted.prerequisites]
        return direct + [q for d in direct for q in self.below(d)]


@pytest.fixture(scope="module", params=SEEDS)
def world(request: pytest.FixtureRequest) -> World:
    events = pa.concat_tables([c.events for c in generate(seed=request.param, events=EVENTS)]).unify_dictionaries()
    return World(truth(request.param, events=EVENTS), cases_of(events), events)


def cases_of(events: pa.Table) -> dict[str, list[Case]]:
    columns = ("case", "app", "action", "element_name", "worker", "outcome", "attributes", "objects")
    values = [events[c].to_pylist() for c in columns]
    times = (events["time"].cast(pa.int64()).to_numpy() / 1e6).tolist()
    lengths = (events["duration"].to_numpy() / 1e6).tolist()
    made: dict[str, Case] = {}
    for *words, outcome, attributes, objects, time, length in zip(*values, times, lengths, strict=True):
        case, app, action, element, worker = words
        if case is None:
            continue
        if case not in made:
            made[case] = Case([], [], [], [], [], json.loads(attributes), None, "")
        c = made[case]
        c.steps.append((app, action, element))
        c.times.append(time)
        c.people.append(worker)
        c.addressed.append(next((o["id"] for o in objects if o["qualifier"] == "to"), None))
        c.lengths.append(length)
        if outcome:
            c.good, c.owner = outcome == "good", worker
    by_task: dict[str, list[Case]] = defaultdict(list)
    for key, c in made.items():
        if c.good is not None:
            by_task[key.split(":")[0]].append(c)
    return by_task


def done(planted: Planted, case: Case) -> bool:
    names = [name(s) for s in planted.steps]
    if any(n not in case.steps for n in names):
        return False
    if planted.people:
        at = case.steps.index(names[0])
        return case.addressed[at] in planted.people
    places = [case.steps.index(n) for n in names]
    return places == sorted(places)


def holds(planted: Planted, case: Case) -> bool:
    condition = planted.condition
    if condition is None:
        return True
    value = case.known[f"case:{condition.key}"]
    return int(value) >= int(condition.value) if condition.at_least else value == condition.value


def contrast(x: Bools, y: Floats, cases: list[Case]) -> tuple[float, float]:
    """The difference y makes of x among cases of like owner and customer, and its standard error."""
    groups = [f"{c.owner} {c.known['case:customer_kind']}" for c in cases]
    _, group = np.unique(groups, return_inverse=True)
    size = np.bincount(group)
    rx = x - (np.bincount(group, x) / size)[group]
    ry = y - (np.bincount(group, y) / size)[group]
    weight = float((rx**2).sum())
    return float((rx * ry).sum()) / weight, float(np.sqrt(ry.var() / weight))


def measured(planted: Planted, cases: list[Case]) -> Floats:
    if planted.metric == "good-rate":
        return np.array([float(bool(c.good)) for c in cases])
    return np.log([sum(c.lengths) for c in cases])


def test_planted_steps_work_where_all_they_need_holds_and_nowhere_else(world: World) -> None:
    checked = 0
    for p in world.planted(Kind.QUALITY, Kind.WORKFLOW):
        if p.steps[0]["action"] in {"register", "approve"}:
            continue  # batches, below
        cases, needs = world.cases[p.task], world.below(p)
        fit = np.array([holds(p, c) and all(done(q, c) for q in needs) for c in cases])
        for where, expected in ((fit, p.effect), (~fit, 0.0)):
            some = [c for c, w in zip(cases, where, strict=True) if w]
            if not some:
                continue
            x = np.array([done(p, c) for c in some])
            assert min(x.sum(), (~x).sum()) >= ENOUGH, p.id
            difference, error = contrast(x, measured(p, some), some)
            if expected:
                # What rests on it adds to it, and only what follows the step gets faster.
                assert np.sign(difference) == np.sign(expected), p.id
                assert abs(difference) > 0.4 * abs(expected) - 2 * error, p.id
                assert abs(difference) / error > 3, p.id
            else:
                assert abs(difference) < 4 * error, p.id
            checked += 1
    assert checked >= 12


def test_nothing_else_that_people_differ_in_works(world: World) -> None:
    """Decoys, outcomes and active time: no more than chance allows among about a hundred comparisons."""
    scores: list[float] = []
    for d in world.truth.decoys:
        names = [name(s) for s in d.steps]
        cases = world.cases[d.task]
        x = np.array([names[0] in c.steps for c in cases])
        if len(names) == 2:
            x = np.array([c.steps.index(names[0]) < c.steps.index(names[1]) for c in cases])
        if min(x.sum(), (~x).sum()) < 60:
            continue
        for y in (np.array([float(bool(c.good)) for c in cases]), np.log([sum(c.lengths) for c in cases])):
            difference, error = contrast(x, y, cases)
            scores.append(difference / error)
    assert len(scores) >= 20
    assert max(map(abs, scores)) < 4.2
    assert np.sqrt(np.mean(np.square(scores))) < 1.5


def test_a_naive_comparison_misleads(world: World) -> None:
    """Steps that go with hard cases, or with experience, look as if they changed something."""
    scores: list[float] = []
    for d in world.truth.decoys:
        cases = world.cases[d.task]
        x = np.array([name(d.steps[0]) in c.steps for c in cases])
        if d.follow == "hard" and min(x.sum(), (~x).sum()) >= 60:
            y = np.log([sum(c.lengths) for c in cases])
            error = float(np.sqrt(y[x].var() / x.sum() + y[~x].var() / (~x).sum()))
            scores.append(float(y[x].mean() - y[~x].mean()) / error)
    assert scores
    assert min(scores) > 3


def test_the_right_person_answers_in_minutes(world: World) -> None:
    for p in world.planted(Kind.PEOPLE):
        waits: dict[bool, list[float]] = {True: [], False: []}
        for c in world.cases[p.task]:
            if name(p.steps[0]) not in c.steps or not holds(p, c):
                continue
            if not all(done(q, c) for q in world.below(p)):
                continue
            at = c.steps.index(name(p.steps[0]))
            later = [t for t, w in zip(c.times[at + 1 :], c.people[at + 1 :], strict=True) if w == c.addressed[at]]
            if later:
                waits[c.addressed[at] in p.people].append(later[0] - c.times[at])
        right, wrong = (np.log(waits[k]) for k in (True, False))
        assert min(len(right), len(wrong)) >= ENOUGH, p.id
        assert np.median(right) < np.log(45 * 60), p.id
        assert np.median(wrong) > np.log(2 * 3600), p.id
        assert right.mean() - wrong.mean() < p.effect / 2, p.id


def test_outside_its_condition_or_prerequisites_no_person_is_quicker(world: World) -> None:
    for p in world.planted(Kind.PEOPLE):
        waits: dict[bool, list[float]] = {True: [], False: []}
        for c in world.cases[p.task]:
            if name(p.steps[0]) not in c.steps:
                continue
            if holds(p, c) and all(done(q, c) for q in world.below(p)):
                continue
            at = c.steps.index(name(p.steps[0]))
            later = [t for t, w in zip(c.times[at + 1 :], c.people[at + 1 :], strict=True) if w == c.addressed[at]]
            if later:
                waits[c.addressed[at] in p.people].append(later[0] - c.times[at])
        if min(map(len, waits.values())) < 60:
            continue
        right, wrong = (np.log(waits[k]) for k in (True, False))
        error = float(np.sqrt(right.var() / len(right) + wrong.var() / len(wrong)))
        assert abs(right.mean() - wrong.mean()) < 4 * error, p.id


def test_the_quick_way_is_quicker_only_where_planted(world: World) -> None:
    tools = {str(p.steps): p for p in world.planted(Kind.TOOL)}
    for p in tools.values():
        quick, slow = name(p.steps[0]), name(p.instead_of[0])
        before = {name(q.steps[0]) for q in world.below(p)}
        spans: dict[tuple[bool, bool], list[float]] = defaultdict(list)
        for c in world.cases[p.task]:
            for way, length in ((quick, 1), (slow, len(p.instead_of))):
                if way in c.steps[1:-length]:
                    at = c.steps.index(way)
                    lasted = c.times[at + length] - c.times[at - 1]
                    if lasted < 1800:
                        spans[way == quick, not before or c.steps[at - 1] in before].append(lasted)
        ratio = np.log(spans[True, True]).mean() - np.log(spans[False, True]).mean()
        assert ratio == pytest.approx(p.effect, abs=0.25), p.id
        assert min(map(len, spans.values())) >= ENOUGH, p.id
        if before:
            assert abs(np.log(spans[True, False]).mean() - np.log(spans[False, False]).mean()) < 0.1, p.id


def test_only_the_planted_duty_goes_quicker_in_a_row(world: World) -> None:
    planted = {
        name(p.steps[0]) for p in world.planted(Kind.WORKFLOW) if p.steps[0]["action"] in {"register", "approve"}
    }
    assert len(planted) == 1
    columns = [world.events[c].to_pylist() for c in ("worker", "app", "action", "element_name")]
    lengths = world.events["duration"].to_numpy() / 1e6
    days = (world.events["time"].cast(pa.int64()).to_numpy() // 86_400_000_000).tolist()
    last: dict[str, tuple[Name, int]] = {}
    times: dict[Name, dict[bool, list[float]]] = defaultdict(lambda: {True: [], False: []})
    for worker, *step, length, day in zip(*columns, lengths, days, strict=True):
        step_name: Name = (step[0], step[1], step[2])
        times[step_name][last.get(worker) == (step_name, day)].append(length)
        last[worker] = (step_name, day)
    duties = [n for n in times if n[1] == "register" or n == ("claims", "approve", "Invoice")]
    assert len(duties) == 4
    for duty in duties:
        ratio = np.log(times[duty][True]).mean() - np.log(times[duty][False]).mean()
        assert (ratio < -0.25) == (duty in planted), duty
        assert duty in planted or abs(ratio) < 0.08, duty


def test_veterans_follow_and_newcomers_seldom_do_but_nobody_always_or_never(world: World) -> None:
    level = {c.name: c.experience for c in world.truth.people}
    shares: dict[str, list[float]] = defaultdict(list)
    for p in world.planted(Kind.QUALITY):
        by_owner: dict[str, list[bool]] = defaultdict(list)
        for c in world.cases[p.task]:
            by_owner[c.owner].append(done(p, c))
        for owner, did in by_owner.items():
            if len(did) >= 40:
                assert 0 < np.mean(did) < 1
                shares[level[owner]].append(float(np.mean(did)))
    assert 0.72 < np.mean(shares["veteran"]) < 0.92
    assert 0.10 < np.mean(shares["newcomer"]) < 0.40


def test_veterans_get_the_hard_cases(world: World) -> None:
    level = {c.name: c.experience for c in world.truth.people}
    cases = [c for cs in world.cases.values() for c in cs]
    hard = [float(c.known["case:customer_kind"] == "corporate") for c in cases]
    veteran = np.array([level[c.owner] == "veteran" for c in cases])
    assert np.mean(np.array(hard)[veteran]) > 1.5 * np.mean(np.array(hard)[~veteran])
