"""Shamir's secret sharing: any k of n shares give a secret, and fewer tell nothing of it.

Source: A. Shamir, How to share a secret, Communications of the ACM 22 (1979). The shares are points of a random
polynomial of degree k - 1 over the integers modulo a prime; its value at 0 is the secret.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from guildbook.model.errors import InputError

SECRET: Final = 32
"""Bytes of a secret."""
_PRIME: Final = 2**521 - 1
"""A Mersenne prime above every secret."""
_PLACE: Final = 2
_VALUE: Final = 66
SHARE: Final = _PLACE + _VALUE
"""Bytes of a share: where the polynomial was taken, and its value there."""


def split(secret: bytes, threshold: int, count: int) -> list[bytes]:
    """`count` shares, of which any `threshold` give the secret of 32 bytes. Raises `ValueError` for bad numbers."""
    if len(secret) != SECRET or not 1 <= threshold <= count < 1 << 8 * _PLACE:
        raise ValueError(len(secret), threshold, count)
    polynomial = [int.from_bytes(secret), *(secrets.randbelow(_PRIME) for _ in range(threshold - 1))]
    return [place.to_bytes(_PLACE) + _at(polynomial, place).to_bytes(_VALUE) for place in range(1, count + 1)]


def join(shares: Sequence[bytes]) -> bytes:
    """The secret, from as many shares as it takes; of too few, bytes that say nothing, or `InputError`."""
    points = dict(_point(share) for share in shares)
    if not points:
        raise InputError("Without shares there is no secret.", "Wait for more pledges.", _BAD)
    whole = 0
    for place, value in points.items():
        above = below = 1
        for other in points:
            if other != place:
                above = above * other % _PRIME
                below = below * (other - place) % _PRIME
        whole = (whole + value * above * pow(below, -1, _PRIME)) % _PRIME
    try:
        return whole.to_bytes(SECRET)
    except OverflowError:
        raise InputError("These shares are too few, or not of one secret.", "Wait for more pledges.", _BAD) from None


_BAD: Final = "bad-shares"


def _at(polynomial: Sequence[int], place: int) -> int:
    value = 0
    for coefficient in reversed(polynomial):
        value = (value * place + coefficient) % _PRIME
    return value


def _point(share: bytes) -> tuple[int, int]:
    place, value = int.from_bytes(share[:_PLACE]), int.from_bytes(share[_PLACE:])
    if len(share) != SHARE or not place or value >= _PRIME:
        raise InputError("This is no share of a secret.", "It was changed.", _BAD)
    return place, value
