"""The hook for a shell's prompt: its text, and the block in the shell's start file that reads it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Final

from guildbook.model.errors import InputError, UsageError
from guildbook.record.sources.shell import SHELLS

_BEGIN: Final = "# >>> guildbook record >>>"
_END: Final = "# <<< guildbook record <<<"
_BLOCK: Final = re.compile(rf"\n?{re.escape(_BEGIN)}\n.*?{re.escape(_END)}\n", re.DOTALL)


def hook(shell: str, recorder: Path) -> str:
    """What the shell has to read; `recorder` is the recorder's folder. Raises `UsageError` for an unknown shell."""
    if shell not in SHELLS:
        raise UsageError(f"There is no hook for {shell!r}.", f"Shells: {', '.join(SHELLS)}.")
    text = files("guildbook.record.sources").joinpath(f"_shell_{shell}.sh").read_text("utf-8")
    return text.replace("@FOLDER@", _quoted(shell, str(recorder.absolute())))


def _quoted(shell: str, text: str) -> str:
    if shell == "fish":
        escaped = text.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    return shlex.quote(text)


def start_file(shell: str, home: Path) -> Path:
    """The file that an interactive shell of this person reads when it starts."""
    if shell == "zsh":
        return Path(os.environ.get("ZDOTDIR") or home) / ".zshrc"
    if shell == "fish":
        return Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "fish" / "config.fish"
    return home / ".bashrc"


def install(shell: str, recorder: Path, home: Path) -> Path:
    """Write the hook beside the recorder and a block into the start file that reads it; twice is as once.

    Returns the start file. Everything else in it stays as it is, byte for byte; a link stays a link.
    Raises `InputError` where a file cannot be read or written, or for fish without bash.
    """
    text = hook(shell, recorder)
    if shell == "fish" and shutil.which("bash") is None:
        raise InputError("The hook of fish needs bash, which opens its connection.", "Install it: apt install bash.")
    kept = recorder / f"hook.{shell}"
    _replaced(kept, text)
    quoted = _quoted(shell, str(kept.absolute()))
    reads = (
        f"test -r {quoted}; and source {quoted}" if shell == "fish" else f"if [[ -r {quoted} ]]; then . {quoted}; fi"
    )
    block = f"\n{_BEGIN}\n{reads}\n{_END}\n"
    path = start_file(shell, home)
    before = _read(path)
    rest = _BLOCK.sub("", before)
    if rest and not rest.endswith("\n"):
        block = f"\n{block}"
    if before != rest + block:
        _replaced(path, rest + block)
    return path


def remove(shell: str, recorder: Path, home: Path) -> Path:
    """Take the block out of the start file, and the hook away; shells that run know it until they end."""
    hook(shell, recorder)
    path = start_file(shell, home)
    before = _read(path)
    if (rest := _BLOCK.sub("", before)) != before:
        _replaced(path, rest)
    (recorder / f"hook.{shell}").unlink(missing_ok=True)
    return path


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape") if path.exists() else ""
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error


def _replaced(path: Path, text: str) -> None:
    """Write a file whole or not at all, through links, with the rights it had."""
    target = path.resolve()
    unfinished = target.with_name(f".{target.name}.guildbook")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        mode = target.stat().st_mode & 0o7777 if target.exists() else 0o600
        unfinished.write_bytes(text.encode("utf-8", "surrogateescape"))
        unfinished.chmod(mode)
        unfinished.replace(target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise InputError(f"{path} cannot be written: {error.strerror}.", "Check its permissions.") from error
