from __future__ import annotations

import re
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from guildbook.govern.audit.note import Verifier
from guildbook.govern.identity import person
from guildbook.govern.identity.person import Public, Role, weak
from guildbook.govern.identity.signing import Identity
from guildbook.model.errors import InputError

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


def test_the_public_part_is_read_back(ada: Identity) -> None:
    assert Public.from_dict(ada.public.to_dict()) == ada.public


def test_the_fingerprint_is_for_people(ada: Identity) -> None:
    assert re.fullmatch(r"([a-z2-7]{4}-){4}[a-z2-7]{4}", ada.public.fingerprint)
    other = Identity.make("Ada", Role.WORKER, ada.public.created)
    assert other.public.fingerprint != ada.public.fingerprint
    assert Verifier.parse(str(ada.public.verifier)) == ada.public.verifier


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Eve"),
        ("name", ""),
        ("name", 3),
        ("role", "steward"),
        ("role", "king"),
        ("sign", "00" * 32),
        ("sign", "ab"),
        ("box", "11" * 32),
        ("created", 1),
        ("created", "1"),
        ("proof", "22" * 64),
        ("proof", None),
        ("format", "other"),
    ],
)
def test_nothing_in_it_can_be_changed(ada: Identity, field: str, value: Any) -> None:
    with pytest.raises(InputError, match="public part"):
        Public.from_dict(ada.public.to_dict() | {field: value})


def test_what_has_not_the_fields_is_refused() -> None:
    with pytest.raises(InputError, match="fields"):
        Public.from_dict({})


def test_keys_under_which_anybody_can_sign_are_refused(ada: Identity) -> None:
    for y in range(2):
        assert weak(y.to_bytes(32, "little"))
    # Under the neutral point the signature of point 1 and scalar 0 holds for every message.
    neutral = (1).to_bytes(32, "little")
    Ed25519PublicKey.from_public_bytes(neutral).verify(neutral + bytes(32), b"anything")
    forged = Public("Eve", Role.LICENSEE, neutral, ada.public.box, 5, neutral + bytes(32))
    with pytest.raises(InputError, match="nobody's"):
        Public.from_dict(forged.to_dict())
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(ada.public.sign).verify(neutral + bytes(32), b"anything")
    assert not weak(ada.public.sign)


def test_the_points_of_small_order_are_those_of_the_curve() -> None:
    """By the group law of edwards25519 (RFC 8032, section 5.1.4): each doubles to the neutral point in three steps."""
    ys = {y % P for y in person.WEAK}
    assert len(ys) == 5
    for y in ys:
        squared = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        x = _root(squared)
        assert (x * x - squared) % P == 0
        point = (x, y)
        for _ in range(3):
            point = _double(*point)
        assert point == (0, 1)


def _root(a: int) -> int:
    x = pow(a, (P + 3) // 8, P)
    return x if (x * x - a) % P == 0 else x * pow(2, (P - 1) // 4, P) % P


def _double(x: int, y: int) -> tuple[int, int]:
    bend = D * x * x * y * y
    return 2 * x * y * pow(1 + bend, -1, P) % P, (y * y + x * x) * pow(1 - bend, -1, P) % P
