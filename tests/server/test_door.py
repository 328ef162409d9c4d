"""The door for sources in other programs: a browser, a shell."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from guildbook.app.recorder import Recorder, choices, choose
from guildbook.config import load
from guildbook.record.live.guard import Guard, Rule
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox
from guildbook.record.live.posted import once
from guildbook.server.door import ASKING, BATCH, DOOR, MOST_BYTES, door
from guildbook.server.recorder import steer

ROW = {"time": 1_780_000_000_000_000, "app": "browser", "action": "click", "element_name": "Settle"}


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    folder = tmp_path / "recorder"
    choose(folder, replace(choices(folder), worker="Ada"))
    made = Recorder(load(tmp_path))
    made.chosen = replace(made.chosen, sources={"browser": {}})  # as if switched on; none is run here
    yield made
    made.release()


def post(
    recorder: Recorder, body: Any, source: str = "browser", token: str | None = None, batch: str = ""
) -> tuple[int, Any]:
    with TestClient(door(recorder)) as client:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token or recorder.door}", **({BATCH: batch} if batch else {})}
        given = client.post(f"{DOOR}{source}", content=text, headers=headers)
        return given.status_code, given.json()


def kept(recorder: Recorder) -> list[dict[str, Any]]:
    return [dict(entry.data) for name in recorder.outbox.buckets() for entry in recorder.outbox.entries(name)]


def test_rows_are_kept_before_they_are_answered(recorder: Recorder) -> None:
    assert post(recorder, [ROW, {**ROW, "action": "submit"}]) == (200, {"recorded": 2, "recording": True})
    assert {row["action"] for row in kept(recorder)} == {"click", "submit"}


@pytest.mark.parametrize("token", ["wrong", ""])
def test_only_with_the_token_of_the_door(recorder: Recorder, token: str) -> None:
    assert post(recorder, [ROW], token=token or recorder.token)[0] == 401
    assert not kept(recorder)


def test_the_token_of_the_door_steers_nothing(recorder: Recorder) -> None:
    with TestClient(steer(recorder, asyncio.Event())) as client:
        told = client.post("/guildbook/0/status", headers={"Authorization": f"Bearer {recorder.door}"})
    assert told.status_code == 401


def test_only_for_what_is_switched_on(recorder: Recorder) -> None:
    status, told = post(recorder, [ROW], source="shell")
    assert status == 403
    assert "record on shell" in told["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"null", {"time": 1}, [1], [{}], [{"time": "now"}], [{"time": -1}], [{"time": True}], [{"time": 1 << 60}],
        [{**ROW, "app": 5}], [{**ROW, "objects": {"id": "x"}}], [{**ROW, "objects": [{"id": 4}]}],
        [{**ROW, "objects": [{"name": "x"}]}], [{**ROW, "element_bounds": [1, 2, 3]}], [{**ROW, "clip": ["a"]}],
        [ROW] * 10_001, b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_are_no_rows_is_said_and_nothing_is_kept(recorder: Recorder, body: Any) -> None:
    assert post(recorder, body)[0] == 400
    assert not kept(recorder)


def test_too_much_at_once(recorder: Recorder) -> None:
    assert post(recorder, b" " * (MOST_BYTES + 1))[0] == 413


def test_nobody_speaks_for_another_worker(recorder: Recorder) -> None:
    post(recorder, [{**ROW, "worker": "Bob", "source": "mail", "seq": 7, "redactions": "none"}])
    assert kept(recorder) == [{name: value for name, value in ROW.items() if name != "time"}]


def test_of_what_is_copied_only_a_mark_is_kept(recorder: Recorder) -> None:
    post(
        recorder, [{**ROW, "action": "copy", "clip": "claim  4711\n"}, {**ROW, "action": "paste", "clip": "claim 4711"}]
    )
    copied, pasted = kept(recorder)
    assert "clip" not in copied
    assert copied["objects"][0]["id"] == pasted["objects"][0]["id"]
    assert {copied["objects"][0]["qualifier"], pasted["objects"][0]["qualifier"]} == {"copy", "paste"}
    assert copied["objects"][0]["id"].startswith("clip:")
    assert "4711" not in json.dumps([copied, pasted])


def test_a_batch_that_comes_again_is_taken_once(recorder: Recorder) -> None:
    assert post(recorder, [ROW, ROW], batch="b1")[1]["recorded"] == 2
    assert post(recorder, [ROW, ROW], batch="b1") == (200, {"recorded": 0, "recording": True})
    assert post(recorder, [ROW], batch="b2")[1]["recorded"] == 1
    assert post(recorder, [ROW])[1]["recorded"] == 1
    assert len(kept(recorder)) == 4


def test_a_batch_is_known_after_a_restart(recorder: Recorder, tmp_path: Path) -> None:
    post(recorder, [ROW], batch="b1")
    recorder.outbox.close()
    outbox = Outbox(tmp_path / "recorder")
    again = Intake(outbox, recorder.intake.guard, recorder.intake.hostname)
    assert again.post("browser", [ROW], "b1") == 0
    assert again.post("browser", [ROW], "b2") == 1
    outbox.close()


def test_what_cannot_be_written_leaves_no_name(recorder: Recorder) -> None:
    def fails(_: sqlite3.Connection) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        once(recorder.outbox, "browser:b1", fails).result()
    assert post(recorder, [ROW], batch="b1")[1]["recorded"] == 1


def test_what_goes_on_grows(recorder: Recorder) -> None:
    focus = {"time": ROW["time"], "app": "browser", "action": "focus", "window": "Claims", "pulse": 45}
    for seconds in (0, 30, 60):
        post(recorder, [{**focus, "time": 1_780_000_000_000_000 + seconds * 1_000_000}], batch=f"b{seconds}")
    (name,) = [name for name in recorder.outbox.buckets() if "-now_" in name]
    (entry,) = recorder.outbox.entries(name)
    assert entry.duration == 60_000_000
    assert "pulse" not in entry.data


@pytest.mark.parametrize("pulse", [0, -1, 1.5, "45", True, 100_000])
def test_what_is_no_pulse(recorder: Recorder, pulse: Any) -> None:
    assert post(recorder, [{**ROW, "pulse": pulse}])[0] == 400


def ask(recorder: Recorder, source: str = "browser", token: str | None = None) -> tuple[int, Any]:
    with TestClient(door(recorder)) as client:
        given = client.get(f"{ASKING}{source}", headers={"Authorization": f"Bearer {token or recorder.door}"})
        return given.status_code, given.json()


def test_a_sources_other_half_is_told_what_it_may_take(recorder: Recorder) -> None:
    recorder.chosen = replace(recorder.chosen, sources={"browser": {"values": "all", "never": "bank.example"}})
    recorder.intake.guard = Guard((Rule("url", "wiki"),))
    assert ask(recorder) == (200, {
        "values": "all", "values_on": [], "never": ["bank.example"], "recording": True,
        "rules": [{"field": "url", "pattern": "wiki"}],
    })  # fmt: skip
    recorder.intake.pause()
    assert ask(recorder)[1]["recording"] is False


def test_settings_that_mean_nothing_let_nothing_in(recorder: Recorder) -> None:
    recorder.chosen = replace(recorder.chosen, sources={"browser": {"values": "some"}})
    status, told = ask(recorder)
    assert (status, "values" in told["message"]) == (403, True)


def test_nobody_else_is_told(recorder: Recorder) -> None:
    assert ask(recorder, token="wrong")[0] == 401
    assert ask(recorder, source="shell")[0] == 403
