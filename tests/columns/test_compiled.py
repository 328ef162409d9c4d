"""Numba is made ready without what no kernel here needs."""

from __future__ import annotations

import subprocess
import sys


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
