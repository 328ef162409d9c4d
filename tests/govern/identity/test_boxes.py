from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildbook.govern.identity.boxes import OVERHEAD, seal
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.model.errors import InputError


@given(st.binary(max_size=200), st.text(max_size=20).filter(lambda t: t.isascii()))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_owner_opens_what_anybody_sealed(ada: Identity, plain: bytes, context: str) -> None:
    sealed = seal(ada.public.box, plain, context)
    assert len(sealed) == len(plain) + OVERHEAD
    assert ada.open(sealed, context) == plain


def test_nobody_else_opens_it_nor_for_another_purpose(ada: Identity) -> None:
    sealed = seal(ada.public.box, b"yes", "ballot 1")
    bo = Identity.make("Bo", Role.STEWARD, 5)
    for who, context in ((bo, "ballot 1"), (ada, "ballot 2")):
        with pytest.raises(InputError, match="does not open"):
            who.open(sealed, context)


@pytest.mark.parametrize("place", [0, 31, 32, -1])
def test_a_changed_box_does_not_open(ada: Identity, place: int) -> None:
    sealed = bytearray(seal(ada.public.box, b"yes", "ballot"))
    sealed[place] ^= 1
    with pytest.raises(InputError):
        ada.open(bytes(sealed), "ballot")


@pytest.mark.parametrize("sealed", [b"", bytes(31), bytes(32), bytes(60)])
def test_what_is_no_box_does_not_open(ada: Identity, sealed: bytes) -> None:
    with pytest.raises(InputError):
        ada.open(sealed, "ballot")


def test_two_boxes_with_the_same_in_them_differ(ada: Identity) -> None:
    assert seal(ada.public.box, b"yes", "ballot") != seal(ada.public.box, b"yes", "ballot")


@pytest.mark.parametrize("key", [bytes(32), b"\1" + bytes(31), b"short"])
def test_nothing_is_sealed_for_a_key_that_shares_no_secret(key: bytes) -> None:
    with pytest.raises(InputError, match="sealed for this key"):
        seal(key, b"yes", "ballot")
