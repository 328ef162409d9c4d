"""Charts of results: lines with bands, points, bars; as HTML with its scripts inside, SVG or PNG.

Drawing needs the extra `simulate` (Vega-Altair and vl-convert, both BSD-3). No other machine is asked for anything.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from guildbook.model.errors import GuildbookError, UsageError
from guildbook.simulate.figures_told import Figure

SUFFIXES: Final = (".html", ".svg", ".png")
WIDTH, HEIGHT = 300, 180
"""Of one chart: fits a phone, and text keeps its size."""
# Told apart by the colour-blind: Okabe and Ito ("Color Universal Design", 2008); those that show on dark and light.
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8B6D00", "#882255")
_DASHES: Final = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])
INK: Final = "#343a41"
"""Axes and words; on a page it gives way to the page's own colour."""
_COLUMNS: Final = 3
_BAR: Final = 16


class MissingPlotError(GuildbookError):
    """Drawing needs a library that is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "Guildbook is installed without support for charts.", "pip install 'guildbook[simulate]'", "extra-missing"
        )


def suited(path: Path, endings: Sequence[str] = SUFFIXES) -> Path:
    """The path, if a chart can be written there; raises `UsageError` for another ending, `MissingPlotError`."""
    if path.suffix.lower() not in endings:
        raise UsageError(f"Nothing can be drawn as {path.name!r}.", f"Endings: {', '.join(endings)}.")
    _library("altair")
    _library("vl_convert")
    return path


def chart(figure: Figure) -> Any:
    """The figure as an Altair chart without its title."""
    alt = _library("altair")
    base = alt.Chart(alt.Data(values=[dict(row) for row in figure.rows]))
    made = _bars(alt, base, figure) if figure.shape == "bars" else _along(alt, base, figure)
    return made.properties(width=WIDTH, **({} if figure.shape == "bars" else {"height": HEIGHT}))


def _along(alt: Any, base: Any, figure: Figure) -> Any:
    names = list(dict.fromkeys(str(row["by"]) for row in figure.rows))
    kinds = alt.Scale(domain=names, range=[COLOURS[place % len(COLOURS)] for place in range(len(names))])
    key = _key(alt, "circle" if figure.shape == "points" else "stroke") if len(names) > 1 else None
    color = alt.Color("by:N", scale=kinds, legend=key)
    x = alt.X("x:Q", title=figure.x, scale=alt.Scale(zero=False, nice=figure.shape != "lines"))
    banded = any("low" in row for row in figure.rows)
    tips = [alt.Tooltip("by:N", title=" "), alt.Tooltip("x:Q", title=figure.x, format=".4~g"),
            alt.Tooltip("y:Q", title="value", format=".4~g")]  # fmt: skip
    if banded:
        tips += [alt.Tooltip("low:Q", format=".4~g"), alt.Tooltip("high:Q", format=".4~g")]
    y = {"type": "quantitative", "title": None, "scale": alt.Scale(zero=False)}
    layers: list[Any] = []
    if figure.zero:
        layers.append(alt.Chart(alt.Data(values=[{"y": 0}])).mark_rule(color=INK, strokeWidth=1).encode(y="y:Q"))
    ends = {"x": x, "y": alt.Y("low", **y), "y2": alt.Y2("high"), "color": color}
    if figure.shape == "points":
        layers += [base.mark_rule(opacity=0.5).encode(**ends)] if banded else []
        layers.append(base.mark_point(filled=True, size=30).encode(x=x, y=alt.Y("y", **y), color=color, tooltip=tips))
        return alt.layer(*layers)
    if banded:
        layers.append(base.transform_filter("isValid(datum.low)").mark_area(opacity=0.25).encode(**ends))
    dashes = alt.Scale(domain=names, range=[_DASHES[place % len(_DASHES)] for place in range(len(names))])
    layers.append(base.mark_line(strokeWidth=2).encode(
        x=x, y=alt.Y("y", **y), color=color, tooltip=tips, strokeDash=alt.StrokeDash("by:N", scale=dashes, legend=key),
    ))  # fmt: skip
    return alt.layer(*layers)


def _bars(alt: Any, base: Any, figure: Figure) -> Any:
    names = list(dict.fromkeys(str(row["by"]) for row in figure.rows))
    key = _key(alt, "square") if len(names) > 1 else None
    color = alt.Color("by:N", scale=alt.Scale(domain=names, range=list(COLOURS[: len(names)])), legend=key)
    upright = {
        "y": alt.Y("label:N", sort=None, title=None),
        "yOffset": alt.YOffset("by:N", sort=names, scale=alt.Scale(domain=names)),
    }
    length = alt.X("y:Q", title=figure.x)
    tips = [alt.Tooltip("label:N", title=" "), alt.Tooltip("by:N", title="index"), alt.Tooltip("y:Q", format=".3~g")]
    bars = base.mark_bar().encode(x=length, color=color, tooltip=tips, **upright)
    errors = base.mark_rule(color=INK).encode(x=alt.X("low:Q"), x2=alt.X2("high"), **upright)
    return alt.layer(bars, errors).properties(height=alt.Step(_BAR))


def _key(alt: Any, symbol: str) -> Any:
    return alt.Legend(
        orient="bottom", direction="vertical", title=None, labelLimit=WIDTH, symbolType=symbol, symbolOpacity=1
    )


def save(figures: Sequence[Figure], path: Path) -> Path:
    """All figures in one picture, as SVG or PNG; raises as `suited` does, and `OSError`."""
    suited(path, SUFFIXES[1:])
    alt = _library("altair")
    named = [
        chart(each).properties(title=alt.TitleParams(each.title, subtitle=each.about, anchor="start", limit=WIDTH))
        for each in figures
    ]
    whole = _styled(alt.concat(*named, columns=_COLUMNS).resolve_scale(color="independent", strokeDash="independent"))
    whole = whole.properties(description=" ".join(each.said for each in figures))
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = path.suffix.lower()[1:]
    whole.save(str(path), format=kind, **({"scale_factor": 2} if kind == "png" else {}))
    return path


def _styled(made: Any, *, page: bool = False) -> Any:
    ink = {"labelColor": INK, "titleColor": INK, "titleFontWeight": "normal"}
    styled = (
        made.configure_axis(gridColor=INK, gridOpacity=0.15, domain=False, tickColor=INK, tickOpacity=0.3, **ink)
        .configure_view(stroke=None)
        .configure_legend(**ink)
        .configure_title(color=INK, subtitleColor=INK)
    )
    return styled.configure(background="transparent", aria=False, **_held(styled)) if page else styled


def _held(styled: Any) -> dict[str, Any]:
    """What `configure` would forget."""
    config = styled.config
    return {name: config[name] for name in ("axis", "view", "legend", "title")}


def spec(figure: Figure) -> str:
    """Vega-Lite's JSON of a figure for a page, in the page's own colours."""
    return json.dumps(_styled(chart(figure), page=True).to_dict()).replace(INK, "currentColor")


def picture(figure: Figure) -> str:
    """SVG of a figure for a page, in the page's own colours."""
    converter = _library("vl_convert")
    drawn: str = converter.vegalite_to_svg(_styled(chart(figure), page=True).to_dict(), vl_version=_version())
    return drawn.replace(INK, "currentColor")


def scripts() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, which makes `vegaEmbed`."""
    made: str = _library("vl_convert").javascript_bundle(vl_version=_version())
    return made


def _version() -> str:
    """Of Vega-Lite: the one whose words Altair uses."""
    return ".".join(_library("altair").SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingPlotError from error
