"""One heap for Arrow and NumPy, and no pandas."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa

from guildbook.columns.memory import one_heap


def test_arrow_allocates_from_the_system() -> None:
    before = pa.default_memory_pool()
    try:
        one_heap()
        assert pa.default_memory_pool().backend_name == "system"
        assert pa.array([1, 2, 3]).to_pylist() == [1, 2, 3]
    finally:
        pa.set_memory_pool(before)


def test_arrow_does_not_load_pandas(tmp_path: Path) -> None:
    (tmp_path / "pandas.py").write_text('print("pandas")\n__version__ = "3.0.0"\n')
    code = """
import numpy as np
from guildbook.columns.memory import without_pandas
without_pandas()
import pyarrow as pa
made = pa.array([1, None]), pa.array(np.array([1])), pa.scalar("word")
print(len(made))
import pandas
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "3\npandas\n"
