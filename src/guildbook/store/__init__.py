"""The ledger, the inbox and the sealed one-worker segments."""

from guildbook.store import tables
from guildbook.store.cipher import Sealer, UndecipherableError
from guildbook.store.rows import (
    Appended,
    ArtefactRow,
    CompactReport,
    ErasureReport,
    Finding,
    ImportRow,
    ImportState,
    QuarantineRow,
    SealReport,
    SegmentRow,
    Severity,
    WorkerRow,
    WorkerState,
    decode_terms,
    encode_terms,
)
from guildbook.store.store import Store

__all__ = [
    "Appended",
    "ArtefactRow",
    "CompactReport",
    "ErasureReport",
    "Finding",
    "ImportRow",
    "ImportState",
    "QuarantineRow",
    "SealReport",
    "Sealer",
    "SegmentRow",
    "Severity",
    "Store",
    "UndecipherableError",
    "WorkerRow",
    "WorkerState",
    "decode_terms",
    "encode_terms",
    "tables",
]
