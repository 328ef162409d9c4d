"""A disk that fills up: nothing acknowledged is lost, and the book goes on once there is room."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from guildbook.model.errors import StoreError
from guildbook.plugins import Rejected
from guildbook.store import Severity, Store

Make = Callable[..., pa.Table]


@contextmanager
def _small_disk(folder: Path, size: str) -> Generator[bool]:
    """A file system of that size at `folder`, or False where mounting is not allowed."""
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "guildbook-test", str(folder)],
            check=False,
            capture_output=True,
        ).returncode
    )
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


def _fill(store: Store, events: Make, seal_every: int) -> tuple[int, StoreError]:
    """Append random chunks until it fails; the rows acknowledged, and the error."""
    begun = store.begin_import(source="t", fingerprint="f", path="p", terms=None)
    acknowledged = chunk = 0
    while True:
        noise = [os.urandom(200).hex() for _ in range(500)]
        try:
            acknowledged += store.append(begun.id, chunk, events(500, value_after=noise), []).rows
            chunk += 1
            if chunk % seal_every == 0:
                store.seal()
        except StoreError as error:
            return acknowledged, error


@pytest.mark.parametrize("seal_every", [3, 1000])
def test_a_full_disk_is_told_and_nothing_acknowledged_is_lost(
    tmp_path: Path, events: Make, everything: Any, seal_every: int
) -> None:
    with _small_disk(tmp_path / "disk", "14m") as mounted:
        if not mounted:
            return _with_limit(tmp_path)
        ballast = tmp_path / "disk" / "ballast"
        ballast.write_bytes(bytes(9 << 20))
        with Store.open(tmp_path / "disk" / "book") as store:
            acknowledged, error = _fill(store, events, seal_every)
            assert error.code == "disk-full", error
            assert acknowledged
        ballast.unlink()
        with Store.open(tmp_path / "disk" / "book") as store:
            store.seal()
            assert len(set(everything(store))) == acknowledged
            assert {f.code for f in store.check() if f.severity != Severity.INFO} <= {"disk-low"}
    return None


def test_a_file_size_limit_is_told_the_same_way(tmp_path: Path) -> None:
    _with_limit(tmp_path)


_LIMITED = """
import json, os, resource, sys
from pathlib import Path
from guildbook.columns import raw_table
from guildbook.model.errors import StoreError
from guildbook.store import Store
with Store.open(Path(sys.argv[1])) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    begun = store.begin_import(source="t", fingerprint="f", path="p", terms=None)
    rows = chunk = 0
    try:
        while chunk < 100:
            words = [os.urandom(100).hex() for _ in range(500)]
            table = raw_table({"worker": ["Ann"] * 500, "time": list(range(500)), "value_after": words})
            rows += store.append(begun.id, chunk, table, []).rows
            chunk += 1
    except StoreError as error:
        print(json.dumps([rows, error.code]))
"""


def _with_limit(tmp_path: Path) -> None:
    home = tmp_path / "limited"
    out = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(home)], capture_output=True, text=True, check=True, timeout=120
    )
    rows, code = json.loads(out.stdout)
    assert code == "disk-full"
    with Store.open(home) as store:
        assert store.seal().rows == rows
        assert store.check() == [] or {f.severity for f in store.check()} == {Severity.INFO}


def test_a_quarantine_too_large_is_bounded_by_chunks(book: Any, events: Make, take: Any) -> None:
    store = book.open()
    begun, _ = take(store, events(1), rejected=[Rejected(i, "bad", "x" * 500) for i in range(20_000)])
    assert len(store.quarantine(begun.id)) == 20_000
