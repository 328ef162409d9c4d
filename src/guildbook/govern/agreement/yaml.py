"""Agreements as people write them: YAML with a schema, without YAML's surprises.

The text is read as a tree of nodes, and each value by the shape of its field: `no` is a name where a name is asked
for, and a date stays what was written. Anchors, aliases, tags, several documents, keys said twice and fields nobody
knows are refused with the line, and so is what is larger or deeper than any agreement.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import yaml

from guildbook.model.agreement import Agreement
from guildbook.model.agreement_fields import FieldSpec, Shape, specs
from guildbook.model.agreement_values import parsed, written
from guildbook.model.errors import InputError, UsageError

_MOST_BYTES: Final = 65_536
_MOST_NODES: Final = 4_000
_DEEPEST: Final = 8
_FIX: Final = "guildbook agreement draft TEMPLATE writes a whole agreement, with every field explained."


class _UnreadableError(Exception):
    """Why, and at which line (counted from 1)."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


def read(text: str, name: str = "the agreement") -> Agreement:
    """The agreement that a YAML text says. `name` stands in the messages, with the line.

    Raises `InputError` for anything that is not exactly one agreement; whether its terms make sense is not looked at.
    """
    try:
        _survey(text)
        return _record(Agreement, yaml.compose(text, Loader=yaml.SafeLoader), "")
    except _UnreadableError as found:
        raise InputError(f"{name}, line {found.line}: {found}.", _FIX, "agreement-yaml") from found
    except yaml.MarkedYAMLError as found:
        line = found.problem_mark.line + 1 if found.problem_mark else 1
        raise InputError(f"{name}, line {line}: {found.problem or 'no YAML'}.", _FIX, "agreement-yaml") from found
    except (yaml.YAMLError, RecursionError) as found:
        raise InputError(f"{name} is no YAML: {str(found).splitlines()[0]}.", _FIX, "agreement-yaml") from found


def write(agreement: Agreement) -> str:
    """The agreement as YAML that `read` reads back, each field explained."""
    return "\n".join(["# An agreement for Guildbook. Lists: [a, b]. Shares: 5 %. No limit, where it is allowed: none.",
                      *_lines(agreement, "")]) + "\n"  # fmt: skip


def set_value(agreement: Agreement, path: str, text: str) -> Agreement:
    """The agreement with the field at `path` (`term.last_day`) set to what a person wrote; lists: `a, b`.

    Raises `UsageError` for a path that is no field, or text that does not fit it.
    """
    return _set(agreement, path.split("."), text, path)


def _survey(text: str) -> None:
    """Refuse what no agreement needs before anything is built from it."""
    if len(text) > _MOST_BYTES or len(text.encode("utf-8", "surrogatepass")) > _MOST_BYTES:
        raise _UnreadableError(1, f"it is larger than {_MOST_BYTES:,} bytes")
    depth = nodes = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            raise _UnreadableError(line, "anchors and aliases are not allowed")
        if isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)) and event.tag is not None:
            raise _UnreadableError(line, "tags are not allowed")
        if documents > 1:
            raise _UnreadableError(line, "there is more than one document")
        if depth > _DEEPEST or nodes > _MOST_NODES:
            raise _UnreadableError(line, "it is deeper or longer than any agreement")


def _record(record: type[Any], node: yaml.Node | None, path: str) -> Any:
    if node is None:
        raise _UnreadableError(1, "there is nothing in it")
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        raise _UnreadableError(line, f"{path.rstrip('.') or 'an agreement'} must be a mapping of fields")
    known, values = specs(record), dict[str, Any]()
    for key, value in node.value:
        at = key.start_mark.line + 1
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        if name in values:
            raise _UnreadableError(at, f"{path}{name} is said twice")
        values[name] = _value(_known(known, name, path, at), value, f"{path}{name}")
    for name, spec in known.items():
        if spec.required and name not in values:
            raise _UnreadableError(line, f"{path}{name} is missing ({spec.doc})")
    return record(**values)


def _known(known: Mapping[str, FieldSpec], name: str, path: str, line: int) -> FieldSpec:
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {path}{near[0]}?" if near else f"known: {', '.join(known)}"
    raise _UnreadableError(line, f"there is no field {path}{name[:60]!s}; {hint}")


def _value(spec: FieldSpec, node: yaml.Node, path: str) -> Any:
    line = node.start_mark.line + 1
    if spec.record is not None:
        return _record(spec.record, node, f"{path}.")
    try:
        if spec.shape is Shape.WORDS:
            return parsed(spec, list(_items(node, path)), path)
        if not isinstance(node, yaml.ScalarNode):
            raise _UnreadableError(line, f"{path} must be a single value")
        return parsed(spec, node.value, path)
    except ValueError as error:
        raise _UnreadableError(line, str(error)) from error


def _items(node: yaml.Node, path: str) -> Iterator[str]:
    if not isinstance(node, yaml.SequenceNode):
        raise _UnreadableError(node.start_mark.line + 1, f"{path} must be a list: [a, b]")
    for item in node.value:
        if not isinstance(item, yaml.ScalarNode):
            raise _UnreadableError(item.start_mark.line + 1, f"{path} must be a list of names")
        yield item.value


def _lines(record: Any, indent: str) -> Iterator[str]:
    for name, spec in specs(type(record)).items():
        value = getattr(record, name)
        choices = f" One of: {', '.join(spec.choices)}." if spec.choices else ""
        if spec.record is not None:
            yield f"{indent}{name}: # {spec.doc}"
            yield from _lines(value, f"{indent}  ")
        else:
            yield f"{indent}{name}: {_scalar(spec, value)} # {spec.doc}{choices}"


def _scalar(spec: FieldSpec, value: Any) -> str:
    if spec.shape is Shape.WORDS:
        return f"[{', '.join(_quoted(item) for item in value)}]"
    text = written(spec, value)
    return _quoted(text) if spec.shape in {Shape.TEXT, Shape.DATE, Shape.MONTH} else text


def _quoted(text: str) -> str:
    """Text as a YAML scalar: bare where it is a simple word, single quotes otherwise."""
    if text and text.isascii() and text.replace("-", "").isalnum() and text[0].isalpha():
        return text
    return "'" + text.replace("'", "''") + "'"


def _set(record: Any, steps: list[str], text: str, path: str) -> Any:
    known = specs(type(record))
    spec = known.get(steps[0])
    if spec is None or (spec.record is None) != (len(steps) == 1):
        raise UsageError(f"There is no field {path} in an agreement.", f"Fields here: {', '.join(known)}.")
    if spec.record is not None:
        return replace(record, **{steps[0]: _set(getattr(record, steps[0]), steps[1:], text, path)})
    try:
        value = parsed(spec, _split(text) if spec.shape is Shape.WORDS else text, path)
    except ValueError as error:
        raise UsageError(f"{error}.", spec.doc) from error
    return replace(record, **{steps[0]: value})


def _split(text: str) -> list[str]:
    inner = text.strip().removeprefix("[").removesuffix("]")
    return [word for part in inner.split(",") if (word := part.strip())]
