"""Forgetting through the whole book: files in, model out, whatever the order and the number of processes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from guildbook.app import Book, open_book
from guildbook.app.learning import Learnt, Wanted
from guildbook.model import UnknownNameError
from guildbook.store import Store

PEOPLE = ("Ada", "Bo", "Cy")
STEPS = ("open", "check", "ask", "fix", "close")
ROW = st.tuples(
    st.integers(0, 5),  # case; 0: none
    st.integers(0, 60 * 24 * 3),  # minute
    st.sampled_from(PEOPLE),
    st.sampled_from(STEPS),
    st.sampled_from(("", "good", "bad")),
)
FILES = st.lists(st.lists(ROW, min_size=1, max_size=15), min_size=1, max_size=3)


def write(folder: Path, name: str, rows: Sequence[tuple[int, int, str, str, str]], second: int = 0) -> Path:
    """One CSV of typed case ids, so that cases are shared across files.

    `second` tells files apart: what two files say of one case at the very same time has no order to keep.
    """
    path = folder / name
    lines = ["case,time,worker,activity,outcome"]
    for case, minute, worker, step, outcome in rows:
        day, rest = divmod(minute, 60 * 24)
        when = f"2026-03-{day + 1:02}T{rest // 60:02}:{rest % 60:02}:{second:02}Z"
        lines.append(f"{f'ticket:{case}' if case else ''},{when},{worker},{step},{outcome}")
    path.write_text("\n".join(lines) + "\n")
    return path


def learn(book: Book, paths: Sequence[Path], jobs: int = 1) -> Learnt:
    return book.learn(Wanted(paths=tuple(paths), jobs=jobs))


@example(files=[[(1, 0, "Bo", "open", "good"), (1, 0, "Ada", "open", "good")]], gone="Ada", split=0, jobs=1)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files=FILES, gone=st.sampled_from(PEOPLE), split=st.integers(0, 3), jobs=st.sampled_from((1, 1, 2)))
def test_the_model_equals_that_of_a_book_that_never_had_them(
    files: list[list[tuple[int, int, str, str, str]]], gone: str, split: int, jobs: int
) -> None:
    if not any(row[2] == gone for rows in files for row in rows):
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [write(folder, f"part{i}.csv", rows, i) for i, rows in enumerate(files)]
        kept = [
            write(folder, f"kept{i}.csv", left, i)
            for i, rows in enumerate(files)
            if (left := [row for row in rows if row[2] != gone])
        ]
        with open_book(folder / "book") as book:
            learn(book, paths[:split], jobs)
            learn(book, paths[split:])
            forgotten = book.forget(gone)
            after = book.teach.knowledge()
            again = learn(book, [])
        with open_book(folder / "never") as other:
            never = learn(other, list(reversed(kept)), jobs)
        assert forgotten.model_hash == after.model_hash == never.knowledge.model_hash == again.knowledge.model_hash
        assert not again.changed
        assert after.practices == never.knowledge.practices
        assert after.tasks == never.knowledge.tasks
        assert after.people == never.knowledge.people


NAME = "Bartholomew Quill"
ROWS = [(1, 0, "Ada", "open", ""), (1, 5, NAME, "fix", ""), (1, 9, "Ada", "close", "good"), (2, 3, NAME, "open", "")]


def test_nothing_of_them_is_left_in_the_folder(tmp_path: Path) -> None:
    with open_book(tmp_path / "book") as book:
        learn(book, [write(tmp_path, "a.csv", ROWS)])
        book.forget(NAME)
        assert [w["name"] for w in book.workers()] == ["Ada"]
        assert {p.name for p in book.teach.knowledge().people} == {"Ada"}
        with pytest.raises(UnknownNameError):
            book.govern.uses(NAME)
    for path in (tmp_path / "book").rglob("*"):
        assert not path.is_file() or NAME.encode() not in path.read_bytes()


def test_forgetting_that_was_cut_short_is_finished_by_the_next_learn(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", ROWS)
    with open_book(tmp_path / "never") as other:
        never = learn(other, [write(tmp_path, "b.csv", [r for r in ROWS if r[2] != NAME])]).knowledge.model_hash
    with open_book(tmp_path / "book") as book:
        learn(book, [path])
    with Store.open(tmp_path / "book") as store, store.change() as told:  # as if killed right after the ledger was told
        store.begin_erase(store.worker_id(NAME), told)
    with open_book(tmp_path / "book") as book:
        assert learn(book, []).knowledge.model_hash == never
        assert [w["name"] for w in book.workers()] == ["Ada"]


def test_a_forgotten_worker_stays_out_until_readmitted(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", ROWS)
    with open_book(tmp_path / "book") as book:
        whole = learn(book, [path]).knowledge.model_hash
        without = book.forget(NAME).model_hash
        grown = write(tmp_path, "a.csv", [*ROWS, (2, 9, NAME, "close", "bad")])
        again = learn(book, [grown])
        assert again.inputs[0].forgotten == 3
        assert again.knowledge.model_hash == without
        with pytest.raises(UnknownNameError):
            book.readmit("Ada")
        book.readmit(NAME)
        path = write(tmp_path, "a.csv", ROWS)
        assert learn(book, [path]).knowledge.model_hash == whole
