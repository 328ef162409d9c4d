from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.model.errors import StoreError
from guildbook.store import cipher
from guildbook.store.cipher import OVERHEAD, UndecipherableError, decrypt, encrypt, new_key

_BOUND = st.lists(st.text(max_size=4), max_size=3)


@given(st.binary(max_size=100), _BOUND)
def test_what_went_in_comes_out(plain: bytes, bound: list[str]) -> None:
    key = new_key()
    sealed = encrypt(key, plain, *bound)
    assert len(sealed) == len(plain) + OVERHEAD
    assert sealed != encrypt(key, plain, *bound)
    assert decrypt(key, sealed, *bound, what="it") == plain


@given(_BOUND, _BOUND)
def test_only_the_same_words_open_it(one: list[str], other: list[str]) -> None:
    key = new_key()
    sealed = encrypt(key, b"x", *one)
    if one == other:
        assert decrypt(key, sealed, *other, what="it") == b"x"
    else:
        with pytest.raises(UndecipherableError, match="it does not decrypt"):
            decrypt(key, sealed, *other, what="it")


@pytest.mark.parametrize("cut", [0, 1, 27, 28])
def test_what_is_cut_short_does_not_open(cut: int) -> None:
    key = new_key()
    with pytest.raises(UndecipherableError):
        decrypt(key, encrypt(key, b"xyz")[:cut], what="it")


def test_what_is_too_large_is_refused_before_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cipher, "_MOST", 10)
    with pytest.raises(StoreError) as caught:
        encrypt(new_key(), bytes(11))
    assert caught.value.code == "too-large"
