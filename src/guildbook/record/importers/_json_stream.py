"""A long JSON text read piece by piece: what is small is decoded whole, long arrays are walked element by element."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from guildbook.model.errors import InputError

LONGEST: Final = 64 << 20
"""Characters one decoded value may have; nothing an event log holds comes near."""
_BLANK: Final = " \t\r\n"
_LOOK_AHEAD: Final = 4
_COMPACT: Final = 1 << 20
_DECODER: Final = json.JSONDecoder(parse_constant=lambda _: None)


class JsonStream:
    """A cursor in a JSON text. Every method raises `InputError` where the text is no JSON or is cut short."""

    def __init__(self, pieces: Iterable[bytes], what: str) -> None:
        self._pieces = iter(pieces)
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
        self._what = what
        self._text = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _BLANK:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def members(self) -> Iterator[str]:
        """The keys of the object at the cursor; the caller reads each value before taking the next key."""
        self._expect("{")
        while self.peek() != "}":
            key = self.value()
            if not isinstance(key, str):
                raise self.wrong("a key is no text")
            self._expect(":")
            yield key
            self._between("}")
        self._expect("}")

    def elements(self) -> Iterator[int]:
        """Numbers from 1, one an element of the array at the cursor; the caller reads each before taking the next."""
        self._expect("[")
        number = 0
        while self.peek() != "]":
            number += 1
            yield number
            self._between("]")
        self._expect("]")

    def value(self) -> Any:
        """The value at the cursor, decoded whole. `NaN` and infinities are null."""
        self.peek()
        wanted = 2 * _COMPACT
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise self.wrong("it is nested too deeply") from error
            except ValueError as error:
                if not self._fill(wanted):
                    raise self.wrong(str(error)) from error
            else:
                # a number near the end of what was read may go on in the next piece: 1 e+16
                apart = end + _LOOK_AHEAD < len(self._text)
                if apart or not isinstance(value, int | float) or not self._fill(wanted):
                    self._at = end
                    return value
            wanted *= 2

    def _fill(self, wanted: int) -> bool:
        """Read until `wanted` characters lie ahead; false when there is nothing more."""
        if len(self._text) - self._at > LONGEST:
            raise self.wrong("one value in it is too long")
        grew = False
        while len(self._text) - self._at < wanted and self._more():
            grew = True
        return grew

    def _more(self) -> bool:
        if self._ended:
            return False
        piece = next(self._pieces, None)
        self._ended = piece is None
        if self._at > _COMPACT or self._at == len(self._text):
            self._text, self._at = self._text[self._at :], 0
        self._text += self._decode(piece or b"", self._ended)
        return not self._ended

    def wrong(self, reason: str) -> InputError:
        """The error for a text that is not what it should be."""
        return InputError(f"{self._what} is no readable JSON: {reason}.", "Export it again.", "input-json")

    def _expect(self, wanted: str) -> None:
        found = self.peek()
        if found != wanted:
            raise self.wrong(f"{wanted} was expected, not {found or 'the end'}")
        self._at += 1

    def _between(self, end: str) -> None:
        if self.peek() != end:
            self._expect(",")
