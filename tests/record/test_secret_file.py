"""Keys and tokens in files."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from guildbook.app.recorder import secret_of
from guildbook.model import StoreError
from guildbook.record.secret_file import secret_in


def test_it_is_made_once_and_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        found = secret_in(tmp_path / "key")
    finally:
        os.umask(before)
    assert len(found) == 32
    assert secret_in(tmp_path / "key") == found
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_of_several_who_make_it_all_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(secret_in, [tmp_path / "key"] * 64))
    assert len(found) == 1


def test_who_dies_while_making_it_leaves_none(tmp_path: Path) -> None:
    def dies() -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        secret_in(tmp_path / "key", dies)
    assert not list(tmp_path.iterdir())
    assert secret_in(tmp_path / "key")


def test_an_empty_one_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "token").touch()
    with pytest.raises(StoreError, match="empty"):
        secret_of(tmp_path / "token")
    with pytest.raises(StoreError, match="empty"):
        secret_in(tmp_path / "token")
