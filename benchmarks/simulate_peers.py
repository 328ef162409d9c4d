"""Agent-steps by processor second on the Boltzmann wealth model: Mesa, mesa-frames, and the simulator's manner.

The peers are not among our dependencies: name a Python that has them, or have them put in a folder of their own.
All take turns, round by round; a round's figure is its median step, the figure told is the median round.

    python benchmarks/simulate_peers.py --install FOLDER
    python benchmarks/simulate_peers.py --python FOLDER/bin/python
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _boltzmann import at_once, in_turns, ordered
from _measure import report

PEERS = {"mesa": "_boltzmann_mesa.py", "mesa-frames": "_boltzmann_frames.py"}


def main() -> None:
    """Print all figures as JSON."""
    asked = _arguments()
    python = _installed(asked.install) if asked.install is not None else asked.python
    rates: dict[str, list[float]] = {}
    versions: dict[str, str] = {}
    for seed in range(asked.rounds):
        for peer, script in PEERS.items():
            words = [python, Path(__file__).with_name(script), asked.agents, asked.steps, seed]
            done = subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True)
            said: dict[str, Any] = json.loads(done.stdout)
            versions[peer] = said["version"]
            rates.setdefault(peer, []).append(asked.agents / statistics.median(said["seconds"]))
        for name, rate in _ours(asked.agents, seed).items():
            rates.setdefault(name, []).append(rate)
    middle = {name: statistics.median(found) for name, found in rates.items()}
    report(
        "simulate_peers",
        {
            "model": "Boltzmann wealth",
            "agents": asked.agents,
            "rounds": asked.rounds,
            "versions": versions,
            "million_agent_steps_per_cpu_second": {name: round(rate / 1e6, 2) for name, rate in middle.items()},
            "in_turns_against_mesa": round(middle["ours, in turns"] / middle["mesa"]),
            "at_once_against_mesa_frames": round(middle["ours, at once"] / middle["mesa-frames"]),
            "load_average": round(os.getloadavg()[0], 1),
        },
    )


def _ours(agents: int, seed: int, steps: int = 50) -> dict[str, float]:
    """Agent-steps by processor second under either rule; nothing is lost."""
    found: dict[str, float] = {}
    rules: dict[str, tuple[Callable[..., None], Any]] = {
        "ours, in turns": (in_turns, ordered(agents)),
        "ours, at once": (at_once, np.zeros(agents, np.int32)),
    }
    for name, (rule, room) in rules.items():
        wealth = np.ones(agents, np.int32)
        rule(wealth, room, seed, 0)
        seconds: list[float] = []
        for step in range(1, steps + 1):
            began = time.process_time()
            rule(wealth, room, seed, step)
            seconds.append(time.process_time() - began)
        if wealth.sum() != agents or wealth.min() < 0:
            sys.exit(f"{name}: there is {wealth.sum()} of {agents}")
        found[name] = agents / statistics.median(seconds)
    return found


def _installed(folder: Path) -> Path:
    """A Python in `folder` that has the peers."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "mesa==3.3.1", "mesa-frames==0.1.0a0"], check=True)
    return python


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--python", type=Path, metavar="FILE", help="a Python that has mesa and mesa-frames")
    where.add_argument("--install", type=Path, metavar="FOLDER", help="make one there")
    parser.add_argument("--agents", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=5, help="of a peer in a round")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
