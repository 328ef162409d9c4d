"""One level of a process map as a file: SVG, a page that holds it, or BPMN."""

from __future__ import annotations

from importlib import resources
from typing import Final

from jinja2 import Environment, StrictUndefined

from guildbook.model.process import FilteredMap
from guildbook.teach.report.bpmn import bpmn
from guildbook.teach.report.chart import drawings, plain, timed, wrap
from guildbook.teach.report.labels import width
from guildbook.teach.report.layout import BOX_HEIGHT, BOX_WIDTH, TERMINAL
from guildbook.teach.report.levels import END, START
from guildbook.teach.report.plan import plan

FORMS: Final = (".svg", ".html", ".bpmn")
"""Suffixes of the files it can fill."""


def draw(found: FilteredMap, level: float, form: str) -> str:
    """The level nearest to `level` as a whole SVG document, with `form` `.html` as a page, with `.bpmn` as BPMN 2.0."""
    if form == ".bpmn":
        return bpmn(found, level)
    planned = plan(found)
    place = found.levels.index(found.nearest(level))
    shown, drawing = planned.levels[place], drawings(planned)[place]
    most = max((move.count for move in planned.moves.values()), default=1)
    arrows = [
        {
            "path": arrow.path,
            "back": arrow.back,
            "width": round(1 + 6 * (move.count / most) ** 0.5, 1) if move else 1.0,
            "either": move is not None and move.either_order,
            "at": arrow.label,
            "time": timed(move),
            "room": width(timed(move)),
            "about": f"{_name(arrow.pair[0])} → {_name(arrow.pair[1])}: {move.count if move else 0:,} times",
        }
        for arrow in reversed(drawing.arrows)
        for move in (planned.moves.get(arrow.pair),)
    ]
    boxes = [
        {"x": x, "y": y, "lines": wrap(plain(label)), "count": planned.nodes[label].count, "about": plain(label)}
        for label, (x, y) in drawing.places.items()
        if label in planned.nodes
    ]
    made = _environment().from_string(resources.files(__package__ or "").joinpath("picture.svg.j2").read_text("utf-8"))
    return made.render(
        form=form,
        title=plain(found.task),
        about=(
            f"{len(boxes)} of {found.activities} steps and {len(arrows)} of {found.moves} moves, which hold "
            f"{shown.moves:.1%} of all moves; {shown.traces or 0.0:.1%} of {found.episodes:,} cases are shown whole."
        ),
        size=(drawing.width, drawing.height),
        box=(BOX_WIDTH, BOX_HEIGHT, TERMINAL),
        arrows=arrows,
        boxes=boxes,
        start=drawing.places[START],
        end=drawing.places[END],
    )


def _name(label: str) -> str:
    return {START: "Start", END: "End"}.get(label) or plain(label)


def _environment() -> Environment:
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
