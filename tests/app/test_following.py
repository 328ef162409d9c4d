"""`learn --follow`: what is news, and that learning on is learning."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from guildbook.app import Book, open_book
from guildbook.app.following import Follower
from guildbook.app.learning import Learnt, Wanted
from guildbook.columns import raw_table
from guildbook.model import GuildbookError


class OverError(Exception):
    """The test has seen enough."""


def log(path: Path, day: int, cases: int = 6) -> Path:
    """A CSV of one day's cases."""
    lines = ["case,time,worker,activity"]
    for case in range(cases):
        for place, step in enumerate(("open", "check", "close")):
            lines.append(f"job:{day}-{case},2026-01-{day:02}T09:{case:02}:{place:02}Z,w{(case + place) % 3},{step}")
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


class Waiting:
    """Time that passes only in the test: each wait does the next thing that is planned, then it is over."""

    def __init__(self, *plans: object) -> None:
        self.plans: Iterator[object] = iter(plans)

    def __call__(self, seconds: float) -> None:
        if seconds == 1.0:  # looking whether all has settled
            return
        try:
            plan = next(self.plans)
        except StopIteration:
            raise OverError from None
        if callable(plan):
            plan()


def followed(book: Book, folder: Path, *plans: object) -> list[Learnt | GuildbookError]:
    follower: Follower = book.follow(Wanted(paths=(folder,)), 60.0)
    follower.wait = Waiting(*plans)
    found: list[Learnt | GuildbookError] = []
    with pytest.raises(OverError):
        found.extend(follower.run())
    return found


def test_it_learns_only_when_something_is_new(tmp_path: Path) -> None:
    days = tmp_path / "days"
    log(days / "1.csv", 1)
    with open_book(tmp_path / "book") as book:
        found = followed(book, days, None, lambda: log(days / "2.csv", 2), None, None)
        assert [each.knowledge.events for each in found if isinstance(each, Learnt)] == [18, 36]
    with open_book(tmp_path / "whole") as book:
        whole = book.learn(Wanted(paths=(days,)))
    assert isinstance(found[1], Learnt)
    assert found[1].knowledge.model_hash == whole.knowledge.model_hash


def test_what_the_recorder_brings_and_what_somebody_decides_is_news(tmp_path: Path) -> None:
    days = tmp_path / "days"
    log(days / "1.csv", 1)
    row = {"worker": ["w0"], "time": [1_767_400_000_000_000], "action": ["open"], "case": ["job:9"], "source": ["s"]}
    with open_book(tmp_path / "book") as book:
        found = followed(
            book, days,
            lambda: book.take_in("recorder", "batch:1", raw_table(row)), None,
            lambda: book.terms.say("w1", "train-people", allow=False), None,
        )  # fmt: skip
    events = [each.knowledge.events for each in found if isinstance(each, Learnt)]
    assert events[:2] == [18, 19]
    assert len(events) == 3
    assert events[2] < 19


def test_a_file_that_cannot_be_read_is_said_and_tried_again_when_it_changed(tmp_path: Path) -> None:
    days = tmp_path / "days"
    log(days / "1.csv", 1)
    bad = days / "2.xes"

    def broken() -> None:
        bad.write_text("<log><trace><event><string key='concept:name' value='x'/>")

    with open_book(tmp_path / "book") as book:
        found = followed(book, days, broken, None, bad.unlink, None)
    assert [type(each) is Learnt for each in found] == [True, False, True]
    assert isinstance(found[1], GuildbookError)
    assert "2.xes" in found[1].what


def test_as_a_command_that_ends_when_it_is_told(tmp_path: Path) -> None:
    days = tmp_path / "days"
    log(days / "1.csv", 1)
    words = [sys.executable, "-m", "guildbook", "--home", str(tmp_path / "book"), "learn", str(days)]
    with subprocess.Popen(
        [*words, "--follow", "--every", "0.2", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert '"events":18' in process.stdout.readline()
        (days / "2.part").write_text(log(tmp_path / "2.csv", 2).read_text())
        (days / "2.part").replace(days / "2.csv")
        assert '"events":36' in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
