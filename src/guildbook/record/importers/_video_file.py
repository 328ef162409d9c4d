"""Frames of a video file, grey, one a second, by the ffmpeg of this machine.

A file may be hostile: nothing but itself is read, in the one form that its first bytes say, with bounds on pixels,
hours and waiting.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from guildbook.model import time as clock
from guildbook.model.errors import InputError
from guildbook.record.seeing.lines import Gray

MOST_HOURS: Final = 12
WIDEST: Final = 2560
"""Pixels; a wider frame is made smaller."""
MOST_PIXELS: Final = 64 << 20
"""Of a frame as the file says it."""
_PATIENCE: Final = 120.0
"""Seconds without a frame after which the file counts as unreadable."""
_FORMS: Final = ((b"\x1a\x45\xdf\xa3", 0, "matroska"), (b"ftyp", 4, "mov"), (b"moov", 4, "mov"), (b"mdat", 4, "mov"))
_FEWEST: Final = 16
_YEAR: Final = 2000


@dataclass(frozen=True, slots=True)
class Video:
    """What a file says of itself."""

    path: Path
    form: str
    seconds: float
    """0 where it does not say."""
    width: int
    height: int
    created: int | None
    """µs UTC."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frames that are read."""
        if self.width <= WIDEST:
            return self.width, self.height
        return WIDEST, max(round(self.height * WIDEST / self.width), 1)


def form(head: bytes) -> str:
    """Which of ffmpeg's readers a file's first bytes ask for; empty for none that is taken."""
    for mark, place, name in _FORMS:
        if head[place : place + len(mark)] == mark:
            return name
    return ""


def lacking() -> str:
    """What must be installed before a video can be read; empty where nothing is."""
    if all(shutil.which(name) for name in ("ffmpeg", "ffprobe")):
        return ""
    return "Reading video needs ffmpeg (Debian: apt install ffmpeg)."


def probe(path: Path) -> Video:
    """What a video is. Raises `InputError` where it is none that can be read."""
    if lacking():
        raise InputError(lacking(), "Install it and import again.", "video-ffmpeg")
    try:
        with path.open("rb") as file:
            kind = form(file.read(_FEWEST))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error
    if not kind:
        raise InputError(f"{path} is no MP4, MOV, MKV or WebM file.", "Convert it first.", "video-form")
    asked = "format=duration:format_tags=creation_time:stream=width,height"
    try:
        answer = subprocess.run(
            ["ffprobe", *_READING, "-f", kind, "-select_streams", "v:0", "-show_entries", asked, "-of", "json",
             "-i", _url(path)],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False,
        )  # fmt: skip
        found: dict[str, Any] = json.loads(answer.stdout or b"{}")
    except (subprocess.TimeoutExpired, ValueError):
        raise _damaged(path, "ffprobe does not come to an end with it") from None
    stream: dict[str, Any] = next(iter(found.get("streams", ())), {})
    width, height = int(stream.get("width", 0)), int(stream.get("height", 0))
    if answer.returncode or width < 1 or height < 1:
        raise _damaged(path, answer.stderr.decode("utf-8", "replace").strip().partition("\n")[0] or "it shows nothing")
    if width * height > MOST_PIXELS:
        raise InputError(f"{path} has frames of {width}×{height} pixels.", "Make it smaller first.", "video-large")
    about: dict[str, Any] = found.get("format", {})
    made: dict[str, Any] = about.get("tags", {})
    return Video(path, kind, _seconds(about.get("duration")), width, height, _created(made.get("creation_time")))


def frames(video: Video) -> Iterator[tuple[float, Gray]]:
    """Seconds since the start and the frame, one a second, for `MOST_HOURS` at most.

    Raises `InputError` where the file is damaged; what could be read before has been given by then.
    """
    wide, high = video.size
    child = subprocess.Popen(
        ["ffmpeg", "-nostdin", *_READING, "-threads", "2", "-noautorotate", "-f", video.form, "-i", _url(video.path),
         "-map", "0:v:0", "-t", str(MOST_HOURS * 3600), "-vf", f"fps=1,scale={wide}:{high},format=gray",
         "-f", "rawvideo", "pipe:1"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stderr is not None
    said: list[bytes] = []
    listener = threading.Thread(target=_listen, args=(child.stderr, said), daemon=True)
    listener.start()
    count = 0
    try:
        while (frame := _frame(child, child.stdout, wide, high)) is not None:
            yield float(count), frame
            count += 1
    finally:
        child.kill()
        status = child.wait()
        listener.join(5)
        child.stdout.close()
        child.stderr.close()
    if status > 0 or not count:
        why = b"".join(said).decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise _damaged(video.path, why[:200] or "it holds no frame")


def _frame(child: subprocess.Popen[bytes], stream: IO[bytes], wide: int, high: int) -> Gray | None:
    """The next frame; None at the end, which is also where nothing comes for long."""
    timer = threading.Timer(_PATIENCE, child.kill)
    timer.start()
    try:
        body = stream.read(wide * high)
    finally:
        timer.cancel()
    if len(body) < wide * high:
        child.wait(_PATIENCE)
        return None
    return np.frombuffer(body, np.uint8).reshape(high, wide)


def _listen(stream: IO[bytes], said: list[bytes]) -> None:
    """Keep the end of what ffmpeg complains of, so that its pipe never fills."""
    while line := stream.readline(4096):
        said.append(line)
        del said[:-20]


_READING: Final = ("-v", "error", "-protocol_whitelist", "file,pipe")


def _url(path: Path) -> str:
    # `file:` and an absolute path, so that no name is taken for an option or an address.
    return f"file:{path.absolute()}"


def _seconds(said: Any) -> float:
    try:
        return max(float(said), 0.0)
    except (TypeError, ValueError):
        return 0.0


def _created(said: Any) -> int | None:
    """The time a file says it was made; programs that do not know say 1904 or 1970."""
    try:
        made = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return clock.to_micros(made) if made.tzinfo is not None and made.year >= _YEAR else None


def _damaged(path: Path, why: str) -> InputError:
    return InputError(f"{path} cannot be read as video: {why}.", "Fetch it again, or convert it.", "video-damaged")
