"""One case out of all admitted events, read from the segments that hold it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildbook.distil.changes import Admitted
from guildbook.distil.encode import COLUMNS, encode
from guildbook.distil.settings import Settings
from guildbook.distil.traces import Traces, join
from guildbook.model.ids import symbol


def case_of(admitted: Admitted, names: Sequence[str], settings: Settings) -> Traces | None:
    """The joint trace of the first of these case names that has an admitted event; None when none has."""
    segments = [segment.id for segment in admitted.grant.segments]
    held = admitted.cases(segments) if segments else {}
    for name in names:
        code = np.uint64(symbol(name))
        near = [segment for segment in segments if _holds(held[segment], code)]
        if not near:
            continue
        table = admitted.table(COLUMNS, near)
        own = table.filter(pc.equal(table.column("case").cast(pa.string()), name))
        if len(own):
            return join(encode(own, settings))
    return None


def _holds(codes: np.ndarray, code: np.uint64) -> bool:
    place = int(np.searchsorted(codes, code))
    return place < len(codes) and bool(codes[place] == code)
