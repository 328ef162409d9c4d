"""`map`, `variants`, `conformance` and `drift` on books made from small files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

Run = Callable[..., tuple[int, str, str]]
Json = Callable[..., Any]
FIRST = datetime(2024, 1, 1, 8, tzinfo=UTC)


@pytest.fixture
def changing_log(tmp_path: Path) -> Path:
    """Forty weeks of orders; in the first 25 weeks a call makes a good end likelier, and then nobody calls any more."""
    chance = np.random.default_rng(3)
    rows = ["order,time,who,activity,outcome"]
    for number in range(900):
        moment = FIRST + timedelta(hours=int(chance.integers(0, 40 * 7 * 24)))
        late = moment >= FIRST + timedelta(weeks=25)
        called = not late and chance.random() < 0.5
        good = chance.random() < (0.95 if called else 0.5)
        steps = ["open", *(["call customer"] if called else []), "check", "decide"]
        for place, step in enumerate(steps):
            time = moment + timedelta(minutes=9 * place)
            outcome = ("good" if good else "bad") if step == "decide" else ""
            rows.append(f"O{number},{time:%Y-%m-%dT%H:%M:%SZ},{('Ada', 'Bo', 'Cy')[number % 3]},{step},{outcome}")
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_map_has_levels_and_says_what_it_holds(guildbook: Run, guildbook_json: Json, small_log: Path) -> None:
    assert guildbook("learn", small_log)[0] == 0
    (found,) = guildbook_json("map")
    assert found["episodes"] == 40
    assert found["levels"][0]["level"] == 0
    assert found["levels"][-1]["moves"] == found["levels"][-1]["traces"] == 1.0
    (happy,) = guildbook_json("map", "--level", "0")
    assert len(happy["levels"]) == 1
    assert {box["label"] for box in happy["boxes"]} == set(found["happy"])
    status, out, err = guildbook("map", "--task", found["id"], "--level", "1")
    assert status == 0
    assert "100.0% of all moves" in err
    assert out.count("→") == len(found["levels"][-1]["links"])
    assert guildbook("map", "--task", "nothing of the kind")[0] == 1


def test_a_map_is_drawn(guildbook: Run, small_log: Path, tmp_path: Path) -> None:
    guildbook("learn", small_log)
    for name in ("map.svg", "map.html"):
        assert guildbook("map", "-o", tmp_path / name)[0] == 0
    root = ET.fromstring((tmp_path / "map.svg").read_text("utf-8"))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"open", "fix", "close"} <= set(texts)
    assert (tmp_path / "map.html").read_text("utf-8").lstrip().startswith("<!doctype html>")
    status, _, err = guildbook("map", "-o", tmp_path / "map.pdf")
    assert status == 2
    assert "SVG" in err
    assert guildbook("map", "-o", tmp_path / "no" / "such" / "map.svg")[0] == 1


def test_variants_have_outcomes_and_differences(guildbook: Run, guildbook_json: Json, small_log: Path) -> None:
    guildbook("learn", small_log)
    (found,) = guildbook_json("variants")
    assert [(v["count"], v["good_rate"]) for v in found["variants"]] == [(20, 0.0), (20, 1.0)]
    assert sorted(found["variants"][1]["differs"]) in (
        ["with “check”", "without “fix”"],
        ["without “check”", "“fix” again"],
    )
    assert found["tree"][0]["step"] == "open"
    assert sum(branch["count"] for branch in found["tree"][0]["branches"]) == 40
    status, out, err = guildbook("variants", "--most", "1")
    assert status == 0
    assert "open → fix → fix → close" in out
    assert "2 variants in 40 cases" in err


def test_a_case_is_held_against_the_others(guildbook: Run, guildbook_json: Json, small_log: Path) -> None:
    guildbook("learn", small_log)
    found = guildbook_json("conformance", "T1")
    assert found["case"].endswith(":T1")
    assert (found["fitness"], found["deviations"]) == (1.0, [])
    assert found == guildbook_json("conformance", found["case"])
    status, _, err = guildbook("conformance", "T1")
    assert status == 0
    assert "Nothing about it is unusual." in err
    assert guildbook("conformance", "T4711")[0] == 1


def test_what_is_refused_is_not_compared(guildbook: Run, small_log: Path) -> None:
    guildbook("learn", small_log)
    for worker in ("Ada", "Bo", "Cy"):
        guildbook("refuse", "--worker", worker, "--purpose", "train-people")
    assert guildbook("conformance", "T1")[0] == 1


def test_a_change_is_told_and_its_practice_retired(guildbook: Run, guildbook_json: Json, changing_log: Path) -> None:
    guildbook("learn", changing_log)
    (gone,) = [change for change in guildbook_json("drift") if change["kind"] == "disappears"]
    assert gone["activity"] == "call customer"
    assert abs((datetime.fromisoformat(gone["date"]) - (FIRST + timedelta(weeks=25)).replace(tzinfo=None)).days) <= 7
    assert "no longer done" in guildbook("drift")[1]
    everything = guildbook_json("practices", "list", "--all")
    old = [practice for practice in everything if "call customer" in practice["do"]]
    assert old
    assert {(practice["status"], practice["retired"]) for practice in old} == {("retired", gone["date"])}
    kept = guildbook_json("practices", "list")
    assert [p["id"] for p in kept] == [p["id"] for p in everything if p["status"] != "retired"]
    assert f"(retired {gone['date']})" in guildbook("practices", "list", "--all")[1]
    assert f"no longer done since {gone['date']}" in guildbook("practices", "show", old[0]["id"])[1]
    answer = guildbook_json("ask", "should I call the customer?")
    assert old[0]["id"] not in answer["citations"]


def test_a_steady_book_says_so(guildbook: Run, small_log: Path) -> None:
    guildbook("learn", small_log)
    status, _, err = guildbook("drift")
    assert status == 0
    assert "No change over time" in err


@pytest.mark.parametrize("words", [("map",), ("variants",), ("drift",), ("conformance", "T1")])
def test_an_empty_book_says_how_to_begin(guildbook: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    empty = tmp_path / "none.csv"
    empty.write_text("ticket,time,who,activity\n")
    status, _, err = guildbook(*words)
    assert status == 1
    assert "guildbook learn" in err
