from __future__ import annotations

from collections.abc import Callable
from importlib import util
from typing import NoReturn

import pytest

from guildbook.distil import neural


def test_torch_is_there(missing_part: Callable[[str, str], NoReturn]) -> None:
    if not neural.available():
        missing_part("torch", "torch not installed: tests of the neural extra are left out")
    neural.require()


def test_without_torch_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> object:
        return None if name == "torch" else util.find_spec(name)

    monkeypatch.setattr(neural, "find_spec", find)
    assert not neural.available()
    with pytest.raises(neural.MissingExtraError, match=r"guildbook\[neural\]") as caught:
        neural.require()
    assert caught.value.code == "extra-missing"
