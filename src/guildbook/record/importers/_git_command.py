"""Running git on a repository that may be hostile: nothing it configures is run, nothing is fetched."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from guildbook.model.errors import InputError

# What a repository's own configuration could make git run or fetch while it only reads history:
# hooks, a file-system monitor, pagers, diff and text converters, signature checkers, and the transports by
# which a partial clone gets missing objects (git 2.39 knows no other way to keep it from fetching).
_CONFIG: Final = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.attributesFile=/dev/null",
    "core.quotePath=false",
    "diff.external=",
    "diff.renameLimit=1000",
    "diff.ignoreSubmodules=none",
    "diff.algorithm=myers",
    "gpg.program=false",
    "log.showSignature=false",
    "log.showRoot=true",
    "log.follow=false",
    "mailmap.blob=HEAD:.mailmap",
    "mailmap.file=",
    "protocol.allow=never",
    "safe.directory=*",  # reading as above runs nothing of the owner's, whoever that is
)
_ENVIRONMENT: Final = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_BLOCK: Final = 1 << 18


def environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment for git: what is inherited less every `GIT_*`, plus what keeps it from acting."""
    kept = {name: value for name, value in inherited.items() if not name.startswith("GIT_")}
    return kept | _ENVIRONMENT


def command(path: Path, arguments: Sequence[str]) -> list[str]:
    """The argument list of a git call in the folder `path`. `arguments` are this package's own, never input."""
    config = [part for setting in _CONFIG for part in ("-c", setting)]
    return ["git", "--no-pager", *config, "-C", os.fspath(path.absolute()), *arguments]


def ask(path: Path, *arguments: str, stdin: bytes | None = None) -> bytes | None:
    """Git's whole answer to a small question, or None when it has none (no repository, no commit, no git)."""
    try:
        done = subprocess.run(
            command(path, arguments),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            check=False,
            env=environment(os.environ),
        )
    except (OSError, ValueError):
        return None
    return done.stdout if done.returncode == 0 else None


def stream(path: Path, *arguments: str) -> Iterator[bytes]:
    """Git's answer as NUL-separated tokens, read as they come; raises `InputError` when git fails.

    Leaving the loop early ends git.
    """
    with tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(
                command(path, arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env=environment(os.environ),
            )
        except (OSError, ValueError) as error:
            raise InputError(f"git could not be started: {error}.", "Install git, then try again.") from error
        with process:
            assert process.stdout is not None
            try:
                yield from _tokens(process.stdout)
            except GeneratorExit:
                process.kill()
                raise
        if process.returncode:
            complaints.seek(0)
            said = " ".join(complaints.read(300).decode("utf-8", "replace").split())
            raise InputError(
                f"git could not read the history of {path}: {said or process.returncode}",
                "Check the repository with `git fsck`.",
            )


def _tokens(pipe: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while block := pipe.read(_BLOCK):
        *whole, rest = (rest + block).split(b"\0")
        yield from whole
    if rest:
        yield rest
