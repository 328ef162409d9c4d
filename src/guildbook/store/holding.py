"""Holding whole cases out: their events stand in segments of their own, whose terms name the vault.

The unit of storage is the unit of consent. So where a segment holds events of chosen cases and others, it is written
anew as two; one that holds nothing else only gets other terms. All of it is one transaction, with the act in the log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import Connection, delete, insert, select, update

from guildbook.columns.classes import NEEDED, classes
from guildbook.columns.ids import add_digests
from guildbook.columns.schema import EVENT_SCHEMA
from guildbook.columns.words import U64, as_words, one_array, symbols
from guildbook.model.errors import StoreError
from guildbook.store import files, tables
from guildbook.store.drafting import Draft
from guildbook.store.files import Change
from guildbook.store.held import SECRET, case_rows, held_cases, sealed_cases
from guildbook.store.reading import case_reader, read_tables, segment_rows
from guildbook.store.rows import SegmentRow, class_names, free_terms, hold_terms
from guildbook.store.vault import Vault

Ints = npt.NDArray[np.int64]
_READ: Final = ("time", "case", *NEEDED)
_PPM: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """Which cases to hold out: of those that only eligible events belong to."""

    name: str
    """Of the vault."""
    may: Callable[[SegmentRow, str], bool]
    """Whether events of a class of a segment may be held out."""
    share: int
    """In ppm of the cases there are to choose from; at least one."""
    seed: str | None = None
    """Chosen by it; None: the newest."""
    types: frozenset[str] = frozenset()
    """Case types; none named: all."""
    first: int | None = None
    """Cases that begin at this time or later, µs UTC …"""
    until: int | None = None
    """… and whose last event is before this."""
    cases: frozenset[str] = frozenset()
    """Just these, by name; none: as many as `share` says."""
    kept: bytes = b""
    """What the vault's desk keeps, sealed."""


@dataclass(frozen=True, slots=True)
class Held:
    """What was held out."""

    cases: U64
    """Symbols, sorted."""
    candidates: int
    """Cases there were to choose from."""
    segments: tuple[SegmentRow, ...]
    """That hold nothing else now."""
    split: dict[str, tuple[SegmentRow, ...]] = field(default_factory=dict[str, tuple[SegmentRow, ...]])
    """Segment that was written anew → what is in its place."""


Holds = Callable[[Held, Change], None]
"""Makes the change, in a transaction that may log it."""


def hold(vault: Vault, plan: Plan, transact: Holds) -> Held | None:
    """Choose and hold out; None when no case can be chosen. Nothing may be waiting in the inbox."""
    with vault.writing():
        files.recover(vault.home, vault.engine)
        with vault.look() as connection:
            rows = segment_rows(connection)
            before = held_cases(connection, vault.keys).get(plan.name, np.zeros(0, np.uint64))
        found = _candidates(vault, rows, plan)
        chosen = _chosen(found, plan)
        if not len(chosen):
            return None
        draft = Draft(vault, {row.worker for row in rows})
        whole, split = _parted(vault, rows, chosen, plan.name, draft)
        held = [*whole, *(each for pair in split.values() for each in pair if each.terms != free_terms(each.terms))]
        made = Held(chosen, len(found.symbol), tuple(sorted(held, key=lambda row: row.id)), split)
        every = np.union1d(before, chosen)

        def change(connection: Connection) -> None:
            for row in whole:
                _terms(connection, row.id, row.terms)
            key = vault.keys.secret(connection, SECRET, make=True)
            if key is None:
                raise StoreError("The book has no secret for vaults.", "Restore the ledger.", "key-missing")
            connection.execute(delete(tables.vaults).where(tables.vaults.c.name == plan.name))
            row = {"name": plan.name, "cases": sealed_cases(key, plan.name, every), "kept": plan.kept}
            connection.execute(insert(tables.vaults), row)

        if split:
            draft.publish(transact=lambda moved: transact(made, lambda c: _both(c, moved, change)))
        else:
            transact(made, change)
        return made


def free(vault: Vault, name: str, transact: files.Transact) -> None:
    """What a vault holds gets the terms back that it had."""

    def change(connection: Connection) -> None:
        for table in (tables.segments, tables.leaving):
            for terms in connection.execute(select(table.c.terms).distinct()).scalars().all():
                if hold_terms(free_terms(terms), name) == terms:
                    here = update(table).where(table.c.terms == terms)
                    connection.execute(here.values(terms=free_terms(terms)))
        connection.execute(delete(tables.vaults).where(tables.vaults.c.name == name))

    with vault.writing():
        transact(change)


@dataclass(frozen=True, slots=True)
class _Found:
    """Cases by symbol, sorted, with the time of the last event of each."""

    symbol: U64
    last: Ints


def _candidates(vault: Vault, rows: Sequence[SegmentRow], plan: Plan) -> _Found:
    """The cases of which all events are eligible and none is held out, within the plan's types and times."""
    parts = [part for row, table in read_tables(vault, rows, _READ) for part in _cases(row, table, plan)]
    if not parts:
        return _Found(np.zeros(0, np.uint64), np.zeros(0, np.int64))
    code, first, last, fits = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(code, kind="stable")
    symbol, start = np.unique(code[order], return_index=True)
    begins = np.minimum.reduceat(first[order], start)
    ends = np.maximum.reduceat(last[order], start)
    good = np.logical_and.reduceat(fits[order], start)
    if plan.first is not None:
        good &= begins >= plan.first
    if plan.until is not None:
        good &= ends < plan.until
    return _Found(symbol[good], ends[good])


def _cases(row: SegmentRow, table: pa.Table, plan: Plan) -> Iterator[tuple[U64, Ints, Ints, npt.NDArray[np.bool_]]]:
    """Of each case in a segment: symbol, first and last time, and whether its events here may be held out."""
    words = as_words(table["case"])
    texts = words.dictionary.cast(pa.string())
    code = words.indices.fill_null(-1).to_numpy().astype(np.int64)
    here = code >= 0
    if not here.any():
        return
    size = len(texts)
    times = table["time"].cast(pa.int64()).to_numpy()[here]
    first, last = np.full(size, np.iinfo(np.int64).max), np.full(size, np.iinfo(np.int64).min)
    np.minimum.at(first, code[here], times)
    np.maximum.at(last, code[here], times)
    fits = np.ones(size, np.bool_)
    np.logical_and.at(fits, code[here], _eligible(row, table, plan)[here])
    if plan.types or plan.cases:
        named = [
            (not plan.types or text.partition(":")[0] in plan.types) and (not plan.cases or text in plan.cases)
            for text in texts.to_pylist()
        ]
        fits &= np.array(named)
    used = last >= first
    yield symbols(texts)[used], first[used], last[used], fits[used]


def _eligible(row: SegmentRow, table: pa.Table, plan: Plan) -> npt.NDArray[np.bool_]:
    if row.terms != free_terms(row.terms):
        return np.zeros(table.num_rows, np.bool_)  # held out already
    may = {name: plan.may(row, name) for name in class_names(row.classes)}
    if len(set(may.values())) == 1:
        return np.full(table.num_rows, next(iter(may.values())))
    names, code = classes(table)
    return np.array([may[name] for name in names])[code]


def _chosen(found: _Found, plan: Plan) -> U64:
    """Symbols, sorted."""
    if plan.cases:
        return found.symbol
    wanted = min(len(found.symbol), max(1, len(found.symbol) * plan.share // _PPM))
    if plan.seed is None:
        order = np.lexsort((found.symbol, found.last))[::-1]
    else:
        seed = plan.seed.encode()
        key = np.array(
            [int.from_bytes(hashlib.blake2b(seed + code.tobytes(), digest_size=8).digest(), "little")
             for code in found.symbol.astype("<u8")],
            np.uint64,
        )  # fmt: skip
        order = np.argsort(key, kind="stable")
    return np.sort(found.symbol[order[:wanted]])


def _parted(
    vault: Vault, rows: Sequence[SegmentRow], chosen: U64, name: str, draft: Draft
) -> tuple[list[SegmentRow], dict[str, tuple[SegmentRow, ...]]]:
    """Segments that are wholly of chosen cases, with their new terms; and those written anew."""
    with vault.look() as connection:
        cases = case_reader(connection, vault, [row.id for row in rows])
    near = [row for row in rows if np.isin(cases(row.id), chosen, assume_unique=True).any()]
    whole: list[SegmentRow] = []
    split: dict[str, tuple[SegmentRow, ...]] = {}
    for row, table in read_tables(vault, near, EVENT_SCHEMA.names):
        here = case_rows(table, chosen)
        terms = hold_terms(row.terms, name)
        if here.all():
            whole.append(replace(row, terms=terms))
            continue
        made = draft.write(row.worker, [row.terms, terms], _plain(table), here.astype(np.int64))
        if add_digests(each.digest for each in made) != row.digest:
            raise StoreError(
                f"Parting the segment {row.id} would change what it holds.",
                "Nothing was changed; run `guildbook doctor` to see whether it is damaged.",
                "digest",
            )
        draft.replaces(segments=[row])
        split[row.id] = tuple(made)
    return whole, split


def _plain(table: pa.Table) -> pa.Table:
    columns = {name: one_array(table[name]) for name in table.column_names}
    return pa.table({n: c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c for n, c in columns.items()})


def _terms(connection: Connection, segment: str, terms: str) -> None:
    connection.execute(update(tables.segments).where(tables.segments.c.id == segment).values(terms=terms))


def _both(connection: Connection, one: Change, other: Change) -> None:
    one(connection)
    other(connection)
