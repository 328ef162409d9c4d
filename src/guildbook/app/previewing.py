"""What would be shared of what was recorded: who would be given which events today, and what redaction does to them.

The gate is asked what it would decide; nothing is granted, read from the book, or written down. What is in the book is
known from the outbox, which keeps entries for a while after they went.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import pyarrow as pa

from guildbook.app.book import Book
from guildbook.app.strikes import IN_HOUSE_WORD, recipient_named
from guildbook.columns.classes import NEEDED, classes
from guildbook.govern.permissions import purpose_named
from guildbook.model.decision import IN_HOUSE, Decision, Reason, Request
from guildbook.model.purpose import Purpose
from guildbook.model.time import iso, month, now
from guildbook.model.use import UseKind
from guildbook.record.live.delivery import Delivery
from guildbook.record.live.entry import Entry
from guildbook.record.live.kept import Kept, State, kept, waiting_since
from guildbook.record.live.outbox import Outbox
from guildbook.record.redact import clean_event
from guildbook.record.shapes import Shape, marks, shapes

MOST: Final = 20_000
"""Entries looked at, the newest."""
CHANGES: Final = 100
"""Changes told one by one; all are counted."""
_SHARED_NAMES: Final = frozenset({"objects", "document", "url"})
WHY: Final[Mapping[Reason, str]] = {
    Reason.UNLEARN: "to subtract is always allowed",
    Reason.ERASING: "the worker is being forgotten",
    Reason.OWN_RIGHT: "these are your own",
    Reason.BASE_POLICY: "nobody may allow this",
    Reason.WORKER_REFUSAL: "you refuse it",
    Reason.PAUSED: "you have paused these",
    Reason.STRIKE: "there is a strike",
    Reason.COLLECTIVE_REFUSAL: "your collective refuses it",
    Reason.HELD_OUT: "held out in your collective's vault",
    Reason.VAULT_WITHHELD: "the vault is withheld",
    Reason.AGREEMENT: "an agreement of your collective allows it",
    Reason.NOTICE_NOT_SERVED: "an agreement would allow it, but you were not given the notice that the law asks for",
    Reason.STEP_NOT_RECORDED: "an agreement would allow it, but a step that the law asks for is missing",
    Reason.WORKER_PERMIT: "you allow it",
    Reason.VAULT: "your collective scores it in its vault",
    Reason.IMPORT_TERMS: "the terms it was imported under allow it",
    Reason.OWN_PURPOSE: "nothing else was said, and this is what a book is for",
    Reason.BOUND_CROSSED: "an agreement would allow it, but a model does more alone than was agreed",
    Reason.DEPTH: "nothing may be derived so far from your work",
    Reason.NO_PERMISSION: "nobody has allowed it",
}
"""Why something is decided so, said to the worker."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about; empty: every purpose, everybody, every use."""

    purpose: str = ""
    recipient: str = ""
    """A licensee's name; `in-house`."""
    use: str = ""

    @property
    def anything(self) -> bool:
        """Whether it is about something, so that refusals are told as well."""
        return bool(self.purpose or self.recipient)


class Heap(NamedTuple):
    """Events on which the same is decided."""

    trace_class: str
    month: str
    state: State


def attempt(text: str) -> dict[str, Any]:
    """What redaction makes of a text before anything is written, and what it takes out of it."""
    after = str(clean_event({"value_after": text})["value_after"])
    return {"after": after, "changes": [_told(shape) for shape in shapes(text, after)]}


def preview(outbox: Outbox, worker: str, since: int, asked: Asked, book: Book | None) -> dict[str, Any]:
    """What waits, and what was recorded from `since` on (µs UTC) and is in the book: to whom it would go, and how.

    Raises `UsageError` and `UnknownNameError` for a purpose or somebody there is not.
    """
    waiting = waiting_since(outbox)
    found = kept(outbox, since=since if waiting is None else min(since, waiting), limit=MOST)
    found = [each for each in found if each.state is State.WAITING or each.entry.end >= since]
    dry = Delivery(outbox, worker, _nowhere).dry([(each.bucket, each.entry) for each in found])
    went = {entry.id or 0: (before, after) for entry, before, after in dry}
    changes, heaps = list(_changes(found, went)), _heaps(found, went)
    return {
        "worker": worker, "since": iso(since), "cut": len(found) >= MOST,
        "entries": {str(state): sum(each.state is state for each in found) for state in State},
        "shared": [] if book is None else _shared(book, worker, heaps, asked),
        "book": book is not None,
        "changes": changes[:CHANGES], "changed": len(changes),
    }  # fmt: skip


def _heaps(found: Sequence[Kept], went: Mapping[int, tuple[Any, dict[str, Any] | None]]) -> Counter[Heap]:
    rows = [(each, after) for each in found for after in [went[each.entry.id or 0][1]] if after is not None]
    if not rows:
        return Counter()
    columns = {name: pa.array([after[name] for _, after in rows], pa.string()) for name in NEEDED}
    told = pa.table({name: column.dictionary_encode() for name, column in columns.items()})
    names, code = classes(told)
    return Counter(
        Heap(names[place], month(each.entry.time), each.state)
        for (each, _), place in zip(rows, code.tolist(), strict=True)
        if each.state is not State.REFUSED
    )


# Who would be given what


def _shared(book: Book, worker: str, heaps: Counter[Heap], asked: Asked) -> list[dict[str, Any]]:
    person, time = book.persons.person(worker), now()
    sums: dict[tuple[str, str, str, str, Decision], Counter[State]] = {}
    for to, purpose, use in _questions(book, asked):
        request = Request(person, "", purpose, time, to, use)
        stored = _stored(book, request)
        for heap, count in heaps.items():
            for decision in _decisions(book, request, heap, stored):
                key = (heap.trace_class, purpose, to, use, decision)
                sums.setdefault(key, Counter())[heap.state] += count
    rows = [
        {
            "class": name, "purpose": purpose, "recipient": IN_HOUSE_WORD if to == IN_HOUSE else book.govern.label(to),
            "use": use, "allow": decision.allow, "reason": str(decision.reason), "why": WHY[decision.reason],
            "clauses": list(decision.clauses), "waiting": counts[State.WAITING], "in_book": counts[State.IN_BOOK],
        }
        for (name, purpose, to, use, decision), counts in sums.items()
        if decision.allow or asked.anything
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row["recipient"] != IN_HOUSE_WORD, row["recipient"], row["purpose"],
                                         not row["allow"], row["use"], row["class"]))  # fmt: skip


def _questions(book: Book, asked: Asked) -> Iterator[tuple[str, str, str]]:
    """Recipient (an id), purpose and use of every request that is asked about."""
    purposes = [purpose_named(asked.purpose, permit=True)] if asked.purpose else [
        str(each) for each in Purpose if each is not Purpose.UNLEARN
    ]  # fmt: skip
    world = book.govern.register.world()
    everybody = [IN_HOUSE, *sorted({each.licensee for each in world.agreements.values()})]
    recipients = [recipient_named(book.govern, book.persons, asked.recipient)] if asked.recipient else everybody
    for to in recipients:
        uses = [asked.use] if asked.use or to == IN_HOUSE else [str(each) for each in UseKind]
        yield from ((to, purpose, use) for purpose in purposes for use in uses)


Stored = dict[tuple[str, str], list[Decision]]
"""By class and first month, what is decided on what the book holds."""


def _stored(book: Book, request: Request) -> Stored:
    out: Stored = {}
    for each in book.govern.ruled(request):
        for name, decision in zip(each.classes, each.decisions, strict=True):
            said = out.setdefault((name, each.group.month), [])
            if decision not in said:
                said.append(decision)
    return out


def _decisions(book: Book, request: Request, heap: Heap, stored: Stored) -> list[Decision]:
    """What is decided on a heap; several where the book holds such events on different terms."""
    if heap.state is State.IN_BOOK:
        months = [begin for name, begin in stored if name == heap.trace_class and begin <= heap.month]
        if months:
            return stored[heap.trace_class, max(months)]
    about = Request(
        request.worker, heap.trace_class, request.purpose, request.time, request.recipient, request.use, heap.month
    )
    return [book.govern.may(about)]


# What becomes of the fields


def _changes(
    found: Sequence[Kept], went: Mapping[int, tuple[dict[str, Any], dict[str, Any] | None]]
) -> Iterator[dict[str, Any]]:
    """Field by field what was taken out before the first write, and what would still change on the way."""
    for each in found:
        before, after = went[each.entry.id or 0]
        about = {"entry": each.entry.id, "source": each.source, "time": iso(each.entry.time)}
        for field, text in _texts(each.entry):
            yield from (about | {"field": field} | _told(Shape(mark)) for mark in marks(text))
        if each.state is not State.WAITING:
            continue
        if after is None:
            yield about | {"field": "", "change": "does not go: another source tells of the same, or it fits no event"}
            continue
        yield from (about | one for one in _on_the_way(before, after))


def _on_the_way(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    cut = {note.removesuffix(":cut") for note in str(after["redactions"] or "").split(",") if note.endswith(":cut")}
    for field, value in after.items():
        was = before.get(field)
        if field in {"worker", "redactions", "time", "duration"} or was in {None, ""} or was == value:
            continue
        if field in cut:
            yield {"field": field, "change": f"{len(str(was))} characters, cut to {len(str(value))}"}
        elif found := shapes(str(was), str(value)):
            yield from ({"field": field} | _told(shape) for shape in found)
        elif field in _SHARED_NAMES:
            yield {"field": field, "change": "under the name that all applications share"}


def _texts(entry: Entry) -> Iterator[tuple[str, str]]:
    return ((str(name), value) for name, value in entry.data.items() if isinstance(value, str))


def _told(shape: Shape) -> dict[str, Any]:
    return {"mark": shape.mark, "characters": shape.length, "change": str(shape)}


def _nowhere(_: str, table: pa.Table) -> None:
    """Where nothing is sent."""
    del table
