"""The Boltzmann wealth model on mesa-frames 0.1.0a0; run by a Python that has it: AGENTS STEPS SEED."""

from __future__ import annotations

from typing import Any

import mesa_frames
import polars as pl
from _boltzmann_play import play


class Holders(mesa_frames.AgentSetPolars):
    """All who have something give 1 to anybody, at once."""

    def __init__(self, model: Any, agents: int) -> None:
        super().__init__(model)
        self += pl.DataFrame(
            {"unique_id": pl.arange(agents, eager=True), "wealth": pl.ones(agents, dtype=pl.Int64, eager=True)}
        )

    def step(self) -> None:
        """Everybody together."""
        self.select(self.wealth > 0)
        others = self.agents.sample(n=len(self.active_agents), with_replacement=True)
        self["active", "wealth"] -= 1
        given = others.group_by("unique_id").len()
        self[given["unique_id"], "wealth"] += given["len"]


class World(mesa_frames.ModelDF):
    """One set of holders."""

    def __init__(self, agents: int, seed: int) -> None:
        super().__init__(seed)
        self.holders = Holders(self, agents)
        self.agents += self.holders

    def step(self) -> None:
        """Everybody together."""
        self.agents.do("step")

    def total(self) -> int:
        """All there is."""
        return int(self.holders.agents["wealth"].sum())


if __name__ == "__main__":
    play("mesa-frames", World)
