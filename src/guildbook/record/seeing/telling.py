"""Events of what was seen: one for each look at a window that found new text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from guildbook.record.importers._attributes import canonical
from guildbook.record.seeing.lines import Box
from guildbook.record.seeing.looking import Eyes, Line, Look
from guildbook.record.seeing.reading import Read

SHOW: Final = "show"
"""The action: text came onto the screen."""
MOST_TEXT: Final = 6_000
"""Characters of one event; what lies beyond is counted in `left_out`."""


def learnt(eyes: Eyes, looks: Sequence[Look], reads: Mapping[bytes, tuple[str, float]]) -> list[dict[str, Any]]:
    """What was read goes into memory, and the events of the looks come out."""
    eyes.learn(reads)
    return [row for look in looks if (row := told(eyes, look)) is not None]


def of(lines: Sequence[Line], read: Read) -> dict[bytes, tuple[str, float]]:
    """What each line says, by its hash."""
    return {line.hash: text for line, text in zip(lines, read.texts, strict=True)}


def unread(eyes: Eyes, looks: Sequence[Look]) -> list[Line]:
    """The lines of looks whose text is not known yet, each picture once, the oldest first."""
    found: dict[bytes, Line] = {}
    for look in looks:
        for line in look.lines:
            if line.picture is not None and line.hash not in found and not eyes.knows(line.hash):
                found[line.hash] = line
    return list(found.values())


def told(eyes: Eyes, look: Look) -> dict[str, Any] | None:
    """The event of a look, as `RAW_SCHEMA` fields; None where no text is new."""
    rows = [(line, *eyes.says(line.hash)) for line in look.lines]
    # Pixels may change where text does not: a highlight, a pointer, a codec.
    rows = [row for row in rows if row[1] and row[1] not in {eyes.says(mark)[0] for mark in row[0].before}]
    if not rows:
        return None
    text = _text([(line.box, said) for line, said, _ in rows])
    before = "\n".join(
        dict.fromkeys(said for line, _, _ in rows for mark in line.before if (said := eyes.says(mark)[0]))
    )
    left, top = look.corner
    box = _around([line.box for line, _, _ in rows])
    return dict(look.about) | {
        "time": look.time,
        "action": SHOW,
        "element_role": "text",
        "element_bounds": [box.left + left, box.top + top, box.width, box.height],
        "value_before": before[:MOST_TEXT] or None,
        "value_after": text[:MOST_TEXT],
        "attributes": canonical({
            "lines": len(rows),
            "sure": round(min(sure for _, _, sure in rows), 2),
            "left_out": max(len(text) - MOST_TEXT, 0) or None,
        }),
    }  # fmt: skip


def _text(placed: list[tuple[Box, str]]) -> str:
    """Lines from the top down; what stands beside one another is divided by tabs."""
    rows: list[list[tuple[Box, str]]] = []
    for box, said in sorted(placed, key=lambda each: each[0].top + each[0].height // 2):
        last = rows[-1][-1][0] if rows else None
        if (
            last is not None
            and min(box.bottom, last.bottom) - max(box.top, last.top) > min(box.height, last.height) // 2
        ):
            rows[-1].append((box, said))
        else:
            rows.append([(box, said)])
    return "\n".join("\t".join(said for _, said in sorted(row, key=lambda each: each[0].left)) for row in rows)


def _around(boxes: Sequence[Box]) -> Box:
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    return Box(left, top, max(box.right for box in boxes) - left, max(box.bottom for box in boxes) - top)
