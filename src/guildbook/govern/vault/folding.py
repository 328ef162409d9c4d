"""What the acts of a vault do to a world, with the meter: no score beyond the budget has any force."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.vault.parts import LEAST_CASES, LEAST_WORKERS, NAME, Answer, Vault
from guildbook.govern.world.authority import agreement, collective
from guildbook.govern.world.state import World
from guildbook.model.errors import DeniedError
from guildbook.model.time import DAY

_PER_USE: Final = "per-use"
_MOST_QUERIES: Final = 1_000
_MOST_DAYS: Final = 3_660


def used(vault: Vault, licensee: str, time: int) -> int:
    """How many scores a licensee had in the period up to a time."""
    return sum(time - vault.days * DAY < each.time for each in vault.answers.get(licensee, ()))


def price_of(world: World, agreements: set[str]) -> dict[str, int]:
    """What one score costs, in cents, under each of the agreements it rests on that asks a price per use."""
    found: dict[str, int] = {}
    for name in sorted(agreements):
        price = agreement(world, name).latest.terms.price
        if price.kind == _PER_USE:
            found[name] = price.amount
    return found


def check_open(vault: Vault, licensee: str, time: int) -> None:
    """Raise `DeniedError` unless this licensee may have one more score now."""
    if vault.ended or vault.withheld:
        raise DeniedError(
            f"The vault {vault.id} is {'no more' if vault.ended else 'withheld'}.",
            "Its collective's stewards decide: guildbook vault show.",
            "vault-withheld",
        )
    if licensee and used(vault, licensee, time) >= vault.queries:
        first = min(each.time for each in vault.answers[licensee] if time - vault.days * DAY < each.time)
        raise DeniedError(
            f"All {vault.queries} scores of {vault.days} days have been given.",
            f"The next is free in {-(-(first + vault.days * DAY - time) // DAY)} days.",
            "over-budget",
        )


def vault_of(world: World, name: str, side: str = "") -> Vault:
    """The vault of that name, and collective if one is given. Raises `DeniedError`."""
    found = world.vaults.get(name)
    if found is None or (side and found.collective != side):
        raise DeniedError(f"There is no vault {name}.", "List them: guildbook vault list.", "unknown-vault")
    return found


def _make(world: World, act: Act, body: Mapping[str, Any]) -> None:
    name, queries, days = str(body["vault"]), int(body["queries"]), int(body["days"])
    if name in world.vaults:
        raise DeniedError("There is such a vault already.", "Choose another name.", "exists")
    if not NAME.fullmatch(name):
        raise DeniedError(f"{name!r} is no name for a vault.", "Up to 40 of a to z, 0 to 9 and hyphens.", "bad-name")
    if not 1 <= queries <= _MOST_QUERIES or not 1 <= days <= _MOST_DAYS:
        raise DeniedError(
            f"A budget is 1 to {_MOST_QUERIES} scores in 1 to {_MOST_DAYS} days.", "--queries, --days.", "bad-budget"
        )
    world.vaults[name] = Vault(
        name, collective(world, body["collective"]).id, queries, days, act.time, int(body["cases"])
    )  # fmt: skip


def _score(world: World, act: Act, body: Mapping[str, Any]) -> None:
    vault, licensee = vault_of(world, body["vault"], body["collective"]), str(body["licensee"])
    if licensee != act.by and licensee:
        raise DeniedError("Only the licensee asks for a score of their own.", "Act as them: --as NAME.", "not-a-party")
    check_open(vault, licensee, act.time)
    if int(body["workers"]) < LEAST_WORKERS or int(body["cases"]) < LEAST_CASES:
        raise DeniedError("A score rests on too few.", "Nothing is given out.", "too-few")
    price = {str(name): int(cents) for name, cents in body["price"].items()}
    named = {name for name in price if agreement(world, name).licensee == licensee}
    if price != price_of(world, named):
        raise DeniedError("That is not the price that was agreed.", "See: guildbook agreement show.", "wrong-price")
    made = Answer(act.time, str(body["model"]), str(body["root"]), tuple(sorted(price.items())), bool(body["alarm"]))
    vault.answers.setdefault(licensee, []).append(made)


def _turn(world: World, act: Act, body: Mapping[str, Any]) -> None:
    vault = vault_of(world, body["vault"], body["collective"])
    if vault.ended:
        raise DeniedError("This vault is no more.", "Make another: guildbook vault make.", "ended")
    if act.kind is ActKind.VAULT_END:
        vault.ended = True
    else:
        vault.withheld = act.kind is ActKind.VAULT_WITHHOLD


def _hold(world: World, _: Act, body: Mapping[str, Any]) -> None:
    vault = vault_of(world, body["vault"], body["collective"])
    if vault.ended:
        raise DeniedError("This vault is no more.", "Make another: guildbook vault make.", "ended")
    vault.cases += int(body["cases"])


def _noted(world: World, _: Act, body: Mapping[str, Any]) -> None:
    vault_of(world, body["vault"], body["collective"])


HANDLERS: Final[Mapping[ActKind, Callable[[World, Act, Mapping[str, Any]], None]]] = {
    ActKind.VAULT_MAKE: _make,
    ActKind.VAULT_HOLD: _hold,
    ActKind.VAULT_SCORE: _score,
    ActKind.VAULT_LEND: _noted,
    ActKind.VAULT_ALARM: _noted,
    ActKind.VAULT_WITHHOLD: _turn,
    ActKind.VAULT_RELEASE: _turn,
    ActKind.VAULT_END: _turn,
}
