"""The net of one shard: a gated recurrent unit over steps, whose labels are known by their text and by themselves."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from guildbook.distil.neural.settings import NeuralSettings
from guildbook.distil.neural.steps import TIMES
from guildbook.distil.neural.text import WIDTH

FORGOTTEN = 0.1
"""Share of labels and workers that a batch takes for unknown, so that the net can do without knowing them."""


@dataclass(frozen=True)
class Known:
    """The labels of one batch: their texts, and which of them the shard knows."""

    vectors: Tensor
    """(A, WIDTH)."""
    place: Tensor
    """(A,): row of the shard's labels; their number for one it does not know."""


@dataclass(frozen=True)
class Batch:
    """B traces of at most L steps."""

    act: Tensor
    """(B, L): row of `acts`; 0 in padding."""
    worker: Tensor
    """(B, L): row of the shard's workers; their number for one it does not know."""
    times: Tensor
    """(B, L, TIMES)."""
    rules: Tensor
    """(B, R): row of `conditions`; −1: none."""
    acts: Known
    conditions: Tensor
    """(C, WIDTH)."""


class Net(nn.Module):
    """Says at each place of a trace, its start included, what comes next: (B, L + 1, labels + 1), the last is the end.

    What a label is by itself starts at nothing, so that labels and workers met later are added as zeros.
    """

    def __init__(self, settings: NeuralSettings, labels: int, workers: int) -> None:
        super().__init__()
        units = settings.units
        self.text_in = nn.Linear(WIDTH, units, bias=False)
        self.own_in = nn.Parameter(torch.zeros(labels, units))
        self.workers = nn.Parameter(torch.zeros(workers, units))
        self.times = nn.Linear(TIMES, units)
        self.conditions = nn.Linear(WIDTH, units, bias=False)
        self.start = nn.Parameter(torch.zeros(units))
        self.body = nn.GRU(units, units, settings.layers, batch_first=True)
        self.norm = nn.LayerNorm(units)
        self.dropout = nn.Dropout(settings.dropout)
        self.text_out = nn.Linear(WIDTH, units, bias=False)
        self.own_out = nn.Parameter(torch.zeros(labels, units))
        self.end = nn.Parameter(torch.zeros(units))
        self.bias = nn.Parameter(torch.zeros(labels))
        self.end_bias = nn.Parameter(torch.zeros(1))

    def forward(self, batch: Batch, labels: Tensor) -> Tensor:
        """Logits; `labels` (labels, WIDTH) are the vectors of the shard's labels."""
        own = functional.pad(self._thinned(self.own_in), (0, 0, 0, 1))
        acts = self.text_in(batch.acts.vectors) * 4 + own[batch.acts.place]
        people = functional.pad(self._thinned(self.workers), (0, 0, 0, 1))
        case = self._case(batch)
        steps = acts[batch.act] + people[batch.worker] + self.times(batch.times) + case[:, None]
        first = (self.start + case)[:, None]
        hidden = self.body(self.dropout(torch.cat([first, steps], 1)))[0]
        hidden = self.dropout(self.norm(hidden))
        outs = torch.cat([self.text_out(labels) + self.own_out, self.end[None]])
        return hidden @ outs.T + torch.cat([self.bias, self.end_bias])

    def _case(self, batch: Batch) -> Tensor:
        """(B, units): what is known of the case from its attributes."""
        if not len(batch.conditions):
            return torch.zeros(len(batch.rules), self.start.shape[0], device=batch.rules.device)
        has = (batch.rules >= 0).unsqueeze(-1)
        found = self.conditions(batch.conditions)[batch.rules.clamp(min=0)] * has
        return found.sum(1) / has.sum(1).clamp(min=1)

    def _thinned(self, table: Tensor) -> Tensor:
        """The table with some of its rows as if unknown, while training."""
        if not self.training or not len(table):
            return table
        return table * (torch.rand(len(table), 1, device=table.device) >= FORGOTTEN)
