"""The history of any git repository: who changed what, who reviewed it, what was taken back.

Each changed file is an event (`add`, `edit`, `delete`, `rename`), each commit one more (`commit`), each review trailer
one of the reviewer (`review`). There is no case: such work comes in episodes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.model.errors import InputError
from guildbook.plugins import Chunk, ImportOptions
from guildbook.record.importers._attributes import canonical
from guildbook.record.importers._git_command import ask
from guildbook.record.importers._git_log import REVIEWS, Commit, Identity, Overview, commits, helpers, survey, text
from guildbook.record.importers._rows import Rows

_FIELDS: Final = (
    "worker",
    "time",
    "seq",
    "app",
    "action",
    "window",
    "document",
    "objects",
    "outcome",
    "origin",
    "attributes",
)
_ACTIONS: Final = {"A": "add", "C": "add", "D": "delete", "R": "rename"}
_KINDS: Final = tuple(
    (kind, re.compile(rf"(?:^|\b)(?:{words})\b", re.IGNORECASE))
    for kind, words in (
        ("revert", r"reverts?|reverted|back ?out|roll ?back"),
        ("fix", r"fix(?:es|ed|ing)?|(?:bug|hot) ?fix(?:es)?|bugs?|repairs?|correct(?:s|ed)?|resolves?|workaround"),
        ("docs", r"docs?|documentation|document(?:s|ed)?|readme|changelog|typos?|comments?"),
        ("test", r"tests?|testing|specs?|coverage"),
        ("release", r"releases?|bump(?:s|ed)?|version"),
        (
            "refactor",
            r"refactor(?:s|ed|ing)?|renam(?:e|es|ed)|mov(?:e|es|ed)|clean ?ups?|simplif(?:y|ied)|tid(?:y|ied)",
        ),
        ("build", r"builds?|ci|deps|dependenc(?:y|ies)|chore|packaging|lint|format(?:s|ted|ting)?"),
        ("speed", r"perf|performance|optimi[sz]e[sd]?|speed|faster"),
        (
            "feature",
            r"feat|features?|add(?:s|ed)?|implement(?:s|ed)?|introduce[sd]?|support(?:s|ed)?|allow(?:s|ed)?|new",
        ),
    )
)
_SURE: Final = 0.95
_INSIDE: Final = 0.1


class GitImporter:
    """A repository (working tree, bare, or a folder inside one: then only what touched that folder)."""

    name = "git"
    title = "git repository"

    def sniff(self, path: Path, head: bytes) -> float:
        """Sure for the top of a repository; a folder inside one only counts when nothing else reads it."""
        if head or not path.is_dir():
            return 0.0
        if (path / ".git").exists() or _is_git_folder(path):
            return _SURE
        return _INSIDE if any((parent / ".git").exists() for parent in path.absolute().parents) else 0.0

    def describe(self, path: Path, options: ImportOptions) -> str:
        """`git history of NAME: 120 commits`."""
        where, scope = _place(path)
        count = ask(where, "rev-list", "--count", "HEAD", *scope)
        inside = " (what touched this path only)" if scope else ""
        return f"git history of {path.absolute().name}: {text(count or b'?').strip()} commits{inside}"

    def fingerprint(self, path: Path, options: ImportOptions) -> str:
        """The commit at HEAD, whose hash covers all of history, and the path and clone depth looked at."""
        where, scope = _place(path)
        prefix = ask(where, "rev-parse", "--show-prefix") or b""
        shallow = ask(where, "rev-parse", "--is-shallow-repository") or b""
        parts = (b"git 1", _head(path, where, scope), prefix if scope else b"", shallow, *(s.encode() for s in scope))
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def read(self, path: Path, options: ImportOptions) -> Iterator[Chunk]:
        """Events newest commit first; a commit without a readable date is rejected."""
        where, scope = _place(path)
        _head(path, where, scope)
        overview = survey(where, scope)
        rows = Rows(self.name, _FIELDS)
        for number, commit in enumerate(commits(where, scope), start=1):
            if _micros(commit.authored) is None:
                rows.reject(number, f"commit without a readable date: {commit.authored!r}", commit.sha)
            else:
                _add(rows, commit, overview)
            if rows.full:
                yield rows.take(number / max(overview.commits, 1))
        yield rows.take(1.0)


def kind(subject: str, parents: int) -> str:
    """What a commit is for, guessed from its first line: fix, feature, docs, … or `other`.

    A Conventional Commits type (`feat(ui): …`) decides; else the kind whose word stands first in the line.
    """
    if parents > 1:
        return "merge"
    line = subject.partition(":")[0] if re.match(r"\w+(\([^)]*\))?!?:", subject) else subject
    for where in (line, subject):
        hits = ((words.search(where), name) for name, words in _KINDS)
        found = [(hit.start(), name) for hit, name in hits if hit]
        if found:
            return min(found)[1]
    return "other"


def _add(rows: Rows, commit: Commit, people: Overview) -> None:
    for event in events(commit, people):
        rows.add(**event)
    _add_reviews(rows, commit, people, people.label(commit.author))


def events(commit: Commit, people: Overview) -> Iterator[dict[str, Any]]:
    """What the author did: an event for each changed file, and the commit. It needs a readable date."""
    common: dict[str, Any] = {
        "worker": people.label(commit.author),
        "time": _micros(commit.authored),
        "app": "git",
        "origin": "agent" if "[bot]" in commit.author.name or "[bot]@" in commit.author.email else "unknown",
    }
    for seq, change in enumerate(commit.changes):
        counts = {"added": change.added, "removed": change.removed} if change.added >= 0 else {"binary": True}
        moved = {"from": change.old_path} if change.old_path else {}
        yield common | {
            "seq": seq,
            "action": _ACTIONS.get(change.status, "edit"),
            "document": change.path,
            "objects": [_object(change.path, "file")],
            "attributes": canonical({**counts, **moved, "commit": commit.sha}),
        }
    about = {"kind": kind(commit.subject, commit.parents), "files": len(commit.changes), "commit": commit.sha}
    yield common | {
        "seq": len(commit.changes),
        "action": "commit",
        "window": commit.subject or None,
        "objects": _people(commit, people) or None,
        "outcome": "bad" if people.was_reverted(commit.sha) else None,
        "attributes": canonical(about),
    }


def _add_reviews(rows: Rows, commit: Commit, people: Overview, author: str) -> None:
    moment = _micros(commit.committed)
    seen = {author}
    reviews = [t for t in commit.trailers if t.key in REVIEWS]
    for position, trailer in enumerate(reviews, start=len(commit.changes) + 1):
        reviewer = people.label(trailer.who)
        if reviewer in seen:  # signing off one's own work, or twice
            continue
        seen.add(reviewer)
        rows.add(
            worker=reviewer,
            time=moment if moment is not None else _micros(commit.authored),
            seq=position,
            app="git",
            action="review",
            window=commit.subject or None,
            objects=[_object(author, "person", "to")],
            origin="unknown",
            attributes=canonical({"commit": commit.sha, "trailer": trailer.key}),
        )


def _people(commit: Commit, people: Overview) -> list[dict[str, str]]:
    author = people.label(commit.author)
    found: dict[str, str] = {}
    committer = people.label(commit.committer)
    if committer != author and not _is_forge(commit.committer):
        found[committer] = "committer"
    for who in helpers(commit):
        if people.label(who) != author:
            found[people.label(who)] = "with"
    return [_object(name, "person", qualifier) for name, qualifier in found.items()]


def _is_forge(who: Identity) -> bool:
    # A merge button commits in its own name; that is no person.
    return who.email.lower() == "noreply@github.com"


def _object(identity: str, kind_of: str, qualifier: str = "") -> dict[str, str]:
    return {"id": identity, "type": kind_of, "qualifier": qualifier}


def _micros(seconds: str) -> int | None:
    # Twelve digits reach the year 33658; more would not fit a timestamp.
    return int(seconds) * clock.SECOND if re.fullmatch(r"-?[0-9]{1,12}", seconds) else None


def _is_git_folder(path: Path) -> bool:
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


def _place(path: Path) -> tuple[Path, tuple[str, ...]]:
    """The folder to run git in, and the path arguments that limit the history to `path`."""
    if not path.is_dir():
        return path.parent, ("--", f"./{path.name}")
    inside = bool((ask(path, "rev-parse", "--show-prefix") or b"").strip())
    return path, (("--", ".") if inside else ())


def _head(path: Path, where: Path, scope: tuple[str, ...]) -> bytes:
    """The hash of the commit at HEAD; raises `InputError` when there is no history of `path`."""
    head = ask(where, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head and scope and not ask(where, "rev-list", "-1", "HEAD", *scope):
        raise InputError(f"No commit touches {path}, and it holds nothing else to read.", "Give the repository itself.")
    if head:
        return head.strip()
    if ask(where, "rev-parse", "--git-dir") is None:
        fix = "Give the folder that holds .git, and have git installed."
        raise InputError(f"{path} is no readable git repository.", fix)
    raise InputError(f"The git repository {path} has no commit yet.", "Commit something first.")
