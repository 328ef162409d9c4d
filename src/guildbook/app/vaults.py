"""The vault desk: work is held out, models are scored against it, and nothing else ever comes out."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from guildbook.app.collectives import collective_named
from guildbook.app.distilling import Distilling
from guildbook.app.persons import Actor, Persons
from guildbook.app.progress import Progress, silent
from guildbook.app.settled import settled
from guildbook.app.vault_copies import Kept, Shelf
from guildbook.govern import Admitted, Gate
from guildbook.govern.acts import Act, ActKind
from guildbook.govern.erasing import Erasing
from guildbook.govern.receipts import root_of
from guildbook.govern.vault import canaries
from guildbook.govern.vault.folding import check_open, price_of, used, vault_of
from guildbook.govern.vault.parts import LEAST_CASES, LEAST_WORKERS, Vault
from guildbook.govern.vault.rules import contributes, lends
from guildbook.govern.world.authority import check_steward
from guildbook.govern.world.parts import STEWARD
from guildbook.measure.vault import BITS, Predictor, evaluate, read_table, rounded
from guildbook.model.canonical import canonical
from guildbook.model.decision import IN_HOUSE
from guildbook.model.errors import DeniedError, InputError, UsageError
from guildbook.model.grant import SegmentRef
from guildbook.model.ids import uuid7
from guildbook.model.purpose import PPM, Purpose
from guildbook.model.time import iso, now
from guildbook.model.use import UseKind
from guildbook.store import Held, Plan, SegmentRow, Store, free_terms, hold_terms

Ints = npt.NDArray[np.int64]
_ASKED: Final = {"use": str(UseKind.EVALUATE)}
_FEW: Final = (
    f"Nothing is told of fewer than {LEAST_WORKERS} workers or {LEAST_CASES} cases, or where one did more than half."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases are to be held out, and how often a licensee may ask."""

    share: float = 0.1
    """Of the cases there are to choose from."""
    seed: str | None = None
    """Chosen by it; None: the newest."""
    types: Sequence[str] = ()
    """Case types; none: all."""
    first: int | None = None
    """Cases that begin then or later, µs UTC …"""
    until: int | None = None
    """… and ended before this."""
    cases: Sequence[str] = ()
    """Just these."""
    queries: int = 20
    days: int = 30


@dataclass(frozen=True, slots=True)
class _Cases:
    """The cases of a vault that may be read now."""

    names: Sequence[str]
    """Of activities."""
    acts: Ints
    workers: Ints
    offsets: Ints

    @property
    def people(self) -> int:
        return len(np.unique(self.workers))

    def check(self) -> None:
        """Raise `DeniedError` for too few."""
        steps = np.bincount(self.workers) if len(self.workers) else np.zeros(1, np.int64)
        few = self.people < LEAST_WORKERS or len(self.offsets) - 1 < LEAST_CASES
        if few or 2 * int(steps.max()) > len(self.workers):
            raise DeniedError("Too little is left in this vault to score against.", _FEW, "too-few")


@dataclass(frozen=True, slots=True)
class Vaults:
    """The evaluation vaults of one book."""

    _store: Store
    _gate: Gate
    _persons: Persons
    _distil: Distilling

    # -- stewards

    def make(
        self,
        name: str,
        collective: str,
        actor: Actor,
        wanted: Wanted | None = None,
        *,
        learn: bool = True,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Hold cases out in a new vault, and (`learn`) take them out of what was learnt.

        Raises `DeniedError` for anybody but a steward, and where too little can be held out.
        """
        said = wanted or Wanted()
        side = collective_named(self._gate.register.world(), collective)
        kept = Kept.new()
        body: dict[str, Any] = {
            "vault": name, "collective": side.id, "queries": said.queries, "days": said.days,
            "canaries": canaries.commitment(kept.seed),
        }  # fmt: skip
        held = self._held(ActKind.VAULT_MAKE, body, actor, said, kept)
        return self._made(name, held, learn=learn, progress=progress)

    def add(
        self, name: str, actor: Actor, wanted: Wanted, *, learn: bool = True, progress: Progress = silent
    ) -> dict[str, Any]:
        """Hold more cases out in a vault that there is, such as those that ended since."""
        vault = vault_of(self._gate.register.world(), name)
        body: dict[str, Any] = {"vault": vault.id, "collective": vault.collective}
        held = self._held(ActKind.VAULT_HOLD, body, actor, wanted, self._shelf.kept(name))
        return self._made(name, held, learn=learn, progress=progress)

    def withhold(self, name: str, actor: Actor) -> dict[str, Any]:
        """From now on nobody is given a score, whatever they agreed and paid."""
        return self._turned(ActKind.VAULT_WITHHOLD, name, actor)

    def release(self, name: str, actor: Actor) -> dict[str, Any]:
        """Scores are given again."""
        return self._turned(ActKind.VAULT_RELEASE, name, actor)

    def end(self, name: str, actor: Actor) -> dict[str, Any]:
        """What was held out is as all other work again; for good, since it may be learnt from then."""
        vault = vault_of(self._gate.register.world(), name)
        body = {"vault": name, "collective": vault.collective}

        def transact(change: Callable[[Connection], None]) -> None:
            self._gate.register.act(ActKind.VAULT_END, body, actor.signer, project=lambda ledger, _: change(ledger))

        self._store.free(name, transact)
        return self.show(name)

    def lend(self, name: str, to: str, output: Path, actor: Actor) -> dict[str, Any]:
        """Write the cases as lists of activities, with canaries among them, for somebody who tests for the collective.

        Only cases of people who all permit `export` to whom it is lent: what they let be held out gives scores and
        nothing else. Nothing says whose a case is, when it was or what it was about. Raises `DeniedError` for all but
        stewards, and where too little is left.
        """
        vault = vault_of(self._gate.register.world(), name)
        self._check_steward(vault, actor)
        copy = uuid7().hex
        return settled(lambda: self._lent(vault, copy, to, output, actor))

    def canary(self, name: str, model: Path, actor: Actor) -> dict[str, Any]:
        """Whether a model knows canaries of a vault; an alarm goes into the log. For stewards."""
        vault = vault_of(self._gate.register.world(), name)
        self._check_steward(vault, actor)
        table = read_table(model)
        found = self._exposed(name, table)
        body = {"vault": name, "collective": vault.collective, "model": table.hash, "licensee": ""}
        alarm = self._alarm(body, found)
        return {"vault": name, "model": table.hash, "alarm": alarm} | {
            "copies": [
                {
                    "copy": copy, "lent_to": to, "canaries": each.canaries, "exposure": round(each.most, 2),
                    "median": round(each.median, 2), "p": each.p,
                }
                for copy, to, each in found
            ]
        }  # fmt: skip

    # -- whoever asks

    def score(self, name: str, model: Path, actor: Actor) -> dict[str, Any]:
        """Score a next-step table. A licensee is metered and charged; the collective's stewards are not.

        The same model is answered the same, once, as long as the vault gives the same cases. Raises `DeniedError`
        when the budget is used up, the vault is withheld, nothing is agreed, or too little is left; `InputError` for
        a file that is no table.
        """
        world = self._gate.register.world()
        vault = vault_of(world, name)
        steward = world.collectives[vault.collective].holds(actor.person, STEWARD, now())
        licensee = IN_HOUSE if steward else actor.person
        known = world.people.get(actor.person)
        if not steward and (known is None or "licensee" not in known.roles):
            raise DeniedError(
                "Scores are for a licensee with a key, and for the collective's stewards.", "--as NAME.", "no-authority"
            )
        table = read_table(model)
        return settled(lambda: self._scored(vault, licensee, table, actor))

    def account(self, name: str, actor: Actor) -> dict[str, Any]:
        """What a licensee has asked and owes; for a steward, of all licensees."""
        world = self._gate.register.world()
        vault, time = vault_of(world, name), now()
        steward = world.collectives[vault.collective].holds(actor.person, STEWARD, time)
        shown = [one for one in vault.answers if one and (steward or one == actor.person)]
        if not steward and actor.person not in shown:
            shown.append(actor.person)
        return {
            "vault": name, "queries": vault.queries, "days": vault.days, "bits_per_score": round(BITS, 1),
            "licensees": [
                {
                    "licensee": self._gate.label(one), "scores": len(vault.answers.get(one, ())),
                    "used": used(vault, one, time), "left": vault.queries - used(vault, one, time),
                    "due": self._due(vault, one),
                }
                for one in sorted(shown, key=self._gate.label)
            ],
        }  # fmt: skip

    # -- what there is

    def list(self) -> list[dict[str, Any]]:
        """All vaults."""
        return [self._told(vault) for vault in self._gate.register.world().vaults.values()]

    def show(self, name: str, actor: Actor | None = None) -> dict[str, Any]:
        """One vault; for a worker, with how much of their own work is in it."""
        told = self._told(vault_of(self._gate.register.world(), name))
        if actor is not None and actor.person:
            told["yours"] = sum(row.rows for row in self._rows(name) if row.worker == actor.person)
        return told

    # -- within

    @property
    def _shelf(self) -> Shelf:
        return Shelf(self._store)

    def _held(self, kind: ActKind, body: dict[str, Any], actor: Actor, wanted: Wanted, kept: Kept) -> Held:
        if not 0 < wanted.share <= 1:
            raise UsageError("A share is above 0 and at most 1.", "For example --share 0.1.")
        world, time = self._gate.register.world(), now()
        side = world.collectives[body["collective"]]

        @cache
        def may(worker: str, trace_class: str) -> bool:
            return worker not in world.erasing and contributes(world, side.id, worker, trace_class, time)

        def transact(made: Held, change: Callable[[Connection], None]) -> None:
            self._check_enough(kind, made)
            more = {
                "cases": len(made.cases), "candidates": made.candidates, "segments": len(made.segments),
                "events": sum(row.rows for row in made.segments), "root": _root(made.segments),
                "selection": _selection(wanted),
            }  # fmt: skip
            self._gate.register.act(kind, body | more, actor.signer, project=lambda ledger, _: change(ledger))

        with self._store.writing():
            self._store.seal()
            plan = Plan(
                body["vault"], lambda row, trace_class: may(row.worker, trace_class), round(wanted.share * PPM),
                wanted.seed, frozenset(wanted.types), wanted.first, wanted.until, frozenset(wanted.cases),
                self._shelf.sealed(body["vault"], kept),
            )  # fmt: skip
            held = self._store.hold(plan, transact)
        if held is None:
            raise DeniedError(
                "There is no case that only people in it have worked on.",
                "Members delegate `evaluate`: guildbook collective mandate; or permit it: guildbook terms allow.",
                "nothing-to-hold",
            )
        return held

    @staticmethod
    def _check_enough(kind: ActKind, made: Held) -> None:
        if kind is ActKind.VAULT_MAKE and (
            len(made.cases) < LEAST_CASES or len({row.worker for row in made.segments}) < LEAST_WORKERS
        ):
            raise DeniedError(
                f"That would hold out {len(made.cases)} of {made.candidates} cases, too few to score against.",
                f"{_FEW} Choose more: --share.",
                "too-few",
            )

    def _made(self, name: str, held: Held, *, learn: bool, progress: Progress) -> dict[str, Any]:
        with suppress(DeniedError):  # as in a strike: then they are made when it is over
            self._ground(name)
        self._distil.parted(held.split)
        if learn and any(row.name == f"state-{Purpose.TRAIN_PEOPLE}" for row in self._store.artefacts()):
            self._distil.refresh(progress)
        erasing = Erasing(self._store, self._gate.register)
        exports = sum(len(erasing.exports(worker)) for worker in {row.worker for row in held.segments})
        return self.show(name) | {
            "chosen": len(held.cases),
            "candidates": held.candidates,
            "handed_out_before": exports,
        }

    def _ground(self, name: str) -> Kept:
        """The canaries of a vault; what they are made of is looked up when it is read first, and stays."""
        kept = self._shelf.kept(name)
        if kept.ground is None:
            cases = settled(lambda: self._cases(self._grant(name, IN_HOUSE, "vault")))
            made = canaries.ground(tuple(cases.names), cases.acts, cases.workers, cases.offsets, LEAST_WORKERS)
            kept = Kept(kept.seed, made)
            self._shelf.keep(name, kept)
        return kept

    def _grant(self, name: str, licensee: str, into: str) -> Admitted:
        return self._gate.grant(
            Purpose.EVALUATE, stage="measure", artefact=f"{into}:{name}", recipient=licensee, vault=name, **_ASKED
        )

    def _cases(self, admitted: Admitted, by: Callable[[str], bool] | None = None) -> _Cases:
        """The cases; with `by`, those alone in which everybody, by name, is one for whom it holds."""
        from guildbook.distil.encode import COLUMNS, encode  # noqa: PLC0415 - compiled parts take time to load
        from guildbook.distil.traces import join  # noqa: PLC0415

        if not admitted.grant.segments:
            raise DeniedError(
                "Nothing of this vault may be scored against now.",
                "What is agreed: guildbook agreement list; who withholds: guildbook strike list.",
                "nothing-admitted",
            )
        traces = join(encode(admitted.table(COLUMNS), self._distil.settings()))
        traces = traces.pick(traces.episode < 0)
        if by is not None and len(traces):
            left_out = np.array([not by(name) for name in traces.events.workers.texts], dtype=bool)
            traces = traces.pick(~np.logical_or.reduceat(left_out[traces.worker], traces.offsets[:-1]))
        return _Cases(traces.events.acts.texts, traces.act, traces.worker, traces.offsets)

    def _scored(self, vault: Vault, licensee: str, table: Predictor, actor: Actor) -> dict[str, Any]:
        if vault.withheld or vault.ended:
            check_open(vault, licensee, now())
        found = self._gate.admission(Purpose.EVALUATE, recipient=licensee, vault=vault.id, **_ASKED)
        root = root_of([SegmentRef(p.id, "", p.month, p.rows, p.first, p.last, p.digest) for p in found.pieces])
        before = self._shelf.score(vault.id, licensee, table.hash, root)
        if before is not None:
            return self._answer(vault, licensee, before, cached=True)
        check_open(vault, licensee, now())
        admitted = self._grant(vault.id, licensee, "vault")
        cases = self._cases(admitted)
        cases.check()
        told = rounded(evaluate(table, cases.names, cases.acts, cases.offsets), cases.people).to_dict()
        exposed = self._exposed(vault.id, table)
        alarm = canaries.alarmed([each for *_, each in exposed])
        world = self._gate.register.world()
        agreements = {clause.partition("#")[0] for *_, c in admitted.lineage for clause in c.split() if licensee}
        salt = secrets.token_hex(32)
        answer = {"model": table.hash, "contaminated": alarm, **told, "salt": salt}
        body: dict[str, Any] = {
            "vault": vault.id, "collective": vault.collective, "licensee": licensee, "model": table.hash,
            "grant": admitted.grant.id, "segments": len(admitted.grant.segments),
            "root": root_of(admitted.grant.segments), "workers": cases.people, "cases": len(cases.offsets) - 1,
            "commitment": hashlib.sha256(canonical(answer)).hexdigest(), "price": price_of(world, agreements),
            "alarm": alarm,
        }  # fmt: skip
        answer |= {"commitment": body["commitment"], "price": body["price"]}
        sealer = self._shelf.score_sealer(vault.id, licensee, table.hash)

        def note(ledger: Connection, _: range) -> None:
            self._gate.confirm(admitted.grant, frozenset(line[0] for line in admitted.lineage))
            self._shelf.note_score(ledger, sealer, vault.id, licensee, table.hash, body["root"], answer)

        self._gate.register.act(ActKind.VAULT_SCORE, body, actor.signer, project=note)
        self._alarm(body, exposed)
        return self._answer(vault, licensee, answer, cached=False)

    def _answer(self, vault: Vault, licensee: str, answer: dict[str, Any], *, cached: bool) -> dict[str, Any]:
        current = vault_of(self._gate.register.world(), vault.id)
        taken = used(current, licensee, now())
        return {
            "vault": vault.id, "model": answer["model"],
            "accuracy": answer["accuracy"] / 100, "top3": answer["top3"] / 100, "log_loss": answer["log_loss"] / 100,
            "interval": [each / 100 for each in answer["interval"]],
            **{name: answer[name] for name in ("cases", "steps", "workers", "contaminated")},
            "cached": cached, "price": answer["price"],
            "queries": {"used": taken, "left": current.queries - taken, "days": current.days} if licensee else None,
            "commitment": answer["commitment"], "salt": answer["salt"],
        }  # fmt: skip

    def _exposed(self, name: str, table: Predictor) -> list[tuple[str, str, canaries.Exposure]]:
        """(copy, whom it was lent to, exposure) of the canaries in every copy, and of those in each."""
        kept = self._ground(name)
        copies = [("", ""), *((copy, self._gate.label(to)) for copy, to in self._shelf.copies(name))]
        found = kept.known(table, [copy for copy, _ in copies])
        return [(*copy, each) for copy, each in zip(copies, found, strict=bool(found)) if each.canaries]

    def _alarm(self, said: dict[str, Any], found: list[tuple[str, str, canaries.Exposure]]) -> bool:
        """Whether the canaries give alarm; if so it is logged."""
        if not canaries.alarmed([each for *_, each in found]):
            return False
        known = [copy for copy, _, each in found if each.p * len(found) <= canaries.ALARM]
        body = {name: said[name] for name in ("vault", "collective", "licensee", "model")}
        self._gate.register.act(ActKind.VAULT_ALARM, body | {"copies": known})
        return True

    def _lent(self, vault: Vault, copy: str, to: str, output: Path, actor: Actor) -> dict[str, Any]:
        world, time, asked = self._gate.register.world(), now(), self._persons.person(to)
        members = world.collectives[vault.collective].members(time)
        if not any(lends(world, member, asked, time) for member in members):  # before anything is read
            raise DeniedError(
                f"Nobody in {vault.id} permits export to {to}; what is held out gives scores and nothing else.",
                "Each member decides: guildbook terms allow --purpose export --to NAME.",
                "no-permission",
            )
        kept = self._ground(vault.id)
        admitted = self._grant(vault.id, IN_HOUSE, f"export:vault:{copy}")
        cases = self._cases(admitted, lambda name: lends(world, self._persons.person(name), asked, time))
        cases.check()
        steps = [cases.names[code] for code in cases.acts.tolist()]
        whole = [steps[i:j] for i, j in zip(cases.offsets[:-1].tolist(), cases.offsets[1:].tolist(), strict=True)]
        whole += [list(each) for each in (*kept.own(), *kept.copy(copy)) for _ in range(canaries.TIMES)]
        secrets.SystemRandom().shuffle(whole)
        data = "".join(
            json.dumps({"case": number, "steps": each}, ensure_ascii=False) + "\n" for number, each in enumerate(whole)
        ).encode()
        recipient = self._persons.person(to)
        if self._gate.label(recipient) == recipient:
            recipient = to  # nobody of the book: the log has the name as it was given
        body: dict[str, Any] = {
            "vault": vault.id, "collective": vault.collective, "copy": copy, "to": recipient,
            "grant": admitted.grant.id, "root": root_of(admitted.grant.segments), "cases": len(cases.offsets) - 1,
            "sha256": hashlib.sha256(data).hexdigest(),
        }  # fmt: skip
        unfinished = output.with_name(f".{output.name}.{os.getpid()}.part")
        try:
            unfinished.write_bytes(data)

            def note(ledger: Connection, _: range) -> None:
                self._gate.confirm(admitted.grant, frozenset(line[0] for line in admitted.lineage))
                self._shelf.note_copy(ledger, vault.id, copy, recipient)

            self._gate.register.act(ActKind.VAULT_LEND, body, actor.signer, project=note)
            unfinished.replace(output)
        except OSError as error:
            raise InputError(f"{output} cannot be written: {error.strerror}.", "Give another -o FILE.") from error
        finally:
            unfinished.unlink(missing_ok=True)
        return {"vault": vault.id, "copy": copy, "to": to, "file": str(output), "lines": len(whole)} | {
            name: body[name] for name in ("cases", "sha256")
        }

    def _turned(self, kind: ActKind, name: str, actor: Actor) -> dict[str, Any]:
        vault = vault_of(self._gate.register.world(), name)
        self._gate.register.act(kind, {"vault": name, "collective": vault.collective}, actor.signer)
        return self.show(name)

    def _check_steward(self, vault: Vault, actor: Actor) -> None:
        """As the act would be refused; asked before anything is read."""
        world = self._gate.register.world()
        check_steward(world, world.collectives[vault.collective], Act(ActKind.VAULT_LEND, now(), actor.person))

    def _due(self, vault: Vault, licensee: str) -> dict[str, int]:
        """Cents owed for scores, by agreement."""
        sums: dict[str, int] = {}
        for answer in vault.answers.get(licensee, ()):
            for agreement, cents in answer.price:
                sums[agreement] = sums.get(agreement, 0) + cents
        return sums

    def _rows(self, name: str) -> Sequence[SegmentRow]:
        return [row for row in self._store.segments() if row.terms == hold_terms(free_terms(row.terms), name)]

    def _told(self, vault: Vault) -> dict[str, Any]:
        rows = self._rows(vault.id)
        scores = {one: len(given) for one, given in vault.answers.items()}
        return {
            "vault": vault.id, "collective": vault.collective, "made": iso(vault.made),
            "state": "ended" if vault.ended else "withheld" if vault.withheld else "open",
            "cases": vault.cases, "events": sum(row.rows for row in rows),
            "queries": vault.queries, "days": vault.days,
            "scores": sum(n for one, n in scores.items() if one), "own_scores": scores.get(IN_HOUSE, 0),
            "alarms": sum(answer.alarm for given in vault.answers.values() for answer in given),
            "copies": len(self._shelf.copies(vault.id)),
        }  # fmt: skip


def _root(rows: Sequence[SegmentRow]) -> str:
    return root_of([SegmentRef(r.id, "", r.month, r.rows, r.first, r.last, r.digest) for r in rows])


def _selection(wanted: Wanted) -> dict[str, Any]:
    """How cases were chosen, for the log; which were named is nobody's business."""
    by = "newest" if wanted.seed is None else "seed"
    return {
        "share": round(wanted.share * PPM), "by": "name" if wanted.cases else by,
        "seed": wanted.seed or "", "types": sorted(wanted.types), "from": wanted.first, "to": wanted.until,
    }  # fmt: skip
