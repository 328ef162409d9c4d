from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., tuple[int, str, str]]


def test_from_what_was_learnt_and_an_export_back_to_the_traces(
    guildbook: Run, guildbook_json: Callable[..., Any], small_log: Path, tmp_path: Path
) -> None:
    guildbook("learn", small_log)
    guildbook("permit", "--worker", "Ada", "--purpose", "export")
    guildbook("export", "--format", "xes", "-o", tmp_path / "ada.xes")
    found = guildbook_json("lineage", "list")
    assert [(row["kind"], row["depth"]) for row in found] == [("sums", 1), ("knowledge", 2), ("export", 0)]
    shown = guildbook_json("lineage", "show", "knowledge-train-people", "--segments")
    assert len(shown["segments"]) == shown["readings"][0]["segments"] == 3
    grant = found[-1]["name"]
    guildbook("lineage", "derive", "words", "--kind", "index", "--from", grant, "--file", tmp_path / "ada.xes")
    made = guildbook_json("lineage", "derive", "pupil", "--from", "words")
    assert (made["depth"], made["state"], made["terms"]["purposes"]) == (2, "in use", ["export"])
    status, out, err = guildbook("lineage", "show", "pupil")
    assert (status, "words" in out, "Traces" in err) == (0, True, True)
    guildbook("terms", "pause", "--worker", "Ada")
    assert "withheld" in guildbook("lineage", "list")[1]
    assert guildbook("lineage", "derive", "more", "--from", "pupil")[0] == 1
    guildbook("terms", "resume", "--worker", "Ada")
    assert guildbook("lineage", "withdraw", "words")[0] == 0
    assert guildbook_json("lineage", "show", "words")["state"] == "gone"
    assert guildbook("lineage", "withdraw", "words")[0] == 1
    assert guildbook("lineage", "show", "nothing-like-it")[0] == 1
    assert guildbook("audit", "replay")[0] == 0
