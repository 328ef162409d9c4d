"""A real fish tells a real recorder what was run in it."""

from __future__ import annotations

import os
import pty
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from guildbook.app.recorder import FOLDER, choices, choose
from guildbook.app.recording import Recording
from guildbook.config import load
from guildbook.model.errors import InputError
from guildbook.record.sources import _shell_hook as hooks

PROMPTS = (
    "function fish_prompt; echo 'READY> '; end\nfunction prompted --on-event fish_prompt; echo >>$HOME/prompts; end\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorder's folder, with what only fish writes otherwise in its name."""
    return tmp_path_factory.mktemp("it's \\a book") / FOLDER


@pytest.fixture(scope="module")
def recording(missing_part: Callable[[str, str], Any], folder: Path) -> Iterator[Recording]:
    """A recorder's process with nothing but `shell` switched on."""
    if shutil.which("fish") is None:
        missing_part("shells", "fish not present")
    found = Recording(load(folder.parent))
    choose(folder, replace(choices(folder), worker="Ada"))
    found.switch_on(["shell"])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    found.start(port=port)
    yield found
    found.stop()


class Terminal:
    """An interactive fish at a pseudo-terminal, with the hook in its start file."""

    def __init__(self, recorder: Path, home: Path, before: str = "", *options: str) -> None:
        start = home / ".config" / "fish" / "config.fish"
        start.parent.mkdir(parents=True)
        start.write_text(PROMPTS + before)
        hooks.install("fish", recorder, home)
        self.home, self.heard = home, ""
        self._master, slave = pty.openpty()
        kept = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        self.process = subprocess.Popen(
            ["setsid", "--ctty", "fish", *options], stdin=slave, stdout=slave, stderr=slave, cwd=home, env=kept
        )
        os.close(slave)
        os.set_blocking(self._master, False)
        self._ready(1)

    @property
    def _prompts(self) -> int:
        path = self.home / "prompts"
        return len(path.read_text()) if path.exists() else 0

    def _ready(self, prompts: int) -> None:
        until = time.monotonic() + 30
        while self._prompts < prompts:
            assert time.monotonic() < until, self.heard
            self._hear()
            time.sleep(0.01)
        self._hear()

    def _hear(self) -> None:
        with suppress(BlockingIOError):
            while True:
                self.heard += os.read(self._master, 65536).decode("utf-8", "replace")

    def run(self, *lines: str) -> None:
        for line in lines:
            before = self._prompts
            os.write(self._master, f"{line}\n".encode())
            self._ready(before + 1)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal(recording: Recording, folder: Path, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    made: list[Terminal] = []

    def open_one(before: str = "", *options: str) -> Terminal:
        made.append(Terminal(folder, tmp_path / f"home{len(made)}", before, *options))
        return made[-1]

    yield open_one
    assert recording.status()["running"]
    for one in made:
        one.close()


def commands(recording: Recording, terminal: Terminal, least: int, seconds: float = 15) -> list[dict[str, Any]]:
    """What was recorded of this shell in the order it was run; waits for at least so many."""
    until = time.monotonic() + seconds
    while True:
        mine = [e for e in recording.entries(10_000) if f"fish-{terminal.process.pid}-" in e["data"]["session"]]
        if len(mine) >= least or time.monotonic() > until:
            return sorted(mine, key=lambda e: e["time"])
        time.sleep(0.05)


def lines(found: list[dict[str, Any]]) -> set[str]:
    return {e["data"]["value_after"] for e in found}


@pytest.mark.shells
def test_everything_that_is_run_in_fish_arrives(recording: Recording, terminal: Callable[..., Terminal]) -> None:
    at = terminal()
    wanted = ["mkdir -p deep", "cd deep", "false", "sleep 0.3", "echo \"quo\\\"ted\" 'single\\'s' (date +%Y) $HOME",
              "echo Zażółć-日本語-🙂", "for n in 1 2\necho $n\nend", "sleep 0.1 &", "false; or true"]  # fmt: skip
    for line in wanted:  # each arrives before the next is run: they are told by processes of their own
        at.run(line)
        commands(recording, at, wanted.index(line) + 1)
    found = commands(recording, at, len(wanted))
    assert [e["data"]["value_after"] for e in found] == wanted
    assert [e["data"]["outcome"] for e in found].count("bad") == 1
    assert found[2]["data"]["attributes"] == '{"exit":1,"shell":"fish"}'
    assert 0.3 <= found[3]["seconds"] < 5
    assert (found[3]["data"]["document"], found[3]["data"]["action"]) == (str(at.home / "deep"), "sleep")
    assert "has ended" not in at.heard.replace("sleep 0.1 &' has ended", "")  # jobs of the hook's are not announced
    assert "rror" not in at.heard


@pytest.mark.shells
def test_what_fish_keeps_out_of_its_history_is_hidden_here(
    recording: Recording, terminal: Callable[..., Terminal]
) -> None:
    refuse = "function fish_should_add_to_history; not string match -q '*hidden*' -- $argv; end\n"
    at, alone = terminal(refuse), terminal("", "--private")
    alone.run("true private-thing")
    at.run("true one", " true spaced-thing", "true hidden-thing", "true --password=hunter2hunter2", "true two")
    found = commands(recording, at, 3)
    assert {"true one", "true two"} < lines(found)
    told = " ".join(lines(found) | lines(commands(recording, alone, 1, seconds=1)))
    assert "thing" not in told
    assert "hunter2" not in told
    assert len(found) == 3


@pytest.mark.shells
def test_the_status_is_left_as_it_was_and_nothing_happens_without_a_recorder(
    recording: Recording, terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    at = terminal("function after --on-event fish_postexec; echo last:$status; end\n")
    at.run("sh -c 'exit 7'", "echo status:$status")
    assert "status:7" in at.heard
    commands(recording, at, 2)
    (gone := tmp_path / "gone").mkdir()
    at.run(f"set -g __guildbook_folder {gone}", "true silent")
    (gone / "state.json").write_text('{"pid": 1, "port": 1, "testing": false}')  # one that was killed
    (gone / "door").write_text("x")
    at.run("true silent", "true again")
    time.sleep(0.3)
    at.run("echo done")
    assert "rror" not in at.heard
    assert "refused" not in at.heard
    assert not {"true silent", "true again"} & lines(commands(recording, at, 2))


@pytest.mark.shells
def test_reading_the_start_file_anew_tells_everything_once(
    recording: Recording, terminal: Callable[..., Terminal]
) -> None:
    at = terminal()
    at.run("source ~/.config/fish/config.fish", "true after")
    time.sleep(0.5)
    found = commands(recording, at, 2)
    assert lines(found) == {"source ~/.config/fish/config.fish", "true after"}
    assert len(found) == len(lines(found))


def test_the_block_is_put_in_once_and_taken_out_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    path = hooks.install("fish", tmp_path / "recorder", tmp_path)
    assert path == tmp_path / "settings" / "fish" / "config.fish"
    once = path.read_bytes()
    assert hooks.install("fish", tmp_path / "recorder", tmp_path).read_bytes() == once
    hooks.remove("fish", tmp_path / "recorder", tmp_path)
    assert path.read_bytes() == b""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="needs bash"):
        hooks.install("fish", tmp_path / "recorder", tmp_path)
