"""The history of a git repository as commits: a quick pass over people and reverts, then one over changed files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from guildbook.model.errors import InputError
from guildbook.record.importers._git_command import ask, stream

_REVERTS: Final = re.compile(rb"[Tt]his reverts commit ([0-9a-f]{7,64})")
_PERSON: Final = re.compile(r"^\s*(?P<name>[^<>\n]{1,200}?)\s*<(?P<email>[^<>\s]{1,200})>")
_WITH: Final = "co-authored-by"
REVIEWS: Final = frozenset({"reviewed-by", "acked-by", "signed-off-by", "tested-by"})
MOST_TRAILERS: Final = 50
"""Trailers read of one commit; no honest commit has more."""

_TRAILERS: Final = "%(trailers:only=true,unfold=true)"
_FORMAT: Final = f"--format=tformat:%H%x00%P%x00%at%x00%ct%x00%aN%x00%aE%x00%cN%x00%cE%x00%s%x00{_TRAILERS}"
_PEOPLE: Final = f"--format=tformat:%H%x00%at%x00%aN%x00%aE%x00%cN%x00%cE%x00%B%x00{_TRAILERS}"
_PLAIN: Final = ("--no-color", "--no-notes", "--no-show-signature", "--encoding=UTF-8", "--use-mailmap")


class Identity(NamedTuple):
    """A person as git knows them, after `.mailmap`."""

    name: str
    email: str


class Trailer(NamedTuple):
    """`Reviewed-by: Ada <ada@example.org>`."""

    key: str
    """In lower case."""
    who: Identity


class Change(NamedTuple):
    """One changed file of a commit. `added` and `removed` are lines; -1 for a binary file."""

    status: str
    """git's letter: A added, M modified, D deleted, R renamed, C copied, T type changed."""
    path: str
    old_path: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit with its files. Times are seconds as git wrote them, unchecked text."""

    sha: str
    parents: int
    authored: str
    committed: str
    author: Identity
    committer: Identity
    subject: str
    trailers: tuple[Trailer, ...]
    changes: list[Change] = field(default_factory=list[Change])


@dataclass(frozen=True, slots=True)
class Overview:
    """What the quick pass found."""

    commits: int
    labels: dict[Identity, str]
    """How each person is called: the name alone, or with the address where the name is taken."""
    reverted: Mapping[int, frozenset[str]]
    """Hashes of the commits that a later commit of this history reverts, by their length: some are cut short."""

    def was_reverted(self, sha: str) -> bool:
        """Whether a later commit says it reverts this one."""
        return any(sha[:length] in hashes for length, hashes in self.reverted.items())

    def label(self, who: Identity) -> str:
        """The name people use for `who`."""
        return self.labels.get(who) or _full(who)


def text(raw: bytes) -> str:
    """Git's bytes as text; what is not UTF-8 becomes a replacement character."""
    return raw.decode("utf-8", "replace")


def survey(root: Path, scope: tuple[str, ...]) -> Overview:
    """People and reverts of the history of HEAD; `scope` are the path arguments."""
    first: dict[Identity, tuple[int, str]] = {}
    mentioned: set[Identity] = set()
    reverted: set[str] = set()
    commits = 0
    tokens = stream(root, "log", "-z", "--no-patch", *_PLAIN, _PEOPLE, *scope)
    for sha in tokens:
        when, a_name, a_mail, c_name, c_mail, body, trailers = (_next(tokens) for _ in range(7))
        commits += 1
        moment = int(when) if when.isdigit() else 1 << 62
        for who in (Identity(text(a_name), text(a_mail)), Identity(text(c_name), text(c_mail))):
            mark = (moment, who.email)
            first[who] = min(first.get(who, mark), mark)
        mentioned.update(t.who for t in parse_trailers(trailers))
        reverted.update(m.decode() for m in _REVERTS.findall(body) if not sha.startswith(m))
    latest = 1 << 62
    known = mailmap(root, mentioned)
    for who in known.values():
        first.setdefault(who, (latest, who.email))
    labels = _labels(first)
    labels |= {raw: labels[who] for raw, who in known.items()}
    by_length = {n: frozenset(r for r in reverted if len(r) == n) for n in {len(r) for r in reverted}}
    return Overview(commits, labels, by_length)


def commits(root: Path, scope: tuple[str, ...]) -> Iterator[Commit]:
    """Every commit reachable from HEAD with its changed files, newest first as git walks them."""
    cut_off = _shallow(root)
    options = ("--raw", "--numstat", "--no-abbrev", "-M", "--diff-merges=off", "-O/dev/null")
    safe = ("--no-ext-diff", "--no-textconv", "--no-relative")
    tokens = stream(root, "log", "-z", *options, *safe, *_PLAIN, _FORMAT, *scope)
    token = next(tokens, None)
    while token is not None:
        commit = _commit(token, [_next(tokens) for _ in range(9)])
        token = _changes(tokens, commit)
        if commit.sha in cut_off:
            # the oldest commit of a shallow clone seems to add the whole tree; who wrote it is not known
            commit.changes.clear()
        yield commit


def parse_trailers(raw: bytes) -> Iterator[Trailer]:
    """The trailers that name a person who reviewed or helped."""
    for line in text(raw).split("\n")[:MOST_TRAILERS]:
        key, colon, rest = line.partition(":")
        name = key.strip().lower()
        if colon and (name in REVIEWS or name == _WITH) and (match := _PERSON.match(rest)):
            yield Trailer(name, Identity(match["name"], match["email"]))


def helpers(commit: Commit) -> list[Identity]:
    """The co-authors a commit names."""
    return [t.who for t in commit.trailers if t.key == _WITH]


def mailmap(root: Path, people: set[Identity]) -> dict[Identity, Identity]:
    """Each person as `.mailmap` renames them (git applies it to authors, not to trailers)."""
    order = sorted(people)
    asked = "".join(f"{_full(who)}\n" for who in order).encode()
    answer = ask(root, "check-mailmap", "--stdin", stdin=asked) if order else b""
    lines = text(answer or b"").splitlines()
    if len(lines) != len(order):
        return {who: who for who in order}
    matches = ((who, _PERSON.match(line)) for who, line in zip(order, lines, strict=True))
    return {who: Identity(m["name"], m["email"]) if m else who for who, m in matches}


def _labels(first: dict[Identity, tuple[int, str]]) -> dict[Identity, str]:
    # The address seen first keeps the bare name, so that a later namesake renames nobody's earlier events.
    labels: dict[Identity, str] = {}
    taken: set[str] = set()
    for who in sorted(first, key=lambda w: (first[w], w)):
        bare = " ".join(who.name.split())
        labels[who] = bare if bare and bare not in taken else _full(who)
        taken.add(bare)
    return labels


def _full(who: Identity) -> str:
    name = " ".join(who.name.split())
    return f"{name} <{who.email}>" if name else f"<{who.email}>"


def _commit(sha: bytes, fields: list[bytes]) -> Commit:
    parents, authored, committed, a_name, a_mail, c_name, c_mail, subject, trailers = fields
    return Commit(
        text(sha),
        len(parents.split()),
        text(authored),
        text(committed),
        Identity(text(a_name), text(a_mail)),
        Identity(text(c_name), text(c_mail)),
        text(subject),
        tuple(parse_trailers(trailers)),
    )


def _changes(tokens: Iterator[bytes], commit: Commit) -> bytes | None:
    """Read a commit's files into it; returns the next commit's hash, None at the end.

    After a commit come `:modes hashes STATUS`, path (two when renamed) for each file, then `added TAB removed TAB path`
    (an empty path and then two when renamed). No hash holds a colon or a tab, so no file's name confuses them.
    """
    statuses: dict[str, str] = {}
    for raw in tokens:
        token = raw.removeprefix(b"\n")
        if token.startswith(b":"):
            status = text(token.rsplit(b" ", 1)[-1])[:1]
            path = text(_next(tokens))
            statuses[text(_next(tokens)) if status in {"R", "C"} else path] = status
        elif b"\t" in token:
            added, removed, name = token.split(b"\t", 2)
            old = b"" if name else _next(tokens)
            path = text(name or _next(tokens))
            commit.changes.append(Change(statuses.get(path, "M"), path, text(old), _lines(added), _lines(removed)))
        elif token:
            return token
    return None


def _lines(count: bytes) -> int:
    return int(count) if count.isdigit() else -1


def _next(tokens: Iterator[bytes]) -> bytes:
    token = next(tokens, None)
    if token is None:
        raise InputError("git's log ended in the middle of a commit.", "Check the repository with `git fsck`.")
    return token


def _shallow(root: Path) -> frozenset[str]:
    where = ask(root, "rev-parse", "--git-path", "shallow")
    if not where:
        return frozenset()
    path = root / text(where).rstrip("\n")
    try:
        return frozenset(path.read_text("ascii", "replace").split())
    except OSError:
        return frozenset()
