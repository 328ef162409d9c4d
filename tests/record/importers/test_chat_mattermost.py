"""Mattermost exports, written here by the published format."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildbook.model import InputError
from guildbook.plugins import ImportOptions
from guildbook.record.importers import _rows, chat_mattermost
from guildbook.record.importers.chat_mattermost import MattermostImporter
from guildbook.record.reader import find

MATTERMOST = MattermostImporter()
NOBODY = ImportOptions()
Reader = Callable[..., Any]
AT = 1_714_550_400_000


def line(kind: str, **body: Any) -> dict[str, Any]:
    return {"type": kind, kind: body}


def export() -> list[dict[str, Any]]:
    return [
        {"type": "version", "version": 1, "info": {"generator": "mattermost-server"}},
        line("team", name="core", display_name="Core", type="O"),
        line("channel", team="core", name="general", display_name="General", type="O"),
        line("user", username="ada", email="ada@x.org", first_name="Ada", last_name="Lovelace"),
        line("user", username="bo", email="bo@x.org", nickname="Bo"),
        line("bot", username="ci", display_name="CI", owner="ada"),
        line("post", team="core", channel="general", user="ada", message="@bo could you look? @all", create_at=AT,
             attachments=[{"path": "20240501/b.pdf"}],
             reactions=[{"user": "bo", "emoji_name": "eyes", "create_at": AT + 5_000}],
             replies=[{"user": "bo", "message": "Done", "create_at": AT + 60_000, "edit_at": AT + 70_000}]),
        line("post", team="core", channel="general", user="bo", message="", type="system_join_channel",
             create_at=AT + 80_000),
        line("post", team="core", channel="general", user="ci", message="green", create_at=AT + 90_000),
        line("post", team="core", channel="general", user="ada", message="hook", create_at=AT + 95_000,
             props={"from_webhook": "true", "override_username": "deploy"}),
        line("direct_channel", members=["ada", "bo"]),
        line("direct_post", channel_members=["bo", "ada"], user="ada", message="psst", create_at=AT + 100_000),
    ]  # fmt: skip


def jsonl(path: Path, lines: list[Any]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    return path


def test_a_post_is_an_event_of_its_author(tmp_path: Path, read: Reader) -> None:
    rows = read(MATTERMOST, jsonl(tmp_path / "x.jsonl", export())).rows
    found = [(r["worker"], r["action"], r.get("window"), [o["id"] for o in r.get("objects", [])]) for r in rows]
    assert found == [
        ("Ada Lovelace", "post", "#General", ["Bo"]),
        ("Bo", "react", "#General", ["Ada Lovelace"]),
        ("Bo", "reply", "#General", ["Ada Lovelace"]),
        ("Bo", "edit", "#General", []),
        ("Bo", "join", "#General", []),
        ("CI", "post", "#General", []),
        ("deploy", "post", "#General", []),
        ("Ada Lovelace", "post", None, ["Bo"]),
    ]
    assert [r["origin"] for r in rows] == ["unknown"] * 5 + ["agent"] * 2 + ["unknown"]
    assert rows[0]["time"].isoformat() == "2024-05-01T08:00:00+00:00"
    assert rows[0]["attributes"] == '{"attachments":{"application/pdf":1},"everybody":true,"length":24}'
    assert rows[1]["attributes"] == '{"reaction":"eyes"}'
    assert len({r["case"] for r in rows[:4]}) == 1
    assert not any("case" in r for r in rows[4:])


def test_texts_are_kept_only_where_they_are_asked_for(tmp_path: Path, read: Reader) -> None:
    path = jsonl(tmp_path / "x.jsonl", export())
    assert "look" not in str(read(MATTERMOST, path).table.to_pylist())
    rows = read(MATTERMOST, path, mapping={"value_after": "message"}).rows
    assert rows[0]["value_after"] == "@bo could you look? @all"
    assert MATTERMOST.describe(path, NOBODY) == "Mattermost export: 0.0 MB; the texts are not kept"


def test_packed_in_either_way_it_is_found_and_gives_the_same(
    tmp_path: Path, read: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_rows, "CHUNK_ROWS", 3)
    loose = jsonl(tmp_path / "x.jsonl", export())
    zipped, gzipped = tmp_path / "x.zip", tmp_path / "x.jsonl.gz"
    gzipped.write_bytes(gzip.compress(loose.read_bytes()))
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("data/20240501/b.pdf", "%PDF")
        archive.write(loose, "import.jsonl")
    result = read(MATTERMOST, loose)
    assert result.chunks > 2
    for path in (loose, zipped, gzipped):
        assert find(path).name == "mattermost"
        assert read(MATTERMOST, path).rows == result.rows
    assert MATTERMOST.fingerprint(loose, NOBODY) != MATTERMOST.fingerprint(zipped, NOBODY)


def test_broken_lines_are_rejected_without_their_text(
    tmp_path: Path, read: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_mattermost, "LONGEST_LINE", 1_000)
    path = tmp_path / "x.jsonl"
    lines = [
        '{"type":"version","version":1}', "[1]", "secret", '"' + "secret" * 1_000 + '"', "",
        '{"type":"post","post":{"user":"a","message":"secret"}}', '{"type":"post","post":{"create_at":1}}',
        '{"type":"post","post":{"user":"a","create_at":1,"replies":[{"message":"secret"}],"reactions":[1,{"user":"b"}]}}',
        '{"type":"post","post":{"user":"a","create_at":99999999999999999}}', '{"type":"post","post":7}',
        '{"type":"scheme"}',
    ]  # fmt: skip
    path.write_text("\n".join(lines))
    result = read(MATTERMOST, path)
    assert [(r.line, r.reason) for r in result.rejected] == [
        (2, "no readable JSON object"), (3, "no readable JSON object"), (4, "the line is too long"),
        (5, "no readable time"), (6, "no author"), (7, "a reply without time or author"), (8, "no readable time"),
        (9, "no readable time"),
    ]  # fmt: skip
    assert "secret" not in str(result.rejected)
    assert [r["action"] for r in result.rows] == ["post", "react"]


def test_what_is_no_export_is_left_alone(tmp_path: Path, read: Reader) -> None:
    assert MATTERMOST.sniff(tmp_path, b"") == 0
    assert MATTERMOST.sniff(tmp_path / "x", b'{"type": "post"}\n{"type": "version"}') == 0
    assert MATTERMOST.sniff(tmp_path / "x", b"\x1f\x8bx") == 0
    other = tmp_path / "x.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("x.jsonl", "{}")
    assert MATTERMOST.sniff(other, other.read_bytes()) == 0
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("x.txt", "{}")
    assert MATTERMOST.sniff(other, other.read_bytes()) == 0
    assert "no .jsonl" in str(read(MATTERMOST, other).error)
    (tmp_path / "empty").write_bytes(b"")
    assert "no export" in str(read(MATTERMOST, tmp_path / "empty").error)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
kinds = st.sampled_from(["version", "user", "bot", "channel", "post", "direct_post", "x"])
keys = st.sampled_from(["user", "message", "create_at", "edit_at", "replies", "reactions", "attachments", "props",
                        "type", "username", "team", "channel", "name", "channel_members", "emoji_name"])  # fmt: skip
body = st.dictionaries(keys, json_values | st.sampled_from(["ada", AT, ["ada"], [{"user": "a", "create_at": AT}]]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(kinds, body | json_values), max_size=6))
def test_no_export_breaks_it(tmp_path: Path, items: list[tuple[str, Any]]) -> None:
    path = jsonl(tmp_path / "x.jsonl", [{"type": kind, kind: value} for kind, value in items])
    with suppress(InputError):
        for chunk in MATTERMOST.read(path, NOBODY):
            chunk.events.validate(full=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b", b'{"type":"version"}\n']))
def test_no_bytes_break_it(tmp_path: Path, data: bytes, begin: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(begin + data)
    MATTERMOST.sniff(path, path.read_bytes())
    with suppress(InputError):
        list(MATTERMOST.read(path, NOBODY))
