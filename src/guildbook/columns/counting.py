"""How often each key came before: a hash table in two arrays, compiled where that is worth loading a compiler.

Loading Numba takes half a second of a core and 60 MB, which a process that takes in a few hundred events and ends
need not pay: few keys are counted by the same lines uncompiled.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from guildbook.columns.compiled import njit
from guildbook.columns.words import U64

FEW: Final = 20_000
"""Keys up to which counting uncompiled (2 µs each) is quicker than loading Numba."""


def count(keys: U64, counts: npt.NDArray[np.uint32], probes: U64, out: U64) -> int:
    """Write into `out` how often each probe came before, counting within `probes` too; returns how many are new.

    `keys` and `counts` have the same length, a power of two, more than half of it free.
    """
    return int(_fit(counting, len(probes))(keys, counts, probes, out))


def reinsert(keys: U64, counts: npt.NDArray[np.uint32], old_keys: U64, old_counts: npt.NDArray[np.uint32]) -> None:
    """Bring what a smaller table held into an empty one."""
    _fit(reinserting, len(old_keys))(keys, counts, old_keys, old_counts)


def _fit(kernel: Callable[..., Any], rows: int) -> Callable[..., Any]:
    return compiled(kernel) if rows > FEW or "numba" in sys.modules else kernel


@cache
def compiled(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """The same, compiled, or loaded as it was compiled before."""
    return njit(cache=True)(kernel)


def counting(keys: U64, counts: npt.NDArray[np.uint32], probes: U64, out: U64) -> int:
    """Open addressing with linear probing; slots are a power of two, key 0 marks an empty one."""
    mask = np.uint64(len(keys) - 1)
    one = np.uint64(1)
    fresh = 0
    for i in range(len(probes)):
        key = probes[i] if probes[i] != 0 else one
        slot = key & mask
        while keys[slot] != 0 and keys[slot] != key:
            slot = (slot + one) & mask
        if keys[slot] == 0:
            keys[slot] = key
            fresh += 1
        out[i] = counts[slot]
        counts[slot] += np.uint32(1)
    return fresh


def reinserting(keys: U64, counts: npt.NDArray[np.uint32], old_keys: U64, old_counts: npt.NDArray[np.uint32]) -> None:
    """What `reinsert` does."""
    mask = np.uint64(len(keys) - 1)
    one = np.uint64(1)
    for i in range(len(old_keys)):
        key = old_keys[i]
        if key != 0:
            slot = key & mask
            while keys[slot] != 0:
                slot = (slot + one) & mask
            keys[slot] = key
            counts[slot] = old_counts[i]
