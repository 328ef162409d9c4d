from __future__ import annotations

from typing import Any

import pytest

from guildbook.app.persons import NOBODY
from guildbook.model import DeniedError, UnknownNameError, UsageError
from guildbook.model.decision import Reason, Request
from guildbook.model.time import DAY, now


def ask(hall: Any, name: str = "Bo", **changes: Any) -> Any:
    asked: dict[str, Any] = {
        "worker": hall.book.persons.person(name), "trace_class": "mail", "purpose": "train-augment", "time": now(),
        "recipient": hall.book.persons.person("Acme"), "use": "train", "month": "2026-01",
    }  # fmt: skip
    return hall.book.govern.may(Request(**asked | changes))


def test_a_collective_is_founded_joined_and_left(hall: Any) -> None:
    hall.found(admission="steward")
    told = hall.book.collective.show("The guild", hall.actor("Ann"))
    assert ([m["name"] for m in told["roll"]], len(told["asking"])) == (["Ann"], 2)
    assert told["asking"][0]["fingerprint"] == hall.keys["Bo"].public.fingerprint
    with pytest.raises(DeniedError, match="steward"):
        hall.book.collective.admit("guild", "Bo", hall.actor("Bo"))
    told = hall.book.collective.admit("guild", "Bo", hall.actor("Ann"))
    assert [m["name"] for m in told["roll"]] == ["Ann", "Bo"]
    hall.book.collective.leave("guild", hall.actor("Bo"), now() + DAY)
    assert hall.book.collective.show("guild", hall.actor("Ann"))["roll"][1]["leaves"]
    hall.book.collective.leave("guild", hall.actor("Bo"))
    assert [m["name"] for m in hall.book.collective.show("guild", hall.actor("Ann"))["roll"]] == ["Ann"]


def test_where_keys_are_vouched_for_a_fingerprint_from_their_owner_is_what_counts(hall: Any) -> None:
    desk = hall.book.collective
    desk.found("The guild", hall.actor("Ann"), {"notice_days": 0, "admission": "vouched"}, "guild")
    for name in ("Bo", "Cy"):
        desk.join("guild", hall.actor(name))
    told = desk.show("guild", hall.actor("Bo"))
    assert ([one["name"] for one in told["asking"]], "roll" in told) == (["Ann", "Bo", "Cy"], False)
    for name in ("Eve", "Acme"):
        assert "asking" not in desk.show("guild", hall.actor(name))
    with pytest.raises(DeniedError, match="nobody has said yet"):
        hall.book.ballots.open("guild", hall.actor("Ann"), "Shall we?", now() + DAY)
    marks = {name: key.public.fingerprint for name, key in hall.keys.items()}
    with pytest.raises(DeniedError, match="another fingerprint"):
        desk.vouch("guild", "Bo", marks["Cy"], hall.actor("Ann"))
    with pytest.raises(DeniedError, match="no key"):
        desk.vouch("guild", "Nobody", marks["Cy"], hall.actor("Ann"))
    with pytest.raises(DeniedError, match="vouch"):
        desk.vouch("guild", "Bo", marks["Bo"], hall.actor("Eve"))
    for by, name in (("Ann", "Bo"), ("Bo", "Ann"), ("Ann", "Cy"), ("Cy", "Ann")):
        told = desk.vouch("guild", name, marks[name].upper().replace("-", " "), hall.actor(by))
    assert {m["name"] for m in told["roll"]} == {"Ann", "Bo", "Cy"}
    assert desk.roles("guild")[0]["name"] == "Ann"
    desk.join("guild", hall.actor("Eve"))
    with pytest.raises(DeniedError, match="vouch"):
        desk.admit("guild", "Eve", hall.actor("Ann"))
    assert hall.book.audit.replay().sound


def test_strangers_see_no_roll_and_no_small_count(hall: Any) -> None:
    hall.found()
    assert {c["members"] for c in hall.book.collective.list()} == {"fewer than 5"}
    for stranger in (None, NOBODY, hall.actor("Acme"), hall.actor("Eve")):
        told = hall.book.collective.show("guild", stranger)
        assert (told["members"], "roll" in told) == ("fewer than 5", False)
    assert hall.book.collective.show("guild", hall.actor("Cy"))["members"] == 3
    hall.book.collective.leave("guild", hall.actor("Cy"))
    assert "roll" not in hall.book.collective.show("guild", hall.actor("Cy"))
    assert hall.book.collective.roles("guild")[0]["name"] == "Ann"


def test_a_mandate_can_be_of_a_class_and_a_purpose_and_is_revocable(hall: Any) -> None:
    hall.found()
    hall.agree()
    assert ask(hall).reason is Reason.AGREEMENT
    hall.book.collective.mandate("guild", hall.actor("Bo"), given=False)
    assert ask(hall).reason is Reason.NO_PERMISSION
    hall.book.collective.mandate("guild", hall.actor("Bo"), trace_class="Mail", purpose="train-ai")
    assert ask(hall).allow
    assert not ask(hall, trace_class="sheet").allow
    hall.book.collective.leave("guild", hall.actor("Bo"), now() + DAY)
    assert ask(hall).allow
    assert not ask(hall, time=now() + 2 * DAY).allow
    with pytest.raises(DeniedError, match="member"):
        hall.book.collective.mandate("guild", hall.actor("Eve"))
    with pytest.raises(UsageError, match="no purpose"):
        hall.book.collective.mandate("guild", hall.actor("Bo"), purpose="fun")


def test_the_collective_refuses_what_was_delegated(hall: Any) -> None:
    hall.found()
    hall.agree()
    hall.book.collective.refuse("guild", hall.actor("Ann"), trace_class="mail", recipient="Acme")
    assert ask(hall).reason is Reason.COLLECTIVE_REFUSAL
    assert ask(hall, trace_class="sheet").allow
    assert hall.book.collective.show("guild", hall.actor("Bo"))["refusals"] == [["mail", "*", "Acme"]]
    hall.book.collective.refuse("guild", hall.actor("Ann"), trace_class="mail", recipient="Acme", refused=False)
    assert ask(hall).allow
    with pytest.raises(DeniedError, match="steward"):
        hall.book.collective.refuse("guild", hall.actor("Bo"))


def test_nobody_acts_without_a_key_and_names_are_known(hall: Any) -> None:
    hall.found()
    for act in (hall.book.collective.join, hall.book.collective.leave, hall.book.collective.mandate):
        with pytest.raises(DeniedError):
            act("guild", NOBODY)
    with pytest.raises(UnknownNameError, match="guild"):
        hall.book.collective.show("gilde")
    with pytest.raises(DeniedError, match="already"):
        hall.book.collective.found("Other", hall.actor("Eve"), None, "guild")
    with pytest.raises(UsageError, match="no id"):
        hall.book.collective.found("Other", hall.actor("Eve"), None, "Not an id")
    made = hall.book.collective.found("Other Guild & Co.", hall.actor("Eve"))
    assert made["collective"] == "other-guild-co"
