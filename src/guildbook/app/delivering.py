"""From the recorder's outbox into its book: what needs a whole book open, and so has a process of its own.

`python -m guildbook.app.delivering` is told what to do on its standard input and says on its standard output what it
did, both in JSON. It ends when it has delivered what was due, so that the recorder itself, which runs all day, never
holds what opening a book takes.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from guildbook.columns.memory import without_pandas
from guildbook.config import Config, load
from guildbook.model.errors import GuildbookError, InputError, StoreError
from guildbook.record.live.delivery import Delivery, UnfitError
from guildbook.record.live.lock import FolderLock
from guildbook.record.live.outbox import Outbox
from guildbook.record.live.trouble import told

_NICE: Final = 5
_PATIENCE: Final = 60.0
"""Seconds that a delivery waits for one of a recorder that was killed."""
_SHOWN: Final = 300
"""Characters of what a process that failed complained of."""


def taken(config: Config, name: str, table: pa.Table) -> int:
    """Take a batch into the book, as an import of its own; returns how many of its events are new to the book.

    Raises `UnfitError` where the rows are what is wrong, and `StoreError` or `OSError` where the book cannot be had.
    """
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - the recorder, which delivers elsewhere, needs neither

    from guildbook.app.taking import opened, take_in  # noqa: PLC0415 - as above

    try:
        with opened(config) as store:
            return take_in(store, "recorder", name, table)
    except (InputError, pa.ArrowInvalid, pa.ArrowTypeError, UnicodeError, OverflowError) as error:
        raise UnfitError(f"book: {getattr(error, 'code', type(error).__name__)}") from None
    except SQLAlchemyError as error:
        raise StoreError(str(error), "It is tried again by itself: guildbook record status.", "ledger") from error


def apart(config: Config, folder: Path, worker: str, *, everything: bool) -> tuple[int, str]:
    """Deliver in a process of its own; returns how many events are new to the book, and what went wrong."""
    wanted = {
        "home": str(config.home), "ledger": config.store.ledger_url or "", "folder": str(folder), "worker": worker,
        "everything": everything,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "guildbook.app.delivering"], input=json.dumps(wanted), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    with suppress(ValueError, TypeError, KeyError):
        said = json.loads(done.stdout)
        return int(said["delivered"]), str(said["trouble"])
    return 0, f"Delivering ended with {done.returncode}: {done.stderr.strip()[-_SHOWN:]}"


def main() -> int:
    """Deliver as the standard input says."""
    without_pandas()
    wanted: dict[str, Any] = json.load(sys.stdin)
    os.nice(_NICE)
    config = load(Path(wanted["home"]), {"store.ledger_url": wanted["ledger"]} if wanted["ledger"] else {})
    folder = Path(wanted["folder"])
    json.dump(_delivered(config, folder, wanted["worker"], everything=wanted["everything"]), sys.stdout)
    return 0


def _delivered(config: Config, folder: Path, worker: str, *, everything: bool) -> dict[str, Any]:
    sent, trouble, recorder = 0, "", os.getppid()

    def take(name: str, table: pa.Table) -> None:
        nonlocal sent
        if os.getppid() != recorder:
            raise StoreError("The recorder has ended.", "What waits goes when it runs again.", "ended")
        sent += taken(config, name, table)

    (folder / "delivering").mkdir(exist_ok=True, mode=0o700)
    lock, until = FolderLock(folder / "delivering"), time.monotonic() + _PATIENCE
    while not (held := lock.take()) and time.monotonic() < until:
        continue  # the last delivery of a recorder that was killed; taking has a patience of its own
    if not held:
        return {"delivered": 0, "trouble": "What was begun before is still on its way to the book."}
    try:
        outbox = Outbox(folder)
        try:
            Delivery(outbox, worker, take).run(everything=everything)
        finally:
            outbox.close()
    except sqlite3.Error as error:
        trouble = str(told(error, folder))
    except (GuildbookError, OSError) as error:
        trouble = str(error)
    finally:
        lock.release()
    return {"delivered": sent, "trouble": trouble}


if __name__ == "__main__":
    sys.exit(main())
