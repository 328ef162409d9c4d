"""Whether a text may hold a secret, by one search; only what it finds is worth the rules, of which there are dozens.

pyarrow's RE2, which imports use on whole columns, compiles the expression with each call: three milliseconds, too long
for every row of a source.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from guildbook.record._secrets import FIELD_RE2, SUSPECT, without_secrets

MEMORY: Final = 64 << 20
"""Bytes that RE2 may use for one of these expressions."""


@cache
def compiled(expression: str) -> Any:
    """An expression in RE2's language, to be searched for."""
    import re2  # noqa: PLC0415 - of the extra `record`; the rules can be read and written without

    options = re2.Options()
    options.never_capture = True
    options.max_mem = MEMORY
    return re2.compile(expression, options)


def may_hide(text: str) -> bool:
    """Whether a rule may find something in this JSON of an event, or a field's name in it be one of a secret's."""
    return _found(f"{SUSPECT}|{FIELD_RE2}", text)


def cleaned(text: str) -> str:
    """What `without_secrets` says of it."""
    return without_secrets(text) if _found(SUSPECT, text) else text


def _found(expression: str, text: str) -> bool:
    try:
        return compiled(expression).search(text) is not None
    except UnicodeEncodeError:  # half a pair of surrogates
        return True
