"""Charts of measured values: lines with a band, points with intervals, bars; written as HTML, SVG or PNG.

The HTML carries its scripts in itself and asks no other machine for anything. Rows are plain mappings; a column that is
missing or None in a row leaves that mark out. Drawing needs the extra `plot` (Vega-Altair and vl-convert, both BSD-3).
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from guildbook.model.errors import GuildbookError, UsageError

Row = Mapping[str, Any]

SUFFIXES: Final = (".html", ".svg", ".png")
WIDTH: Final = 640
HEIGHT: Final = 400
# Told apart by the colour-blind: Okabe and Ito ("Color Universal Design", 2008), then from Tol's muted scheme (2021).
COLOURS: Final = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8B6D00", "#000000",
    "#882255", "#44AA99", "#332288", "#999933",
)  # fmt: skip


class MissingPlotError(GuildbookError):
    """Drawing needs a library that is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "Guildbook is installed without support for charts.", "pip install 'guildbook[plot]'", "extra-missing"
        )


def suited(path: Path) -> Path:
    """The path, if a chart can be written there.

    Ask before long work. Raises `UsageError` for another ending than `SUFFIXES`, `MissingPlotError` without the extra.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"A chart cannot be written as {path.name!r}.", f"Endings: {', '.join(SUFFIXES)}.")
    _altair()
    return path


def save(chart: Any, path: Path) -> Path:
    """Write a chart by the ending of the path; raises as `suited` does, and `OSError`."""
    suited(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = path.suffix.lower()[1:]
    if kind == "html":
        path.write_text(_html(chart), encoding="utf-8")
    elif kind == "png":
        chart.save(str(path), format="png", scale_factor=2)
    else:
        chart.save(str(path), format="svg")
    return path


def lines(
    rows: Sequence[Row],
    x: str,
    y: str,
    *,
    low: str | None = None,
    high: str | None = None,
    by: str | None = None,
    stepped: bool = False,
    marks: bool = True,
    title: str = "",
    named: Mapping[str, str] | None = None,
) -> Any:
    """A line for each value of `by`, with the band from `low` to `high`.

    `stepped`: the value holds until the next. `named`: titles of columns.
    """
    alt = _altair()
    base = alt.Chart(alt.Data(values=_plain(rows)))
    common: dict[str, Any] = _positions(alt, x, y, named) | _coloured(alt, rows, by, named)
    drawn: dict[str, Any] = {"interpolate": "step-after"} if stepped else {}
    layers: list[Any] = []
    if low and high:
        band: dict[str, Any] = {k: v for k, v in common.items() if k != "y"}
        layers.append(
            base.mark_area(opacity=0.18, **drawn).encode(
                y=alt.Y(low, type="quantitative", title=_name(y, named)), y2=alt.Y2(high), **band
            )
        )
    layers.append(base.mark_line(point=marks, **drawn).encode(tooltip=_tips(alt, rows), **common))
    return _framed(alt.layer(*layers), title)


def points(
    rows: Sequence[Row],
    x: str,
    y: str,
    *,
    x_low: str | None = None,
    x_high: str | None = None,
    low: str | None = None,
    high: str | None = None,
    by: str | None = None,
    title: str = "",
    named: Mapping[str, str] | None = None,
) -> Any:
    """A point for each row, with the intervals of its x and its y."""
    alt = _altair()
    base = alt.Chart(alt.Data(values=_plain(rows)))
    common: dict[str, Any] = _positions(alt, x, y, named) | _coloured(alt, rows, by, named)
    layers: list[Any] = []
    if low and high:
        upright: dict[str, Any] = {k: v for k, v in common.items() if k != "y"}
        up = alt.Y(low, type="quantitative", title=_name(y, named))
        layers.append(base.mark_rule(opacity=0.6).encode(y=up, y2=alt.Y2(high), **upright))
    if x_low and x_high:
        level: dict[str, Any] = {k: v for k, v in common.items() if k != "x"}
        left = alt.X(x_low, type="quantitative", title=_name(x, named))
        layers.append(base.mark_rule(opacity=0.6).encode(x=left, x2=alt.X2(x_high), **level))
    layers.append(base.mark_point(filled=True, size=50).encode(tooltip=_tips(alt, rows), **common))
    return _framed(alt.layer(*layers), title)


def bars(
    rows: Sequence[Row],
    label: str,
    value: str,
    *,
    low: str | None = None,
    high: str | None = None,
    by: str | None = None,
    title: str = "",
    named: Mapping[str, str] | None = None,
) -> Any:
    """A bar for each row, in the order given, with its interval."""
    alt = _altair()
    base = alt.Chart(alt.Data(values=_plain(rows)))
    upright: dict[str, Any] = {
        "y": alt.Y(label, type="nominal", sort=None, title=_name(label, named)),
        **({"yOffset": alt.YOffset(by, type="nominal", sort=None)} if by else {}),
    }
    length = alt.X(value, type="quantitative", title=_name(value, named))
    colour = _coloured(alt, rows, by, named)
    layers: list[Any] = [base.mark_bar(opacity=0.85).encode(x=length, tooltip=_tips(alt, rows), **upright, **colour)]
    if low and high:
        layers.append(base.mark_rule().encode(x=alt.X(low, type="quantitative"), x2=alt.X2(high), **upright))
    chart = _framed(alt.layer(*layers), title)
    return chart.properties(height=alt.Step(18))


def _altair() -> Any:
    """The library, which is an extra, and the renderer it needs."""
    try:
        importlib.import_module("vl_convert")
        return importlib.import_module("altair")
    except ModuleNotFoundError as error:
        raise MissingPlotError from error


def _html(chart: Any) -> str:
    """The page with Vega's scripts inside it, so that it opens without a network."""
    page: str = chart.to_html(inline=True, embed_options={"actions": False, "renderer": "svg"})
    return page


def _plain(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [{k: v.item() if hasattr(v, "item") else v for k, v in row.items()} for row in rows]


def _name(column: str, named: Mapping[str, str] | None) -> str:
    return (named or {}).get(column, column)


def _positions(alt: Any, x: str, y: str, named: Mapping[str, str] | None) -> dict[str, Any]:
    return {
        "x": alt.X(x, type="quantitative", title=_name(x, named)),
        "y": alt.Y(y, type="quantitative", title=_name(y, named), scale=alt.Scale(zero=False)),
    }


def _coloured(alt: Any, rows: Sequence[Row], by: str | None, named: Mapping[str, str] | None) -> dict[str, Any]:
    if by is None:
        return {}
    values = list(dict.fromkeys(str(row[by]) for row in rows))
    colours = [COLOURS[number % len(COLOURS)] for number in range(len(values))]
    scale = alt.Scale(domain=values, range=colours)
    return {"color": alt.Color(by, type="nominal", scale=scale, title=_name(by, named))}


def _tips(alt: Any, rows: Sequence[Row]) -> list[Any]:
    if not rows:
        return []
    first = rows[0]
    return [
        alt.Tooltip(k, type="nominal" if isinstance(v, str) else "quantitative", **_digits(v)) for k, v in first.items()
    ]


def _digits(value: Any) -> dict[str, str]:
    return {"format": ".4f"} if isinstance(value, float) else {}


def _framed(chart: Any, title: str) -> Any:
    return chart.properties(width=WIDTH, height=HEIGHT, title=title)
