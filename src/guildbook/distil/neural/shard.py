"""One net and its training, round after round. The same traces in the same rounds give the same bytes."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from guildbook.distil.neural.device import device_of
from guildbook.distil.neural.net import Batch, Known, Net
from guildbook.distil.neural.settings import NeuralSettings
from guildbook.distil.neural.steps import Ints, Keys, Steps
from guildbook.distil.neural.text import vectors
from guildbook.model.ids import symbol

Array = NDArray[np.float32]

_BY_LABEL: Final = ("own_in", "own_out", "bias")
_BY_WORKER: Final = ("workers",)
_CLIP: Final = 1.0
_DECAY: Final = 0.01
_IGNORED: Final = -100
"""Not an answer: padding."""
_AT_ONCE: Final = 256
"""Traces predicted at a time."""


@dataclass(frozen=True)
class Part:
    """What one round trains a shard on."""

    steps: Steps
    """In an order that depends on what the traces hold alone."""
    new: int
    """How many steps were never seen before."""
    fingerprint: int
    """Stands for all of it."""


@dataclass(frozen=True)
class Shard:
    """A trained net: labels and workers it knows, its weights, and what it was trained on."""

    settings: NeuralSettings
    labels: tuple[str, ...]
    workers: tuple[int, ...]
    weights: Mapping[str, Array]
    fingerprints: tuple[int, ...]
    """Of each round; 0: nothing was new."""
    events: int
    """Steps ever trained on, replay not counted."""

    @classmethod
    def empty(cls, settings: NeuralSettings, rounds: int = 0) -> Shard:
        """Nothing learnt in so many rounds."""
        return cls(settings, (), (), {}, (0,) * rounds, 0)

    @cached_property
    def symbols(self) -> Keys:
        """Of the labels."""
        return np.array([symbol(text) for text in self.labels], np.uint64)

    def rested(self) -> Shard:
        """After a round that had nothing new for it."""
        return Shard(self.settings, self.labels, self.workers, self.weights, (*self.fingerprints, 0), self.events)

    def trained(self, part: Part, name: str) -> Shard:
        """After one more round. `name` seeds it."""
        labels = (*self.labels, *(text for text in part.steps.texts if text not in self.labels))
        people = set(np.unique(part.steps.worker).tolist())
        workers = (*self.workers, *sorted(people - set(self.workers)))
        device = device_of(self.settings.device)
        with _settled(symbol(f"{self.settings.seed}:{name}:{len(self.fingerprints)}") >> 1, device):
            net = Net(self.settings, len(labels), len(workers))
            if self.weights:
                net.load_state_dict(_grown(self.weights, net))
            grown = Shard(self.settings, labels, workers, {}, self.fingerprints, self.events)
            _train(net, grown, part, device, first=not self.weights)
            weights = {key: value.detach().cpu().numpy().copy() for key, value in net.state_dict().items()}
        fingerprints = (*self.fingerprints, part.fingerprint)
        return Shard(self.settings, labels, workers, weights, fingerprints, self.events + part.new)

    def logp(self, steps: Steps) -> Iterator[tuple[Ints, Array]]:
        """(rows, (B, L + 1, labels + 1)): log-probabilities at every place of the traces `rows`, the end's last."""
        device = device_of(self.settings.device)
        net = self._net.to(device).eval()
        tables = _Tables(self, steps, device)
        for chunk in steps.batches(_AT_ONCE):
            with _settled(0, device), torch.no_grad():
                logits = net(tables.batch(chunk), tables.labels)
                said = functional.log_softmax(logits, -1).cpu().numpy()
            yield chunk, said

    @cached_property
    def _net(self) -> Net:
        net = Net(self.settings, len(self.labels), len(self.workers))
        net.load_state_dict({key: torch.from_numpy(value) for key, value in self.weights.items()})
        return net


class _Tables:
    """What is looked up for every batch of the same steps."""

    def __init__(self, shard: Shard, steps: Steps, device: torch.device) -> None:
        self.steps, self.device, self.longest = steps, device, shard.settings.longest
        known = {text: place for place, text in enumerate(shard.labels)}
        self.place = np.array([known.get(text, len(known)) for text in steps.texts], np.int64)
        self.labels = self._on(vectors(shard.labels))
        self.acts = Known(self._on(vectors(steps.texts)), self._on(self.place))
        self.conditions = self._on(vectors(steps.rule_texts))
        workers = np.array(shard.workers, np.uint64)
        order = np.argsort(workers)
        place = np.minimum(np.searchsorted(workers, steps.worker, sorter=order), max(len(workers) - 1, 0))
        self.worker = np.full(len(steps.worker), len(workers), np.int64)
        if len(workers):
            self.worker = np.where(workers[order[place]] == steps.worker, order[place], len(workers))

    def batch(self, rows: Ints) -> Batch:
        """These traces."""
        places = self.steps.padded(rows, self.longest)
        keep = places >= 0
        return Batch(
            self._on(np.where(keep, self.steps.act[places], 0)),
            self._on(np.where(keep, self.worker[places], 0)),
            self._on(self.steps.times[places]),
            self._on(self.steps.rules[rows]),
            self.acts,
            self.conditions,
        )

    def answers(self, rows: Ints) -> Tensor:
        """(B, L + 1): what came next at each place; the end is the last class."""
        steps = self.steps
        places = steps.padded(rows, self.longest)
        out = np.full((len(rows), places.shape[1] + 1), _IGNORED, np.int64)
        out[:, :-1] = np.where(places >= 0, self.place[steps.act[places]], _IGNORED)
        sizes = steps.sizes[rows]
        ends = np.flatnonzero(sizes <= self.longest)
        out[ends, sizes[ends]] = self.labels.shape[0]
        return self._on(out)

    def _on(self, values: NDArray[np.float32] | Ints) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device)


def _train(net: Net, shard: Shard, part: Part, device: torch.device, *, first: bool) -> None:
    settings = shard.settings
    net.to(device).train()
    tables = _Tables(shard, part.steps, device)
    once = math.ceil(len(part.steps) / settings.batch)
    wanted = settings.epochs if first else settings.later_epochs
    epochs = min(wanted, max(2, round(settings.updates / once)))
    total = epochs * once
    rate = settings.rate if first else settings.rate / 2
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=_DECAY)
    plan = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _share(step, total))
    rng = np.random.default_rng(torch.initial_seed())
    for _ in range(epochs):
        for rows in part.steps.batches(settings.batch, rng):
            optimiser.zero_grad()
            logits = net(tables.batch(rows), tables.labels)
            answers = tables.answers(rows)
            functional.cross_entropy(logits.flatten(0, 1), answers.flatten(), ignore_index=_IGNORED).backward()
            nn.utils.clip_grad_norm_(net.parameters(), _CLIP)
            optimiser.step()
            plan.step()


def _share(step: int, total: int) -> float:
    """Of the highest rate: up in the first tenth, then down as a cosine."""
    warm = max(1, total // 10)
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))


def _grown(weights: Mapping[str, Array], net: Net) -> dict[str, Tensor]:
    """The weights with zeros for labels and workers that are new."""
    out = dict(net.state_dict())
    for key, value in weights.items():
        if key in (*_BY_LABEL, *_BY_WORKER):
            rows = torch.zeros_like(out[key])
            rows[: len(value)] = torch.from_numpy(value)
            out[key] = rows
        else:
            out[key] = torch.from_numpy(value)
    return out


@contextmanager
def _settled(seed: int, device: torch.device) -> Generator[None]:
    """One thread, the same order of sums, a generator of our own; afterwards all is as before."""
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng():
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(mode=device.type == "cpu")  # some steps have no such way on a GPU
        torch.manual_seed(seed)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(mode=strict)
