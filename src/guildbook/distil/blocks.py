"""Arrays of 64-bit numbers as compressed bytes, one block an array, listed by name, shape and size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

SIGNED = ("counts", "offsets", "place")
"""Arrays whose name ends so are of signed numbers, all others of unsigned."""


def packed(arrays: Iterable[tuple[str, NDArray[Any]]]) -> tuple[list[dict[str, Any]], list[bytes]]:
    """(what is listed, blocks of zstd) of named arrays; `unpacked` reads them back."""
    codec = pa.Codec("zstd", compression_level=1)
    blocks: list[bytes] = []
    listed: list[dict[str, Any]] = []
    for name, array in arrays:
        raw = little(array)
        blocks.append(codec.compress(raw, asbytes=True) if len(raw) else b"")
        listed.append({"name": name, "shape": array.shape, "size": len(blocks[-1])})
    return listed, blocks


def unpacked(listed: Iterable[dict[str, Any]], body: memoryview) -> dict[str, NDArray[Any]]:
    """What `packed` wrote, from the blocks one after another.

    Raises KeyError, TypeError, ValueError or OSError where they are damaged.
    """
    codec = pa.Codec("zstd")
    arrays: dict[str, NDArray[Any]] = {}
    for item in listed:
        shape = tuple(int(x) for x in item["shape"])
        kind = np.dtype("<i8" if item["name"].endswith(SIGNED) else "<u8")
        size = int(np.prod(shape, dtype=np.int64)) * 8
        block, body = body[: item["size"]], body[item["size"] :]
        # Into memory of its own, and so writable: kernels have one compiled form.
        raw = codec.decompress(block, size) if size else bytearray()
        arrays[item["name"]] = np.frombuffer(raw, kind).reshape(shape)
    return arrays


def little(array: NDArray[Any]) -> memoryview:
    """The array's bytes in little-endian order, copied only where it is not so already."""
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data
