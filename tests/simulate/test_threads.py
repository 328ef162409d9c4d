"""Threads that sleep while they wait, and worlds in several Python threads."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from guildbook.model.errors import UsageError
from guildbook.simulate.majors import majors
from guildbook.simulate.model import Model
from guildbook.simulate.parameters import Parameters
from guildbook.simulate.threads import use

PROGRAM = """
import sys
import numba
from guildbook.simulate.majors import majors
from guildbook.simulate.model import Model
from guildbook.simulate.parameters import Parameters
from guildbook.simulate.threads import use
use()
Model(majors(), Parameters(), 1_000).month()
sys.stdout.write(numba.threading_layer())
"""


def test_a_program_of_ours_has_threads_that_sleep() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    assert done.stdout in {"tbb", "workqueue"}


def test_more_than_there_are_is_an_error() -> None:
    with pytest.raises(UsageError, match="fewer than"):
        use(100_000)


def wage_of(seed: int) -> float:
    model = Model(majors(), Parameters(), 40_000, seed)
    return [float(model.month().sums[:, 1].sum()) for _ in range(6)][-1]


def test_worlds_in_several_python_threads_do_not_disturb_one_another() -> None:
    alone = [wage_of(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(wage_of, range(4))) == alone
