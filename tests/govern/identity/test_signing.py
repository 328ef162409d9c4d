from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity, KeySigner
from guildbook.govern.world.authority import signed_by

BOOK = "ab" * 16


def holds(act: Act, book: str) -> bool:
    return signed_by(act.key, act.signature, act.to_sign(book))


@pytest.fixture
def act(ada: Identity) -> Act:
    made = Act(ActKind.REFUSE, 7, "", {"worker": "w1", "purpose": "train-substitute", "class": "*", "recipient": "*"})
    return KeySigner(ada, "w1").signed(made, BOOK)


def test_a_signed_act_says_by_whom_and_holds(act: Act, ada: Identity) -> None:
    assert (act.by, act.key) == ("w1", ada.public.sign.hex())
    assert holds(act, BOOK)
    assert holds(Act.from_dict(act.to_dict()), BOOK)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": ActKind.PERMIT},
        {"time": 8},
        {"by": "w2"},
        {"body": {"worker": "w1"}},
        {"key": ""},
        {"key": "zz"},
        {"key": "00" * 32},
        {"signature": ""},
        {"signature": "00" * 64},
    ],
)
def test_nothing_in_it_can_be_changed(act: Act, change: dict[str, Any]) -> None:
    assert not holds(replace(act, **change), BOOK)


def test_it_holds_in_its_book_only(act: Act) -> None:
    assert not holds(act, "cd" * 16)


def test_somebody_elses_key_does_not_make_it_theirs(act: Act) -> None:
    bo = Identity.make("Bo", Role.WORKER, 1)
    assert not holds(replace(act, key=bo.public.sign.hex()), BOOK)


def test_anybody_can_sign_under_the_neutral_point_and_it_does_not_hold(act: Act) -> None:
    neutral = (1).to_bytes(32, "little").hex()
    assert not holds(replace(act, key=neutral, signature=neutral + "00" * 32), BOOK)


def test_private_keys_are_not_shown(ada: Identity) -> None:
    assert ada.secret().hex()[:64] not in repr(ada)
    assert "Private" not in repr(KeySigner(ada, "w1"))
