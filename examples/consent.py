"""The worker's say: receipts, refusal, forgetting.

Two books get the same log, but one of them never sees Bo. When the other forgets Bo, both have learnt the same, to
the last bit: their models have one hash.
"""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from guildbook.app import open_book
from guildbook.app.learning import Wanted
from guildbook.model import DeniedError

STEPS = ("open", "look up", "answer", "file")
WORKERS = ("Ada", "Bo", "Chidi")


def write_log(path: Path, without: str = "") -> None:
    """Sixty cases that pass through three hands each."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["case", "activity", "worker", "time"])
        for case in range(60):
            for place, step in enumerate(STEPS):
                worker = WORKERS[(case + place) % len(WORKERS)]
                if worker != without:
                    table.writerow(
                        [f"request:{case}", step, worker, f"2026-03-{case % 28 + 1:02}T{9 + place:02}:00:00Z"]
                    )


def main() -> None:
    """Learn twice, look at the receipts, refuse, forget, compare."""
    with tempfile.TemporaryDirectory() as folder:
        whole, smaller = Path(folder, "whole", "log.csv"), Path(folder, "smaller", "log.csv")
        for path, without in ((whole, ""), (smaller, "Bo")):
            path.parent.mkdir()
            write_log(path, without)

        with open_book(Path(folder, "never-had-bo")) as book:
            expected = book.learn(Wanted(paths=(smaller,))).knowledge.model_hash

        with open_book(Path(folder, "book")) as book:
            before = book.learn(Wanted(paths=(whole,))).knowledge.model_hash
            for use in book.govern.uses("Bo"):
                print(f"{use.stage} read {use.rows} events of {use.worker} for {use.purpose}: {use.reason}")

            try:
                book.export("xes", Path(folder, "out.xes"))
            except DeniedError as error:
                print(error)  # nobody has stated that events may be handed out

            book.govern.decide("Bo", "train-people", allow=False)
            refused = book.learn().knowledge.model_hash
            book.forget("Bo")
            forgotten = book.learn().knowledge.model_hash

        print(f"with Bo {before[:12]}, refused {refused[:12]}, forgotten {forgotten[:12]}, never had {expected[:12]}")
        if not before != refused == forgotten == expected:
            raise SystemExit("forgetting was not exact")


if __name__ == "__main__":
    main()
