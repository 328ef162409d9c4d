"""One book: a folder, its ledger, and the stages over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from guildbook.app import forgetting, learning, taking
from guildbook.app.distilling import Distilling
from guildbook.app.neural import Nets
from guildbook.app.next import NextSteps
from guildbook.app.persons import Actor, Persons
from guildbook.app.processing import Processing
from guildbook.app.progress import Progress, silent
from guildbook.app.teaching import Teaching
from guildbook.config import Config, load
from guildbook.distil.companion import Companion
from guildbook.govern import Gate
from guildbook.govern.signer import Signer
from guildbook.model.errors import InputError, UnknownNameError
from guildbook.model.time import iso
from guildbook.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

    from guildbook.app.agreements import Agreements
    from guildbook.app.auditing import Auditing
    from guildbook.app.ballots import Ballots
    from guildbook.app.collectives import Collectives
    from guildbook.app.erasures import Erasures
    from guildbook.app.following import Follower
    from guildbook.app.law import Laws
    from guildbook.app.lineage import Lineages
    from guildbook.app.managing import Managing
    from guildbook.app.measuring import Measuring
    from guildbook.app.mine import Mine
    from guildbook.app.statements import Statements
    from guildbook.app.strikes import Strikes
    from guildbook.app.terms import Terms
    from guildbook.app.vaults import Vaults


@dataclass(frozen=True, slots=True)
class Book:
    """Everything a shell needs. The store is private: whoever wants bytes asks `govern`.

    The desks of bargaining are made when they are asked for: they take time to load, and learning needs none of them.
    """

    config: Config
    govern: Gate
    distil: Distilling
    teach: Teaching
    process: Processing
    next: NextSteps
    nets: Nets
    persons: Persons
    _store: Store

    @property
    def audit(self) -> Auditing:
        """The log of every act."""
        from guildbook.app.auditing import Auditing  # noqa: PLC0415

        return Auditing(self._store, self.govern.register.log, self.govern.label)

    @property
    def terms(self) -> Terms:
        """What workers say about their traces."""
        from guildbook.app.terms import Terms  # noqa: PLC0415

        return Terms(self.govern, self.persons)

    @property
    def strikes(self) -> Strikes:
        """Traces withheld together."""
        from guildbook.app.strikes import Strikes  # noqa: PLC0415

        return Strikes(self._store, self.govern, self.persons)

    @property
    def ballots(self) -> Ballots:
        """Secret ballots."""
        from guildbook.app.ballots import Ballots  # noqa: PLC0415

        return Ballots(self._store, self.govern, self.persons)

    @property
    def collective(self) -> Collectives:
        """Workers who bargain together."""
        from guildbook.app.collectives import Collectives  # noqa: PLC0415

        return Collectives(self.govern, self.persons)

    @property
    def agreements(self) -> Agreements:
        """Terms between a collective and a licensee, from the offer to the end."""
        from guildbook.app.agreements import Agreements  # noqa: PLC0415

        return Agreements(self._store, self.govern, self.persons, self.ballots)

    @property
    def law(self) -> Laws:
        """What law profiles ask, and what was done of it."""
        from guildbook.app.law import Laws  # noqa: PLC0415

        return Laws(self.govern, self.agreements)

    @property
    def vaults(self) -> Vaults:
        """Work held out, against which models are scored."""
        from guildbook.app.vaults import Vaults  # noqa: PLC0415

        return Vaults(self._store, self.govern, self.persons, self.distil)

    @property
    def erasures(self) -> Erasures:
        """What was erased, with certificates."""
        from guildbook.app.erasures import Erasures  # noqa: PLC0415

        return Erasures(self._store, self.govern)

    @property
    def managing(self) -> Managing:
        """Other people's say, as far as it may be seen."""
        from guildbook.app.managing import Managing  # noqa: PLC0415

        return Managing(self._store, self.govern)

    @property
    def measure(self) -> Measuring:
        """What the traces are worth, and to whom."""
        from guildbook.app.measuring import Measuring  # noqa: PLC0415 - compiled parts take time to load

        return Measuring(self._store, self.govern, self.distil, self.persons)

    @property
    def lineage(self) -> Lineages:
        """What was made of what, on which inherited terms."""
        from guildbook.app.lineage import Lineages  # noqa: PLC0415

        return Lineages(self._store, self.govern, self.distil, self.nets)

    @property
    def mine(self) -> Mine:
        """What one worker is shown, and nobody else."""
        from guildbook.app.mine import Mine  # noqa: PLC0415

        return Mine(self._store, self.govern, self.distil, self.terms)

    @property
    def statements(self) -> Statements:
        """What happened to a worker's traces in a period, and objections to it."""
        from guildbook.app.statements import Statements  # noqa: PLC0415

        return Statements(self._store, self.govern, self.mine, self.lineage)

    @property
    def home(self) -> Path:
        """The book's folder."""
        return self.config.home

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the ledger."""
        self._store.close()

    def learn(
        self, wanted: learning.Wanted | None = None, progress: Progress = silent, helper: Companion | None = None
    ) -> learning.Learnt:
        """Import what is wanted (nothing: only what the book already holds) and learn from all that is admitted.

        `helper`: a second process that takes a share of the work; the result is the same without.
        """
        return learning.learn(self._desks, self.config, wanted or learning.Wanted(), progress, helper)

    def follow(
        self, wanted: learning.Wanted, every: float, progress: Progress = silent, helper: Companion | None = None
    ) -> Follower:
        """What learns again whenever something is new, looking every so many seconds."""
        from guildbook.app.following import Follower  # noqa: PLC0415 - few stay

        return Follower(self._store, wanted, partial(self.learn, helper=helper), every, progress=progress)

    def forget(
        self,
        worker: str,
        part: forgetting.Part | None = None,
        *,
        signer: Signer | None = None,
        progress: Progress = silent,
    ) -> forgetting.Forgotten:
        """Forget a worker by name, or a part of their traces: as if it had never been. Raises `UnknownNameError`."""
        return forgetting.forget(self._desks, worker, part, signer, progress)

    @property
    def _desks(self) -> forgetting.Desks:
        return forgetting.Desks(self._store, self.govern, self.distil, self.nets)

    def take_in(self, source: str, fingerprint: str, events: pa.Table) -> int:
        """Take events in under a fingerprint, durably; what is there under it already stays as it is.

        Returns how many were taken. They are learnt from by the next `learn`.
        """
        return taking.take_in(self._store, source, fingerprint, events)

    def readmit(self, worker: str, signer: Signer | None = None) -> None:
        """Lift the tombstones of a worker of whom all or a part was forgotten: it can be imported again."""
        pseudonym = self._store.worker_id(worker)
        gone = {w.id for w in self._store.workers() if w.state == "forgotten"}
        if pseudonym not in gone and not self.erasures.listed(pseudonym):
            raise UnknownNameError("forgotten worker", worker)
        self.govern.readmit(pseudonym, signer)
        self._store.readmit(pseudonym)

    def export(self, form: str, output: Path, worker: str | None = None) -> tuple[int, int]:
        """Write the events permitted for `export`; returns (events written, segments refused)."""
        from guildbook.app import exporting  # noqa: PLC0415 - the exporters take time to load, and only this needs them

        return exporting.export(self.govern, form, output, worker)

    def hand(self, recipient: str, purpose: str, use: str, form: str, output: Path, actor: Actor) -> dict[str, Any]:
        """Write what a licensee, by name, may have under their agreements, with a signed manifest beside it."""
        from guildbook.app import handing  # noqa: PLC0415 - as above

        asked = handing.Asked(purpose, use, form, output)
        return handing.hand(self._store, self.govern, self.persons.person(recipient), asked, actor)

    def export_portable(self, worker: str, actor: Actor, folder: Path) -> dict[str, Any]:
        """Everything of one worker in open formats, signed, in a new folder: for them alone. Raises `DeniedError`."""
        from guildbook.app import portable  # noqa: PLC0415 - as above

        return portable.export(self._store, self.govern, self.distil, self.terms, worker, actor, folder)

    def workers(self) -> list[dict[str, Any]]:
        """The workers with what is held of them, most events first."""
        held: dict[str, list[Any]] = {}
        for segment in self._store.segments():
            row = held.setdefault(segment.worker, [0, 0, segment.first, segment.last])
            row[0] += segment.rows
            row[1] += 1
            row[2], row[3] = min(row[2], segment.first), max(row[3], segment.last)
        found = [
            {
                "name": worker.name,
                "id": worker.id,
                "events": row[0] if row else 0,
                "segments": row[1] if row else 0,
                "first": iso(row[2]) if row else None,
                "last": iso(row[3]) if row else None,
            }
            for worker in self._store.workers()
            if worker.state == "active"
            for row in [held.get(worker.id)]
        ]
        return sorted(found, key=lambda w: (-w["events"], w["name"]))

    def imports(self) -> list[dict[str, Any]]:
        """The imports, oldest first."""
        return [
            {
                "id": row.id,
                "source": row.source,
                "path": row.path,
                "state": row.state,
                "events": row.rows,
                "rejected": row.rejected,
                "terms": None if row.terms is None else list(row.terms),
                "started": iso(row.begun),
            }
            for row in self._store.imports()
        ]

    def quarantine(self, limit: int = 100) -> list[dict[str, Any]]:
        """Rejected rows, oldest first."""
        paths = {row.id: row.path for row in self._store.imports()}
        return [
            {"path": paths.get(row.import_id, ""), "line": row.line, "reason": row.reason, "text": row.text}
            for row in self._store.quarantine()[:limit]
        ]


def open_book(
    home: Path | str | None = None, *, overrides: Mapping[str, str] | None = None, create: bool = True
) -> Book:
    """Open the book in `home` (default: `GUILDBOOK_HOME`, else the user's data folder).

    `overrides` are settings by dotted key. With `create=False` a folder without a book is an `InputError`.
    """
    return open_configured(load(None if home is None else Path(home), overrides), create=create)


def open_configured(config: Config, *, create: bool = True) -> Book:
    """The same with settings that were loaded before."""
    if not create and not (config.home / "book.key").exists() and config.store.key_file is None:
        raise InputError(f"There is no book at {config.home}.", "Begin one with: guildbook learn PATH", "no-book")
    store = taking.opened(config, create=create)
    gate = Gate(store)
    distil = Distilling(store, gate, config)
    nets = Nets(store, gate, config, distil.settings())
    desks = Teaching(distil, config), Processing(gate, distil), NextSteps(store, gate, distil, nets)
    return Book(config, gate, distil, *desks, nets, Persons(store, gate), store)
