"""What a model adds to a person, and what it does alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from guildbook.measure.endings import Endings
from guildbook.measure.model import Shape, Table
from guildbook.measure.trial import Policy, Trial
from guildbook.measure.work import BAD, GOOD, UNKNOWN, Work, work


def cases(ways: Sequence[str], times: int, outcomes: Sequence[int] | None = None) -> Work:
    """Cases of one task whose acts are the letters of each way, each way so many times."""
    listed = [
        ("claim", [(letter, f"worker {number % 3}", number * 1_000 + place) for place, letter in enumerate(way)])
        for number, way in enumerate(list(ways) * times)
    ]
    return work(listed, outcomes=None if outcomes is None else list(outcomes) * times, own=2_000_000)


def trial_of(whole: Work, order: int = 4) -> tuple[Trial, Table]:
    """A trial of all the work, and the model of all of it."""
    return Trial(whole, whole, Shape(order)), Table.of(whole, Shape(order))


def test_a_process_with_one_way_needs_nobody() -> None:
    trial, model = trial_of(cases(["abcd"], 10))
    assert trial.accuracy(model).value == 1
    assert trial.augmentation(model, Policy()).value == pytest.approx(0.6)
    alone = trial.substitution(model, Policy())
    assert alone.measured.value == 1
    assert alone.longest() == 4  # three acts and the end


def test_time_saved_is_weighed_by_time() -> None:
    whole = cases(["ab", "ac"], 10)
    slow = replace(whole, own=whole.own * (1 + 8 * (whole.act == 1)))  # b takes nine times as long
    trial, model = trial_of(slow)
    found = trial.augmentation(model, Policy(shown=1, saved=1.0))
    assert found.value == pytest.approx(0.9)  # b is shown, as ties go to the lower code
    assert trial.augmentation(model, Policy(shown=2, saved=1.0)).value == 1


def test_what_a_person_must_approve_is_not_done_alone() -> None:
    whole = cases(["abcd"], 10)
    trial, model = trial_of(whole)
    alone = trial.substitution(model, Policy(gated=frozenset({whole.acts.index("c")})))
    assert alone.measured.value == 0
    assert alone.gates == 1


def test_a_run_must_come_to_the_verdict_that_people_came_to() -> None:
    whole = cases(["axg", "axg", "axb"], 10, [GOOD, GOOD, BAD])
    assert Endings.of(whole).verdict.tolist() == [UNKNOWN, BAD, GOOD, UNKNOWN]
    trial, model = trial_of(whole)
    greedy = trial.substitution(model, Policy(decoding="greedy"))
    assert greedy.measured.value == pytest.approx(2 / 3)  # it always grants
    told = trial.substitution(model, Policy(opening=3, decoding="greedy"))
    assert told.measured.value == 1


def test_without_outcomes_the_last_act_must_be_the_same() -> None:
    trial, model = trial_of(cases(["axg", "axg", "axb"], 10))
    assert trial.substitution(model, Policy(decoding="greedy")).measured.value == pytest.approx(2 / 3)


def test_without_outcomes_all_must_be_done_that_the_people_did() -> None:
    whole = cases(["abcz", "abcz", "az", "awbcz"], 10)
    trial, model = trial_of(whole)
    found = trial.substitution(model, Policy(decoding="greedy")).measured
    assert found.value == pytest.approx(3 / 4)  # a b c z does what a z asks for, and not the w of the last
    assert found.num[3::4].tolist() == [0] * 10


def test_a_step_that_nobody_takes_there_spoils_the_run() -> None:
    learnt, tried = cases(["abd", "abd", "acd"], 10), cases(["acd"], 10)
    whole = cases(["abd", "acd"], 1)
    assert learnt.acts == whole.acts
    held_back = replace(
        tried, act=(tried.act + (tried.act > 0)).astype("int32"), acts=whole.acts
    )  # a c d among a b c d
    trial = Trial(held_back, whole, Shape(3))
    model = Table.of(learnt, Shape(3))
    assert trial.substitution(model, Policy(decoding="greedy")).measured.value == 0  # b, which nobody does there
    sampled = trial.substitution(model, Policy(decoding="sample", runs=40)).measured.value
    assert 0.2 < sampled < 0.46


def test_drawn_runs_are_the_same_for_the_same_seed() -> None:
    trial, model = trial_of(cases(["abd", "ace", "acbd"], 10))
    found = [trial.substitution(model, Policy(seed=seed, decoding="sample")).measured.num for seed in (1, 1, 2)]
    assert found[0].tolist() == found[1].tolist()
    assert found[0].tolist() != found[2].tolist()


def test_a_model_of_nothing_does_nothing() -> None:
    whole = cases(["abcd"], 10)
    trial, _ = trial_of(whole)
    nothing = Table.empty(len(whole.acts), Shape(4))
    assert trial.accuracy(nothing).value == 0
    assert trial.substitution(nothing, Policy()).measured.value == 0
    assert trial.substitution(nothing, Policy()).longest() == 0
