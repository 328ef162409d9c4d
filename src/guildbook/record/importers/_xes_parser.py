"""XES markup to events: expat handlers that gather one event after another and hand them to a sink.

Expat does the reading in C; the two handlers below are all the Python that runs for an element, so they do as little
as they can. External entities, DOCTYPE and entity declarations are refused, nesting and sizes are bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol
from xml.parsers import expat

from guildbook.model.errors import InputError
from guildbook.record.importers._xes_values import Leaf, Node

Values = dict[str, Any]
"""Key → `Leaf` or `Node` of one event or trace."""

DEEPEST: Final = 32
"""The most levels of attributes inside attributes, and of elements inside elements."""
LARGEST_TOKEN: Final = 16 << 20
"""The most bytes one tag or text may take."""
_KINDS: Final = frozenset({"string", "date", "int", "float", "boolean", "id", "list", "container", "values"})
_PLAIN: Final = 4  # the pieces of: key, its text, value, its text
_FIRST_INNER: Final = 2  # the depth of an attribute inside an attribute of the event
_LEAF: Final = 2  # the members of a value without attributes of its own


class Sink(Protocol):
    """Takes what was read."""

    def event(self, values: Values, line: int) -> None:
        """One event; `line` is where it ends."""
        ...

    def trace_begins(self, values: Values) -> None:
        """A trace begins: the events that follow are its; `values` fills with its own attributes as they are read."""
        ...

    def trace_ends(self, values: Values) -> None:
        """The trace is over; `values` are its own attributes."""
        ...


class XesParser:
    """Feed bytes; the sink is called. Raises `InputError` for anything that is not a well-formed, harmless XES log."""

    def __init__(self, name: str, sink: Sink) -> None:
        self._name = name
        self.lines_before = 0
        """Lines of the file that this parser was not given."""
        self._fed = 0
        self._expat = _expat(name, sink)

    def feed(self, piece: bytes) -> None:
        """The next bytes of the file."""
        self._parse(piece, last=False)
        self._fed += len(piece)
        if self._fed - self._expat.CurrentByteIndex > LARGEST_TOKEN:
            raise InputError(
                f"{self._name} holds one piece of markup of more than {LARGEST_TOKEN >> 20} MiB.",
                "Event logs do not: it is damaged or not an XES file.",
                "input-bomb",
            )

    def close(self) -> None:
        """The file is at its end."""
        if not self._fed:
            raise InputError(f"{self._name} is empty.", "Give a file with something in it.", "input-empty")
        self._parse(b"", last=True)

    def _parse(self, piece: bytes, *, last: bool) -> None:
        try:
            self._expat.Parse(piece, last)
        except expat.ExpatError as error:
            why = expat.errors.messages.get(error.code, "unknown reason")
            raise InputError(
                f"{self._name} is not well-formed XML from line {error.lineno + self.lines_before} on: {why}.",
                "What came before that line was read. Mend the file or fetch it again.",
                "input-xml",
            ) from error


def _expat(name: str, sink: Sink) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    start, end = _handlers(name, parser, sink)

    def root(tag: str, pairs: Any) -> None:
        local = _local(tag)
        if local != "log":
            raise InputError(f"{name} is XML, but no XES log: it begins with <{tag[:80]}>.", "Give an XES file.")
        prefixed = local != tag  # every tag of such a file is <xes:event> and the like
        parser.StartElementHandler = (lambda t, p: start(_local(t), p)) if prefixed else start
        parser.EndElementHandler = (lambda t: end(_local(t))) if prefixed else end
        start(local, pairs)

    def refuse(*_: object) -> None:
        raise InputError(
            f"{name} declares a document type or entities (line {parser.CurrentLineNumber}), as attacks do.",
            "XES needs none: remove the declaration if you trust the file.",
            "input-entities",
        )

    parser.StartElementHandler = root
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _handlers(
    name: str, parser: expat.XMLParserType, sink: Sink
) -> tuple[Callable[[str, Any], None], Callable[[str], None]]:
    """The start and end handlers. Closures, because their variables are read a million times a second."""
    scope: Values = {}  # where attributes go now
    outer: list[Values] = []  # the scopes around it
    depth = 0  # attribute elements open
    key = ""  # of the outermost of them
    nest = _Nest(name)

    def start(tag: str, pairs: Any) -> None:
        nonlocal scope, depth, key
        if tag in _KINDS:
            depth += 1
            if depth > 1:
                nest.add(scope, key, depth, tag, pairs)
                return
            if len(pairs) == _PLAIN and pairs[0] == "key" and pairs[2] == "value":
                key, text = pairs[1], pairs[3]
            else:
                key, text = _key_and_value(pairs)
            scope[key] = text if tag == "string" else (tag, text)
            return
        if len(outer) >= DEEPEST:
            raise _too_deep(name)
        outer.append(scope)
        scope = {}
        if tag == "trace":
            sink.trace_begins(scope)

    def end(tag: str) -> None:
        nonlocal scope, depth
        if depth:
            depth -= tag in _KINDS
            return
        done = scope
        scope = outer.pop()
        if tag == "event":
            sink.event(done, parser.CurrentLineNumber)
        elif tag == "trace":
            sink.trace_ends(done)

    return start, end


class _Nest:
    """Attributes inside attributes: turns the outermost into a `Node` and hangs the inner ones under it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._path: list[list[tuple[str, Any]]] = []

    def add(self, scope: Values, key: str, depth: int, tag: str, pairs: list[str]) -> None:
        """One attribute at `depth` (2: directly inside the outermost, which is `scope[key]`)."""
        if depth > DEEPEST:
            raise _too_deep(self._name)
        if depth == _FIRST_INNER:
            self._path = [self._children(scope, key)]
        own, text = _key_and_value(pairs)
        children: list[tuple[str, Any]] = []
        self._path[depth - _FIRST_INNER].append((own, (tag, text, children)))
        self._path[depth - 1 :] = [children]

    def _children(self, scope: Values, key: str) -> list[tuple[str, Any]]:
        value: Leaf | Node = scope[key]
        if isinstance(value, str):
            value = ("string", value, [])
        elif len(value) == _LEAF:
            value = (value[0], value[1], [])
        scope[key] = value
        return value[2]


def _key_and_value(pairs: list[str]) -> tuple[str, str]:
    """From an attribute element that is not written in the usual order, or lacks one of the two."""
    said = dict(zip(pairs[::2], pairs[1::2], strict=True))
    return said.get("key", ""), said.get("value", "")


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _too_deep(name: str) -> InputError:
    return InputError(f"{name} nests elements more than {DEEPEST} deep.", "No event log needs that.", "input-bomb")
