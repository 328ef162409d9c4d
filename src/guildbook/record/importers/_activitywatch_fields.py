"""What an ActivityWatch event says, as fields of ours: by the type of its bucket."""

from __future__ import annotations

from typing import Any

from guildbook.record.importers._attributes import canonical
from guildbook.record.importers._rows import plain

Bucket = dict[str, Any]
Data = dict[str, Any]


def fields_of(bucket: Bucket, data: Data) -> dict[str, str | None]:
    """The fields an event of this bucket's type has; `data` is used up, what stays are attributes."""
    kind, client = text_of(bucket, "type") or "", (text_of(bucket, "client") or "").removeprefix("aw-watcher-")
    match kind:
        case "currentwindow":
            found = {"action": "focus", "app": _take(data, "app"), "window": _take(data, "title")}
        case "web.tab.current":
            found = {"action": "view", "app": "browser", "url": _take(data, "url"), "window": _take(data, "title")}
        case "app.editor.activity":
            found = {"action": "edit", "app": client or "editor", "document": _take(data, "file")}
        case "afkstatus":
            found: dict[str, str | None] = {"action": "active" if _take(data, "status") == "not-afk" else "afk"}
        case _:
            found = {"action": plain(kind) or "unknown", "app": _take(data, "app") or client or None}
            found |= {"window": _take(data, "title"), "url": _take(data, "url"), "document": _take(data, "file")}
    return {**found, "attributes": _attributes(data)}


def _attributes(data: Data) -> str | None:
    try:
        text = canonical({key: value for key, value in data.items() if value != ""})
    except (ValueError, RecursionError):
        return None
    return plain(text) if text else None


def _take(data: Data, key: str) -> str | None:
    """The text under `key`, taken out of `data`; what is no text stays there."""
    value = data.get(key)
    if not isinstance(value, str):
        return None
    del data[key]
    return plain(value) or None


def text_of(bucket: Bucket, key: str) -> str | None:
    value = bucket.get(key)
    return plain(value) if isinstance(value, str) and value and value != "unknown" else None
