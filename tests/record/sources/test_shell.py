"""Real interactive shells tell a real recorder what was run in them."""

from __future__ import annotations

import os
import pty
import re
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
from guildbook.model.errors import UsageError
from guildbook.plugins import Source, SourceOptions, Spoken
from guildbook.record.sources import _shell_hook as hooks
from guildbook.record.sources.shell import ShellSource

SHELLS = ("bash", "zsh")


def said(*fields: str) -> bytes:
    return "".join(f"{field}\0" for field in fields).encode("utf-8", "surrogateescape")


def test_what_a_hook_says_is_worded_as_in_imports(tmp_path: Path) -> None:
    source = ShellSource()
    assert isinstance(source, Source)
    assert isinstance(source, Spoken)
    assert source.missing(SourceOptions(tmp_path)) == ""
    (row,) = source.rows(said("bash", "1800000000000000", "1500", "2", "/srv", "7-1", "sudo git commit -m 'a\nb'"))
    assert row == {
        "time": 1_800_000_000_000_000, "duration": 1500, "session": "bash-7-1", "app": "shell", "action": "git commit",
        "document": "/srv", "value_after": "sudo git commit -m 'a\nb'", "outcome": "bad",
        "attributes": '{"exit":2,"shell":"bash"}',
    }  # fmt: skip
    assert source.rows(said("zsh", "1", "1", "0", "/", "1-1", " hidden")) == []
    assert source.rows(b"") == []


@pytest.mark.parametrize(
    "body",
    [
        b"bash", said("bash"), said("tcsh", "1", "1", "0", "/", "1", "ls"),
        said("bash", "now", "1", "0", "/", "1", "ls"),
        said("bash", "1", "-1", "0", "/", "1", "ls"), said("bash", "1", "1", "256", "/", "1", "ls"),
        said("bash", "\u0661", "1", "0", "/", "1", "ls"), said("bash", "9" * 5000, "1", "0", "/", "1", "ls"),
    ],
)  # fmt: skip
def test_what_no_hook_would_say_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"no|not"):
        ShellSource().rows(body)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_block_is_put_in_once_and_taken_out_whole(shell: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.delenv("ZDOTDIR", raising=False)
    home, recorder = tmp_path / "it's home", tmp_path / "a book" / "recorder"
    home.mkdir()
    own = b"alias ll='ls -l'\nexport X=\xff"
    dotfiles = tmp_path / "dotfiles"
    dotfiles.write_bytes(own)
    dotfiles.chmod(0o640)
    (home / f".{shell}rc").symlink_to(dotfiles)
    path = hooks.install(shell, recorder, home)
    once = dotfiles.read_bytes()
    assert hooks.install(shell, recorder, home) == path
    assert dotfiles.read_bytes() == once
    assert once.startswith(own)
    assert path.is_symlink()
    assert dotfiles.stat().st_mode & 0o777 == 0o640
    assert (recorder / f"hook.{shell}").stat().st_mode & 0o777 == 0o600
    subprocess.run([shell, "-n", recorder / f"hook.{shell}"], check=True)
    hooks.remove(shell, recorder, home)
    assert dotfiles.read_bytes().rstrip(b"\n") == own
    hooks.remove(shell, recorder, home)
    assert not (recorder / f"hook.{shell}").exists()


def test_other_shells_have_no_hook(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tcsh"):
        hooks.hook("tcsh", tmp_path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the recorder of this module's tests."""
    return tmp_path_factory.mktemp("book") / FOLDER


@pytest.fixture(scope="module")
def recording(missing_part: Callable[[str, str], Any], folder: Path) -> Iterator[Recording]:
    """A recorder's process with nothing but `shell` switched on."""
    for shell in SHELLS:
        if shutil.which(shell) is None:
            missing_part("shells", f"{shell} not present")
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
    """An interactive shell at a pseudo-terminal, with the hook in its start file."""

    def __init__(self, shell: str, recorder: Path, home: Path, before: str = "", after: str = "") -> None:
        home.mkdir(exist_ok=True)
        start = home / f".{shell}rc"
        start.write_text(before)
        hooks.install(shell, recorder, home)
        with start.open("a") as file:
            file.write(after)
        self.home = home
        self._master, slave = pty.openpty()
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        words = [shell, "-i"] if shell == "zsh" else [shell, "--noprofile", "-i"]
        own = {"HOME": str(home), "ZDOTDIR": str(home), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *words], stdin=slave, stdout=slave, stderr=slave, cwd=home, env=kept | own
        )
        os.close(slave)
        os.set_blocking(self._master, False)
        self.heard = ""
        self.ready()

    def ready(self, seconds: float = 20) -> None:
        """Wait for a prompt."""
        until = time.monotonic() + seconds
        while "READY> " not in self.heard:
            assert time.monotonic() < until, self.heard
            with suppress(BlockingIOError):
                self.heard += os.read(self._master, 65536).decode("utf-8", "replace")
                continue
            time.sleep(0.01)

    def key(self, text: str) -> None:
        self.heard = ""
        os.write(self._master, text.encode("utf-8", "surrogateescape"))

    def run(self, *lines: str) -> None:
        for line in lines:
            self.key(f"{line}\n")
            self.ready()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal(recording: Recording, folder: Path, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    made: list[Terminal] = []

    def open_one(shell: str, before: str = "", after: str = "") -> Terminal:
        quiet = "PS1='READY> '\n" + ("unsetopt zle prompt_cr prompt_sp\n" if shell == "zsh" else "")
        made.append(Terminal(shell, folder, tmp_path / "home", f"{quiet}{before}", after))
        return made[-1]

    yield open_one
    assert recording.status()["running"]
    for one in made:
        one.close()


def commands(recording: Recording, terminal: Terminal, least: int = 0, seconds: float = 10) -> list[dict[str, Any]]:
    """What was recorded of this shell in the order it was run; waits for at least so many."""
    until = time.monotonic() + seconds
    while True:
        mine = [e for e in recording.entries(10_000) if f"-{terminal.process.pid}-" in e["data"]["session"]]
        if len(mine) >= least or time.monotonic() > until:
            return sorted(mine, key=lambda e: e["time"])
        time.sleep(0.05)


def lines(found: list[dict[str, Any]]) -> list[str]:
    return [e["data"]["value_after"] for e in found]


@pytest.mark.shells
@pytest.mark.parametrize("shell", SHELLS)
def test_everything_that_is_run_arrives(shell: str, recording: Recording, terminal: Callable[..., Terminal]) -> None:
    at = terminal(shell)
    wanted = [
        "mkdir -p deep/er", "cd deep", "false", "sleep 0.3", 'echo "quo\\"ted" \'single\' `date +%Y` $HOME',
        "echo Zażółć-gęślą-jaźń-日本語-🙂", "printf '\\033[1mbold\\033[0m\\n'", "ls | wc -l && true", "(cd er; pwd)",
    ]  # fmt: skip
    at.run(*wanted)
    found = commands(recording, at, len(wanted))
    assert lines(found) == wanted
    assert {e["data"]["session"] for e in found} == {found[0]["data"]["session"]}
    assert [e["data"]["outcome"] for e in found].count("bad") == 1
    assert found[2]["data"]["attributes"] == f'{{"exit":1,"shell":"{shell}"}}'
    assert 0.3 <= found[3]["seconds"] < 5
    assert found[3]["data"]["document"] == str(at.home / "deep")
    assert found[0]["data"] | {"attributes": "", "session": "", "value_after": ""} == {
        "app": "shell", "action": "mkdir", "document": str(at.home), "value_after": "", "outcome": "good",
        "attributes": "", "session": "",
    }  # fmt: skip


@pytest.mark.shells
@pytest.mark.parametrize("shell", SHELLS)
def test_several_lines_nested_shells_jobs_and_interrupts(
    shell: str, recording: Recording, terminal: Callable[..., Terminal]
) -> None:
    at = terminal(shell)
    at.run("true")
    at.key("for n in 1 2; do\necho number $n\ndone\n")
    at.ready()
    at.key("sleep 30\n")
    time.sleep(0.5)
    at.key("\x03")
    at.ready()
    at.key("\x03\n")  # zsh without its line editor says nothing before the next line
    at.ready()
    at.run("", "sleep 0.1 &", "wait", "true after")
    found = commands(recording, at, 6)
    told = lines(found)
    assert told[0] == "true"
    assert re.fullmatch(r"for n in 1 2;? ?do\s+echo number \$n(;|\n)\s*done", told[1])
    assert told[2:] == ["sleep 30", "sleep 0.1 &", "wait", "true after"]
    assert '"exit":130' in found[2]["data"]["attributes"]
    at.key(f"{shell} -i\n")
    at.ready()
    at.run("echo inner", "exit")
    at.run("echo outer")
    until = time.monotonic() + 10
    while "echo inner" not in (every := lines(recording.entries(10_000))):
        assert time.monotonic() < until, every
        time.sleep(0.05)
    assert lines(commands(recording, at, 8))[6:] == [f"{shell} -i", "echo outer"]


@pytest.mark.shells
@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_hidden_from_the_history_is_hidden_here(
    shell: str, recording: Recording, terminal: Callable[..., Terminal]
) -> None:
    at = terminal(shell, "HISTCONTROL=ignoreboth\nHISTIGNORE='echo hidden*'\nHISTORY_IGNORE='echo hidden*'\n")
    at.run("true one", " echo spaced-secret", "echo hidden-secret", "true two", "true two", " echo other", "true three")
    assert lines(commands(recording, at, 4)) == ["true one", "true two", "true two", "true three"]


@pytest.mark.shells
@pytest.mark.parametrize("shell", SHELLS)
def test_secrets_do_not_reach_the_disk(shell: str, recording: Recording, terminal: Callable[..., Terminal]) -> None:
    at = terminal(shell)
    at.run("true --password=hunter2hunter2 -x", "true https://ada:s3cretwords@example.org/")
    told = " ".join(lines(commands(recording, at, 2)))
    assert "[" in told
    assert "hunter2" not in told
    assert "s3cret" not in told


@pytest.mark.shells
@pytest.mark.parametrize("options", ["set -u", "set -e", "set -eu"])
@pytest.mark.parametrize("shell", SHELLS)
def test_strict_shells_live_on(
    shell: str, options: str, recording: Recording, terminal: Callable[..., Terminal]
) -> None:
    at = terminal(shell, after=f"{options}\n")
    at.run("true first", "false || true", "if false; then :; fi", "false && true", "true last")
    assert lines(commands(recording, at, 5))[-1] == "true last"
    assert at.process.poll() is None
    assert "guildbook" not in at.heard


@pytest.mark.shells
def test_beside_a_prompt_that_bash_has_already(recording: Recording, terminal: Callable[..., Terminal]) -> None:
    """As starship, VTE and many a .bashrc do: a command before, one after, a PS0 and a trap of their own."""
    at = terminal(
        "bash",
        "PROMPT_COMMAND='SAW=$?; echo \"<$SAW>\"'\nPS0='run:'\ntrap 'LAST=$BASH_COMMAND' DEBUG\n",
        "PROMPT_COMMAND=\"$PROMPT_COMMAND\"$'\\n''echo \"[$SAW]\"'\n",
    )
    at.run("(exit 3)")
    assert "run:" in at.heard
    assert "<3>" in at.heard
    assert "[3]" in at.heard
    at.run('echo "status $?"', "source ~/.bashrc", "true after")
    assert lines(commands(recording, at, 4)) == ["(exit 3)", 'echo "status $?"', "source ~/.bashrc", "true after"]


@pytest.mark.shells
def test_beside_hooks_that_zsh_has_already(recording: Recording, terminal: Callable[..., Terminal]) -> None:
    at = terminal(
        "zsh",
        'autoload -Uz add-zsh-hook\nsaw() { echo "<$?>" }\nadd-zsh-hook precmd saw\nprecmd() { echo "[$?]" }\n',
        "setopt ksh_arrays sh_word_split no_unset\n",
    )
    at.run("(exit 3)")
    assert "<3>" in at.heard
    assert "[3]" in at.heard
    at.run("source ~/.zshrc", "true after")
    assert lines(commands(recording, at, 3)) == ["(exit 3)", "source ~/.zshrc", "true after"]


@pytest.mark.shells
@pytest.mark.parametrize("shell", SHELLS)
def test_without_a_recorder_nothing_happens(shell: str, tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    at = terminal(shell)
    (gone := tmp_path / "gone").mkdir()
    at.run(f"__guildbook_folder={gone}", "true silent")
    (gone / "state.json").write_text('{"pid": 1, "port": 1, "testing": false}')  # one that was killed
    (gone / "door").write_text("x")
    at.run("true silent", "true again")
    time.sleep(0.3)
    at.run("echo done")
    assert "rror" not in at.heard
    assert "refused" not in at.heard
    assert not list(at.home.glob("*guildbook*"))
