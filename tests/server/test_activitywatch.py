"""ActivityWatch's API, asked by its own client and by hand."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn
from aw_client import ActivityWatchClient
from aw_core.models import Event

from guildbook.record.live.guard import Guard, Rule
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox
from guildbook.server._activitywatch_lean import Lane, protocol
from guildbook.server.activitywatch import About, api, refusal

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Running:
    """A server on a free port of this machine."""

    def __init__(self, folder: Path, about: About, guard: Guard, *, short: bool = True) -> None:
        """With the short way for heartbeats and events, as the recorder runs it, or without."""
        self.outbox = Outbox(folder)
        self.intake = Intake(self.outbox, guard, "desk")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        lane = Lane(self.intake, lambda headers: refusal(headers, about) is None)
        config = uvicorn.Config(
            api(self.intake, about), host="127.0.0.1", port=self.port, log_level="error", lifespan="off",
            http=protocol(lane) if short else "auto",
        )  # fmt: skip
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=lambda: asyncio.run(self.server.serve()), daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/0"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        data = None if body is None else (body if isinstance(body, str) else json.dumps(body))
        return requests.request(method, f"{self.base}{path}", data=data, headers=headers, timeout=10)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()
        self.outbox.close()


@pytest.fixture(params=["short", "long"])
def running(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Running]:
    guard = Guard((Rule("app", "KeePass"),))
    made = Running(tmp_path, About("device-1", "0.1"), guard, short=request.param == "short")
    yield made
    made.stop()


@pytest.fixture
def client(running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ActivityWatchClient]:
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    made = ActivityWatchClient("test-client", host="127.0.0.1", port=running.port)
    yield made
    made.instance.fp.close()  # the client leaves its lock open


def event(second: float, duration: float = 0, **data: Any) -> Event:
    """An event so many seconds after nine."""
    return Event(timestamp=NOW + timedelta(seconds=second), duration=duration, data=data)


def test_its_own_client_records_and_reads(running: Running, client: ActivityWatchClient) -> None:
    info = client.get_info()
    assert (info["hostname"], info["device_id"]) == ("desk", "device-1")
    client.create_bucket("b", "currentwindow")
    client.create_bucket("b", "currentwindow")  # 304 is no error
    assert client.get_buckets()["b"]["client"] == "test-client"
    client.insert_event("b", event(0, 1, app="Writer", title="a"))
    client.insert_events("b", [event(10, 1, app="Writer", title="b"), event(20, 1, app="Calc", title="c")])
    assert [e.data["title"] for e in client.get_events("b")] == ["c", "b", "a"]
    assert [e.data["title"] for e in client.get_events("b", limit=1)] == ["c"]
    assert client.get_eventcount("b") == 3
    assert client.get_eventcount("b", start=NOW + timedelta(seconds=5)) == 2
    oldest = client.get_events("b")[-1]
    assert isinstance(oldest.id, int)
    assert client.get_event("b", oldest.id) == oldest
    client.delete_event("b", oldest.id)
    assert client.get_eventcount("b") == 2
    client.delete_bucket("b", force=True)
    assert client.get_buckets() == {}


def test_heartbeats_by_its_client(running: Running, client: ActivityWatchClient) -> None:
    client.create_bucket("b", "currentwindow")
    for second in range(5):
        client.heartbeat("b", event(second, app="Writer", title="a"), pulsetime=2)
    client.heartbeat("b", event(6, app="Calc", title="b"), pulsetime=2)
    found = client.get_events("b")
    assert [(e.data["app"], e.duration.total_seconds()) for e in found] == [("Calc", 0), ("Writer", 4)]


def test_queries_by_its_client(running: Running, client: ActivityWatchClient) -> None:
    client.create_bucket("aw-watcher-window_desk", "currentwindow")
    client.create_bucket("aw-watcher-afk_desk", "afkstatus")
    client.insert_events(
        "aw-watcher-window_desk", [event(0, 60, app="Writer", title="a"), event(60, 60, app="Calc", title="b")]
    )
    client.insert_event("aw-watcher-afk_desk", event(30, 60, status="not-afk"))
    lines = [
        'afk = query_bucket(find_bucket("aw-watcher-afk_"));',
        'window = query_bucket(find_bucket("aw-watcher-window_"));',
        'window = filter_period_intersect(window, filter_keyvals(afk, "status", ["not-afk"]));',
        'RETURN = merge_events_by_keys(window, ["app"]);',
    ]
    (found,) = client.query("\n".join(lines), [(NOW, NOW + timedelta(hours=1))])
    assert sorted((e["data"]["app"], e["duration"]) for e in found) == [("Calc", 30.0), ("Writer", 30.0)]
    wrong = running.ask(
        "POST", "/query/", {"timeperiods": [f"{NOW.isoformat()}/{NOW.isoformat()}"], "query": ["RETURN = x;"]}
    )
    assert wrong.status_code == 400
    assert "type" in wrong.json()


def test_export_and_import_go_round(running: Running, client: ActivityWatchClient, tmp_path: Path) -> None:
    client.create_bucket("b", "currentwindow")
    client.insert_events("b", [event(k, 0.5, app="Writer", title=str(k)) for k in range(50)])
    exported = running.ask("GET", "/export")
    assert "attachment" in exported.headers["Content-Disposition"]
    events = exported.json()["buckets"]["b"]["events"]
    assert all("id" not in each for each in events)
    assert running.ask("POST", "/import", exported.text).status_code == 400  # it is there already
    other = Running(tmp_path / "other", About("device-2", "0.1"), Guard())
    try:
        assert other.ask("POST", "/import", exported.text).status_code == 200
        again = other.ask("GET", "/buckets/b/export").json()["buckets"]["b"]
        assert again["events"] == events
        files = {"buckets.json": ("buckets.json", exported.text.replace('"b"', '"c"'), "application/json")}
        assert requests.post(f"{other.base}/import", files=files, timeout=10).status_code == 200
        assert other.ask("GET", "/buckets/c/events/count").json() == 50
    finally:
        other.stop()


def test_what_is_no_request_of_theirs_is_told(running: Running) -> None:
    bucket = {"client": "c", "type": "t", "hostname": "!local"}
    assert running.ask("POST", "/buckets/b", bucket).status_code == 200
    assert running.ask("POST", "/buckets/b", bucket).status_code == 304
    found = running.ask("GET", "/buckets/b").json()
    assert (found["hostname"], found["data"]) == ("desk", {"device_id": "device-1"})
    assert "last_updated" not in found
    stamp = {"timestamp": NOW.isoformat(), "duration": 1, "data": {}}
    for method, path, body, status in (
        ("GET", "/buckets/none", None, 404),
        ("GET", "/buckets/none/events", None, 404),
        ("POST", "/buckets/none/heartbeat?pulsetime=1", stamp, 404),
        ("POST", "/buckets/b/heartbeat", stamp, 400),
        ("POST", "/buckets/b/heartbeat?pulsetime=soon", stamp, 400),
        ("POST", "/buckets/b/heartbeat?pulsetime=nan", stamp, 400),
        ("POST", "/buckets/b/events", "{", 400),
        ("POST", "/buckets/b/events", {"timestamp": "noon"}, 400),
        ("POST", "/buckets/b/events", stamp | {"duration": "long"}, 400),
        ("POST", "/buckets/b/events", stamp | {"duration": -1}, 400),
        ("POST", "/buckets/b/events", [stamp, 3], 400),
        ("POST", "/buckets/c", {"client": "c"}, 400),
        ("GET", "/buckets/b/events?limit=few", None, 400),
        ("GET", "/buckets/b/events?start=noon", None, 400),
        ("GET", "/buckets/b/events/99", None, 404),
        ("DELETE", "/buckets/b", None, 401),
        ("POST", "/query/", {"query": []}, 400),
        ("POST", "/import", "[]", 400),
        ("GET", "/nowhere", None, 404),
        ("PATCH", "/buckets/b", None, 405),
    ):
        assert running.ask(method, path, body).status_code == status, (method, path)
    assert running.ask("GET", "/buckets/b/events/count").json() == 0
    assert running.ask("PUT", "/buckets/b", {"type": "other"}).status_code == 200
    assert running.ask("GET", "/buckets/b").json()["type"] == "other"
    assert running.ask("DELETE", "/buckets/b?force=1").status_code == 200


@pytest.mark.parametrize(
    ("name", "bucket"),
    [
        ("b", {"client": "c", "type": "guildbook.mail"}),
        ("b", {"client": "guildbook-mail", "type": "currentwindow"}),
        ("guildbook-mail_desk", {"client": "c", "type": "currentwindow"}),
    ],
)
def test_a_watcher_cannot_pass_for_a_source_of_ours(running: Running, name: str, bucket: dict[str, Any]) -> None:
    bucket["hostname"] = "desk"
    assert running.ask("POST", f"/buckets/{name}", bucket).status_code == 400
    assert running.ask("POST", "/import", {"buckets": {name: bucket | {"events": []}}}).status_code == 400
    assert running.ask("GET", "/buckets/").json() == {}


def test_a_watcher_cannot_speak_in_the_name_of_a_source_of_ours(running: Running) -> None:
    own = running.intake.own("mail")
    stamp = {"timestamp": NOW.isoformat(), "duration": 1, "data": {"outcome": "bad", "case": "claim:7"}}
    assert running.ask("POST", f"/buckets/{own}/events", stamp).status_code == 400
    assert running.ask("POST", f"/buckets/{own}/events", [stamp, stamp]).status_code == 400
    assert running.ask("POST", f"/buckets/{own}/heartbeat?pulsetime=1", stamp).status_code == 400
    assert running.ask("PUT", f"/buckets/{own}", {"type": "currentwindow", "client": "c"}).status_code == 400
    assert running.ask("POST", "/buckets/b", {"client": "c", "type": "t", "hostname": "h"}).status_code == 200
    assert running.ask("PUT", "/buckets/b", {"type": "guildbook.mail"}).status_code == 400
    assert running.ask("GET", f"/buckets/{own}/events").json() == []
    assert running.ask("GET", f"/buckets/{own}").json()["type"] == "guildbook.mail"


def test_settings(running: Running) -> None:
    assert running.ask("GET", "/settings").json() == {}
    assert running.ask("POST", "/settings/theme", '{"dark": true}').json() == {"dark": True}
    assert running.ask("GET", "/settings/theme").json() == {"dark": True}
    assert running.ask("DELETE", "/settings/theme").status_code == 200
    assert running.ask("GET", "/settings/theme").json() is None


def test_what_may_not_be_recorded_is_not(running: Running, client: ActivityWatchClient) -> None:
    client.create_bucket("b", "currentwindow")
    client.heartbeat("b", event(0, app="KeePassXC", title="my vault"), pulsetime=2)
    client.insert_event("b", event(1, app="Firefox", title="x", incognito=True))
    client.insert_event("b", event(2, app="Firefox", title="card 4111 1111 1111 1111"))
    assert [e.data["title"] for e in client.get_events("b")] == ["card [card]"]


def test_who_is_not_of_this_machine_gets_nothing(running: Running) -> None:
    assert running.ask("GET", "/info", Host="evil.example").status_code == 403
    assert running.ask("GET", "/info", Host=f"localhost:{running.port}").status_code == 200
    assert running.ask("GET", "/info", Origin="https://evil.example").status_code == 403
    watcher = "chrome-extension://nglaklhklhcoonedhgnpgddginnjdadi"
    allowed = running.ask("OPTIONS", "/buckets/", Origin=watcher, **{"Access-Control-Request-Method": "POST"})
    assert allowed.headers["access-control-allow-origin"] == watcher
    assert running.ask("GET", "/info", Origin="moz-extension://abc").headers["access-control-allow-origin"] == (
        "moz-extension://abc"
    )


def test_with_a_token_it_is_wanted(tmp_path: Path) -> None:
    running = Running(tmp_path, About("d", "0.1", token="sesame"), Guard())
    try:
        assert running.ask("GET", "/info").status_code == 200
        assert running.ask("GET", "/buckets/").status_code == 401
        assert running.ask("GET", "/buckets/", Authorization="Bearer other").status_code == 401
        assert running.ask("GET", "/buckets/", Authorization="Bearer sesame").status_code == 200
    finally:
        running.stop()


class Known:
    """Knows one person."""

    withheld = 0

    def cleaned(self, texts: Sequence[str]) -> list[str]:
        return [text.replace("Ada", "[person]") for text in texts]


def test_persons_are_taken_out_of_whatever_watchers_say(
    running: Running, client: ActivityWatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.intake, "guard", Guard(names=Known()))
    client.create_bucket("b", "currentwindow")
    for second in range(3):
        client.heartbeat("b", event(second, app="Mail", title="To Ada"), pulsetime=2)
    client.insert_event("b", event(10, app="Mail", title="From Ada"))
    client.insert_events("b", [event(20 + n, app="Mail", title=f"Ada {n}") for n in range(20)])
    said = [found.data["title"] for found in client.get_events("b")]
    assert len(said) == 22
    assert all("[person]" in title and "Ada" not in title for title in said)
    assert said[-1] == "To [person]"
