"""What may be done with work that is held out: nothing, but to score against it, by the vault, while it is open.

A collective binds its members and nobody else. So work is held out as long as its worker is a member who has delegated
`evaluate`, or permits it; who takes that back, refuses or leaves has the use of their work again, and no later score
rests on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildbook.govern.vault.parts import Vault
from guildbook.model.decision import EVERY, IN_HOUSE, Reason, Request
from guildbook.model.purpose import Purpose, chain
from guildbook.model.use import UseKind

if TYPE_CHECKING:
    from guildbook.govern.world.state import World

_EVALUATE = chain(Purpose.EVALUATE)
_EXPORT = chain(Purpose.EXPORT)
_CLOSED = (Reason.NO_PERMISSION, ())


def vaulted(world: World, request: Request) -> tuple[Reason, tuple[str, ...]] | None:
    """What is decided on work that is held out, and on whoever asks a vault; None where other evidence decides.

    Nothing that forbids is left to ask but the collective's own refusal; base policy, worker and strikes come first.
    """
    held, asked = request.held, request.vault
    if not held and not asked:
        return None
    if asked and asked != held:
        return _CLOSED  # a vault gives out what it holds, and nothing else
    vault = world.vaults.get(held)
    if not asked:
        free = vault is not None and (vault.ended or not _binds(world, vault, request))
        return None if free else (Reason.HELD_OUT, (held,))
    if vault is None or request.purpose != Purpose.EVALUATE or request.use != UseKind.EVALUATE:
        return Reason.HELD_OUT, (held,)
    if vault.ended or vault.withheld:
        return Reason.VAULT_WITHHELD, (held,)
    if not _binds(world, vault, request):
        return _CLOSED
    return (Reason.VAULT, (held,)) if request.recipient == IN_HOUSE else None


def contributes(world: World, collective: str, worker: str, trace_class: str, time: int) -> bool:
    """Whether a worker's traces of a class may be held out: they are a member who delegated or permits `evaluate`."""
    side = world.collectives[collective]
    if not side.member(worker, time):
        return False
    said = world.said.get(worker, {})
    kinds = (trace_class, EVERY)
    if any(said.get((p, c, to)) is False for p in _EVALUATE for c in kinds for to in (IN_HOUSE, EVERY)):
        return False
    permits = any(yes and p == Purpose.EVALUATE and c in kinds for (p, c, _), yes in said.items())
    return permits or side.mandated(worker, trace_class, _EVALUATE)


def lends(world: World, worker: str, recipient: str, time: int) -> bool:
    """Whether somebody's part of a vault may be in a copy: they permit all of `export` to whom it is lent.

    That work is held out means that scores come out and nothing else, so a copy takes a permission of its own.
    """
    from guildbook.govern.policy import decide  # noqa: PLC0415 - it asks this module

    refused = any(not yes and p in _EXPORT and to in (recipient, EVERY) for (p, _, to), yes in _said(world, worker))
    return not refused and decide(world, Request(worker, EVERY, Purpose.EXPORT, time, recipient)).allow


def _said(world: World, worker: str) -> list[tuple[tuple[str, str, str], bool]]:
    return list(world.said.get(worker, {}).items())


def _binds(world: World, vault: Vault, request: Request) -> bool:
    return contributes(world, vault.collective, request.worker, request.trace_class, request.time)
