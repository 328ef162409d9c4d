"""Forgetting under `kill -9`: whenever it strikes, the next learn or forget finishes, and nothing else is lost."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from guildbook.app import open_book
from guildbook.app.forgetting import Part
from guildbook.app.learning import Wanted

PROGRAM = """
import sys
from guildbook.app import open_book
from guildbook.app.forgetting import Part
with open_book(sys.argv[1]) as book:
    print("ready", flush=True)
    book.forget("Ada", Part(app=sys.argv[2]))
"""
APPS = ("mail", "sheet", "chat", "phone")
KILLS = 4


def rows(without: tuple[str, ...] = ()) -> str:
    made = ["case,time,worker,activity,app,outcome"]
    for i in range(400):
        app, worker = APPS[i % 4], ("Ada", "Bo")[i // 3 % 2]
        if worker == "Ada" and app in without:
            continue
        day, minute = 1 + i % 28, i * 7 % 60
        made.append(f"T{i // 5},2026-{1 + i % 5:02}-{day:02}T09:{minute:02}:{i % 60:02}Z,{worker},s{i % 5},{app},good")
    return "\n".join(made) + "\n"


def inside(book: Any) -> Any:
    """The store of a book."""
    return book._store


def learnt(home: Path, path: Path) -> str:
    with open_book(home) as book:
        return book.learn(Wanted(paths=(path,), jobs=1)).knowledge.model_hash


def test_a_few_kills(tmp_path: Path) -> None:
    seed = random.Random(5)
    path = tmp_path / "a.csv"
    path.write_text(rows())
    learnt(tmp_path / "book", path)
    gone: list[str] = []
    for number in range(KILLS):
        app = APPS[number % 2]
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path / "book"), app], stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            time.sleep(seed.uniform(0.0, 1.0))
            child.send_signal(signal.SIGKILL)
        with open_book(tmp_path / "book") as book:
            known = book.learn().knowledge.model_hash
            assert inside(book).check() == []
            assert all(each["state"] == "done" for each in book.erasures.listed())
            held = {part for each in inside(book).segments() for part in each.classes.split("\n")
                    if each.worker == inside(book).worker_id("Ada")}  # fmt: skip
            gone = [name for name in APPS[:2] if name not in held]
        (tmp_path / f"never{number}").mkdir()
        other = tmp_path / f"never{number}" / "a.csv"
        other.write_text(rows(tuple(gone)))
        assert learnt(tmp_path / f"never{number}" / "book", other) == known
    with open_book(tmp_path / "book") as book:
        for app in APPS[:2]:
            book.forget("Ada", Part(app=app))
        assert {"mail", "sheet"}.isdisjoint(
            part for each in inside(book).segments() for part in each.classes.split("\n")
            if each.worker == inside(book).worker_id("Ada")
        )  # fmt: skip
