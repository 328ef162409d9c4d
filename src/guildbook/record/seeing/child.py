"""Reads lines of text, in a process of its own: `python -m guildbook.record.seeing.child`, pictures in, JSON out.

On standard input, for each line: height and width as little-endian uint16, then the grey pixels row by row. On
standard output, for each: `{"text": …, "sure": 0…1}`; at the end `{"cpu": seconds}`.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

import numpy as np

from guildbook.record.seeing.lines import Gray

SIZE: Final = struct.Struct("<HH")
_LARGEST: Final = 4096
_MEMORY: Final = 4 << 30
"""Bytes of address space, most of which is never touched."""


def pictures(stream: BinaryIO) -> Iterator[Gray]:
    """The pictures that stand in a stream; what is cut off at its end is left out."""
    while len(head := stream.read(SIZE.size)) == SIZE.size:
        high, wide = SIZE.unpack(head)
        body = stream.read(high * wide)
        if len(body) < high * wide or max(high, wide) > _LARGEST:
            return
        yield np.frombuffer(body, np.uint8).reshape(high, wide)


def packed(picture: Gray) -> bytes:
    """A picture as `pictures` reads it."""
    return SIZE.pack(*picture.shape) + np.ascontiguousarray(picture).tobytes()


def recogniser() -> Callable[[Gray], tuple[str, float]]:
    """What reads a picture of one line: its text and how surely. Loads RapidOCR with one thread."""
    from rapidocr import RapidOCR  # noqa: PLC0415 - the extra `screen`, needed in this process only

    engine: Any = RapidOCR(
        params={
            "Global.use_det": False,
            "Global.use_cls": False,
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,  # else every line maps its memory anew
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )

    def read(picture: Gray) -> tuple[str, float]:
        colours = np.repeat(picture[..., np.newaxis], 3, axis=2)
        found = engine(colours, use_det=False, use_cls=False, use_rec=True)
        if not found.txts:
            return "", 0.0
        return str(found.txts[0]), float(found.scores[0])

    return read


def main(seconds: int, nice: int) -> None:
    """Read until the input ends, for so many processor seconds at most, at a priority lower by `nice`."""
    os.nice(nice)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    read: Callable[[Gray], tuple[str, float]] | None = None
    for picture in pictures(sys.stdin.buffer):
        read = read or recogniser()
        text, sure = read(picture)
        sys.stdout.write(json.dumps({"text": text, "sure": round(sure, 3)}) + "\n")
    sys.stdout.write(json.dumps({"cpu": time.process_time()}) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
