"""One level of a process map as BPMN 2.0, for modelling tools: tasks, exclusive gateways, and where they stand.

A map says what may follow what, and nothing of what must; so wherever there are several ways, a gateway chooses one.
The form is the OMG's (formal/2013-12-09), with its diagram interchange so that tools draw it as we do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree as ET

from guildbook.model.process import FilteredMap
from guildbook.teach.report.chart import drawings, plain
from guildbook.teach.report.labels import Point
from guildbook.teach.report.layout import BOX_HEIGHT, BOX_WIDTH, TERMINAL
from guildbook.teach.report.levels import END, START, Pair
from guildbook.teach.report.plan import Plan, plan

_MODEL: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_DIAGRAM: Final = "http://www.omg.org/spec/BPMN/20100524/DI"
_BOUNDS: Final = "http://www.omg.org/spec/DD/20100524/DC"
_WAYS: Final = "http://www.omg.org/spec/DD/20100524/DI"
_GATE: Final = 24.0
_STRETCH: Final = 1.9
"""Rows stand so much further apart than in our own drawing, so that gateways fit between."""


_Node = tuple[str, str, Point, tuple[float, float]]
"""Kind, name, centre, size."""
_Flow = tuple[str, str, str]
"""Ids of its ends, name."""


@dataclass
class _Model:
    """The parts by their ids."""

    nodes: dict[str, _Node] = field(default_factory=dict[str, _Node])
    flows: dict[str, _Flow] = field(default_factory=dict[str, _Flow])

    def join(self, source: str, target: str, name: str = "") -> None:
        self.flows[f"flow{len(self.flows)}"] = (source, target, name)


def bpmn(found: FilteredMap, level: float) -> str:
    """The level nearest to `level` as a BPMN document."""
    planned = plan(found)
    place = found.levels.index(found.nearest(level))
    drawing = drawings(planned)[place]
    model = _model(planned, planned.levels[place].level.edges, drawing.places)
    return _document(model, plain(found.task))


def _model(planned: Plan, edges: tuple[Pair, ...], places: Mapping[str, Point]) -> _Model:
    either = [(b, a) for a, b in edges if (a, b) in planned.moves and planned.moves[a, b].either_order]
    pairs = [*edges, *(pair for pair in either if pair not in edges)]
    model = _Model()
    ids = {label: f"node{i}" for i, label in enumerate(places)}
    comes: dict[str, str] = {}
    goes: dict[str, str] = {}
    for label, (x, y) in places.items():
        at = (x, y * _STRETCH)
        kind = {START: "startEvent", END: "endEvent"}.get(label, "task")
        size = (2 * TERMINAL, 2 * TERMINAL) if kind != "task" else (BOX_WIDTH, BOX_HEIGHT)
        model.nodes[ids[label]] = (kind, "" if kind != "task" else plain(label), at, size)
        comes[label] = goes[label] = ids[label]
        for side, own, shift in ((1, comes, -1.0), (0, goes, 1.0)):
            if sum(pair[side] == label for pair in pairs) > 1:
                gate = f"{ids[label]}{'join' if side else 'split'}"
                centre = (at[0], at[1] + shift * (size[1] / 2 + _GATE))
                model.nodes[gate] = ("exclusiveGateway", "", centre, (_GATE, _GATE))
                model.join(*((gate, ids[label]) if side else (ids[label], gate)))
                own[label] = gate
    for a, b in pairs:
        move = planned.moves.get((a, b)) or planned.moves.get((b, a))
        model.join(goes[a], comes[b], f"{move.count:,}" if move else "")
    return model


def _document(model: _Model, title: str) -> str:
    for prefix, space in (("", _MODEL), ("bpmndi", _DIAGRAM), ("dc", _BOUNDS), ("di", _WAYS)):
        ET.register_namespace(prefix, space)
    root = ET.Element(f"{{{_MODEL}}}definitions", {"id": "definitions", "targetNamespace": "urn:guildbook:map"})
    process = ET.SubElement(root, f"{{{_MODEL}}}process", {"id": "process", "name": title, "isExecutable": "false"})
    diagram = ET.SubElement(root, f"{{{_DIAGRAM}}}BPMNDiagram", {"id": "diagram"})
    plane = ET.SubElement(diagram, f"{{{_DIAGRAM}}}BPMNPlane", {"id": "plane", "bpmnElement": "process"})
    for name, (kind, text, (x, y), (w, h)) in model.nodes.items():
        node = ET.SubElement(process, f"{{{_MODEL}}}{kind}", {"id": name} | ({"name": text} if text else {}))
        for end, form in ((1, "incoming"), (0, "outgoing")):
            for flow in [flow for flow, ends in model.flows.items() if ends[end] == name]:
                ET.SubElement(node, f"{{{_MODEL}}}{form}").text = flow
        shape = ET.SubElement(plane, f"{{{_DIAGRAM}}}BPMNShape", {"id": f"{name}shape", "bpmnElement": name})
        sides = {"x": x - w / 2, "y": y - h / 2, "width": w, "height": h}
        ET.SubElement(shape, f"{{{_BOUNDS}}}Bounds", {side: f"{value:.1f}" for side, value in sides.items()})
    for flow, (source, target, text) in model.flows.items():
        names = {"id": flow, "sourceRef": source, "targetRef": target} | ({"name": text} if text else {})
        ET.SubElement(process, f"{{{_MODEL}}}sequenceFlow", names)
        edge = ET.SubElement(plane, f"{{{_DIAGRAM}}}BPMNEdge", {"id": f"{flow}edge", "bpmnElement": flow})
        for name in (source, target):
            x, y = model.nodes[name][2]
            ET.SubElement(edge, f"{{{_WAYS}}}waypoint", {"x": f"{x:.1f}", "y": f"{y:.1f}"})
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
