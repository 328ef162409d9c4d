from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guildbook.app import rounds
from guildbook.app.rounds import history, judged, newest, trained
from guildbook.model.grant import SegmentRef

SIZES = st.integers(1, rounds.LIMIT)


def segment(number: int, rows: int = 10, month: str = "2026-03") -> SegmentRef:
    return SegmentRef(f"s{number:03}", f"worker {number % 5}", month, rows, 0, 1, "")


PARTS = st.lists(st.lists(st.tuples(SIZES, st.integers(1, 9)), min_size=1, max_size=4), min_size=1, max_size=8)


def made(parts: list[list[tuple[int, int]]]) -> list[list[SegmentRef]]:
    numbers = iter(range(1000))
    return [[segment(next(numbers), rows, f"2026-0{month}") for rows, month in part] for part in parts]


def names(found: list[list[SegmentRef]]) -> list[set[str]]:
    return [{s.id for s in part} for part in found]


def test_what_is_new_is_a_round_and_what_is_gone_leaves_no_gap() -> None:
    a, b, c, d = (segment(n) for n in range(4))
    assert history([], [a, b]) == [[a, b]]
    assert history([["s000"], ["s001"]], [a, b, c]) == [[a], [b], [c]]
    assert history([["s000"], ["s001"], ["s002", "s003"]], [a, d]) == [[a], [d]]
    assert history([["s000"]], []) == []


def test_the_newest_whole_months_are_taken() -> None:
    half = rounds.LIMIT // 2
    old, mid, new = segment(0, half, "2026-01"), segment(1, half, "2026-02"), segment(2, half + 1, "2026-03")
    assert newest([old, mid, new]) == [new, mid]
    assert names(trained([[old, mid, new]])) == [{"s001", "s002"}]


def test_it_begins_anew_when_it_grew_too_much() -> None:
    whole = [[segment(n, rounds.LIMIT, f"2026-0{n + 1}")] for n in range(4)]
    assert names(trained(whole[:2])) == [{"s000"}, {"s001"}]
    assert names(trained(whole[:3])) == [{"s002"}]
    assert names(trained(whole)) == [{"s002"}, {"s003"}]
    many = [[segment(n, 1)] for n in range(40)]
    assert len(trained(many[:32])) == 32
    assert len(trained(many)) == 8


def test_it_is_judged_again_when_it_grew_by_half() -> None:
    assert judged([[segment(0, 100)]]) == 0
    assert judged([[segment(0, 100)], [segment(1, 49)]]) == 0
    assert judged([[segment(0, 100)], [segment(1, 49)], [segment(2, 1)], [segment(3, 70)]]) == 2


@given(parts=PARTS, gone=st.integers(0, 4))
def test_who_is_gone_is_as_if_never_there(parts: list[list[tuple[int, int]]], gone: int) -> None:
    """Going on round by round without a worker, and taking the worker out afterwards, is the same."""
    whole = made(parts)
    before: list[list[str]] = []
    never: list[list[str]] = []
    there: list[SegmentRef] = []
    for part in whole:
        there += part
        left = [s for s in there if s.worker != f"worker {gone}"]
        before = [[s.id for s in one] for one in history(before, there)]
        never = [[s.id for s in one] for one in history(never, left)]
    left = [s for s in there if s.worker != f"worker {gone}"]
    assert [[s.id for s in one] for one in history(before, left)] == never
    assert trained(history(before, left)) == trained(history(never, left))
