"""Payouts on a real book: measured, written by a steward, computed again by the auditor."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from guildbook.app.auditing import Auditing
from guildbook.app.measuring import Asked
from guildbook.app.measuring_bargain import Bargain
from guildbook.app.measuring_contribution import Paying, cents
from guildbook.columns import raw_table
from guildbook.govern.acts import ActKind
from guildbook.govern.audit.log import Log
from guildbook.model import DeniedError, InputError, Purpose, UnknownNameError, UsageError
from guildbook.model.agreement import Payout
from guildbook.model.time import now

START = 1_767_225_600_000_000
STEPS = [f"{verb} {what}" for verb in ("open", "check", "send", "close") for what in "abcd"]


def fill(hall: Any, cases: int = 90) -> None:
    """Cases of Ann's, Bo's and Cy's, most of them Ann's."""
    columns: dict[str, list[Any]] = {name: [] for name in ("worker", "time", "action", "source", "app", "case")}
    for number in range(cases):
        dice = random.Random(number)
        who = dice.choice(["Ann", "Ann", "Ann", "Bo", "Cy"])
        for place in range(5):
            columns["worker"].append(who)
            columns["time"].append(START + number * 3_600_000_000 + place * 60_000_000)
            columns["action"].append(STEPS[(number % 3 + place * (1 + number % 2)) % len(STEPS)])
            columns["source"].append("test")
            columns["app"].append("sheet")
            columns["case"].append(f"claim:{number}")
    row = hall.store.begin_import(source="test", fingerprint="cases", path="x", terms=None)
    hall.store.append(row.id, 0, raw_table(columns), ())
    hall.store.finish_import(row.id)
    hall.store.seal()
    hall.book.distil.refresh()


@pytest.fixture
def ready(hall: Any, request: pytest.FixtureRequest) -> Any:
    """An agreement with a rule of payout is in force, and the licensee has read."""
    fill(hall)
    hall.found()
    hall.agree(hall.terms(payout=Payout(**request.param)))
    told = {"recipient": hall.book.persons.person("Acme"), "use": "train"}
    admitted = hall.book.govern.grant("train-augment", stage="test", artefact="t", **told)
    admitted.table(["action"])
    return hall


def follows(hall: Any) -> None:
    assert Auditing(hall.store, Log(hall.store), str).replay().findings == []


@pytest.mark.parametrize(
    "ready",
    [
        {"rule": "equal", "fund": 100_000},
        {"rule": "hours", "floor": 1_000},
        {"rule": "contribution", "cap": 60_000},
        {"rule": "blend", "contribution": 500_000, "fund": 50_000, "floor": 500},
    ],
    indirect=True,
    ids=lambda payout: payout["rule"],
)
def test_a_recorded_payout_is_what_the_auditor_computes(ready: Any) -> None:
    ann = ready.actor("Ann")
    look = ready.book.measure.sharing.payout(Paying("a1", 100_001, samples=2), ann)
    assert not look["recorded"]
    found = ready.book.measure.sharing.payout(Paying("a1", 100_001, samples=2), ann, record=True)
    assert found["fund"] + sum(one["cents"] for one in found["workers"]) == 100_001
    assert [(w["worker"], w["cents"]) for w in found["workers"]] == [(w["worker"], w["cents"]) for w in look["workers"]]
    assert {one["worker"] for one in found["workers"]} == {"Ann", "Bo", "Cy"}
    rule = found["rule"]
    by_name = {one["worker"]: one for one in found["workers"]}
    if rule == "hours":
        assert by_name["Ann"]["seconds"] > by_name["Bo"]["seconds"] > 0
    if rule in {"contribution", "blend"}:
        assert sum(one["contribution_ppm"] for one in found["workers"]) == 1_000_000
        assert found["measure"]["metric"] == "augmentation"
        for one in found["workers"]:
            low, high = one["interval_ppm"]
            assert 0 <= low <= one["contribution_ppm"] + 1 <= high + 2
    if rule == "contribution":
        assert max(one["cents"] for one in found["workers"]) <= 60_000
    follows(ready)
    entry = ready.book.audit.entry(found["entry"], ann.person, ready.book.govern.register.world())
    assert entry["kind"] == "payout"


@pytest.mark.parametrize("ready", [{"rule": "equal"}], indirect=True)
def test_the_auditor_finds_a_payout_that_is_wrong(ready: Any) -> None:
    ready.book.measure.sharing.payout(Paying("a1", 300), ready.actor("Ann"), record=True)
    log = Log(ready.store)
    with ready.store.look() as ledger:
        body = next(o.act["body"] for o in log.openings(ledger) if o.act["kind"] == "payout")
    people = list(body["shares"])
    for changed in (
        {"shares": dict(zip(people, (150, 100, 50), strict=True))},
        {"inputs": {**body["inputs"], "used": people[:2]}, "shares": dict.fromkeys(people[:2], 150)},
        {"amount": 600},
        {"inputs": {**body["inputs"], "until": now() + 10**12}},
    ):
        ready.book.govern.register.act(ActKind.PAYOUT, {**body, "payout": str(changed), **changed}, None)
    ready.book.govern.register.act(ActKind.PAYOUT, body, None)
    found = Auditing(ready.store, log, str).replay().findings
    assert [one.kind for one in found] == ["payout"] * 5
    assert "by the rule it is" in found[0].what
    assert "not counted" in found[1].what
    assert "not over" in found[3].what
    assert "already" in found[4].what


@pytest.mark.parametrize("ready", [{"rule": "hours", "cap": 10}], indirect=True)
def test_what_cannot_be_paid_says_why(ready: Any) -> None:
    sharing, ann = ready.book.measure.sharing, ready.actor("Ann")
    with pytest.raises(InputError, match="at most 10"):
        sharing.payout(Paying("a1", 31), ann)
    with pytest.raises(InputError, match="No member's traces were used"):
        sharing.payout(Paying("a1", 30, first=1, until=2), ann)
    with pytest.raises(UsageError, match="ends before"):
        sharing.payout(Paying("a1", 30, first=2, until=2), ann)
    with pytest.raises(UnknownNameError):
        sharing.payout(Paying("a9", 30), ann)
    for name in ("Bo", "Acme", "Eve"):
        with pytest.raises(DeniedError, match="steward"):
            sharing.payout(Paying("a1", 30), ready.actor(name))
    assert sum(one["cents"] for one in sharing.payout(Paying("a1", 30), ann)["workers"]) == 30


@pytest.mark.parametrize("ready", [{"rule": "contribution"}], indirect=True)
def test_contributions_are_for_stewards(ready: Any) -> None:
    sharing = ready.book.measure.sharing
    for metric in ("augmentation", "accuracy", "top", "hours", "events", "covered", "retrieved"):
        found = sharing.contribution(metric, actor=ready.actor("Ann"))
        assert {one.worker for one in found.values} == {"Ann", "Bo", "Cy"}
        assert sum(one.value for one in found.values) == pytest.approx(found.whole)
    theirs = sharing.contribution("events", asked=Asked(Purpose.TRAIN_AUGMENT, "Acme"), actor=ready.actor("Ann"))
    assert {one.worker for one in theirs.values} == {"Ann", "Bo", "Cy"}
    with pytest.raises(DeniedError):
        sharing.contribution(actor=ready.actor("Bo"))
    for asked in (("Ann",), ("Ann", "Bo"), ("Ann", "Bo", "Cy")):  # the fewer than five of whom counts say too much
        with pytest.raises(DeniedError, match="single people"):
            ready.book.measure.leverage(asked, actor=ready.actor("Bo"))
    assert ready.book.measure.leverage(("Bo",), actor=ready.actor("Bo"))
    assert ready.book.measure.leverage(("Ann", "Bo"), actor=ready.actor("Ann"))
    with pytest.raises(DeniedError):
        ready.book.measure.bargain.strike(
            Bargain(members=("Ann", "Bo"), bought=(Path("nowhere"),)), Asked(), ready.actor("Bo")
        )
    with pytest.raises(UsageError, match="no metric"):
        sharing.contribution("charm", actor=ready.actor("Ann"))
    with pytest.raises(UsageError, match="no method"):
        sharing.contribution(method="guess", actor=ready.actor("Ann"))
    with pytest.raises(UsageError, match="Shapley values only"):
        sharing.contribution("hours", "banzhaf", actor=ready.actor("Ann"))
    with pytest.raises(UsageError, match="Nobody is paid by"):
        sharing.payout(Paying("a1", 30, metric="hours"), ready.actor("Ann"))


@pytest.mark.parametrize(("text", "wanted"), [("1000", 100_000), ("1000.00", 100_000), ("0.5", 50), ("0", 0)])
def test_amounts(text: str, wanted: int) -> None:
    assert cents(text) == wanted


@pytest.mark.parametrize("text", ["", "-1", "1.005", "NaN", "Infinity", "ten", "1,000"])
def test_no_amounts(text: str) -> None:
    with pytest.raises(UsageError):
        cents(text)
