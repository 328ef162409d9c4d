"""The door for sources in other programs: a browser, a shell."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from guildbook.app.recorder import Recorder, choices, choose
from guildbook.config import load
from guildbook.server.door import DOOR, MOST_BYTES, door
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


def post(recorder: Recorder, body: Any, source: str = "browser", token: str | None = None) -> tuple[int, Any]:
    with TestClient(door(recorder)) as client:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = client.post(
            f"{DOOR}{source}", content=text, headers={"Authorization": f"Bearer {token or recorder.door}"}
        )
        return given.status_code, given.json()


def kept(recorder: Recorder) -> list[dict[str, Any]]:
    return [dict(entry.data) for name in recorder.outbox.buckets() for entry in recorder.outbox.entries(name)]


def test_rows_are_kept_before_they_are_answered(recorder: Recorder) -> None:
    assert post(recorder, [ROW, {**ROW, "action": "submit"}]) == (200, {"recorded": 2})
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
