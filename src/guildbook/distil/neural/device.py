"""Where a net is trained and asked."""

from __future__ import annotations

import torch

from guildbook.model.errors import GuildbookError


class NoDeviceError(GuildbookError):
    """A GPU was asked for, and there is none that PyTorch can use."""

    def __init__(self) -> None:
        super().__init__(
            "The net is to run on a GPU, but PyTorch finds none it can use.",
            "Run on the processor: guildbook config set next.device auto",
            "no-gpu",
        )


def device_of(name: str) -> torch.device:
    """The device of a setting: `cpu`, `cuda`, or `auto`, a GPU if there is one. Raises `NoDeviceError`."""
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise NoDeviceError
    return torch.device("cuda" if there and name != "cpu" else "cpu")
