"""Two nets of the literature's form for the next step, trained on whole cases with a causal view.

Tax et al., "Predictive business process monitoring with LSTM neural networks", CAiSE 2017: one shared LSTM layer of
100 units, then one for the activity and one for the time until it; activity one-hot, position, time since the event
before, since the start and since midnight, day of the week; NAdam, cross-entropy plus mean absolute error. Where
the authors normalise over the batch, this normalises over the layer, since cases are not padded to one length here.

The transformer is the usual small causal one (Vaswani et al., NeurIPS 2017; two layers of 64 in four heads, norm
first), over the activity, who did it, and the same times.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from _peers_data import UNKNOWN, Cases, Split
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

EPOCHS = 80
PATIENCE = 7
"""Epochs without a better validation loss before training stops; after every third of these the rate is halved."""
BATCH = 32


@dataclass(frozen=True)
class Inputs:
    """One batch: (cases, places) codes, (cases, places, features)."""

    act: Tensor
    worker: Tensor
    features: Tensor
    keep: Tensor
    """False where it is padding."""


class Lstm(nn.Module):
    """Tax et al.'s shared and specialised layers."""

    def __init__(self, split: Split, features: int, units: int = 100) -> None:
        super().__init__()
        self.acts = split.acts + 1
        self.shared = nn.LSTM(self.acts + features, units, batch_first=True)
        self.of_act = nn.LSTM(units, units, batch_first=True)
        self.of_time = nn.LSTM(units, units, batch_first=True)
        self.norms = nn.ModuleList(nn.LayerNorm(units) for _ in range(3))
        self.dropout = nn.Dropout(0.2)
        self.act, self.time = nn.Linear(units, split.acts + 1), nn.Linear(units, 1)

    def forward(self, inputs: Inputs) -> tuple[Tensor, Tensor | None]:
        """Logits of the next activity or end (…, V + 1), and the scaled time until it (…)."""
        one_hot = functional.one_hot(inputs.act, self.acts).float()
        x = self.shared(torch.cat([one_hot, inputs.features], -1))[0]
        x = self.dropout(self.norms[0](x))
        act = self.dropout(self.norms[1](self.of_act(x)[0]))
        wait = self.dropout(self.norms[2](self.of_time(x)[0]))
        return self.act(act), self.time(wait).squeeze(-1)


class Transformer(nn.Module):
    """A causal encoder with worker and time."""

    def __init__(self, split: Split, features: int, width: int = 64, longest: int = 512) -> None:
        super().__init__()
        self.act = nn.Embedding(split.acts + 1, width)
        self.worker = nn.Embedding(split.workers + 1, width)
        self.features = nn.Linear(features, width)
        self.place = nn.Embedding(longest, width)
        self.longest = longest
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, 0.1, "gelu", batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(layer, 2, nn.LayerNorm(width), enable_nested_tensor=False)
        self.out = nn.Linear(width, split.acts + 1)

    def forward(self, inputs: Inputs) -> tuple[Tensor, Tensor | None]:
        """Logits of the next activity or end (…, V + 1)."""
        length = inputs.act.shape[1]
        place = torch.arange(length).clamp(max=self.longest - 1)
        x = self.act(inputs.act) + self.worker(inputs.worker) + self.features(inputs.features) + self.place(place)
        mask = torch.triu(torch.full((length, length), -torch.inf), 1)
        return self.out(self.body(x, mask=mask, is_causal=True)), None


class Trainer:
    """One net on one split."""

    def __init__(self, split: Split, make: Callable[[Split, int], nn.Module], rate: float, logarithmic: bool) -> None:  # noqa: FBT001
        self.split, self.make, self.rate = split, make, rate
        self.scale = _Scale(split.fit, logarithmic)

    def run(self, seed: int, *, refit: bool) -> tuple[dict[str, NDArray[np.float64]], dict[str, float]]:
        """Test probabilities (n, V + 1) as stopped early and, with `refit`, after as many epochs on all of train."""
        began = time.process_time()
        net, best, epochs = self._train(seed, self.split.fit, None)
        facts = {"epochs": epochs, "best_epoch": best, "cpu_seconds": round(time.process_time() - began, 1)}
        out = {"stopped": self._predict(net, self.split.test)}
        if refit:
            net, *_ = self._train(seed, self.split.whole, best)
            out["refit"] = self._predict(net, self.split.test)
            facts["cpu_seconds_with_refit"] = round(time.process_time() - began, 1)
        return out, facts

    def _train(self, seed: int, cases: Cases, epochs: int | None) -> tuple[nn.Module, int, int]:
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        net = self.make(self.split, self.scale.width)
        optimiser = torch.optim.NAdam(net.parameters(), lr=self.rate)
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.5, patience=PATIENCE // 3)
        kept, lowest, best = copy.deepcopy(net.state_dict()), math.inf, 0
        for epoch in range(1, (epochs or EPOCHS) + 1):
            net.train()
            for rows in cases.batches(BATCH, rng):
                optimiser.zero_grad()
                self._loss(net, cases, rows).backward()
                nn.utils.clip_grad_norm_(net.parameters(), 3.0)
                optimiser.step()
            if epochs is not None:
                for group in optimiser.param_groups:  # as early stopping has shown: halve twice on the way
                    group["lr"] = self.rate * 0.5 ** (3 * epoch // (epochs + 1))
                continue
            loss = self._validation(net)
            plateau.step(loss)
            if loss < lowest:
                kept, lowest, best = copy.deepcopy(net.state_dict()), loss, epoch
            elif epoch - best >= PATIENCE:
                break
        if epochs is None:
            net.load_state_dict(kept)
        return net, best, epoch

    def _loss(self, net: nn.Module, cases: Cases, rows: NDArray[np.int64]) -> Tensor:
        inputs = self._inputs(cases, rows)
        logits, wait = net(inputs)
        answer = torch.from_numpy(cases.answer[rows])
        loss = functional.cross_entropy(logits[inputs.keep], answer[inputs.keep])
        if wait is not None:
            until = torch.from_numpy(self.scale.until(cases)[rows])
            loss = loss + (wait[inputs.keep] - until[inputs.keep]).abs().mean()
        return loss

    def _validation(self, net: nn.Module) -> float:
        p = self._predict(net, self.split.valid)
        answer = self.split.valid.answer
        known = answer != UNKNOWN
        return float(-np.log(np.maximum(p[known, answer[known]], 1e-12)).mean())

    def _inputs(self, cases: Cases, rows: NDArray[np.int64]) -> Inputs:
        features = torch.from_numpy(self.scale(cases)[rows])
        act, worker = (torch.from_numpy(codes[rows]) for codes in (cases.act, cases.worker))
        return Inputs(act, worker, features, torch.from_numpy(rows >= 0))

    def _predict(self, net: nn.Module, cases: Cases) -> NDArray[np.float64]:
        net.eval()
        out = np.empty((len(cases.act), self.split.acts + 1))
        with torch.no_grad():
            for rows in cases.batches(128):
                inputs = self._inputs(cases, rows)
                p = functional.softmax(net(inputs)[0].double(), -1)
                out[rows[rows >= 0]] = p[inputs.keep].numpy()
        return out


class _Scale:
    """Times as small numbers: divided by their means, as Tax et al. do, or logarithms of them."""

    width = 5

    def __init__(self, cases: Cases, logarithmic: bool) -> None:  # noqa: FBT001
        self.logarithmic = logarithmic
        self.means = np.maximum(cases.seconds[:, :2].mean(axis=0), 1.0)
        self._made: dict[tuple[int, str], NDArray[np.float32]] = {}

    def __call__(self, cases: Cases) -> NDArray[np.float32]:
        """(n, 5): since the event before, since the start, time of day, day of week, place."""
        return self._kept(cases, "features", self._features)

    def until(self, cases: Cases) -> NDArray[np.float32]:
        """(n,): scaled time until the next event; 0 at the end."""
        return self._kept(cases, "until", self._until)

    def _kept(self, cases: Cases, name: str, make: Callable[[Cases], NDArray[np.float32]]) -> NDArray[np.float32]:
        key = (id(cases), name)
        if key not in self._made:
            self._made[key] = make(cases)
        return self._made[key]

    def _features(self, cases: Cases) -> NDArray[np.float32]:
        lengths = np.diff(cases.offsets)
        place = np.arange(len(cases.act)) - np.repeat(cases.offsets[:-1], lengths)
        elapsed = cases.seconds[:, :2]
        small = np.log1p(elapsed) / 5 if self.logarithmic else np.minimum(elapsed / self.means, 20)
        day, week = cases.seconds[:, 2] / 86_400, np.floor(cases.seconds[:, 3] / 86_400) / 7
        return np.column_stack([small, day, week, np.minimum(place, 100) / 10]).astype(np.float32)

    def _until(self, cases: Cases) -> NDArray[np.float32]:
        wait = np.zeros(len(cases.act), np.float32)
        wait[:-1] = cases.seconds[1:, 0]
        wait[cases.offsets[1:] - 1] = 0
        return np.minimum(wait / self.means[0], 20).astype(np.float32)


def lstm(split: Split) -> Trainer:
    """Tax et al.'s."""
    return Trainer(split, Lstm, 2e-3, logarithmic=False)


def transformer(split: Split) -> Trainer:
    """The small causal one."""
    return Trainer(split, Transformer, 2e-3, logarithmic=True)
