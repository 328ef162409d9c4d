"""What a payout is by the log: rules, the fund, who is paid, and what the auditor says of a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildbook.govern.acts import ActKind
from guildbook.govern.audit.payouts import RULES, division, fault, left_out, players_of
from guildbook.model.agreement import PAYOUT_RULES, Agreement, Payout

Drafted = Callable[..., Agreement]
HOURS = {"ann": 3600, "bo": 7200, "cy": 0}
PPM = {"ann": 600_000, "bo": 400_000, "cy": -200_000}


@pytest.fixture
def paid(stage: Any, drafted: Drafted) -> Callable[..., tuple[Any, dict[str, Any]]]:
    """A stage with an agreement that divides by a rule, and a payout's body without its shares."""
    stage.collective("ann", "bo", "cy")
    stage.enrol("acme", "licensee")

    def made(**payout: Any) -> tuple[Any, dict[str, Any]]:
        name = f"a{len(stage.world.agreements)}"
        stage.agree(name, drafted(payout=Payout(**payout)))
        used = {"from": 0, "until": stage.time, "used": ["ann", "bo", "cy"], "hours": HOURS, "contribution": PPM}
        rule = payout.get("rule", "equal")
        return stage, {"payout": "p", "agreement": name, "rule": rule, "amount": 90_000, "inputs": used}

    return made


def test_every_rule_of_agreements_is_there() -> None:
    assert set(RULES) == set(PAYOUT_RULES)


@pytest.mark.parametrize(
    ("payout", "shares", "fund"),
    [
        ({"rule": "equal"}, (30_000, 30_000, 30_000), 0),
        ({"rule": "equal", "fund": 100_000}, (27_000, 27_000, 27_000), 9_000),
        ({"rule": "hours"}, (30_000, 60_000, 0), 0),
        ({"rule": "hours", "floor": 10_000}, (26_667, 53_333, 10_000), 0),
        ({"rule": "contribution"}, (54_000, 36_000, 0), 0),
        ({"rule": "contribution", "cap": 50_000}, (50_000, 40_000, 0), 0),
        ({"rule": "blend", "contribution": 500_000}, (42_000, 33_000, 15_000), 0),
    ],
)
def test_rules(paid: Any, payout: dict[str, Any], shares: tuple[int, ...], fund: int) -> None:
    stage, body = paid(**payout)
    found = division(stage.world, body, stage.time)
    assert tuple(found.shares[name] for name in ("ann", "bo", "cy")) == shares
    assert found.fund == fund
    whole = {**body, "shares": dict(found.shares), "fund": fund}
    assert fault(stage.world, whole, stage.time) == ""
    assert "by the rule" in fault(stage.world, {**whole, "shares": {**found.shares, "ann": 1}}, stage.time)
    stage.act(ActKind.PAYOUT, "ann", **whole)


def test_blend_where_nobody_added_anything_is_equal(paid: Any) -> None:
    stage, body = paid(rule="blend", contribution=900_000)
    body["inputs"]["contribution"] = {"ann": -5}
    assert set(division(stage.world, body, stage.time).shares.values()) == {30_000}


def test_a_stranger_and_a_second_name_are_paid_nothing(paid: Any) -> None:
    """What a member's traces are worth under names that are on no roll is paid to nobody under those names."""
    stage, body = paid(rule="contribution")
    honest = division(stage.world, body, stage.time).shares
    split = {"ann": 200_000, "ann two": 200_000, "ann three": 200_000, "bo": 400_000, "cy": 0}
    body["inputs"] |= {"contribution": split, "used": [*split]}
    sybil = division(stage.world, body, stage.time).shares
    assert set(sybil) == {"ann", "bo", "cy"}
    assert sybil["ann"] < honest["ann"]


def test_a_member_whose_traces_were_used_is_paid_also_after_leaving(paid: Any) -> None:
    stage, body = paid()
    stage.time += 1_000_000
    stage.act(ActKind.LEAVE, "bo", collective="guild", worker="bo")
    assert players_of(stage.world, body, stage.time) == ["ann", "bo", "cy"]
    later = {**body, "inputs": {**body["inputs"], "from": stage.time + 1, "until": stage.time + 2}}
    assert players_of(stage.world, later, stage.time) == ["ann", "cy"]
    assert players_of(stage.world, {**body, "inputs": {}}, stage.time) == ["ann", "cy"]


def test_the_log_says_whose_traces_were_used(paid: Any) -> None:
    _, body = paid()
    until = body["inputs"]["until"]
    receipts = [(body["agreement"], name, 5) for name in ("ann", "bo", "cy")]
    assert left_out(body, receipts) == ""
    assert left_out(body, [*receipts, (body["agreement"], "dee", until), ("other", "dee", 5)]) == ""
    assert "dee's traces were used in the period and are not counted" in left_out(
        body, [*receipts, (body["agreement"], "dee", 5)]
    )
    assert "cy's traces were not used in the period and are counted" in left_out(body, receipts[:2])
    assert left_out({**body, "inputs": {}}, []) == ""


def test_payouts_that_cannot_be(paid: Any) -> None:
    stage, body = paid(rule="hours", cap=10)
    assert "at most 10" in fault(stage.world, {**body, "shares": {}}, stage.time)
    del body["inputs"]["hours"]
    assert "hours" in fault(stage.world, {**body, "shares": {}}, stage.time)
    body["inputs"]["used"] = []
    assert "nobody to pay" in fault(stage.world, {**body, "shares": {}}, stage.time)
    body["inputs"] = {}
    early = {**body, "rule": "equal", "agreement": "never", "shares": {}}
    assert "cannot be computed again" in fault(stage.world, early, stage.time)


def test_a_period_that_is_not_over(paid: Any) -> None:
    stage, body = paid()
    shares = dict(division(stage.world, body, stage.time).shares)
    body["inputs"]["until"] = stage.time + 1
    assert fault(stage.world, {**body, "shares": shares}, stage.time) == "its period is not over"


@given(
    amount=st.integers(0, 10**7),
    rule=st.sampled_from(PAYOUT_RULES),
    seconds=st.lists(st.integers(0, 10**6), min_size=3, max_size=3),
    ppm=st.lists(st.integers(-(10**6), 10**6), min_size=3, max_size=3),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_whatever_was_measured_it_adds_up(
    paid: Any, amount: int, rule: str, seconds: list[int], ppm: list[int]
) -> None:
    share = 400_000 if rule == "blend" else 0
    stage, body = paid(rule=rule, contribution=share, fund=50_000, floor=100)
    people = ("ann", "bo", "cy")
    body["inputs"] |= {
        "hours": dict(zip(people, seconds, strict=True)), "contribution": dict(zip(people, ppm, strict=True)),
    }  # fmt: skip
    body["amount"] = amount
    found = division(stage.world, body, stage.time)
    assert sum(found.shares.values()) + found.fund == amount
    assert fault(stage.world, {**body, "shares": dict(found.shares), "fund": found.fund}, stage.time) == ""
