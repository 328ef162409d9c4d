"""Counting is the same compiled or not."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guildbook.columns import counting
from guildbook.columns.words import U64

CODE = """
import sys, pyarrow as pa
from guildbook.columns import raw_table
from guildbook.columns.ids import IdAssigner
time = pa.array([0, 0, 1], pa.int64()).cast(pa.timestamp("us", "UTC"))
ids = IdAssigner().assign(raw_table({"worker": ["Ada"] * 3, "time": time})).to_pylist()
print(len(set(ids)), "numba" in sys.modules)
"""
few = st.lists(st.sampled_from([0, 1, 2, 3, (1 << 64) - 1, 1 << 63]) | st.integers(0, (1 << 64) - 1), max_size=60)


def counted(probes: list[int], *, kernel: bool) -> tuple[int, list[int], list[int], list[int]]:
    keys, counts = np.zeros(128, np.uint64), np.zeros(128, np.uint32)
    words: U64 = np.array(probes, np.uint64)
    out = np.empty(len(words), np.uint64)
    function = counting.compiled(counting.counting) if kernel else counting.counting
    fresh = int(function(keys, counts, words, out))
    grown, more = np.zeros(256, np.uint64), np.zeros(256, np.uint32)
    function = counting.compiled(counting.reinserting) if kernel else counting.reinserting
    function(grown, more, keys, counts)
    return fresh, out.tolist(), grown.tolist(), more.tolist()


@given(few)
def test_compiled_or_not_it_says_the_same(probes: list[int]) -> None:
    plain = counted(probes, kernel=False)
    assert plain == counted(probes, kernel=True)
    named = [probe or 1 for probe in probes]
    assert plain[1] == [named[:at].count(key) for at, key in enumerate(named)]
    assert plain[0] == len(set(named))


def test_few_events_get_their_ids_without_a_compiler() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["3", "False"], done.stderr
