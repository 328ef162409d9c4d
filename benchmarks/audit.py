"""What the audit log costs: an entry appended, a proof given and checked, the whole log verified.

Acts as the gate logs them (use receipts of 270 bytes) go in by transactions of `--batch` entries, then one by one.
Appending counts everything from the act to the rows, without the commit, which is told apart; proofs are for entries
and older sizes drawn at random, each a look-up in the ledger; verification is the whole of `guildbook audit verify`:
leaves, sealed parts, every node of the tree. Medians; prints JSON.

    python benchmarks/audit.py [--entries 1000000] [--batch 1000] [--postgres URL]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from _measure import median, report

from guildbook.govern.audit import checkpoint, proofs
from guildbook.govern.audit.log import Log
from guildbook.govern.audit.verify import verify
from guildbook.model.canonical import canonical
from guildbook.store import Store

PROOFS = 300


def act(i: int) -> dict[str, Any]:
    """A use receipt."""
    body = {
        "grant": f"{i:032x}", "worker": f"{i % 200:020x}", "segments": 3, "rows": 1000 + i, "reason": "own-purpose",
        "artefact": "model", "purpose": "coach", "recipient": "", "use": "analyse",
    }  # fmt: skip
    return {"kind": "use", "time": 1_790_000_000_000_000 + i, "by": "", "body": body, "key": "", "signature": ""}


def append(store: Store, log: Log, entries: int, batch: int) -> dict[str, Any]:
    """Fill the log; µs an entry, CPU and wall, and ms a commit."""
    each: list[float] = []
    cpu: list[float] = []
    commits: list[float] = []
    for start in range(0, entries, batch):
        acts = [act(i) for i in range(start, min(start + batch, entries))]
        with store.change() as ledger:
            busy = time.process_time()
            began = time.perf_counter()
            log.append(ledger, acts)
            each.append((time.perf_counter() - began) / len(acts) * 1e6)
            cpu.append((time.process_time() - busy) / len(acts) * 1e6)
            began = time.perf_counter()
        commits.append((time.perf_counter() - began) * 1e3)
    return {
        "append_us": median(each),
        "append_cpu_us": median(cpu),
        "commit_of_a_batch_ms": median(commits),
    }


def alone(store: Store, log: Log, entries: int) -> dict[str, Any]:
    """One entry a transaction."""
    each: list[float] = []
    cpu: list[float] = []
    whole: list[float] = []
    for i in range(300):
        began = time.perf_counter()
        with store.change() as ledger:
            busy = time.process_time()
            middle = time.perf_counter()
            log.append(ledger, [act(entries + i)])
            cpu.append((time.process_time() - busy) * 1e6)
            each.append((time.perf_counter() - middle) * 1e6)
        whole.append((time.perf_counter() - began) * 1e3)
    return {
        "append_alone_us": median(each),
        "append_alone_cpu_us": median(cpu),
        "transaction_of_one_ms": median(whole),
    }


def prove(store: Store, log: Log) -> dict[str, Any]:
    """Proofs given and checked, ms each."""
    dice = random.Random(1)
    given: dict[str, list[float]] = {"inclusion_ms": [], "consistency_ms": [], "check_inclusion_ms": []}
    with store.change() as ledger:
        now = checkpoint.take(store, log, ledger)
    with store.look() as ledger:
        proofs.prove_entry(log, ledger, 0)
        proofs.prove_growth(log, ledger, 1)
        for _ in range(PROOFS):
            seq, old = dice.randrange(now.size), dice.randrange(1, now.size)
            began = time.perf_counter()
            found = proofs.prove_entry(log, ledger, seq)
            given["inclusion_ms"].append((time.perf_counter() - began) * 1e3)
            began = time.perf_counter()
            proofs.prove_growth(log, ledger, old)
            given["consistency_ms"].append((time.perf_counter() - began) * 1e3)
            began = time.perf_counter()
            assert not found.faults(now)
            given["check_inclusion_ms"].append((time.perf_counter() - began) * 1e3)
    return {name: median(values) for name, values in given.items()}


def check(store: Store, log: Log, repeat: int) -> dict[str, Any]:
    """Entries verified a second."""
    wall: list[float] = []
    cpu: list[float] = []
    size = 0
    for _ in range(repeat):
        with store.look() as ledger:
            busy = time.process_time()
            began = time.perf_counter()
            found = verify(log, ledger)
            wall.append(time.perf_counter() - began)
            cpu.append(time.process_time() - busy)
        assert found.sound
        size = found.size
    return {
        "verified_entries_a_second": round(size / median(wall)),
        "verified_entries_a_cpu_second": round(size / median(cpu)),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--postgres", default=None, help="URL of an empty database; default: SQLite")
    options = parser.parse_args()
    figures: dict[str, Any] = {
        "ledger": "postgresql" if options.postgres else "sqlite",
        "entries": options.entries,
        "batch": options.batch,
        "act_bytes": len(canonical(act(1))),
    }
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder), ledger_url=options.postgres) as store:
        log = Log(store)
        figures |= append(store, log, options.entries, options.batch)
        figures |= alone(store, log, options.entries)
        figures |= prove(store, log)
        figures |= check(store, log, options.repeat)
    report("audit", figures)


if __name__ == "__main__":
    main()
