"""From measured work to an occupation's rates."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.model import InputError, UsageError
from guildbook.simulate import calibration
from guildbook.simulate.calibration import ENDS, Range, Rates, Team, data_exponent, placed, rates
from guildbook.simulate.majors import majors
from guildbook.simulate.parameters import Parameters
from guildbook.simulate.twin import Twin

share = st.floats(0, 1)
ranges = st.lists(share, min_size=3, max_size=3).map(lambda three: Range(*sorted(three)))


def team(**changes: Any) -> Team:
    said: dict[str, Any] = {
        "workers": 9, "held_back": 100, "helped": Range(0.6, 0.7, 0.8), "alone": Range(0.1, 0.2, 0.3), "coverage": 0.5,
        "data_exponent": Range(0.1, 0.2, 0.3),
    }  # fmt: skip
    return Team(**(said | changes))


@given(helped=ranges, alone=ranges, coverage=share, index=share)
def test_rates_lie_between_what_was_measured_with_nothing_and_with_everything_else(
    helped: Range, alone: Range, coverage: float, index: float
) -> None:
    found = [rates(team(helped=helped, alone=alone, coverage=coverage), index, end) for end in ENDS]
    for name, measured in (("exposure", alone), ("reached", helped)):
        low, middle, high = (getattr(one, name) for one in found)
        assert 0 <= low <= middle + 1e-12 <= high + 2e-12 <= 1 + 3e-12
        assert low == pytest.approx(coverage * measured.low)
        assert high == pytest.approx(coverage * measured.high + 1 - coverage)
    assert [one.data_exponent for one in found] == [0.1, 0.2, 0.3]


def test_a_job_that_is_covered_has_what_was_measured_and_one_that_is_not_its_public_index() -> None:
    assert rates(team(coverage=1.0), 0.9) == Rates(0.2, 0.7, 0.2)
    assert rates(team(coverage=0.0), 0.9) == Rates(0.9, 0.9, 0.2)


@settings(max_examples=30)
@given(exponent=st.floats(0.02, 3), whole=st.floats(0.05, 10), noise=st.floats(0, 0.02), seed=st.integers(0, 99))
def test_the_power_of_data_is_found_again(exponent: float, whole: float, noise: float, seed: int) -> None:
    shares = [0.1, 0.2, 0.4, 0.6, 0.8, 1.0]
    with np.errstate(divide="ignore"):
        kept = np.exp(1 - (1 - np.array(shares)) ** -exponent)
    drawn = np.random.default_rng(seed).normal(0, noise, (20, len(shares)))
    found = data_exponent(shares, whole * (1 - np.clip(kept + drawn, 0, 1)), whole)
    assert found is not None
    assert found.low <= found.middle <= found.high
    assert found.middle == pytest.approx(exponent, abs=0.02 + 2 * noise + 0.1 * exponent * (noise > 0))


def test_who_loses_nothing_has_no_power_and_who_has_nothing_none_to_be_fitted() -> None:
    found = data_exponent([0.2, 0.5], np.zeros((3, 2)), 1.0)
    assert found is not None
    assert found.high < 1e-3
    assert data_exponent([0.2, 0.5], np.zeros((3, 2)), 0.0) is None
    assert data_exponent([1.0], np.ones((3, 1)), 1.0) is None


def test_a_group_gets_the_rates_itself() -> None:
    world = placed(majors(), "43-0000", Rates(0.1, 0.9, None))
    at = world.codes.index("43-0000")
    assert (len(world), world.exposure[at], world.extracted[at]) == (22, 0.1, 0.9)
    others = np.arange(22) != at
    assert (world.extracted[others] == majors().exposure[others]).all()
    assert world.data_exponent is not None
    assert np.isnan(world.data_exponent).all()


def test_an_occupation_is_parted_from_its_group() -> None:
    whole = majors()
    world = placed(whole, "43-9041", Rates(0.1, 0.9, 0.4), title="Claims clerks", jobs=250_000, wage=51.0)
    assert (len(world), world.codes[-1], world.names[-1]) == (23, "43-9041", "Claims clerks")
    assert world.jobs.sum() == whole.jobs.sum()
    assert (world.wage[-1], world.exposure[-1], world.extracted[-1]) == (51.0, 0.1, 0.9)
    rows = [world.weights[a:b].sum() for a, b in pairwise(world.starts.tolist())]
    assert rows == pytest.approx([1.0] * 23)
    # What moved to the group before moves to both now, and both are reached.
    group = whole.codes.index("43-0000")
    into = dict(zip(world.targets[: world.starts[1]].tolist(), world.weights[: world.starts[1]].tolist(), strict=True))
    assert into[group] + into[22] == pytest.approx(whole.weights[group])
    assert into[22] / into[group] == pytest.approx(250_000 / (whole.jobs[group] - 250_000))
    again = placed(world, "43-9041", Rates(0.3, 0.2, None))
    assert (len(again), again.exposure[-1]) == (23, 0.3)
    twin = Twin(world, Parameters(), 1e6)
    for _ in range(24):
        twin.month()
    assert twin.working.sum() + twin.seeking.sum() == pytest.approx(1e6)


def test_parting_changes_little_where_the_part_is_like_its_group() -> None:
    whole = majors()
    group = whole.codes.index("43-0000")
    like = Rates(float(whole.exposure[group]), float(whole.exposure[group]), None)
    ends: list[float] = []
    for world in (whole, placed(whole, "43-9041", like, jobs=1_000_000)):
        twin = Twin(world, Parameters(), 1e6)
        month = [twin.month() for _ in range(60)][-1]
        ends.append(float(month.sums[:, 1].sum() / month.sums[:, 0].sum()))
    assert ends[0] == pytest.approx(ends[1], rel=1e-3)


@pytest.mark.parametrize(
    ("code", "jobs", "named"),
    [("claims", 5, "no occupation's code"), ("99-1000", 5, "falls under no"), ("43-9041", None, "How many"),
     ("43-9041", 10**9, "cannot have")],
)  # fmt: skip
def test_what_cannot_be_placed_is_named(code: str, jobs: int | None, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        placed(majors(), code, Rates(0.1, 0.1, None), jobs=jobs)


def test_shares_and_ends_are_checked() -> None:
    with pytest.raises(InputError):
        calibration.covered(1.2)
    with pytest.raises(UsageError):
        calibration.checked("edge")
