from __future__ import annotations

from typing import Any

import pytest

from guildbook.app.law import Laws
from guildbook.govern.law.profiles import PROFILES
from guildbook.model import DeniedError, InputError, UnknownNameError, UsageError
from guildbook.model.decision import Reason, Request
from guildbook.model.time import DAY, now


def ask(hall: Any) -> Reason:
    return hall.book.govern.may(
        Request(
            hall.book.persons.person("Bo"), "mail", "train-augment", now() + 2 * DAY,
            hall.book.persons.person("Acme"), "train", "2026-01",
        )
    ).reason  # fmt: skip


def test_the_profiles_are_shown_with_their_sources() -> None:
    assert [each["profile"] for each in Laws.list()] == list(PROFILES)
    told = Laws.show("eu-employment")
    assert "no legal advice" in told["notice"]
    assert {"works-council", "legal-basis"} <= {duty["id"] for duty in told["duties"]}
    assert all(source["checked"] and source["where"] for source in told["sources"])
    with pytest.raises(UsageError, match="no law profile"):
        Laws.show("eu")


@pytest.mark.parametrize("law", ["eu-employment", "us-state", "us-de"])
def test_from_signing_to_going_live(hall: Any, law: str) -> None:
    hall.found(law=law)
    hall.agree()
    desk = hall.book.agreements
    desk.notify("a1", hall.actor("Acme"))
    for name in hall.MEMBERS:
        desk.acknowledge("a1", hall.actor(name))
    told = hall.book.law.status(agreement="a1")
    missing = sorted(one["step"] for one in told["missing"])
    assert missing == sorted(PROFILES[law].steps) == desk.show("a1")["law_lacks"]
    if missing:
        assert ask(hall) is Reason.STEP_NOT_RECORDED
        assert told["state"].startswith("signed; waits for")
    hall.prepare("a1")
    assert ask(hall) is Reason.AGREEMENT
    told = hall.book.law.status(agreement="a1")
    assert (told["missing"], told["notices_missing"]) == ([], 0)
    assert told["state"].startswith("in force")
    assert {one["for"] for one in told["recorded"]} <= {"a1"}
    if missing:
        hall.book.law.withdraw(missing[0], hall.actor("Ann"), agreement="a1")
        assert ask(hall) is Reason.STEP_NOT_RECORDED
    assert hall.book.audit.replay().sound


def test_what_is_said_of_the_paper_is_its_digest(hall: Any) -> None:
    hall.found(law="eu-employment")
    hall.paper.write_text("Betriebsvereinbarung Nr. 7")
    found = hall.book.law.record(
        "works-council", "agreement", hall.actor("Ann"), document=hall.paper, reference="Nr. 7 of 2026-11-01"
    )
    (one,) = found["recorded"]
    assert (one["by"], one["for"], one["reference"]) == ("Ann", "all agreements", "Nr. 7 of 2026-11-01")
    assert len(one["document"]) == 64
    with pytest.raises(InputError, match="cannot be read"):
        hall.book.law.record("impact-assessment", "done", hall.actor("Ann"), document=hall.paper.parent / "none")


def test_mistakes_are_told(hall: Any) -> None:
    with pytest.raises(DeniedError, match="not just one"):
        hall.book.law.status()
    hall.found()
    assert hall.book.law.status()["profile"] == ""
    with pytest.raises(UnknownNameError, match="works-council"):
        hall.book.law.record("work-council", "none", hall.actor("Ann"))
    with pytest.raises(DeniedError, match="steward"):
        hall.book.law.record("works-council", "none", hall.actor("Bo"))
    with pytest.raises(DeniedError, match="paper"):
        hall.book.law.record("works-council", "agreement", hall.actor("Ann"))
    with pytest.raises(DeniedError, match="not recorded"):
        hall.book.law.withdraw("works-council", hall.actor("Ann"))
