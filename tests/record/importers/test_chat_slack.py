"""Slack exports, written here by the published format."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildbook.model import InputError, UsageError
from guildbook.plugins import ImportOptions
from guildbook.record.importers import _chat_archive, _rows
from guildbook.record.importers.chat_slack import SlackImporter
from guildbook.record.reader import find, plan

SLACK = SlackImporter()
NOBODY = ImportOptions()
Reader = Callable[..., Any]
Files = dict[str, Any]

USERS = [
    {"id": "U1", "name": "ada", "real_name": "Ada Lovelace", "profile": {"real_name": "Ada Lovelace"}},
    {"id": "U2", "name": "bo", "profile": {"real_name": "", "display_name": "Bo"}},
    {"id": "U3", "name": "ada2", "profile": {"real_name": "Ada Lovelace"}},
    {"id": "U4", "name": "ci", "is_bot": True, "profile": {"real_name": "CI"}},
]


def said(user: str, text: str, ts: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": user, "text": text, "ts": ts, **more}


def workspace() -> Files:
    return {
        "users.json": USERS,
        "channels.json": [{"id": "C1", "name": "general", "members": ["U1", "U2"]}],
        "dms.json": [{"id": "D1", "members": ["U1", "U2"]}],
        "integration_logs.json": [],
        "general/2024-05-01.json": [
            said("U2", "<@U2> has joined the channel", "1714550000.000100", subtype="channel_join"),
            said("U1", "<@U2> could you look at the budget?", "1714550400.000200", thread_ts="1714550400.000200",
                 reactions=[{"name": "eyes", "users": ["U2", "U3"], "count": 2}],
                 files=[{"id": "F1", "name": "b.pdf", "mimetype": "application/pdf"}]),
            said("U2", "Done", "1714550460.000300", thread_ts="1714550400.000200", parent_user_id="U1",
                 edited={"user": "U2", "ts": "1714550500.000000"}),
            said("U3", "<!here> lunch", "1714550600.000400"),
            {"type": "message", "subtype": "bot_message", "bot_id": "B1", "username": "deploy", "text": "ok",
             "ts": "1714550700.000000"},
            said("U4", "green", "1714550800.000000", bot_id="B2"),
        ],
        "D1/2024-05-02.json": [said("U1", "psst", "1714640000.000000")],
    }  # fmt: skip


def folder(path: Path, files: Files) -> Path:
    for name, value in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(value))
    return path


def packed(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in files.items():
            archive.writestr(name, json.dumps(value))
    return path


def test_a_message_is_an_event_of_its_author(tmp_path: Path, read: Reader) -> None:
    rows = read(SLACK, folder(tmp_path / "x", workspace())).rows
    found = [(r["worker"], r["action"], r.get("window"), [o["id"] for o in r.get("objects", [])]) for r in rows]
    assert found == [
        ("Ada Lovelace", "post", None, ["Bo"]),
        ("Bo", "join", "#general", []),
        ("Ada Lovelace", "post", "#general", ["Bo"]),
        ("Bo", "react", "#general", ["Ada Lovelace"]),
        ("Ada Lovelace (ada2)", "react", "#general", ["Ada Lovelace"]),
        ("Bo", "reply", "#general", ["Ada Lovelace"]),
        ("Bo", "edit", "#general", []),
        ("Ada Lovelace (ada2)", "post", "#general", []),
        ("deploy", "post", "#general", []),
        ("CI", "post", "#general", []),
    ]
    assert {r["app"] for r in rows} == {"slack"}
    assert [r["origin"] for r in rows] == ["unknown"] * 8 + ["agent"] * 2
    assert rows[2]["time"].isoformat() == "2024-05-01T08:00:00.000200+00:00"
    assert rows[2]["attributes"] == '{"attachments":{"application/pdf":1},"length":35}'
    assert rows[3]["attributes"] == '{"reaction":"eyes","time":"estimated"}'
    assert rows[7]["attributes"] == '{"everybody":true,"length":13}'


def test_a_thread_is_a_case_and_what_is_said_alone_is_none(tmp_path: Path, read: Reader) -> None:
    cases = [r.get("case") for r in read(SLACK, folder(tmp_path / "x", workspace())).rows]
    assert len(set(cases[2:7])) == 1
    assert cases[2].startswith("thread:")
    assert not any([*cases[:2], *cases[7:]])


def test_texts_are_kept_only_where_they_are_asked_for(tmp_path: Path, read: Reader) -> None:
    path = folder(tmp_path / "x", workspace())
    assert "budget" not in str(read(SLACK, path).table.to_pylist())
    rows = read(SLACK, path, mapping={"value_after": "text"}).rows
    assert rows[2]["value_after"] == "<@U2> could you look at the budget?"
    assert "their texts are not kept" in SLACK.describe(path, NOBODY)
    assert "their texts are kept" in SLACK.describe(path, ImportOptions(mapping={"value_after": "text"}))
    with pytest.raises(UsageError, match="value_after=text"):
        SLACK.describe(path, ImportOptions(mapping={"case": "text"}))


def test_packed_or_not_it_is_found_and_gives_the_same(
    tmp_path: Path, read: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_rows, "CHUNK_ROWS", 3)
    loose, tight = folder(tmp_path / "x", workspace()), packed(tmp_path / "x.zip", workspace())
    assert find(loose).name == find(tight).name == "slack"
    assert [p.path for p in plan([loose])] == [loose]
    result = read(SLACK, tight)
    assert result.rows == read(SLACK, loose).rows
    assert result.chunks > 2
    for path in (loose, tight):
        assert SLACK.fingerprint(path, NOBODY) == SLACK.fingerprint(path, NOBODY)
    before = SLACK.fingerprint(loose, NOBODY)
    (loose / "general/2024-05-03.json").write_text("[]")
    assert SLACK.fingerprint(loose, NOBODY) != before


def test_an_export_that_grows_adds_only_what_is_new(tmp_path: Path, read: Reader) -> None:
    files = workspace()
    before = read(SLACK, folder(tmp_path / "x", files)).rows
    files["general/2024-05-03.json"] = [said("U1", "more", "1714723200.000000")]
    after = read(SLACK, folder(tmp_path / "y", files)).rows
    assert [row for row in after if row in before] == before
    assert len(after) == len(before) + 1


def test_broken_messages_are_rejected_without_their_text(tmp_path: Path, read: Reader) -> None:
    files = workspace()
    files["general/2024-05-02.json"] = [
        7, {"type": "event"}, said("U1", "secret", "yesterday"), {"type": "message", "ts": "1.0", "text": "secret"},
        said("U1", "This message was deleted.", "1714640000.1", subtype="tombstone"),
        said("U9", "\ud800", "1714640000.1", thread_ts=3, reactions=[7, {"name": 3, "users": [3, "U1"]}], files=[1],
             edited="x"),
        said("U1", "x", "1714640001.1", subtype="channel_topic"),
    ]  # fmt: skip
    result = read(SLACK, folder(tmp_path / "x", files))
    assert [(r.line, r.reason) for r in result.rejected] == [
        (1, "no message"), (2, "no message"), (3, "no readable time"), (4, "no author"), (5, "a deleted message"),
    ]  # fmt: skip
    assert "secret" not in str(result.rejected)
    assert [r["action"] for r in result.rows[-3:]] == ["post", "react", "channel topic"]
    assert result.rows[-3]["worker"] == "U9"


@pytest.mark.parametrize("content", [b"", b"{}", b"[1", b"nonsense"])
def test_a_broken_day_is_one_clear_error(tmp_path: Path, read: Reader, content: bytes) -> None:
    path = folder(tmp_path / "x", workspace())
    (path / "general/2024-05-01.json").write_bytes(content)
    assert read(SLACK, path).error is not None


def test_what_is_no_export_is_left_alone(tmp_path: Path, read: Reader) -> None:
    other = packed(tmp_path / "x.zip", {"a.json": 1})
    assert SLACK.sniff(other, other.read_bytes()) == 0
    assert SLACK.sniff(tmp_path, b"") == 0
    assert SLACK.sniff(tmp_path / "x.zip", b"PK\x03\x04damaged") == 0
    empty = packed(tmp_path / "y.zip", {"users.json": [], "channels.json": []})
    assert "no messages" in str(read(SLACK, empty).error)
    (tmp_path / "z.zip").write_bytes(b"PK\x03\x04")
    assert "zip" in str(read(SLACK, tmp_path / "z.zip").error)


def test_bombs_and_hosts_of_files_are_refused(tmp_path: Path, read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    files = workspace()
    path = packed(tmp_path / "x.zip", files | {"general/2024-05-09.json": [said("U1", " " * (70 << 20), "1.0")]})
    assert "zip bomb" in str(read(SLACK, path).error)
    monkeypatch.setattr(_chat_archive, "MOST_FILES", 3)
    assert "more than 3 files" in str(read(SLACK, folder(tmp_path / "y", files)).error)
    assert "more than 3 files" in str(read(SLACK, packed(tmp_path / "y.zip", files)).error)


def test_names_that_lead_out_of_the_export_lead_nowhere(tmp_path: Path, read: Reader) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "2024-05-01.json").write_text(json.dumps([said("U1", "x", "1714640000.1")]))
    path = folder(tmp_path / "x", workspace())
    (path / "linked").symlink_to(outside)
    assert len(read(SLACK, path).rows) == 10
    evil = packed(tmp_path / "x.zip", workspace() | {"../../2024-05-01.json": []})
    assert len(read(SLACK, evil).rows) == 10


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["type", "ts", "user", "text", "subtype", "thread_ts", "files", "reactions", "edited",
                        "bot_id", "id", "name", "members", "profile", "parent_user_id", "bot_profile",
                        "user_profile"])  # fmt: skip
values = json_values | st.sampled_from(["message", "U1", "1714640000.1", "C1", ["U1"], [{"users": ["U1"]}]])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(keys, values) | json_values, max_size=5))
def test_no_export_breaks_it(tmp_path: Path, items: list[Any]) -> None:
    path = folder(tmp_path / "x", {"users.json": items, "dms.json": items, "g/2024-05-01.json": items})
    for chunk in SLACK.read(path, NOBODY):
        chunk.events.validate(full=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_no_bytes_break_it(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"PK\x03\x04" + data)
    SLACK.sniff(path, path.read_bytes())
    with suppress(InputError):
        list(SLACK.read(path, NOBODY))
