"""What is never recorded, and what is taken out of the rest."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from guildbook.model.errors import InputError, UsageError
from guildbook.record.live.entry import Bucket, Entry
from guildbook.record.live.guard import Guard, Rule, load, save
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox


def seen(**data: Any) -> Entry:
    """An entry."""
    return Entry(1_800_000_000_000_000, 0, data)


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"app": "Firefox", "title": "News"}, True),
        ({"app": "KeePassXC", "title": "Vault"}, False),
        ({"app": "Firefox", "url": "https://my.bank.example/in"}, False),
        ({"app": "Firefox", "title": "My HEALTH record"}, False),
        ({"app": "Firefox", "incognito": True, "title": "x"}, False),
        ({"app": "Firefox", "incognito": False, "title": "x"}, True),
        ({"app": "Firefox", "title": "News — Mozilla Firefox Private Browsing"}, False),
        ({"app": "Chromium", "title": "News - Chromium (Incognito)"}, False),
        ({"app": "Edge", "title": "News - InPrivate"}, False),
        ({"app": "Writer", "document": "health.odt"}, False),
    ],
)
def test_rules_and_private_windows(data: dict[str, Any], kept: bool) -> None:  # noqa: FBT001 - a parameter of the test
    guard = Guard((Rule("app", "keepass"), Rule("url", r"^https://my\.bank\."), Rule("title", "health")))
    assert (guard.admitted("window", seen(**data)) is not None) is kept


def test_rules_about_sources_and_time() -> None:
    assert Guard((Rule("source", "aw-watcher-web.*"),)).admitted("aw-watcher-web-firefox", seen(url="x")) is None
    noon = int(datetime(2026, 3, 4, 12, 30).astimezone().timestamp() * 1e6)  # a Wednesday
    entry = Entry(noon, 0, {"app": "x"})
    assert Guard((Rule("time", "12:00-13:00"),)).admitted("w", entry) is None
    assert Guard((Rule("time", "13:00-12:00"),)).admitted("w", entry) is not None
    assert Guard((Rule("time", "wed 00:00-24:00"),)).admitted("w", entry) is None
    assert Guard((Rule("time", "fri-mon 00:00-24:00"),)).admitted("w", entry) is not None
    assert Guard((Rule("time", "22:00-06:00"),)).admitted("w", entry) is not None


@pytest.mark.parametrize(("field", "pattern"), [("colour", "x"), ("title", "("), ("time", "noon"), ("time", "9-10")])
def test_rules_that_say_nothing_are_refused(field: Any, pattern: str) -> None:
    with pytest.raises(UsageError):
        Rule(field, pattern)


def test_rules_are_kept_and_damage_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    assert load(path).rules == ()
    rules = (Rule("app", "keepass"), Rule("time", "12:00-13:00"))
    save(path, rules)
    assert load(path).rules == rules
    path.write_text('[{"field": "colour"}]')
    with pytest.raises(InputError, match="rules"):
        load(path)


@pytest.mark.parametrize(
    "data",
    [
        {"title": "Pay with 4111 1111 1111 1111"},
        {"url": "https://ada:hunter22@example.org/"},
        {"command": "export TOKEN=ghp_abcdefghijklmnopqrstuvwxyz0123456789"},
        {"form": {"password": "correct horse"}},
        {"list": ["IBAN DE89 3704 0044 0532 0130 00"]},
        {"api_key": 12345678},
    ],
)
def test_secrets_are_out_before_anything_is_written(data: dict[str, Any], tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    intake = Intake(outbox, Guard(), "desk")
    outbox.create(Bucket("b", "t", "c", "desk", 1))
    intake.events("b", "t", [seen(**data)]).result()
    intake.heartbeat("b", "t", seen(**data), 5).result()
    told = str([entry.data for entry in outbox.entries("b")])
    for secret in ("4111 1111", "hunter22", "ghp_", "correct horse", "3704 0044", "12345678"):
        assert secret not in told
    outbox.close()


def test_a_pause_records_nothing(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    intake = Intake(outbox, Guard(), "desk")
    outbox.create(Bucket("b", "t", "c", "desk", 1))
    intake.pause()
    assert intake.events("b", "t", [seen(app="x")]).result() == []
    intake.heartbeat("b", "t", seen(app="x"), 5).result()
    assert outbox.count("b") == 0
    intake.resume()
    intake.events("b", "t", [seen(app="x")]).result()
    assert outbox.count("b") == 1
    assert (intake.taken["t"], intake.dropped["t"]) == (1, 2)
    outbox.close()
