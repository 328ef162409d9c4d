"""What a net depends on besides the traces, and what it runs on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NeuralSettings:
    """Size and training of each shard's net. The same settings and traces give the same net on one CPU thread."""

    units: int = 96
    layers: int = 1
    epochs: int = 16
    """Passes over the traces of the first round at most."""
    updates: int = 3_000
    """Where that many training steps come earlier, there are fewer passes, but at least two."""
    later_epochs: int = 4
    """Passes over the new traces and the replayed ones of every further round."""
    replay: float = 4.0
    """Old traces trained on again for each new one, so that a new day does not overwrite what was learnt."""
    least_replay: int = 256
    """Old traces replayed at least, however few are new."""
    batch: int = 32
    """Traces a step."""
    rate: float = 4e-3
    """Highest step of AdamW; rises over the first tenth, then falls to nothing as a cosine."""
    dropout: float = 0.2
    longest: int = 512
    """Steps of a trace looked at, from its start; later places are told what is known at the last of them."""
    seed: int = 0
    device: str = "auto"
    """`cpu`, `cuda`, or `auto`: a GPU if there is one. No part of what is kept."""

    def shape(self) -> dict[str, Any]:
        """All but the device, JSON-ready: what is trained under another shape is another net."""
        return {name: value for name, value in asdict(self).items() if name != "device"}

    @classmethod
    def of(cls, shape: Mapping[str, Any], device: str = "auto") -> NeuralSettings:
        """The settings of that shape. Raises `TypeError` for a name it does not know."""
        return cls(**shape, device=device)
