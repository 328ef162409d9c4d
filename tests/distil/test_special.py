"""Against scipy, over the range that mining meets and beyond."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special as peer

from guildbook.distil.special import fdtrc, gammaln, ndtr, stdtr, xlogy

FREEDOM = st.floats(-1, 7).map(lambda e: 10**e)


def close(found: float, wanted: float) -> bool:
    """To 1e-12 of the value, however small it is."""
    return math.isclose(found, wanted, rel_tol=1e-12, abs_tol=1e-290)


@given(x=st.floats(-38, 38))
def test_normal(x: float) -> None:
    assert close(float(ndtr(x)), float(peer.ndtr(x)))


@given(freedom=FREEDOM, t=st.floats(-40, 40).filter(lambda t: abs(t) > 0.01))
def test_student(freedom: float, t: float) -> None:
    found, wanted = float(stdtr(freedom, t)), float(peer.stdtr(freedom, t))
    # Where scipy is off by more than that itself: far out, with many degrees of freedom.
    assert math.isclose(found, wanted, rel_tol=1e-12 if freedom < 1e5 else 1e-10, abs_tol=1e-200)


@given(t=st.floats(-1e5, 1e5))
def test_student_in_closed_form(t: float) -> None:
    """Near the middle scipy is off by 1e-11; with one and two degrees of freedom the share is known."""
    assert math.isclose(float(stdtr(1, t)), 0.5 + math.atan(t) / math.pi, rel_tol=1e-12, abs_tol=1e-12)
    assert math.isclose(float(stdtr(2, t)), 0.5 + t / (2 * math.sqrt(2 + t * t)), rel_tol=1e-12, abs_tol=1e-12)


@given(over=FREEDOM.filter(lambda v: v < 1000), under=FREEDOM.filter(lambda v: v < 1e4), x=st.floats(0.01, 50))
def test_f(over: float, under: float, x: float) -> None:
    assert math.isclose(fdtrc(over, under, x), float(peer.fdtrc(over, under, x)), rel_tol=1e-11, abs_tol=1e-200)


@given(x=st.floats(1e-6, 1e9))
def test_log_gamma(x: float) -> None:
    assert math.isclose(float(gammaln(x)), float(peer.gammaln(x)), rel_tol=1e-12, abs_tol=1e-12)


def test_edges_and_shapes() -> None:
    assert np.array_equal(ndtr([-np.inf, 0, np.inf]), [0, 0.5, 1])
    assert np.isnan(ndtr(np.nan))
    assert np.array_equal(stdtr(3.0, [-np.inf, 0, np.inf]), [0, 0.5, 1])
    assert np.isnan(stdtr([0.0, -1.0, np.nan, 3.0], [1.0, 1.0, 1.0, np.nan])).all()
    assert stdtr(np.inf, -1.5) == ndtr(-1.5)
    assert stdtr(np.ones((2, 1)), np.zeros(3)).shape == (2, 3)
    assert (fdtrc(2, 3, 0), fdtrc(2, 3, math.inf)) == (1, 0)
    assert np.array_equal(xlogy([0, 0, 2], [0, 5, 1]), [0, 0, 0])
    assert xlogy(2, math.e) == pytest.approx(2)


def test_learning_loads_no_special_functions_of_scipy() -> None:
    code = "import sys, guildbook.app, guildbook.app.learning; print([m for m in sys.modules if m == 'scipy.special'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
