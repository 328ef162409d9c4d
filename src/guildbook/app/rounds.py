"""Which segments brought what to a net, round by round: a net is a function of this history and of the events.

The history lists the segments that were new in each round. Who is forgotten or refuses is taken out of all of it, as
if they had never been there; so all that follows from it (what is trained on, when it is judged again) is worked out
from the segments that are left and from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from guildbook.model.grant import SegmentRef

LIMIT: Final = 500_000
"""Events a model is fitted on at first: the newest whole months that hold so many."""
_GROWTH: Final = 2
"""A net begins anew when its rounds hold so many times the limit."""
_MOST: Final = 32
"""Rounds after which it begins anew."""
_JUDGED_AGAIN: Final = 1.5
"""It is judged again when it was trained on so many times as many events."""

Round = list[SegmentRef]


def newest(segments: Iterable[SegmentRef]) -> Round:
    """The segments of the newest months, whole months, until there are `LIMIT` events."""
    months: dict[str, Round] = {}
    for segment in segments:
        months.setdefault(segment.month, []).append(segment)
    chosen: Round = []
    for month in sorted(months, reverse=True):
        if _events(chosen) >= LIMIT:
            break
        chosen += months[month]
    return chosen


def history(before: Sequence[Sequence[str]], admitted: Sequence[SegmentRef]) -> list[Round]:
    """The rounds with what is admitted now; what is new is one more. No round is empty."""
    by_id = {segment.id: segment for segment in admitted}
    rounds = [[by_id.pop(name) for name in names if name in by_id] for names in before]
    return [part for part in (*rounds, list(by_id.values())) if part]


def trained(rounds: Sequence[Round]) -> list[Round]:
    """What is trained on, round by round: all that came, unless it grew too much and the net began anew on the way."""
    kept: list[Round] = []
    for number, part in enumerate(rounds):
        kept.append(part)
        grown = sum(map(_events, kept)) > _GROWTH * LIMIT or len(kept) > _MOST
        if grown or not number:
            kept = [newest(segment for past in rounds[: number + 1] for segment in past)]
    return kept


def judged(rounds: Sequence[Round]) -> int:
    """The round of `trained` after which the net was judged last."""
    last = events = seen = 0
    for number, part in enumerate(rounds):
        events += _events(part)
        if not number or events >= _JUDGED_AGAIN * seen:
            last, seen = number, events
    return last


def _events(segments: Iterable[SegmentRef]) -> int:
    return sum(segment.rows for segment in segments)
