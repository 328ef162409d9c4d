"""The meter of an agreement on a real book: above the bound the licensee reads no more, and cannot help it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from guildbook.app.persons import NOBODY
from guildbook.columns import raw_table
from guildbook.govern.acts import ActKind
from guildbook.govern.audit.replay import replay
from guildbook.model import DeniedError, InputError, Purpose, UnknownNameError
from guildbook.model.agreement import Audit, Scope, Substitution
from guildbook.model.time import DAY, iso, now

CLAUSE = "purposes.train-augment"
START = 1_767_225_600_000_000
STEPS = [f"{verb} {what}" for verb in ("open", "check", "send", "note", "close") for what in "abcdefgh"]


@pytest.fixture
def busy(hall: Any) -> Any:
    """A hundred and twenty cases of Ann's, Bo's and Cy's that all go the same way: a model does them alone."""
    fill(hall, "same", 120, even)
    hall.found()
    return hall


def even(_: int, place: int) -> str:
    return STEPS[place]


def uneven(number: int, place: int) -> str:
    return random.Random(9 * number + place).choice(STEPS)


def fill(hall: Any, name: str, cases: int, act: Callable[[int, int], str]) -> None:
    columns: dict[str, list[Any]] = {"worker": [], "time": [], "action": [], "source": [], "app": [], "case": []}
    for number in range(cases):
        for place in range(5):
            columns["worker"].append(hall.MEMBERS[(number + place) % 3])
            columns["time"].append(START + number * 60_000_000_000 + place * 60_000_000)
            columns["action"].append(act(number, place))
            columns["source"].append("test")
            columns["app"].append("sheet")
            columns["case"].append(f"claim:{name}{number}")
    store = hall.store
    row = store.begin_import(source="test", fingerprint=f"cases {name}", path="x", terms=None)
    store.append(row.id, 0, raw_table(columns), ())
    store.finish_import(row.id)
    store.seal()
    hall.book.distil.refresh()


def readable(hall: Any) -> int:
    admitted = hall.book.govern.grant(
        Purpose.TRAIN_AUGMENT, stage="test", artefact="t", recipient=hall.book.persons.person("Acme"), use="train"
    )
    return len(admitted.grant.segments) and admitted.table(["action"]).num_rows


def follows(hall: Any) -> None:
    log = hall.book.govern.register.log
    with hall.store.look() as ledger:
        found = replay(hall.store.book_id, list(log.openings(ledger)))
    assert found.findings == []
    assert found.policy_hash == hall.book.govern.register.world().policy_hash


def test_looking_changes_nothing(busy: Any) -> None:
    busy.agree()
    found = busy.book.measure.meter.read("a1")
    assert found["crossed"]
    assert not found["suspended"]
    assert readable(busy) > 0
    assert busy.book.measure.meter.history("a1")["readings"] == []


def test_above_the_bound_the_licensee_reads_no_more(busy: Any) -> None:
    busy.agree()
    before = busy.book.govern.grant(
        Purpose.TRAIN_AUGMENT, stage="test", artefact="t", recipient=busy.book.persons.person("Acme"), use="train"
    )
    found = busy.book.measure.meter.read("a1", busy.actor("Ann"), enforce=True)
    assert (found["crossed"], found["suspended"]) == (True, True)
    assert found["high"] > found["bound"] == 50_000
    assert readable(busy) == 0
    with pytest.raises(DeniedError):
        before.table(["action"])
    asked = busy.book.terms.check("Ann", "train-augment", trace_class="sheet", recipient="Acme", use="train")
    assert {(one["allow"], one["reason"]) for one in asked} == {(False, "bound-crossed")}
    shown = busy.book.agreements.show("a1")
    assert shown["state"] == "suspended"
    assert CLAUSE in shown["suspended"]
    follows(busy)


def test_both_sides_are_told_and_nobody_else(busy: Any) -> None:
    busy.agree()
    found = busy.book.measure.meter.read("a1", busy.actor("Ann"), enforce=True)
    for name in ("Acme", "Ann", "Bo"):
        told = [n for n in busy.book.agreements.notices(busy.actor(name)) if n["hash"] == found["notice"]]
        assert [n["text"] for n in told] == [found["text"]]
    assert busy.book.agreements.notices(busy.actor("Eve")) == []
    assert "is suspended until" in found["text"]
    assert found["entry"] == max(one["entry"] for one in busy.book.agreements.log("a1"))


def test_what_was_suspended_is_measured_again_and_taken_up(busy: Any) -> None:
    """Work that no model does alone brings S down; the steward's next measure takes the clause up again."""
    busy.agree(busy.terms(substitution=Substitution(bound=400_000)))
    busy.book.measure.meter.read("a1", busy.actor("Ann"), enforce=True)
    assert readable(busy) == 0
    # The meter may still be read; nobody else may. New work comes in that goes a different way every time.
    fill(busy, "varied", 600, uneven)
    measured = busy.book.measure.meter.read("a1", NOBODY, enforce=True)
    assert not measured["crossed"]
    assert readable(busy) == 0, "whoever runs the book gives nothing back"
    for name in ("Acme", "Bo", "Eve"):
        with pytest.raises(DeniedError):
            busy.book.measure.meter.read("a1", busy.actor(name), enforce=True)
        with pytest.raises(DeniedError):
            busy.book.govern.register.act(
                ActKind.UNSUSPEND, {"agreement": "a1", "clause": CLAUSE}, busy.actor(name).signer
            )
    assert readable(busy) == 0
    busy.book.measure.meter.read("a1", busy.actor("Ann"), enforce=True)
    assert readable(busy) > 0
    follows(busy)


def test_below_the_bound_nothing_changes(busy: Any) -> None:
    busy.agree(busy.terms(substitution=Substitution(bound=1_000_000)))
    before = readable(busy)
    found = busy.book.measure.meter.read("a1", busy.actor("Ann"), enforce=True)
    assert not found["crossed"]
    assert readable(busy) == before
    follows(busy)


def test_the_same_work_gives_the_same_figures(busy: Any) -> None:
    busy.agree()
    one, two = (busy.book.measure.meter.read("a1") for _ in range(2))
    for key in ("value", "low", "high", "traces", "model", "inputs", "system"):
        assert one[key] == two[key]


def test_when_the_next_is_due(busy: Any) -> None:
    busy.agree(busy.terms(audit=Audit(ablation_days=30), substitution=Substitution(bound=1_000_000)))
    found = busy.book.measure.meter.read("a1", busy.actor("Ann"), enforce=True)
    assert found["next_due"][:10] == iso(now() + 30 * DAY)[:10]
    assert busy.book.agreements.show("a1")["next_measure"] == found["next_due"]


def test_other_tasks_than_those_agreed_are_left_out(busy: Any) -> None:
    titles = busy.book.measure.work().tasks
    busy.agree(busy.terms(scope=Scope(classes=("*",), without_tasks=titles)))
    with pytest.raises(InputError, match="held back"):
        busy.book.measure.meter.read("a1")


def test_nothing_to_measure(busy: Any) -> None:
    with pytest.raises(UnknownNameError):
        busy.book.measure.meter.read("a1")
    busy.book.agreements.offer(busy.terms(), busy.actor("Acme"), "a1")
    with pytest.raises(DeniedError, match="not in force"):
        busy.book.measure.meter.read("a1")


def test_an_auditor_finds_a_measure_that_does_not_follow(busy: Any) -> None:
    """Whoever has the book's key can write the entry anew; it does not follow then."""
    busy.agree()
    busy.book.measure.meter.read("a1", NOBODY, enforce=True)
    with busy.store.look() as ledger:
        log = list(busy.book.govern.register.log.openings(ledger))
    place = next(i for i, one in enumerate(log) if one.act["kind"] == ActKind.MEASURE)
    for change in (
        {"high": 10_000, "value": 10_000, "low": 0, "crossed": False},
        {"crossed": False},
        {"bound": 1_000_000, "crossed": False},
        {"grant": "another"},
        {"notice": "00"},
    ):
        act = {**log[place].act, "body": {**log[place].act["body"], **change}}
        again = [*log[:place], replace(log[place], act=act), *log[place + 1 :]]
        found = replay(busy.store.book_id, again)
        assert found.findings, change
        assert found.findings[0].seq == log[place].entry.seq
