"""Clones of git repositories, followed live by the reflogs that git keeps of all that is done in them.

Commits are told in the importer's words, down to ids: importing the history later adds what is not there yet. What else
was done (switching, merging, rebasing, pushing …) is told as acts. No hook is put into any repository.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from guildbook.model.errors import InputError, UsageError
from guildbook.plugins import Sink, SourceOptions
from guildbook.record.importers._git_command import ask
from guildbook.record.importers._git_log import Commit, Overview, commits, helpers, mailmap
from guildbook.record.importers.git import events
from guildbook.record.sources._git_clones import MOST, Clone, Place, Places, clones
from guildbook.record.sources._git_reflog import Act, Line, of_head, of_remote, of_stash

SETTING: Final = "repositories"
_ANEW: Final = 600
"""Seconds after which the named folders are searched for new clones."""
_WAKE: Final = 1_000
_STEP: Final = 200
"""Milliseconds."""
_AT_ONCE: Final = 5_000
"""Rows handed in together: a commit may have changed any number of files."""


class GitSource:
    """What the worker does with git in the clones they name."""

    name = "git"
    title = "git: commits, switching, merging, pushing in your clones"

    def missing(self, options: SourceOptions) -> str:
        """git, watchfiles, and a clone to follow."""
        if shutil.which("git") is None:
            return "git is not installed: apt install git."
        if not options.settings.get(SETTING):
            return (
                f"Say which clones, or folders that hold some: guildbook record on git --set {SETTING}=~/work,~/notes."
            )
        if find_spec("watchfiles") is None:
            return "Python's watchfiles is not installed: pip install 'guildbook[record]'."
        return ""

    def run(self, sink: Sink, options: SourceOptions, stop: threading.Event) -> None:
        """Follow the reflogs. Raises `UsageError` for folders that are not there, `InputError` without any clone."""
        from watchfiles import watch  # noqa: PLC0415 - takes time to load

        named = folders(options.settings)
        places = Places(options.folder / "places.json")
        first = True
        while not stop.is_set():
            found, left = clones(named)
            if not found:
                raise InputError(f"There is no clone in {', '.join(map(str, named))}.", f"--set {SETTING}=FOLDER,…")
            if left and first:
                _say(sink, f"{left} clones are not followed: there are more than {MOST}")
            for clone in found:
                if not places.met(clone):
                    places.meet(clone, whole=not first)
            first = False
            _told(sink, found, places)
            seen = {folder for clone in found for folder in clone.folders()}
            turns = _ANEW * 1_000 // _WAKE
            for changes in watch(
                *sorted(seen), recursive=False, watch_filter=None, stop_event=stop, rust_timeout=_WAKE, step=_STEP,
                debounce=_WAKE, yield_on_timeout=True, raise_interrupt=False,
            ):  # fmt: skip
                turns -= 1
                if changes:
                    _told(sink, found, places)
                if turns <= 0 or (changes and {f for clone in found for f in clone.folders()} != seen):
                    break


def folders(settings: Mapping[str, Any]) -> list[Path]:
    """The folders of the setting. Raises `UsageError` for other settings and for what is no folder."""
    for name in settings:
        if name != SETTING:
            raise UsageError(f"git has no setting {name!r}.", f"Its one setting: {SETTING}=FOLDER,FOLDER.")
    named = [Path(text.strip()).expanduser() for text in str(settings.get(SETTING, "")).split(",") if text.strip()]
    for path in named:
        if not path.is_dir():
            raise UsageError(f"{SETTING}: {path} is no folder.", f"--set {SETTING}=FOLDER,FOLDER, absolute or with ~.")
    return [path.absolute() for path in named]


def _told(sink: Sink, found: Iterable[Clone], places: Places) -> None:
    """Tell what is new in all logs, and only then that it was read."""
    done: set[tuple[Any, ...]] = set()
    for clone in found:
        for kind, name, path in clone.logs():
            fresh, place = places.new(path)
            rows = [row for act in _acts(kind, name, fresh, clone) for row in _rows(act, clone)]
            # One push or fetch moves several branches: it is told once.
            rows = [row for row in rows if kind != "remote" or _once(row, clone, done)]
            for at in range(0, len(rows), _AT_ONCE):
                sink.write(rows[at : at + _AT_ONCE])
            _taken(places, path, place)


def _taken(places: Places, path: Path, place: Place) -> None:
    places.took(path, place)
    places.save()


def _once(row: Mapping[str, Any], clone: Clone, done: set[tuple[Any, ...]]) -> bool:
    mark = (clone.shared, row["action"], row["time"])
    fresh = mark not in done
    done.add(mark)
    return fresh


def _acts(kind: str, name: str, fresh: list[Line], clone: Clone) -> Iterable[Act]:
    match kind:
        case "head":
            return of_head(fresh, clone.name)
        case "remote":
            return of_remote(fresh, clone.name, name)
        case _:
            return of_stash(fresh, clone.name)


def _rows(act: Act, clone: Clone) -> Iterable[Mapping[str, Any]]:
    """Rows of an act: the commit's first, as it happened first."""
    if act.commit and (made := _commit(clone.root, act.commit)):
        yield from _committed(made, clone.root)
    if act.row:
        yield act.row


def _commit(root: Path, sha: str) -> Commit | None:
    """A commit by its hash; None where it is gone already, as after a quick amend and a pruning."""
    if not re.fullmatch(r"[0-9a-f]{40,64}", sha) or ask(root, "cat-file", "-e", f"{sha}^{{commit}}") is None:
        return None
    return next(commits(root, ("--no-walk", sha, "--")), None)


def _committed(made: Commit, root: Path) -> Iterable[Mapping[str, Any]]:
    """The importer's rows of a commit of the worker's own: one that took over another's work is no work of theirs."""
    if made.author.email.lower() != made.committer.email.lower() or not made.authored.isdigit():
        return
    people = {made.author, made.committer, *helpers(made)}
    known = mailmap(root, people)
    labels = {who: " ".join(known[who].name.split()) for who in people}
    for row in events(made, Overview(1, {who: name for who, name in labels.items() if name}, {})):
        yield {**{key: value for key, value in row.items() if key != "worker" and value is not None}, "device": ""}


def _say(sink: Sink, text: str) -> None:
    from guildbook.model import time as clock  # noqa: PLC0415 - needed where something is amiss

    sink.write([{"time": clock.now(), "app": "git", "action": "skip", "window": text, "origin": "agent"}])
