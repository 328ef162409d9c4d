"""What git itself keeps of what was done in a clone: its reflogs (git-reflog(1)), line by line, as acts of the worker.

`OLD NEW NAME <MAIL> SECONDS ZONE<TAB>MESSAGE`; the message begins with what was done: `commit: …`, `checkout: moving
from A to B`, `rebase (finish): …`, in a remote's log `update by push`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from guildbook.model import time as clock
from guildbook.record.importers._attributes import canonical

LONGEST: Final = 1 << 20
"""Bytes of reflog that are looked at in one go."""
_LINE: Final = re.compile(
    r"(?P<old>[0-9a-f]{40,64}) (?P<new>[0-9a-f]{40,64}) (?P<name>[^<>]*)<(?P<mail>[^<>]*)> "
    r"(?P<time>[0-9]{1,12}) [-+][0-9]{4}(?:\t(?P<message>.*))?"
)
_MOVED: Final = re.compile(r"checkout: moving from (\S+) to (\S+)")
_COMMITTED: Final = re.compile(r"(commit|revert|cherry-pick|am)(?: \(([a-z]+)\))?: ")
_MERGED: Final = re.compile(r"(merge|pull)( [^:]*)?: (.*)")
_REBASED: Final = re.compile(r"(pull .*)?rebase[^(]*\(([a-z]+)\)(?:: (.*))?")
_RESET: Final = re.compile(r"reset: moving to (\S+)")
_WORD: Final = re.compile(r"[A-Za-z][a-z-]{1,20}")
_HASH: Final = re.compile(r"[0-9a-f]{40,64}")
_AFTER_COMMITS: Final = 1_000_000
"""Acts come after the files of a commit of the same second."""


class Line(NamedTuple):
    """One entry of a reflog."""

    at: int
    """Where it begins in its file, in bytes."""
    end: int
    """Where the next one begins."""
    old: str
    new: str
    name: str
    mail: str
    time: int
    """µs UTC; whole seconds, as git writes them."""
    message: str


class Act(NamedTuple):
    """What a line says the worker did, and the commit to tell with it, if any."""

    row: Mapping[str, Any] | None
    commit: str | None = None


def lines(raw: bytes, first: int = 0) -> Iterator[Line]:
    """The whole lines of a part of a reflog that begins at byte `first`; what is no reflog line is passed over."""
    at = first
    for piece in raw.split(b"\n")[:-1]:
        if found := _LINE.fullmatch(piece.decode("utf-8", "replace")):
            moment = int(found["time"]) * clock.SECOND
            yield Line(
                at, at + len(piece) + 1, found["old"], found["new"], found["name"].strip(), found["mail"], moment,
                found["message"] or "",
            )  # fmt: skip
        at += len(piece) + 1


def of_head(found: Iterable[Line], repository: str) -> Iterator[Act]:
    """What was done, by the log of HEAD. `repository` is how the clone is called."""
    rebase: list[Line] = []
    for line in found:
        if match := _REBASED.match(line.message):
            rebase.append(line)
            if match[2] in {"finish", "abort"}:
                yield Act(_rebased(rebase, match, repository))
                rebase = []
            continue
        yield from _plain(line, repository)


def of_remote(found: Iterable[Line], repository: str, branch: str) -> Iterator[Act]:
    """Pushes and fetches, by the log of a remote's branch such as `origin/main`."""
    for line in found:
        if line.message == "update by push":
            yield Act(_row(line, "push", repository, branch, {}))
        elif line.message.startswith("fetch"):
            yield Act(_row(line, "fetch", repository, branch, {}))


def of_stash(found: Iterable[Line], repository: str) -> Iterator[Act]:
    """What was put away, by the stash's log. `WIP on BRANCH: …` and `On BRANCH: MESSAGE` name the branch."""
    for line in found:
        branch = re.match(r"(?:WIP on|On) ([^:]+):", line.message)
        yield Act(_row(line, "stash", repository, branch[1] if branch else None, {}))


def _plain(line: Line, repository: str) -> Iterator[Act]:
    message = line.message
    if match := _COMMITTED.match(message):
        word, kind = match[1], match[2]
        act = "amend" if kind == "amend" else {"cherry-pick": "cherry-pick", "am": "apply"}.get(word)
        yield Act(_row(line, act, repository, None, {}) if act else None, line.new)
    elif match := _MOVED.match(message):
        there = None if _HASH.fullmatch(match[2]) else match[2]
        yield Act(_row(line, "checkout", repository, there, {"from": match[1], "to": match[2]}))
    elif match := _MERGED.match(message):
        made = not match[3].startswith("Fast-forward")
        # `pull --rebase origin main`: what comes after the word may be options and an address
        branch = (match[2] or "").strip() if match[1] == "merge" else ""
        said = {"from": branch or None, "made": "commit" if made else "fast-forward"}
        yield Act(_row(line, match[1], repository, None, said), line.new if made else None)
    elif match := _RESET.match(message):
        if line.old != line.new:  # else a stash does it, and has a log of its own
            yield Act(_row(line, "reset", repository, None, {"to": match[1]}))
    elif word := _WORD.match(message):
        yield Act(_row(line, word[0].lower(), repository, None, {}))


def _rebased(steps: list[Line], last: re.Match[str], repository: str) -> Mapping[str, Any]:
    first, line = steps[0], steps[-1]
    branch = re.search(r"refs/heads/(\S+)", last[3] or "")
    ended = {"aborted": True} if last[2] == "abort" else {}
    picked = sum("(pick)" in step.message or "(continue)" in step.message for step in steps)
    said = {"commits": picked, "pull": True if last[1] else None, **ended}
    row = _row(line, "rebase", repository, branch[1] if branch else None, said)
    long = line.time - first.time
    return {**row, "time": first.time, "duration": long} if long else row


def _row(line: Line, action: str, repository: str, branch: str | None, more: Mapping[str, Any]) -> Mapping[str, Any]:
    about = {**more, "repository": repository, "branch": branch, "commit": line.new}
    # Time, place in the log and commit are the same when the line is read again, so that the event is the same one.
    return {
        "time": line.time, "seq": _AFTER_COMMITS + line.at, "device": "", "origin": "unknown", "app": "git",
        "action": action, "attributes": canonical(about),
    }  # fmt: skip
