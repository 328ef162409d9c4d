"""What is held out is for the vault alone, and only as long as its worker is in it."""

from __future__ import annotations

from typing import Any

import pytest

from guildbook.govern.acts import ActKind
from guildbook.govern.policy import decide
from guildbook.model import DeniedError
from guildbook.model.decision import HELD, UNSTATED, Reason, Request
from guildbook.model.purpose import Purpose
from guildbook.model.time import DAY

OUT = (f"{HELD}v1", UNSTATED)


def make(stage: Any, **changes: Any) -> None:
    body = {"vault": "v1", "collective": "guild", "queries": 2, "days": 10, "cases": 40, "canaries": ""} | changes
    stage.act(ActKind.VAULT_MAKE, "ann", **body)


@pytest.fixture
def guild(stage: Any) -> Any:
    """Ann, Bo and Cy delegate everything; Dan is no member."""
    stage.collective("ann", "bo", "cy")
    stage.enrol("acme", "licensee")
    stage.enrol("beta", "licensee")
    make(stage)
    return stage


def reason(stage: Any, worker: str = "bo", purpose: str = "evaluate", **changes: Any) -> str:
    asked: dict[str, Any] = {
        "recipient": "",
        "use": "evaluate",
        "month": "2026-01",
        "terms": OUT,
        "vault": "v1",
    } | changes
    stage.time += 1
    return str(decide(stage.world, Request(worker, "mail", purpose, stage.time, **asked)).reason)


@pytest.mark.parametrize("purpose", [p for p in Purpose if p is not Purpose.UNLEARN])
def test_what_is_held_out_is_for_nothing_else(guild: Any, purpose: Purpose) -> None:
    stated = (f"{HELD}v1", str(purpose))
    for recipient in ("", "acme"):
        guild.act(ActKind.PERMIT, "bo", worker="bo", purpose=str(purpose), recipient=recipient, **{"class": "*"})
        for terms in (OUT, stated):
            assert reason(guild, purpose=purpose, terms=terms, vault="", recipient=recipient) == Reason.HELD_OUT
    if purpose is not Purpose.EVALUATE:
        assert reason(guild, purpose=purpose) == Reason.HELD_OUT
        assert reason(guild, purpose=purpose, recipient="acme") == Reason.HELD_OUT


def test_the_collective_scores_and_nobody_else_without_terms(guild: Any) -> None:
    assert reason(guild) == Reason.VAULT
    assert reason(guild, recipient="acme") == Reason.NO_PERMISSION
    assert reason(guild, use="train") == Reason.HELD_OUT
    assert reason(guild, worker="dan") == Reason.NO_PERMISSION
    assert reason(guild, recipient="bo", vault="") == Reason.OWN_RIGHT


def test_an_agreement_or_the_workers_permission_opens_it_for_a_licensee(guild: Any, drafted: Any) -> None:
    guild.agree("a1", drafted(purposes=("evaluate",), uses=("evaluate",)))
    assert reason(guild, recipient="acme") == Reason.AGREEMENT
    assert reason(guild, recipient="acme", vault="") == Reason.HELD_OUT
    assert reason(guild, recipient="beta") == Reason.NO_PERMISSION
    guild.act(ActKind.PERMIT, "bo", worker="bo", purpose="evaluate", recipient="beta", **{"class": "*"})
    assert reason(guild, recipient="beta") == Reason.WORKER_PERMIT


def test_a_vault_gives_what_it_holds_only(guild: Any) -> None:
    for terms in (None, ("evaluate",), (f"{HELD}v2", UNSTATED)):
        assert reason(guild, terms=terms) == Reason.NO_PERMISSION
    assert reason(guild, terms=(f"{HELD}v2", UNSTATED), vault="", purpose="coach") == Reason.HELD_OUT
    assert reason(guild, terms=(f"{HELD}v2", UNSTATED), vault="v2") == Reason.HELD_OUT


@pytest.mark.parametrize("said", ["refuse", "pause", "leave", "unmandate", "study"])
def test_what_a_worker_takes_back_is_out_of_it(guild: Any, said: str) -> None:
    everything = {"class": "*"}
    if said == "pause":
        guild.act(ActKind.PAUSE, "bo", worker="bo", **everything)
        assert reason(guild) == reason(guild, vault="", purpose="coach") == Reason.PAUSED
        return
    if said == "leave":
        guild.act(ActKind.LEAVE, "bo", collective="guild", worker="bo")
    elif said == "unmandate":
        guild.act(ActKind.UNMANDATE, "bo", collective="guild", worker="bo", purpose="*", **everything)
    else:
        purpose = "evaluate" if said == "refuse" else "study"
        guild.act(ActKind.REFUSE, "bo", worker="bo", purpose=purpose, recipient="*", **everything)
    assert reason(guild) in {Reason.WORKER_REFUSAL, Reason.NO_PERMISSION}
    assert reason(guild, vault="", purpose="coach") == Reason.OWN_PURPOSE  # their work is theirs to use again
    assert reason(guild, vault="", purpose="coach", terms=(f"{HELD}v1",)) == Reason.NO_PERMISSION
    assert reason(guild, vault="", purpose="research", terms=(f"{HELD}v1", "research")) in {
        Reason.IMPORT_TERMS, Reason.WORKER_REFUSAL,
    }  # fmt: skip
    assert reason(guild, worker="cy") == Reason.VAULT


def test_own_permission_is_enough_without_a_mandate(guild: Any) -> None:
    guild.act(ActKind.UNMANDATE, "bo", collective="guild", worker="bo", purpose="*", **{"class": "*"})
    guild.act(ActKind.PERMIT, "bo", worker="bo", purpose="evaluate", recipient="", **{"class": "mail"})
    assert reason(guild) == Reason.VAULT
    assert reason(guild, vault="", purpose="coach") == Reason.HELD_OUT


def test_withheld_released_and_ended(guild: Any, drafted: Any) -> None:
    guild.agree("a1", drafted(purposes=("evaluate",), uses=("evaluate",)))
    said = {"vault": "v1", "collective": "guild"}
    guild.act(ActKind.VAULT_WITHHOLD, "ann", **said)
    assert reason(guild) == reason(guild, recipient="acme") == Reason.VAULT_WITHHELD
    assert reason(guild, vault="", purpose="coach") == Reason.HELD_OUT
    guild.act(ActKind.VAULT_RELEASE, "ann", **said)
    assert reason(guild, recipient="acme") == Reason.AGREEMENT
    guild.act(ActKind.VAULT_END, "ann", **said)
    assert reason(guild) == Reason.VAULT_WITHHELD
    assert reason(guild, vault="", purpose="coach") == Reason.OWN_PURPOSE
    with pytest.raises(DeniedError, match="no more"):
        guild.act(ActKind.VAULT_RELEASE, "ann", **said)


def score(stage: Any, by: str = "acme", **changes: Any) -> None:
    body = {
        "vault": "v1", "collective": "guild", "licensee": "acme", "model": "m", "grant": "g", "segments": 9,
        "root": "r", "workers": 5, "cases": 30, "commitment": "c", "price": {}, "alarm": False,
    } | changes  # fmt: skip
    stage.act(ActKind.VAULT_SCORE, by, **body)


def test_the_meter(guild: Any) -> None:
    score(guild)
    score(guild)
    with pytest.raises(DeniedError, match="All 2 scores of 10 days") as caught:
        score(guild)
    assert caught.value.code == "over-budget"
    score(guild, "beta", licensee="beta")  # each has a budget of their own
    for _ in range(5):
        score(guild, "ann", licensee="")  # the collective's own looks are logged, not metered
    guild.time += 10 * DAY
    score(guild)


@pytest.mark.parametrize(
    ("by", "changes", "match"),
    [
        ("acme", {"workers": 4}, "too few"),
        ("acme", {"cases": 29}, "too few"),
        ("acme", {"vault": "v2"}, "no vault"),
        ("acme", {"price": {"a1": 1}}, "no agreement"),
        ("bo", {}, "steward"),
        ("bo", {"licensee": ""}, "steward"),
        ("ann", {}, "Only the licensee"),
        ("", {"licensee": ""}, "steward"),
        ("beta", {}, "steward"),
    ],
)
def test_a_score_without_authority_or_sense_has_no_force(
    guild: Any, by: str, changes: dict[str, Any], match: str
) -> None:
    before = guild.world.policy_hash
    with pytest.raises(DeniedError, match=match):
        score(guild, by, **changes)
    assert guild.world.policy_hash == before
    assert not guild.world.vaults["v1"].answers


@pytest.mark.parametrize("name", ["", "V1", "a b", "a,b", "held:x", "x" * 41, "-a"])
def test_names_that_could_be_taken_for_other_terms(guild: Any, name: str) -> None:
    with pytest.raises(DeniedError, match="no name"):
        make(guild, vault=name)


def test_a_vault_is_made_by_a_steward_once_with_a_budget(guild: Any) -> None:
    for changes, match in (
        ({}, "already"),
        ({"vault": "v2", "queries": 0}, "budget"),
        ({"vault": "v2", "days": 0}, "budget"),
    ):
        with pytest.raises(DeniedError, match=match):
            make(guild, **changes)
    with pytest.raises(DeniedError, match="steward"):
        guild.act(ActKind.VAULT_MAKE, "bo", vault="v3", collective="guild", queries=1, days=1, cases=40)
    with pytest.raises(DeniedError, match="steward"):
        guild.act(ActKind.VAULT_WITHHOLD, "cy", vault="v1", collective="guild")
