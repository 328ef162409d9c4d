"""One class of traces refused: as if events of that class had never been recorded, and exactly back afterwards."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from guildbook.app import Book, open_book
from guildbook.app.learning import Wanted
from guildbook.model import Purpose

STEPS = ("open", "check", "ask", "fix", "close")
APPS = ("Sheet", "Mail", "", "Mail  ", "Chat")


def rows() -> list[tuple[str, str, str, str, str]]:
    return [
        (f"c{case}", f"2026-03-{1 + case % 27:02d}T09:{10 * place:02d}:00", who, step, APPS[(case + place) % len(APPS)])
        for case in range(30)
        for place, (step, who) in enumerate(zip(STEPS, ("Ada", "Bo", "Ada", "Cy", "Bo"), strict=True))
    ]


def write(path: Path, kept: list[tuple[str, str, str, str, str]]) -> Path:
    with path.open("w", newline="") as out:
        csv.writer(out).writerows([("case", "time", "worker", "action", "app"), *kept])
    return path


def learn(book: Book, *paths: Path) -> str:
    return book.learn(Wanted(paths=paths)).knowledge.model_hash


def admitted(book: Book) -> set[tuple[str, str | None]]:
    table = book.govern.grant(Purpose.TRAIN_PEOPLE, stage="t", artefact="t").table(["worker", "app"])
    return set(zip(table["worker"].to_pylist(), table["app"].to_pylist(), strict=True))


@pytest.mark.parametrize("split", [False, True])
def test_a_refused_class_is_as_if_never_recorded(tmp_path: Path, *, split: bool) -> None:
    whole = rows()
    mails = [row for row in whole if row[2] == "Ada" and row[4].strip() == "Mail"]
    assert mails
    files = [write(tmp_path / "a.csv", whole[:70]), write(tmp_path / "b.csv", whole[70:])]
    (tmp_path / "left").mkdir()  # a case is named after its file, too
    left = [
        write(tmp_path / "left" / path.name, [row for row in part if row not in mails])
        for path, part in zip(files, (whole[:70], whole[70:]), strict=True)
    ]
    with open_book(tmp_path / "never") as other:
        never = learn(other, *left)
    with open_book(tmp_path / "book") as book:
        full = learn(book, *(files[:1] if split else files))
        book.govern.decide("Ada", "train-people", allow=False, trace_class=" MAIL ")
        assert not {a for a in admitted(book) if a[0] == "Ada" and (a[1] or "").strip() == "Mail"}
        assert ("Bo", "Mail") in admitted(book)
        refused = learn(book, *(files[1:] if split else ()))
        assert refused == never
        uses = [(u.reason, u.rows) for u in book.govern.uses("Ada") if u.artefact == "model"]
        assert any(reason == "unlearn" for reason, _ in uses)
        book.govern.decide("Ada", "train-people", allow=True, trace_class="mail")
        back = learn(book)
        assert split or back == full
        assert book.forget("Ada").model_hash != back
