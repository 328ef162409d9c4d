"""iCalendar text (RFC 5545) as components, one after the other: content lines unfolded, names, parameters, values."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

LONGEST: Final = 64 * 1024
"""Characters of one unfolded line that are kept; descriptions, which alone are long, are not looked at."""
MOST_LINES: Final = 20_000
"""Lines of one component that are kept."""
DEEPEST: Final = 8
_ESCAPED: Final = re.compile(r"\\([\\;,Nn])")


@dataclass(frozen=True, slots=True)
class Line:
    """`NAME;PARAMETER=VALUE:value`; names in upper case."""

    name: str
    value: str
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def text(self) -> str:
        """The value with its escapes read, on one line."""
        read = _ESCAPED.sub(lambda found: " " if found[1] in "Nn" else found[1], self.value)
        return " ".join(read.split())


@dataclass(slots=True)
class Component:
    """What stands between `BEGIN:NAME` and `END:NAME`."""

    name: str
    number: int
    """Its place among all components of the file, from 1."""
    lines: list[Line] = field(default_factory=list[Line])
    parts: list[Component] = field(default_factory=list["Component"])

    def line(self, name: str) -> Line | None:
        """The first line of that name."""
        return next((line for line in self.lines if line.name == name), None)

    def text(self, name: str) -> str:
        """The text of the first line of that name; empty where there is none."""
        line = self.line(name)
        return line.text if line else ""

    def all(self, name: str) -> Iterator[Line]:
        """Every line of that name."""
        return (line for line in self.lines if line.name == name)


def components(pieces: Iterable[bytes]) -> Iterator[Component]:
    """Every component inside a `VCALENDAR` when it ends, then the `VCALENDAR` itself with its own lines.

    What never ends is given at the end of the text, under the name `CUT`.
    """
    stack: list[Component] = []
    number = 0
    for raw in _unfolded(_physical(pieces)):
        line = parsed(raw)
        if line is None:
            continue
        if line.name == "BEGIN":
            number += 1
            if len(stack) < DEEPEST:
                stack.append(Component(line.value.strip().upper(), number))
        elif line.name == "END":
            name = line.value.strip().upper()
            if not any(part.name == name for part in stack):
                continue
            while stack[-1].name != name:  # an inner one that never ended
                stack.pop()
            done = stack.pop()
            if len(stack) <= 1:
                yield done
            elif len(stack[-1].parts) < MOST_LINES:
                stack[-1].parts.append(done)
        elif stack and len(stack[-1].lines) < MOST_LINES:
            stack[-1].lines.append(line)
    for cut in stack[1:2]:
        yield Component("CUT", cut.number)


def parsed(raw: str) -> Line | None:
    """One unfolded line; None for what is none."""
    head, parameters, rest = "", dict[str, str](), raw
    begin, quoted, name_of = 0, False, ""
    for place, sign in enumerate(raw):
        if sign == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif sign in ";:":
            part = raw[begin:place]
            if not head:
                head = part
            elif name_of:
                parameters.setdefault(name_of, part.replace('"', ""))
            begin, name_of = place + 1, ""
            if sign == ":":
                rest = raw[place + 1 :]
                break
        elif sign == "=" and head and not name_of:
            name_of = raw[begin:place].strip().upper()
            begin = place + 1
    else:
        return None
    name = head.strip().upper()
    return Line(name, rest, parameters) if name else None


def split(value: str) -> list[str]:
    """Values separated by commas."""
    return [part.strip() for part in value.split(",") if part.strip()]


def _physical(pieces: Iterable[bytes]) -> Iterator[str]:
    """Lines as they stand in the file, without their ends, cut at `LONGEST`."""
    decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
    held = ""
    for piece in pieces:
        *lines, held = (held + decode(piece)).replace("\r\n", "\n").split("\n")
        yield from (line[:LONGEST].rstrip("\r") for line in lines)
        # a carriage return at the end may be the first half of a line end
        held = held[:LONGEST] + ("\r" if len(held) > LONGEST and held.endswith("\r") else "")
    held += decode(b"", final=True)
    if held:
        yield held[:LONGEST].rstrip("\r")


def _unfolded(lines: Iterable[str]) -> Iterator[str]:
    """A line that begins with a blank goes on with the one before."""
    parts: list[str] = []
    size = 0
    for line in lines:
        if line[:1] in {" ", "\t"} and parts:
            if size < LONGEST:
                parts.append(line[1:])
                size += len(line)
            continue
        if parts:
            yield "".join(parts)[:LONGEST]
        parts, size = [line], len(line)
    if parts:
        yield "".join(parts)[:LONGEST]
