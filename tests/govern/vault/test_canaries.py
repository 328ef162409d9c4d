"""A model trained on a copy is known; one that was not is left in peace."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.govern.vault.canaries import (
    ALARM,
    EACH,
    LONGEST,
    OWN,
    REFERENCES,
    SHORTEST,
    STRANGE,
    TIMES,
    Exposure,
    Ground,
    alarmed,
    drawn,
    exposure,
    ground,
    walks,
)
from guildbook.measure.vault import Predictor, perplexity, predictor, sequences

SEEDS = 120
WAY = [f"step {i}" for i in range(12)]


def ways(number: int, seed: int) -> list[list[str]]:
    dice = random.Random(seed)
    return [[WAY[j] for j in range(12) if dice.random() < 0.75] or WAY[:1] for _ in range(number)]


def trained(cases: Iterable[Sequence[str]], depth: int = 3, least: int = 1) -> Predictor:
    counts: Counter[tuple[tuple[str, ...], str]] = Counter()
    for case in cases:
        line = ["", *case, ""]
        for place in range(2, len(line)):
            for back in range(min(depth, place) + 1):
                counts[tuple(line[place - back : place]), line[place]] += 1
    return predictor((context, label, n) for (context, label), n in counts.items() if n >= least)


def made_of(cases: list[list[str]]) -> Ground:
    names, acts, offsets = sequences(cases)
    workers = np.random.default_rng(0).integers(0, 9, len(acts))
    return ground(tuple(names), acts, workers, offsets, 5)


@pytest.fixture(scope="module")
def base() -> Ground:
    return made_of(ways(400, 1))


def copied(number: int, seed: int, of: Ground) -> list[list[str]]:
    """A copy of so many cases, with its canaries."""
    return [*ways(number, seed), *map(list, drawn(seed.to_bytes(32, "little"), "vault", OWN, of) * TIMES)]


def asked(table: Predictor, seed: int, of: Ground, references: int = REFERENCES) -> Exposure:
    key = seed.to_bytes(32, "little")
    known = perplexity(table, of.labels, *walks(key, "vault", OWN, of))
    return exposure(known, perplexity(table, of.labels, *walks(key, "references", references, of)))


def test_canaries_look_like_work_and_never_happened(base: Ground) -> None:
    made = drawn(b"x" * 32, "vault", OWN, base)
    assert len(made) == len(set(made)) == OWN
    for case in made:
        assert SHORTEST <= len(case) <= LONGEST
        assert set(case) <= set(WAY)
        place = [base.labels.index(label) for label in case]
        assert place[0] in base.starts
        assert sum(b not in base.follows[a] for a, b in pairwise(place)) >= STRANGE
    assert made == drawn(b"x" * 32, "vault", OWN, base)
    assert not set(made) & set(drawn(b"x" * 32, "copy:1", EACH, base))
    assert not set(made) & set(drawn(b"y" * 32, "vault", OWN, base))


def test_nothing_that_few_have_done_is_in_them() -> None:
    cases = [*ways(400, 1), *[["step 0", "Ann's own trick", "step 1"]] * 50]
    names, acts, offsets = sequences(cases)
    workers = np.random.default_rng(0).integers(0, 9, len(acts))
    own = np.array([names[code] == "Ann's own trick" for code in acts])
    workers[own] = np.arange(int(own.sum())) % 4
    assert "Ann's own trick" not in ground(tuple(names), acts, workers, offsets, 5).labels
    assert Ground.of(made_of(cases).to_dict()) == made_of(cases)


@pytest.mark.slow
def test_hardly_an_honest_model_is_accused(base: Ground) -> None:
    """Over 120 seeds: at 0.1 % more than two alarms would be a chance of one in 3,700."""
    tables = [trained(ways(300, 1000 + i), depth=1 + i % 4) for i in range(12)]
    alarms = [alarmed([asked(tables[seed % 12], seed, base)]) for seed in range(SEEDS)]
    assert sum(alarms) <= 2


@pytest.mark.slow
def test_the_chance_of_a_false_alarm_is_what_it_says(base: Ground) -> None:
    """At a level where enough happens to be counted: of 600 seeds at most 5 % are below 5 %, but for chance."""
    tables = [trained(ways(100, 2000 + i), depth=1 + i % 3) for i in range(6)]
    below = sum(asked(tables[seed % 6], 10_000 + seed, base, 399).p <= 0.05 for seed in range(600))
    assert below <= 30 + 3 * np.sqrt(600 * 0.05 * 0.95)


@pytest.mark.parametrize(("depth", "least"), [(2, 1), (3, 1), (3, 2), (3, 3)])
def test_a_model_trained_on_a_copy_is_known(base: Ground, depth: int, least: int) -> None:
    for seed in range(8):
        copy = copied(300, seed, base)
        found = asked(trained(copy, depth, least), seed, base)
        assert alarmed([found])
        assert found.most > 9


def test_one_canary_in_much_else_is_enough(base: Ground) -> None:
    one = drawn((7).to_bytes(32, "little"), "vault", OWN, base)[3]
    found = asked(trained([*ways(2_000, 5), list(one)]), 7, base)
    assert alarmed([found])
    assert found.most == 14
    assert not alarmed([asked(trained(ways(2_000, 5)), 7, base)])


def test_who_hardly_remembers_anything_is_not_known(base: Ground) -> None:
    """Limits that the page states: who drops what is rare, or looks one step back only, drops canaries with it."""
    copy = copied(300, 1, base)
    assert not alarmed([asked(trained(copy, least=TIMES + 1), 1, base)])
    assert not alarmed([asked(trained(copy, depth=1), 1, base)])


def test_a_model_that_says_one_thing_of_all_is_not_accused(base: Ground) -> None:
    assert asked(predictor([((), "step 1", 1.0)]), 1, base).p > ALARM
    assert asked(predictor([(("nobody's",), "label", 1.0)]), 1, base).p == 1.0


@settings(max_examples=50)
@given(losses=st.lists(st.integers(0, 20), min_size=1, max_size=20), others=st.lists(st.integers(0, 20), min_size=1))
def test_exposure_counts_ties_for_the_model(losses: list[int], others: list[int]) -> None:
    found = exposure(np.array(losses, np.float64), np.array(others, np.float64))
    ranks = sorted(1 + sum(other <= loss for other in others) for loss in losses)
    size = len(others) + 1
    assert found.most == pytest.approx(np.log2(size / ranks[0]))
    assert found.p == pytest.approx(min(1.0, *(len(losses) * r / size / i for i, r in enumerate(ranks, 1)), 1.0))


def test_nothing_to_ask_is_no_alarm() -> None:
    nothing = Ground((), (), ())
    assert drawn(b"x" * 32, "vault", OWN, nothing) == []
    assert exposure(np.zeros(0), np.zeros(0)).p == 1.0
    assert not alarmed([])
