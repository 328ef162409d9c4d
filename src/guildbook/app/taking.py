"""Events into the store under a name, once: all that a delivery of the recorder's needs of a book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildbook.config import Config
from guildbook.store import Store

if TYPE_CHECKING:
    import pyarrow as pa


def opened(config: Config, *, create: bool = True) -> Store:
    """The store of a book with settings that were loaded before."""
    return Store.open(
        config.home,
        ledger_url=config.store.ledger_url or None,
        create=create,
        wait=config.store.wait_seconds,
        key_file=config.store.key_file,
    )


def take_in(store: Store, source: str, fingerprint: str, events: pa.Table) -> int:
    """Take events in under a fingerprint, durably; what is there under it already stays as it is.

    Returns how many were taken. They are learnt from by the next `learn`.
    """
    row = store.begin_import(source=source, fingerprint=fingerprint, path=source, terms=None)
    if row.state == "done":
        return 0
    taken = store.append(row.id, 0, events, ())
    store.finish_import(row.id)
    return taken.rows
