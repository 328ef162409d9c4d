"""Secret pledges: sealed until there are enough of them, and then open to everybody at once.

Whoever proposes a strike deals: a fresh X25519 key, whose private half is split into one share a member (`shamir`),
each sealed for its member, and forgotten. Who pledges hands in their share, on which no name stands, and their signed
pledge, sealed for the strike's key. As many shares as the threshold asks for give the key, which opens the pledges.
Below it, whoever holds the book has sealed boxes and shares, and neither says whose it is.
"""

from __future__ import annotations

import hashlib
import json
import random
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from guildbook.govern.identity.boxes import open_sealed, seal
from guildbook.govern.identity.signing import Identity
from guildbook.govern.withholding import shamir
from guildbook.govern.world.authority import signed_by
from guildbook.govern.world.bargaining import pledge_text, void_mark
from guildbook.govern.world.parts import Person, Strike
from guildbook.model.canonical import canonical
from guildbook.model.errors import DeniedError, InputError

_SHARE: Final = "guildbook-strike-share-1 "
_PLEDGE: Final = "guildbook-strike-pledge-1 "
_TOKEN: Final = b"guildbook-strike-token-1\n"


@dataclass(frozen=True, slots=True)
class Deal:
    """What a proposal begins with."""

    key: str
    """Public key for which pledges are sealed, hex."""
    hashes: tuple[str, ...]
    """SHA-256 of each share, hex, sorted: so the place in the list tells nothing."""
    shares: Mapping[str, bytes]
    """Member → their share. It is sealed (`sealed_for`) and then forgotten."""


@dataclass(frozen=True, slots=True)
class Pledge:
    """What a member hands in."""

    share: str
    """Hex."""
    recall: str
    """Hash of the token with which alone it is taken back, hex."""
    place: str
    """Where the box is kept, hex."""
    sealed: bytes


def deal(members: Iterable[str], threshold: int) -> Deal:
    """A new key, split so that `threshold` of the members' shares give it. Who gets which is left to chance."""
    key = X25519PrivateKey.generate()
    known = sorted(members)
    shares = shamir.split(key.private_bytes_raw(), threshold, len(known))
    random.SystemRandom().shuffle(shares)
    hashes = tuple(sorted(_hash(share) for share in shares))
    return Deal(key.public_key().public_bytes_raw().hex(), hashes, dict(zip(known, shares, strict=True)))


def name_of(terms: Mapping[str, Any]) -> str:
    """The id of a strike: a hash of all that was proposed, so that a pledge is for these terms and no others."""
    return hashlib.sha256(canonical(dict(terms))).hexdigest()[:32]


def terms_of(found: Strike) -> dict[str, Any]:
    """What was proposed, as `name_of` wants it."""
    return {
        "collective": found.collective, "purposes": sorted(found.purposes), "classes": sorted(found.classes),
        "recipients": sorted(found.recipients), "carve_outs": [list(each) for each in found.carve_outs],
        "threshold": found.threshold, "shares": sorted(found.shares), "key": found.key,
    }  # fmt: skip


def sealed_for(share: bytes, box: str, strike: str) -> bytes:
    """A share for its member alone; `box`: their public X25519 key, hex."""
    return seal(bytes.fromhex(box), share, _SHARE + strike)


def pledge(book: str, found: Strike, member: str, identity: Identity, share: bytes) -> Pledge:
    """A member's pledge; `share`: as it was sealed for them. Raises `DeniedError` for a share that is none of these."""
    opened = identity.open(share, _SHARE + found.id)
    if _hash(opened) not in found.shares:
        raise DeniedError(
            "The share that was dealt to you is not one of this strike.", "Propose the strike again.", "bad-shares"
        )
    said = {"signature": _signature(book, found.id, member, identity).hex(), "worker": member}
    token = _token(book, found.id, identity)
    return Pledge(
        opened.hex(), hashlib.sha256(token).hexdigest(), _place(token),
        seal(bytes.fromhex(found.key), canonical(said), _PLEDGE + found.id),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recall:
    """What takes a pledge back."""

    token: str
    void: str
    """Marks the signed pledge as void, should a copy of it turn up."""
    place: str


def recall(book: str, strike: str, member: str, identity: Identity) -> Recall:
    """What only the member who pledged can show."""
    token = _token(book, strike, identity)
    return Recall(token.hex(), void_mark(_signature(book, strike, member, identity)), _place(token))


def opened(
    book: str, found: Strike, sealed: Sequence[bytes], people: Mapping[str, Person]
) -> Iterator[tuple[str, str]]:
    """(worker, signature) of every sealed pledge that holds. Raises `DeniedError` below the threshold.

    A box with anything else in it is passed over: whoever handed it in has given their share and no pledge.
    """
    key = _key(found)
    for box in sealed:
        try:
            said = json.loads(open_sealed(key, box, _PLEDGE + found.id))
            worker, signature = str(said["worker"]), str(said["signature"])
        except (InputError, ValueError, KeyError, TypeError):
            continue
        person = people.get(worker)
        if person is not None and signed_by(person.sign, signature, pledge_text(book, found.id, worker)):
            yield worker, signature


def _key(found: Strike) -> X25519PrivateKey:
    if len(found.pledged) < found.threshold:
        raise DeniedError(
            f"{len(found.pledged)} of {found.threshold} pledges have been made.", "Wait for more.", "below-threshold"
        )
    shares = [bytes.fromhex(share) for share in found.handed.values()]
    key = X25519PrivateKey.from_private_bytes(shamir.join(shares[: found.threshold]))
    if not secrets.compare_digest(key.public_key().public_bytes_raw(), bytes.fromhex(found.key)):
        raise DeniedError(
            "The shares do not give the key of the pledges: whoever proposed the strike dealt them wrongly.",
            "Propose the strike again.",
            "bad-shares",
        )
    return key


def _signature(book: str, strike: str, member: str, identity: Identity) -> bytes:
    return identity.sign(pledge_text(book, strike, member))


def _token(book: str, strike: str, identity: Identity) -> bytes:
    """Known to the member alone: Ed25519 signatures are the same each time, and nobody else can make this one."""
    return hashlib.sha256(identity.sign(_TOKEN + canonical({"book": book, "strike": strike}))).digest()


def _place(token: bytes) -> str:
    return hashlib.sha256(b"place" + token).hexdigest()


def _hash(share: bytes) -> str:
    return hashlib.sha256(share).hexdigest()
