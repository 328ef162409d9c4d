"""Taking secrets out of event columns, and bounding the length of texts, before anything is written.

Columns are searched by their distinct values with one fast expression; only what that stops is looked at in Python.
Every changed field is noted in the event's `redactions`: `FIELD` when a secret was taken out, `FIELD:cut` when the text
was too long.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from guildbook.columns import OBJECTS, RAW_SCHEMA
from guildbook.columns.words import one_array
from guildbook.plugins import Rejected
from guildbook.record._secrets import FIELD, FIELD_RE2, SUSPECT, without_secrets
from guildbook.record.importers._attributes import canonical

LONGEST_VALUE: Final = 8 * 1024
"""Bytes kept of `value_before` and `value_after`."""
LONGEST_LABEL: Final = 1024
"""Bytes kept of every other text."""
LONGEST_ATTRIBUTES: Final = 16 * 1024
"""Bytes kept of `attributes`; the longest texts in it are shortened, then dropped."""

_SEARCHED: Final = 64 * 1024
"""Bytes of one text that are searched for secrets; what lies beyond would be cut off anyway."""
_HASH: Final = 5  # bytes
_VALUES: Final = ("value_before", "value_after")
_TEXTS: Final = ("app", "action", "window", "document", "url", "element_name", "element_selector", "outcome")
_NAMES: Final = ("worker", "device", "session", "element_id", "case")
_ELEMENT: Final = ("element_role", "element_name", "element_id")
_OTHER: Final = ("source", "source_version", "element_role", "origin", "media_sha256", "derived_from")

Change = Callable[[str], str]


class Columns(NamedTuple):
    """Event columns being worked on, and what to note of each row."""

    arrays: dict[str, pa.Array]
    noted: dict[str, pa.Array]
    """Note → boolean array of the rows it holds for."""


def redact(events: pa.Table) -> pa.Table:
    """The `RAW_SCHEMA` table without secrets and overlong texts, with `redactions` telling which fields changed."""
    if not events.num_rows:
        return events
    work = Columns({name: one_array(events.column(name)) for name in RAW_SCHEMA.names}, {})
    _hide_secret_fields(work)
    for name in (*_VALUES, *_TEXTS):
        _rewrite(work, name, f"{name}:cut", _longer_than(_SEARCHED), _cutter(_SEARCHED))
    for name in (*_VALUES, *_TEXTS):
        _rewrite(work, name, name, _suspects, without_secrets)
    for name in _NAMES:
        _rewrite(work, name, name, _suspects, _name_without_secrets)
    _rewrite(work, "attributes", "attributes", _suspect_names, _attributes_without_secrets)
    for name in (*_VALUES, *_TEXTS, *_OTHER):
        limit = LONGEST_VALUE if name in _VALUES else LONGEST_LABEL
        _rewrite(work, name, f"{name}:cut", _longer_than(limit), _cutter(limit))
    for name in _NAMES:
        _rewrite(work, name, f"{name}:cut", _longer_than(LONGEST_LABEL), _shorter_name)
    _rewrite(work, "attributes", "attributes:cut", _longer_than(LONGEST_ATTRIBUTES), _shorter_attributes)
    _rewrite_objects(work)
    if work.noted:
        work.arrays["redactions"] = _notes(work, events.num_rows)
    return pa.Table.from_arrays([work.arrays[name] for name in RAW_SCHEMA.names], schema=RAW_SCHEMA)


def rewritten(events: pa.Table, changes: Mapping[str, Change]) -> pa.Table:
    """The `RAW_SCHEMA` table with the different texts of some columns changed, and `redactions` telling where."""
    if not events.num_rows:
        return events
    work = Columns({name: one_array(events.column(name)) for name in RAW_SCHEMA.names}, {})
    for name, change in changes.items():
        _rewrite(work, name, name, pc.is_valid, change)
    if not work.noted:
        return events
    work.arrays["redactions"] = _notes(work, events.num_rows)
    return pa.Table.from_arrays([work.arrays[name] for name in RAW_SCHEMA.names], schema=RAW_SCHEMA)


def redact_rejected(rejected: Rejected) -> Rejected:
    """The same for a row on its way to the quarantine."""
    return Rejected(rejected.line, without_secrets(rejected.reason)[:500], without_secrets(rejected.text)[:500])


def clean_json(value: Any) -> Any:
    """A JSON value without secrets; what stands under a secret's name goes whatever it is."""
    return _clean(value)


def clean_event(data: Mapping[str, Any], change: Change = without_secrets) -> dict[str, Any]:
    """What a source says of one event, without secrets: what was typed into a secret field goes altogether, too.

    `change` takes the secrets out of one text.
    """
    found: dict[str, Any] = _clean(dict(data), change)
    if isinstance(text := data.get("attributes"), str):
        found["attributes"] = _attributes_without_secrets(text, change)
    if any(isinstance(name := data.get(part), str) and FIELD.search(name) for part in _ELEMENT):
        found |= {name: "[hidden]" for name in _VALUES if _says(found.get(name))}
    return found


def _suspects(texts: pa.Array) -> pa.Array:
    return pc.match_substring_regex(texts, SUSPECT)


def _suspect_names(texts: pa.Array) -> pa.Array:
    return pc.match_substring_regex(texts, f"{SUSPECT}|{FIELD_RE2}")


def _longer_than(limit: int) -> Callable[[pa.Array], pa.Array]:
    def find(texts: pa.Array) -> pa.Array:
        return pc.greater(pc.binary_length(texts), limit)

    return find


def _cutter(limit: int) -> Change:
    return lambda text: text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


def _shorter_name(text: str) -> str:
    """Cut, with a hash of the whole, so that two long ids stay two."""
    data = text.encode("utf-8", "replace")
    kept = data[: LONGEST_LABEL - 2 * _HASH - 1].decode("utf-8", "ignore")
    return f"{kept}~{hashlib.blake2b(data, digest_size=_HASH).hexdigest()}"


def _name_without_secrets(text: str) -> str:
    return without_secrets(text, keep_apart=True)


def _rewrite(work: Columns, name: str, note: str, find: Callable[[pa.Array], pa.Array], change: Change) -> None:
    array = work.arrays[name]
    if not isinstance(array, pa.DictionaryArray):
        changed, mask = _changed(array, find, change)
        if mask is not None:
            work.arrays[name] = changed
            _note(work, note, mask)
        return
    words, mask = _changed(array.dictionary, find, change)
    if mask is not None:
        work.arrays[name] = words.take(array.indices).dictionary_encode()
        _note(work, note, pc.fill_null(mask.take(array.indices), fill_value=False))


def _note(work: Columns, note: str, rows: pa.Array) -> None:
    work.noted[note] = pc.or_(work.noted[note], rows) if note in work.noted else rows


def _changed(texts: pa.Array, find: Callable[[pa.Array], pa.Array], change: Change) -> tuple[pa.Array, pa.Array | None]:
    """The texts with `change` applied where `find` stops, and where that made a difference (None: nowhere)."""
    stopped = pc.fill_null(find(texts), fill_value=False)
    if not pc.any(stopped).as_py():
        return texts, None
    found = texts.filter(stopped).dictionary_encode()
    new_words = pa.array([change(word) for word in found.dictionary.to_pylist()], pa.string())
    new = pc.replace_with_mask(texts, stopped, new_words.take(found.indices))
    mask = pc.fill_null(pc.not_equal(new, texts), fill_value=False)
    return (new, mask) if pc.any(mask).as_py() else (texts, None)


def _hide_secret_fields(work: Columns) -> None:
    """What was typed into an element that calls itself a password, a card number or the like goes altogether."""
    secret: pa.Array | None = None
    for name in _ELEMENT:
        array = work.arrays[name]
        hits = pc.match_substring_regex(array.dictionary, FIELD_RE2)
        if pc.any(hits).as_py():
            rows = pc.fill_null(hits.take(array.indices), fill_value=False)
            secret = rows if secret is None else pc.or_(secret, rows)
    if secret is None:
        return
    for name in _VALUES:
        array = work.arrays[name]
        mask = pc.and_(secret, pc.is_valid(array))
        if pc.any(mask).as_py():
            work.arrays[name] = pc.if_else(mask, "[hidden]", array)
            _note(work, name, mask)


def _rewrite_objects(work: Columns) -> None:
    objects = work.arrays["objects"]
    inner = pc.list_flatten(objects)
    if not len(inner):
        return
    parts = {name: inner.field(i) for i, name in enumerate(("id", "type", "qualifier"))}
    parents = pc.list_parent_indices(objects)
    touched = False
    for name, note, find, change in (
        ("id", "objects", _suspects, _name_without_secrets),
        *((part, "objects:cut", _longer_than(LONGEST_LABEL), _shorter_name) for part in parts),
    ):
        parts[name], mask = _changed(parts[name], find, change)
        if mask is not None:
            touched = True
            rows = pc.is_in(pa.array(range(len(objects))), pc.unique(parents.filter(mask)).cast(pa.int64()))
            _note(work, note, rows)
    if touched:
        lengths = pc.fill_null(pc.list_value_length(objects), 0)
        ends = pc.cumulative_sum(lengths).cast(pa.int32())
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
        struct = pa.StructArray.from_arrays(list(parts.values()), fields=list(OBJECTS.value_type))
        work.arrays["objects"] = pa.ListArray.from_arrays(offsets, struct, type=OBJECTS, mask=pc.is_null(objects))


def _notes(work: Columns, rows: int) -> pa.Array:
    noted = pc.fill_null(work.arrays["redactions"].cast(pa.string()), "")
    for note, mask in work.noted.items():
        noted = pc.binary_join_element_wise(noted, pc.if_else(mask, note, ""), ",")
    listed = pc.utf8_trim(pc.replace_substring_regex(noted, ",+", ","), characters=",")
    return pc.if_else(pc.equal(listed, ""), pa.nulls(rows, pa.string()), listed).dictionary_encode()


def _attributes_without_secrets(text: str, change: Change = without_secrets) -> str:
    try:
        return canonical(_clean(json.loads(text), change)) or "{}"
    except (ValueError, TypeError, AttributeError, RecursionError):
        return change(text)


def _clean(value: Any, change: Change = without_secrets) -> Any:
    """A JSON value without secrets; what stands under a secret's name goes whatever it is."""
    if isinstance(value, dict):
        return {
            change(key): "[hidden]" if FIELD.search(key) and _says(item) else _clean(item, change)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_clean(item, change) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        shown = str(value)
        return value if (found := change(shown)) == shown else found
    return change(value) if isinstance(value, str) else value


def _says(value: Any) -> bool:
    return not (value is None or isinstance(value, bool) or value in ("", "[hidden]"))


def _shorter_attributes(text: str) -> str:
    try:
        found: dict[str, Any] = json.loads(text)
        kept = {key: _cutter(LONGEST_LABEL)(v) if isinstance(v, str) else v for key, v in found.items()}
        sizes = {key: len((canonical({key: v}) or "").encode("utf-8", "replace")) for key, v in kept.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return "{}"
    total = sum(sizes.values())
    for key in sorted(sizes, key=lambda k: (-sizes[k], k)):
        if total <= LONGEST_ATTRIBUTES:
            break
        total -= sizes[key]
        del kept[key]
    return canonical(kept) or "{}"
