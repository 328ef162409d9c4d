"""The neural model as bytes: a JSON header and plain numbers. Reading them runs no code, as unpickling would.

MAGIC | length of the header, 8 bytes little-endian | header | float32 arrays, little-endian, zstd, one after another
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guildbook.distil.labels import LABEL_VERSION
from guildbook.distil.neural.groups import group_names
from guildbook.distil.neural.net import Net
from guildbook.distil.neural.settings import NeuralSettings
from guildbook.distil.neural.shard import Shard
from guildbook.distil.neural.state import NeuralState
from guildbook.model.errors import StoreError

FORMAT: Final = 2
MAGIC: Final = b"GBNEURAL"
_LEVEL: Final = 1
_MOST: Final = 1 << 31
"""Bytes of one array at most: more is damage."""


def to_bytes(state: NeuralState) -> bytes:
    """The whole state; the same state gives the same bytes."""
    codec = pa.Codec("zstd", compression_level=_LEVEL)
    blocks: list[bytes] = []
    shards: list[dict[str, Any]] = []
    for shard in state.shards:
        arrays: list[dict[str, Any]] = []
        for name, array in sorted(shard.weights.items()):
            raw = np.ascontiguousarray(array, "<f4").tobytes()
            blocks.append(codec.compress(raw, asbytes=True) if raw else b"")
            arrays.append({"name": name, "shape": array.shape, "size": len(blocks[-1])})
        shards.append(
            {
                "labels": shard.labels,
                "workers": shard.workers,
                "fingerprints": shard.fingerprints,
                "events": shard.events,
                "arrays": arrays,
            }
        )
    header = json.dumps(
        {
            "format": FORMAT,
            "label_version": LABEL_VERSION,
            "settings": state.settings.shape(),
            "groups": dict(sorted(state.groups.items())),
            "rounds": state.rounds,
            "shards": shards,
        },
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()
    return b"".join([MAGIC, len(header).to_bytes(8, "little"), header, *blocks])


def from_bytes(data: bytes, device: str = "auto") -> NeuralState:
    """The state that `to_bytes` wrote, to run on that device.

    Raises `StoreError` where it is damaged or of another version.
    """
    start = len(MAGIC) + 8
    if data[: len(MAGIC)] != MAGIC or len(data) < start:
        raise _damaged("it does not begin as one")
    end = start + int.from_bytes(data[len(MAGIC) : start], "little")
    try:
        header = json.loads(data[start:end])
        versions = header["format"], header["label_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(repr(error)) from error
    if versions != (FORMAT, LABEL_VERSION):
        raise StoreError("The neural model was made by another version.", "Learn it again.", "neural-version")
    try:
        return _state(header, memoryview(data)[end:], device)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise _damaged(repr(error)) from error


def _state(header: Mapping[str, Any], body: memoryview, device: str) -> NeuralState:
    settings = NeuralSettings.of(header["settings"], device)
    groups = {str(name): str(group) for name, group in header["groups"].items()}
    shards: list[Shard] = []
    for item in header["shards"]:
        weights: dict[str, NDArray[np.float32]] = {}
        for listed in item["arrays"]:
            block, body = body[: listed["size"]], body[listed["size"] :]
            weights[str(listed["name"])] = _array(block, tuple(int(x) for x in listed["shape"]))
        shard = Shard(
            settings,
            tuple(str(text) for text in item["labels"]),
            tuple(int(code) for code in item["workers"]),
            weights,
            tuple(int(x) for x in item["fingerprints"]),
            int(item["events"]),
        )
        _check(shard)
        shards.append(shard)
    if len(body) or len(shards) != len(group_names(groups)):
        raise ValueError("length")
    return NeuralState(settings, groups, int(header["rounds"]), tuple(shards))


def _array(block: memoryview, shape: tuple[int, ...]) -> NDArray[np.float32]:
    size = int(np.prod(shape, dtype=np.int64)) * 4
    if min(shape, default=0) < 0 or not 0 <= size <= _MOST:
        raise ValueError("shape")
    raw = pa.Codec("zstd").decompress(block, size, asbytes=True) if size else b""
    return np.frombuffer(raw, "<f4").reshape(shape).astype(np.float32)


def _check(shard: Shard) -> None:
    """Raise `ValueError` where the weights do not fit the net."""
    if not shard.weights:
        return
    wanted = {
        key: tuple(value.shape)
        for key, value in Net(shard.settings, len(shard.labels), len(shard.workers)).state_dict().items()
    }
    if wanted != {key: value.shape for key, value in shard.weights.items()}:
        raise ValueError("weights")


def _damaged(why: str) -> StoreError:
    return StoreError(f"The neural model is damaged: {why}.", "Learn it again.", "neural-damaged")
