"""Work that begins again when something it read was withheld meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from guildbook.model.errors import DeniedError

Made = TypeVar("Made")
TRIES: Final = 3


def settled(work: Callable[[], Made]) -> Made:
    """What `work` makes of what is admitted, when nothing is withdrawn while it does.

    Raises `DeniedError` when something is at every try, and whatever else `work` raises.
    """
    for left in reversed(range(TRIES)):
        try:
            return work()
        except DeniedError as denied:
            if denied.code != "withdrawn" or not left:
                raise
    raise AssertionError
