"""Case ids: `type:id`, so that case 1 of one log is not case 1 of another."""

from __future__ import annotations

import re
from typing import Final

_TYPED: Final = re.compile(r"[^\W\d][\w .\-]{0,63}:(?!//)\S")


def case_id(namespace: str, raw: str) -> str:
    """`NAMESPACE:raw`, or `raw` itself when it already is `type:id` or there is no namespace.

    A type begins with a letter, so that a case named after a time of day (`10:30`) gets the namespace;
    so does a case named by an address (`https://…`).
    """
    if not namespace or _TYPED.match(raw):
        return raw
    return f"{namespace}:{raw}"
