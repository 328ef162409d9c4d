"""What a decision costs, what admitting a million segments costs, and what a start with ten thousand acts costs.

Decisions: worlds with 2,000 agreements in force in several shapes, 2,000 random requests each; the median over passes
of the mean, and the first pass, which finds nothing worked out yet. Beside it cedarpy, with policies and entities
parsed beforehand, on 24 and 2,004 policies that say the same. Admission: a million rows of metadata of 2,000 workers;
`decided` is every group ruled on (how many segments are admitted, which classes, for what reason), `listed` also the
list of all admitted pieces. Prints JSON; medians.

    python benchmarks/gate.py [--segments 1000000] [--acts 10000] [--repeat 5] [--only decisions|admission|start]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "govern"))

from _measure import median, report
from _postgres import postgres
from cedar_gate import Cedar
from sqlalchemy import text

from guildbook.govern import Gate
from guildbook.govern.acts import ActKind
from guildbook.govern.admission import admit, ruled
from guildbook.govern.agreement.rules import rules
from guildbook.govern.policy import decide
from guildbook.govern.register import Register
from guildbook.govern.world import World
from guildbook.govern.world.parts import Agreement as InForce
from guildbook.govern.world.parts import Charter, Collective, Strike, Version
from guildbook.model.agreement import Agreement, Audit, Party, Price, Scope, Substitution, Term
from guildbook.model.decision import Request
from guildbook.model.purpose import Purpose
from guildbook.model.time import now
from guildbook.store import ClassPart, Store, encode_terms, tables
from guildbook.store.rows import note_classes

AGREEMENTS = 2_000
WORKERS = 200
CLASSES = [f"app {i}" for i in range(20)]
NOW = now()


def world(shape: str, count: int = AGREEMENTS) -> World:
    """Workers in collectives with agreements in force. `pair`: all between the same two parties."""
    made, dice = World("book"), random.Random(1)
    sides = {"licensees": 1, "collectives": 200, "pair": 1, "words": 1}[shape]
    for i in range(sides):
        made.collectives[f"c{i}"] = Collective(f"c{i}", Charter(f"c{i}"))
    for i in range(WORKERS):
        mine = made.collectives[f"c{i % sides}"]
        mine.roll[f"w{i}"] = 0
        mine.mandates[f"w{i}"] = {("*", "*")}
        made.collectives_of[f"w{i}"] = [mine.id]
    for i in range(count):
        to = "l0" if shape == "pair" else f"l{i}"
        month = 2020 * 12 + i % 72
        named = f"{month // 12}-{month % 12 + 1:02}"
        scope = Scope(classes=(CLASSES[i % 20],), first_month=named, last_month=named) if shape == "pair" else None
        terms = Agreement(
            title=f"a{i}", collective=Party(id=f"c{i % sides}", name="c"), licensee=Party(id=to, name="l"),
            purposes=("train-augment",), uses=("train",), scope=scope or Scope(classes=("*",)),
            term=Term(first_day="2026-01-01", last_day="2199-12-31"), price=Price(kind="free"),
            audit=Audit(ablation_days=90), substitution=Substitution(bound=50_000),
        )  # fmt: skip
        found = InForce(f"a{i}", f"c{i % sides}", to, [Version("", terms, {}, "")], force="x", rules=rules(terms))
        made.agreements[found.id] = found
        made.reindex(found)
    if shape == "words":
        for i in range(WORKERS):
            for _ in range(40):
                made.said[f"w{i}"][dice.choice(list(Purpose)), dice.choice(CLASSES), f"l{dice.randrange(count)}"] = (
                    False
                )
            made.paused[f"w{i}"] = set(dice.sample(CLASSES, 3))
            made.striking[f"w{i}"] = [f"s{n}" for n in range(3)]
        for n in range(3):
            anything = frozenset({"train-substitute"}), frozenset({"*"}), frozenset({"*"})
            made.strikes[f"s{n}"] = Strike(f"s{n}", "c0", *anything, (("app 1", "*", "*"),), 1, begins=0)
    return made


def requests(shape: str, count: int) -> list[Request]:
    dice = random.Random(2)
    return [
        Request(
            f"w{dice.randrange(WORKERS)}", dice.choice(CLASSES), "train-augment", NOW,
            "l0" if shape == "pair" else f"l{dice.randrange(count)}", "train",
            f"20{dice.randint(20, 25)}-{dice.randint(1, 12):02}",
        )
        for _ in range(2_000)
    ]  # fmt: skip


def decisions(repeat: int) -> dict[str, Any]:
    """µs a decision."""
    figures: dict[str, Any] = {}
    for shape in ("licensees", "collectives", "pair", "words"):
        made, asked = world(shape), requests(shape, AGREEMENTS)
        passes: list[float] = []
        cpu: list[float] = []
        for _ in range(2 * repeat + 1):
            began, busy = time.perf_counter(), time.process_time()
            allowed = sum(decide(made, one).allow for one in asked)
            passes.append((time.perf_counter() - began) / len(asked) * 1e6)
            cpu.append((time.process_time() - busy) / len(asked) * 1e6)
        figures[shape] = {
            "allowed_share": round(allowed / len(asked), 2), "first_pass_us": round(passes[0], 2),
            "us": median(passes[1:]), "cpu_us": median(cpu[1:]),
        }  # fmt: skip
    for count in (18, 1_998):  # and six more policies: erasing, unlearning, classes nobody may allow, import terms
        made = world("licensees", count)
        # One member is enough: in Cedar a policy is written for each member and agreement.
        only = made.collectives["c0"]
        only.mandates = {"w0": {("*", "*")}}
        cedar, asked = Cedar(made), [replace(one, worker="w0") for one in requests("licensees", count)[:50]]
        each: list[float] = []
        for one in asked:
            began = time.perf_counter()
            answer = cedar.allows(one)
            each.append((time.perf_counter() - began) * 1e6)
            assert answer == decide(made, one).allow
        figures[f"cedarpy_{len(cedar.source.splitlines())}_policies_us"] = median(each)
    return figures


def rows(count: int) -> Iterator[list[dict[str, Any]]]:
    """Metadata of segments, by the hundred thousand."""
    dice = random.Random(3)
    people = [f"{dice.getrandbits(80):020x}" for _ in range(2_000)]
    months = [f"{2016 + i // 12}-{i % 12 + 1:02}" for i in range(120)]
    stated = [encode_terms(t) for t in (None, None, None, ("coach", "research"), ("evaluate",), ())]
    kinds = [note_classes([ClassPart(c, 10, 1, 2, "ab" * 32) for c in held]) for held in
             (["mail"], ["sheet"], ["mail", "sheet"], ["crm", "mail", "sheet"])]  # fmt: skip
    for start in range(0, count, 100_000):
        yield [
            {
                "id": f"{dice.getrandbits(128):032x}", "worker": dice.choice(people), "month": months[i % 120],
                "terms": dice.choice(stated), "rows": 30, "first": NOW, "last": NOW, "bytes": 1, "created": NOW,
                "digest": f"{dice.getrandbits(256):064x}", "classes": kinds[i % 4][0], "parts": kinds[i % 4][1],
                "leaving": "",
            }
            for i in range(start, min(start + 100_000, count))
        ]  # fmt: skip


def fill(store: Store, count: int) -> None:
    """Past SQLAlchemy, and with memory for the indexes: what is measured is not how they are built."""
    names = [column.name for column in tables.segments.columns]
    raw = store.engine.raw_connection()
    listed = ", ".join(names)
    try:
        cursor = raw.cursor()
        if store.engine.dialect.name == "sqlite":
            cursor.execute("PRAGMA cache_size=-600000")
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("BEGIN")
            for some in rows(count):
                marks = ", ".join(f":{name}" for name in names)
                cursor.executemany(f"INSERT INTO segments ({listed}) VALUES ({marks})", some)
            cursor.execute("COMMIT")
            cursor.execute("PRAGMA cache_size=-2000")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            with cursor.copy(f"COPY segments ({listed}) FROM STDIN") as into:
                for some in rows(count):
                    for row in some:
                        into.write_row([row[name] for name in names])
            raw.commit()
    finally:
        raw.close()


@contextmanager
def million(url: str | None, count: int) -> Iterator[Store]:
    """A book that has the metadata of so many segments."""
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "book", ledger_url=url) as store:
        fill(store, count)
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as ledger:
            ledger.execute(text("VACUUM ANALYZE segments" if url else "ANALYZE segments"))
        yield store


def admission(repeat: int, count: int) -> dict[str, Any]:
    """Seconds for a request over all segments."""
    figures: dict[str, Any] = {"segments": count}
    with postgres() as url:
        for name, where in (("sqlite", None), ("postgresql", url)):
            if name == "postgresql" and url is None:
                continue
            with million(where, count) as store:
                figures[name] = one_ledger(store, repeat)
    return figures


def one_ledger(store: Store, repeat: int) -> dict[str, Any]:
    gate = Gate(store)
    empty, asked = gate.register.world(), Request("", "", "coach", NOW)
    with store.look() as ledger:
        groups = ruled(ledger, empty, asked)
        decided = timed(repeat, lambda: ruled(ledger, empty, asked))
        listed = timed(max(2, repeat // 2), lambda: admit(ledger, empty, asked))
    grant = timed(1, lambda: gate.grant(Purpose.COACH, stage="bench", artefact="nothing"))
    return {
        "groups": len(groups), "segments_admitted": sum(r.group.segments for r in groups if r.allowed),
        "decided_s": decided[0], "decided_cpu_s": decided[1], "listed_s": listed[0], "listed_cpu_s": listed[1],
        "grant_s": grant[0], "grant_cpu_s": grant[1],
    }  # fmt: skip


def timed(repeat: int, work: Callable[[], Any]) -> tuple[float, float]:
    """Median of wall and of processor seconds."""
    wall: list[float] = []
    cpu: list[float] = []
    for _ in range(repeat):
        began, busy = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - busy)
    return median(wall), median(cpu)


def start(repeat: int, acts: int) -> dict[str, Any]:
    """Seconds until a process that has just opened a book knows what so many acts have said."""
    dice = random.Random(4)
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "book") as store:
        said = [
            (
                dice.choice([ActKind.PERMIT, ActKind.REFUSE, ActKind.PAUSE, ActKind.RESUME]),
                {"worker": f"{i % 500:020x}", "purpose": "research", "class": "*", "recipient": ""},
            )
            for i in range(acts)
        ]
        register = Register(store)
        for begin in range(0, acts, 1_000):
            register.acts(said[begin : begin + 1_000])
        found = timed(repeat, lambda: Register(store).world())
        return {"acts": acts, "world_s": found[0], "world_cpu_s": found[1]}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--segments", type=int, default=1_000_000)
    parser.add_argument("--acts", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", choices=("decisions", "admission", "start"))
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    if options.only in {None, "decisions"}:
        figures["decision"] = decisions(options.repeat)
    if options.only in {None, "start"}:
        figures["start"] = start(options.repeat, options.acts)
    if options.only in {None, "admission"}:
        figures["admission"] = admission(options.repeat, options.segments)
    report("gate", figures)


if __name__ == "__main__":
    main()
