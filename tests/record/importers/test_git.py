from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildbook.columns import RAW_SCHEMA
from guildbook.model import InputError
from guildbook.plugins import ImportOptions
from guildbook.record.importers import _git_command
from guildbook.record.importers.git import GitImporter, kind

GIT = GitImporter()
NOBODY = ImportOptions()
Git = Callable[..., str]


def in_repository(folder: Path) -> Git:
    folder.mkdir(parents=True, exist_ok=True)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}

    def git(*arguments: str, who: str = "Ada <ada@example.org>", at: int = 1_700_000_000, by: str = "") -> str:
        name, _, email = who.partition(" <")
        c_name, _, c_email = (by or who).partition(" <")
        env = {
            **clean,
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": email.rstrip(">"),
            "GIT_AUTHOR_DATE": f"{at} +0200",
            "GIT_COMMITTER_NAME": c_name,
            "GIT_COMMITTER_EMAIL": c_email.rstrip(">"),
            "GIT_COMMITTER_DATE": f"{at + 60} +0000",
        }
        done = subprocess.run(["git", *arguments], cwd=folder, env=env, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    return git


def events(path: Path, options: ImportOptions = NOBODY) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for chunk in GIT.read(path, options):
        assert chunk.events.schema.equals(RAW_SCHEMA)
        found += [{k: v for k, v in row.items() if v is not None} for row in chunk.events.to_pylist()]
    return found


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three authors, a rename, a binary file, a revert, a merge, trailers, a robot, a namesake, a mailmap."""
    folder = tmp_path_factory.mktemp("git") / "project"
    git = in_repository(folder)
    git("init", "-q", "-b", "main")
    (folder / "a.txt").write_text("one\ntwo\n")
    (folder / 'odd \t"nämé"\n.txt').write_text("x\n")
    (folder / "sub").mkdir()
    (folder / "sub" / "b.bin").write_bytes(bytes(range(256)))
    (folder / ".mailmap").write_text("Ada Lovelace <ada@example.org> Ada <ada@example.org>\n")
    git("add", ".")
    git("commit", "-qm", "Add the first files")
    git("mv", "a.txt", "c.txt")
    git("rm", "-q", "sub/b.bin")
    git("commit", "-qm", "fix: wrong name\n\nReviewed-by: Bo <bo@example.org>\nSigned-off-by: Ada <ada@example.org>",
        at=1_700_000_100, by="Cleo <cleo@example.org>")  # fmt: skip
    bad = git("rev-parse", "HEAD")
    (folder / "c.txt").write_text("one\ntwo\nthree\n")
    git("commit", "-qam", "Speed it up\n\nCo-authored-by: Cleo <cleo@example.org>", who="Bo <bo@example.org>",
        at=1_700_000_200)  # fmt: skip
    git("checkout", "-q", "-b", "side", "HEAD~1")
    (folder / "d.txt").write_text("d\n")
    git("add", "d.txt")
    git("commit", "-qm", "docs", who="Bo <other-bo@example.org>", at=1_700_000_300)
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "-m", "Merge side", "side", at=1_700_000_400)
    git("revert", "--no-edit", bad, who="dependabot[bot] <1+dependabot[bot]@users.noreply.github.com>",
        at=1_700_000_500)  # fmt: skip
    return folder


def test_a_history_becomes_file_commit_and_review_events(history: Path) -> None:
    found = events(history)
    actions = sorted((e["action"], e.get("document", "")) for e in found)
    assert ("rename", "c.txt") in actions
    assert ("delete", "sub/b.bin") in actions
    assert ("add", 'odd \t"nämé"\n.txt') in actions
    assert ("edit", "c.txt") in actions
    assert sum(a == "commit" for a, _ in actions) == 6
    assert {e["app"] for e in found} == {"git"}
    assert all("case" not in e for e in found)


def test_people_are_called_by_their_mailmapped_name_and_namesakes_by_address(history: Path) -> None:
    workers = {e["worker"] for e in events(history)}
    assert workers == {"Ada Lovelace", "Bo", "Bo <other-bo@example.org>", "dependabot[bot]"}


def test_a_commit_tells_committer_helpers_kind_and_subject(history: Path) -> None:
    commits = {e["window"]: e for e in events(history) if e["action"] == "commit"}
    assert commits["fix: wrong name"]["objects"] == [{"id": "Cleo", "type": "person", "qualifier": "committer"}]
    assert commits["Speed it up"]["objects"] == [{"id": "Cleo", "type": "person", "qualifier": "with"}]
    assert '"kind":"fix"' in commits["fix: wrong name"]["attributes"]
    assert '"kind":"merge"' in commits["Merge side"]["attributes"]
    assert '"files":2' in commits["fix: wrong name"]["attributes"]
    assert commits['Revert "fix: wrong name"']["origin"] == "agent"


def test_a_reverted_commit_turned_out_bad_and_no_other(history: Path) -> None:
    outcomes = {e["window"]: e.get("outcome") for e in events(history) if e["action"] == "commit"}
    assert outcomes["fix: wrong name"] == "bad"
    assert [o for o in outcomes.values() if o] == ["bad"]


def test_a_review_is_the_reviewers_work_when_the_commit_was_made(history: Path) -> None:
    (review,) = [e for e in events(history) if e["action"] == "review"]
    assert review["worker"] == "Bo"
    assert review["objects"] == [{"id": "Ada Lovelace", "type": "person", "qualifier": "to"}]
    assert review["time"].timestamp() == 1_700_000_160


def test_lines_and_binary_files_are_counted(history: Path) -> None:
    found = {(e["action"], e["document"]): e for e in events(history) if "document" in e}
    assert '"added":2' in found["add", "a.txt"]["attributes"]
    assert '"binary":true' in found["add", "sub/b.bin"]["attributes"]
    assert '"from":"a.txt"' in found["rename", "c.txt"]["attributes"]


def test_a_bare_clone_and_the_git_folder_give_the_same_events(history: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    in_repository(tmp_path)("clone", "-q", "--bare", str(history), str(bare))
    assert events(bare) == events(history) == events(history / ".git")
    assert GIT.fingerprint(bare, NOBODY) == GIT.fingerprint(history, NOBODY)
    assert GIT.sniff(bare, b"") > 0.9


def test_a_folder_inside_gives_what_touched_it(history: Path) -> None:
    inside = history / "sub"
    inside.mkdir(exist_ok=True)
    documents = {e["document"] for e in events(inside) if "document" in e}
    assert documents == {"sub/b.bin"}
    assert 0 < GIT.sniff(inside, b"") < 0.5
    assert GIT.fingerprint(inside, NOBODY) != GIT.fingerprint(history, NOBODY)
    assert "this path only" in GIT.describe(inside, NOBODY)


def test_a_history_that_has_grown_keeps_its_events(history: Path, tmp_path: Path) -> None:
    grown = tmp_path / "grown"
    shutil.copytree(history, grown)
    before = events(grown)
    git = in_repository(grown)
    (grown / "new").write_text("n\n")
    git("add", "new")
    git("commit", "-qm", "new", who="Cleo <cleo@example.org>", at=1_700_001_000)
    after = events(grown)
    assert [e for e in after if e in before] == before
    assert len(after) == len(before) + 2
    assert GIT.fingerprint(grown, NOBODY) != GIT.fingerprint(history, NOBODY)


def test_the_oldest_commit_of_a_shallow_clone_claims_no_files(history: Path, tmp_path: Path) -> None:
    in_repository(tmp_path)("clone", "-q", "--depth", "1", f"file://{history}", "shallow")
    assert [e["action"] for e in events(tmp_path / "shallow")] == ["commit"]


def test_a_repository_cannot_make_git_run_anything(tmp_path: Path) -> None:
    folder, proof = tmp_path / "trap", tmp_path / "ran"
    git = in_repository(folder)
    git("init", "-q")
    script = tmp_path / "script"
    script.write_text(f'#!/bin/sh\ntouch {proof}\ncat "$1"\n')
    script.chmod(0o755)
    (folder / "x.txt").write_text("x\n")
    (folder / ".gitattributes").write_text("*.txt diff=trap\n")
    git("add", ".")
    git("commit", "-qm", "x")
    for name in ("core.fsmonitor", "core.pager", "diff.external", "diff.trap.textconv", "diff.trap.command",
                 "gpg.program", "core.sshCommand", "alias.log", "core.alternateRefsCommand"):  # fmt: skip
        git("config", name, str(script))
    git("config", "log.showSignature", "true")
    for hook in ("post-checkout", "pre-commit", "post-index-change"):
        (folder / ".git" / "hooks").mkdir(exist_ok=True)
        shutil.copy(script, folder / ".git" / "hooks" / hook)
    assert len(events(folder)) == 3
    assert GIT.describe(folder, NOBODY) == "git history of trap: 1 commits"
    assert not proof.exists()


def test_names_that_look_like_options_are_only_names(tmp_path: Path) -> None:
    folder = tmp_path / "--output=x"
    git = in_repository(folder)
    git("init", "-q")
    (folder / "-p").mkdir()
    (folder / "-p" / ":(top)*").write_text("x\n")
    git("add", ".")
    git("commit", "-qm", "--exec=x")
    assert {e["document"] for e in events(folder / "-p") if "document" in e} == {"-p/:(top)*"}
    assert {e["document"] for e in events(folder / "-p" / ":(top)*") if "document" in e} == {"-p/:(top)*"}


def test_the_environment_is_cleaned() -> None:
    found = _git_command.environment({"PATH": "/bin", "GIT_DIR": "/x", "GIT_EXTERNAL_DIFF": "x"})
    assert found["PATH"] == "/bin"
    assert "GIT_DIR" not in found
    assert "GIT_EXTERNAL_DIFF" not in found


def test_what_is_no_history_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "fake"
    (fake / ".git").mkdir(parents=True)
    with pytest.raises(InputError, match="no readable git repository"):
        list(GIT.read(fake, NOBODY))
    empty = tmp_path / "empty"
    in_repository(empty)("init", "-q")
    with pytest.raises(InputError, match="no commit yet"):
        GIT.fingerprint(empty, NOBODY)
    git = in_repository(empty)
    git("commit", "-q", "--allow-empty", "-m", "x")
    (empty / "sub").mkdir()
    with pytest.raises(InputError, match="No commit touches"):
        GIT.fingerprint(empty / "sub", NOBODY)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="git"):
        list(GIT.read(empty, NOBODY))


def test_a_damaged_repository_is_an_error_not_half_a_history(history: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(history, broken)
    first = in_repository(broken)("rev-list", "--max-parents=0", "HEAD")
    path = broken / ".git" / "objects" / first[:2] / first[2:]
    path.chmod(0o644)
    path.write_bytes(b"rubbish")
    with pytest.raises(InputError, match="could not read the history"):
        list(GIT.read(broken, NOBODY))


def test_a_commit_without_a_sane_date_is_rejected_or_kept_apart(tmp_path: Path) -> None:
    folder = tmp_path / "dates"
    git = in_repository(folder)
    git("init", "-q", "-b", "main")
    tree = git("write-tree")
    raw = f"tree {tree}\nauthor A <a@x> 99999999999999999999 +0000\ncommitter A <a@x> 1700000000 +0000\n\nodd\n"
    file = folder / "raw"
    file.write_text(raw)
    sha = git("hash-object", "-t", "commit", "--literally", "-w", "raw")
    git("update-ref", "refs/heads/main", sha)
    chunks = list(GIT.read(folder, NOBODY))
    assert sum(c.events.num_rows + len(c.rejected) for c in chunks) == 1


@pytest.mark.parametrize(
    ("subject", "parents", "expected"),
    [
        ("Fix the crash", 1, "fix"),
        ("feat(ui): test the fix", 1, "feature"),
        ("chore: release 1.2", 1, "build"),
        ("Add tests for the fix", 1, "feature"),
        ('Revert "x"', 1, "revert"),
        ("Update README", 1, "docs"),
        ("Merge branch 'x'", 2, "merge"),
        ("wip", 1, "other"),
        ("", 0, "other"),
    ],
)
def test_what_a_commit_is_for_is_guessed_from_its_first_line(subject: str, parents: int, expected: str) -> None:
    assert kind(subject, parents) == expected


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    message=st.binary(max_size=200).filter(lambda b: b"\0" not in b),
    name=st.binary(max_size=40).filter(lambda b: not set(b) & set(b"\0\n<>")),
    path=st.binary(min_size=1, max_size=40).filter(
        lambda b: not set(b) & set(b"\0/") and b not in {b".", b"..", b".git"}
    ),
)
def test_no_message_name_or_path_confuses_the_reader(tmp_path: Path, message: bytes, name: bytes, path: bytes) -> None:
    folder = tmp_path / os.urandom(8).hex()
    git = in_repository(folder)
    git("init", "-q", "-b", "main")

    def raw(*arguments: str, data: bytes) -> str:
        done = subprocess.run(["git", *arguments], cwd=folder, input=data, check=True, capture_output=True)
        return done.stdout.decode().strip()

    blob = raw("hash-object", "-w", "--stdin", data=b"x\n")
    tree = raw(
        "hash-object",
        "-t",
        "tree",
        "--literally",
        "-w",
        "--stdin",
        data=b"100644 " + path + b"\0" + bytes.fromhex(blob),
    )
    who = name + b" <a@x> 1700000000 +0000"
    header = b"tree " + tree.encode() + b"\nauthor " + who + b"\ncommitter " + who + b"\n\n"
    sha = raw("hash-object", "-t", "commit", "--literally", "-w", "--stdin", data=header + message)
    git("update-ref", "refs/heads/main", sha)
    found = events(folder)
    assert {e["action"] for e in found} >= {"add", "commit"}
    (added,) = [e for e in found if e["action"] == "add"]
    assert added["document"] == path.decode("utf-8", "replace")
