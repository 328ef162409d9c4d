"""One value: from words (command line, environment) or TOML to what the setting holds, and back."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any, Final, cast

from guildbook.config.settings import Setting

_PASSWORD: Final = re.compile(r"(://[^/@:]*):[^@]*@")


class BadValueError(ValueError):
    """The value does not fit its setting; the text says what would."""


def from_text(setting: Setting, text: str, base: Path) -> Any:
    """The value that words state. Lists are separated by commas; a relative path starts at `base`.

    Raises `BadValueError`.
    """
    if setting.kind is tuple:
        return from_toml(setting, [word.strip() for word in text.split(",") if word.strip()], base)
    if setting.kind in {int, float}:
        try:
            return from_toml(setting, setting.kind(text), base)
        except ValueError as error:
            raise BadValueError(_wanted(setting)) from error
    return from_toml(setting, text, base)


def from_toml(setting: Setting, value: Any, base: Path) -> Any:
    """The value that a TOML file states, checked. Raises `BadValueError`."""
    if setting.kind is tuple:
        return _words(setting, value)
    if setting.kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    accepted: type = str if setting.kind is Path else setting.kind
    if not isinstance(value, accepted) or isinstance(value, bool) or not _within(setting, value):
        raise BadValueError(_wanted(setting))
    if isinstance(value, str) and "\0" in value:
        raise BadValueError("text without NUL")
    if setting.kind is Path:
        return _path(str(value), base)
    return value


def to_toml(value: Any) -> str:
    """The value as a TOML literal."""
    match value:
        case None:
            return '""'
        case tuple():
            return "[" + ", ".join(_quoted(word) for word in cast("tuple[str, ...]", value)) + "]"
        case int() | float():
            return repr(value)
        case _:
            return _quoted(str(value))


def shown(value: Any) -> str:
    """The value as a person reads it. A password inside a URL is not shown."""
    match value:
        case None:
            return ""
        case tuple():
            return ", ".join(cast("tuple[str, ...]", value))
        case float():
            return f"{value:g}"
        case _:
            return _PASSWORD.sub(r"\1:***@", str(value))


def _words(setting: Setting, value: Any) -> tuple[str, ...]:
    words = cast("list[Any]", value) if isinstance(value, list) else [None]
    if not all(isinstance(word, str) for word in words):
        raise BadValueError(_wanted(setting))
    return tuple(cast("list[str]", words))


def _path(text: str, base: Path) -> Path | None:
    if not text:
        return None
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:  # no home directory is known for `~name`
        raise BadValueError("a path whose `~` can be resolved") from error
    return base / path


def _within(setting: Setting, value: Any) -> bool:
    if setting.choices:
        return value in setting.choices
    if not isinstance(value, int | float):
        return True
    return (
        math.isfinite(value)
        and (setting.low is None or value >= setting.low)
        and (setting.high is None or value <= setting.high)
    )


def _wanted(setting: Setting) -> str:
    if setting.choices:
        return "one of " + ", ".join(setting.choices)
    noun = {int: "a whole number", float: "a number", tuple: "a list of words", Path: "a path", str: "text"}
    bounds = [f"at least {setting.low:g}"] if setting.low is not None else []
    bounds += [f"at most {setting.high:g}"] if setting.high is not None else []
    return " ".join([noun[setting.kind], " and ".join(bounds)]).strip()


def _quoted(text: str) -> str:
    # JSON's escapes are a subset of a TOML basic string's, but JSON leaves DEL as it is and TOML forbids it.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
