from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.govern.withholding.shamir import SHARE, join, split
from guildbook.model import InputError

SECRETS = st.binary(min_size=32, max_size=32)


@given(SECRETS, st.integers(1, 6), st.integers(0, 6), st.randoms(use_true_random=False))
def test_any_k_shares_give_the_secret(secret: bytes, k: int, more: int, chance: Random) -> None:
    shares = split(secret, k, k + more)
    assert {len(share) for share in shares} == {SHARE}
    chosen = chance.sample(shares, k)
    assert join(chosen) == secret
    assert join(shares) == secret


@given(SECRETS, st.integers(2, 6))
def test_fewer_shares_give_nothing(secret: bytes, k: int) -> None:
    # What they give is one of 2^521 values at random, and of these one in 2^265 is as short as a secret.
    with pytest.raises(InputError, match="too few"):
        join(split(secret, k, k)[:-1])


@given(SECRETS, SECRETS, st.integers(2, 5))
def test_fewer_shares_fit_every_secret(one: bytes, other: bytes, k: int) -> None:
    """What k - 1 shares tell is the same whatever the secret: each secret is reached by some last share."""
    known = split(one, k, k)[:-1]
    reached = _last_share_for(other, known, k)
    assert join([*known, reached]) == other


def _last_share_for(secret: bytes, known: list[bytes], place: int) -> bytes:
    """The share at a place that lies on the polynomial through the known shares and the secret at 0."""
    prime = 2**521 - 1
    points = {0: int.from_bytes(secret)} | {int.from_bytes(s[:2]): int.from_bytes(s[2:]) for s in known}
    value = 0
    for x, y in points.items():
        term = y
        for other in points:
            if other != x:
                term = term * (place - other) * pow(x - other, -1, prime) % prime
        value += term
    return place.to_bytes(2) + (value % prime).to_bytes(66)


def test_what_is_no_share_is_refused() -> None:
    good = split(bytes(32), 2, 3)
    for bad in (b"", good[0][:-1], bytes(SHARE), b"\x00\x01" + b"\xff" * 66):
        with pytest.raises(InputError):
            join([good[1], bad])
    with pytest.raises(InputError):
        join([])
    for secret, k, n in ((b"short", 1, 1), (bytes(32), 0, 1), (bytes(32), 3, 2), (bytes(32), 1, 1 << 16)):
        with pytest.raises(ValueError, match=str(k)):
            split(secret, k, n)
