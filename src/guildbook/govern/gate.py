"""The gate: deny by default, a refusal beats any permit, and every reading leaves a receipt.

What decides is `policy`, over a world folded from acts; segments are admitted in bulk (`admission`).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from guildbook.govern import receipts
from guildbook.govern.acts import ActKind
from guildbook.govern.admission import Admission, Ruled, admit, portions, ruled
from guildbook.govern.admitted import Admitted
from guildbook.govern.permissions import PERMIT, REFUSE, Said, class_given, purpose_named
from guildbook.govern.pieces import Piece, Pieces
from guildbook.govern.policy import decide
from guildbook.govern.register import Register
from guildbook.govern.signer import Signer
from guildbook.govern.withholding.lineage import lineage, lineage_of, withheld
from guildbook.govern.withholding.watch import Watch
from guildbook.model.decision import EVERY, IN_HOUSE, Decision, Reason, Request
from guildbook.model.errors import DeniedError, UnknownNameError
from guildbook.model.grant import Grant, SegmentRef, Use
from guildbook.model.purpose import Purpose
from guildbook.model.time import now
from guildbook.store import Store, WorkerState, tables


class Gate:
    """Asks what acts have said who may read what, and writes down who did."""

    def __init__(self, store: Store, register: Register | None = None) -> None:
        self._store = store
        self.register = register or Register(store)
        """Everything that was ever said, and the way to say more."""
        self._watch = Watch()

    # -- what workers say

    def decide(
        self,
        worker: str,
        purpose: str,
        *,
        allow: bool,
        trace_class: str | None = None,
        recipient: str | None = None,
        signer: Signer | None = None,
    ) -> Said:
        """Record a worker's permission or refusal of a purpose; the latest counts. Raises `UnknownNameError`.

        `recipient`: an id; by default a permission is for use within the book, a refusal for everybody.
        """
        named, pseudonym = purpose_named(purpose, permit=allow), self.known(worker)
        to = recipient if recipient is not None else (IN_HOUSE if allow else EVERY)
        body = {"worker": pseudonym, "purpose": named, "class": class_given(trace_class), "recipient": to}
        self._adopt()
        act = self.register.act(ActKind.PERMIT if allow else ActKind.REFUSE, body, signer)
        return Said(worker, named, PERMIT if allow else REFUSE, act.time, body["class"], self.label(to))

    def decisions(self, worker: str | None = None) -> list[Said]:
        """What workers have permitted and refused, by name."""
        self._adopt()
        names, world = self._names(), self.register.world()
        only = None if worker is None else self.known(worker)
        return [
            Said(
                names.get(who) or who, purpose, PERMIT if allowed else REFUSE,
                world.since[who, purpose, trace_class, recipient], trace_class, self.label(recipient),
            )
            for who, said in sorted(world.said.items(), key=lambda item: (names.get(item[0]) or item[0], item[0]))
            if only in {None, who}
            for (purpose, trace_class, recipient), allowed in sorted(said.items())
        ]  # fmt: skip

    # -- decisions

    def may(self, request: Request) -> Decision:
        """One decision, with its reason. The time is that of the request."""
        self._adopt()
        return decide(self.register.world(), request)

    def ruled(self, request: Request) -> list[Ruled]:
        """What is decided now on each group of segments, or on those of `request.worker`; nothing is written."""
        self._adopt()
        with self._store.engine.connect() as ledger:
            return ruled(ledger, self.register.world(), request)

    def admission(self, purpose: str, *, recipient: str = IN_HOUSE, use: str = "", vault: str = "") -> Admission:
        """What a grant would admit now; nothing is written."""
        self._adopt()
        with self._store.engine.connect() as ledger:
            return admit(ledger, self.register.world(), Request("", "", purpose, now(), recipient, use, vault=vault))

    # -- grants

    def grant(
        self,
        purpose: Purpose,
        *,
        stage: str,
        artefact: str,
        worker: str | None = None,
        recipient: str = IN_HOUSE,
        use: str = "",
        vault: str = "",
    ) -> Admitted:
        """Compute the admitted set for one request, now. `worker` narrows it to one person's segments.

        `recipient`: id of the licensee for whom it is asked, with the kind of `use`; to them, workers are pseudonyms
        that no other recipient is given. `vault`: the evaluation vault to open; only what it holds is admitted.
        """
        only = "" if worker is None else self.known(worker)
        self._adopt()
        self._classify()
        while True:
            request = Request(only, "", purpose, now(), recipient, use, vault=vault)
            with self._store.engine.connect() as ledger:
                found = admit(ledger, self.register.world(), request)
            with suppress(receipts.MovedError):  # somebody has acted since: what holds now is decided on
                return self._given(request, Purpose(purpose), stage, artefact, found)

    def departed(self, segments: Sequence[str], *, stage: str, artefact: str) -> Admitted:
        """Admit segments for `unlearn` only: what a model includes and may include no longer, to be subtracted.

        Segments that are gone from the store are passed over; the learner sees what is missing. A part of a segment,
        `SEGMENT:CLASS`, stays that part.
        """
        table = tables.segments
        wanted = {each.partition(":")[0] for each in segments}
        rows: dict[str, Row] = {}
        with self._store.engine.connect() as ledger:
            for some in portions(sorted(wanted)):
                rows |= {row.id: row for row in ledger.execute(select(table).where(table.c.id.in_(some)))}
        pieces = Pieces.of(
            Piece(each, row.worker, row.month, row.rows, row.first, row.last, row.digest, Reason.UNLEARN, ())
            for each in sorted(segments)
            for row in [rows.get(each.partition(":")[0])]
            if row is not None
        )
        request = Request("", "", Purpose.UNLEARN, now())
        return self._given(request, Purpose.UNLEARN, stage, artefact, Admission((), pieces, 0))

    def confirm(self, grant: Grant, workers: frozenset[str], read: Sequence[str] | None = None) -> None:
        """Raise `DeniedError` if segments of a grant (all, or some) may no longer be read for what it was given for.

        `workers`: ids of those whose segments they are. Asked at every reading, and once more before anything made
        from what was read is published.
        """
        if grant.purpose is Purpose.UNLEARN:
            return
        world, time = self.register.world(), now()
        leaving = self._leaving()
        same = world.policy_hash == grant.policy_hash and not world.turns_between(grant.time, time)
        if same and not leaving & workers:
            return
        wanted = [segment.id for segment in grant.segments] if read is None else read
        with self._store.engine.connect() as ledger:
            withdrawn = self._watch.withdrawn(ledger, world, grant, wanted, time, frozenset(leaving))
        if withdrawn:
            raise DeniedError(
                f"{len(withdrawn)} segments of this grant may no longer be read for {grant.purpose}.",
                "Ask for a new grant.",
                "withdrawn",
            )

    def uses(self, worker: str | None = None) -> list[Use]:
        """The receipts, newest last; with a name only those of that worker's traces."""
        only = None if worker is None else self.known(worker)
        with self._store.engine.connect() as ledger:
            return receipts.uses(ledger, self.labels(), only)

    @contextmanager
    def publishing(self, admitted: Admitted, artefact: str, made_of: Sequence[str] = ()) -> Generator[None]:
        """Around putting an artefact in its place: asks once more whether it may be, and notes whose traces are in it.

        `made_of`: the artefacts it was made of, where it was not made of the traces themselves.

        Raises `DeniedError` when something that was read may not be used so any more. Until the new artefact stands,
        those of the one before are noted too, so that killing the program leaves nobody out.
        """
        self.confirm(admitted.grant, frozenset(each[0] for each in admitted.lineage))
        table, inside = tables.artefact_workers, admitted.lineage
        names = ("worker", "class", "reason", "clauses")
        with self._store.writing():
            with self._store.engine.connect() as ledger:
                before = lineage(ledger, artefact)
            rows = [{"artefact": artefact} | dict(zip(names, each, strict=True)) for each in sorted(inside - before)]

            def note(ledger: Connection, _: range) -> None:
                self.confirm(admitted.grant, frozenset(each[0] for each in inside))  # acts do not wait for writers
                if rows:
                    ledger.execute(insert(table), rows)

            body: dict[str, Any] = {"artefact": artefact, "grant": admitted.grant.id}
            if made_of:
                body["from"] = list(made_of)
            self.register.act(ActKind.PUBLISH, body, project=note)
            yield
            with self._store.change() as ledger:
                for each in sorted(before - inside):
                    held = [table.c[name] == value for name, value in zip(names, each, strict=True)]
                    ledger.execute(delete(table).where(table.c.artefact == artefact, *held))

    def noted(self, admitted: Admitted, artefact: str) -> bool:
        """Whether just those whose traces are admitted are noted as those an artefact was made from."""
        with self._store.engine.connect() as ledger:
            return lineage(ledger, artefact) == admitted.lineage

    def withheld(
        self, artefact: str, purpose: str, *, recipient: str = IN_HOUSE, use: str = ""
    ) -> Mapping[str, frozenset[Reason]]:
        """Ids of the workers whose traces are in an artefact and may not be used so any more, each with the reasons."""
        request = Request("", "", purpose, now(), recipient, use)
        with self._store.engine.connect() as ledger:
            return withheld(ledger, self.register.world(), request, artefact)

    # -- forgetting

    def begin_forgetting(self, worker: str, signer: Signer | None = None) -> None:
        """From here on no grant admits the worker, by id; logged and marked in one transaction."""

        def mark(ledger: Connection, _: range) -> None:
            self._store.begin_erase(worker, ledger)

        self.register.act(ActKind.ERASE_BEGIN, {"worker": worker}, signer, project=mark)

    def check_forgetting(self, worker: str, signer: Signer | None = None) -> None:
        """Raise `DeniedError` where somebody may not forget a part of the traces of a worker, by id."""
        self.register.check(ActKind.ERASE_PART, {"worker": worker}, signer)

    def readmit(self, worker: str, signer: Signer | None = None) -> None:
        """The worker, by id, may be admitted again once their traces are imported again."""
        self.register.act(ActKind.READMIT, {"worker": worker}, signer)

    # -- names

    def label(self, person: str) -> str:
        """The name of a worker or of somebody enrolled, by id; the id of anybody else."""
        known = self.register.world().people.get(person)
        return self._names().get(person) or (known.name if known else "") or person

    def labels(self) -> dict[str, str]:
        """What `label` gives, for everybody at once: names are decrypted, so asking for each anew is dear."""
        named = {person.id: person.name for person in self.register.world().people.values() if person.name}
        return named | self._names()

    def known(self, worker: str) -> str:
        """The id of the worker of that name. Raises `UnknownNameError`."""
        pseudonym = self._store.worker_id(worker)
        names = self._names()
        if pseudonym not in names:
            raise UnknownNameError("worker", worker, list(names.values()))
        return pseudonym

    # -- within

    def _given(self, request: Request, purpose: Purpose, stage: str, artefact: str, found: Admission) -> Admitted:
        names = self._names()
        if request.recipient not in {IN_HOUSE, request.worker}:
            names = {one: self._store.worker_id(f"{request.recipient}\0{one}") for one in names}
        grant = receipts.give(
            self.register, found, names, purpose=purpose, stage=stage, artefact=artefact,
            recipient=request.recipient, use=request.use, vault=request.vault, time=request.time,
        )  # fmt: skip
        pieces, workers = found.pieces, found.pieces.workers()

        def receipt(wanted: Sequence[str], first: Sequence[SegmentRef]) -> None:
            receipts.receipt(self.register, grant, pieces, first, lambda: self.confirm(grant, workers, wanted))

        return Admitted(self._store, grant, receipt, lineage_of(found.ruled))

    def _leaving(self) -> set[str]:
        """Ids of the workers who are being forgotten or were, as the store has it."""
        person = tables.workers.c
        with self._store.engine.connect() as ledger:
            return set(ledger.execute(select(person.id).where(person.state != WorkerState.ACTIVE)).scalars())

    def _classify(self) -> None:
        table = tables.segments
        with self._store.engine.connect() as ledger:
            bare = ledger.execute(select(table.c.id).where(table.c.classes == "").limit(1)).first()
        if bare is not None:
            self._store.classify()

    def _adopt(self) -> None:
        """Permissions that an older Guildbook kept in a table become acts."""
        table = tables.permissions
        with self._store.engine.connect() as ledger:
            if ledger.execute(select(table).limit(1)).first() is None:
                return
        with self._store.writing():
            with self._store.engine.connect() as ledger:
                rows = list(ledger.execute(select(table).order_by(table.c.time)))
            said = [
                (
                    ActKind.PERMIT if row.decision == PERMIT else ActKind.REFUSE,
                    {
                        "worker": row.worker, "purpose": row.purpose, "class": EVERY,
                        "recipient": IN_HOUSE if row.decision == PERMIT else EVERY,
                    },
                )
                for row in rows
            ]  # fmt: skip
            self.register.acts(said, project=_emptied)

    def _names(self) -> dict[str, str]:
        return {w.id: w.name for w in self._store.workers() if w.name is not None}


def _emptied(ledger: Connection, _: range) -> None:
    ledger.execute(delete(tables.permissions))
