"""Texts as paragraphs and headings: `.docx`, `.odt`, `.md` and `.txt`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from guildbook.record.sources import _sheets_ods as opendocument
from guildbook.record.sources import _sheets_xlsx as openxml
from guildbook.record.sources._files_packages import RefusedError, package, parse

MOST_BLOCKS: Final = 50_000
MOST_TEXT: Final = 20 << 20
"""Bytes of a plain text, and characters of any."""
_HEADING: Final = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*")
_UNDERLINE: Final = re.compile(r"(=+|-+)\s*")
_FENCE: Final = re.compile(r"\s{0,3}(```+|~~~+)")
_LEVELS: Final = 9
_NAMED_LEVEL: Final = re.compile(r"heading\s*(\d)", re.IGNORECASE)


class Block(NamedTuple):
    """A paragraph or a heading."""

    level: int
    """Of a heading, from 1; 0 for a paragraph."""
    text: str


@dataclass(slots=True)
class Text:
    """A document."""

    blocks: list[Block] = field(default_factory=list[Block])
    app: str = ""
    by: str = ""
    _size: int = 0

    def put(self, level: int, text: str) -> None:
        """Raises `RefusedError` when there is too much."""
        if not text.strip():
            return
        self._size += len(text)
        if len(self.blocks) >= MOST_BLOCKS or self._size > MOST_TEXT:
            raise RefusedError(f"it has more than {MOST_BLOCKS:,} paragraphs, or {MOST_TEXT >> 20} million letters")
        self.blocks.append(Block(level, text))


def read_text(path: Path) -> Text:
    """The document, by its ending. Raises `RefusedError`, or `TornError` for one that is not whole."""
    reader = {".docx": _read_docx, ".odt": _read_odt, ".md": _read_plain, ".markdown": _read_plain}
    return reader.get(path.suffix.lower(), _read_plain)(path)


def _read_plain(path: Path) -> Text:
    if path.stat().st_size > MOST_TEXT:
        raise RefusedError(f"it is larger than {MOST_TEXT >> 20} MiB")
    data = path.read_bytes()
    if b"\0" in data:
        if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise RefusedError("it holds bytes that no text holds")
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    found = Text(app="editor")
    _paragraphs(text, found, marked=path.suffix.lower() != ".txt")
    return found


def _paragraphs(text: str, found: Text, *, marked: bool) -> None:
    """Paragraphs between empty lines; of Markdown, headings too, and code as it stands between its fences."""
    lines: list[str] = []
    fence = ""

    def close() -> None:
        found.put(0, "\n".join(lines))
        lines.clear()

    for line in text.splitlines():
        fenced = _FENCE.match(line) if marked else None
        if fenced and (not fence or fenced[1].startswith(fence)):
            fence = "" if fence else fenced[1]
            lines.append(line)
        elif fence:
            lines.append(line)
        elif not line.strip():
            close()
        elif marked and (heading := _HEADING.fullmatch(line)):
            close()
            found.put(len(heading[1]), heading[2])
        elif marked and len(lines) == 1 and (under := _UNDERLINE.fullmatch(line)):
            found.put(1 if under[1][0] == "=" else 2, lines.pop())
        else:
            lines.append(line.rstrip())
    close()


def _read_docx(path: Path) -> Text:
    """WordprocessingML (ECMA-376 part 1, 17.3): the body's paragraphs; what is marked as deleted is not there."""
    with package(path) as pack:
        found = Text()
        styles = _Styles()
        if "word/styles.xml" in pack.namelist():
            parse(pack, "word/styles.xml", styles.start, styles.end, _nothing)
        body = _Body(found, styles.levels)
        parse(pack, "word/document.xml", body.start, body.end, body.text)
        found.app, found.by = openxml.properties(pack)
        return found


def _read_odt(path: Path) -> Text:
    """OpenDocument text (ODF 1.3 part 3, 5.1): `text:h` and `text:p`; notes, tracked changes and frames' texts too."""
    with package(path) as pack:
        opendocument.refuse_encrypted(pack)
        found = Text()
        content = _Content(found)
        parse(pack, "content.xml", content.start, content.end, content.text)
        found.app, found.by = opendocument.properties(pack)
        return found


def _nothing(*_: object) -> None:
    return


class _Styles:
    """Which paragraph styles are headings: by outline level, else by the English name that files keep."""

    def __init__(self) -> None:
        self.levels: dict[str, int] = {}
        self._now = ""

    def start(self, tag: str, has: dict[str, str]) -> None:
        if tag == "style":
            self._now = has.get("styleId", "")
        elif tag == "name" and (named := _NAMED_LEVEL.fullmatch(has.get("val", ""))):
            self.levels[self._now] = int(named[1])
        elif tag == "outlineLvl" and has.get("val", "").isdecimal() and int(has["val"]) < _LEVELS:
            self.levels[self._now] = int(has["val"]) + 1

    def end(self, tag: str) -> None:
        if tag == "style":
            self._now = ""


class _Body:
    """`w:p` with its runs; text boxes inside a paragraph hold paragraphs of their own."""

    def __init__(self, found: Text, levels: dict[str, int]) -> None:
        self._found, self._levels = found, levels
        self._open: list[tuple[list[str], int]] = []
        self._in_text = False
        self._fallback = 0

    def start(self, tag: str, has: dict[str, str]) -> None:
        if tag == "Fallback":
            self._fallback += 1
        elif self._fallback:
            return
        elif tag == "p":
            self._open.append(([], 0))
        elif not self._open:
            return
        elif tag == "t":
            self._in_text = True
        elif tag in {"tab", "br", "cr"}:
            self._open[-1][0].append("\t" if tag == "tab" else "\n")
        elif tag == "pStyle":
            self._open[-1] = (self._open[-1][0], self._levels.get(has.get("val", ""), 0))
        elif tag == "outlineLvl" and has.get("val", "").isdecimal() and int(has["val"]) < _LEVELS:
            self._open[-1] = (self._open[-1][0], int(has["val"]) + 1)

    def end(self, tag: str) -> None:
        if tag == "Fallback":
            self._fallback -= 1
        elif self._fallback:
            return
        elif tag == "t":
            self._in_text = False
        elif tag == "p" and self._open:
            parts, level = self._open.pop()
            self._found.put(level, "".join(parts).strip())

    def text(self, text: str) -> None:
        if self._in_text and not self._fallback:
            self._open[-1][0].append(text)


class _Content:
    """`text:h` and `text:p`, wherever they stand but in changes that were tracked, notes of others and indexes."""

    _ASIDE: Final = frozenset({"tracked-changes", "annotation", "table-of-content", "alphabetical-index"})

    def __init__(self, found: Text) -> None:
        self._found = found
        self._open: list[tuple[list[str], int]] = []
        self._aside = 0

    def start(self, tag: str, has: dict[str, str]) -> None:
        if tag in self._ASIDE:
            self._aside += 1
        elif self._aside:
            return
        elif tag in {"p", "h"}:
            level = has.get("outline-level", "1")
            self._open.append(([], 0 if tag == "p" else int(level) if level.isdecimal() else 1))
        elif self._open and tag == "s":
            count = has.get("c", "1")
            self._open[-1][0].append(" " * (min(int(count), 1_000) if count.isdecimal() else 1))
        elif self._open and tag in {"tab", "line-break"}:
            self._open[-1][0].append("\t" if tag == "tab" else "\n")

    def end(self, tag: str) -> None:
        if tag in self._ASIDE:
            self._aside -= 1
        elif self._aside:
            return
        elif tag in {"p", "h"} and self._open:
            parts, level = self._open.pop()
            self._found.put(level, "".join(parts).strip())

    def text(self, text: str) -> None:
        if self._open and not self._aside:
            self._open[-1][0].append(text)
