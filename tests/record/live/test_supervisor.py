"""Sources are kept running, and what becomes of them is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guildbook.plugins import Sink, Source, SourceOptions
from guildbook.record.live.guard import Guard, Rule
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox
from guildbook.record.live.supervisor import Supervisor

NOW = 1_800_000_000_000_000


class Played:
    """A source that does what a test says."""

    title = "Played"

    def __init__(
        self, play: Callable[[Sink, threading.Event, int], None], name: str = "played", lacking: str = ""
    ) -> None:
        self.name = name
        self.play = play
        self.lacking = lacking
        self.runs = 0

    def missing(self, options: SourceOptions) -> str:
        del options
        return self.lacking

    def run(self, sink: Sink, options: SourceOptions, stop: threading.Event) -> None:
        del options
        self.runs += 1
        self.play(sink, stop, self.runs)


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    outbox = Outbox(tmp_path)
    yield Intake(outbox, Guard((Rule("app", "secret"),)), "desk")
    outbox.close()


@pytest.fixture
def supervisor(intake: Intake) -> Iterator[Supervisor]:
    made = Supervisor(intake, first_wait=0.01)
    yield made
    made.close()


def until(true: Callable[[], bool]) -> None:
    """Wait for something, at most ten seconds."""
    for _ in range(1_000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError


def test_one_that_dies_is_started_again_and_told_of(tmp_path: Path, supervisor: Supervisor, intake: Intake) -> None:
    def play(sink: Sink, stop: threading.Event, run: int) -> None:
        sink.write([{"time": NOW + run, "app": "x", "action": "work"}])
        if run < 3:
            raise OSError(f"the wire broke {run} times")
        stop.wait()

    source = Played(play)
    assert isinstance(source, Source)
    supervisor.start(source, SourceOptions(tmp_path))
    until(lambda: source.runs == 3 and supervisor.states()["played"].state == "running")
    state = supervisor.states()["played"]
    assert (state.restarts, state.trouble) == (2, "OSError: the wire broke 2 times")
    until(lambda: intake.outbox.count("guildbook-played_desk") == 3)
    supervisor.stop("played")
    assert supervisor.states()["played"].state == "stopped"


def test_one_that_cannot_run_here_says_what_is_missing(tmp_path: Path, supervisor: Supervisor) -> None:
    source = Played(lambda sink, stop, run: None, lacking="apt install xdotool")
    supervisor.start(source, SourceOptions(tmp_path))
    until(lambda: supervisor.states()["played"].state == "missing")
    assert supervisor.states()["played"].trouble == "apt install xdotool"
    assert source.runs == 0


def test_one_dying_leaves_the_others_alone(tmp_path: Path, supervisor: Supervisor, intake: Intake) -> None:
    def dies(sink: Sink, stop: threading.Event, run: int) -> None:
        raise RuntimeError(str(run))

    def lives(sink: Sink, stop: threading.Event, run: int) -> None:
        number = 0
        while not stop.wait(0.005):
            number += 1
            sink.write([{"time": NOW + number, "app": "x"}])

    supervisor.start(Played(dies, "bad"), SourceOptions(tmp_path))
    supervisor.start(Played(lives, "good"), SourceOptions(tmp_path))
    until(lambda: supervisor.states()["bad"].restarts > 2 and intake.taken["good"] > 20)
    assert supervisor.states()["good"].state == "running"


def test_what_goes_on_is_one_entry(tmp_path: Path, supervisor: Supervisor, intake: Intake) -> None:
    def play(sink: Sink, stop: threading.Event, run: int) -> None:
        for second in range(4):
            sink.pulse({"time": NOW + second * 1_000_000, "app": "x" if second < 3 else "y"}, 2.0)
        sink.pulse({"time": NOW, "app": "secret thing"}, 2.0)
        stop.wait()

    supervisor.start(Played(play), SourceOptions(tmp_path))
    until(lambda: intake.dropped["played"] == 1)
    found = intake.outbox.entries("guildbook-played-now_desk")
    assert [(entry.data["app"], entry.duration) for entry in found] == [("y", 0), ("x", 2_000_000)]
