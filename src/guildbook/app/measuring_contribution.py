"""The sharing part of the measuring desk: what each worker's traces add, and what is paid to whom by it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from guildbook.app.measuring_bound import scoped
from guildbook.app.persons import NOBODY, Actor
from guildbook.app.progress import Progress, silent
from guildbook.app.settled import settled
from guildbook.app.working import work_of
from guildbook.govern.acts import ActKind
from guildbook.govern.audit import payouts
from guildbook.govern.world import World
from guildbook.measure.contribution.additive import AMOUNTS, amounts
from guildbook.measure.contribution.game import WORTHS, Game, Worth
from guildbook.measure.contribution.retrieval import retrieved
from guildbook.measure.contribution.values import METHODS, Contribution, Draw, Method, contribution
from guildbook.measure.payout import DRAWS, Basis, basis, distinct, seconds_of
from guildbook.measure.shares import digest_of
from guildbook.model.agreement import Agreement as Terms
from guildbook.model.errors import DeniedError, InputError, UnknownNameError, UsageError
from guildbook.model.ids import short_id, uuid7
from guildbook.model.purpose import Purpose
from guildbook.model.time import iso, now
from guildbook.model.use import METER
from guildbook.store import tables

if TYPE_CHECKING:
    from guildbook.app.measuring import Asked, Measuring
    from guildbook.govern.world.parts import Agreement as Deal
    from guildbook.measure.work import Work

RETRIEVED: Final = "retrieved"
METRICS: Final = (*WORTHS, *AMOUNTS, RETRIEVED)
_MEASURED: Final = frozenset({"contribution", "blend"})
_CENTS: Final = 2


@dataclass(frozen=True, slots=True)
class Paying:
    """What is to be paid."""

    agreement: str
    amount: int
    """In cents."""
    first: int | None = None
    """Traces used from then on, µs UTC; None: since the agreement came into force."""
    until: int | None = None
    """None: until now."""
    metric: str = "augmentation"
    samples: int = DRAWS
    draw: Draw = field(default_factory=Draw)


class Sharing:
    """Answers `guildbook measure contribution` and `payout`."""

    def __init__(self, desk: Measuring) -> None:
        self._desk = desk

    def contribution(
        self,
        metric: str = "augmentation",
        method: str = "shapley",
        *,
        draw: Draw | None = None,
        asked: Asked | None = None,
        actor: Actor = NOBODY,
        progress: Progress = silent,
    ) -> Contribution:
        """What each worker's traces add. Raises `UsageError` for a metric or method that there is not."""
        if metric not in METRICS:
            raise UsageError(f"There is no metric called {metric!r}.", f"Metrics: {', '.join(METRICS)}.")
        wanted = _way(method)
        if metric not in WORTHS and method != "shapley":
            raise UsageError(f"Of {metric} there are Shapley values only.", "They are exact.")
        self._desk.may_see(actor, set(), each=True)
        found = self._contribution(metric, wanted, draw, asked, progress)
        return found if asked is None or not asked.recipient else self._named_again(found, asked.recipient)

    def _named_again(self, found: Contribution, recipient: str) -> Contribution:
        """With the workers' own names: what a licensee reads has others."""
        store = self._desk.store
        licensee = store.worker_id(recipient)
        names = {store.worker_id(f"{licensee}\0{one.id}"): one.name for one in store.workers() if one.name is not None}
        values = (replace(one, worker=names.get(one.worker, one.worker)) for one in found.values)
        return replace(found, values=tuple(sorted(values, key=lambda one: one.worker)))

    def _contribution(
        self, metric: str, method: Method, draw: Draw | None, asked: Asked | None, progress: Progress
    ) -> Contribution:
        engine = self._desk.engine(asked)
        if metric == RETRIEVED:
            return retrieved(engine.train, engine.test, seed=(draw or Draw()).seed)
        for amount in AMOUNTS:
            if metric == amount:
                return amounts(engine.train, engine.test, amount)
        return contribution(Game.of(engine, _worth(metric)), method, draw, lambda x: progress("contribution", x))

    def payout(
        self, wanted: Paying, actor: Actor = NOBODY, *, record: bool = False, progress: Progress = silent
    ) -> dict[str, Any]:
        """What everybody gets by the rule of an agreement; with `record` it is in the log, where it can be checked.

        Raises `DeniedError` for whoever is no steward of the collective, `InputError` where it cannot be divided.
        """
        return settled(lambda: self._payout(wanted, actor, record=record, progress=progress))

    def _payout(self, wanted: Paying, actor: Actor, *, record: bool, progress: Progress) -> dict[str, Any]:
        world = self._desk.gate.register.world()
        deal = _named(world, wanted.agreement)
        self._check_steward(world, deal, actor)
        if not deal.force:
            raise DeniedError(f"{deal.id} never was in force.", f"See: guildbook agreement show {deal.id}.", "no-force")
        terms = payouts.terms_of(world, deal.id)
        body, found = self._figures(deal, terms, wanted, world, progress)
        try:
            division = payouts.division(world, body, now())
        except ValueError as error:
            raise InputError(
                f"It cannot be divided: {error}.", "See: guildbook agreement show.", "no-payout"
            ) from error
        body |= {"shares": dict(division.shares), "fund": division.fund}
        out = self._told(deal, terms, body, found) | {"short": division.short, "recorded": record}
        if record:
            wrong = payouts.fault(world, body, now())
            if wrong:
                raise InputError(f"It would not stand: {wrong}.", "Give another period.", "no-payout")
            places: list[int] = []
            self._desk.gate.register.act(
                ActKind.PAYOUT, body, actor.signer, project=lambda _, held: places.extend(held)
            )
            out["entry"] = places[-1]
        return out

    def _figures(
        self, deal: Deal, terms: Terms, wanted: Paying, world: World, progress: Progress
    ) -> tuple[dict[str, Any], Basis | None]:
        """The act's body without its shares, and what was measured for it."""
        first = deal.since if wanted.first is None else wanted.first
        until = now() if wanted.until is None else wanted.until
        if first >= until:
            raise UsageError("The period ends before it begins.", "Give --from and --to.")
        rule = terms.payout.rule
        inputs: dict[str, Any] = {
            "terms": deal.force, "from": first, "until": until, "used": self._used(deal, first, until), "hours": {},
            "contribution": {}, "measure": {},
        }  # fmt: skip
        body = {
            "payout": short_id("payout", deal.id, uuid7().hex), "agreement": deal.id, "rule": rule,
            "amount": wanted.amount, "inputs": inputs,
        }  # fmt: skip
        players = payouts.players_of(world, body, now())
        if not players:
            raise InputError(
                f"No member's traces were used under {deal.id} from {iso(first)} to {iso(until)}.",
                "Give another period: --from DATE --to DATE.",
                "nobody-to-pay",
            )
        if rule == "equal":
            return body, None
        work, grant = self._work(deal, terms, players)
        ids = {self._called(deal, player): player for player in players}
        seconds = zip(work.workers, seconds_of(distinct(work)).tolist(), strict=True)
        inputs["hours"] = {ids[name]: spent for name, spent in seconds if name in ids}
        inputs["measure"] = {"grant": grant, "inputs": digest_of(work)}
        if rule not in _MEASURED:
            return body, None
        metric = _worth(wanted.metric)
        found = basis(
            work, metric, draw=wanted.draw, samples=wanted.samples, progress=lambda x: progress("contribution", x)
        )
        inputs["contribution"] = {ids[one.worker]: one.ppm for one in found.rows if one.worker in ids}
        inputs["interval"] = {ids[one.worker]: list(one.interval) for one in found.rows if one.worker in ids}
        inputs["measure"] |= {
            "metric": found.metric, "samples": found.samples, "pairs": found.pairs, "seed": found.seed,
            "budget": round(found.budget * 1000),
        }  # fmt: skip
        return body, found

    def _used(self, deal: Deal, first: int, until: int) -> list[str]:
        """Whose traces were used under the agreement, by the receipts; measuring them is no use."""
        table = tables.uses
        query = select(table.c.worker, table.c.clauses).where(
            table.c.time >= first, table.c.time < until, table.c.use != METER
        )
        with self._desk.store.look() as ledger:
            rows = list(ledger.execute(query))
        return sorted({r.worker for r in rows if any(c.partition("#")[0] == deal.id for c in r.clauses.split())})

    def _work(self, deal: Deal, terms: Terms, players: list[str]) -> tuple[Work, str]:
        """The members' work that the licensee may use, and the grant it was read by: nobody else plays."""
        for purpose in terms.purposes:
            admitted = self._desk.gate.grant(
                Purpose(purpose), stage="measure", artefact=f"measure:payout:{deal.id}", recipient=deal.licensee,
                use=METER,
            )  # fmt: skip
            if admitted.grant.segments:
                work = scoped(work_of(admitted, self._desk.distil), terms.scope)
                names = {self._called(deal, player) for player in players}
                return work.of(work.mask(name for name in work.workers if name in names)), admitted.grant.id
        raise InputError(
            f"Nothing is admitted under {deal.id}, so nothing can be measured.",
            "Why, for one worker: guildbook terms check --worker NAME.",
            "nothing-admitted",
        )

    def _called(self, deal: Deal, player: str) -> str:
        """What a member is called in what a licensee reads: a name of its own for each."""
        return self._desk.store.worker_id(f"{deal.licensee}\0{player}")

    def _check_steward(self, world: World, deal: Deal, actor: Actor) -> None:
        side = world.collectives[deal.collective]
        if not side.holds(actor.person, "steward", now()):
            raise DeniedError(
                f"What members are paid is worked out by a steward of {side.charter.name}.",
                "Say who you are: --as NAME.",
                "not-steward",
            )

    def _told(self, deal: Deal, terms: Terms, body: dict[str, Any], found: Basis | None) -> dict[str, Any]:
        inputs = body["inputs"]
        known = {} if found is None else {one.worker: one for one in found.rows}
        rows: list[dict[str, Any]] = []
        for player, cents in sorted(body["shares"].items(), key=lambda item: (-item[1], item[0])):
            added = known.get(self._called(deal, player))
            rows.append({
                "worker": self._desk.gate.label(player), "id": player, "cents": cents,
                "seconds": inputs["hours"].get(player),
                "contribution_ppm": inputs["contribution"].get(player),
                "interval_ppm": inputs.get("interval", {}).get(player),
                "value": None if added is None else added.value, "error": None if added is None else added.error,
                "why": "" if added is None else added.why,
            })  # fmt: skip
        return {
            "payout": body["payout"], "agreement": deal.id, "rule": body["rule"], "currency": terms.price.currency,
            "amount": body["amount"], "fund": body["fund"], "from": iso(inputs["from"]), "until": iso(inputs["until"]),
            "measure": inputs["measure"], "workers": rows,
        }  # fmt: skip


def cents(amount: str) -> int:
    """An amount such as 1000.00 in cents. Raises `UsageError` for anything else."""
    try:
        value = Decimal(amount)
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value < 0 or value != round(value, _CENTS):
        raise UsageError(f"{amount!r} is no amount of money.", "Give it as 1000 or 1000.00.")
    return int(value * 10**_CENTS)


def _way(method: str) -> Method:
    for name in METHODS:
        if method == name:
            return name
    raise UsageError(f"There is no method called {method!r}.", f"Methods: {', '.join(METHODS)}.")


def _worth(metric: str) -> Worth:
    for name in WORTHS:
        if metric == name:
            return name
    raise UsageError(f"Nobody is paid by {metric!r}.", f"Metrics: {', '.join(WORTHS)}.")


def _named(world: World, name: str) -> Deal:
    known = world.agreements
    found = [one for key, one in known.items() if key == name] or [
        one for key, one in known.items() if name and key.startswith(name)
    ]
    if len(found) != 1:
        raise UnknownNameError("agreement", name, list(known))
    return found[0]
