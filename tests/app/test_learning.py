from __future__ import annotations

from pathlib import Path

import pytest

from guildbook.app import open_book
from guildbook.app.learning import Wanted
from guildbook.model import InputError, UsageError


def long_log(path: Path, rows: int) -> Path:
    """A CSV of more rows than fit one chunk."""
    lines = ["case,time,worker,activity"]
    for i in range(rows):
        day, second = 1 + i // 7200, i % 7200
        when = f"2026-01-{day:02}T{9 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
        lines.append(f"job:{i // 8},{when},w{i // 3 % 5},step {i % 8}")
    path.write_text("\n".join(lines) + "\n")
    return path


class StopError(Exception):
    """Stands for a key pressed or a machine switched off."""


def test_an_import_that_was_cut_short_goes_on_where_it_was(tmp_path: Path) -> None:
    log = long_log(tmp_path / "long.csv", 150_000)

    def stop(stage: str, share: float) -> None:
        if stage.startswith("import") and share > 0.3:
            raise StopError

    with open_book(tmp_path / "whole") as book:
        whole = book.learn(Wanted(paths=(log,)))
    with open_book(tmp_path / "book") as book, pytest.raises(StopError):
        book.learn(Wanted(paths=(log,)), stop)
    with open_book(tmp_path / "book") as book:
        (row,) = book.imports()
        assert row["state"] == "partial"
        assert 0 < row["events"] < 150_000
        rest = book.learn(Wanted(paths=(log,)))
    assert rest.inputs[0].state == "resumed"
    assert rest.inputs[0].events == 150_000 - row["events"]
    assert rest.duplicates == 0
    assert rest.knowledge == whole.knowledge


def test_what_was_read_before_a_bad_file_is_kept(tmp_path: Path) -> None:
    good = long_log(tmp_path / "a.csv", 80)
    bad = tmp_path / "b.xes"
    bad.write_text("<log><trace><event><string key='concept:name' value='x'/>")
    with open_book(tmp_path / "book") as book:
        with pytest.raises(InputError, match=r"b\.xes"):
            book.learn(Wanted(paths=(good, bad)))
        assert book.learn().knowledge.events == 80


def test_all_paths_are_looked_at_before_anything_is_written(tmp_path: Path) -> None:
    good = long_log(tmp_path / "a.csv", 80)
    with open_book(tmp_path / "book") as book:
        with pytest.raises(InputError, match="missing"):
            book.learn(Wanted(paths=(good, tmp_path / "missing")))
        with pytest.raises(UsageError, match="tarin"):
            book.learn(Wanted(paths=(good,), terms=("tarin-people",)))
        assert book.imports() == []


def test_a_folder_is_read_whole_and_what_is_left_aside_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    long_log(folder / "a.csv", 40)
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0 no log")
    with open_book(tmp_path / "book") as book:
        learnt = book.learn(Wanted(paths=(folder,)))
    assert learnt.knowledge.events == 40
    assert any("photo.jpg" in note for note in learnt.notes)


def test_a_grown_file_adds_only_what_is_new(tmp_path: Path) -> None:
    with open_book(tmp_path / "whole") as book:
        whole = book.learn(Wanted(paths=(long_log(tmp_path / "log.csv", 400),)))
    with open_book(tmp_path / "book") as book:
        book.learn(Wanted(paths=(long_log(tmp_path / "log.csv", 320),)))
        grown = book.learn(Wanted(paths=(long_log(tmp_path / "log.csv", 400),)))
    assert grown.duplicates == 320
    assert grown.knowledge == whole.knowledge


def test_the_number_of_processes_changes_nothing(tmp_path: Path) -> None:
    log = long_log(tmp_path / "log.csv", 4000)
    found = []
    for jobs in (1, 3):
        with open_book(tmp_path / str(jobs)) as book:
            found.append(book.learn(Wanted(paths=(log,), jobs=jobs)).knowledge)
    assert found[0] == found[1]


def test_a_file_that_has_grown_in_the_middle_adds_only_what_is_new(tmp_path: Path) -> None:
    log = long_log(tmp_path / "log.csv", 400)
    lines = log.read_text().splitlines()
    with open_book(tmp_path / "book") as book:
        log.write_text("\n".join(line for i, line in enumerate(lines) if i % 9 != 4) + "\n")
        book.learn(Wanted(paths=(log,)))
        log.write_text("\n".join(lines) + "\n")
        assert book.learn(Wanted(paths=(log,))).knowledge.events == 400


def test_many_small_imports_become_few_segments_and_change_nothing(tmp_path: Path) -> None:
    lines = long_log(tmp_path / "log.csv", 340).read_text().splitlines()
    with open_book(tmp_path / "whole") as book:
        whole = book.learn(Wanted(paths=(tmp_path / "log.csv",))).knowledge
    with open_book(tmp_path / "book") as book:
        for start in range(1, 341, 20):
            day = tmp_path / "log.csv"
            day.write_text("\n".join([lines[0], *lines[start : start + 20]]) + "\n")
            book.learn(Wanted(paths=(day,)))
        again = book.learn()
        assert not again.changed
        assert again.knowledge == whole
        assert all(worker["segments"] < 16 for worker in book.workers())
        forgotten = book.forget("w1")
        assert 0 < forgotten.touched < whole.cases
        assert forgotten.model_hash == book.learn().knowledge.model_hash


def test_other_terms_for_what_is_there_already_are_no_silent_change(tmp_path: Path) -> None:
    log = long_log(tmp_path / "log.csv", 80)
    with open_book(tmp_path / "book") as book:
        book.learn(Wanted(paths=(log,)))
        with pytest.raises(InputError, match="none were stated") as caught:
            book.learn(Wanted(paths=(log,), terms=("research",)))
        assert "guildbook refuse" in caught.value.fix
        assert book.learn(Wanted(paths=(log,))).inputs[0].state == "already there"
    with open_book(tmp_path / "stated") as book:
        book.learn(Wanted(paths=(log,), terms=("research", "coach")))
        assert book.learn(Wanted(paths=(log,), terms=("coach", "research"))).inputs[0].state == "already there"
