"""Tables: dialects, guesses, times, what is rejected and what is refused."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from guildbook.model.errors import InputError, UsageError
from guildbook.plugins import Importer, ImportOptions
from guildbook.record.importers.tabular import CsvImporter, ParquetImporter

Read = Callable[..., Any]
Write = Callable[..., Path]


@pytest.fixture
def table(tmp_path: Path) -> Write:
    def write(text: str | bytes, name: str = "log.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


def described(path: Path, **mapping: str) -> str:
    return CsvImporter().describe(path, ImportOptions(mapping=mapping))


PLAIN = "Case ID,Activity,Resource,Complete Timestamp,Amount\n"


def test_a_plain_log(table: Write, read: Read) -> None:
    path = table(PLAIN + '1,pay,ann,2020-01-01 10:00:00,12\n1,"clo,se",,2020-01-01 11:00:00.25,1.5\n')
    found = read(CsvImporter(), path)
    assert found.rows == [
        {
            "worker": "ann",
            "time": datetime(2020, 1, 1, 10, tzinfo=UTC),
            "seq": 0,
            "source": "csv",
            "action": "pay",
            "case": "L:1",
            "attributes": '{"Amount":12}',
        },
        {
            "time": datetime(2020, 1, 1, 11, 0, 0, 250_000, tzinfo=UTC),
            "seq": 0,
            "source": "csv",
            "action": "clo,se",
            "case": "L:1",
            "attributes": '{"Amount":1.5}',
        },
    ]
    assert described(path) == (
        "CSV table (UTF-8, comma): time=Complete Timestamp (ISO 8601, no zone: taken as UTC), worker=Resource, "
        "action=Activity, case=Case ID; kept as attributes: Amount"
    )


@pytest.mark.parametrize(
    ("mark", "encoding", "shown"),
    [
        (";", "utf-8", "UTF-8, semicolon"),
        ("\t", "utf-8-sig", "UTF-8, tab"),
        ("|", "utf-16", "UTF-16, bar"),
        (",", "utf-16-le", "UTF-16-LE, comma"),
        (";", "latin-1", "Latin-1, since it is not UTF-8, semicolon"),
    ],
)
def test_dialects(table: Write, read: Read, mark: str, encoding: str, shown: str) -> None:
    rows = [["Zeit", "Aktivität", "Wert, brutto"]] + [[f"2020-01-0{d} 10:00", "Prüfung", "1,5"] for d in range(1, 8)]
    if mark == ",":
        rows = [[c.replace(",", "") for c in row] for row in rows]
    path = table("".join(mark.join(row) + "\r\n" for row in rows), encoding=encoding)
    found = read(CsvImporter(), path)
    assert len(found.rows) == 7
    assert found.rows[0]["action"] == "Prüfung"
    assert shown in described(path)
    if mark != ",":
        assert found.rows[0]["attributes"] == '{"Wert, brutto":1.5}'


def test_gzip_quotes_line_ends_and_a_hint_of_excel(table: Write, read: Read) -> None:
    text = 'sep=;\ntime;action;note\n2020-01-01;"say ""hi""";"two\nlines"\n2020-01-02;go;\n'
    found = read(CsvImporter(), table(gzip.compress(text.encode()), "log.csv.gz"))
    assert [r["action"] for r in found.rows] == ['say "hi"', "go"]
    assert found.rows[0]["attributes"] == '{"note":"two\\nlines"}'


def test_backslash_quotes(table: Write, read: Read) -> None:
    path = table('time,action,note\n2020-01-01,"a \\"b\\", c",x\n2020-01-01,d,"e"\n')
    assert [r["action"] for r in read(CsvImporter(), path).rows] == ['a "b", c', "d"]


def test_bad_rows_are_rejected_with_their_line(table: Write, read: Read) -> None:
    text = (
        "time,action,who\n"
        '2020-01-01,"a\nb",x\n'  # lines 2 and 3
        "2020-01-01,short\n"
        "2020-01-01,long,x,y\n"
        "2020-01-01,trailing,x,,\n"
        "yesterday,c,x\n"
        "\n"
        "0000-01-01,d,x\n"
        "2020-01-01,,x\n"
        ",e,x\n"
        "2020-01-01,nul\0,x\n"
        "2020-01-01,last,x\n"
    )
    found = read(CsvImporter(), table(text))
    assert [r["action"] for r in found.rows] == ["a\nb", "trailing", "last"]
    assert [(r.line, r.reason) for r in found.rejected] == [
        (4, "2 fields, where the header has 3"),
        (5, "4 fields, where the header has 3"),
        (7, "unreadable time: 'yesterday'"),
        (9, "time before 1900 or after 2199: '0000-01-01'"),
        (10, "no activity"),
        (11, "no time"),
        (12, "NUL byte"),
    ]
    assert found.rejected[2].text == "yesterday, c, x"


def test_bytes_that_are_no_utf8_after_a_sound_beginning(table: Write, read: Read) -> None:
    rows = "".join(f"2020-01-01,action {i},{'x' * 60}\n" for i in range(2_000))
    found = read(
        CsvImporter(), table(b"time,action,note\n" + rows.encode() + b"2020-01-01,caf\xe9,x\n2020-01-01,ok,x\n")
    )
    assert found.table.num_rows == 2_001
    assert [(r.line, r.reason) for r in found.rejected] == [(2_002, "bytes that are not utf-8")]


def test_unclosed_quote_costs_a_bounded_stretch(table: Write, read: Read) -> None:
    rows = "".join(f"2020-01-01,a{i},x\n" for i in range(40_000))
    found = read(CsvImporter(), table('time,action,note\n2020-01-01,"open,x\n' + rows))
    assert found.error is None
    assert found.rejected
    assert found.table.num_rows > 30_000


@pytest.mark.parametrize(
    ("texts", "first", "note"),
    [
        (["03/04/2020 10:00", "13/04/2020 10:00"], (2020, 4, 3, 10), "day first"),
        (["03/04/2020 10:00", "03/14/2020 10:00"], (2020, 3, 4, 10), "month first"),
        (["01/02/2020", "01/03/2020", "01/04/2020"], (2020, 1, 2, 0), "run forward"),
        (["3.4.2020 1:05:07", "3.4.2020 1:05:08"], (2020, 4, 3, 1), "day first"),
        (["2/2/2020", "2/2/2020"], (2020, 2, 2, 0), "open"),
        (["1/2/20 1:30 PM", "1/2/20 12:30 AM"], (2020, 2, 1, 13), "open"),
        (["2 Jan 2020 10:00", "3 Jan 2020 10:00"], (2020, 1, 2, 10), "dates"),
        (["Jan 2, 2020 10:00 AM", "Jan 3, 2020 10:00 AM"], (2020, 1, 2, 10), "dates"),
        (["20200102", "20200103"], (2020, 1, 2, 0), "YYYYMMDD"),
        (["20200102101112", "20200103101112"], (2020, 1, 2, 10), "YYYYMMDD"),
        (["1577959200", "1577959201"], (2020, 1, 2, 10), "s since 1970"),
        (["1577959200.5", "1577959201"], (2020, 1, 2, 10), "s since 1970"),
        (["1577959200000", "1577959201000"], (2020, 1, 2, 10), "ms since 1970"),
        (["1577959200000000", "1577959201000000"], (2020, 1, 2, 10), "µs since 1970"),
        (["43832,5", "43832,75"], (2020, 1, 2, 12), "spreadsheet days"),
        (["2020-01-02T10:00:00+02:00", "2020-01-02T10:00:00Z"], (2020, 1, 2, 8), "ISO 8601"),
        (["Thu, 02 Jan 2020 10:00:00 +0000", "Thu, 02 Jan 2020 10:00:00 GMT"], (2020, 1, 2, 10), "dates"),
        (["2020/01/02 10:00", "2020/01/03 10:00"], (2020, 1, 2, 10), "dates"),
    ],
)
def test_ways_to_write_a_time(
    table: Write, read: Read, texts: list[str], first: tuple[int, int, int, int], note: str
) -> None:
    path = table("time\taction\n" + "".join(f"{text}\tgo\n" for text in texts), "log.tsv")
    rows = read(CsvImporter(), path).rows
    assert len(rows) == len(texts)
    assert rows[0]["time"].replace(minute=0, second=0, microsecond=0) == datetime(*first, tzinfo=UTC)
    assert note in described(path)


def test_date_and_time_apart_start_and_end_durations(table: Write, read: Read) -> None:
    apart = table("Date,Time,action\n01/02/2020,10:30,go\n28/02/2020,11:00,go\n")
    assert read(CsvImporter(), apart).rows[0]["time"] == datetime(2020, 2, 1, 10, 30, tzinfo=UTC)
    both = table("Activity,Start Timestamp,Complete Timestamp\ngo,2020-01-01 10:00,2020-01-01 10:05\n")
    row = read(CsvImporter(), both).rows[0]
    assert (row["time"].minute, row["duration"]) == (0, 300_000_000)
    assert "end=Complete Timestamp" in described(both)
    for header, text, micros in (
        ("duration", "2.5", 2_500_000),
        ("duration_ms", "20", 20_000),
        ("duration", "1:30", 5_400_000_000),
    ):
        path = table(f"time,action,{header}\n2020-01-01,go,{text}\n")
        assert read(CsvImporter(), path).rows[0]["duration"] == micros


def test_the_user_has_the_last_word(table: Write, read: Read) -> None:
    path = table("a,b,c,d,e\n2020-01-01 10:00,do it,x,y,z\n")
    with pytest.raises(InputError, match="--map action=COLUMN"):
        described(path)
    row = read(CsvImporter(), path, mapping={"action": "b", "worker": "c", "case": "d+e"}).rows[0]
    assert (row["action"], row["worker"], row["case"], row.get("attributes")) == ("do it", "x", "L:yz", None)
    coalesced = read(CsvImporter(), path, mapping={"action": "b", "document": "c|d"}).rows[0]
    assert coalesced["document"] == "x"
    with pytest.raises(UsageError, match=r"no event field 'verb'.* action"):
        described(path, verb="b")
    with pytest.raises(UsageError, match=r"no column 'q'.*Columns: a, b, c, d, e"):
        described(path, action="q")
    with pytest.raises(UsageError, match="dmy, mdy"):
        described(path, action="b", date_order="ymd")
    with pytest.raises(InputError, match="no times"):
        described(path, action="b", time="c")
    dates = table("time,action,who\n02/03/2020,go,ann\n")
    assert read(CsvImporter(), dates, mapping={"date_order": "mdy"}).rows[0]["time"].month == 2
    off = read(CsvImporter(), dates, mapping={"worker": ""}).rows[0]
    assert off["attributes"] == '{"who":"ann"}'


def test_case_attributes_lifecycle_and_pandas_index(table: Write, read: Read) -> None:
    path = table(
        ",case:concept:name,concept:name,org:resource,time:timestamp,lifecycle:transition,case:product\n"
        "0,claim:1,pay,112.0,2020-01-01T00:00:00Z,COMPLETE,marine\n"
        "1,2.0,pay,nan,2020-01-01T00:00:00Z,start,\n"
    )
    rows = read(CsvImporter(), path).rows
    assert [(r["case"], r.get("worker"), r["attributes"]) for r in rows] == [
        ("claim:1", "112", '{"case:product":"marine"}'),
        ("L:2", None, '{"lifecycle:transition":"start"}'),
    ]


def test_an_outcome_on_every_row_stays_on_each_so_that_it_outlives_whoever_did_the_last(
    table: Write, read: Read
) -> None:
    path = table(
        "case,time,action,outcome\n1,2020-01-01,a,good\n1,2020-01-02,b,good\n2,2020-01-01,a,bad\n2,2020-01-02,b,bad\n"
    )
    assert [r.get("outcome") for r in read(CsvImporter(), path).rows] == ["good", "good", "bad", "bad"]


def test_names_the_work_does_not_have(table: Write, read: Read) -> None:
    disco = table(
        "Case ID,Activity,Complete Timestamp,Variant,Variant index\n1,a,2020/01/01 10:00:00.000,Variant 1,1\n"
    )
    assert "attributes" not in read(CsvImporter(), disco).rows[0]
    assert "left out as no part of the work: 'Variant', 'Variant index'" in described(disco)
    r = table(
        '"case","activity","time"\n"1","c1","a","2020-01-01"\n"2","c1","b","2020-01-02"\n"3","c2","b","2020-01-02"\n'
    )
    assert [x["case"] for x in read(CsvImporter(), r).rows] == ["L:c1", "L:c1", "L:c2"]


def test_a_log_of_the_user_interface(table: Write, read: Read) -> None:
    path = table(
        "timestamp,user,application,concept:name,browser_url,tag_name,id,current_worksheet\n"
        "2020-01-01T10:00:00.1,ann,Chrome,click,http://x,INPUT,name,\n2020-01-01T10:00:01,ann,Excel,edit,,,,Sheet1\n"
    )
    rows = read(CsvImporter(), path).rows
    assert (rows[0]["element_id"], rows[0]["element_role"], rows[0].get("case")) == ("name", "INPUT", None)
    assert rows[1]["window"] == "Sheet1"


def test_wide_and_heavy_tables_come_in_small_batches(table: Write, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    more = [f"c{i}" for i in range(100)]
    path = table(",".join(["time", "action", *more]) + "\n" + ("2020-01-01,go" + ",x" * 100 + "\n") * 500)
    whole = read(CsvImporter(), path)
    monkeypatch.setattr("guildbook.record.importers._batches.MOST_CELLS", 10_200)
    small = read(CsvImporter(), path)
    assert (whole.chunks, small.chunks) == (1, 5)
    monkeypatch.setattr("guildbook.record.importers._batches.MOST_BYTES", 1)
    assert read(CsvImporter(), path).rows == small.rows == whole.rows


def test_hostile_headers(table: Write, read: Read) -> None:
    wide = table(",".join(f"c{i}" for i in range(10**6)) + "\n" + "1," * (10**6 - 1) + "1\n")
    assert read(CsvImporter(), wide).error.code == "input-wide"
    assert CsvImporter().sniff(wide, wide.read_bytes()[:65_536]) > 0
    narrow = table(",".join(f"c{i}" for i in range(2_001)) + "\n")
    assert read(CsvImporter(), narrow).error.code == "input-wide"
    endless = table(b'"' + b"x" * (2 << 20))
    assert read(CsvImporter(), endless).error is not None
    twice = table("time,action,a,a,,\n2020-01-01,go,1,2,3,4\n")
    assert read(CsvImporter(), twice).rows[0]["attributes"] == '{"a":1,"a.2":2,"column 5":3,"column 6":4}'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "input-empty"),
        ("  \n\n", "input-empty"),
        ("2020-01-01,go,ann\n2020-01-02,go,bob\n", "input-no-header"),
        ("1,2,3\n4,5,6\n", "input-no-header"),
        ("just\nwords\nhere\n", "input-narrow"),
        ("action,who\ngo,ann\ngo,bob\n", "input-no-time"),
        ("time,amount\n2020-01-01,7\n", "input-no-action"),
        ("time,action\n", "input-empty"),
    ],
)
def test_what_is_no_table_of_events(table: Write, read: Read, text: str, code: str) -> None:
    error = read(CsvImporter(), table(text)).error
    assert error.code == code
    assert error.fix


def test_junk_folders_and_cut_files(tmp_path: Path, table: Write, read: Read) -> None:
    assert read(CsvImporter(), table(bytes(range(256)) * 300)).error.code == "input-binary"
    assert read(CsvImporter(), tmp_path).error.code == "input-folder"
    rows = "".join(f"2020-01-01,a{i * 7919},x{i * 104729}\n" for i in range(60_000))
    found = read(CsvImporter(), table(gzip.compress(("time,action,note\n" + rows).encode())[:-2_000], "log.csv.gz"))
    assert found.error.code == "input-cut"
    assert found.table.num_rows > 40_000


def test_sniffing(tmp_path: Path) -> None:
    importer = CsvImporter()
    assert isinstance(importer, Importer)
    assert isinstance(ParquetImporter(), Importer)
    assert importer.sniff(tmp_path / "a.csv", b"a,b\n1,2\n") == 0.9
    assert importer.sniff(tmp_path / "a.txt", b"a;b\n1;2\n") == 0.5
    assert importer.sniff(tmp_path / "a", b"a\tb\n1\t2\n") == 0.2
    assert importer.sniff(tmp_path / "a.json", b'{"a":1,\n"b":2}') == 0
    assert importer.sniff(tmp_path, b"") == 0
    assert ParquetImporter().sniff(tmp_path / "a", b"PAR1rest") == 1


def test_fingerprint_depends_on_bytes_and_options(table: Write) -> None:
    path = table("time,action\n2020-01-01,go\n")
    importer = CsvImporter()
    before = importer.fingerprint(path, ImportOptions())
    assert before != importer.fingerprint(path, ImportOptions(mapping={"action": "time"}))
    table("time,action\n2020-01-01,gone\n")
    assert before != importer.fingerprint(path, ImportOptions())


def test_parquet_of_any_kind(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "log.parquet"
    columns = {
        "timestamp": pa.array([1_577_872_800 * 10**9, None], pa.timestamp("ns")),
        "activity": pa.array(["pay", "x"]).dictionary_encode(),
        "user": pa.array(["ann", "bob"], pa.large_string()),
        "case_id": pa.array([7, 7]),
        "amount": pa.array([Decimal("1.50"), None]),
        "ok": [True, None],
        "tags": [["a", "b"], None],
        "due": [date(2020, 2, 1), None],
        "n": pa.array([3, None], pa.int32()),
    }
    pq.write_table(pa.table(columns), path)
    found = read(ParquetImporter(), path)
    assert found.rows == [
        {
            "worker": "ann",
            "time": datetime(2020, 1, 1, 10, tzinfo=UTC),
            "seq": 0,
            "source": "parquet",
            "action": "pay",
            "case": "L:7",
            "attributes": '{"amount":1.5,"due":{"$date":"2020-02-01"},"n":3,"ok":true,"tags":["a","b"]}',
        }
    ]
    assert [(r.line, r.reason) for r in found.rejected] == [(2, "no time")]
    assert "time=timestamp" in ParquetImporter().describe(path, ImportOptions())


def test_parquet_that_is_broken(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "log.parquet"
    path.write_bytes(b"PAR1" + bytes(200) + b"PAR1")
    assert read(ParquetImporter(), path).error is not None
    path.write_bytes(b"")
    assert read(ParquetImporter(), path).error is not None
    assert read(ParquetImporter(), tmp_path).error.code == "input-folder"
    pq.write_table(pa.table({f"c{i}": [1] for i in range(2_001)}), path)
    assert read(ParquetImporter(), path).error.code == "input-wide"
    pq.write_table(pa.table({"time": pa.array([], pa.timestamp("us")), "action": pa.array([], pa.string())}), path)
    assert read(ParquetImporter(), path).error.code == "input-empty"


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "events", "cases", "fields"),
    [
        ("uilogs/log1_segmented.csv", 1_400, 100, "app case document element_id element_name url value_after window"),
        (
            "uilogs/log2_segmented.csv",
            14_804,
            1_000,
            "app case document element_id element_name url value_after window",
        ),
        (
            "uilogs/Reimbursement_raw.csv",
            4_591,
            0,
            "app document element_id element_name url value_after window worker",
        ),
        ("uilogs/Reimbursement_segmented.csv", 3_113, 50, "app case document element_id element_name url worker"),
        ("uilogs/StudentRecord_segmented.csv", 1_539, 50, "app case document element_id element_name url worker"),
        ("uilogs/Reimbursement_tasks.csv", 3_113, 0, "app attributes document element_id element_name url worker"),
        ("uilogs/StudentRecord_tasks.csv", 1_539, 0, "app attributes document element_id element_name url worker"),
        ("uilogs/L1.csv", 6_114, 0, "app attributes document element_id element_name url worker"),
        ("uilogs/L2.csv", 9_039, 0, "app attributes document element_id element_name url worker"),
        ("outcomes/email-inbox-nl-turk.csv.gz", 2_024, 345, "attributes case element_role outcome value_after"),
        ("outcomes/enter-time.csv.gz", 1_612, 261, "attributes case element_role outcome value_after"),
    ],
)
def test_real_tables(shared_data: Path, read: Read, name: str, events: int, cases: int, fields: str) -> None:
    found = read(CsvImporter(), shared_data / name)
    assert found.error is None
    assert not found.rejected
    assert found.table.num_rows == events
    assert len(found.table.column("case").drop_null().unique()) == cases
    said = {n for n in found.table.column_names if found.table.column(n).null_count < events}
    assert said >= set(fields.split())
    if "tasks" in name or "/L" in name:
        assert '"Task":' in "".join(filter(None, found.table.column("attributes").to_pylist()))
