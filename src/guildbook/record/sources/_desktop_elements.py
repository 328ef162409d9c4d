"""Elements as the accessibility bus knows them: what has the focus, what lies under the pointer, where it belongs.

AT-SPI 2 is spoken as its D-Bus interfaces are written down (at-spi2-core, `xml/*.xml`). What was asked of an element's
ancestors is kept; of the element itself it is asked anew, since names change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from guildbook.record.sources._desktop_bus import BUS, Bus, Ref
from guildbook.record.sources._desktop_keys import app_name

ACCESSIBLE: Final = "org.a11y.atspi.Accessible"
COMPONENT: Final = "org.a11y.atspi.Component"
TEXT: Final = "org.a11y.atspi.Text"
DOCUMENT: Final = "org.a11y.atspi.Document"
REGISTRY: Final = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
LONGEST: Final = 4_000
"""Characters that are read of a field."""
_LABELLED_BY: Final = 2
"""ATSPI_RELATION_LABELLED_BY."""
_DEEP: Final = 24
_KEPT: Final = 4_000
_SECRET: Final = "password text"  # noqa: S105 — a role's name
_WINDOWS: Final = frozenset({"frame", "dialog", "window", "alert", "file chooser", "color chooser", "font chooser"})
_ROLES: Final[Mapping[str, str]] = {
    "push button": "button", "button": "button", "text": "textbox", "entry": "textbox", "editbar": "textbox",
    "radio button": "radio", "check menu item": "menuitemcheckbox", "radio menu item": "menuitemradio",
    "page tab": "tab", "page tab list": "tablist", "table cell": "cell", "document web": "document",
    "document frame": "document", "document text": "document", "document spreadsheet": "document",
}  # fmt: skip
"""AT-SPI's names in the words of ARIA, which browsers use; other roles only lose their spaces."""
_CONTENT: Final = frozenset({
    "cell", "listitem", "treeitem", "tabletree", "icon", "paragraph", "section", "heading", "static", "terminal",
    "document", "combobox", "label", "listbox", "canvas", "image", "tablerow", "article", "comment", "option",
})  # fmt: skip
"""Roles whose name is content: what was chosen or written, rather than what the element is for."""
_ADDRESS: Final = re.compile(r"^(?:\S+ )?(\$?[A-Z]{1,3}\$?[0-9]{1,7})$")
_NOWHERE: Final = -(1 << 30)


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a user interface."""

    ref: Ref
    role: str
    name: str
    """What it is called for those who use it; empty where that would be content and content is not recorded."""
    id: str
    selector: str
    """Roles and names from the window down to it."""
    chain: tuple[Ref, ...]
    """What it lies in, nearest first."""
    window: str
    """The title of its own window."""
    app: str
    pid: int
    document: str
    """The path of the file it shows, where it is known."""
    url: str
    """The address of the page it shows."""
    secret: bool
    """A password: nothing is asked of it."""
    bounds: tuple[int, int, int, int] | None


@dataclass(frozen=True, slots=True)
class _Node:
    role: str
    name: str
    parent: Ref | None


class Elements:
    """The elements of all programs on a bus."""

    def __init__(self, bus: Bus, *, values: bool) -> None:
        self._bus = bus
        self._values = values
        self._nodes: dict[Ref, _Node] = {}
        self._apps: dict[str, tuple[str, int]] = {}
        self._sheets: dict[Ref, str] = {}

    def element(self, ref: Ref) -> Element | None:
        """What an element is; None where it is gone, or on a page whose address cannot be learnt."""
        node = self._asked(ref)
        if node is None:
            return None
        chain = self._chain(node)
        nodes = [self._nodes[each] for each in chain]
        role, (app, pid) = _ROLES.get(node.role, node.role.replace(" ", "")), self._app(ref.owner)
        sheet = self._sheet(chain, nodes)
        address = _ADDRESS.match(node.name) if sheet is not None else None
        if address is not None and role in {"cell", "panel"}:
            role, name, identity = "cell", address[1], f"{sheet}!{address[1]}" if sheet else address[1]
        else:
            name, identity = self._name(ref, node, role, nodes), self._identity(ref)
        frame = next((at for at, each in enumerate(nodes) if each.role in _WINDOWS), None)
        place = self._place([(ref, node), *zip(chain, nodes, strict=True)])
        if place is None:
            return None
        document, url = place
        return Element(
            ref, role, name, identity, self._selector(nodes, frame, role, name), chain,
            self._title(chain[frame]) if frame is not None else (node.name if node.role in _WINDOWS else ""),
            app, pid, document, url, node.role == _SECRET, self._bounds(ref),
        )  # fmt: skip

    def at(self, pid: int, title: str, x: int, y: int) -> Element | None:
        """The innermost element of a program's window at a point of the screen."""
        windows = [window for owner in self._owners(pid) for window in self._children(Ref(owner, REGISTRY[1]))]
        named = [window for window in windows if self._bus.get(window, ACCESSIBLE, "Name") == title]
        for window in named or windows:
            found, inner = window, self._under(window, x, y)
            if inner is None:
                continue
            for _ in range(_DEEP):
                found, inner = inner, self._under(inner, x, y)
                if inner is None or inner == found:
                    break
            return self.element(found)
        return None

    def titles(self, pid: int) -> list[str]:
        """What a program's windows are called."""
        return [
            self._title(window) for owner in self._owners(pid) for window in self._children(Ref(owner, REGISTRY[1]))
        ]

    def length(self, element: Element) -> int | None:
        """How many characters a field has; None where it has no text."""
        if element.secret:
            return None
        found = self._bus.get(element.ref, TEXT, "CharacterCount")
        return found if isinstance(found, int) else None

    def text(self, element: Element) -> str | None:
        """What stands in a field, its first `LONGEST` characters; None for a password and where there is no text."""
        if element.secret or not self._values:
            return None
        found = self._bus.call(element.ref, TEXT, "GetText", "ii", 0, LONGEST)
        if found is None:
            found = self._bus.call(element.ref, TEXT, "GetText", "ii", 0, -1)
        return found[:LONGEST] if isinstance(found, str) else None

    def lies_in(self, ref: Ref, outer: Ref) -> bool:
        """Whether an element is another, or lies in it at most two levels down."""
        for _ in range(3):
            if ref == outer:
                return True
            node = self._nodes.get(ref) or self._asked(ref)
            if node is None or node.parent is None:
                return False
            ref = node.parent
        return False

    def chosen(self, ref: Ref) -> str | None:
        """What is chosen in a list; None where nothing is, or where content is not recorded."""
        if not self._values:
            return None
        first = self._bus.call(ref, "org.a11y.atspi.Selection", "GetSelectedChild", "i", 0)
        found = self._bus.get(Ref(*first), ACCESSIBLE, "Name") if first else None
        return str(found)[:LONGEST] if found else None

    def title(self, window: Ref) -> tuple[str, str]:
        """(title, application) of a window."""
        return self._title(window), self._app(window.owner)[0]

    def pid(self, owner: str) -> int:
        """The process of a program on the bus; 0 where that is unknown."""
        return self._app(owner)[1]

    def _asked(self, ref: Ref) -> _Node | None:
        role = self._bus.call(ref, ACCESSIBLE, "GetRoleName")
        if role is None:
            return None
        name, parent = self._bus.get(ref, ACCESSIBLE, "Name"), self._bus.get(ref, ACCESSIBLE, "Parent")
        above = Ref(*parent) if parent and not str(parent[1]).endswith("/null") else None
        node = _Node(str(role), str(name or ""), above)
        if len(self._nodes) >= _KEPT:
            self._nodes.clear()
        self._nodes[ref] = node
        return node

    def _chain(self, node: _Node) -> tuple[Ref, ...]:
        chain: list[Ref] = []
        while node.parent is not None and len(chain) < _DEEP:
            above = self._nodes.get(node.parent) or self._asked(node.parent)
            if above is None or above.role in {"application", "desktop frame"}:
                break
            chain.append(node.parent)
            node = above
        return tuple(chain) if all(each in self._nodes for each in chain) else ()

    def _app(self, owner: str) -> tuple[str, int]:
        if owner not in self._apps:
            name = self._bus.get(Ref(owner, REGISTRY[1]), ACCESSIBLE, "Name")
            pid = self._bus.call(BUS, BUS[0], "GetConnectionUnixProcessID", "s", owner)
            if name is None or pid is None:
                return "", 0
            self._apps[owner] = app_name(str(name)), int(pid)
        return self._apps[owner]

    def _owners(self, pid: int) -> list[str]:
        found = [owner for owner, (_, process) in self._apps.items() if process == pid]
        if found:
            return found
        owners = {child.owner for child in self._children(Ref(*REGISTRY))}
        return [owner for owner in owners if self.pid(owner) == pid]

    def _children(self, ref: Ref) -> list[Ref]:
        found = self._bus.call(ref, ACCESSIBLE, "GetChildren")
        return [Ref(*each) for each in found] if isinstance(found, list) else []

    def _under(self, ref: Ref, x: int, y: int) -> Ref | None:
        found = self._bus.call(ref, COMPONENT, "GetAccessibleAtPoint", "iiu", x, y, 0)
        return Ref(*found) if found and not str(found[1]).endswith("/null") else None

    def _name(self, ref: Ref, node: _Node, role: str, nodes: list[_Node]) -> str:
        if node.role == _SECRET or role == "combobox" or not node.name:
            label = self._label(ref)
            if not label and role == "togglebutton" and nodes and nodes[0].role == "combo box":
                label = self._label(node.parent) if node.parent else ""
            if label or not self._values or node.role == _SECRET:
                return label
        listed = any(each.role in {"combo box", "list box", "list"} for each in nodes[:3])
        if not self._values and (role in _CONTENT or (listed and role != "togglebutton")):
            return ""
        return node.name[:200]

    def _label(self, ref: Ref) -> str:
        relations = self._bus.call(ref, ACCESSIBLE, "GetRelationSet") or []
        for kind, targets in relations:
            if kind == _LABELLED_BY and targets:
                name = self._bus.get(Ref(*targets[0]), ACCESSIBLE, "Name")
                return str(name or "").strip().removesuffix(":")
        return ""

    def _identity(self, ref: Ref) -> str:
        return str(self._bus.get(ref, ACCESSIBLE, "AccessibleId") or "")

    def _title(self, window: Ref) -> str:
        return str(self._bus.get(window, ACCESSIBLE, "Name") or "")

    def _sheet(self, chain: tuple[Ref, ...], nodes: list[_Node]) -> str | None:
        """The sheet an element lies in, None outside of spreadsheets; LibreOffice calls its table `Sheet NAME`."""
        at = next((at for at, each in enumerate(nodes) if each.role == "document spreadsheet"), None)
        if at is None:
            return None
        tables = [each.name for each in nodes[:at] if each.role == "table"]
        if tables:
            self._sheets[chain[at]] = tables[-1].partition(" ")[2]
        return self._sheets.get(chain[at], "")

    def _selector(self, nodes: list[_Node], frame: int | None, role: str, name: str) -> str:
        parts = [f'{role}"{name}"' if name else role]
        for node in nodes[: frame if frame is not None else len(nodes)]:
            kind = _ROLES.get(node.role, node.role.replace(" ", ""))
            if node.name and kind not in _CONTENT and kind != "rootpane":
                parts.append(f'{kind}"{node.name[:80]}"')
        return " > ".join(reversed(parts))

    def _place(self, around: list[tuple[Ref, _Node]]) -> tuple[str, str] | None:
        """The file and the page that an element shows; None for a page whose address no rule could be held against."""
        for ref, node in around:
            if not node.role.startswith("document"):
                continue
            if node.role == "document web":
                for name in ("DocURL", "URI"):
                    if address := self._bus.call(ref, DOCUMENT, "GetAttributeValue", "s", name):
                        return _shown(str(address))
                return None
            name = self._title(ref)  # anew: a document gets another name when it is saved under one
            if name.startswith("file://"):
                return _shown(name.rpartition(" - ")[0] or name)
        return "", ""

    def _bounds(self, ref: Ref) -> tuple[int, int, int, int] | None:
        found = self._bus.call(ref, COMPONENT, "GetExtents", "u", 0)
        if not found or min(found) < _NOWHERE:
            return None
        return (found[0], found[1], found[2], found[3])


def _shown(address: str) -> tuple[str, str]:
    """(path of a file, address of a page without query and fragment) that an address says."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        return unquote(parts.path), ""
    return "", f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"


def row_of(element: Element) -> dict[str, Any]:
    """The fields of an event that say which element it happened in."""
    row: dict[str, Any] = {
        "element_role": element.role,
        "element_name": element.name or None,
        "element_id": element.id or None,
        "element_selector": element.selector,
        "element_bounds": list(element.bounds) if element.bounds else None,
        "document": element.document or None,
        "url": element.url or None,
    }
    if element.document:
        row["objects"] = [{"id": f"file:{element.document}", "type": "document", "qualifier": ""}]
    return {name: value for name, value in row.items() if value is not None}
