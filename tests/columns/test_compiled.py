"""Numba is loaded when a kernel is called, and without what no kernel here needs."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import numpy as np
import numpy.typing as npt

from guildbook.columns.compiled import Kernel, njit


def test_a_kernel_runs_and_scipy_can_be_imported_afterwards() -> None:
    code = """
import sys
from guildbook.columns.compiled import prepare
prepare()
assert "scipy.linalg" not in sys.modules, "SciPy was loaded"
import numpy as np
from guildbook.distil.kernels import row_order
assert row_order(np.array([[2], [1]], np.uint64)).tolist() == [1, 0]
import scipy.linalg.cython_blas
prepare()
assert "scipy.linalg.cython_blas" in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_numba_is_loaded_with_the_first_call_of_a_kernel() -> None:
    code = """
import sys
import numpy as np
import guildbook.app, guildbook.app.learning, guildbook.app.teaching
assert "numba" not in sys.modules, "Numba was loaded"
from guildbook.distil.kernels import group_rows
from guildbook.columns.compiled import Kernel
assert isinstance(group_rows, Kernel) and group_rows.__doc__
group_rows(np.array([[2], [1]], np.uint64), np.ones(2, np.int64))
assert "numba" in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@njit(cache=False)
def _twice(value: int) -> int:
    return value + value


@njit(cache=False)
def _power(value: int, times: int) -> int:
    return value if times == 0 else _twice(_power(value, times - 1))


@njit(cache=False)
def _summed(values: npt.NDArray[np.int64]) -> int:
    total = 0
    for value in values:
        total += _power(value, 3)
    return total


def test_kernels_call_kernels_and_themselves() -> None:
    values = np.arange(4)
    assert _summed(values) == 6 * 8
    assert not isinstance(_power, Kernel), "what it calls is Numba's own in its module now"
    assert _power(1, 10) == 1024


def test_many_threads_may_be_the_first() -> None:
    @njit(cache=False)
    def plus(value: int) -> int:
        return value + 1

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(plus, range(20))) == list(range(1, 21))


class _Slow(Kernel[[int], int]):
    """A kernel that takes its time to be made."""

    making = threading.Event()
    go_on = threading.Event()

    def made(self) -> Callable[[int], int]:
        self.making.set()
        assert self.go_on.wait(30)
        return super().made()


def _thrice(value: int) -> int:
    return 3 * value


_slow = _Slow(_thrice, {"cache": False})


@njit(cache=False)
def _nine(value: int) -> int:
    return _slow(_slow(value))


def test_who_comes_second_waits_until_all_that_is_called_is_made() -> None:
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(_nine, 1)
        assert _Slow.making.wait(30)
        second = pool.submit(_nine, 2)
        done, _ = wait([second], timeout=0.2)
        _Slow.go_on.set()
        assert (first.result(), second.result(), done) == (9, 18, set())
