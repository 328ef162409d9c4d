"""What is new is found once, and what is not at rest yet waits."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guildbook.record.seeing.lines import Box, Gray
from guildbook.record.seeing.looking import RESTS, Eyes, Look, Waiting, changes
from guildbook.record.seeing.telling import learnt, told, unread

SECOND = 1_000_000


def page(*words: tuple[int, int], high: int = 160) -> Gray:
    """A page with a line for each (row, number); the letters of a line depend on its number."""
    picture = np.full((high, 300), 255, np.uint8)
    for row, number in words:
        for place in range(40):
            left = 10 + 5 * place
            picture[20 * row + 4 : 20 * row + 14, left : left + 2] = 0
            if ((number + 1) * 2_654_435_761 >> (place % 31)) & 1:
                picture[20 * row + 8 : 20 * row + 10, left] = 255
    return picture


def tops(eyes: Eyes, picture: Gray) -> list[int]:
    return [line.box.top for line in eyes.look("w", picture)]


def test_only_what_changed_is_new() -> None:
    eyes = Eyes()
    assert tops(eyes, page((0, 1), (1, 2), (2, 3))) == [4, 24, 44]
    assert tops(eyes, page((0, 1), (1, 2), (2, 3))) == []
    assert tops(eyes, page((0, 1), (1, 9), (2, 3))) == [24]
    assert tops(eyes, page((0, 1), (1, 9))) == []  # gone is not new


def test_what_is_scrolled_is_not_new_but_what_comes_in_is() -> None:
    eyes = Eyes()
    eyes.look("w", page((0, 1), (1, 2), (2, 3)))
    assert tops(eyes, page((0, 2), (1, 3), (2, 4))) == [44]


def test_what_is_known_needs_no_picture() -> None:
    eyes = Eyes()
    (line,) = eyes.look("w", page((0, 1)))
    eyes.learn({line.hash: ("Hello", 0.9)})
    eyes.look("w", page((0, 7)))
    (again,) = eyes.look("w", page((0, 1)))
    assert again.picture is None
    assert eyes.says(again.hash)[0] == "Hello"


def test_what_a_line_took_the_place_of_is_told() -> None:
    eyes = Eyes()
    (old,) = eyes.look("w", page((2, 1)))
    (new,) = eyes.look("w", page((2, 5)))
    assert new.before == (old.hash,)
    look = Look("w", 7, {"app": "desk"}, (100, 50), [new])
    eyes.learn({old.hash: ("Open", 0.8)})
    (row,) = learnt(eyes, [look], {new.hash: ("Settled", 0.9)})
    assert (row["value_before"], row["value_after"], row["time"], row["app"]) == ("Open", "Settled", 7, "desk")
    assert row["element_bounds"][:2] == [new.box.left + 100, new.box.top + 50]


def test_nothing_is_told_of_what_could_not_be_read() -> None:
    eyes = Eyes()
    lines = eyes.look("w", page((0, 1)))
    assert told(eyes, Look("w", 1, {}, (0, 0), lines)) is None


def test_a_line_that_is_being_typed_is_read_when_it_rests() -> None:
    eyes, waiting = Eyes(), Waiting(1 << 20)
    for second in range(5):
        lines = eyes.look("w", page((1, second + 1)))
        waiting.add(Look("w", second * SECOND, {}, (0, 0), lines))
    looks = waiting.take(100 * SECOND, 1000)
    assert [look.time for look in looks] == [4 * SECOND]
    assert len(unread(eyes, looks)) == 1


def test_a_line_that_rested_stays() -> None:
    eyes, waiting = Eyes(), Waiting(1 << 20)
    for time in (0, RESTS + 1):
        waiting.add(Look("w", time, {}, (0, 0), eyes.look("w", page((1, time + 1)))))
    assert len(waiting.take(1 << 60, 1000)) == 2


def test_memory_is_bounded_and_what_is_dropped_is_counted() -> None:
    eyes, waiting = Eyes(), Waiting(20_000)
    for number in range(30):
        waiting.add(Look("w", number * 60 * SECOND, {}, (0, 0), eyes.look("w", page((0, number), (1, number + 99)))))
        assert waiting.bytes <= 20_000
    assert waiting.missed > 0
    assert len(waiting) + waiting.missed // 2 == 30


def test_what_is_forgotten_waits_no_more() -> None:
    eyes, waiting = Eyes(), Waiting(1 << 20)
    for minute in range(3):
        waiting.add(Look("w", minute * 60 * SECOND, {}, (0, 0), eyes.look("w", page((minute, minute + 7)))))
    waiting.forget(50 * SECOND, 70 * SECOND)
    assert [look.time for look in waiting.take(1 << 60, 1000)] == [0, 120 * SECOND]


@given(st.integers(0, 2**32 - 1), st.integers(1, 70), st.integers(1, 90), st.integers(0, 6))
def test_outside_of_what_changed_nothing_did(seed: int, high: int, wide: int, spots: int) -> None:
    chance = np.random.default_rng(seed)
    before = np.zeros((high, wide), np.uint8)
    now = before.copy()
    for _ in range(spots):
        now[chance.integers(high), chance.integers(wide)] = 9
    for box in changes(before, now):
        assert box.left % 16 == 0
        assert box.shares(Box(0, 0, wide, high)) == box.width * box.height
        now[box.top : box.bottom, box.left : box.right] = 0
    assert (before == now).all()
