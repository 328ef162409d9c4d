"""The leak test: whatever people do in whatever order, no refused byte comes out and no receipt is missing.

`benchmarks/leak.py` plays the hundred thousand games of which these are the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from book_gate import book_game
from game_gate import DifferenceError, cheap_signatures
from plays_gate import play

from guildbook.govern import policy, receipts
from guildbook.govern.vault import rules
from guildbook.govern.world import World, authority, folding, metering, vouching
from guildbook.govern.world.parts import Collective, Strike

GAMES = 1_500


@pytest.fixture
def cheap() -> Iterator[None]:
    with cheap_signatures():
        yield


@pytest.mark.slow
def test_no_refused_byte_and_no_missing_receipt(cheap: None) -> None:
    played = [play(seed) for seed in range(GAMES)]
    assert sum(game.readings for game in played) > 5 * GAMES
    assert sum(game.bytes for game in played) > 2 * GAMES
    assert sum(game.denied for game in played) > GAMES // 50


def _all() -> None:
    for seed in range(GAMES):
        play(seed)


def _never(*_: Any) -> bool:
    return False


def _always(*_: Any) -> bool:
    return True


def _silent(*_: Any) -> None:
    """Has nothing to say."""


def _nothing(*_: Any) -> tuple[()]:
    return ()


def _first(*asked: Any) -> tuple[str, ...]:
    return _AGREED(*asked)[:1]


def _kept_on(_: Any, found: Any, worker: str) -> None:
    found.mandates.pop(worker, None)
    for role in ("steward", "auditor"):
        found.offices.pop((worker, role), None)


def _on_the_roll(collective: Any, worker: str, _: int) -> bool:
    return worker in collective.roll


def _alone(purpose: str) -> tuple[str, ...]:
    return (purpose,)


def _empty(*_: Any) -> frozenset[str]:
    return frozenset()


def _unsigned(*_: Any) -> None:
    """Any signature will do."""


def _unwritten(*said: Any) -> None:
    said[-1]()


def _unconfirmed(*said: Any) -> None:
    _RECEIPT(*said[:-1], _unsigned)


_RECEIPT: Any = receipts.receipt
_AGREED: Any = getattr(policy, "_agreed")  # noqa: B009 - a test looks behind it
HOLES: dict[str, tuple[Any, str, Any]] = {
    "strikes are overlooked": (Strike, "covers", _never),
    "leaving has no effect": (Collective, "member", _on_the_roll),
    "everything is delegated": (Collective, "mandated", _always),
    "the collective's refusals are overlooked": (policy, "_refuses", _never),
    "a refusal of a group is no refusal of what is in it": (policy, "chain", _alone),
    "a measure above the bound suspends nothing": (metering, "crosses", _never),
    "agreements are overlooked": (policy, "_agreed", _nothing),
    "only the first agreement that fits is looked at": (policy, "_agreed", _first),
    "a permission outlives forgetting": (folding, "_unsay", _unsigned),
    "who leaves a collective is still on strike": (folding, "_drop", _kept_on),
    "what is held out is as all else": (policy, "vaulted", _silent),
    "who left a vault is in it still": (rules, "contributes", _always),
    "notices are not waited for": (World, "informed", _always),
    "whoever asks to join need not be known": (vouching, "_known", _always),
    "one vouch makes a founder": (vouching, "WITNESSES", 1),
    "what a law profile asks is not waited for": (Collective, "lacking", _empty),
    "signatures are not looked at": (authority, "_verify", _unsigned),
    "receipts are not written": (receipts, "receipt", _unwritten),
    "nothing is looked at again when it is read": (receipts, "receipt", _unconfirmed),
}


@pytest.mark.parametrize("hole", list(HOLES))
def test_a_hole_is_found(cheap: None, monkeypatch: pytest.MonkeyPatch, hole: str) -> None:
    """The game notices when a rule is broken: it is broken here, one at a time."""
    monkeypatch.setattr(*HOLES[hole])
    with pytest.raises(DifferenceError):
        _all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_same_on_a_real_book(tmp_path: Path, seed: int) -> None:
    with book_game(tmp_path / "book", seed) as game:
        for _ in range(12):
            game.moves(12)
        assert game.readings > 50


@pytest.mark.postgres
def test_the_same_on_postgres(tmp_path: Path, postgres_database: str) -> None:
    with book_game(tmp_path / "book", 9, postgres_database) as game:
        for _ in range(6):
            game.moves(12)
        assert game.readings > 20
