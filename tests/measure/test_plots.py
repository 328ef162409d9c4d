"""Charts are written without a network, and say what is missing."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from guildbook.measure import plots
from guildbook.model.errors import UsageError

ROWS: list[dict[str, Any]] = [
    {"mechanism": name, "s": step / 5, "a": 0.4 + step / 10, "low": 0.35 + step / 10, "high": 0.45 + step / 10}
    for name in ("caps", "withhold")
    for step in range(5)
]


def _charts() -> dict[str, Any]:
    return {
        "lines": plots.lines(ROWS, "s", "a", low="low", high="high", by="mechanism", stepped=True, title="A line"),
        "points": plots.points(ROWS, "s", "a", low="low", high="high", x_low="s", x_high="a", by="mechanism"),
        "bars": plots.bars(ROWS[:5], "s", "a", low="low", high="high", by="mechanism"),
    }


@pytest.mark.parametrize("kind", ["lines", "points", "bars"])
def test_charts_are_written_in_three_forms(kind: str, tmp_path: Path) -> None:
    chart = _charts()[kind]
    for suffix, start in ((".html", b"<!DOCTYPE html>"), (".svg", b"<svg"), (".png", b"\x89PNG")):
        path = plots.save(chart, tmp_path / "deep" / f"{kind}{suffix}")
        assert path.read_bytes().startswith(start)


def test_html_asks_no_other_machine(tmp_path: Path) -> None:
    page = plots.save(_charts()["lines"], tmp_path / "line.html").read_text(encoding="utf-8")
    assert not re.search(r"<script[^>]*\ssrc\s*=", page)
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert "http" not in markup
    assert "url(" not in markup


def test_intervals_and_colours_are_drawn() -> None:
    chart = _charts()["points"].to_dict()
    assert [layer["mark"]["type"] for layer in chart["layer"]] == ["rule", "rule", "point"]
    assert chart["layer"][0]["encoding"]["color"]["scale"]["domain"] == ["caps", "withhold"]
    assert plots.lines(ROWS, "s", "a").to_dict()["layer"][0]["mark"]["type"] == "line"


def test_another_ending_is_refused_before_the_work() -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        plots.suited(Path("chart.pdf"))


def test_without_the_extra_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(plots.MissingPlotError, match=r"guildbook\[plot\]"):
        plots.suited(Path("chart.svg"))
