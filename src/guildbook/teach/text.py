"""Text from traces made safe to show: on a terminal, in a page, in a spreadsheet. It is data, never code."""

from __future__ import annotations

import re
from typing import Final

# Escape sequences of ECMA-48: strings (OSC, DCS, SOS, PM, APC) up to their terminator, control sequences, and
# two-character escapes. An unterminated string loses its introducer only; the rest is then plain text.
_ESCAPES: Final = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]{0,4096}(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,16}[@-~]?"
    r"|\x1b[ -/]{0,4}[0-~]?"
)
_SPACES: Final = re.compile(r"[\t\n\x0b\x0c\r\x1c-\x1f\x85\u2028\u2029]+")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATES: Final = re.compile(r"[\ud800-\udfff]")
# Characters that reorder or hide what stands around them: bidi marks, embeddings, overrides and isolates,
# zero-width space, word joiner and byte order mark, and the tag characters that smuggle text past a reader.
# Joiners (U+200C, U+200D) stay: Persian, Hindi and emoji need them.
_HIDDEN: Final = re.compile(
    r"[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_FORMULA: Final = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠")


def clean(text: str) -> str:
    """One line that no terminal or page can take for a command.

    Escape sequences and control characters go, line ends and tabs become a space, and characters that reorder
    or hide text are shown by number (`‹U+202E›`). Harmless text comes back unchanged; cleaning twice is cleaning once.
    """
    once = _ESCAPES.sub("", text)
    spaced = _CONTROLS.sub("", _SPACES.sub(" ", once))
    return _HIDDEN.sub(_shown, _SURROGATES.sub("\ufffd", spaced))


def sheet(text: str) -> str:
    """A cell that a spreadsheet shows as text instead of computing it.

    Cleaned; a leading apostrophe is put before whatever would start a formula (source: OWASP, "CSV Injection").
    Quoting of separators is the CSV writer's work.
    """
    cell = clean(text)
    return f"'{cell}" if cell.lstrip(" \u00a0").startswith(_FORMULA) else cell


def shorten(text: str, size: int) -> str:
    """At most `size` characters; what is cut is marked by an ellipsis."""
    return text if len(text) <= size else f"{text[: size - 1].rstrip()}…"


def _shown(found: re.Match[str]) -> str:
    return f"‹U+{ord(found.group()):04X}›"
