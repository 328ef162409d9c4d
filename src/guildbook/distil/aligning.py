"""Two sequences of steps held against each other, and the difference in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Step = TypeVar("Step", bound=Hashable)

MISSING: Final = "missing"
UNEXPECTED: Final = "unexpected"
REPEATED: Final = "repeated"
MOVED: Final = "out-of-order"


@dataclass(frozen=True, slots=True)
class Edit(Generic[Step]):
    """One difference of a sequence from the usual one."""

    kind: str
    step: Step
    place: int
    """Where in the sequence seen; of a missing step, where it would stand."""


def edits(usual: Sequence[Step], seen: Sequence[Step]) -> list[Edit[Step]]:
    """The fewest steps to leave out and to put in that lead from one sequence to the other, in order.

    By the longest common subsequence (Wagner and Fischer, J. ACM 21 (1974) 168–173).
    """
    n, m = len(usual), len(seen)
    common = [[0] * (m + 1) for _ in range(n + 1)]
    for i in range(n - 1, -1, -1):
        for j in range(m - 1, -1, -1):
            common[i][j] = common[i + 1][j + 1] + 1 if usual[i] == seen[j] else max(common[i + 1][j], common[i][j + 1])
    found: list[Edit[Step]] = []
    i = j = 0
    while i < n or j < m:
        if i < n and j < m and usual[i] == seen[j]:
            i, j = i + 1, j + 1
        elif j < m and (i == n or common[i][j + 1] >= common[i + 1][j]):
            found.append(Edit(UNEXPECTED, seen[j], j))
            j += 1
        else:
            found.append(Edit(MISSING, usual[i], j))
            i += 1
    return named(found, seen)


def named(found: Sequence[Edit[Step]], seen: Sequence[Step]) -> list[Edit[Step]]:
    """What is missing here and too much there has moved; what is too much and was done before is repeated."""
    lacking = Counter(edit.step for edit in found if edit.kind == MISSING)
    extra = Counter(edit.step for edit in found if edit.kind == UNEXPECTED)
    moved = {step: min(count, extra[step]) for step, count in lacking.items()}
    left = dict(moved)
    out: list[Edit[Step]] = []
    for edit in found:
        if edit.kind == MISSING:
            if moved.get(edit.step, 0):
                moved[edit.step] -= 1
            else:
                out.append(edit)
        elif left.get(edit.step, 0):
            left[edit.step] -= 1
            out.append(Edit(MOVED, edit.step, edit.place))
        elif edit.step in seen[: edit.place] or extra[edit.step] < seen.count(edit.step):
            out.append(Edit(REPEATED, edit.step, edit.place))
        else:
            out.append(edit)
    return out


def in_words(found: Sequence[Edit[str]]) -> tuple[str, ...]:
    """Differences as short phrases: `without “Check”`, `with “Ask”`, `“Decide” elsewhere`, `“Call” again`."""
    forms = {MISSING: "without “{}”", UNEXPECTED: "with “{}”", MOVED: "“{}” elsewhere", REPEATED: "“{}” again"}
    times = Counter((edit.kind, edit.step) for edit in found)
    return tuple(
        forms[kind].format(step) + (f" ({count}×)" if count > 1 else "") for (kind, step), count in times.items()
    )
