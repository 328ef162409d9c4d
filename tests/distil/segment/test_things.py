from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.columns import raw_table
from guildbook.distil.segment.evidence import LEFT, NAMED, weights
from guildbook.distil.segment.stream import read
from guildbook.distil.segment.things import REACH, between, identifiers, named


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Claim C-003", ["c-003"]),
        ("echo C-003,POL-0717,476 >> ledger.csv", ["c-003", "pol-0717"]),
        ("git commit -qam 'Settle C-003'", ["c-003"]),
        ("https://office.example/claims/POL-0717?page=2", ["pol-0717"]),
        ("Invoice 20931, 12 items", ["20931"]),
        ("A4", []),
        ("576", []),
        ("12000.50", []),
        ("Mail: Inbox", []),
        ("", []),
    ],
)
def test_identifiers_are_letters_with_digits_or_long_numbers(text: str, found: list[str]) -> None:
    assert identifiers(text) == found


def test_what_is_named_in_three_kinds_of_field_is_a_thing() -> None:
    fields = [
        (["Claim C-003", "Claim C-004"], np.array([0, -1, -1, 1])),
        (["Mail: Claim C-003"], np.array([-1, 0, -1, -1])),
        (["C-003", "C-004"], np.array([-1, -1, 0, 1])),
    ]
    found = named(fields)
    assert (found[:3, 0] >= 0).all()
    assert len(np.unique(found[:3, 0])) == 1
    assert (found[3] == -1).all()


@given(st.lists(st.integers(-1, 4), max_size=200))
def test_a_place_is_between_where_a_thing_is_named_shortly_before_and_again_at_it_or_after(codes: list[int]) -> None:
    found = np.array(codes, np.int64).reshape(-1, 1)
    held = between(found)
    longest = max(len(codes) // 4, REACH)
    for code in range(5):
        rows = np.flatnonzero(found[:, 0] == code)
        if len(rows) and rows[-1] - rows[0] <= longest:
            for first, second in zip(rows[:-1].tolist(), rows[1:].tolist(), strict=True):
                assert second - first > REACH or held[first + 1 : second + 1].all()
    starts = np.flatnonzero(np.isin(np.arange(len(codes)), [codes.index(c) for c in set(codes) if c >= 0]))
    if len(starts):
        assert not held[: starts[0] + 1].any()


def test_what_is_named_all_the_time_is_no_thing() -> None:
    assert not between(np.zeros((200, 1), np.int64)).any()
    assert between(np.repeat(np.arange(10), 20)[:, None]).sum() == 190


def test_a_thing_speaks_against_borders_inside_and_for_one_where_the_next_is_begun() -> None:
    count = 12
    rows = [
        {"app": "office", "action": "click", "element_name": f"Claim C-{n:03}"} if step == 0
        else {"app": "office", "action": "look", "window": f"Claim C-{n:03}"} if step == 1
        else {"app": "shell", "action": "claims", "value_after": f"claims C-{n:03}"} if step == 3
        else {"app": "office", "action": "think" if step == 2 else "inbox"}
        for n in range(count) for step in range(5)
    ]  # fmt: skip
    columns = "app", "action", "element_name", "window", "value_after"
    table = raw_table({name: [row.get(name) for row in rows] for name in columns}, len(rows))
    found = weights(read(table), np.arange(len(rows))).reshape(count, 5)
    assert (found[:, 1:4] <= NAMED).all()
    assert (found[1:, 0] == LEFT).all()
    assert (found[:-1, 4] == LEFT).all()
