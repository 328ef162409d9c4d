"""One save of a text compared with the one before: a row a paragraph that was changed, put in, taken out or moved."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Final, NamedTuple

from guildbook.record.importers._attributes import canonical
from guildbook.record.sources._documents_blocks import Block, read_text
from guildbook.record.sources._files_aligning import Piece, aligned

MOST: Final = 100
"""Rows of one save; what is beyond is counted in the row of the save."""
_ALIKE: Final = 0.4
"""From so much in common on (of words), one paragraph is the other, rewritten."""
_PAIRED: Final = 40
_WORD: Final = re.compile(r"\w+")

Row = dict[str, Any]


class Edit(NamedTuple):
    """One paragraph; `after` None where it was taken out, `before` None where it was put in."""

    place: int
    """In the new version, from 0."""
    before: Block | None
    after: Block | None
    moved: bool = False


class DocumentsJob:
    """`.docx`, `.odt`, `.md`, `.txt`."""

    def __init__(self, path: Path) -> None:
        self.read = read_text(path)
        self.by = self.read.by

    @property
    def app(self) -> str:
        """The program, as people call it."""
        said = self.read.app.lower()
        return next((name for name in ("libreoffice", "word", "editor") if name in said), "writer")

    def dumped(self) -> bytes:
        """For the next comparison."""
        return json.dumps(self.read.blocks).encode()

    def first(self) -> dict[str, Any]:
        """What is said of a text whose last version is not known."""
        words = sum(len(_WORD.findall(block.text)) for block in self.read.blocks)
        return {"paragraphs": len(self.read.blocks), "words": words}

    def rows(self, before: bytes | None, job: Mapping[str, Any]) -> list[Row]:
        """What changed, and the save itself. Without a version before, everything is new."""
        old = [Block(*block) for block in json.loads(before)] if before is not None else []
        new = self.read.blocks
        found = edits(old, new)
        values = job.get("values", "all") == "all"
        rows = [_row(edit, _heading(new, edit.place), values=values) for edit in found[:MOST]]
        added, removed = Counter[str](), Counter[str]()
        for edit in found:
            added += _words(edit.after) - _words(edit.before)
            removed += _words(edit.before) - _words(edit.after)
        save = {
            "paragraphs": len(found), "words_added": added.total(), "words_removed": removed.total(),
            "more": max(len(found) - MOST, 0) or None,
        }  # fmt: skip
        return [*rows, {"action": "save", "attributes": canonical(save)}]


def edits(old: Sequence[Block], new: Sequence[Block]) -> list[Edit]:
    """What was done to the paragraphs, in the order of the new version."""
    found = [edit for piece in aligned(old, new) if not piece.same for edit in _replaced(old, new, piece)]
    gone: dict[Block, list[int]] = defaultdict(list)
    for n, edit in enumerate(found):
        if edit.after is None and edit.before is not None:
            gone[edit.before].append(n)
    dropped: set[int] = set()
    for n, edit in enumerate(found):
        if edit.before is None and edit.after is not None and gone[edit.after]:
            dropped.add(gone[edit.after].pop())
            found[n] = Edit(edit.place, edit.after, edit.after, moved=True)
    return [edit for n, edit in enumerate(found) if n not in dropped]


def _replaced(old: Sequence[Block], new: Sequence[Block], piece: Piece) -> Iterator[Edit]:
    """Paragraphs of a block that was replaced: rewritten ones paired, the others put in or taken out."""
    at = piece.b0
    for i in range(piece.a0, piece.a1):
        match = _like(old[i], new, at, min(piece.b1, at + _PAIRED))
        if match is None:
            yield Edit(at, old[i], None)
            continue
        yield from (Edit(j, None, new[j]) for j in range(at, match))
        yield Edit(match, old[i], new[match])
        at = match + 1
    yield from (Edit(j, None, new[j]) for j in range(at, piece.b1))


def _like(block: Block, new: Sequence[Block], start: int, end: int) -> int | None:
    """The new paragraph that this one became; None where there is none."""
    words = _WORD.findall(block.text)
    best, place = _ALIKE, None
    for j in range(start, end):
        matcher = SequenceMatcher(None, words, _WORD.findall(new[j].text), autojunk=True)
        if matcher.real_quick_ratio() < best or matcher.quick_ratio() < best:
            continue
        if (ratio := matcher.ratio()) >= best and (place is None or ratio > best):
            best, place = ratio, j
    return place


def _heading(blocks: Sequence[Block], place: int) -> str | None:
    """The nearest heading above."""
    return next((blocks[n].text for n in range(min(place, len(blocks)) - 1, -1, -1) if blocks[n].level), None)


def _words(block: Block | None) -> Counter[str]:
    return Counter(_WORD.findall(block.text)) if block else Counter()


def _row(edit: Edit, heading: str | None, *, values: bool) -> Row:
    shown = edit.after or edit.before
    level = shown.level if shown else 0
    action = "move" if edit.moved else "add" if edit.before is None else "delete" if edit.after is None else "edit"
    added = (_words(edit.after) - _words(edit.before)).total()
    removed = (_words(edit.before) - _words(edit.after)).total()
    row: Row = {
        "action": action, "element_role": "heading" if level else "paragraph", "element_id": str(edit.place + 1),
        "element_name": heading,
        "attributes": canonical({
            "words_added": added or None, "words_removed": removed or None, "level": level or None
        }),
    }  # fmt: skip
    if values:
        row["value_before"] = edit.before.text if edit.before and not edit.moved else None
        row["value_after"] = edit.after.text if edit.after else None
    return row
