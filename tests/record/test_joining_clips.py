"""A paste says what it came from, through a restart, and nothing of what was forgotten or may not be recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from guildbook.model import time as clock
from guildbook.record.joining_clips import KEPT, REACH, Clips
from guildbook.record.live.entry import Entry
from guildbook.record.live.guard import Guard, Rule
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox

NOW = 1_790_000_000_000_000
SECOND = 1_000_000
MAIL = {"id": "mail:a1@example.org", "type": "mail", "qualifier": ""}


def row(
    action: str, text: str, second: int, app: str = "mail", *objects: dict[str, str], **more: Any
) -> dict[str, Any]:
    return {"time": NOW + second * SECOND, "action": action, "clip": text, "app": app, "objects": list(objects), **more}


def sources(intake: Intake, source: str) -> list[list[str]]:
    """What each event of a source says it came from, oldest first."""
    entries = reversed(intake.outbox.entries(intake.own(source)))
    return [[o["id"] for o in e.data.get("objects", ()) if o["qualifier"] == "from"] for e in entries]


def test_a_paste_in_one_application_says_what_it_was_copied_from_in_another(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    intake = Intake(outbox, Guard(), "desk")
    intake.write("browser", [row("copy", "12,480.50", 0, "chromium", url="https://mail.example/m/7?x=1")])
    intake.write("sheets", [row("paste", " 12,480.50\n", 3, "libreoffice")])
    intake.write("sheets", [row("paste", "something else", 4, "libreoffice")])
    assert sources(intake, "sheets") == [["url:https://mail.example/m/7"], []]
    outbox.close()


def test_after_a_restart_it_still_does(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    Intake(outbox, Guard(), "desk").write("mail", [row("copy", "AB-2291", 0, "mail", MAIL)])
    outbox.close()
    outbox = Outbox(tmp_path)
    intake = Intake(outbox, Guard(), "desk")
    assert intake.post("browser", [row("paste", "AB-2291", 9, "chromium")], "b1") == 1
    assert sources(intake, "browser") == [["mail:a1@example.org"]]
    outbox.close()


def test_what_was_forgotten_or_kept_out_is_not_told(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    intake = Intake(outbox, Guard((Rule("app", "keepass"),)), "desk")
    assert intake.write("mail", [row("copy", "one", 0, "keepass", MAIL), row("copy", "two", 1, "mail", MAIL)]) == 1
    outbox.forget(NOW, NOW + 2 * SECOND)
    intake.clips.clear()
    intake.write("sheets", [row("paste", "one", 3, "libreoffice"), row("paste", "two", 4, "libreoffice")])
    assert sources(intake, "sheets") == [[], []]
    outbox.close()


def entry(action: str, mark: int, second: int, *objects: dict[str, str]) -> Entry:
    clip = {"id": f"clip:{mark}", "type": "clip", "qualifier": action}
    return Entry(NOW + second * SECOND, 0, {"action": action, "objects": [*objects, clip]})


def test_the_last_copy_counts_and_a_poorer_telling_of_it_does_not() -> None:
    clips = Clips(lambda since: [])
    other = {"id": "file:/b.txt", "type": "document", "qualifier": ""}
    clips.linked([entry("copy", 1, 0, MAIL), entry("copy", 1, 60, other), entry("copy", 1, 61)])
    (pasted,) = clips.linked([entry("paste", 1, 70)])
    assert [each["id"] for each in pasted.data["objects"]] == ["clip:1", "file:/b.txt"]


def test_a_paste_far_later_or_into_the_same_thing_says_nothing() -> None:
    clips = Clips(lambda since: [])
    clips.linked([entry("copy", 1, 0, MAIL)])
    late, same = entry("paste", 1, REACH // SECOND + 1), entry("paste", 1, 5, MAIL)
    assert clips.linked([late, same]) == [late, same]


def test_memory_is_bounded() -> None:
    clips = Clips(lambda since: [])
    clips.linked([entry("copy", number, number, MAIL) for number in range(KEPT + 5)])
    pasted = clips.linked([entry("paste", 0, KEPT + 9), entry("paste", KEPT, KEPT + 9)])
    assert [len(each.data["objects"]) for each in pasted] == [1, 2]


def test_a_clock_that_runs_ahead_is_noted_until_it_is_right(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    intake = Intake(outbox, Guard(), "desk")
    now = clock.now()
    intake.write("desktop", [{"time": now + clock.HOUR, "action": "run"}])
    assert abs(intake.ahead["desktop"] - clock.HOUR) < clock.MINUTE
    intake.write("desktop", [{"time": now, "action": "run"}])
    assert intake.ahead == {}
    outbox.close()
