"""Learn from a CSV file and look at what was learnt.

The file is a small claims office where a second look before the payment prevents complaints. Nobody says so: it has
to be found.
"""

from __future__ import annotations

import csv
import random
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from guildbook.app import open_book
from guildbook.app.learning import Wanted

CASES = 300
CLERKS = ("Ada", "Bo", "Chidi")


def write_log(path: Path) -> None:
    """Claims with a worker, a time and, on the last step, an outcome."""
    chance = random.Random(7)  # a fixed seed: the example says the same each time
    start = datetime(2026, 3, 2, 8, tzinfo=UTC)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["case", "activity", "worker", "time", "outcome"])
        for case in range(CASES):
            checked = chance.random() < 0.5
            good = chance.random() < (0.95 if checked else 0.6)
            steps = ["open claim", "read documents", *(["check amount twice"] if checked else []), "pay", "close claim"]
            when = start + timedelta(hours=case)
            for step in steps:
                when += timedelta(minutes=chance.randint(2, 9))
                outcome = ("good" if good else "bad") if step == "close claim" else ""
                table.writerow([f"claim:{case}", step, chance.choice(CLERKS), when.isoformat(), outcome])


def main() -> None:
    """Learn, list, ask, report."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "claims.csv")
        write_log(log)
        with open_book(Path(folder, "book")) as book:
            learnt = book.learn(Wanted(paths=(log,)))
            print(f"{learnt.knowledge.events} events in {learnt.knowledge.cases} cases")
            for practice in book.teach.practices():
                effect = practice.effect
                print(f"{practice.kind}: {practice.title}")
                bounds = f"[{effect.low:+.2f}, {effect.high:+.2f}]"
                print(f"    {effect.metric} {effect.difference:+.2f} {bounds}, n = {effect.n}")
            print(book.teach.ask("what should I do before I pay a claim?").answer)
            page = book.teach.write_report(Path(folder, "report.html"), title="Claims")
            print(f"The report has {page.stat().st_size} bytes.")


if __name__ == "__main__":
    main()
