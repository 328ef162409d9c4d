"""`record`, as people type it: a real process, watched by ActivityWatch's own client."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
import requests

from guildbook.record.pii.finder import missing

Run = Callable[..., tuple[int, str, str]]
Ask = Callable[..., Any]


@pytest.fixture
def port() -> int:
    """A free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def recorder(guildbook: Run, guildbook_json: Ask, port: int) -> Iterator[dict[str, Any]]:
    """A recorder that takes ActivityWatch's watchers."""
    yield guildbook_json("record", "start", "activitywatch", "--worker", "Ada", "--port", port)
    guildbook("record", "stop")


def beats(port: int, titles: list[str], first: datetime | None = None, seconds: float = 10) -> None:
    """One heartbeat a second, as a window watcher sends them."""
    base = f"http://127.0.0.1:{port}/api/0/buckets/aw-watcher-window_desk"
    requests.post(base, json={"client": "aw-watcher-window", "type": "currentwindow", "hostname": "desk"}, timeout=10)
    begun = first or datetime.now(UTC) - timedelta(seconds=len(titles))
    for second, title in enumerate(titles):
        event = {"timestamp": (begun + timedelta(seconds=second)).isoformat(), "duration": 0,
                 "data": {"app": title.partition(" ")[0], "title": title}}  # fmt: skip
        requests.post(f"{base}/heartbeat?pulsetime=2", json=event, timeout=seconds).raise_for_status()


def test_a_day_of_windows_is_learnt_from(
    guildbook: Run, guildbook_json: Ask, recorder: dict[str, Any], port: int
) -> None:
    assert (recorder["running"], recorder["worker"]) == (True, "Ada")
    beats(port, ["Mail Inbox"] * 3 + ["Calc budget"] * 2 + ["Mail Inbox"] * 2)
    told = guildbook_json("record", "status")
    assert (told["taken"], told["waiting"]) == (7, 3)
    assert told["sources"][0]["source"] == "activitywatch"
    assert not told["sources"][0]["silent"]
    assert guildbook_json("record", "stop") == {"stopped": True}
    assert guildbook("record", "status")[0] == 1
    learnt = guildbook_json("learn")
    assert (learnt["events"], learnt["workers"]) == (3, 1)
    (worker,) = guildbook_json("workers", "list")
    assert (worker["name"], worker["events"]) == ("Ada", 3)


def test_nothing_is_recorded_until_it_is_switched_on(guildbook: Run, guildbook_json: Ask, port: int) -> None:
    guildbook_json("record", "start", "--port", port)
    try:
        base = f"http://127.0.0.1:{port}/api/0/info"
        assert requests.get(base, timeout=10).status_code == 403
        guildbook_json("record", "on", "activitywatch")
        assert requests.get(base, timeout=10).status_code == 200
        guildbook_json("record", "off", "activitywatch")
        assert requests.get(base, timeout=10).status_code == 403
    finally:
        guildbook("record", "stop")


def test_persons_are_taken_out_once_that_is_asked(
    guildbook: Run, guildbook_json: Ask, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guildbook.record.pii.finder.missing", lambda: "Not installed: spacy.")
    assert guildbook_json("record", "rules", "pii") == {"pii": False}
    code, _, said = guildbook("record", "rules", "pii", "on")
    assert (code != 0, "guildbook[pii]" in said) == (True, True)
    monkeypatch.setattr("guildbook.record.pii.finder.missing", lambda: "")
    guildbook_json("record", "start", "activitywatch", "--worker", "Ada", "--port", port)
    try:
        assert guildbook_json("record", "rules", "pii", "on") == {"pii": True}
        assert guildbook_json("record", "status")["pii"] is True
        assert guildbook_json("record", "rules", "pii", "off") == {"pii": False}
        assert guildbook_json("record", "status")["pii"] is False
    finally:
        guildbook("record", "stop")


@pytest.mark.pii
@pytest.mark.usefixtures("recorder")
def test_no_person_reaches_the_disk(
    guildbook: Run, guildbook_json: Ask, port: int, missing_part: Callable[[str, str], NoReturn]
) -> None:
    if missing():
        missing_part("pii", "the extra `pii` is not installed")
    guildbook_json("record", "rules", "pii", "on")
    beats(port, ["Mail from Jane Doe"], seconds=60)  # the first waits until the model is there
    guildbook_json("record", "delete", "--last", "1h", "--yes")
    beats(port, ["Mail from Jane Doe", "Mail from Jane Doe", "Ledger of March"])
    assert [entry["data"]["title"] for entry in guildbook_json("record", "show")] == [
        "Ledger of March", "Mail from [person]",
    ]  # fmt: skip
    assert guildbook_json("record", "status")["withheld"] == 0
    guildbook("record", "stop")
    assert guildbook_json("learn")["events"] == 2


def test_imports_without_persons_want_the_extra(guildbook: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guildbook.record.pii.finder.missing", lambda: "Not installed: spacy.")
    status, _, said = guildbook("learn", "--pii", str(Path(__file__)))
    assert (status != 0, "guildbook[pii]" in said) == (True, True)


@pytest.mark.usefixtures("recorder")
def test_pause_rules_and_forgetting(guildbook: Run, guildbook_json: Ask, port: int) -> None:
    beats(port, ["Mail one"])
    told = guildbook_json("record", "pause", "30m")
    assert told["paused"]
    beats(port, ["Mail two"])
    assert not guildbook_json("record", "resume")["paused"]
    guildbook_json("record", "rules", "add", "title", "bank")
    beats(port, ["Firefox my bank", "Mail three"])
    titles = [entry["data"]["title"] for entry in guildbook_json("record", "show")]
    assert titles == ["Mail three", "Mail one"]
    (rule,) = guildbook_json("record", "rules", "list")
    assert rule == {"field": "title", "pattern": "bank"}
    assert guildbook_json("record", "rules", "remove", 1) == []
    newest = guildbook_json("record", "show")[0]["id"]
    assert guildbook_json("record", "show", newest)["data"]["title"] == "Mail three"
    assert guildbook_json("record", "delete", newest) == {"deleted": 1, "events": 0, "left": 0}
    beats(port, ["Mail old"], datetime.now(UTC) - timedelta(hours=2))
    assert guildbook_json("record", "forget-last", "10m", "--yes")["entries"] == 1
    assert [entry["data"]["title"] for entry in guildbook_json("record", "show")] == ["Mail old"]


@pytest.mark.usefixtures("recorder")
def test_what_would_be_shared_is_shown_and_deleted_by_source_or_time(
    guildbook: Run, guildbook_json: Ask, port: int
) -> None:
    beats(port, ["Mail one", "Calc password: Zx81!abcQ"])
    told = guildbook_json("record", "preview", "--last", "10m")
    assert (told["entries"]["waiting"], told["book"]) == (2, False)
    assert [(c["field"], c["mark"]) for c in told["changes"]] == [("title", "secret")]
    tried = guildbook_json("record", "preview", "--try", "pin code: 4711, thanks")
    assert tried["after"] == "pin code: [code], thanks"
    status, out, err = guildbook("record", "preview", "--try", "password: Zx81!abcQ")
    assert (status, out) == (0, "password: [secret]\n")
    assert "secret, 9 characters" in err
    assert guildbook("record", "preview", "--use", "train")[0] == 2
    assert guildbook("record", "show", "--source", "aw-watcher-window", "--last", "1h")[0] == 0
    assert guildbook("record", "delete")[0] == 2
    assert guildbook("record", "delete", "--last", "5m", "--since", "2026-01-01", "--yes")[0] == 2
    assert guildbook_json("record", "delete", "--source", "nobody", "--yes")["deleted"] == 0
    guildbook("record", "stop")
    guildbook_json("learn")
    status, out, _ = guildbook("record", "preview")
    assert (status, "nothing else was said" in out, "Zx81" in out) == (0, True, False)
    told = guildbook_json("record", "delete", "--last", "10m", "--yes")
    assert told == {"deleted": 2, "events": 2, "left": 0}


@pytest.mark.usefixtures("recorder")
def test_forgetting_reaches_the_book(guildbook: Run, guildbook_json: Ask, port: int) -> None:
    beats(port, ["Mail old"], datetime.now(UTC) - timedelta(hours=2))
    beats(port, ["Mail new", "Calc new"])
    guildbook("record", "stop")
    assert guildbook_json("learn")["events"] == 3
    assert guildbook_json("record", "forget-last", "10m", "--yes")["events"] == 2
    assert guildbook_json("learn")["events"] == 1


def test_what_was_acknowledged_survives_a_kill_of_the_recorder(
    guildbook: Run, guildbook_json: Ask, recorder: dict[str, Any], port: int
) -> None:
    beats(port, ["Mail one", "Calc two", "Mail three"])
    os.kill(recorder["pid"], signal.SIGKILL)
    for _ in range(200):
        if guildbook("record", "status")[0] == 1:
            break
        time.sleep(0.05)
    assert guildbook("record", "start", "--port", port)[0] == 0
    guildbook("record", "stop")
    assert guildbook_json("learn")["events"] == 3


def test_a_port_that_is_taken_is_told(guildbook: Run, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        status, _, said = guildbook("record", "start", "--port", port)
    assert status == 1
    assert f"Port {port} of this machine is taken" in said
    assert guildbook("record", "status")[0] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("on", "telepathy"), "telepathy"),
        (("off", "activitywatch"), "activitywatch"),
        (("rules", "add", "colour", "x"), "colour"),
        (("rules", "add", "title", "("), "regular expression"),
        (("rules", "remove", "3"), "no rule 3"),
        (("pause", "soon"), "no length of time"),
        (("forget-last", "0m", "--yes"), "no length of time"),
    ],
)
def test_what_cannot_be_done_is_said(guildbook: Run, words: tuple[str, ...], said: str) -> None:
    status, _, complaint = guildbook("record", *words)
    assert status in {1, 2}
    assert said in complaint


def test_units_start_it_at_login(guildbook_json: Ask, tmp_path: Path) -> None:
    path = Path(guildbook_json("record", "unit")["file"])
    assert path.is_relative_to(tmp_path)
    line = next(line for line in path.read_text().splitlines() if line.startswith("ExecStart="))
    words = shlex.split(line.removeprefix("ExecStart="))
    assert words[1:3] == ["-m", "guildbook.server"]
    desktop = Path(guildbook_json("record", "unit", "--autostart")["file"])
    assert "Exec=" in desktop.read_text()
    guildbook_json("record", "unit", "--remove")
    assert not path.exists()


def test_only_who_has_the_token_steers_it(recorder: dict[str, Any], port: int) -> None:
    del recorder
    base = f"http://127.0.0.1:{port}/guildbook/0"
    assert requests.post(f"{base}/stop", json={}, timeout=10).status_code == 401
    assert requests.post(f"{base}/stop", json={}, headers={"Authorization": "Bearer x"}, timeout=10).status_code == 401
    assert json.loads(requests.get(f"http://127.0.0.1:{port}/api/0/info", timeout=10).text)["hostname"]
