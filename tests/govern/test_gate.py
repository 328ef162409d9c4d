from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from guildbook.columns import raw_table
from guildbook.govern import Admitted, Gate
from guildbook.model import DeniedError, Purpose, UnknownNameError, UsageError
from guildbook.model.purpose import OWN_PURPOSES
from guildbook.store import Store

HOUR = 3_600_000_000


def take_in(store: Store, worker: str, terms: tuple[str, ...] | None, number: int, rows: int = 3) -> None:
    """Import `rows` events whose values name their worker, so that a leak can be seen."""
    columns: dict[str, Any] = {
        "worker": [worker] * rows,
        "time": [number * HOUR + i for i in range(rows)],
        "action": ["work"] * rows,
        "source": ["test"] * rows,
        "value_after": [f"secret of {worker} in {number}"] * rows,
    }
    row = store.begin_import(source="test", fingerprint=f"import {number}", path="x", terms=terms)
    store.append(row.id, 0, raw_table(columns), ())
    store.finish_import(row.id)
    store.seal()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    with Store.open(tmp_path / "book", ledger_url=url) as opened:
        yield opened


def read(admitted: Admitted) -> set[str]:
    return set(admitted.table(["worker", "value_after"])["worker"].to_pylist())


def test_with_no_stated_terms_only_the_own_purposes_are_admitted(store: Store) -> None:
    take_in(store, "Ada", None, 1)
    gate = Gate(store)
    for purpose in Purpose:
        admitted = gate.grant(purpose, stage="distil", artefact="model")
        assert bool(admitted.grant.segments) == (purpose in OWN_PURPOSES)
        assert admitted.grant.refused == (purpose not in OWN_PURPOSES)


def test_stated_terms_replace_the_default(store: Store) -> None:
    take_in(store, "Ada", ("evaluate",), 1)
    take_in(store, "Bo", (), 2)
    gate = Gate(store)
    assert read(gate.grant(Purpose.EVALUATE, stage="s", artefact="a")) == {"Ada"}
    assert read(gate.grant(Purpose.COACH, stage="s", artefact="a")) == set()


def test_a_refusal_beats_terms_and_a_permit_beats_their_absence(store: Store) -> None:
    take_in(store, "Ada", ("research",), 1)
    take_in(store, "Bo", None, 2)
    gate = Gate(store)
    gate.decide("Ada", "research", allow=False)
    gate.decide("Bo", "research", allow=True)
    assert read(gate.grant(Purpose.RESEARCH, stage="s", artefact="a")) == {"Bo"}
    gate.decide("Bo", "research", allow=False)
    assert read(gate.grant(Purpose.RESEARCH, stage="s", artefact="a")) == set()


def test_a_grant_that_was_given_ends_with_a_later_refusal(store: Store) -> None:
    take_in(store, "Ada", None, 1)
    gate = Gate(store)
    admitted = gate.grant(Purpose.COACH, stage="s", artefact="a")
    assert read(admitted) == {"Ada"}
    gate.decide("Ada", "coach", allow=False)
    with pytest.raises(DeniedError, match="no longer"):
        admitted.table(["value_after"])


def test_only_admitted_segments_can_be_read(store: Store) -> None:
    take_in(store, "Ada", None, 1)
    take_in(store, "Bo", (), 2)
    gate = Gate(store)
    admitted = gate.grant(Purpose.COACH, stage="s", artefact="a")
    foreign = [s.id for s in store.segments() if s.id not in {r.id for r in admitted.grant.segments}]
    with pytest.raises(DeniedError):
        admitted.table(["value_after"], foreign)
    with pytest.raises(DeniedError):
        admitted.cases(foreign[:1])
    assert gate.uses() == []


def test_every_reading_leaves_one_receipt_a_worker(store: Store) -> None:
    take_in(store, "Ada", None, 1)
    take_in(store, "Ada", ("coach",), 2)
    take_in(store, "Bo", None, 3, rows=5)
    gate = Gate(store)
    admitted = gate.grant(Purpose.COACH, stage="distil", artefact="model")
    assert gate.uses() == []
    admitted.table(["time"])
    admitted.table(["action"])
    receipts = {(u.worker, u.reason): (u.segments, u.rows, u.grant) for u in gate.uses()}
    assert receipts == {
        ("Ada", "own-purpose"): (1, 3, admitted.grant.id),
        ("Ada", "import-terms"): (1, 3, admitted.grant.id),
        ("Bo", "own-purpose"): (1, 5, admitted.grant.id),
    }
    assert {u.worker for u in gate.uses("Bo")} == {"Bo"}


def test_the_index_of_cases_is_read_like_events(store: Store) -> None:
    take_in(store, "Ada", None, 1)
    gate = Gate(store)
    admitted = gate.grant(Purpose.COACH, stage="distil", artefact="model")
    ids = [s.id for s in admitted.grant.segments]
    assert set(admitted.cases(ids)) == set(ids)
    admitted.cases(ids)
    assert [(u.worker, u.segments, u.rows) for u in gate.uses()] == [("Ada", 1, 0)]
    admitted.table(["time"])
    assert [(u.worker, u.segments, u.rows) for u in gate.uses()] == [("Ada", 1, 0), ("Ada", 1, 3)]
    gate.decide("Ada", "coach", allow=False)
    with pytest.raises(DeniedError, match="no longer"):
        admitted.cases(ids)


def test_narrowed_to_one_worker(store: Store) -> None:
    take_in(store, "Ada", None, 1)
    take_in(store, "Bo", None, 2)
    assert read(Gate(store).grant(Purpose.COACH, stage="s", artefact="a", worker="Bo")) == {"Bo"}


def test_wrong_names_are_named(store: Store) -> None:
    take_in(store, "Ada", None, 1)
    gate = Gate(store)
    with pytest.raises(UnknownNameError, match="Ada"):
        gate.decide("Eve", "coach", allow=True)
    with pytest.raises(UsageError, match="train-augment"):
        gate.decide("Ada", "world-domination", allow=True)
    with pytest.raises(UsageError):
        gate.decide("Ada", "unlearn", allow=False)


PEOPLE = ("Ada", "Bo", "Cy")
CHOICES = tuple(p for p in Purpose if p is not Purpose.UNLEARN)
TERMS = st.one_of(st.none(), st.lists(st.sampled_from(CHOICES), max_size=3).map(tuple))


class NoRefusedByteComesOut(RuleBasedStateMachine):
    """A plain restatement of the rules beside the real gate; whatever the order of events, they agree."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="guildbook-gate-"))
        self.store = Store.open(self.folder)
        self.gate = Gate(self.store)
        self.held: list[tuple[str, tuple[str, ...] | None, int]] = []
        self.said: dict[tuple[str, str], bool] = {}
        self.gone: set[str] = set()
        self.number = 0
        self.open: list[tuple[Purpose, Admitted]] = []

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    def allowed(self, worker: str, terms: tuple[str, ...] | None, purpose: str) -> bool:
        if worker in self.gone:
            return False
        if (worker, purpose) in self.said:
            return self.said[worker, purpose]
        return purpose in OWN_PURPOSES if terms is None else purpose in terms

    @rule(worker=st.sampled_from(PEOPLE), terms=TERMS)
    def bring_in(self, worker: str, terms: tuple[str, ...] | None) -> None:
        self.number += 1
        take_in(self.store, worker, terms, self.number, rows=2)
        if worker not in self.gone:
            self.held.append((worker, terms, self.number))

    @rule(worker=st.sampled_from(PEOPLE), purpose=st.sampled_from(CHOICES), allow=st.booleans())
    def decide(self, worker: str, purpose: Purpose, *, allow: bool) -> None:
        if worker in self.gone or worker not in {w for w, _, _ in self.held}:
            with pytest.raises(UnknownNameError):
                self.gate.decide(worker, purpose, allow=allow)
            return
        self.gate.decide(worker, purpose, allow=allow)
        self.said[worker, purpose] = allow

    @rule(worker=st.sampled_from(PEOPLE))
    def forget(self, worker: str) -> None:
        if worker in {w for w, _, _ in self.held}:
            pseudonym = self.store.worker_id(worker)
            with self.store.change() as ledger:
                self.store.begin_erase(pseudonym, ledger)
            self.store.erase(pseudonym)
            self.gone.add(worker)
            self.held = [h for h in self.held if h[0] != worker]

    @rule(purpose=st.sampled_from(CHOICES))
    def ask(self, purpose: Purpose) -> None:
        self.open = [*self.open[-1:], (purpose, self.gate.grant(purpose, stage="test", artefact="model"))]

    @rule(purpose=st.sampled_from(CHOICES))
    def read(self, purpose: Purpose) -> None:
        admitted = self.gate.grant(purpose, stage="test", artefact="model")
        got = sorted(set(admitted.table(["value_after"])["value_after"].to_pylist()))
        want = sorted(f"secret of {w} in {n}" for w, t, n in self.held if self.allowed(w, t, purpose))
        assert got == want

    @invariant()
    def old_grants_never_show_what_is_refused_now(self) -> None:
        for purpose, admitted in getattr(self, "open", []):
            for segment in admitted.grant.segments:
                try:
                    values = admitted.table(["value_after"], [segment.id])["value_after"].to_pylist()
                except DeniedError:
                    continue
                for value in values:
                    worker, number = value.removeprefix("secret of ").split(" in ")
                    terms = next(t for w, t, n in self.held if (w, n) == (worker, int(number)))
                    assert self.allowed(worker, terms, purpose)


NoRefusedByteComesOut.TestCase.settings = settings(
    max_examples=15, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestNoRefusedByteComesOut = NoRefusedByteComesOut.TestCase
