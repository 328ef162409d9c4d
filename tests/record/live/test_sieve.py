"""The sieve lets through exactly what the guard would, as the guard would."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guildbook.record.live.entry import Entry
from guildbook.record.live.guard import Guard, Rule
from guildbook.record.live.packs import events_in
from guildbook.record.live.sieve import Sieve

TIME = int(datetime(2026, 3, 2, 12, 30, tzinfo=UTC).timestamp()) * 1_000_000
PIECES = (
    "report", "Bank of X", "password=hunter2", "token: abc", "4111 1111 1111 1111", "GB82 WEST 1234 5698 7654 32",
    "https://u:p@host/x", "Mozilla Firefox Private Browsing", "(Incognito)", "Incognito", "InPrivate", "—", '"', "\\",
    "\n", "navegación privada", "navigation privée", "Privates Fenster", "ſecret", "İNCOGNITO", "ıncognito",
    "KeePass", "pin", "PIN", "é", "Kennwort=x1", "AKIAABCDEFGHIJKLMNOP", "curl -u a:b x", "/",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=4).map(" ".join) | st.lists(
    st.sampled_from(PIECES), max_size=3
).map("".join)
NAMES = st.sampled_from(["app", "title", "url", "window", "password", "—PIN", "pin", "note", "incognito", "private"])
DATA = st.dictionaries(
    NAMES, TEXTS | st.booleans() | st.integers(-5, 10**19) | st.lists(TEXTS, max_size=2) | st.none(), max_size=4
)
EVENT = '{"timestamp": "2026-03-02T12:30:00Z", "data": %s}'
GUARDS = (
    Guard(),
    Guard((Rule("app", "keepass"), Rule("title", "^Bank"))),
    Guard((Rule("source", "aw-watcher-w.*"),)),
    Guard((Rule("time", "00:00-24:00"),)),
    Guard((Rule("url", "host"), Rule("time", "00:00-00:01"))),
)


def sent(listed: list[dict[str, Any]], form: int) -> bytes:
    """As some client or other writes it."""
    events = [{"timestamp": "2026-03-02T12:30:00Z", "data": data} for data in listed]
    if form == 3:
        return json.dumps(events).replace("/", "\\/").encode()
    if form == 4:
        hidden = [json.dumps(data, ensure_ascii=False).replace("p", "\\u0070") for data in listed]
        return f"[{','.join(map(EVENT.__mod__, hidden))}]".encode()
    return json.dumps(events, ensure_ascii=form == 0, indent=2 if form == 2 else None).encode()


@settings(max_examples=300, deadline=None)
@given(st.lists(DATA, min_size=1, max_size=5), st.sampled_from(GUARDS), st.integers(0, 4))
@example([{"—PIN": "1234"}], Guard(), 0)
@example([{"title": "Incognito"}, {"incognito": True}, {"incognito": False, "title": "x"}], Guard(), 0)
@example([{"title": "navigation privée"}], Guard(), 0)
@example([{"note": "пароль: Kq7!tr9z"}], Guard(), 1)
@example([{"title": "password=x"}], Guard(), 4)
@example([{"url": "https://u:p@host/x"}], Guard(), 3)
def test_it_is_the_guard(listed: list[dict[str, Any]], guard: Guard, form: int) -> None:
    events = events_in(sent(listed, form))
    said = [json.loads(bytes(one.data)) for one in events]
    wanted = [dict(one.data) for one in guard.admit("aw-watcher-window", [Entry(TIME, 0, data) for data in said])]
    sieve = Sieve(guard)
    assert [json.loads(bytes(one.data)) for one in sieve.many("aw-watcher-window", events)] == wanted
    single = [sieve.one("aw-watcher-window", one) for one in events_in(sent(listed, form))]
    assert [dict(one.data) for one in single if one is not None] == wanted
    assert [sieve.one("aw-watcher-window", one) for one in events_in(sent(listed, form))] == single


@settings(max_examples=150, deadline=None)
@given(st.lists(DATA, min_size=20, max_size=40))
def test_many_are_what_each_is(listed: list[dict[str, Any]]) -> None:
    kept = Sieve(Guard()).many("w", events_in(sent(listed, 0)))
    wanted = Guard().admit("w", [Entry(TIME, 0, data) for data in listed])
    assert [json.loads(bytes(one.data)) for one in kept] == [dict(one.data) for one in wanted]


@pytest.mark.parametrize("data", ["[]", "3", '"x"', "null"])
def test_what_is_no_object_is_told(data: str) -> None:
    body = f'[{{"timestamp": "2026-03-02T12:30:00Z", "data": {data}}}]'.encode()
    with pytest.raises(ValueError, match="object"):
        Sieve(Guard()).many("w", events_in(body))
    with pytest.raises(ValueError, match="object"):
        Sieve(Guard()).one("w", events_in(body)[0])


def test_it_remembers_no_more_than_it_should() -> None:
    sieve = Sieve(Guard())
    for number in range(5_000):
        (event,) = events_in(sent([{"title": f"window {number}"}], 0))
        assert sieve.one("w", event) is not None
    long = "x" * 5_000
    (event,) = events_in(sent([{"title": long}], 0))
    assert sieve.one("w", event) == Entry(TIME, 0, {"title": long})
    assert sieve.remembered < 4_097
