"""What an earlier Guildbook learnt, brought up to the present format where its counts tell enough.

Sums are named arrays. A step turns those of format k into those of format k + 1: it may rename, split, add up or drop,
but it cannot make a table of what was never counted. Where a step says so instead, the events are learnt again and the
reason is told. Whoever raises `sums.FORMAT` writes the step, and keeps a small state of the old format under
`tests/distil/data`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from numpy.typing import NDArray

from guildbook.model.errors import StoreError

Arrays = dict[str, NDArray[Any]]
Texts = dict[int, str]
Step = Callable[[Arrays, Texts], tuple[Arrays, Texts]]

STEPS: Final[dict[int, Step | str]] = {
    1: "steps and lengths of cases by week, and how each variant ended, are counted since format 2",
    2: "who asks whom, who takes what up under which condition, how long people have done a task, of each case when it "
    "began and who did which step, and of raw interaction its performances are counted since format 3",
    3: "how a command ended is not taken for how the work ended, work recorded by several sources has all its active "
    "time, and performances are told apart by what they name since format 4",
}
"""By format: the way to the next one, or why there is none."""


class StateVersionError(StoreError):
    """The sums were made by another version and cannot be added to: they must be learnt again."""

    def __init__(self, why: str = "") -> None:
        told = "What was learnt is of another version of Guildbook"
        super().__init__(f"{told}: {why}." if why else f"{told}.", "Learn again.", "old-sums")


def way(found: object, wanted: int, steps: Mapping[int, Step | str] | None = None) -> list[Step]:
    """The steps that lead from format `found` to format `wanted`. Raises `StateVersionError` where there is no way."""
    if not isinstance(found, int) or found < 1:
        raise StateVersionError
    if found > wanted:
        raise StateVersionError(f"it has format {found}, and this one reads formats up to {wanted}")
    steps = STEPS if steps is None else steps
    out: list[Step] = []
    for number in range(found, wanted):
        step = steps.get(number, f"nothing leads from format {number} to the next")
        if isinstance(step, str):
            raise StateVersionError(step)
        out.append(step)
    return out
