"""The neural extra: a sequence model over the same labels as the counts, one more view of the same mixer.

It is no sum, so it stands beside the sums: one net a group of workers, trained anew where somebody is forgotten.
Needs the extra `neural` (torch); this module itself imports without it, `require` says what is missing.
"""

from __future__ import annotations

from importlib.util import find_spec

from guildbook.distil.neural.settings import NeuralSettings
from guildbook.model.errors import GuildbookError

__all__ = ["MissingExtraError", "NeuralSettings", "available", "require"]


class MissingExtraError(GuildbookError):
    """Torch is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "The neural model needs PyTorch, which is not installed.",
            "Install it with: pip install 'guildbook[neural]', or use --model counts.",
            "extra-missing",
        )


def available() -> bool:
    """Whether torch is there."""
    return find_spec("torch") is not None


def require() -> None:
    """Raise `MissingExtraError` where torch is not there."""
    if not available():
        raise MissingExtraError
