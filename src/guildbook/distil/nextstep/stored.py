"""A next-step model as bytes and back. It is kept only until what is admitted changes, so no version is migrated."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from guildbook.distil.nextstep.counts import Follows
from guildbook.distil.nextstep.features import Plan, Scale
from guildbook.distil.nextstep.forest import Forest
from guildbook.distil.nextstep.mixer import Mixer
from guildbook.distil.nextstep.model import NextStep

MAGIC: Final = b"GBNEXT\x00\x03"
"""With the version of the meaning of everything in it."""
_KINDS: Final = {"u1": "<u1", "u8": "<u8", "i8": "<i8", "i4": "<i4", "f4": "<f4"}
_PARTS: Final = ("keys", "offsets", "columns", "counts")
_NUMBERS: Final = ("weight", "lean", "bias", "pull")
_TREES: Final = ("roots", "feature", "cut", "below", "offsets", "columns", "counts")


def to_bytes(model: NextStep) -> bytes:
    """All of the model."""
    arrays: list[NDArray[Any]] = [model.symbols, model.groups]
    arrays += [getattr(model.mixer, name) for name in _NUMBERS]
    arrays += [getattr(one, name) for one in model.follows.values() for name in _PARTS]
    arrays += _of_forest(model.forest)
    header = json.dumps(
        {
            "contexts": list(model.follows),
            "texts": {str(code): text for code, text in model.texts.items()},
            "half_life": model.half_life,
            "doubt": model.doubt,
            "heat": model.mixer.heat,
            "forest": model.forest and (len(model.forest.scale.edges), len(model.forest.scale.listed)),
            "arrays": [(f"{a.dtype.kind}{a.dtype.itemsize}", a.shape) for a in arrays],
        },
        ensure_ascii=False,
    ).encode()
    body = [np.ascontiguousarray(a, a.dtype.newbyteorder("<")).tobytes() for a in arrays]
    return b"".join((MAGIC, len(header).to_bytes(8, "little"), header, *body))


def from_bytes(data: bytes) -> NextStep | None:
    """The model; None where the bytes are of another version or damaged."""
    if not data.startswith(MAGIC):
        return None
    try:
        start = len(MAGIC) + 8
        size = int.from_bytes(data[len(MAGIC) : start], "little")
        return _model(json.loads(data[start : start + size]), memoryview(data)[start + size :])
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def _model(header: dict[str, Any], body: memoryview) -> NextStep:
    arrays: list[NDArray[Any]] = []
    at = 0
    for kind, shape in header["arrays"]:
        dtype = np.dtype(_KINDS[kind])
        count = int(np.prod(shape, dtype=np.int64))
        arrays.append(np.frombuffer(body, dtype, count, at).reshape(shape).copy())
        at += count * dtype.itemsize
    symbols, groups, weight, lean, bias, pull, *tables = arrays
    contexts = [tuple(str(part) for part in context) for context in header["contexts"]]
    follows = {context: Follows(*tables[4 * n : 4 * n + 4]) for n, context in enumerate(contexts)}
    texts = {int(code): str(text) for code, text in header["texts"].items()}
    mixer = Mixer(weight, lean, bias, pull, float(header["heat"]))
    forest = _forest(tables[4 * len(contexts) :], *header["forest"]) if header["forest"] else None
    return NextStep(symbols, texts, follows, groups, mixer, header["half_life"], float(header["doubt"]), forest)


def _of_forest(forest: Forest | None) -> list[NDArray[Any]]:
    if forest is None:
        return []
    scale = forest.scale
    arrays: list[NDArray[Any]] = [getattr(forest, name) for name in _TREES]
    return [*arrays, scale.plan.activities, scale.plan.conditions, *scale.edges, *scale.listed, *forest.ranks]


def _forest(arrays: list[NDArray[Any]], numbers: int, names: int) -> Forest:
    count = len(_TREES)
    activities, conditions, *rest = arrays[count:]
    scale = Scale(Plan(activities, conditions), rest[:numbers], rest[numbers : numbers + names])
    return Forest(scale, rest[numbers + names :], *arrays[:count])
