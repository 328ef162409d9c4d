"""`simulate explore`: the command becomes the page's process, so that whoever ends one ends the other."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from typing import Final

from guildbook.model.errors import GuildbookError

_NEEDS: Final = ("starlette", "uvicorn")


class MissingPageError(GuildbookError):
    """The page needs a library that is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "Guildbook is installed without support for pages.", "pip install 'guildbook[simulate]'", "extra-missing"
        )


def words(scenario: str | None, port: int | None, *, opens: bool) -> list[str]:
    """The command line of the process. Raises `MissingPageError` without the extra."""
    if any(importlib.util.find_spec(name) is None for name in _NEEDS):
        raise MissingPageError
    return [
        sys.executable, "-m", "guildbook.server.explore",
        *([] if port is None else ["--port", str(port)]),
        *([] if opens else ["--no-open"]),
        *([] if scenario is None else ["--", scenario]),
    ]  # fmt: skip


def become(command: Sequence[str]) -> None:
    """Go on as another program, under the same process id; does not return."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(command[0], list(command))  # noqa: S606 - our own interpreter, and no shell is wanted
