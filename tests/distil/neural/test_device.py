from __future__ import annotations

import pytest
import torch

from guildbook.distil.neural.device import NoDeviceError, device_of


def test_a_gpu_is_taken_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert [device_of(name).type for name in ("auto", "cpu", "cuda")] == ["cuda", "cpu", "cuda"]


def test_without_a_gpu_the_error_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert [device_of(name).type for name in ("auto", "cpu")] == ["cpu", "cpu"]
    with pytest.raises(NoDeviceError, match=r"next\.device") as caught:
        device_of("cuda")
    assert caught.value.code == "no-gpu"
