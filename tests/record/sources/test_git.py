"""Real clones, followed while git works in them."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from guildbook.columns.ids import IdAssigner
from guildbook.model.errors import InputError, UsageError
from guildbook.plugins import ImportOptions, Source, SourceOptions
from guildbook.record.importers.git import GitImporter
from guildbook.record.live.delivery import Delivery
from guildbook.record.live.guard import Guard
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox
from guildbook.record.live.supervisor import Supervisor
from guildbook.record.sources._git_clones import Places, clones
from guildbook.record.sources._git_reflog import LONGEST
from guildbook.record.sources.git import GitSource

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Git as Ada uses it, in a folder of hers."""

    def call(folder: Path, *words: str, at: int | None = None) -> str:
        own = {
            "HOME": str(tmp_path), "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"), "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_EDITOR": "true", "PATH": os.environ["PATH"],
        }  # fmt: skip
        if at is not None:
            own |= {"GIT_AUTHOR_DATE": f"{at} +0000", "GIT_COMMITTER_DATE": f"{at} +0000"}
        return subprocess.run(["git", *words], cwd=folder, env=own, check=True, capture_output=True, text=True).stdout

    (tmp_path / "gitconfig").write_text(
        "[user]\nname = Ada Lovelace\nemail = ada@example.org\n[init]\ndefaultBranch = main\n[pull]\nrebase = false\n"
    )
    return call


@pytest.fixture
def clone(tmp_path: Path, git: Git) -> Path:
    """A clone with one commit, and a bare repository that it came from."""
    (tmp_path / "work").mkdir()
    seed = tmp_path / "seed"
    seed.mkdir()
    git(seed, "init", "-q")
    (seed / "a.txt").write_text("one\n")
    git(seed, "add", ".")
    git(seed, "commit", "-qm", "Begin")
    git(tmp_path, "clone", "-q", "--bare", "seed", "far.git")
    git(tmp_path / "work", "clone", "-q", str(tmp_path / "far.git"), "ledger")
    return tmp_path / "work" / "ledger"


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "recorder")
    yield made
    made.close()


@pytest.fixture
def watched(outbox: Outbox, clone: Path, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """The source runs; call to have it run (again)."""
    supervisor = Supervisor(Intake(outbox, Guard(), "desk"), first_wait=0.1)
    (tmp_path / "own").mkdir()
    options = SourceOptions(tmp_path / "own", {"repositories": f"{tmp_path / 'work'}"})

    def run() -> None:
        supervisor.start(GitSource(), options)
        until = time.monotonic() + 10
        while not (tmp_path / "own" / "places.json").exists():
            assert time.monotonic() < until
            time.sleep(0.02)

    run()
    yield run
    begun = time.monotonic()
    supervisor.close()
    assert time.monotonic() - begun < 1.5
    assert supervisor.states()["git"].trouble == ""


def told(outbox: Outbox) -> list[dict[str, Any]]:
    found = [entry for name in outbox.buckets() for entry in outbox.entries(name)]
    return [dict(e.data) | {"time": e.time} for e in sorted(found, key=lambda e: e.id or 0)]


def wait(outbox: Outbox, enough: Callable[[list[str]], bool]) -> list[str]:
    until = time.monotonic() + 15
    while not enough(actions := [row["action"] for row in told(outbox)]):
        assert time.monotonic() < until, actions
        time.sleep(0.05)
    return actions


def save(clone: Path, git: Git, name: str, text: str, subject: str, *more: str, at: int | None = None) -> None:
    (clone / name).write_text(text)
    git(clone, "add", name)
    git(clone, "commit", "-qm", subject, *more, at=at)


@pytest.mark.usefixtures("watched")
def test_what_is_done_in_a_clone_is_told_once(outbox: Outbox, clone: Path, git: Git) -> None:
    git(clone, "switch", "-qc", "mend")
    save(clone, git, "b.txt", "x\n", "fix: the sum")
    save(clone, git, "b.txt", "y\n", "fix: the sum, right", "--amend")
    (clone / "a.txt").write_text("two\n")
    git(clone, "stash", "-q")
    git(clone, "switch", "-q", "main")
    git(clone, "merge", "-q", "--no-ff", "-m", "Merge mend", "mend")
    git(clone, "push", "-q", "origin", "main", "mend")
    git(clone, "reset", "-q", "--hard", "HEAD~1")
    git(clone, "pull", "-q")
    actions = wait(outbox, lambda found: {"push", "stash", "pull"} <= set(found))
    time.sleep(1.5)
    assert [row["action"] for row in told(outbox)] == actions
    assert [a for a in actions if a not in {"push", "stash"}] == [
        "checkout", "add", "commit", "add", "commit", "amend", "checkout", "commit", "merge", "reset", "pull",
    ]  # fmt: skip
    assert actions.count("push") == 1
    rows = {row["action"]: row for row in told(outbox)}
    assert json.loads(rows["merge"]["attributes"])["from"] == "mend"
    assert rows["add"]["document"] == "b.txt"
    assert rows["commit"]["window"] == "Merge mend"
    assert json.loads(rows["checkout"]["attributes"])["branch"] == "main"


@pytest.mark.usefixtures("watched")
def test_rebases_are_one_act_each(outbox: Outbox, clone: Path, git: Git) -> None:
    git(clone, "switch", "-qc", "side")
    save(clone, git, "s.txt", "1\n", "One")
    save(clone, git, "s.txt", "2\n", "Two")
    git(clone, "switch", "-q", "main")
    save(clone, git, "m.txt", "3\n", "Three")
    git(clone, "rebase", "-q", "main", "side")
    wait(outbox, lambda found: "rebase" in found)
    rebase = next(row for row in told(outbox) if row["action"] == "rebase")
    assert json.loads(rebase["attributes"]) | {"commit": ""} == {
        "branch": "side", "commit": "", "commits": 2, "repository": "ledger",
    }  # fmt: skip
    assert [row["action"] for row in told(outbox)].count("commit") == 3


@pytest.mark.usefixtures("watched")
def test_importing_the_history_later_doubles_nothing(outbox: Outbox, clone: Path, git: Git) -> None:
    save(clone, git, "b.txt", "x\n" * 30, "Add b", at=1_750_000_001)
    git(clone, "mv", "b.txt", "c.txt")
    save(clone, git, "a.txt", "more\n", "Move it\n\nCo-authored-by: Bo <bo@example.org>", at=1_750_000_002)
    git(clone, "rm", "-q", "c.txt")
    save(clone, git, "bin", "\0\0", "docs: gone", at=1_750_000_003)
    wait(outbox, lambda found: found.count("commit") == 3)
    taken: list[Any] = []

    def take(name: str, table: Any) -> None:
        taken.append(table)

    Delivery(outbox, "Ada Lovelace", take).run()
    live = {bytes(each.as_py()) for table in taken for each in IdAssigner().assign(table)}
    chunks = list(GitImporter().read(clone, ImportOptions()))
    later = {bytes(each.as_py()) for chunk in chunks for each in IdAssigner().assign(chunk.events)}
    assert len(live) == 8
    assert live <= later
    assert len(later) == 10


def test_what_is_done_while_nothing_runs_is_told_later(
    outbox: Outbox, watched: Callable[[], None], clone: Path, git: Git, tmp_path: Path
) -> None:
    save(clone, git, "b.txt", "x\n", "Before")
    wait(outbox, lambda found: "commit" in found)
    kept = (tmp_path / "own" / "places.json").read_text()
    assert "ledger" not in kept
    assert "Before" not in kept
    places = Places(tmp_path / "own" / "places.json")
    save(clone, git, "b.txt", "z\n", "After")
    (found,), left = clones([tmp_path / "work"])
    assert left == 0
    (line,), place = places.new(found.own / "logs" / "HEAD")
    assert line.message == "commit: After"
    places.took(found.own / "logs" / "HEAD", place)
    assert places.new(found.own / "logs" / "HEAD")[0] == []


def test_a_log_that_is_written_anew_repeats_nothing(tmp_path: Path) -> None:
    path, places = tmp_path / "log", Places(tmp_path / "places")
    entry = "{0:040x} {1:040x} Ada <a@example.org> {2} +0000\tcommit: {1}\n"
    whole = [entry.format(n, n + 1, 1_800_000_000 + n) for n in range(6)]
    path.write_text("".join(whole[:4]))
    read, place = places.new(path)
    assert len(read) == 4
    places.took(path, place)
    path.write_text("".join(whole[2:5]))  # two expired, one came
    read, place = places.new(path)
    assert [line.new for line in read] == [f"{5:040x}"]
    places.took(path, place)
    path.write_text("".join(whole[2:4]))  # the last one was dropped
    read, place = places.new(path)
    assert read == []
    places.took(path, place)
    path.write_text("".join([*whole[2:4], whole[5][:-5]]))  # half a line
    assert places.new(path)[0] == []
    path.write_text("".join([*whole[2:4], whole[5]]))
    assert [line.new for line in places.new(path)[0]] == [f"{6:040x}"]
    path.write_bytes(b"\xff\0nonsense\n" * 5 + whole[5].encode())
    assert [line.new for line in places.new(path)[0]] == [f"{6:040x}"]
    path.write_text("x" * (LONGEST + 10) + "\n" + whole[5])
    assert len(places.new(path)[0]) == 1
    path.unlink()
    assert places.new(path)[0] == []


@pytest.mark.usefixtures("watched")
def test_the_work_of_others_is_not_ones_own(outbox: Outbox, clone: Path, git: Git) -> None:
    git(clone, "switch", "-qc", "theirs")
    save(clone, git, "t.txt", "1\n", "Theirs", "--author", "Bo <bo@example.org>")
    git(clone, "switch", "-q", "main")
    git(clone, "cherry-pick", "theirs")
    actions = wait(outbox, lambda found: "cherry-pick" in found)
    assert "commit" not in actions
    assert "add" not in actions


def test_linked_trees_are_clones_of_their_own(clone: Path, git: Git, tmp_path: Path) -> None:
    git(clone, "worktree", "add", "-q", "../second")
    found, _ = clones([tmp_path / "work", clone])
    assert [each.name for each in found] == ["ledger", "second"]
    assert found[0].shared == found[1].shared
    assert (found[1].own / "logs" / "HEAD").is_file()


def test_settings_that_say_nothing_are_named(tmp_path: Path) -> None:
    source = GitSource()
    assert isinstance(source, Source)
    assert "repositories" in source.missing(SourceOptions(tmp_path))
    assert source.missing(SourceOptions(tmp_path, {"repositories": str(tmp_path)})) == ""
    stop = threading.Event()
    tries: list[tuple[str, str, type[Exception]]] = [
        ("repositories", "/nowhere", UsageError), ("repos", "/", UsageError),
        ("repositories", str(tmp_path), InputError),
    ]  # fmt: skip
    for name, value, error in tries:
        with pytest.raises(error, match=r"repositories|repos|no clone"):
            source.run(Nobody(), SourceOptions(tmp_path, {name: value}), stop)


class Nobody:
    """Takes nothing."""

    def write(self, rows: Any) -> int:
        raise AssertionError(rows)

    def pulse(self, row: Any, seconds: float) -> None:
        raise AssertionError(row)

    def admits(self, row: Any) -> bool:
        return False
