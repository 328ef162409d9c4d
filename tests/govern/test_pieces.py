"""What is admitted, by columns, is what a list of pieces would be."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.govern.pieces import Piece, Pieces, Segments, joined
from guildbook.govern.receipts import root_of
from guildbook.model.decision import Reason
from guildbook.model.grant import SegmentRef

HEX = st.text("0123456789abcdef", min_size=32, max_size=32)
IDS = HEX | st.builds("{}:{}".format, HEX, st.sampled_from(["mail", "sheet", "Büro"])) | st.text("abz", min_size=1)


@st.composite
def pieces(draw: st.DrawFn) -> list[Piece]:
    ids = draw(st.lists(IDS, unique=True, max_size=12))
    if draw(st.booleans()):  # such as are told apart by their second half only
        ids = [f"{'0' * 16}{one[:16]:>016}" for one in dict.fromkeys(each[:16] for each in ids)]
    numbers = st.integers(-(2**62), 2**62)
    return [
        Piece(
            each, draw(st.sampled_from(["w1", "w2"])), draw(st.sampled_from(["2026-01", "2026-02"])), draw(numbers),
            draw(numbers), draw(numbers), draw(HEX | st.text("01", min_size=1)),
            draw(st.sampled_from([Reason.OWN_PURPOSE, Reason.AGREEMENT])), draw(st.sampled_from([(), ("a#1",)])),
        )
        for each in ids
    ]  # fmt: skip


@given(pieces(), st.integers(0, 12))
def test_columns_are_the_list(held: list[Piece], cut: int) -> None:
    made, wanted = Pieces.of(held), sorted(held)
    assert list(made) == wanted
    assert [made[i] for i in range(len(made))] == wanted
    assert list(made[:cut]) == wanted[:cut]
    assert list(joined(Pieces.of(held[:cut]), Pieces.of(held[cut:]))) == wanted
    assert made.workers() == {piece.worker for piece in held}
    assert made.on([piece.id for piece in held]) == [(p.worker, p.reason, p.clauses) for p in held]
    assert made.root() == hashlib.sha256("".join(f"{p.id}{p.digest}" for p in wanted).encode()).hexdigest()


@given(pieces())
def test_what_a_stage_sees_is_made_of_them(held: list[Piece]) -> None:
    seen = Segments(Pieces.of(held), {"w1": "Ada"})
    wanted = [
        SegmentRef(p.id, {"w1": "Ada"}.get(p.worker, p.worker), p.month, p.rows, p.first, p.last, p.digest)
        for p in sorted(held)
    ]
    assert [seen[i] for i in range(-len(seen), len(seen))] == wanted + wanted
    assert list(seen) == wanted
    assert list(seen[1:]) == wanted[1:]
    assert [seen[i] for i in range(len(seen))] == wanted
    assert root_of(seen) == Pieces.of(held).root()
    with pytest.raises(IndexError):
        _ = seen[len(seen)]


def test_what_is_not_among_them_is_not_found() -> None:
    one = Piece("a" * 32, "w", "2026-01", 1, 0, 0, "d", Reason.OWN_PURPOSE, ())
    for held in ([], [one]):
        for wanted in (["b" * 32], ["a" * 31], ["a" * 32, "0"], ["a" * 33]):
            with pytest.raises(KeyError):
                Pieces.of(held).on(wanted)
    assert Pieces.of([]).on([]) == []


def test_many_are_in_order_and_their_root_is_that_of_the_list() -> None:
    dice = np.random.default_rng(1)
    ids = [dice.bytes(16).hex() for _ in range(70_000)]
    held = [Piece(each, "w", "2026-01", 1, 0, 0, each * 2, Reason.OWN_PURPOSE, ()) for each in ids]
    made = Pieces.of(held)
    assert made.ids.tolist() == sorted(each.encode() for each in ids)
    assert made.root() == hashlib.sha256("".join(e + e * 2 for e in sorted(ids)).encode()).hexdigest()
