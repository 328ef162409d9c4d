"""How soon a strike counts: in a job that reads, in what is shown, in new grants; and when it ends.

Two books. The first is a sample office with real segments (`--events`), learnt from by a command of its own; half of a
guild (`--guild` of its people) strikes. Another process reads their segments, one after the other, under an earlier
grant. Each time counts from when the member calls the strike (which opens the pledges) to the moment named; `--rounds`
strikes, medians and worst. The second holds ledger rows of segments alone (`--metadata` events, `--per-segment` each),
which is all that a decision looks at. Prints JSON.

    python benchmarks/strike.py [--events 1000000] [--metadata 10000000] [--per-segment 1000] [--rounds 3]
                                [--only office|rows] [--book DIR] [--guild 200]

`--book`: where the office is kept, so that the next run need not learn it again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _measure import guildbook, median, report
from sqlalchemy import insert

from guildbook.app import Book, open_book
from guildbook.app.persons import Actor
from guildbook.app.tour import tour_home
from guildbook.govern.acts import ActKind
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity, KeySigner
from guildbook.model import DeniedError, Purpose
from guildbook.model.time import now
from guildbook.store import Store, encode_terms, tables

WORKERS = 200
"""People in the book of rows."""


class Guild:
    """The people of a book, each with a key, in one collective."""

    def __init__(self, book: Book, names: list[str]) -> None:
        self.book, self.names = book, names
        self.actors: dict[str, Actor] = {}
        for name in names:
            identity = Identity.make(name, Role.WORKER, now())
            book.persons.enrol(identity)
            person = book.persons.person(name)
            self.actors[name] = Actor(name, person, KeySigner(identity, person))
            book.terms.say(name, "be-named", allow=True, signer=self.actors[name].signer)
        self.id = f"guild-{len(book.govern.register.world().collectives)}"
        first = self.actors[names[0]]
        charter = {"name": "The guild", "notice_days": 0, "strike_threshold_ppm": 1}
        act = book.govern.register.act
        act(ActKind.FOUND, {"collective": self.id, "founder": first.person, "charter": charter}, first.signer)
        for name in names[1:]:
            who = self.actors[name]
            act(ActKind.JOIN, {"collective": self.id, "worker": who.person}, who.signer)

    def pledge(self) -> None:
        """Half of them."""
        half = self.names[: len(self.names) // 2]
        self.book.strikes.propose(self.id, self.actors[half[0]], threshold=len(half))
        for name in half:
            self.book.strikes.pledge(None, self.actors[name])

    def call(self) -> None:
        """Begin."""
        self.book.strikes.call(None, self.actors[self.names[0]])

    def end(self) -> None:
        """End."""
        self.book.strikes.end(None, self.actors[self.names[0]])


def store_of(book: Book) -> Store:
    return getattr(book, "_store")  # noqa: B009 - a benchmark looks behind the desk


def job(home: Path, people: set[str]) -> None:
    """Read what is these people's until it is denied; tells when that was."""
    with open_book(home) as book:
        admitted = book.govern.grant(Purpose.TRAIN_PEOPLE, stage="benchmark", artefact="job")
        ids = [segment.id for segment in admitted.grant.segments if segment.worker in people]
        reads = 0
        while True:
            for segment in ids:
                try:
                    admitted.table(["time", "action"], [segment])
                except DeniedError:
                    print(json.dumps({"denied": time.time(), "reads": reads}), flush=True)
                    return
                reads += 1
                if reads == 1:
                    print("reading", flush=True)


def timed(work: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Seconds, and what was made."""
    began = time.perf_counter()
    made = work(*arguments)
    return time.perf_counter() - began, made


def real(home: Path, events: int, rounds: int, members: int) -> dict[str, Any]:
    """A book with real segments."""
    found: dict[str, list[float]] = {}
    learnt = (
        None if tour_home(home, 1, events).exists() else guildbook(home, "tour", "--events", str(events), tree=True)[0]
    )
    home = tour_home(home, 1, events)
    with open_book(home) as book:
        segments = store_of(book).segments()
        people = [worker["name"] for worker in book.workers()]
        keyed = {each["name"] for each in book.persons.everybody()}  # of an earlier run, whose keys are gone
        names = [name for name in people if name not in keyed][-members:]
        guild = Guild(book, names)
        striking = set(names[: len(names) // 2])
        kept = book.distil.knowledge()
        assert kept is not None
        before = repr(kept)
        maps = repr(book.process.maps())
        for _ in range(rounds):
            usual, _ = guildbook(home, "practices", "list")
            guild.pledge()
            busy = time.process_time()
            with subprocess.Popen(
                [sys.executable, __file__, "--job", str(home), "--of", *names], stdout=subprocess.PIPE, text=True
            ) as child:
                assert child.stdout is not None
                assert child.stdout.readline().strip() == "reading"
                began = time.time()
                called, _ = timed(guild.call)
                told = json.loads(child.stdout.readline())
            shown, left = timed(book.distil.knowledge)
            busy = time.process_time() - busy
            flagged, held = timed(book.govern.withheld, "knowledge-train-people", Purpose.TRAIN_PEOPLE)
            granted, admitted = timed(
                lambda: book.govern.grant(Purpose.TRAIN_PEOPLE, stage="benchmark", artefact="new")
            )
            command, _ = guildbook(home, "practices", "list")
            assert left is not None
            assert len(held) == len(striking)
            assert not striking & {person.name for person in left.people}
            assert not striking & {segment.worker for segment in admitted.grant.segments}
            ended, _ = timed(guild.end)
            again, whole = timed(book.distil.knowledge)
            assert repr(whole) == before
            for name, value in {
                "called_s": called, "running_job_denied_s": told["denied"] - began, "then_shown_without_s": shown,
                "then_artefact_flagged_s": flagged, "called_and_shown_cpu_s": busy,
                "then_granted_without_s": granted, "command_before_s": usual.wall,
                "then_command_s": command.wall, "ended_s": ended,
                "then_shown_whole_s": again,
            }.items():  # fmt: skip
                found.setdefault(name, []).append(value)
        assert repr(book.process.maps()) == maps
        rows = sum(segment.rows for segment in segments)
    return {
        "events": rows, "segments": len(segments), "people": len(people), "guild": len(names),
        "practices": len(kept.practices),
        "learnt": None if learnt is None else {"wall_s": learnt.wall, "cpu_s": learnt.cpu, "peak_mib": learnt.peak},
        "load": [round(each, 1) for each in os.getloadavg()], **told_of(found),
    }  # fmt: skip


def told_of(found: dict[str, list[float]]) -> dict[str, Any]:
    return {name: {"median": median(values), "worst": round(max(values), 3)} for name, values in found.items()}


def rows(home: Path, events: int, each: int, rounds: int) -> dict[str, Any]:
    """A book of ledger rows: what is decided on, and nothing to read."""
    found: dict[str, list[float]] = {}
    with open_book(home) as book:
        store = store_of(book)
        names = [f"worker {i}" for i in range(WORKERS)]
        ids = [store.add_worker(name) for name in names]
        count = events // each
        with store.change() as ledger:
            for start in range(0, count, 50_000):
                ledger.execute(
                    insert(tables.segments), [_row(i, ids, each) for i in range(start, min(start + 50_000, count))]
                )
        guild = Guild(book, names)
        with store.change() as ledger:
            ledger.execute(insert(tables.artefact_workers), [
                {"artefact": "model", "worker": who, "class": name, "reason": "own-purpose", "clauses": ""}
                for who in ids for name in ("claims", "mail", "sheet")
            ])  # fmt: skip
        for _ in range(rounds):
            granted, admitted = timed(
                lambda: book.govern.grant(Purpose.TRAIN_PEOPLE, stage="benchmark", artefact="before")
            )
            guild.pledge()
            read = [admitted.grant.segments[0].id]
            everybody = frozenset(ids)
            called, _ = timed(guild.call)
            next_read, _ = timed(_allowed, book, admitted, everybody, read)
            denied, _ = timed(_denied, book, admitted, everybody)
            flagged, held = timed(book.govern.withheld, "model", Purpose.TRAIN_PEOPLE)
            without, less = timed(lambda: book.govern.grant(Purpose.TRAIN_PEOPLE, stage="benchmark", artefact="after"))
            assert len(held) == WORKERS // 2
            assert len(less.grant.segments) < len(admitted.grant.segments) == count
            ended, _ = timed(guild.end)
            assert not book.govern.withheld("model", Purpose.TRAIN_PEOPLE)
            for name, value in {
                "grant_before_s": granted, "called_s": called, "then_one_read_of_a_job_decided_s": next_read,
                "then_reading_all_denied_s": denied, "then_artefact_flagged_s": flagged,
                "then_granted_without_s": without, "ended_s": ended,
            }.items():  # fmt: skip
                found.setdefault(name, []).append(value)
    return {"events": events, "segments": count, "people": WORKERS, **told_of(found)}


def _row(i: int, ids: list[str], each: int) -> dict[str, Any]:
    first = 1_700_000_000_000_000 + i * 1_000_000
    return {
        "id": f"{i:032x}", "worker": ids[i % len(ids)], "month": f"2026-{1 + i // len(ids) % 12:02}",
        "terms": encode_terms(None),
        "rows": each, "first": first, "last": first + each, "digest": f"{i:032x}", "bytes": 1, "created": first,
        "classes": ("claims", "mail", "sheet")[i % 3], "parts": "",
    }  # fmt: skip


def _denied(book: Book, admitted: Any, workers: frozenset[str]) -> None:
    """A reading of everything."""
    try:
        book.govern.confirm(admitted.grant, workers, [segment.id for segment in admitted.grant.segments])
    except DeniedError:
        return
    raise AssertionError


def _allowed(book: Book, admitted: Any, workers: frozenset[str], read: list[str]) -> None:
    """The first reading after the strike, of one segment."""
    try:
        book.govern.confirm(admitted.grant, workers, read)
    except DeniedError:
        return


def main() -> None:
    """Both books."""
    parser = argparse.ArgumentParser(description="How soon a strike counts.")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--metadata", type=int, default=10_000_000)
    parser.add_argument("--per-segment", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("office", "rows"))
    parser.add_argument("--book", type=Path)
    parser.add_argument("--guild", type=int, default=200)
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--of", nargs="*", default=[], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job is not None:
        job(options.job, set(options.of))
        return
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        if options.only in {None, "rows"}:
            figures["rows"] = rows(Path(name) / "rows", options.metadata, options.per_segment, options.rounds)
        if options.only in {None, "office"}:
            figures["office"] = real(
                options.book or Path(name) / "office", options.events, options.rounds, options.guild
            )
    report("strike", figures)


if __name__ == "__main__":
    main()
