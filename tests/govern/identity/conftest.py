"""A folder of key files with cheap guesses, and people in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from guildbook.govern.identity.folder import Folder
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity

PASSPHRASE = "correct horse battery"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty folder."""
    return Folder(tmp_path / "identities", cost=10)


@pytest.fixture
def ada() -> Identity:
    """Somebody with keys, unlocked."""
    return Identity.make("Ada", Role.WORKER, 1_790_000_000_000_000)


@pytest.fixture
def passphrase() -> str:
    """A passphrase that will do."""
    return PASSPHRASE
