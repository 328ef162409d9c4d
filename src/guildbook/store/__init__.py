"""The ledger, the inbox and the sealed one-worker segments."""

from guildbook.store import tables
from guildbook.store.cipher import Sealer, UndecipherableError
from guildbook.store.holding import Held, Plan
from guildbook.store.parting import Parted, Pending
from guildbook.store.rows import (
    PART,
    Appended,
    ArtefactRow,
    ClassPart,
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
    class_names,
    class_parts,
    decode_terms,
    encode_terms,
    free_terms,
    hold_terms,
    split_part,
)
from guildbook.store.scopes import DONE, WHOLE, Scope
from guildbook.store.store import Store

__all__ = [
    "DONE",
    "PART",
    "WHOLE",
    "Appended",
    "ArtefactRow",
    "ClassPart",
    "CompactReport",
    "ErasureReport",
    "Finding",
    "Held",
    "ImportRow",
    "ImportState",
    "Parted",
    "Pending",
    "Plan",
    "QuarantineRow",
    "Scope",
    "SealReport",
    "Sealer",
    "SegmentRow",
    "Severity",
    "Store",
    "UndecipherableError",
    "WorkerRow",
    "WorkerState",
    "class_names",
    "class_parts",
    "decode_terms",
    "encode_terms",
    "free_terms",
    "hold_terms",
    "split_part",
    "tables",
]
