from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildbook.columns import RAW_SCHEMA, raw_table
from guildbook.model import InputError, UnknownNameError
from guildbook.model import time as clock
from guildbook.plugins import Chunk, Importer, ImportOptions, Rejected, importers
from guildbook.record import reader
from guildbook.record.importers._fingerprint import file_fingerprint


@dataclass
class Fake:
    """Reads files that begin with its name; gives the chunks it was made with."""

    name: str = "fake"
    title: str = "fake log"
    score: float = 0.5
    chunks: list[Chunk] = field(default_factory=list[Chunk])
    folders: bool = False

    def sniff(self, path: Path, head: bytes) -> float:
        return self.score if head.startswith(b"fake") or (self.folders and path.is_dir()) else 0.0

    def describe(self, path: Path, options: ImportOptions) -> str:
        return f"{self.title} {options.namespace}"

    def fingerprint(self, path: Path, options: ImportOptions) -> str:
        return "f" * 64 if path.is_dir() else file_fingerprint(path, options, "fake")

    def read(self, path: Path, options: ImportOptions) -> Iterator[Chunk]:
        yield from self.chunks


def use(monkeypatch: pytest.MonkeyPatch, *fakes: Fake) -> None:
    found: dict[str, Importer] = {f.name: f for f in fakes}

    def by_name(name: str) -> Importer:
        return found[name]

    monkeypatch.setattr(reader, "importers", lambda: found)
    monkeypatch.setattr(reader, "importer", by_name)


def table(**columns: Any) -> pa.Table:
    return raw_table({"time": [1_700_000_000_000_000], "action": ["a"], **columns})


def read_all(fake: Fake, options: ImportOptions | None = None) -> list[Chunk]:
    planned = reader.Planned(Path("x"), fake, options or ImportOptions(), "", "0123456789abcdef")
    return list(reader.read(planned))


def test_the_surest_importer_reads_and_ties_go_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_text("fake")
    use(monkeypatch, Fake("b", score=0.5), Fake("c", score=0.9), Fake("a", score=0.5))
    assert reader.find(tmp_path / "x").name == "c"
    use(monkeypatch, Fake("b", score=0.5), Fake("a", score=0.5))
    assert reader.find(tmp_path / "x").name == "a"
    assert reader.find(tmp_path / "x", only="b").name == "b"


def test_a_certain_namesake_of_the_ending_is_asked_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.sure").write_text("fake")
    use(monkeypatch, Fake("a", score=1.0), Fake("sure", score=1.0))
    monkeypatch.setattr(reader, "namesake", {".sure": Fake("sure", score=1.0)}.get)
    assert reader.find(tmp_path / "x.sure").name == "sure"
    monkeypatch.setattr(reader, "namesake", {".sure": Fake("sure", score=0.9)}.get)
    assert reader.find(tmp_path / "x.sure").name == "a", "who is not certain is one among all"


def test_what_nothing_reads_is_an_error_that_names_what_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\0\1\2")
    with pytest.raises(InputError) as caught:
        reader.find(tmp_path / "x")
    for name, found in importers().items():
        assert f"{found.title} ({name})" in caught.value.fix
    assert "--as" in caught.value.fix


def test_missing_paths_and_unknown_importers_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no"):
        reader.plan([tmp_path / "nothing"])
    with pytest.raises(InputError, match="There is no"):
        reader.find(Path("\0"))
    (tmp_path / "x").write_text("x")
    with pytest.raises(UnknownNameError):
        reader.plan([tmp_path / "x"], only="telepathy")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("BPI.xes.gz", "BPI"),
        ("train_val_BPI.xes", "train_val_BPI"),
        ("test_x.csv", "test_x"),
        ("v1.2", "v1.2"),
        (".bash_history", ".bash_history"),
        ("a:b.CSV", "a-b"),
        (".csv", ".csv"),
    ],
)
def test_the_namespace_is_the_name_without_its_endings(name: str, expected: str) -> None:
    assert reader.namespace(Path("/some/folder") / name) == expected


def test_a_plan_says_what_will_be_read_and_the_same_content_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, Fake())
    (tmp_path / "one.csv").write_text("fake 1")
    (tmp_path / "copy.csv").write_text("fake 1")
    (tmp_path / "two.csv").write_text("fake 2")
    found = reader.plan([tmp_path / "one.csv", tmp_path / "copy.csv", tmp_path / "one.csv", str(tmp_path / "two.csv")])
    assert [p.path.name for p in found] == ["one.csv", "two.csv"]
    assert found[0].description == "fake log one"
    assert found[0].options.namespace == "one"
    assert found[:1] == (found[0],)
    assert [s.path.name for s in found.skipped] == ["copy.csv", "one.csv"]
    assert reader.plan([tmp_path / "copy.csv"])[0].fingerprint == found[0].fingerprint


def test_a_folder_is_every_readable_file_below_it_and_the_rest_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, Fake())
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "b").write_text("fake b")
    (tmp_path / "a").write_text("fake a")
    (tmp_path / "same").write_text("fake a")
    (tmp_path / "other").write_text("else")
    (tmp_path / ".hidden").write_text("fake h")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    found = reader.plan([tmp_path])
    assert [p.path.relative_to(tmp_path).as_posix() for p in found] == ["a", "deep/er/b"]
    assert {s.path.name for s in found.skipped} == {"same", "other", ".hidden", "loop", "gone", "pipe"}


def test_a_folder_without_anything_readable_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Fake())
    (tmp_path / "x").write_text("else")
    with pytest.raises(InputError, match="nothing Guildbook knows"):
        reader.plan([tmp_path])


def test_a_folder_that_is_one_input_is_planned_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Fake("box", score=0.9, folders=True))
    assert [p.path for p in reader.plan([tmp_path])] == [tmp_path]


def test_an_unsure_folder_importer_only_reads_what_nothing_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, Fake("box", score=0.1, folders=True))
    assert [p.path for p in reader.plan([tmp_path])] == [tmp_path]
    (tmp_path / "x").write_text("fake")
    assert [p.path.name for p in reader.plan([tmp_path])] == ["x"]
    assert [p.path for p in reader.plan([tmp_path], only="box")] == [tmp_path]


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Fake())
    monkeypatch.setattr(reader, "MOST_FILES", 2)
    for name in "abc":
        (tmp_path / name).write_text(f"fake {name}")
    with pytest.raises(InputError, match="more than 2 files"):
        reader.plan([tmp_path])


def test_folders_in_folders_end_somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Fake())
    monkeypatch.setattr(reader, "DEEPEST", 3)
    deep = tmp_path
    for level in range(6):
        deep /= str(level)
        deep.mkdir()
        (deep / "f").write_text(f"fake {level}")
    found = reader.plan([tmp_path])
    assert len(found) == 3
    assert [s.reason for s in found.skipped] == ["more than 3 folders deep"]


def test_a_name_that_is_no_text_does_not_matter(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.csv"))
    path.write_text("case,activity,time\n1,a,2024-01-01\n")
    (planned,) = reader.plan([path])
    assert [c.events["case"].to_pylist() for c in reader.read(planned)] == [["??:1"]]


def test_a_worker_is_filled_in_where_the_input_names_nobody() -> None:
    fake = Fake(chunks=[Chunk(table(worker=[None])), Chunk(table(worker=["ada"])), Chunk(table(worker=[""]))])
    names = [c.events["worker"].to_pylist() for c in read_all(fake)]
    assert names == [["unnamed-01234567"], ["ada"], ["unnamed-01234567"]]
    names = [c.events["worker"].to_pylist() for c in read_all(fake, ImportOptions(worker="bo"))]
    assert names == [["bo"], ["ada"], ["bo"]]


def test_source_and_origin_are_never_null() -> None:
    (chunk,) = read_all(Fake(chunks=[Chunk(table())]))
    assert chunk.events["source"].to_pylist() == ["fake"]
    assert chunk.events["origin"].to_pylist() == ["unknown"]


def test_impossible_times_are_rejected_with_the_row() -> None:
    times = [clock.EARLIEST - 1, clock.EARLIEST, clock.LATEST - 1, clock.LATEST, None]
    events = raw_table({"time": times, "action": list("abcde"), "window": ["tool --password x"] * 5})
    (chunk,) = read_all(Fake(chunks=[Chunk(events, (Rejected(7, "bad", "--password x"),), 0.5)]))
    assert chunk.events["action"].to_pylist() == ["b", "c"]
    assert [r.reason for r in chunk.rejected] == ["bad", *["time outside the years 1900 to 2199"] * 2, "no time"]
    assert chunk.rejected[0].text == "--password [secret]"
    assert "'action': 'd'" in chunk.rejected[2].text
    assert chunk.progress == 0.5


def test_a_row_that_says_nothing_was_done_is_rejected() -> None:
    (chunk,) = read_all(Fake(chunks=[Chunk(raw_table({"time": [1, 2], "action": ["a", None]}))]))
    assert chunk.events.num_rows == 1
    assert [r.reason for r in chunk.rejected] == ["no action"]


def test_chunks_are_redacted_and_bounded() -> None:
    (chunk,) = read_all(Fake(chunks=[Chunk(table(window=["tool --password hunter2"], value_after=["v" * 10_000]))]))
    assert chunk.events["window"].to_pylist() == ["tool --password [secret]"]
    assert chunk.events["redactions"].to_pylist() == ["window,value_after:cut"]


def test_a_chunk_that_is_too_long_is_split_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_ROWS", 10)
    rows = list(range(25))
    events = raw_table({"time": rows, "seq": rows, "action": ["a"] * 25})
    chunks = read_all(Fake(chunks=[Chunk(events, (Rejected(1, "x", "y"),))]))
    assert [c.events.num_rows for c in chunks] == [10, 10, 5]
    assert [s for c in chunks for s in c.events["seq"].to_pylist()] == rows
    assert sum(len(c.rejected) for c in chunks) == 1


def test_a_chunk_of_rejected_rows_only_comes_through() -> None:
    (chunk,) = read_all(Fake(chunks=[Chunk(RAW_SCHEMA.empty_table(), (Rejected(1, "x", "y"),))]))
    assert chunk.events.num_rows == 0
    assert len(chunk.rejected) == 1


def test_columns_that_are_not_an_events_are_the_importers_fault() -> None:
    with pytest.raises(InputError, match="fake") as caught:
        read_all(Fake(chunks=[Chunk(pa.table({"x": [1]}))]))
    assert caught.value.code == "importer-schema"


def test_real_inputs_side_by_side_are_found_by_looking(tmp_path: Path) -> None:
    """A repository, a mailbox, a history and an export in one folder, by the installed importers."""
    commit = ["-c", "user.name=A", "-c", "user.email=a@x", "commit", "-q", "--allow-empty", "-m", "first"]
    for arguments in (["init", "-q", "repo"], ["-C", "repo", *commit]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    (tmp_path / "box.mbox").write_bytes(
        b"From a Mon Jan  1 00:00:00 2024\nFrom: a@x\nTo: b@x\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n\nhi\n"
    )
    (tmp_path / "history").write_text("#1700000000\nls\n")
    event = {"timestamp": "2024-01-01T10:00:00Z", "duration": 1, "data": {"app": "x", "title": "t"}}
    bucket = {"id": "w", "type": "currentwindow", "client": "c", "hostname": "h", "events": [event]}
    (tmp_path / "aw.json").write_text(json.dumps({"buckets": {"w": bucket}}))
    found = reader.plan([tmp_path])
    assert [p.importer.name for p in found] == ["activitywatch", "mail", "shell", "git"]
    assert [sum(c.events.num_rows for c in reader.read(p)) for p in found] == [1, 1, 1, 1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=400), st.sampled_from(["x", "x.csv", "x.eml", "x.json", ".bash_history", "x.xes", "x.xes.gz"])
)
def test_no_bytes_break_finding_and_reading(tmp_path: Path, data: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    try:
        for planned in reader.plan([path]):
            for chunk in reader.read(planned):
                assert chunk.events.schema.equals(RAW_SCHEMA)
    except InputError:
        pass
