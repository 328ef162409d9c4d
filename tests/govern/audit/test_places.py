from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guildbook.govern.audit.places import Kind, compare


def told(origins: list[int | None], size: int, *, grown: bool = False) -> list[tuple[Kind, int, int]]:
    return [(f.kind, f.first, f.last) for f in compare(origins, size, grown=grown)]


@given(st.integers(0, 30))
def test_what_is_as_it_was_is_not_spoken_of(size: int) -> None:
    assert told(list(range(size)), size) == []


def test_each_kind_has_its_place() -> None:
    assert told([0, None, 2], 3) == [(Kind.CHANGED, 1, 1)]
    assert told([0, 3], 4) == [(Kind.DELETED, 1, 2)]
    assert told([0, None, 1, 2], 3) == [(Kind.INSERTED, 1, 1)]
    assert told([0, 1, 0, 2], 3) == [(Kind.INSERTED, 2, 2)]
    assert told([0, 3, 1, 2], 4) == [(Kind.REORDERED, 1, 3)]
    assert told([0, 1], 4) == [(Kind.TRUNCATED, 2, 3)]
    assert told([None, 1], 2) == [(Kind.CHANGED, 0, 0)]
    assert told([1, 2], 3) == [(Kind.DELETED, 0, 0)]
    assert told([], 2) == [(Kind.TRUNCATED, 0, 1)]


def test_two_things_changing_places_are_both_named() -> None:
    assert told([0, 4, 2, 3, 1, 5], 6) == [(Kind.REORDERED, 1, 4), (Kind.REORDERED, 1, 4)]


def test_a_copy_tells_growth_and_forks_from_insertions() -> None:
    assert told([0, 1, None, None], 2, grown=True) == []
    assert told([0, 1, None, None], 2) == [(Kind.INSERTED, 2, 3)]
    assert told([0, None, None, None], 3, grown=True) == [(Kind.FORKED, 1, 2)]
    assert told([0, None], 2, grown=True) == [(Kind.CHANGED, 1, 1)]
    assert told([0, 1], 3, grown=True) == [(Kind.TRUNCATED, 2, 2)]


def test_several_things_at_once() -> None:
    # 1 changed, 3 and 4 deleted, something inserted, 8 before 7, the end cut off.
    assert told([0, None, 2, 5, None, 6, 8, 7], 10) == [
        (Kind.CHANGED, 1, 1),
        (Kind.DELETED, 3, 4),
        (Kind.INSERTED, 4, 4),
        (Kind.REORDERED, 6, 8),
        (Kind.TRUNCATED, 9, 9),
    ]


@given(st.integers(1, 40), st.data())
def test_places_are_named_from_where_the_sequence_begins(size: int, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, size - 1))
    gone = data.draw(st.integers(begin, size - 1))
    rest = [i for i in range(begin, size) if i != gone]
    [found] = compare(rest, size, begin=begin)
    assert (found.first, found.last) == (gone, gone)
    assert found.kind == (Kind.TRUNCATED if gone == size - 1 else Kind.DELETED)


@given(st.integers(2, 30), st.data())
def test_whatever_is_done_something_is_found(size: int, data: st.DataObject) -> None:
    origins: list[int | None] = list(range(size))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(origins) - 1)) if origins else 0
        match data.draw(st.sampled_from(["change", "delete", "insert", "copy", "swap"])):
            case "change" if origins:
                origins[at] = None
            case "delete" if origins:
                del origins[at]
            case "insert":
                origins.insert(at, None)
            case "copy" if origins:
                origins.insert(at, origins[-1 - at])
            case _ if len(origins) > 1:
                origins[at], origins[at - 1] = origins[at - 1], origins[at]
            case _:
                origins.append(None)
    found = compare(origins, size)
    assert bool(found) == (origins != list(range(size)))
    assert all(0 <= f.first <= f.last < max(size, len(origins)) for f in found)
