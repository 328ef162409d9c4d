"""Text of a recorded screen is found at its time, and a file that is no video is one clear error."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest

from guildbook.model.errors import InputError
from guildbook.plugins import ImportOptions
from guildbook.record.importers import video
from guildbook.record.importers.video import VideoImporter
from guildbook.record.reader import find, plan
from guildbook.record.seeing.reading import lacking

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
BEGUN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory, missing_part: Callable[[str, str], NoReturn]) -> Path:
    """Ten seconds of a screen: a heading that stays, and a line that changes after six."""
    if shutil.which("ffmpeg") is None:
        missing_part("video", "ffmpeg not present")
    if not Path(FONT).exists():
        missing_part("desktop", "DejaVu fonts not present")
    path = tmp_path_factory.mktemp("video") / "work.mp4"
    common = f"fontfile={FONT}:fontsize=18:fontcolor=black:x=30"
    drawn = ",".join([
        f"drawtext={common}:y=20:text='Claims desk of Hamburg'",
        f"drawtext={common}:y=70:text='State waiting':enable='lt(t,6)'",
        f"drawtext={common}:y=70:text='State settled for 310 EUR':enable='gte(t,6)'",
    ])  # fmt: skip
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"color=white:s=480x140:r=5:d=10,{drawn}", "-pix_fmt", "yuv420p",
         "-metadata", "creation_time=2026-03-02T09:00:00Z", "-y", str(path)],
        check=True, timeout=60,
    )  # fmt: skip
    return path


@pytest.mark.video
@pytest.mark.screen
def test_text_is_found_at_its_time(recording: Path, read: Callable[..., Any], missing_part: Any) -> None:
    if lacking():
        missing_part("screen", lacking())
    found = read(VideoImporter(), recording, worker="Ada")
    assert found.error is None
    assert found.rejected == []
    first, second = found.rows
    assert first["value_after"] == "Claims desk of Hamburg\nState waiting"
    assert second["value_after"] == "State settled for 310 EUR"
    assert second["value_before"] == "State waiting"
    assert first["time"] == BEGUN
    assert abs(second["time"] - BEGUN - timedelta(seconds=6)) <= timedelta(seconds=1)
    assert (first["worker"], first["app"], first["action"], first["source"]) == ("Ada", "screen", "show", "video")
    assert second["media_offset"] == (second["time"] - BEGUN) // timedelta(microseconds=1)
    assert found.table.equals(read(VideoImporter(), recording, worker="Ada").table)


@pytest.mark.video
def test_when_it_began_is_said_or_found(recording: Path, tmp_path: Path) -> None:
    importer = VideoImporter()
    assert find(recording).name == "video"
    assert "2026-03-02T09:00:00" in importer.describe(recording, ImportOptions())
    said = importer.describe(recording, ImportOptions(mapping={"time": "2025-01-31T10:00:00+01:00"}))
    assert "2025-01-31T09:00:00" in said
    named = tmp_path / "Screencast from 2024-06-05 07-08-09.mp4"
    shutil.copy(recording, named)
    local = datetime(2024, 6, 5, 7, 8, 9).astimezone().astimezone(UTC)
    assert f"{local:%Y-%m-%dT%H:%M:%S}" in importer.describe(named, ImportOptions())
    bare = tmp_path / "bare.mkv"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(recording), "-map_metadata", "-1", "-c", "copy", str(bare)], check=True
    )
    assert "by the time the file was written" in importer.describe(bare, ImportOptions())
    with pytest.raises(InputError, match="no column"):
        importer.describe(recording, ImportOptions(mapping={"case": "x"}))
    with pytest.raises(InputError, match="no time"):
        importer.describe(recording, ImportOptions(mapping={"time": "noon"}))


@pytest.mark.video
@pytest.mark.parametrize("part", [20, 900, 3_000])
def test_a_damaged_file_is_one_clear_error(recording: Path, tmp_path: Path, part: int) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(recording.read_bytes()[:part])
    with pytest.raises(InputError, match="cannot be read as video"):
        plan([broken])


@pytest.mark.video
def test_a_file_that_names_others_reads_nothing_of_them(tmp_path: Path) -> None:
    hostile = tmp_path / "list.mp4"
    hostile.write_text("ffconcat version 1.0\nfile /etc/passwd\n")
    assert VideoImporter().sniff(hostile, hostile.read_bytes()) == 0
    with pytest.raises(InputError, match="no MP4"):
        VideoImporter().describe(hostile, ImportOptions())


def test_without_ffmpeg_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "a.mp4"
    path.write_bytes(b"\0\0\0\x18ftypisom" + bytes(100))
    with pytest.raises(InputError, match="apt install ffmpeg"):
        list(VideoImporter().read(path, ImportOptions()))


def test_names_of_recorders_are_read() -> None:
    for name in ("2026-03-02 09-15-00.mkv", "Screen Recording 2026-03-02 at 09.15.00.mov", "rec_20260302_091500.mp4"):
        assert video.NAMED.search(name) is not None
    assert video.NAMED.search("holiday.mp4") is None
