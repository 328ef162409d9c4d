"""A measure above the bound suspends the clause, and only a steward's measure below it takes it up again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.govern.acts import ActKind
from guildbook.govern.policy import decide
from guildbook.govern.world.metering import bound_of, crosses, due, notice_hash, notice_text
from guildbook.model import DeniedError, Purpose
from guildbook.model.agreement import Agreement, Party, Price, Scope, Substitution, Term
from guildbook.model.decision import Decision, Request
from guildbook.model.purpose import trained_for

DAY = 86_400_000_000
TERMS = Agreement(
    title="Assistants",
    collective=Party(id="guild", name="The guild"),
    licensee=Party(id="acme", name="Acme"),
    purposes=("train-augment",),
    uses=("train",),
    scope=Scope(classes=("*",)),
    term=Term(first_day="2026-01-01", last_day="2027-12-31"),
    price=Price(kind="free"),
)


@pytest.fixture
def guild(stage: Any, drafted: Any) -> Any:
    stage.collective("ann", "bo", "cy", quorum_ppm=0)
    stage.enrol("acme", "licensee")
    stage.enrol("op", "operator")
    stage.agree("a1", drafted())
    return stage


def asks(guild: Any, use: str = "train", purpose: str = "train-augment") -> Decision:
    return decide(guild.world, Request("bo", "mail", purpose, guild.time, "acme", use))


def figures(guild: Any, high: int, **changes: Any) -> dict[str, Any]:
    found = guild.world.agreements["a1"]
    terms = found.latest.terms
    body = {
        "agreement": "a1", "hash": found.force, "measure": f"m{guild.time}", "purpose": "train-augment", "grant": "g",
        "value": high // 2, "low": 0, "high": high, "traces": 40, "bound": bound_of(terms),
        "crossed": crosses(terms, high),
    } | changes  # fmt: skip
    return {"notice": notice_hash(notice_text(terms, "a1", body))} | body


def measure(guild: Any, by: str, high: int, **changes: Any) -> None:
    guild.act(ActKind.MEASURE, by, **figures(guild, high, **changes))


def test_above_the_bound_nothing_is_granted(guild: Any) -> None:
    assert asks(guild).allow
    measure(guild, "ann", 50_001)
    found = asks(guild)
    assert not found.allow
    assert (found.reason, found.clauses) == ("bound-crossed", ("a1#purposes.train-augment",))
    assert asks(guild, "measure").allow, "it can be measured again"
    assert asks(guild, purpose="research").reason == "no-permission"


def test_at_the_bound_nothing_happens(guild: Any) -> None:
    before = len(guild.world.agreements["a1"].readings)
    measure(guild, "ann", 50_000)
    assert asks(guild).allow
    assert len(guild.world.agreements["a1"].readings) == before + 1


def test_a_stewards_measure_below_takes_it_up_again(guild: Any) -> None:
    measure(guild, "", 400_000)
    assert not asks(guild).allow
    measure(guild, "", 10_000)
    assert not asks(guild).allow, "whoever runs the book takes away and gives nothing back"
    measure(guild, "op", 10_000)
    assert not asks(guild).allow
    measure(guild, "ann", 10_000)
    assert asks(guild).allow


def test_the_licensee_lifts_nothing(guild: Any) -> None:
    measure(guild, "ann", 400_000)
    clause = "purposes.train-augment"
    for kind, body in (
        (ActKind.MEASURE, figures(guild, 0)),
        (ActKind.UNSUSPEND, {"agreement": "a1", "clause": clause}),
        (ActKind.UNSUSPEND, {"agreement": "a1", "clause": ""}),
    ):
        with pytest.raises(DeniedError):
            guild.act(kind, "acme", **body)
    guild.act(ActKind.SIGN, "acme", agreement="a1", hash=guild.world.agreements["a1"].force)
    assert not asks(guild).allow
    for member in ("bo", "cy"):
        with pytest.raises(DeniedError):
            measure(guild, member, 0)


def test_nobody_takes_it_up_by_hand(guild: Any) -> None:
    measure(guild, "ann", 400_000)
    with pytest.raises(DeniedError, match="above the bound") as caught:
        guild.act(ActKind.UNSUSPEND, "ann", agreement="a1", clause="purposes.train-augment")
    assert caught.value.code == "above-bound"
    guild.act(ActKind.UNSUSPEND, "ann", agreement="a1", clause="")
    assert not asks(guild).allow


def test_what_people_suspended_is_theirs(guild: Any) -> None:
    """The meter takes up what the meter suspended, and a person what a person did."""
    clause = "purposes.train-augment"
    guild.act(ActKind.SUSPEND, "ann", agreement="a1", clause=clause, why="a breach")
    measure(guild, "ann", 400_000)
    measure(guild, "ann", 0)
    assert asks(guild).reason == "no-permission"
    measure(guild, "ann", 400_000)
    guild.act(ActKind.UNSUSPEND, "ann", agreement="a1", clause=clause)
    assert asks(guild).reason == "bound-crossed"
    measure(guild, "ann", 0)
    assert asks(guild).allow


@pytest.mark.parametrize(
    "changes",
    [
        {"crossed": False}, {"bound": 500_000}, {"bound": 500_000, "crossed": False}, {"hash": "other"},
        {"purpose": "train-substitute"}, {"value": 500_000}, {"low": -1}, {"traces": 0}, {"high": "much"},
        {"notice": "00"},
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_follow_has_no_force(guild: Any, changes: dict[str, Any]) -> None:
    body = figures(guild, 400_000) | changes
    with pytest.raises(DeniedError):
        guild.act(ActKind.MEASURE, "ann", **body)
    assert asks(guild).allow
    assert not guild.world.agreements["a1"].readings


def test_a_measure_counts_once(guild: Any) -> None:
    body = figures(guild, 0)
    guild.act(ActKind.MEASURE, "ann", **body)
    with pytest.raises(DeniedError):
        guild.act(ActKind.MEASURE, "ann", **body)


def test_where_it_was_agreed_that_one_is_told_nothing_is_suspended(stage: Any, drafted: Any) -> None:
    stage.collective("ann", "bo", quorum_ppm=0)
    stage.enrol("acme", "licensee")
    stage.agree("a1", drafted(substitution=Substitution(bound=100_000, crossing="notify")))
    measure(stage, "ann", 400_000)
    assert asks(stage).allow
    assert stage.world.agreements["a1"].readings[-1].crossed


def test_no_bound_no_measure(stage: Any, drafted: Any) -> None:
    stage.collective("ann", "bo", quorum_ppm=0)
    stage.enrol("acme", "licensee")
    stage.agree("a1", drafted(purposes=("research",), uses=("analyse",)))
    with pytest.raises(DeniedError, match="No bound was agreed"):
        measure(stage, "ann", 400_000)


def test_when_the_next_is_due(guild: Any) -> None:
    found = guild.world.agreements["a1"]
    assert due(found) == found.since + 90 * DAY
    guild.time += 10 * DAY
    measure(guild, "ann", 0)
    assert due(found) == found.readings[-1].time + 90 * DAY


@given(high=st.integers(0, 1_000_000), bound=st.none() | st.integers(0, 1_000_000))
def test_the_rule_is_that_of_the_purposes(high: int, bound: int | None) -> None:
    made = replace(TERMS, substitution=Substitution(bound=bound))
    expected = trained_for(high) if bound is None else trained_for(high, bound)
    assert crosses(made, high) is (expected is Purpose.TRAIN_SUBSTITUTE)
