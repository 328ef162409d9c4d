"""Offices that are not the usual one."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from guildbook.model import UsageError
from guildbook.record.office import Options, Truth, generate, truth
from guildbook.record.office.plan import draw_plan
from guildbook.record.office.steps import CASELESS, EARLY, MISTAKES

EVENTS = 120_000
Names = list[tuple[str, str]]


def made(options: Options, seed: int = 5, events: int = 12_000) -> pa.Table:
    return pa.concat_tables([c.events for c in generate(seed=seed, events=events, options=options)])


def cases_of(events: pa.Table) -> dict[str, tuple[Names, list[int], bool | None]]:
    """Steps, times and how it ended, by case."""
    found: dict[str, tuple[Names, list[int]]] = defaultdict(lambda: ([], []))
    ended: dict[str, bool] = {}
    columns = [events[name].to_pylist() for name in ("case", "action", "element_name", "outcome")]
    for case, action, element, outcome, time in zip(*columns, events["time"].cast(pa.int64()).to_pylist(), strict=True):
        if case:
            found[case][0].append((action, element))
            found[case][1].append(time)
            if outcome:
                ended[case] = outcome == "good"
    return {case: (*both, ended.get(case)) for case, both in found.items()}


def test_the_usual_office_is_what_no_options_give() -> None:
    assert made(Options()).equals(pa.concat_tables([c.events for c in generate(seed=5, events=12_000)]))


def test_noise_adds_stray_events_and_loses_others() -> None:
    usual, noisy = made(Options()), made(Options(noise=0.4))
    assert noisy.num_rows == pytest.approx(usual.num_rows * 1.2, rel=0.02)
    stray = {(step.action, step.name) for step in CASELESS.values()}
    inside = [n for steps, _, _ in cases_of(noisy).values() for n in steps]
    assert sum(n in stray for n in inside) == pytest.approx(0.3 * 0.88 * usual.num_rows, rel=0.1)
    assert not any(n in stray for steps, _, _ in cases_of(usual).values() for n in steps)
    assert (np.diff(noisy["time"].cast(pa.int64()).to_numpy()) >= 0).all()
    assert made(Options(noise=0.4)).equals(noisy)


@pytest.mark.parametrize("noise", [-0.1, 1.5])
def test_noise_is_a_share(noise: float) -> None:
    with pytest.raises(UsageError, match="is no share"):
        Options(noise=noise)


def test_an_office_with_nothing_planted_has_decoys_alone() -> None:
    for more in (False, True):
        plain = truth(5, options=Options(planted=False, more=more))
        assert plain.practices == ()
        usual = truth(5, options=Options(more=more))
        assert len(plain.decoys) > len(usual.decoys)
        assert plain.people == usual.people


def test_what_experts_know_leaves_the_rest_as_it_is() -> None:
    usual, experts = draw_plan(5), draw_plan(5, experts=True)
    assert experts.rules[: len(usual.rules)] == usual.rules
    assert usual.slots.items() <= experts.slots.items()
    added = Counter(r.slot.split(".")[1] for r in experts.rules[len(usual.rules) :])
    assert added == {"feature1": 2, "consult": 1, "approver": 1}
    assert draw_plan(5, planted=False, experts=True).rules == ()


@pytest.fixture(scope="module")
def experts() -> tuple[Truth, pa.Table]:
    options = Options(experts=True)
    return truth(5, events=EVENTS, options=options), made(options, events=EVENTS)


def test_the_less_experienced_come_to_their_tasks_late(experts: tuple[Truth, pa.Table]) -> None:
    level = {p.name: p.experience for p in experts[0].people}
    decided = experts[1].filter(pa.array([n == "Ledger account" for n in experts[1]["element_name"].to_pylist()]))
    first = decided.group_by("worker").aggregate([("time", "min")]).to_pylist()
    day = {row["worker"]: (row["time_min"] - datetime(2026, 1, 7, tzinfo=UTC)).days for row in first}
    late = {name for name, since in day.items() if since >= 10}
    assert late == {name for name in day if level[name] in {"newcomer", "junior"}}
    assert late != set(day)


def test_a_feature_turns_up_anywhere_and_saves_time(experts: tuple[Truth, pa.Table]) -> None:
    for planted in [p for p in experts[0].practices if p.id.endswith(".feature1")]:
        step = planted.steps[0]["action"], planted.steps[0]["element_name"]
        spent: dict[str, float] = defaultdict(float)
        columns = [experts[1][name].to_pylist() for name in ("case", "duration", "action", "element_name")]
        using, places, done = set[str](), set[int](), Counter[str]()
        for case, length, *words in zip(*columns, strict=True):
            if case and case.startswith(planted.task + ":"):
                spent[case] += length
                done[case] += 1
                if tuple(words) == step:
                    using.add(case)
                    places.add(done[case])
        assert len(places) > 5
        whole = [case for case in spent if done[case] > 15]
        mean = {uses: np.mean([np.log(spent[c]) for c in whole if (c in using) == uses]) for uses in (True, False)}
        assert mean[True] - mean[False] == pytest.approx(planted.effect, abs=0.15)


def test_what_is_dear_is_approved_by_one(experts: tuple[Truth, pa.Table]) -> None:
    (planted,) = [p for p in experts[0].practices if p.id == "planted:invoice.approver"]
    assert planted.condition is not None
    share: dict[bool, list[bool]] = defaultdict(list)
    columns = [experts[1][name].to_pylist() for name in ("action", "element_name", "worker", "attributes")]
    for action, element, worker, attributes in zip(*columns, strict=True):
        if (action, element) == ("approve", "Invoice"):
            dear = json.loads(attributes)["case:amount"] >= int(planted.condition.value)
            share[dear].append(worker in planted.people)
    assert np.mean(share[True]) > 0.9
    assert np.mean(share[False]) < 0.6


def test_asking_helps_those_alone_who_are_new(experts: tuple[Truth, pa.Table]) -> None:
    (planted,) = [p for p in experts[0].practices if p.id.endswith(".consult")]
    level = {p.name: p.experience for p in experts[0].people}
    cases: dict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
    columns = [experts[1][name].to_pylist() for name in ("case", "element_name", "worker", "outcome")]
    for case, *words in zip(*columns, strict=True):
        if case and case.startswith(planted.task + ":"):
            cases[case].append((words[0], words[1], words[2]))
    ends: dict[tuple[bool, bool], list[bool]] = defaultdict(list)
    for listed in cases.values():
        outcome = next((said for _, _, said in listed if said), None)
        if outcome:
            owner = next(worker for _, worker, said in listed if said)
            asked = planted.steps[0]["element_name"] in {element for element, _, _ in listed}
            ends[level[owner] in {"newcomer", "junior"}, asked].append(outcome == "good")
    gain = {new: np.mean(ends[new, True]) - np.mean(ends[new, False]) for new in (True, False)}
    assert gain[True] > planted.effect / 2
    assert gain[True] - gain[False] > 0.1


def test_more_sorts_leave_the_rest_as_it_is() -> None:
    usual, more = draw_plan(5), draw_plan(5, more=True)
    assert more.rules[: len(usual.rules)] == usual.rules
    assert usual.slots.items() <= more.slots.items()
    added = Counter(r.slot.split(".")[1] for r in more.rules[len(usual.rules) :])
    assert added == {"recovery": 1, "care": 1, "early": 1}
    assert usual.harm == {}


@pytest.fixture(scope="module")
def more() -> tuple[Truth, dict[str, tuple[Names, list[int], bool | None]]]:
    options = Options(more=True)
    return truth(5, events=EVENTS, options=options), cases_of(made(options, events=EVENTS))


def test_what_makes_up_for_a_mistake_is_done_after_it_alone_and_helps(
    more: tuple[Truth, dict[str, tuple[Names, list[int], bool | None]]],
) -> None:
    (planted,) = [p for p in more[0].practices if p.id.endswith(".recovery")]
    wrong = MISTAKES[planted.task].action, MISTAKES[planted.task].name
    mends = planted.steps[0]["action"], planted.steps[0]["element_name"]
    ends: dict[tuple[bool, bool], list[bool]] = defaultdict(list)
    for case, (steps, _, good) in more[1].items():
        if case.startswith(planted.task + ":"):
            assert mends not in steps or wrong in steps[: steps.index(mends)]
            if good is not None:
                ends[wrong in steps, mends in steps].append(good)
    mended, left, never = (np.mean(ends[k]) for k in ((True, True), (True, False), (False, False)))
    assert mended - left > planted.effect / 2
    assert never - left > 0.1


def test_care_spares_going_over_it_again(more: tuple[Truth, dict[str, tuple[Names, list[int], bool | None]]]) -> None:
    (planted,) = [p for p in more[0].practices if p.id.endswith(".care")]
    care = planted.steps[0]["action"], planted.steps[0]["element_name"]
    again: dict[bool, list[bool]] = defaultdict(list)
    for case, (steps, _, good) in more[1].items():
        if case.startswith(planted.task + ":") and good is not None:
            again[care in steps].append(len(set(steps)) < len(steps))
    assert np.mean(again[True]) - np.mean(again[False]) == pytest.approx(planted.effect, abs=0.06)


def test_what_is_asked_for_first_is_waited_for_less(
    more: tuple[Truth, dict[str, tuple[Names, list[int], bool | None]]],
) -> None:
    (planted,) = [p for p in more[0].practices if p.id.endswith(".early")]
    ask, work, back = ((s.action, s.name) for s in EARLY[planted.task])
    waits: dict[bool, list[float]] = defaultdict(list)
    for case, (steps, times, _) in more[1].items():
        if case.startswith(planted.task + ":") and back in steps:
            first = steps.index(ask) < steps.index(work)
            before = max(steps.index(ask), steps.index(work))
            waits[first].append(np.log((times[steps.index(back)] - times[before]) / 1e6))
    assert np.mean(waits[True]) - np.mean(waits[False]) < planted.effect / 2
