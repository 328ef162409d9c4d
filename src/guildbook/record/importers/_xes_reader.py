"""Bytes of an XES file to events: whole plain traces by the compiled scanner, everything else by the XML parser.

The parser reads the head of the file, up to the first trace, so that declarations are refused as ever, and its end.
In between, stretches of whole traces go to the scanner; one that is plain markup but says something unusual goes
through the parser instead, and from the first one that is no plain markup the parser reads on to the end.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Final

from guildbook.model.errors import InputError
from guildbook.record.importers._xes_events import XesEvents
from guildbook.record.importers._xes_parser import LARGEST_TOKEN, XesParser
from guildbook.record.importers._xes_parts import UnusualError

STRETCH: Final = 4 << 20
"""Bytes gathered before they are scanned."""
_BEGIN: Final = b"<trace>"
_END: Final = b"</trace>"
_COMMENT: Final = re.compile(rb"<!--.*?-->", re.DOTALL)
_PROLOG: Final = 200
_FOREIGN: Final = re.compile(rb"encoding\s*=\s*[\"'](?!utf-?8[\"']|us-ascii[\"'])", re.IGNORECASE)
_FAST: Final = "guildbook.record.importers._xes_block"


class XesReader:
    """Feed pieces of the file, then `close`; events gather in `events`. With `scan` off the parser reads all."""

    def __init__(self, name: str, events: XesEvents, *, scan: bool) -> None:
        self._parser = XesParser(name, events)
        self._events = events
        self._in_head = scan
        self._scanning = scan
        self._waiting = bytearray()
        self._searched = 0
        self._parsed_lines = 0

    def feed(self, piece: bytes) -> None:
        """The next bytes. Raises `InputError` for what is no harmless XES log."""
        if not self._scanning:
            self._parser.feed(piece)
            return
        self._waiting += piece
        if self._in_head:
            self._head()
        if self._scanning and not self._in_head and len(self._waiting) >= STRETCH:
            self._stretch()

    def close(self) -> None:
        """The file is at its end."""
        self._rest()
        self._parser.close()

    def rescue(self) -> None:
        """The file cannot be read further: take the events there are from what was fed."""
        try:
            self._rest()
        except InputError:
            return  # another defect has been found before

    def _rest(self) -> None:
        if self._scanning and not self._in_head:
            self._stretch()
        self._parse_on()

    def _head(self) -> None:
        place = self._waiting.find(_BEGIN, max(0, self._searched - len(_BEGIN)))
        self._searched = len(self._waiting)
        if place < 0 and len(self._waiting) <= LARGEST_TOKEN:
            return
        head = bytes(self._waiting[:place])
        if place < 0 or _is_odd(head):
            self._parse_on()
            return
        self._parse(head)
        del self._waiting[:place]
        self._in_head = False

    def _stretch(self) -> None:
        end = self._waiting.rfind(_END) + len(_END)
        if end < len(_END):
            if len(self._waiting) > LARGEST_TOKEN:
                self._parse_on()
            return
        data = bytes(self._waiting[:end])
        # Loaded only now: compiled code takes longer to load than a small log to read.
        fast = import_module(_FAST)
        lines = self._parsed_lines + self._events.lines_before
        try:
            found = fast.read_block(data, self._events.mapping, self._events.traces, lines)
        except UnusualError:
            del self._waiting[:end]
            self._parse(data)
            return
        if found is None:
            self._parse_on()
            return
        del self._waiting[:end]
        self._events.add(found.part, found.traces)
        self._events.lines_before += found.lines
        self._parser.lines_before += found.lines

    def _parse(self, data: bytes) -> None:
        self._parsed_lines += data.count(b"\n")
        self._parser.feed(data)

    def _parse_on(self) -> None:
        """Leave the rest of the file to the parser."""
        self._scanning = False
        waiting, self._waiting = bytes(self._waiting), bytearray()
        if waiting:
            self._parse(waiting)


def _is_odd(head: bytes) -> bool:
    """Whether `<trace>` after this head may stand in a comment, or mean something else in another encoding."""
    plain = _COMMENT.sub(b"", head) if b"<!--" in head else head
    return (
        b"<!" in plain
        or b"<?" in plain[_PROLOG:]
        or plain.count(b"<?", 0, _PROLOG) > 1
        or bool(_FOREIGN.search(plain[:_PROLOG]))
    )
