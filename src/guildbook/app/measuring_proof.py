"""Leverage with proof: beside what a model loses without somebody, the hash of the book learnt without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from guildbook.app.progress import Progress
from guildbook.app.settled import settled
from guildbook.distil.coalition import Whole, without
from guildbook.distil.encode import COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

    from guildbook.app.measuring import Asked, Measuring
    from guildbook.measure.leverage import Leverage

JOBS: Final = 2


def proven(desk: Measuring, asked: Asked, found: Sequence[Leverage], progress: Progress) -> list[Leverage]:
    """The same with `model_hash`: whoever learns what is admitted without these people gets that hash."""

    def read() -> pa.Table:
        return desk.admitted(asked).table(COLUMNS)

    table = settled(read)
    whole = Whole.of(table, desk.distil.settings())
    worlds = without(whole, [one.workers for one in found], JOBS, lambda x: progress("proof", x))
    return [replace(one, model_hash=world.digest) for one, world in zip(found, worlds, strict=True)]
