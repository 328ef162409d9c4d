"""How well teams and roles are recovered: the groups a book shows against a table of who belongs where.

The figures compare two divisions of the same people and do not depend on what groups are called.

- `ari`: the adjusted Rand index (Hubert and Arabie, *J. Classification* 2 (1985) 193–218): of all pairs of people the
  share on which both divisions agree, less what chance gives; 1 is the same division, 0 is chance.
- `nmi`: the mutual information divided by the mean of both entropies (Danon et al., *J. Stat. Mech.* (2005) P09008).
- `purity`: the share of people who belong to the commonest true group of the group they were found in (Manning,
  Raghavan and Schütze, *Introduction to Information Retrieval* (2008) 16.3).
"""

from __future__ import annotations

import csv
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import comb, log
from pathlib import Path
from typing import Any, Final

from guildbook.app.book import open_book
from guildbook.app.learning import Wanted
from guildbook.model.errors import InputError
from guildbook.model.knowledge import Knowledge

WORKER: Final = "worker"


def people(log: Path, truth: Path) -> dict[str, Any]:
    """Learn from `log` in a throw-away book and hold its teams and roles against `truth`.

    `truth` is a CSV with the column `worker` and one column for each true division, such as `team` and `role`. Each is
    held against the teams and against the roles; its `grouping` is the one of the two that agrees with it more. The
    figures on top are those of the first column. People without a group count as one group.

    Raises `InputError` when the table is not one or names nobody of the log.
    """
    started = time.perf_counter()
    divisions = read_truth(truth)
    with tempfile.TemporaryDirectory(prefix="guildbook-bench-") as folder, open_book(folder) as book:
        known = book.learn(Wanted(paths=(log,))).knowledge
    columns = {name: held(known, of, truth) for name, of in divisions.items()}
    first = next(iter(columns.values()))
    seconds = round(time.perf_counter() - started, 3)
    return first[first["grouping"]] | {"seconds": seconds, "grouping": first["grouping"], "columns": columns}


def read_truth(path: Path) -> dict[str, dict[str, str]]:
    """The true divisions by column: worker → group; people whose group is not told are left out."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            rows = list(table)
            names = [name for name in table.fieldnames or () if name]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read: {error}", "Give a CSV file in UTF-8.", "input-unreadable") from error
    column = next((name for name in names if name.strip().lower() == WORKER), None)
    others = [name for name in names if name != column]
    if column is None or not others:
        raise InputError(
            f"{path} does not say who belongs where.",
            "Its first line must name the column worker and at least one more, such as team or role.",
            "no-truth",
        )
    return {
        name.strip(): {
            str(row[column]).strip(): str(row[name]).strip() for row in rows if row.get(column) and row.get(name)
        }
        for name in others
    }


def held(known: Knowledge, truth: Mapping[str, str], path: Path) -> dict[str, Any]:
    """One true division against the teams and against the roles."""
    shown = {person.name: person for person in known.people}
    both = [name for name in truth if name in shown]
    if not both:
        raise InputError(
            f"{path} names nobody who is in the log.", "Its workers must be named as in the log.", "no-truth"
        )
    true = [truth[name] for name in both]
    found = {
        "teams": agreement([shown[name].team for name in both], true),
        "roles": agreement([shown[name].role for name in both], true),
    }
    better = max(found, key=lambda name: (found[name]["ari"], found[name]["nmi"]))
    return {"grouping": better, "missing": len(truth) - len(both), **found}


def agreement(found: Sequence[str], true: Sequence[str]) -> dict[str, Any]:
    """The figures at the top of this module, for the groups of the same people in the same order."""
    cells, rows, columns = Counter(zip(found, true, strict=True)), Counter(found), Counter(true)
    n = len(true)
    pairs, of_rows, of_columns = (sum(comb(c, 2) for c in part.values()) for part in (cells, rows, columns))
    chance = of_rows * of_columns / comb(n, 2) if n > 1 else 0.0
    most = (of_rows + of_columns) / 2
    shared = sum(c / n * log(c * n / (rows[a] * columns[b])) for (a, b), c in cells.items())
    spread = (_entropy(rows.values(), n) + _entropy(columns.values(), n)) / 2
    best = {a: max(c for (row, _), c in cells.items() if row == a) for a in rows}
    return {
        "ari": round((pairs - chance) / (most - chance), 4) if most != chance else 1.0,
        "nmi": round(shared / spread, 4) if spread > 0 else 1.0,
        "purity": round(sum(best.values()) / n, 4),
        "groups_found": len(rows),
        "groups_true": len(columns),
        "workers": n,
    }


def _entropy(counts: Iterable[int], n: int) -> float:
    return -sum(c / n * log(c / n) for c in counts)
