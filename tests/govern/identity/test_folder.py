from __future__ import annotations

import os
from pathlib import Path

import pytest

from guildbook.govern.identity.folder import Folder
from guildbook.govern.identity.person import Role
from guildbook.model.errors import DeniedError, InputError, StoreError, UnknownNameError, UsageError


def test_keys_are_made_found_and_listed(folder: Folder, passphrase: str) -> None:
    made = folder.new("Ada Lovelace", Role.STEWARD, passphrase)
    folder.new("Bo", Role.WORKER, passphrase)
    assert folder.names() == ["Ada Lovelace", "Bo"]
    assert folder.find("Ada Lovelace") == made
    assert made.public.role == Role.STEWARD
    assert folder.find("Ada Lovelace").unlock(passphrase).public == made.public


def test_files_are_for_their_owner_only(folder: Folder, passphrase: str) -> None:
    old = os.umask(0)
    try:
        folder.new("Ada", Role.WORKER, passphrase)
    finally:
        os.umask(old)
    path = folder.file("Ada")
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert [p.name for p in folder.path.iterdir()] == [path.name]
    path.chmod(0o640)
    with pytest.raises(StoreError, match="chmod 600") as caught:
        folder.find("Ada")
    assert caught.value.code == "identity-open"


def test_a_name_has_keys_once(folder: Folder, passphrase: str) -> None:
    made = folder.new("Ada", Role.WORKER, passphrase)
    with pytest.raises(UsageError, match="already"):
        folder.new("Ada", Role.WORKER, passphrase)
    assert folder.find("Ada") == made
    assert len(list(folder.path.iterdir())) == 1


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", ".", "名前", "A" * 150, "Ada.identity"])
def test_any_name_stays_in_the_folder(folder: Folder, passphrase: str, name: str) -> None:
    folder.new(name, Role.WORKER, passphrase)
    assert folder.names() == [name]
    assert folder.file(name).parent == folder.path
    assert len(list(folder.path.iterdir())) == 1


def test_names_that_look_alike_are_kept_apart(folder: Folder, passphrase: str) -> None:
    for name in ("Ada B", "ada b", "Ada-B"):
        folder.new(name, Role.WORKER, passphrase)
    assert folder.names() == ["Ada B", "Ada-B", "ada b"]


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 200])
def test_what_is_no_name_is_refused(folder: Folder, passphrase: str, name: str) -> None:
    with pytest.raises(UsageError):
        folder.new(name, Role.WORKER, passphrase)
    assert not folder.path.exists()


def test_the_passphrase_can_be_changed(folder: Folder, passphrase: str) -> None:
    made = folder.new("Ada", Role.WORKER, passphrase)
    with pytest.raises(DeniedError):
        folder.change("Ada", "not this one", "another one", keyring=False)
    assert folder.find("Ada") == made
    changed = folder.change("Ada", passphrase, "another one", keyring=False)
    assert changed.public == made.public
    assert folder.find("Ada").unlock("another one").secret() == made.unlock(passphrase).secret()
    with pytest.raises(DeniedError):
        folder.find("Ada").unlock(passphrase)
    with pytest.raises(UsageError):
        folder.change("Ada", "another one", "short", keyring=False)
    assert folder.find("Ada") == changed


def test_who_is_not_there_and_what_is_damaged_is_said(folder: Folder, passphrase: str) -> None:
    folder.new("Ada", Role.WORKER, passphrase)
    with pytest.raises(UnknownNameError, match="Ada"):
        folder.find("Bo")
    folder.file("Bo").write_text(folder.file("Ada").read_text())
    folder.file("Bo").chmod(0o600)
    with pytest.raises(InputError, match="somebody else"):
        folder.find("Bo")
    folder.file("Ada").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        folder.find("Ada")
    folder.file("Ada").write_text("{}")
    with pytest.raises(InputError, match="damaged"):
        folder.find("Ada")
    assert folder.names() == ["Ada"]  # whose file for Bo is Ada's


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path, passphrase: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"identity\.folder"):
        Folder(tmp_path / "file" / "inside", cost=10).new("Ada", Role.WORKER, passphrase)
