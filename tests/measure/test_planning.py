"""Whole runs that draw nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from guildbook.measure.model import Shape, Table
from guildbook.measure.planning import likeliest, stepwise
from guildbook.measure.trial import DECODINGS, Policy, Trial, runs_of
from guildbook.measure.work import Work, work


def letters(*ways: str) -> Work:
    """Cases whose acts are letters."""
    return work([("t", [(letter, "w", place) for place, letter in enumerate(way)]) for way in ways])


def test_the_likeliest_run_need_not_begin_with_the_likeliest_step() -> None:
    whole = letters(*["az"] * 4, "abqy", "abry", "absy", "abty", "abuy", "abvy")
    model = Table.of(whole, Shape(4))
    acts = whole.acts
    which, runs = likeliest(model, whole, 1, 10)
    assert np.unique(which).tolist() == [0]
    assert runs[0][:2].tolist() == [acts.index("z"), model.end]
    _, steps = stepwise(model, whole, 1, 10)
    assert acts[steps[0][0]] == "b"
    trial = Trial(whole, whole, Shape(4))
    found = {d: trial.substitution(model, Policy(decoding=d)).measured.value for d in DECODINGS}
    assert found["likeliest"] == pytest.approx(0.4)
    assert found["greedy"] == pytest.approx(0.1)


def test_the_likeliest_run_is_that_of_all_runs(random_work: Callable[..., Work]) -> None:
    for seed in range(5):
        whole = random_work(seed, traces=8, acts=3, longest=4)
        model = Table.of(whole, Shape(6))
        which, runs = likeliest(model, whole, 1, 20)
        for trace in range(len(whole)):
            same = [t for t in range(len(whole)) if which[t] == which[trace]]
            rests = [tuple(whole.act[whole.offsets[t] + 1 : whole.offsets[t + 1]].tolist()) for t in same]
            found = tuple(runs[which[trace]][: list(runs[which[trace]]).index(model.end)].tolist())
            most = max(rests.count(rest) for rest in rests)
            assert rests.count(found) == most  # as deep as the traces are long, a run is as likely as it is frequent


def test_an_unknown_opening_has_no_run() -> None:
    whole = letters("abz", "abz")
    _, runs = likeliest(Table.empty(len(whole.acts), Shape(3)), whole, 1, 5)
    assert math.prod(runs.shape) > 0
    assert (runs == -1).all()


def test_a_run_that_is_given_up_early_was_not_accepted(random_work: Callable[..., Work]) -> None:
    for seed in range(6):
        whole = random_work(seed)
        trial, model = Trial(whole, whole, Shape(3)), Table.of(whole, Shape(3))
        for decoding in DECODINGS:
            policy = Policy(decoding=decoding, gated=frozenset({2} if seed % 2 else ()))
            full = trial.substitution(model, policy).measured
            share = full.num / np.maximum(full.den, 1)
            assert trial.accepted(model, policy).tolist() == share.tolist()
        best = trial.substitution(model, Policy()).measured
        assert float(trial.accepted(model, Policy()).mean()) == pytest.approx(best.value)


def test_the_acts_of_accepted_runs_are_told(random_work: Callable[..., Work]) -> None:
    whole = random_work(3)
    trial, model = Trial(whole, whole, Shape(3)), Table.of(whole, Shape(3))
    for decoding in DECODINGS:
        many = runs_of(Policy(), decoding)
        policy = Policy(decoding=decoding)
        took = np.zeros((len(whole) * many, len(whole.acts) + 1), dtype=bool)
        share = trial.accepted_by(model, policy, decoding, took)
        passing = np.logical_or.reduce(took.reshape(len(whole), many, -1), axis=1)
        for act in range(len(whole.acts)):
            gated = trial.accepted_by(model, replace(policy, gated=frozenset({act})), decoding)
            assert (gated != share).tolist() == passing[:, act].tolist()
