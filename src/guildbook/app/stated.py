"""A statement in words: Markdown without any HTML, whatever names and texts hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from guildbook.govern.statement import DERIVED
from guildbook.teach.text import clean

_MARKS: Final = re.compile(r"([\\`*_{}\[\]<>|#&!~])")
_ONE: Final = 1_000_000
_HOW_TO_CHECK: Final = (
    "## How to check this\n\nThe same as JSON has for each line the proof that its entry is in the log, and the book's "
    "signature: guildbook audit check-proof FILE.json needs nothing else."
)
Row = tuple[object, ...]


def markdown(said: Mapping[str, Any]) -> str:
    """The statement for people; the JSON beside it is what is signed and can be checked."""
    lines, names = said["lines"], said["names"]
    parts = [
        f"# Statement for {_safe(said['name'])}",
        f"From {said['from'][:19]}Z until before {said['to'][:19]}Z, of the book {said['book']}.",
        _section("Used", ("what for", "use", "by whom", "into", "by what right", "times", "events", "entries"),
                 _uses(lines, names)),
        _section("Asked for and refused", ("what for", "by whom", "why", "classes", "times", "entries"),
                 _refused(lines, names)),
        _section("Made of your traces, among others'", ("what", "kind", "steps from the traces", "state", "entry"), [
            (one["name"], one["what"], one["depth"], one["state"], one["entry"]) for one in _of(lines, DERIVED)
        ]),
        _section("Paid", ("agreement", "your share", "of", "rule", "for", "entry"), [
            (names.get(one["agreement"], one["agreement"]), _cents(one["share"]), _cents(one["amount"]), one["rule"],
             _worth(one), one["entry"])
            for one in _of(lines, "payout")
        ]),
        _section("Measured", ("agreement", "share of episodes taken alone", "between", "agreed", "entry"), [
            (names.get(one["agreement"], one["agreement"]), _ppm(one["value"]),
             f"{_ppm(one['low'])} and {_ppm(one['high'])}", _ppm(one["bound"]), one["entry"])
            for one in _of(lines, "measure")
        ]),
        _section("What you said, were told and asked", ("what", "entry"), [
            (_other(one, names), one["entry"]) for one in lines if one["kind"] in _OTHER
        ]),
        _total(lines),
        f"## If something is wrong\n\n{_safe(said['how_to_appeal'])}",
        _HOW_TO_CHECK,
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _of(lines: Iterable[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    return [one for one in lines if one["kind"] == kind]


def _uses(lines: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[Row]:
    sums: dict[Row, list[Any]] = {}
    for one in _of(lines, "use"):
        right = " ".join([one["reason"], *(_clause(c, names) for c in one["clauses"].split())])
        row = sums.setdefault((one["purpose"], one["use"], _whom(one, names), one["artefact"], right), [0, 0, []])
        row[0] += 1
        row[1] += one["rows"]
        row[2].append(one["entry"])
    return [(*key, times, f"{events:,}", _entries(found)) for key, (times, events, found) in sorted(sums.items())]


def _refused(lines: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[Row]:
    sums: dict[Row, list[int]] = {}
    for one in _of(lines, "refused"):
        key = one["purpose"], _whom(one, names), ", ".join(one["reasons"]), ", ".join(one["classes"])
        sums.setdefault(key, []).append(one["entry"])
    return [(*key, len(found), _entries(found)) for key, found in sorted(sums.items())]


def _whom(one: Mapping[str, Any], names: Mapping[str, str]) -> str:
    to = str(one["recipient"])
    return {"": "in-house", "*": "everybody"}.get(to, names.get(to, to))


def _clause(clause: str, names: Mapping[str, str]) -> str:
    agreement, mark, named = clause.partition("#")
    return f"{names.get(agreement, agreement)} ({named})" if mark else clause


def _entries(found: list[int]) -> str:
    """Entries, at most a few by number."""
    told = [str(one) for one in found[:6]]
    return ", ".join(told) + (f" … {found[-1]}" if len(found) > len(told) else "")


def _worth(one: Mapping[str, Any]) -> str:
    """What a payout was worked out from, with its interval where it was measured."""
    told = [f"{one['hours'] / 3600:.1f} hours"] if "hours" in one else []
    if "contribution" in one:
        told.append(f"contribution {_ppm(one['contribution'])}")
    if {"low", "high"} <= one.keys():
        told.append(f"between {_ppm(one['low'])} and {_ppm(one['high'])}")
    return ", ".join(told) or "everybody alike"


def _cents(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02}"


def _ppm(share: int) -> str:
    return f"{100 * share / _ONE:g} %"


_OTHER: Final[Mapping[str, Callable[[Mapping[str, Any], str], str]]] = {
    "said": lambda one, to: f"You said {one['said']}: {one['purpose']}, class {one['class']}, to {to}",
    "notice": lambda one, to: f"A notice about {to} was served ({one['hash'][:12]})",
    "acknowledged": lambda one, to: f"You acknowledged the notice about {to} ({one['hash'][:12]})",
    "appeal": lambda one, _: f"You appealed against entry {one['entry']}: {one['text']}",
    "answer": lambda one, _: f"Your appeal was {'upheld' if one['upheld'] else 'dismissed'}: {one['text']}",
    "erasing": lambda one, _: f"An erasure {'of a part ' if 'events' in one else ''}began",
    "erased": lambda one, _: f"An erasure ended: guildbook erasures {one['erasure'][:12]}",
}


def _other(one: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return _OTHER[one["kind"]](one, _whom(one, names) if "recipient" in one else "")


def _total(lines: Iterable[Mapping[str, Any]]) -> str:
    uses, paid = _of(lines, "use"), _of(lines, "payout")
    told = f"{len(uses):,} uses of {sum(one['rows'] for one in uses):,} events in all"
    return f"{told}; {_cents(sum(one['share'] for one in paid))} paid." if paid else f"{told}."


def _section(title: str, columns: tuple[str, ...], rows: Iterable[Row]) -> str:
    told = [f"| {' | '.join(_safe(str(cell)) for cell in row)} |" for row in rows]
    if not told:
        return ""
    head = [f"| {' | '.join(columns)} |", "|" + " --- |" * len(columns)]
    return "\n".join([f"## {title}", "", *head, *told])


def _safe(text: str) -> str:
    """Text that is nothing but text in Markdown, on one line."""
    return _MARKS.sub(r"\\\1", " ".join(clean(text).split()))
