"""Planted secrets on their way through intake, outbox and book: none is in any file, as it is or decrypted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from secrets_corpus import planted

from guildbook.app import open_book
from guildbook.app.recorder import Recorder, choices, choose
from guildbook.config import load
from guildbook.record._secrets import without_secrets
from guildbook.record.live.entry import Bucket, Entry

NOW = 1_780_000_000_000_000
CORPUS = planted()


def texts(secret: str) -> tuple[str, ...]:
    """A secret as it may stand in a text or in JSON."""
    quoted = json.dumps(secret)[1:-1]
    return secret, quoted, json.dumps(secret, ensure_ascii=False)[1:-1], json.dumps(quoted)[1:-1]


def test_the_corpus_is_large_and_various() -> None:
    kinds = Counter(each.kind for each in CORPUS)
    assert len(CORPUS) >= 500
    assert sum(kind.startswith("key of ") for kind in kinds) >= 30
    assert sum(kind.startswith("person in ") for kind in kinds) >= 10
    assert len({each.source for each in CORPUS}) >= 12


def test_no_planted_secret_is_in_any_file(tmp_path: Path) -> None:
    home = tmp_path / "book"
    choose(home / "recorder", type(choices(home))(worker="Ada"))
    recorder = Recorder(load(home))
    recorder.outbox.create(Bucket("w", "currentwindow", "aw-watcher-window", "desk", 1))
    rows = [{**each.row, "time": NOW + number * 1_000_000} for number, each in enumerate(CORPUS)]
    assert recorder.intake.write("all", rows) == len(CORPUS)
    seen = [
        Entry(row["time"], 0, {key: row[key] for key in ("app", "window", "value_after") if key in row})
        for each, row in zip(CORPUS, rows, strict=True)
        if each.kind != "field"  # what a watcher sends has no elements
    ]
    recorder.intake.events("w", "aw-watcher-window", seen).result()
    for number, entry in enumerate(seen[::5]):
        beat = Entry(NOW + (5_000 + number) * 1_000_000, 0, entry.data)
        recorder.intake.heartbeat("w", "aw-watcher-window", beat, 0).result()
    found = [json.dumps(dict(entry.data), ensure_ascii=False)
             for name in recorder.outbox.buckets() for entry in recorder.outbox.entries(name)]  # fmt: skip
    assert len(found) >= 1_000
    recorder.deliver(everything=True)
    assert (recorder.trouble, recorder.delivery.refused()[0]) == ("", 0)
    recorder.release()
    with open_book(home) as book:
        book.learn()
        book.govern.decide("Ada", "export", allow=True)
        for form in ("parquet", "xes"):
            book.export(form, tmp_path / f"all.{form}")
    found += [str(row) for row in pq.read_table(tmp_path / "all.parquet").to_pylist()]
    told = "\n".join(found)
    raw = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    out = [
        (each.kind, each.secret)
        for each in CORPUS
        if any(text in told or any(text.encode() in data for data in raw) for text in texts(each.secret))
    ]
    assert not out


ORDINARY = (
    "Your order 482913 was shipped on 2026-03-02 at 10:30", "Reset password", "The password is required",
    "Password must be at least 12 characters", "Forgot your password? Click here", "token ring network, secretary",
    "Access 2016 and Visual Studio Code 2022", "Login 2026-03-01 10:22", "Room 2.10.14-300, tel. +49 30 123456",
    "version 10.0.19045.3803", "git show 3f2a9c1d", "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "https://example.org/a/b?page=2&sort=asc", "Invoice 2026-00123: 1,234.50 EUR", "Meeting pin board", "opinion",
    "case ticket:12345678", "bypass valve", "compass", "item SKU-2231-77", "Steuerung 4711", "sin(x) + cos(x) = 1",
    "550e8400-e29b-41d4-a716-446655440000", "2026-03-02T08:00:00.000Z", "12.03.2026 - 14.03.2026", "Passport office",
    "the access code changed", "confirmation of 3 items", "key-value store, keyboard", "1700000000000", "PIN board",
)  # fmt: skip


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert without_secrets(text) == text


def real(folder: Path) -> Iterator[str]:
    """Texts of real logs: task titles, steps, what was typed and clicked."""
    for path in sorted(folder.glob("uilogs/*.csv")) + sorted(folder.glob("labour/gpts-are-gpts/*")):
        if path.suffix in {".csv", ".tsv"}:
            yield from path.read_text("utf-8", "replace").splitlines()[:3_000]


@pytest.mark.data
def test_few_real_texts_are_changed(shared_data: Path) -> None:
    lines = list(dict.fromkeys(real(shared_data)))
    changed = [line for line in lines if without_secrets(line) != line]
    assert len(lines) > 5_000
    assert len(changed) <= len(lines) // 500, changed[:5]
