"""One name for one thing, whatever application told of it: files, pages, mails, people.

What is told here is a function of the event and, for links in the file system, of the folders as they are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

Object = Mapping[str, str]

_PORTS: Final = {"http": 80, "https": 443}
_ADDRESS: Final = re.compile(r"[^\s<>\"',;:()\[\]]+@[^\s<>\"',;:()\[\]]+")
_LONGEST: Final = 4096


def page(url: str) -> str | None:
    """`url:https://host/path` of an address of the web; None for any other."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme.lower() not in _PORTS or not host:
        return None
    return f"url:{_origin(parts, host, port)}{parts.path or '/'}"


def _origin(parts: SplitResult, host: str, port: int | None) -> str:
    scheme = parts.scheme.lower()
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" if port in {None, _PORTS[scheme]} else f"{scheme}://{shown}:{port}"


def file(path: str) -> str | None:
    """`file:/absolute/path` of a path or a `file://` address of this machine; None for any other text."""
    text = path.strip()
    if text.lower().startswith("file://"):
        parts = urlsplit(text)
        if parts.hostname not in {None, "localhost"}:
            return None
        text = unquote(parts.path)
    if text.startswith("~"):
        text = os.path.expanduser(text)  # noqa: PTH111 - Path's own raises for an unknown user
    if not text.startswith("/") or "\0" in text or len(text) > _LONGEST:
        return None
    folder, name = os.path.split(os.path.normpath(text))
    folder = _real(folder)
    return f"file:{folder if folder.endswith('/') else folder + '/'}{name}"


@lru_cache(1024)
def _real(folder: str) -> str:
    """A folder without links on the way to it. A file itself is not followed: it may be saved by replacing it."""
    return os.path.realpath(folder)


def one_name(thing: Object) -> dict[str, str]:
    """An object under the name that all share for it; as it is where it has none such."""
    given = str(thing.get("id") or "")
    kind, qualifier = str(thing.get("type") or ""), str(thing.get("qualifier") or "")
    head, _, rest = given.partition(":")
    match head.lower():
        case "file":
            return _as(file(rest if not rest.startswith("//") else given) or given, kind or "document", qualifier)
        case "url":
            return _as(page(rest) or given, kind or "page", qualifier)
        case "http" | "https":
            return _as(page(given) or given, kind or "page", qualifier)
        case "mail":
            return _as(f"mail:{rest.strip().removeprefix('<').removesuffix('>')}", kind or "mail", qualifier)
        case _:
            if kind == "person" and (address := _ADDRESS.search(given.removeprefix("mailto:"))):
                return _as(address[0].lower(), kind, qualifier)
            return _as(given, kind, qualifier)


def _as(identity: str, kind: str, qualifier: str) -> dict[str, str]:
    return {"id": identity, "type": kind, "qualifier": qualifier}


def things(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """The objects of an event under their shared names, once each, with the page and the file that it stands in."""
    found = [one_name(each) for each in row.get("objects") or () if each.get("id")]
    where = [(page(str(row.get("url") or "")), "page"), (file(str(row.get("document") or "")), "document")]
    found += [_as(identity, kind, "") for identity, kind in where if identity]
    return list(_once(found))


def _once(found: Iterable[dict[str, str]]) -> Iterable[dict[str, str]]:
    """Each object once for each part it plays; what plays a part is not there without one, too."""
    told = {(each["id"], each["qualifier"]) for each in found}
    parts = {identity for identity, qualifier in told if qualifier}
    seen: set[tuple[str, str]] = set()
    for each in found:
        key = each["id"], each["qualifier"]
        if key not in seen and (each["qualifier"] or each["id"] not in parts):
            seen.add(key)
            yield each


def named(row: Mapping[str, Any]) -> dict[str, Any]:
    """An event with its objects under their shared names.

    One without a device is told as an importer tells it, so that it is one event with what is imported later; it stays
    as it is.
    """
    if not row.get("device"):
        return dict(row)
    found = things(row)
    return dict(row) | {"objects": found or None}
