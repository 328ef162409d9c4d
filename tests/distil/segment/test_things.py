from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.columns import raw_table
from guildbook.distil.segment import performances
from guildbook.distil.segment.evidence import IDLE_MOST, LEFT, NAMED, things, weights
from guildbook.distil.segment.find import segment
from guildbook.distil.segment.stream import read
from guildbook.distil.segment.things import REACH, between, identifiers, named
from guildbook.distil.segment.units import LONG
from guildbook.model.time import HOUR, SECOND


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


def office(count: int, pause: int) -> pa.Table:
    """Claims named in a link, a window and a command; after each somebody thinks, then looks at the inbox."""
    rows = [
        {"app": "office", "action": "click", "element_name": f"Claim C-{n:03}"} if step == 0
        else {"app": "office", "action": "look", "window": f"Claim C-{n:03}"} if step == 1
        else {"app": "shell", "action": "claims", "value_after": f"claims C-{n:03}"} if step == 3
        else {"app": "office", "action": {2: "think", 4: "pay", 5: "inbox"}[step]}
        for n in range(count) for step in range(6)
    ]  # fmt: skip
    columns = "app", "action", "element_name", "window", "value_after"
    times = np.cumsum([pause if n % 6 == 5 else SECOND for n in range(len(rows))])
    return raw_table({name: [row.get(name) for row in rows] for name in columns} | {"time": times}, len(rows))


def test_a_thing_speaks_against_borders_inside_and_for_one_at_the_pause_before_the_next() -> None:
    table = office(12, 9 * SECOND)
    stream = read(table)
    found = weights(stream, np.arange(len(table))).reshape(12, 6)
    assert (found[:, 1:4] <= NAMED + IDLE_MOST).all()
    assert (found[:-1, 5] >= LEFT).all()
    assert (np.abs(found[:, 4]) <= IDLE_MOST).all()
    assert (np.abs(found[1:, 0]) <= IDLE_MOST).all()
    cut = segment(stream)
    assert cut.things == 11
    assert (np.diff(cut.segment)[4::6] == 1).all()


def test_a_clock_that_stands_still_leaves_a_thing_where_it_was_named_last() -> None:
    stream = read(office(12, 9 * SECOND).drop_columns("time"))
    _, left = things(stream, np.arange(len(stream)))
    assert np.flatnonzero(left).tolist() == [6 * n + 4 for n in range(11)]


def test_a_unit_that_things_part_is_cut_however_little_that_shortens_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performances, "SHORTER", 0.0)

    def cut(table: pa.Table) -> int:
        n = len(table)
        found = performances.units(table, np.zeros(n, np.int64), np.ones(n, dtype=bool), np.arange(n), HOUR)
        return sum(int(unit.cut.segment.max()) + 1 for unit in found)

    table = office(12, 9 * SECOND)
    assert len(table) > LONG
    assert cut(table) >= 12
    assert cut(table.drop_columns(["window", "value_after"])) == 0
