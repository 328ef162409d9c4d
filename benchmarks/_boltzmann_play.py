"""Plays a world of a peer and says in one line of JSON what it took; nothing but the standard library."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any


def play(name: str, world_of: Callable[[int, int], Any]) -> None:
    """A step that is not counted, then as many as asked for, each with its processor seconds."""
    agents, steps, seed = map(int, sys.argv[1:4])
    world = world_of(agents, seed)
    world.step()
    seconds: list[float] = []
    for _ in range(steps):
        began = time.process_time()
        world.step()
        seconds.append(time.process_time() - began)
    if world.total() != agents:
        sys.exit(f"{name}: there is {world.total()} of {agents}")
    print(json.dumps({"version": version(name), "seconds": seconds}))
