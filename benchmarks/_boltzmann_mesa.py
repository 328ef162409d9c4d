"""The Boltzmann wealth model on Mesa; run by a Python that has it: AGENTS STEPS SEED."""

from __future__ import annotations

from typing import Any

import mesa
from _boltzmann_play import play


class Holder(mesa.Agent):
    """Who has something gives 1 to anybody."""

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self.wealth = 1

    def exchange(self) -> None:
        """Act once."""
        if self.wealth > 0:
            # A list, since choosing from an AgentSet takes time in proportion to its size.
            self.random.choice(self.model.everybody).wealth += 1
            self.wealth -= 1


class World(mesa.Model):
    """All act once a step, in an order drawn anew."""

    def __init__(self, agents: int, seed: int) -> None:
        super().__init__(seed=seed)
        Holder.create_agents(self, agents)
        self.everybody = list(self.agents)

    def step(self) -> None:
        """Everybody's turn."""
        self.agents.shuffle_do("exchange")

    def total(self) -> int:
        """All there is."""
        return sum(each.wealth for each in self.everybody)


if __name__ == "__main__":
    play("mesa", World)
