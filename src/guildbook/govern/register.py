"""The register: acts are checked against the world, logged, and folded in, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import RLock
from typing import Any

from sqlalchemy import Connection, insert, select

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.audit.log import Log, opened
from guildbook.govern.signer import Signer
from guildbook.govern.world.authority import check
from guildbook.govern.world.state import SILENT, World
from guildbook.model.time import now
from guildbook.store import Store, tables

_MANY = 400
Project = Callable[[Connection, range], None]
"""Writes what follows from acts into other tables, in the same transaction; told their places in the log."""


class Register:
    """The state of consent of one book, and the only way to change it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._log = Log(store)
        self._world = World(store.book_id)
        self._seen = -1
        self._turn = RLock()

    @property
    def log(self) -> Log:
        """The audit log."""
        return self._log

    def world(self) -> World:
        """Everything that acts have said so far, by whatever process."""
        with self._turn, self._store.engine.connect() as ledger:
            return self._current(ledger)

    def act(
        self, kind: ActKind, body: Mapping[str, Any], signer: Signer | None = None, project: Project | None = None
    ) -> Act:
        """Do one act, now. Raises `DeniedError` for one without authority; nothing is written then."""
        return self.acts([(kind, body)], signer, project)[0]

    def check(self, kind: ActKind, body: Mapping[str, Any], signer: Signer | None = None) -> None:
        """Raise `DeniedError` for an act that would have no authority now; nothing is written either way."""
        with self._turn:
            check(self.world(), Act(kind, now(), "" if signer is None else signer.person, dict(body)), trusted=True)

    def acts(
        self,
        wanted: Sequence[tuple[ActKind, Mapping[str, Any]]],
        signer: Signer | None = None,
        project: Project | None = None,
    ) -> list[Act]:
        """Do several acts, all or none."""
        done: list[Act] = []
        with self._turn:
            try:
                with self._store.acting() as ledger:
                    world = self._current(ledger)
                    for kind, body in wanted:
                        done.append(self._made(world, kind, body, signer))
                        world.apply(done[-1])
                    places = self._log.append(ledger, [each.to_dict() for each in done])
                    weighty = [seq for seq, each in zip(places, done, strict=True) if each.kind not in SILENT]
                    if weighty:
                        ledger.execute(insert(tables.policy_acts), [{"seq": seq} for seq in weighty])
                        self._seen = weighty[-1]
                    if project is not None:
                        project(ledger, places)
            except BaseException:
                # The world may know of acts that the ledger does not: it is folded anew from the log.
                if any(each.kind not in SILENT for each in done):
                    self._world, self._seen = World(self._store.book_id), -1
                raise
        return done

    def _made(self, world: World, kind: ActKind, body: Mapping[str, Any], signer: Signer | None) -> Act:
        if signer is None:
            return Act(kind, now(), "", dict(body))
        # Whatever the clock does, a person's acts follow one another: one that does not is a repetition.
        time = max(now(), world.latest.get(signer.person, -1) + 1)
        return signer.signed(Act(kind, time, signer.person, dict(body)), self._store.book_id)

    def _current(self, ledger: Connection) -> World:
        table = tables.policy_acts
        new = list(ledger.execute(select(table.c.seq).where(table.c.seq > self._seen).order_by(table.c.seq)).scalars())
        if new:
            sealer = self._log.sealer(ledger)
            for start in range(0, len(new), _MANY):
                some = new[start : start + _MANY]
                query = select(tables.log).where(tables.log.c.seq.in_(some)).order_by(tables.log.c.seq)
                for row in ledger.execute(query):
                    self._world.apply(Act.from_dict(opened(sealer, row).act), trusted=True)
            self._seen = new[-1]
        return self._world
