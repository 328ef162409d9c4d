"""Negotiation from offer to end, and attempts to get round each step. Nothing runs before it is ratified and signed."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from guildbook.app.persons import NOBODY, Actor
from guildbook.govern.acts import ActKind
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity, KeySigner
from guildbook.model import DeniedError, InputError, Purpose, UnknownNameError, UsageError
from guildbook.model.agreement import Notice, Party, Scope
from guildbook.model.time import DAY, iso, now

MINUTE = 60_000_000
ALL = {f"{name}'s {app}" for name in ("Ann", "Bo", "Cy") for app in ("mail", "sheet")}


def readable(hall: Any, **changes: Any) -> set[str]:
    """What Acme can read now."""
    asked = {"recipient": hall.book.persons.person("Acme"), "use": "train"} | changes
    admitted = hall.book.govern.grant(Purpose.TRAIN_AUGMENT, stage="test", artefact="test", **asked)
    return set(admitted.table(["value_after"])["value_after"].to_pylist())


@contextmanager
def tomorrow(days: int = 1) -> Generator[None]:
    """As if it were so many days later."""
    with ExitStack() as stack:
        for module in ("gate", "receipts", "register"):
            stack.enter_context(patch(f"guildbook.govern.{module}.now", lambda: now() + days * DAY))
        yield


@pytest.fixture
def guild(hall: Any) -> Any:
    hall.found()
    return hall


@pytest.fixture
def offered(guild: Any) -> Any:
    """Terms are on the table as a1."""
    guild.book.agreements.offer(guild.terms(), guild.actor("Acme"), "a1")
    return guild


def ratified(guild: Any) -> None:
    guild.book.agreements.open_ballot("a1", guild.actor("Ann"), now() + MINUTE, "b1")
    guild.hold("b1", "yes", "yes", "yes")


def test_nothing_runs_before_the_last_of_three_steps(offered: Any) -> None:
    desk = offered.book.agreements
    assert desk.show("a1")["state"] == "on the table; lacks ratification, collective's signature, licensee's signature"
    assert readable(offered) == set()
    desk.sign("a1", offered.actor("Acme"))
    assert readable(offered) == set()
    ratified(offered)
    assert readable(offered) == set()
    told = desk.sign("a1", offered.actor("Ann"))
    assert (told["state"], told["signed"], told["ratified"]) == ("in force", ["collective", "licensee"], True)
    assert readable(offered) == ALL
    assert readable(offered, use="evaluate") == readable(offered, recipient="another") == set()
    assert [e["act"] for e in desk.log("a1")] == ["offer", "sign", "ballot-open", "ballot-close", "ratify", "sign"]
    assert desk.log("a1")[0]["by"] == "Acme"


def test_a_steward_does_not_sign_before_the_members_said_yes(offered: Any) -> None:
    desk = offered.book.agreements
    with pytest.raises(DeniedError, match="not ratified"):
        desk.sign("a1", offered.actor("Ann"))
    desk.open_ballot("a1", offered.actor("Ann"), now() + MINUTE, "b1")
    offered.hold("b1", "yes", "no", "no")
    assert desk.show("a1")["ballot_result"] == "no"
    with pytest.raises(DeniedError, match="not ratified"):
        desk.sign("a1", offered.actor("Ann"))
    body = {"agreement": "a1", "hash": desk.show("a1")["hash"], "ballot": "b1"}
    with pytest.raises(DeniedError, match="No ballot has said yes"):
        offered.book.govern.register.act(ActKind.RATIFY, body, offered.actor("Ann").signer)


def test_one_side_does_not_sign_for_the_other(offered: Any) -> None:
    ratified(offered)
    desk = offered.book.agreements
    desk.sign("a1", offered.actor("Acme"))
    assert desk.sign("a1", offered.actor("Acme"))["signed"] == ["licensee"]
    for name in ("Bo", "Eve"):
        with pytest.raises(DeniedError, match="two parties"):
            desk.sign("a1", offered.actor(name))
    assert readable(offered) == set()


def test_the_operator_without_keys_and_a_forged_key_sign_nothing(offered: Any) -> None:
    ratified(offered)
    desk = offered.book.agreements
    desk.sign("a1", offered.actor("Acme"))
    with pytest.raises(DeniedError, match="keys of their own"):
        desk.sign("a1", NOBODY)
    ann = offered.actor("Ann").person
    forged = Identity.make("Ann", Role.STEWARD, now())
    with pytest.raises(DeniedError, match="not signed with the key"):
        desk.sign("a1", Actor("Ann", ann, KeySigner(forged, ann)))
    operator = offered.enrol("Root", Role.OPERATOR)
    with pytest.raises(DeniedError, match="two parties"):
        desk.sign(
            "a1", Actor("Root", offered.book.persons.person("Root"), KeySigner(operator, offered.actor("Root").person))
        )
    assert readable(offered) == set()


def test_other_terms_an_old_version_and_another_hash_are_not_signed(offered: Any) -> None:
    ratified(offered)
    desk = offered.book.agreements
    old = desk.show("a1")["hash"]
    desk.sign("a1", offered.actor("Acme"))
    wider = replace(offered.terms(), purposes=("train-augment", "research"), uses=("analyse", "train"))
    told = desk.counter("a1", wider, offered.actor("Acme"))
    assert (told["versions"], told["ratified"], told["signed"]) == (2, False, [])
    with pytest.raises(DeniedError, match="not what is on the table"):
        desk.sign("a1", offered.actor("Ann"), old)
    with pytest.raises(DeniedError, match="newer version"):
        offered.book.govern.register.act(ActKind.SIGN, {"agreement": "a1", "hash": old}, offered.actor("Ann").signer)
    with pytest.raises(DeniedError, match="not ratified"):
        desk.sign("a1", offered.actor("Ann"))
    changes = desk.diff("a1")
    assert {c.clause for c in changes} == {"purposes", "uses"}
    assert desk.diff("a1", 2, 1)[0].before == changes[0].after
    with pytest.raises(UnknownNameError):
        desk.diff("a1", 1, 3)
    assert readable(offered) == set()


def test_what_is_signed_is_what_the_text_says(offered: Any) -> None:
    ratified(offered)
    desk = offered.book.agreements
    latest = offered.book.govern.register.world().agreements["a1"].latest
    altered = dict(latest.document) | {"plain": latest.document["plain"].replace("Acme", "Acne")}
    with patch.object(latest, "document", altered):
        with pytest.raises(InputError, match="not what the machine view says"):
            desk.sign("a1", offered.actor("Ann"))
        with pytest.raises(InputError):
            desk.text("a1")
    assert desk.text("a1") == desk.document("a1")["plain"]
    assert desk.clauses("a1")[0]["number"] == 1


def test_a_steward_who_left_or_whose_term_ended_signs_no_more(hall: Any) -> None:
    hall.found(term_days=10)
    hall.book.agreements.offer(hall.terms(), hall.actor("Acme"), "a1")
    ratified(hall)
    desk = hall.book.agreements
    with patch("guildbook.govern.register.now", lambda: now() + 11 * DAY):
        with pytest.raises(DeniedError, match="two parties"):
            desk.sign("a1", hall.actor("Ann"))
        hall.book.govern.register.world()
    hall.book.collective.leave("guild", hall.actor("Ann"))
    with pytest.raises(DeniedError, match="two parties"):
        desk.sign("a1", hall.actor("Ann"))


def test_only_the_parties_offer_and_counter_valid_terms_between_them(offered: Any) -> None:
    desk = offered.book.agreements
    for name in ("Bo", "Eve"):
        with pytest.raises(DeniedError, match="two parties"):
            desk.offer(offered.terms(), offered.actor(name))
        with pytest.raises(DeniedError, match="two parties"):
            desk.counter("a1", offered.terms(), offered.actor(name))
    with pytest.raises(InputError):
        desk.offer(offered.terms(purposes=()), offered.actor("Ann"))
    with pytest.raises(UnknownNameError, match="Acme"):
        desk.offer(offered.terms(licensee=Party(id="Nobody", name="Nobody")), offered.actor("Ann"))
    with pytest.raises(UnknownNameError, match="guild"):
        desk.offer(offered.terms(collective=Party(id="none", name="None")), offered.actor("Ann"))
    with pytest.raises(DeniedError, match="both parties"):
        desk.offer(offered.terms(licensee=Party(id="Bo", name="Bo")), offered.actor("Ann"))
    with pytest.raises(DeniedError, match="already"):
        desk.offer(offered.terms(), offered.actor("Ann"), "a1")


def test_a_yes_for_terms_that_came_back_is_asked_for_again(offered: Any) -> None:
    ratified(offered)
    desk = offered.book.agreements
    desk.counter("a1", offered.terms(title="Other"), offered.actor("Acme"))
    told = desk.counter("a1", offered.terms(), offered.actor("Acme"))
    assert told["ballot"] is None
    assert readable(offered) == set()


def test_an_agreement_ends_with_notice_and_not_before(guild: Any) -> None:
    guild.agree()
    desk = guild.book.agreements
    for name in ("Acme", "Ann"):
        with pytest.raises(DeniedError, match="notice"):
            desk.terminate("a1", guild.actor(name), now() + 29 * DAY)
    with pytest.raises(DeniedError, match="two parties"):
        desk.terminate("a1", guild.actor("Bo"))
    told = desk.terminate("a1", guild.actor("Acme"))
    assert (told["state"], told["days_left"]) == ("in force", 30)
    assert told["terminated"] > iso(now() + 30 * DAY)
    assert readable(guild) == ALL
    with tomorrow(31):
        assert readable(guild) == set()


def test_a_later_agreement_supersedes_and_renews(guild: Any) -> None:
    short = guild.terms().term.__class__(first_day="2026-01-01", last_day="2027-12-31")
    guild.agree(guild.terms(term=short))
    desk = guild.book.agreements
    with pytest.raises(UsageError, match="already"):
        desk.renew("a1", "2027-01-31", guild.actor("Ann"))
    told = desk.renew("a1", "2028-12-31", guild.actor("Ann"), "a2")
    assert told["supersedes"] == desk.show("a1")["hash"]
    assert {c.clause for c in desk.diff("a2")} == {"term", "supersedes"}
    assert desk.show("a1")["state"] == "in force"
    desk.open_ballot("a2", guild.actor("Ann"), now() + MINUTE, "b2")
    guild.hold("b2", "yes", "yes", "no")
    for name in ("Acme", "Ann"):
        desk.sign("a2", guild.actor(name))
    assert (desk.show("a1")["state"], desk.show("a2")["state"]) == ("superseded", "in force")
    assert readable(guild) == ALL
    assert [a["agreement"] for a in desk.list()] == ["a1", "a2"]
    desk.offer(guild.terms(), guild.actor("Acme"), "a3")
    with pytest.raises(DeniedError, match="in force is renewed"):
        desk.renew("a3", "2100-01-01", guild.actor("Ann"))


def test_members_vote_through_the_agreement(offered: Any) -> None:
    desk = offered.book.agreements
    with pytest.raises(DeniedError, match="No ballot"):
        desk.vote("a1", "yes", offered.actor("Bo"))
    desk.open_ballot("a1", offered.actor("Ann"), now() + MINUTE, "b1")
    for name in offered.MEMBERS:
        assert desk.vote("a1", "yes", offered.actor(name))["paper"] == "asked for"
    offered.book.ballots.issue("b1", offered.actor("Ann"))
    for name in offered.MEMBERS:
        assert desk.vote("a1", "yes", offered.actor(name))["paper"] == "cast"
    offered.book.ballots.close("b1", offered.actor("Ann"))
    assert desk.show("a1")["ratified"]
    with pytest.raises(DeniedError, match="No ballot"):
        desk.vote("a1", "yes", offered.actor("Bo"))


def test_scope_and_suspension_are_kept(guild: Any) -> None:
    guild.agree(guild.terms(scope=Scope(classes=("*",), without_classes=("mail",))))
    assert readable(guild) == {f"{name}'s sheet" for name in guild.MEMBERS}
    body = {"agreement": "a1", "clause": "purposes.train-augment", "why": "S above the bound"}
    guild.book.govern.register.act(ActKind.SUSPEND, body)
    assert readable(guild) == set()
    assert guild.book.agreements.show("a1")["suspended"] == {"purposes.train-augment": "S above the bound"}


def test_under_a_law_profile_nothing_goes_live_before_the_notice_is_acknowledged(hall: Any) -> None:
    hall.found(law="eu-employment")
    hall.agree()
    hall.prepare()
    desk = hall.book.agreements
    assert readable(hall) == set()
    hall.book.govern.decide(
        "Bo", "train-augment", allow=True, recipient=hall.book.persons.person("Acme"), signer=hall.actor("Bo").signer
    )
    assert readable(hall) == set()
    with pytest.raises(DeniedError, match="No notice"):
        desk.acknowledge("a1", hall.actor("Bo"))
    assert desk.notify("a1", hall.actor("Ann"))["served"] == 3
    told = desk.notices(hall.actor("Bo"))
    assert [(n["agreement"], n["acknowledged"]) for n in told] == [("a1", False)]
    assert "It is no consent" in told[0]["text"]
    assert desk.text("a1") in told[0]["text"]
    assert readable(hall) == set()
    body = {
        "worker": hall.actor("Bo").person, "recipient": hall.actor("Acme").person, "hash": told[0]["hash"],
        "agreement": "a1",
    }  # fmt: skip
    with pytest.raises(DeniedError, match="Only the worker"):
        hall.book.govern.register.act(ActKind.ACKNOWLEDGE, body, hall.actor("Acme").signer)
    desk.acknowledge("a1", hall.actor("Bo"))
    assert readable(hall) == set()
    with tomorrow():
        assert readable(hall) == {"Bo's mail", "Bo's sheet"}
    assert (desk.show("a1")["notices_acknowledged"], desk.show("a1")["notices_missing"]) == (1, 2)
    assert desk.notify("a1", NOBODY)["served"] == 2


def test_a_notice_of_one_agreement_is_none_of_another_and_its_days_are_kept(hall: Any) -> None:
    hall.found(law="eu-employment")
    hall.agree()
    hall.prepare()
    desk = hall.book.agreements
    desk.notify("a1", hall.actor("Acme"))
    for name in hall.MEMBERS:
        desk.acknowledge("a1", hall.actor(name))
    with tomorrow():
        assert readable(hall) == ALL
    wider = hall.terms(title="More", supersedes=desk.show("a1")["hash"], notice=Notice(workers_days=14, end_days=30))
    hall.agree(wider, "a2")
    with tomorrow():
        assert readable(hall) == set()
    desk.notify("a2", hall.actor("Acme"))
    for name in hall.MEMBERS:
        desk.acknowledge("a2", hall.actor(name))
    with tomorrow():
        assert readable(hall) == set()
    with tomorrow(14):
        assert readable(hall) == ALL
