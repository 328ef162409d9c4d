"""XES: what it maps to, what it refuses, and that a defect costs only what comes after it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from guildbook.model.errors import InputError
from guildbook.plugins import Importer, ImportOptions
from guildbook.record.importers import _xes_events as events_module
from guildbook.record.importers._pieces import Limits
from guildbook.record.importers.xes import XesImporter

Read = Callable[..., Any]

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1.0" xmlns="http://www.xes-standard.org/">\n'


def event(action: str = "pay", worker: str = "ann", time: str = "2020-01-01T10:00:00Z", more: str = "") -> str:
    return (
        f'<event><string key="concept:name" value="{action}"/><string key="org:resource" value="{worker}"/>'
        f'<date key="time:timestamp" value="{time}"/>{more}</event>\n'
    )


def trace(*events: str, name: str = "c1", more: str = "") -> str:
    return f'<trace><string key="concept:name" value="{name}"/>{more}\n{"".join(events)}</trace>\n'


@pytest.fixture
def xes(tmp_path: Path) -> Callable[[str], Path]:
    def write(body: str, head: str = HEAD, tail: str = "</log>") -> Path:
        path = tmp_path / "log.xes"
        path.write_text(head + body + tail, encoding="utf-8")
        return path

    return write


def test_fields(xes: Callable[..., Path], read: Read) -> None:
    path = xes(trace(event(), event("close", "bob", "2020-01-01T12:00:00.5+02:00"), name="17"))
    found = read(XesImporter(), path)
    assert found.error is None
    assert found.rows == [
        {
            "worker": "ann",
            "time": datetime(2020, 1, 1, 10, tzinfo=UTC),
            "seq": 0,
            "source": "xes",
            "action": "pay",
            "case": "L:17",
        },
        {
            "worker": "bob",
            "time": datetime(2020, 1, 1, 10, 0, 0, 500_000, tzinfo=UTC),
            "seq": 1,
            "source": "xes",
            "action": "close",
            "case": "L:17",
        },
    ]


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2020-01-01T10:00:00", 10),
        ("2020-01-01T10:00:00.000+0200", 8),
        ("2020-01-01T10:00:00.123456789-05:00", 15),
        ("2020-01-01 10:00:00+01", 9),
        ("2020-01-01T10:00Z", 10),
    ],
)
def test_zones(xes: Callable[..., Path], read: Read, text: str, hour: int) -> None:
    assert read(XesImporter(), xes(trace(event(time=text)))).rows[0]["time"].hour == hour


def test_attributes_keep_their_types(xes: Callable[..., Path], read: Read) -> None:
    more = (
        '<int key="n" value="3"/><float key="x" value="2.5"/><boolean key="b" value="true"/>'
        '<date key="due" value="2020-02-02"/><string key="lifecycle:transition" value="START"/>'
        '<float key="gone" value="NaN"/><id key="ref" value="ab-12"/><int key="odd" value="many"/>'
    )
    path = xes(trace(event(more=more), more='<float key="amount" value="12.0"/>'))
    assert read(XesImporter(), path).rows[0]["attributes"] == (
        '{"b":true,"case:amount":12.0,"due":{"$date":"2020-02-02"},"lifecycle:transition":"START",'
        '"n":3,"odd":"many","ref":"ab-12","x":2.5}'
    )


def test_nested_attributes(xes: Callable[..., Path], read: Read) -> None:
    more = (
        '<string key="note" value="hi"><int key="length" value="2"/></string>'
        '<list key="tags"><values><string key="item" value="a"/><int key="n" value="1"/></values></list>'
        '<container key="box"><string key="in" value="y"><boolean key="deep" value="false"/></string></container>'
    )
    found = read(XesImporter(), xes(trace(event(more=more), event("next"))))
    assert [row["action"] for row in found.rows] == ["pay", "next"]
    assert found.rows[0]["attributes"] == (
        '{"box":{"in":{"$value":"y","deep":false}},"note":{"$value":"hi","length":2},"tags":["a",{"n":1}]}'
    )


def test_complete_is_the_usual_lifecycle(xes: Callable[..., Path], read: Read) -> None:
    marks = [f'<string key="lifecycle:transition" value="{m}"/>' for m in ("complete", "COMPLETE", "Complete")]
    assert all("attributes" not in r for r in read(XesImporter(), xes(trace(*(event(more=m) for m in marks)))).rows)


def test_trace_attributes_after_the_events_and_outcomes(xes: Callable[..., Path], read: Read) -> None:
    late = '<string key="kind" value="marine"/><string key="outcome" value="good"/>'
    body = f'<trace><string key="concept:name" value="1"/>{event()}{event("close")}{late}</trace>'
    own = trace(event(more='<string key="outcome" value="bad"/>'), event(), name="2")
    rows = read(XesImporter(), xes(body + own)).rows
    assert [r.get("outcome") for r in rows] == [None, "good", "bad", None]
    assert [r.get("attributes") for r in rows] == ['{"case:kind":"marine"}'] * 2 + [None] * 2


def test_nobody(xes: Callable[..., Path], read: Read) -> None:
    rows = read(XesImporter(), xes(trace(event(worker=""), event(worker="UNKNOWN"), event(worker="nan")))).rows
    assert all("worker" not in row for row in rows)


def test_ids_that_a_table_tool_made_floats(xes: Callable[..., Path], read: Read) -> None:
    body = (
        '<trace><int key="concept:name" value="173688"/><event><float key="org:resource" value="112.0"/>'
        '<string key="concept:name" value="a"/><date key="time:timestamp" value="2020-01-01T00:00:00Z"/>'
        '<int key="Unnamed: 0" value="5"/></event></trace>'
    )
    row = read(XesImporter(), xes(body)).rows[0]
    assert (row["worker"], row["case"], row.get("attributes")) == ("112", "L:173688", None)


def test_cases_with_a_type_without_a_name_and_events_without_a_case(xes: Callable[..., Path], read: Read) -> None:
    body = trace(event(), name="claim:7") + trace(event(), name="") + f"<trace>{event()}</trace>" + event("loose")
    rows = read(XesImporter(), xes(body)).rows
    assert [row.get("case") for row in rows] == ["claim:7", "L:unnamed 2", "L:unnamed 3", None]


def test_rejected_events_say_line_and_reason(xes: Callable[..., Path], read: Read) -> None:
    body = trace(
        event(),
        event(time="soon"),
        event(time="0000-01-01T00:00:00Z"),
        event(time="2300-01-01T00:00:00Z"),
        event(action=" "),
        '<event><string key="concept:name" value="x"/></event>\n',
    )
    found = read(XesImporter(), xes(body))
    assert len(found.rows) == 1
    assert [r.line for r in found.rejected] == [5, 6, 7, 8, 9]
    assert [r.reason.partition(":")[0] for r in found.rejected] == [
        "unreadable time",
        "time before 1900 or after 2199",
        "time before 1900 or after 2199",
        "no activity (concept",
        "no time (time",
    ]
    assert "soon" in found.rejected[0].text


def test_prefixed_tags_globals_and_unknown_elements(xes: Callable[..., Path], read: Read) -> None:
    body = (
        '<x:extension name="Concept" prefix="concept" uri="u"/><x:global scope="event"><x:string key="concept:name" '
        'value="?"/></x:global><x:trace><x:string key="concept:name" value="1"/><x:event><x:vendor><x:string key="a" '
        'value="b"/></x:vendor><x:string value="go" key="concept:name"/>'
        '<x:date key="time:timestamp" value="2020-01-01T00:00:00Z"/></x:event></x:trace>'
    )
    rows = read(XesImporter(), xes(body, '<x:log xmlns:x="http://www.xes-standard.org/">', "</x:log>")).rows
    assert [(r["action"], r["case"], r.get("attributes")) for r in rows] == [("go", "L:1", None)]


def test_other_keys_and_mapping(xes: Callable[..., Path], read: Read) -> None:
    body = (
        '<trace><string key="concept:name" value="1"/><event><string key="Activity" value="go"/>'
        '<string key="Resource" value="eve"/><string key="tool" value="Excel"/>'
        '<date key="timestamp" value="2020-01-01T00:00:00Z"/></event></trace>'
    )
    row = read(XesImporter(), xes(body), mapping={"app": "tool"}).rows[0]
    assert (row["action"], row["worker"], row["app"], row.get("attributes")) == ("go", "eve", "Excel", None)


def test_values_computed_from_the_finished_case_are_left_out(xes: Callable[..., Path], read: Read) -> None:
    disco = '<string key="variant" value="Variant 3"/><int key="variant-index" value="3"/><string key="k" value="v"/>'
    assert read(XesImporter(), xes(trace(event(), more=disco))).rows[0]["attributes"] == '{"case:k":"v"}'


def test_other_encodings(tmp_path: Path, read: Read) -> None:
    for encoding in ("utf-16", "iso-8859-1"):
        path = tmp_path / "log.xes"
        body = f'<?xml version="1.0" encoding="{encoding}"?><log>{trace(event("Prüfung"))}</log>'
        path.write_bytes(body.encode(encoding))
        assert XesImporter().sniff(path, path.read_bytes()) == 1
        assert read(XesImporter(), path).rows[0]["action"] == "Prüfung"


def test_chunks_keep_cases_whole(xes: Callable[..., Path], read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_module, "ROWS", 4)
    monkeypatch.setattr("guildbook.record.importers._pieces.PIECE", 700)
    many = [
        trace(*[event(f"a{i}") for i in range(3)], name=f"c{n}", more='<int key="k" value="1"/>') for n in range(30)
    ]
    long = trace(*[event(f"b{i}") for i in range(40)], name="long", more='<string key="outcome" value="good"/>')
    found = read(XesImporter(), xes("".join([*many, long])))
    assert found.chunks > 10
    assert [r["case"] for r in found.rows] == [f"L:c{n}" for n in range(30) for _ in range(3)] + ["L:long"] * 40
    assert [r["seq"] for r in found.rows] == [*range(3)] * 30 + [*range(40)]
    assert [r["outcome"] for r in found.rows if "outcome" in r] == ["good"]
    assert all(r["attributes"] == '{"case:k":1}' for r in found.rows[:90])


# Hostile and broken inputs


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/passwd">]><log>',
        '<!DOCTYPE log SYSTEM "http://example.invalid/x.dtd"><log>',
        '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><log>',
    ],
)
def test_entities_are_refused(xes: Callable[..., Path], read: Read, head: str) -> None:
    found = read(XesImporter(), xes(trace(event("&x;")), head))
    assert not found.rows
    assert found.error.code == "input-entities"


def test_what_precedes_a_defect_is_kept(tmp_path: Path, read: Read) -> None:
    noise = [f'<string key="k" value="{uuid4()}"/>' for _ in range(2_000)]
    whole = (HEAD + "".join(trace(event(more=k), name=f"c{i}") for i, k in enumerate(noise)) + "</log>").encode()
    packed = gzip.compress(whole)
    cases = {
        "cut.xes": (whole[: len(whole) // 2], "input-xml"),
        "nul.xes": (whole[:9000] + b"\0\0\0" + whole[9000:], "input-xml"),
        "cut.xes.gz": (packed[:-100], "input-cut"),
        "damaged.xes.gz": (packed[:-6] + b"\xff" * 6, "input"),
    }
    for name, (data, code) in cases.items():
        path = tmp_path / name
        path.write_bytes(data)
        found = read(XesImporter(), path)
        assert found.error is not None
        assert found.error.code == code, name
        assert len(found.rows) > 20, name
        assert found.rows[0]["case"] == "L:c0"


def test_gzip_members_and_padding(tmp_path: Path, read: Read) -> None:
    text = (HEAD + trace(event()) + "</log>").encode()
    path = tmp_path / "log.xes.gz"
    path.write_bytes(gzip.compress(text[:80]) + gzip.compress(text[80:]) + b"\0" * 512)
    assert len(read(XesImporter(), path).rows) == 1


def test_bombs(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "bomb.xes.gz"
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    with path.open("wb") as out:
        out.write(packer.compress(HEAD.encode()))
        for _ in range(30):
            out.write(packer.compress(b" " * (1 << 20)))
        out.write(packer.flush())
    by_ratio = read(XesImporter(Limits(ratio=100, grace=1 << 20)), path)
    assert by_ratio.error.code == "input-bomb"
    by_size = read(XesImporter(Limits(total=4 << 20)), path)
    assert by_size.error.code == "input-bomb"


def test_depth_and_token_size_are_bounded(
    xes: Callable[..., Path], read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = '<container key="a">' * 40 + "</container>" * 40
    assert read(XesImporter(), xes(trace(event(more=deep)))).error.code == "input-bomb"
    assert read(XesImporter(), xes("<a>" * 40 + "</a>" * 40)).error.code == "input-bomb"
    monkeypatch.setattr("guildbook.record.importers._xes_parser.LARGEST_TOKEN", 1 << 20)
    assert read(XesImporter(), xes(trace(event("x" * (4 << 20))))).error.code == "input-bomb"
    wide = "".join(f'<int key="k{i}" value="1"/>' for i in range(2_001))
    assert "attributes" in read(XesImporter(), xes(trace(event(more=wide)))).rejected[0].reason


def test_not_a_log(tmp_path: Path, read: Read) -> None:
    junk, empty, page = tmp_path / "junk.xes", tmp_path / "empty.xes", tmp_path / "page.xes"
    junk.write_bytes(bytes(range(256)) * 40)
    empty.write_bytes(b"")
    page.write_text("<html><body/></html>")
    assert read(XesImporter(), junk).error.code == "input-xml"
    assert read(XesImporter(), empty).error.code == "input-empty"
    assert "<html>" in read(XesImporter(), page).error.what
    assert read(XesImporter(), tmp_path).error.code == "input-folder"
    assert "cannot be read" in read(XesImporter(), tmp_path / "none.xes").error.what
    with pytest.raises(InputError):
        XesImporter().fingerprint(tmp_path / "none.xes", ImportOptions())


def test_sniff_describe_and_fingerprint(xes: Callable[..., Path], tmp_path: Path) -> None:
    path = xes(trace(event(), event(worker="")))
    importer = XesImporter()
    assert isinstance(importer, Importer)
    assert importer.sniff(path, path.read_bytes()) == 1
    assert importer.sniff(tmp_path, b"") == 0
    assert importer.sniff(tmp_path / "x.xes.gz", b"\x1f\x8b") > 0.9
    assert importer.sniff(tmp_path / "x.csv", b"a,b\n") == 0
    described = importer.describe(path, ImportOptions())
    assert "worker = org:resource (named in 50 %)" in described
    one, two = ImportOptions(namespace="a"), ImportOptions(namespace="b")
    assert importer.fingerprint(path, one) == importer.fingerprint(path, ImportOptions(namespace="a"))
    assert importer.fingerprint(path, one) != importer.fingerprint(path, two)


@pytest.mark.data
def test_real_logs(shared_data: Path, read: Read) -> None:
    # 68 people and the events of nobody known
    sizes = {"BPI_Challenge_2012": (262_200, 13_087, 68), "Helpdesk": (21_348, 4_580, 22)}
    for name, (events, cases, workers) in sizes.items():
        found = read(XesImporter(), shared_data / "eventlogs" / f"{name}.xes.gz")
        assert found.error is None
        assert not found.rejected
        assert found.table.num_rows == events
        assert len(found.table.column("case").unique()) == cases
        assert len(found.table.column("worker").drop_null().unique()) == workers
