"""The profiles as data: every duty has a source or says that it is ours, every source says how it was checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from guildbook.govern.agreement.notice import notice_text
from guildbook.govern.agreement.validate import errors, validate
from guildbook.govern.law.profiles import DISCLAIMER, PROFILES, STEPS, Kept, profile
from guildbook.govern.law.sources import CHECKED, SOURCES, Read
from guildbook.model import UsageError
from guildbook.model.agreement import Agreement, Term

DOCS = Path(__file__).resolve().parents[3] / "docs"
ALL = list(PROFILES.values())


@pytest.mark.parametrize("name", list(PROFILES))
def test_a_profile_is_whole(name: str) -> None:
    law = profile(name)
    duties = {duty.id: duty for duty in law.duties}
    assert len(duties) == len(law.duties)
    for duty in duties.values():
        assert SOURCES.keys() >= set(duty.sources), duty.id
        assert duty.sources or "No statute asks this" in duty.what
        assert bool(duty.values) == (duty.kept is Kept.STEP)
        assert bool(duty.tells) == (duty.kept is Kept.NOTICE)
        assert set(duty.papers) <= set(duty.values)
        assert STEPS.get(duty.id, duty) == duty


def test_the_us_profile_is_all_of_its_states() -> None:
    whole = {duty.id for duty in PROFILES["us-state"].duties}
    for name in ("us-ny", "us-ct", "us-de", "us-ca", "us-il", "us-co"):
        assert {duty.id for duty in PROFILES[name].duties} <= whole
        assert PROFILES[name].steps <= PROFILES["us-state"].steps
    assert PROFILES["eu-employment"].steps == {"works-council", "legal-basis", "impact-assessment"}


def test_every_source_is_used_and_says_how_it_was_read() -> None:
    used = {name for law in ALL for duty in law.duties for name in duty.sources}
    assert used == set(SOURCES)
    assert all(source.where for source in SOURCES.values())
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", CHECKED)
    assert {source.read for source in SOURCES.values()} <= set(Read)


def test_the_page_is_the_code() -> None:
    text = (DOCS / "law.md").read_text(encoding="utf-8")
    assert "no legal advice" in text
    for name, source in SOURCES.items():
        assert f"| `{name}` | {source.cite} | {source.what} | {source.read}: {source.where} |" in text, name
    for law in ALL:
        for duty in law.duties:
            assert f"| `{duty.id}` | {duty.what} | {duty.kept} |" in text, duty.id
        assert f"`{law.id}`" in text
    assert CHECKED in text


@pytest.mark.parametrize("page", ["law.md", "negotiation.md", "collectives.md", "agreements.md"])
def test_no_page_gives_legal_advice(page: str) -> None:
    assert re.search(r"no\s+legal\s+advice", (DOCS / page).read_text(encoding="utf-8"), re.IGNORECASE)
    assert "no legal advice" in DISCLAIMER


def test_the_notice_says_what_the_profile_asks_and_is_none_of_another(drafted: Callable[..., Agreement]) -> None:
    plain = notice_text(drafted())
    texts = {law.id: notice_text(drafted(), law) for law in ALL}
    for law in ALL:
        assert all(duty.tells in texts[law.id] for duty in law.told)
        assert bool(law.told) == (texts[law.id] != plain)
        assert not law.told or "no legal advice" in texts[law.id]
    ny = texts["us-ny"]
    for word in ("Telephone conversations", "electronic mail", "internet access", "any lawful means", "§ 52-c"):
        assert word in ny


def test_terms_without_an_end_are_not_valid(drafted: Callable[..., Agreement]) -> None:
    for endless in (drafted(retention_days=None), drafted(term=Term(first_day="2026-01-01", last_day=""))):
        assert errors(validate(endless))
    assert not errors(validate(drafted()))


def test_an_unknown_profile_is_told_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="no law profile"):
        profile("mars")
