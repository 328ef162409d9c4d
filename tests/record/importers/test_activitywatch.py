from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from guildbook.model import InputError
from guildbook.plugins import ImportOptions
from guildbook.record.importers import _json_stream, _rows
from guildbook.record.importers.activitywatch import ActivityWatchImporter

AW = ActivityWatchImporter()
NOBODY = ImportOptions()
Reader = Callable[..., Any]


def event(data: Any, at: str = "2024-05-01T10:00:00.250+02:00", duration: Any = 2.5) -> dict[str, Any]:
    return {"timestamp": at, "duration": duration, "data": data}


def bucket(kind: str, *events: Any, client: str = "aw-watcher-x", host: str = "box", **more: Any) -> dict[str, Any]:
    return {"id": "b", "type": kind, "client": client, "hostname": host, "data": {}, **more, "events": list(events)}


def write(path: Path, *buckets: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"buckets": {f"b{i}": b for i, b in enumerate(buckets)}}))
    return path


def test_each_bucket_type_has_its_mapping(tmp_path: Path, read: Reader) -> None:
    path = write(
        tmp_path / "x.json",
        bucket("currentwindow", event({"app": "Calc", "title": "Budget", "pid": 7})),
        bucket("web.tab.current", event({"url": "https://x.org/a", "title": "A", "audible": False, "tabCount": 3})),
        bucket("app.editor.activity", event({"file": "/a/b.py", "language": "py", "project": "a"}),
               client="aw-watcher-vim"),
        bucket("afkstatus", event({"status": "not-afk"}), event({"status": "afk"})),
        bucket("os.sensor", event({"title": "T", "level": 4}), client="aw-watcher-sensor"),
    )  # fmt: skip
    rows = read(AW, path).rows
    shared = {"worker": "user@box", "device": "box", "source": "activitywatch", "origin": "person"}
    assert all(shared.items() <= r.items() and r["duration"] == 2_500_000 for r in rows)
    assert rows[0]["time"].isoformat() == "2024-05-01T08:00:00.250000+00:00"
    found = [{k: v for k, v in r.items() if k not in {*shared, "time", "duration"}} for r in rows]
    assert found == [
        {"app": "Calc", "action": "focus", "window": "Budget", "attributes": '{"pid":7}'},
        {"app": "browser", "action": "view", "url": "https://x.org/a", "window": "A",
         "attributes": '{"audible":false,"tabCount":3}'},
        {"app": "vim", "action": "edit", "document": "/a/b.py", "attributes": '{"language":"py","project":"a"}'},
        {"action": "active"},
        {"action": "afk"},
        {"app": "sensor", "action": "os.sensor", "window": "T", "attributes": '{"level":4}'},
    ]  # fmt: skip


def test_the_worker_is_who_the_user_says_or_a_stand_in_from_the_host(tmp_path: Path, read: Reader) -> None:
    path = write(tmp_path / "x.json", bucket("afkstatus", event({"status": "afk"}), host="unknown"))
    assert "worker" not in read(AW, path).rows[0]  # the reader has a stand-in
    assert read(AW, path, worker="ada").rows[0]["worker"] == "ada"


def test_one_bucket_alone_and_what_it_is_behind_its_events(tmp_path: Path, read: Reader) -> None:
    single = bucket("currentwindow", event({"app": "x"}))
    path = tmp_path / "one.json"
    path.write_text(json.dumps(single))
    assert AW.sniff(path, path.read_bytes()) > 0.5
    alone = read(AW, path).rows
    late = {"events": single["events"], **{k: v for k, v in single.items() if k != "events"}}
    assert read(AW, write(tmp_path / "late.json", late)).rows == alone
    assert alone[0]["action"] == "focus"


def test_bad_events_are_rejected_with_their_number_and_private_ones_never_shown(tmp_path: Path, read: Reader) -> None:
    secret = event({"url": "https://private", "title": "private", "incognito": True})
    path = write(
        tmp_path / "x.json",
        bucket("web.tab.current", event({"url": "u"}), secret, event({}, at="yesterday"), "text", event([]),
               event({}, duration=-1), event({}, duration="long"), {"data": {}}),
    )  # fmt: skip
    result = read(AW, path)
    assert len(result.rows) == 1
    assert [(r.line, r.reason) for r in result.rejected] == [
        (2, "private browser window"), (3, "no readable timestamp"), (4, "no event"), (5, "no event"),
        (6, "no readable duration"), (7, "no readable duration"), (8, "no readable timestamp"),
    ]  # fmt: skip
    assert result.rejected[0].text == ""


def test_strange_values_do_not_break_a_row(tmp_path: Path, read: Reader) -> None:
    path = tmp_path / "x.json"
    path.write_text(
        '{"buckets": {"b": {"type": "currentwindow", "events": [{"timestamp": "2024-01-01T00:00:00Z",'
        ' "data": {"app": "\\ud800x", "title": 7, "n": NaN, "i": 1e999, "deep": [[{}]]}}]}}}'
    )
    (row,) = read(AW, path).rows
    assert row["app"] == "?x"
    assert row["duration"] == 0


def test_gzipped_exports_and_many_chunks(tmp_path: Path, read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_rows, "CHUNK_ROWS", 10)
    plain = write(tmp_path / "x.json", bucket("afkstatus", *[event({"status": "afk"}, duration=i) for i in range(25)]))
    packed = tmp_path / "x.json.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert AW.sniff(packed, packed.read_bytes()) > 0.9
    assert AW.sniff(packed, b"\x1f\x8bdamaged") == 0
    result = read(AW, packed)
    assert result.chunks == 3
    assert result.rows == read(AW, plain).rows
    assert [r["duration"] for r in result.rows] == [i * 1_000_000 for i in range(25)]


def test_sniffing_leaves_other_json_alone(tmp_path: Path) -> None:
    assert AW.sniff(tmp_path, b'{"buckets": {"x": {}}}') > 0.9
    assert AW.sniff(tmp_path, b'{"ocel:events": {}, "events": [], "type": 1}') == 0
    assert AW.sniff(tmp_path, b"a,b\n1,2\n") == 0
    assert AW.sniff(tmp_path, b"") == 0


def test_the_fingerprint_follows_the_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "x.json", bucket("afkstatus"))
    before = AW.fingerprint(path, NOBODY)
    assert before == AW.fingerprint(path, NOBODY)
    path.write_text(path.read_text() + " ")
    assert AW.fingerprint(path, NOBODY) != before
    assert AW.describe(path, NOBODY) == "ActivityWatch export: 0.0 MB"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"buckets": [1]}', '{"buckets": {"b": 1}}', '{"buckets": {"b": {"events": [', "{} {}", "nonsense",
     '{"x": 1}', '{"events": 1}', "{1: 2}", '{"a" 1}', '{"buckets": {"b": {"events": [1 2]}}}', "[" * 100_000],
)  # fmt: skip
def test_what_is_no_export_is_one_clear_error(tmp_path: Path, read: Reader, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    assert read(AW, path).error is not None


def test_a_value_that_never_ends_is_refused(tmp_path: Path, read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_json_stream, "LONGEST", 1 << 20)
    path = tmp_path / "x.json"
    path.write_text('{"x": "' + "y" * (5 << 20) + '"}')
    assert "too long" in str(read(AW, path).error)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@example(1e16, 2)
@given(json_values, st.integers(1, 7))
def test_a_stream_reads_what_json_reads_whatever_the_pieces(value: Any, size: int) -> None:
    data = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    if "\ufffd" not in data.decode("utf-8", "replace"):
        assert _json_stream.JsonStream(pieces, "x").value() == value


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["buckets", "events", "type", "x"]), json_values) | json_values)
def test_no_json_breaks_it(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(json.dumps({"buckets": {"b": value}}).encode())
    for options in (NOBODY, ImportOptions(worker="w")):
        try:
            for chunk in AW.read(path, options):
                chunk.events.validate(full=True)
        except InputError:
            pass


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_no_bytes_break_it(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(data)
    AW.sniff(path, data)
    with suppress(InputError):
        list(AW.read(path, NOBODY))
