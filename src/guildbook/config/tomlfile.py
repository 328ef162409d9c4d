"""`guildbook.toml` as text: where each key stands, and changing one without touching the rest.

Reading is left to `tomllib`; this file only finds the lines. A statement is taken line by line until `tomllib`
accepts it, so arrays and strings over several lines need no grammar here.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from guildbook.model.errors import UsageError


@dataclass(frozen=True, slots=True)
class Statement:
    """`key = value` over the lines `start` to `end` (from 0, `end` excluded) under `[table]`."""

    table: str
    start: int
    end: int
    values: dict[str, Any]
    """Full dotted keys to values; more than one for an inline table."""


def read(path: Path) -> str:
    """The file's text, empty when there is none. Raises `UsageError` when it cannot be read as text."""
    try:
        return path.read_text("utf-8-sig") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The settings in {path} cannot be read: {error}.", "Mend or remove the file.") from error


def statements(text: str, path: Path) -> list[Statement]:
    """Every statement with its place. Raises `UsageError` when the text is not TOML."""
    try:
        tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}.", "Mend the line it names.") from error
    return list(_statements(_lines(text)))


def changed(text: str, path: Path, key: str, literal: str) -> str:
    """The text with `key` (dotted) set to a TOML literal; comments and all other lines stay.

    Raises `UsageError` where only a person can make the change (inside an inline table).
    """
    lines = _lines(text)
    places = statements(text, path)
    table, _, name = key.rpartition(".")
    mine = [s for s in places if key in s.values]
    beside = [s for s in places if any(k.rpartition(".")[0] == table for k in s.values) and len(s.values) == 1]
    if mine:
        _replace(lines, mine[-1], key, literal)
    elif beside:
        last = beside[-1]
        lines.insert(last.end, f"{_below(key, last.table)} = {literal}")
    elif f"[{table}]" in (compact := ["".join(line.partition("#")[0].split()) for line in lines]):
        lines.insert(compact.index(f"[{table}]") + 1, f"{name} = {literal}")
    elif table:
        lines += ([""] if lines else []) + [f"[{table}]", f"{name} = {literal}"]
    else:
        lines.insert(0, f"{name} = {literal}")
    result = "\n".join(lines) + "\n"
    _check(text, result, path, key, literal)
    return result


def write(path: Path, text: str) -> None:
    """Replace the file in one step: after a crash it is the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path = path.resolve()  # a link stays a link
    handle, name = tempfile.mkstemp(prefix=".guildbook-", suffix=".toml", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            Path(name).chmod(path.stat().st_mode & 0o777)
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _lines(text: str) -> list[str]:
    # Not `splitlines`: to TOML, U+2028 and the like are characters of a string.
    return text.removesuffix("\n").split("\n") if text else []


def _statements(lines: list[str]) -> Iterator[Statement]:
    table, at = "", 0
    while at < len(lines):
        line = lines[at].strip()
        if not line or line.startswith("#"):
            at += 1
        elif line.startswith("["):
            table = ".".join(_headers(tomllib.loads(line))) + ("[]" if line.startswith("[[") else "")
            at += 1
        else:
            end, values = _whole(lines, at)
            yield Statement(table, at, end, {f"{table}.{k}" if table else k: v for k, v in _flat(values)})
            at = end


def _whole(lines: list[str], start: int) -> tuple[int, dict[str, Any]]:
    for end in range(start + 1, len(lines) + 1):
        with suppress(tomllib.TOMLDecodeError):
            return end, tomllib.loads("\n".join(lines[start:end]))
    raise AssertionError("the whole text was valid TOML")


def _headers(parsed: dict[str, Any]) -> Iterator[str]:
    for key, inner in parsed.items():
        yield key
        if isinstance(inner, dict):
            yield from _headers(cast("dict[str, Any]", inner))


def _flat(parsed: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in parsed.items():
        if isinstance(value, dict):
            yield from _flat(cast("dict[str, Any]", value), f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _below(key: str, table: str) -> str:
    return key.removeprefix(f"{table}.") if table else key


def _replace(lines: list[str], place: Statement, key: str, literal: str) -> None:
    old = lines[place.start : place.end]
    indent = old[0][: len(old[0]) - len(old[0].lstrip())]
    new = f"{indent}{_below(key, place.table)} = {literal}"
    lines[place.start : place.end] = [new + (_comment(old[0], place) if len(old) == 1 else "")]


def _comment(line: str, place: Statement) -> str:
    for at, sign in enumerate(line):
        if sign == "#":
            with suppress(tomllib.TOMLDecodeError):
                if len(tomllib.loads(line[:at])) and place.values:
                    return "  " + line[at:]
    return ""


def _check(old: str, new: str, path: Path, key: str, literal: str) -> None:
    """What is written says the old settings with this one changed, or nothing is written."""
    try:
        after = dict(_flat(tomllib.loads(new)))
    except tomllib.TOMLDecodeError:
        after = {}
    wanted = dict(_flat(tomllib.loads(old))) | {key: tomllib.loads(f"x = {literal}")["x"]}
    if after != wanted:
        raise UsageError(f"{key} cannot be changed in {path} without rewriting it.", "Edit the file by hand.")
