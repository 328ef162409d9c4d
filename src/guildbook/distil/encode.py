"""Admitted event columns as dense integer codes: strings are looked at once a dictionary value, never once an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from guildbook.distil.conditions import LIFECYCLE, PREFIX, parse_attributes
from guildbook.distil.labels import app_label, clean, document_class, generalise, page_label, plain_label
from guildbook.distil.outcomes import BAD, BY_STEP, COMMANDS, GOOD, NONE, outcome_code, step_code
from guildbook.distil.quality.checks import Checked, checked
from guildbook.distil.segment import performances
from guildbook.distil.segment.units import long_units
from guildbook.distil.settings import Settings
from guildbook.distil.sums import condition_symbol, worker_symbol
from guildbook.model.ids import symbol

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]

COLUMNS: Final = (
    "id",
    "worker",
    "time",
    "duration",
    "seq",
    "source",
    "app",
    "action",
    "window",
    "document",
    "url",
    "element_role",
    "element_name",
    "element_id",
    "element_selector",
    "value_after",
    "objects",
    "case",
    "outcome",
    "attributes",
)
"""The admitted columns a summary depends on."""
CUT_BY: Final = ("window", "url", "element_selector")
"""Those of them that only tell where raw interaction is to be cut."""


@dataclass(frozen=True)
class Words:
    """A dictionary: texts by code, and the symbol of each."""

    texts: tuple[str, ...]
    symbols: NDArray[np.uint64]

    @classmethod
    def of(cls, texts: Iterable[str], code: Callable[[str], int] = symbol) -> Words:
        """The words with their symbols."""
        listed = tuple(texts)
        return cls(listed, np.fromiter((code(t) for t in listed), np.uint64, len(listed)))

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Events:
    """Events in no particular order; a code of −1 means none. Each `Words` belongs to the codes of its name."""

    time: Ints
    duration: Ints
    """µs; −1: unknown."""
    seq: Ints
    ids: NDArray[np.uint64]
    """(n, 2): the id's bytes as two big-endian halves."""
    worker: Codes
    act: Codes
    app: Codes
    source: Codes
    case: Codes
    task: Codes
    """Of the case; −1 without a case."""
    outcome: NDArray[np.int8]
    """`outcomes` code, `BY_STEP` added where the step says so; −1 where the event says nothing of it."""
    rule: Codes
    """Set of conditions."""
    ask_event: Ints
    """Row of each ask; an event that addresses two people is two asks."""
    ask_worker: Codes
    workers: Words
    """Also those only ever addressed."""
    acts: Words
    apps: Words
    sources: Words
    cases: tuple[str, ...]
    tasks: Words
    rule_offsets: Ints
    rule_codes: NDArray[np.int64]
    """Runs of condition codes, by rule."""
    conditions: Words
    idle: int
    """µs of idleness that end an episode."""
    copy_event: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    """Row of each copy: whom an event is told to without being addressed to them (`cc`)."""
    copy_worker: Codes = field(default_factory=lambda: np.empty(0, np.int32))
    performance: Codes = field(default_factory=lambda: np.empty(0, np.int32))
    """Which performance of its worker's week a row without a case is part of; −1 where idle gaps cut. Empty: they do
    everywhere."""
    routine: Codes = field(default_factory=lambda: np.empty(0, np.int32))
    """What is done in that performance; −1 or empty as `performance`."""
    routines: Words = field(default_factory=lambda: Words.of(()))

    def __len__(self) -> int:
        return len(self.time)

    def take(self, rows: NDArray[np.bool_]) -> Events:
        """Some of the events, dictionaries shared."""
        place = np.cumsum(rows) - 1
        asked = rows[self.ask_event] if len(self.ask_event) else np.empty(0, dtype=bool)
        copied = rows[self.copy_event] if len(self.copy_event) else np.empty(0, dtype=bool)
        return replace(
            self,
            **{name: getattr(self, name)[rows] for name in _PER_EVENT},
            **{name: getattr(self, name)[rows] for name in _OF_UNITS if len(self.routines)},
            ask_event=place[self.ask_event[asked]].astype(np.int64),
            ask_worker=self.ask_worker[asked],
            copy_event=place[self.copy_event[copied]].astype(np.int64),
            copy_worker=self.copy_worker[copied],
        )


_PER_EVENT: Final = (
    "time",
    "duration",
    "seq",
    "ids",
    "worker",
    "act",
    "app",
    "source",
    "case",
    "task",
    "outcome",
    "rule",
)
_OF_UNITS: Final = ("performance", "routine")


def encode(table: pa.Table, settings: Settings, *, cut: bool = True) -> Events:
    """Codes for a table that has at least `COLUMNS`. Rows keep their order; nothing depends on it later.

    What is raw interaction is cut into performances, which takes the weeks of those who did it whole; `cut` says
    whether to.
    """
    workers, worker = _words(table, "worker")
    actions, action = _words(table, "action")
    apps, app = _words(table, "app")
    sources, source = _words(table, "source")
    cases, case = _words(table, "case")
    outcomes, said = _words(table, "outcome")
    attributes, attribute = _words(table, "attributes")
    ids = event_ids(table)
    lifecycles, lifecycle, rule_sets, rule = _attributes(attributes, attribute)
    rule_sets, rule = _with_checks(rule_sets, rule, checked(table, case, ids, attributes, attribute))
    acts, act = _activities(table, (apps, app), (actions, action), (lifecycles, lifecycle))
    task_of, task_texts = _case_types(cases)
    addressed, people, person, asked = _addressed(table)
    everyone = {name: code for code, name in enumerate(workers)}
    for name in people:
        everyone.setdefault(name, len(everyone))
    person = np.array([everyone[name] for name in people], np.int32)[person]
    conditions = sorted({text for texts in rule_sets for text in texts})
    condition_code = {text: code for code, text in enumerate(conditions)}
    lengths = np.array([0, *(len(texts) for texts in rule_sets)], np.int64)
    codes = np.array([*(outcome_code(text, settings) for text in outcomes), -1], np.int8)
    events = Events(
        time=_integers(table, "time", 0),
        duration=np.maximum(_integers(table, "duration", -1), -1),
        seq=_integers(table, "seq", -1),
        ids=ids,
        worker=np.where(worker < 0, _unnamed(everyone), worker).astype(np.int32) if (worker < 0).any() else worker,
        act=act,
        app=app,
        source=source,
        case=case,
        task=np.where(case < 0, -1, task_of[case]).astype(np.int32) if len(cases) else case,
        outcome=_settled(codes[said], (acts, act), _commands(apps, app, case), settings),
        rule=rule,
        ask_event=addressed[asked],
        ask_worker=person[asked],
        copy_event=addressed[~asked],
        copy_worker=person[~asked],
        workers=Words.of(everyone, worker_symbol),
        acts=acts,
        apps=Words.of(apps),
        sources=Words.of(sources),
        cases=tuple(cases),
        tasks=Words.of(task_texts),
        rule_offsets=np.cumsum(lengths),
        rule_codes=np.array([condition_code[text] for texts in rule_sets for text in texts], np.int64),
        conditions=Words.of(conditions, condition_symbol),
        idle=settings.idle,
    )
    return _with_performances(events, table) if cut else events


def _with_performances(events: Events, table: pa.Table) -> Events:
    """The events with the performances found in those without a case."""
    loose = events.case < 0
    if not long_units(events.worker, events.time, loose, events.idle).any():
        return events
    rows = np.flatnonzero(loose)
    order = rows[np.lexsort((events.ids[rows, 1], events.ids[rows, 0], events.seq[rows], events.time[rows]))]
    found = performances.found(table, events.worker, loose, order, events.idle)
    if not found.names:
        return events
    return replace(events, performance=found.number, routine=found.routine, routines=Words.of(found.names))


def _unnamed(everyone: dict[str, int]) -> int:
    """Admitted events always name a worker; a raw table may not."""
    return everyone.setdefault("unknown", len(everyone))


def _words(table: pa.Table, name: str) -> tuple[list[str], Codes]:
    """The distinct texts of a dictionary column and each row's code; −1 for null."""
    if name not in table.column_names or table.column(name).null_count == len(table):
        return [], np.full(len(table), -1, np.int32)
    column = table.column(name)
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column.cast(pa.string()))
    column = column.unify_dictionaries()
    whole = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if len(whole.dictionary) > len(whole) - whole.null_count:  # a filtered table carries words it no longer uses
        whole = whole.cast(pa.string()).dictionary_encode()
    codes = pc.fill_null(whole.indices, -1).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    texts: list[str] = whole.dictionary.to_pylist()
    distinct = {text: code for code, text in enumerate(dict.fromkeys(texts))}
    if len(distinct) == len(texts):
        return texts, codes
    renumbered = np.array([*(distinct[text] for text in texts), -1], np.int32)
    return list(distinct), renumbered[codes]


def _integers(table: pa.Table, name: str, default: int) -> Ints:
    if name not in table.column_names:
        return np.full(len(table), default, np.int64)
    column = pc.fill_null(table.column(name).cast(pa.int64()), default)
    return np.ascontiguousarray(column.to_numpy())


def event_ids(table: pa.Table) -> NDArray[np.uint64]:
    """Ids as two unsigned halves that compare as the bytes do. A raw table has none: rows count up."""
    if "id" not in table.column_names:
        rows = np.zeros((len(table), 2), np.uint64)
        rows[:, 1] = np.arange(len(table))
        return rows
    column = table.column("id").combine_chunks()
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    parts = [
        np.frombuffer(c.buffers()[1], np.uint8)[c.offset * 16 : (c.offset + len(c)) * 16] for c in chunks if len(c)
    ]
    data = np.concatenate(parts) if parts else np.empty(0, np.uint8)
    return data.view(">u8").astype(np.uint64).reshape(-1, 2)


def _attributes(texts: Sequence[str], codes: Codes) -> tuple[list[str], Codes, list[tuple[str, ...]], Codes]:
    """Lifecycles and sets of conditions, each with every row's code."""
    lifecycles: dict[str, int] = {}
    rules: dict[tuple[str, ...], int] = {}
    of_text = np.full((len(texts) + 1, 2), -1, np.int32)
    marks = f'"{PREFIX}', f'"{LIFECYCLE}"'
    used = np.bincount(codes + 1, minlength=len(texts) + 1)[1:] > 0  # a filtered table may use few of its words
    for place in np.flatnonzero(used).tolist():
        text = texts[place]
        if marks[0] not in text and marks[1] not in text:
            continue
        lifecycle, conditions = parse_attributes(text)
        if lifecycle:
            of_text[place, 0] = lifecycles.setdefault(lifecycle, len(lifecycles))
        if conditions:
            of_text[place, 1] = rules.setdefault(conditions, len(rules))
    return list(lifecycles), of_text[codes, 0], list(rules), of_text[codes, 1]


def _commands(apps: Sequence[str], app: Codes, case: Codes) -> NDArray[np.bool_]:
    """Which rows are commands that say nothing of a case."""
    return (app == apps.index(COMMANDS)) & (case < 0) if COMMANDS in apps else np.zeros(len(app), dtype=bool)


def _settled(
    outcome: NDArray[np.int8], acts: tuple[Words, Codes], command: NDArray[np.bool_], settings: Settings
) -> NDArray[np.int8]:
    """The outcomes with those that a step says where the event itself says nothing.

    How a command ended is not how the work ended, unless its step is one that settles it: then it says what the step
    says if it went well, and if it failed that what a good step would have settled is bad.
    """
    if not (settings.good_steps or settings.bad_steps):
        return np.where(command, np.int8(-1), outcome)
    words, act = acts
    codes = [step_code(label, settings) for label in words.texts]
    by_step = np.array([*(code + BY_STEP if code else -1 for code in codes), -1], np.int8)[act]
    spoilt = np.where(by_step == GOOD + BY_STEP, np.int8(BAD + BY_STEP), np.int8(-1))
    by_step = np.where(command & (outcome == BAD), spoilt, by_step)
    return np.where((outcome >= NONE) & ~command, outcome, by_step)


def _with_checks(
    rules: list[tuple[str, ...]], rule: Codes, found: Checked | None
) -> tuple[list[tuple[str, ...]], Codes]:
    """The sets of conditions with what was found by holding cases against what was asked of them."""
    if found is None:
        return rules, rule
    code, cells = _combined([rule, found.of_row])
    sets = [(*(rules[a] if a >= 0 else ()), *(found.sets[b] if b >= 0 else ())) for a, b in cells.tolist()]
    return sets, code


def _activities(
    table: pa.Table,
    apps: tuple[list[str], Codes],
    actions: tuple[list[str], Codes],
    lifecycles: tuple[list[str], Codes],
) -> tuple[Words, Codes]:
    """The activity of each row: labels are made once for each combination that occurs."""
    names, name = _words(table, "element_name")
    roles, role = _words(table, "element_role")
    documents, document = _words(table, "document")
    shown, name = _reduced([generalise(text) for text in names], name)
    parts, role = _reduced([generalise(text) for text in roles], role)
    classes, document = _reduced([document_class(text) for text in documents], document)
    in_app = apps[1] >= 0
    elements = [*shown, *parts]
    element = np.where(name >= 0, name, np.where(role >= 0, role + len(shown), -1))
    on_page = in_app | ((role >= 0) & (name >= 0))
    kinds = [apps[1], actions[1], np.where(on_page, element, -1), np.where(in_app, document, -1)]
    combined, cells = _combined([*kinds, np.where(in_app, -1, lifecycles[1])])
    labels = [
        app_label(
            apps[0][a], actions[0][b] if b >= 0 else "", elements[c] if c >= 0 else "", classes[d] if d >= 0 else ""
        )
        if a >= 0
        else page_label(actions[0][b] if b >= 0 else "", elements[c])
        if c >= 0
        else plain_label(actions[0][b] if b >= 0 else "", lifecycles[0][e] if e >= 0 else None)
        for a, b, c, d, e in cells.tolist()
    ]
    texts, codes = _reduced(labels, combined)
    return Words.of(texts), codes


def _reduced(texts: Sequence[str], codes: Codes) -> tuple[list[str], Codes]:
    """Codes by distinct text; an empty text is none."""
    distinct = {text: code for code, text in enumerate(dict.fromkeys(t for t in texts if t))}
    renumbered = np.array([*(distinct.get(text, -1) for text in texts), -1], np.int32)
    return list(distinct), renumbered[codes]


def _combined(columns: Sequence[NDArray[Any]]) -> tuple[Codes, NDArray[np.int64]]:
    """A dense code for each combination of codes that occurs, and the combinations (m, columns)."""
    code = np.zeros(len(columns[0]), np.int64)
    cells = np.zeros((1, 0), np.int64)
    for column in columns:
        width = int(column.max(initial=-1)) + 2
        if width == 1:
            cells = np.column_stack([cells, np.full(len(cells), -1)])
            continue
        encoded = pc.dictionary_encode(pa.array(code * width + (column + 1)))
        found = encoded.dictionary.to_numpy()
        cells = np.column_stack([cells[found // width], found % width - 1])
        code = encoded.indices.to_numpy().astype(np.int64)
    return code.astype(np.int32), cells


def _case_types(cases: Sequence[str]) -> tuple[Codes, list[str]]:
    """The task of each case: what stands before the first colon."""
    found = pc.extract_regex(pa.array(cases, pa.string()), "^(?P<kind>[^:]*):")
    kind = pc.fill_null(pc.struct_field(found, "kind"), "").dictionary_encode()
    tasks: dict[str, int] = {}
    of_kind = [tasks.setdefault(clean(text) or "case", len(tasks)) for text in kind.dictionary.to_pylist()]
    return np.array(of_kind, np.int32)[kind.indices.to_numpy()], list(tasks)


def _addressed(table: pa.Table) -> tuple[Ints, list[str], Codes, NDArray[np.bool_]]:
    """Rows of events that address people (objects of type person), whom, and whether it is to them or a copy."""
    nobody = np.empty(0, np.int64), list[str](), np.empty(0, np.int32), np.empty(0, dtype=bool)
    if "objects" not in table.column_names or table.column("objects").null_count == len(table):
        return nobody
    objects = table.column("objects").combine_chunks()
    if isinstance(objects, pa.ChunkedArray):
        objects = pa.concat_arrays(objects.chunks)
    rows = pc.list_parent_indices(objects)
    flat = objects.flatten()
    how = pc.struct_field(flat, "qualifier")
    to = pc.equal(how, "to")
    person = pc.and_(pc.equal(pc.struct_field(flat, "type"), "person"), pc.or_(to, pc.equal(how, "cc")))
    keep = pc.and_(pc.fill_null(person, False), pc.is_valid(pc.struct_field(flat, "id")))  # noqa: FBT003
    people = pc.struct_field(flat, "id").filter(keep).dictionary_encode()
    where = rows.filter(keep).to_numpy().astype(np.int64)
    codes = people.indices.to_numpy().astype(np.int32)
    return where, people.dictionary.to_pylist(), codes, to.filter(keep).to_numpy(zero_copy_only=False)
