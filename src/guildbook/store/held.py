"""Which cases are held out in evaluation vaults, so that whatever is sealed of them later is held out too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import Connection, select

from guildbook.columns.words import U64, as_words, symbols
from guildbook.model.errors import StoreError
from guildbook.store import tables
from guildbook.store.cipher import decrypt, encrypt
from guildbook.store.keys import Keyring
from guildbook.store.rows import hold_terms

SECRET: Final = "vaults"  # noqa: S105 - the name of the secret, not the secret
"""What the book's secret is called that seals what vaults keep."""


def held_cases(connection: Connection, keys: Keyring) -> dict[str, U64]:
    """By vault, the sorted symbols of the cases it holds."""
    table = tables.vaults.c
    rows = connection.execute(select(table.name, table.cases)).all()
    if not rows:
        return {}
    key = keys.secret(connection, SECRET, make=False)
    if key is None:
        raise StoreError("The secret of the vaults is not in the ledger.", "Restore the ledger.", "key-missing")
    return {
        name: np.frombuffer(decrypt(key, sealed, "cases", name, what=f"The vault {name}"), "<u8")
        for name, sealed in rows
    }


def sealed_cases(key: bytes, name: str, cases: U64) -> bytes:
    """The cases of a vault as the ledger keeps them."""
    return encrypt(key, cases.astype("<u8").tobytes(), "cases", name)


def case_rows(events: pa.Table, wanted: U64) -> npt.NDArray[np.bool_]:
    """Which events are of these cases. `wanted`: sorted symbols."""
    none = np.zeros(events.num_rows, np.bool_)
    if "case" not in events.column_names or not len(wanted) or not events.num_rows:
        return none
    words = as_words(events["case"])
    if not len(words.dictionary):
        return none
    inside = np.append(np.isin(symbols(words.dictionary.cast(pa.string())), wanted), False)
    return inside[words.indices.fill_null(len(words.dictionary)).to_numpy()]


def marked(
    held: Mapping[str, U64], events: pa.Table, words: Sequence[str], terms: npt.NDArray[np.int64]
) -> tuple[list[str], pa.Table, npt.NDArray[np.int64]]:
    """Events with their terms (places in `words`), where those of a held-out case have the terms of its vault."""
    out, place = list(words), terms
    for name, cases in held.items():
        here = case_rows(events, cases)
        if here.any():
            begins = len(out)
            out += [hold_terms(word, name) for word in words]
            place = np.where(here, begins + terms, place)
    return out, events, place
