"""What tests run in a process of its own: `hold` the writer lock, or `import` chunks beside another writer.

Arguments: command, the book's folder, the ledger's URL (`-` for SQLite), then the command's own.
"""

from __future__ import annotations

import sys
from pathlib import Path

from guildbook.columns import raw_table
from guildbook.store import Store


def hold(home: Path, url: str | None) -> None:
    """Take the lock, say so, and keep it until a line comes in."""
    with Store.open(home, ledger_url=url) as store, store.writing():
        sys.stdout.write("held\n")
        sys.stdout.flush()
        sys.stdin.readline()


def import_many(home: Path, url: str | None, name: str, chunks: int) -> None:
    """Append small chunks, sealing every fourth time."""
    with Store.open(home, ledger_url=url, wait=60) as store:
        begun = store.begin_import(source="t", fingerprint=name, path=name, terms=None)
        for i in range(chunks):
            table = raw_table({"worker": [name, "Both"], "time": [i, i], "action": [f"{name} {i}"] * 2})
            store.append(begun.id, i, table, [])
            if i % 4 == 0:
                store.seal()
        store.finish_import(begun.id)


def main() -> None:
    """Run one command."""
    command, folder, given = sys.argv[1:4]
    url = None if given == "-" else given
    if command == "hold":
        hold(Path(folder), url)
    else:
        import_many(Path(folder), url, sys.argv[4], int(sys.argv[5]))


if __name__ == "__main__":
    main()
