"""One search before the rules says nothing else than the rules do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.record._secrets import without_secrets
from guildbook.record.live.suspect import cleaned, may_hide

SECRETS = ("password=hunter2", "token: abcdef1", "4111 1111 1111 1111", "GB82 WEST 1234 5698 7654 32", "PIN: 4711")


@given(st.lists(st.sampled_from(SECRETS) | st.text(max_size=12), max_size=4).map(" ".join))
def test_it_is_what_the_rules_say(text: str) -> None:
    assert cleaned(text) == without_secrets(text)


@pytest.mark.parametrize("text", [*SECRETS, '{"password": "x"}', '{"card number": 4}'])
def test_it_finds(text: str) -> None:
    assert may_hide(text)


def test_half_a_pair_of_surrogates_is_looked_at() -> None:
    assert may_hide("\ud800")
    assert cleaned("\ud800 password=hunter2") == "\ud800 password=[secret]"


def test_plain_words_pass() -> None:
    assert not may_hide('{"app": "Writer", "title": "Quarterly report"}')
