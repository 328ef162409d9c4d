"""Whether a score in the log follows from what is ahead of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from guildbook.govern.vault.folding import price_of
from guildbook.model.decision import ALLOWING, Request
from guildbook.model.purpose import Purpose

if TYPE_CHECKING:
    from guildbook.govern.world.state import World


def fault(
    world: World, request: Request | None, root: str, groups: Sequence[tuple[Any, ...]], body: Mapping[str, Any]
) -> str:
    """What is wrong with a score; empty where nothing is. The rest of it is checked when it is folded.

    `request`, `root` and `groups` are those of the grant it names, None where there is no such grant.
    """
    if request is None:
        return "the score names a grant that was never given"
    asked = request.vault, request.recipient, request.purpose
    if asked != (body["vault"], body["licensee"], Purpose.EVALUATE):
        return "the score's grant is for something else"
    if body["root"] != root:
        return "the score rests on other segments than its grant admits"
    allowed = [group for group in groups if group[6] in ALLOWING]
    if int(body["workers"]) > len({group[0] for group in allowed}):
        return "the score says more workers than were admitted"
    agreements = {str(clause).partition("#")[0] for group in allowed for clause in group[7]} & world.agreements.keys()
    if price_of(world, agreements) != {str(name): int(cents) for name, cents in body["price"].items()}:
        return "the score was not charged as the agreements it rests on say"
    return ""
