"""Results on one page that asks nothing of any network: a report of pictures, or charts that answer to the pointer."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from guildbook import __version__
from guildbook.simulate.figures import figures, findings
from guildbook.simulate.figures_told import Figure
from guildbook.simulate.kept import Kept, told
from guildbook.simulate.parameters import ASSUMPTION, About, table
from guildbook.simulate.plots import picture, scripts, spec

_STARTS: Final = """
for (const place of document.querySelectorAll("[data-chart]")) {
  const drawn = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  vegaEmbed(place, drawn, { actions: false, renderer: "svg", ast: false });
}
"""
_WHAT: Final = {
    "run": "A scenario", "comparison": "Two scenarios compared", "sweep": "A sweep",
    "sensitivity": "What results hang on", "search": "A search for policies",
}  # fmt: skip


def report(found: Sequence[Kept], names: Sequence[str] = ()) -> str:
    """The whole report as HTML5: findings, pictures, tables, every parameter with its source, how to get it again.

    Raises as `figures` does, and `MissingPlotError`.
    """
    return _page(found, names, whole=True)


def plotted(found: Sequence[Kept], names: Sequence[str] = ()) -> str:
    """Charts that answer to the pointer, each with its table; raises as `report` does."""
    return _page(found, names, whole=False)


def _page(found: Sequence[Kept], names: Sequence[str], *, whole: bool) -> str:
    style = resources.files(__package__ or "").joinpath("report.css").read_text("utf-8")
    drawn = [figures(kept, names) for kept in found]
    code = "" if whole else (scripts() + _STARTS).replace("</script", "<\\/script")
    policy = (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src '{_digest(style)}'"
        if whole
        # Vega compiles what it draws, and puts its own style into the page; it may still ask nobody for anything.
        else "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; "
        f"script-src '{_digest(code)}' 'unsafe-eval'"
    )
    template = resources.files(__package__ or "").joinpath("report.html.j2").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(template).render(
        title=" and ".join(_title(kept) for kept in found), whole=whole, policy=policy, version=__version__,
        style=Markup(style),  # noqa: S704 - a file of this package
        code=Markup(code),  # noqa: S704 - scripts of Vega's, and ours
        parts=[_part(kept, each, whole=whole) for kept, each in zip(found, drawn, strict=True)],
        unsourced=sum(about.source == ASSUMPTION for _, about in table().values()), of=len(table()),
    )  # fmt: skip


def _title(kept: Kept) -> str:
    if kept.kind == "comparison":
        return f"{kept.names[1]} against {kept.names[0]}"
    return str(kept.said.get(kept.kind) or kept.names[0])


def _part(kept: Kept, drawn: Sequence[Figure], *, whole: bool) -> dict[str, Any]:
    shown = [
        {
            "figure": each, "name": f"{kept.kind}-{place}",
            "picture": Markup(picture(each)) if whole else None,  # noqa: S704 - Vega escapes the texts in its SVG
            "spec": None if whole else _inside(spec(each)),
        }
        for place, each in enumerate(drawn)
    ]  # fmt: skip
    return {
        "kind": kept.kind, "what": _WHAT[kept.kind], "title": _title(kept), "shown": shown, "found": findings(kept),
        "scenarios": [_scenario(said, name) for said, name in zip(kept.scenarios, kept.names, strict=True)],
        "rows": _rows(kept.scenarios), "again": _again(kept), "names": kept.names,
    }  # fmt: skip


def _scenario(said: Mapping[str, Any], name: str) -> dict[str, Any]:
    changes = [
        f"from month {month} on {', '.join(f'{what} {told(value)}' for what, value in change.items())}"
        for month, change in sorted(said["changes"].items(), key=lambda each: int(each[0]))
    ]
    operators = [json.dumps(each, ensure_ascii=False) for each in said.get("operators", [])]
    return {"name": name, "about": said["about"], "changes": changes, "operators": operators}


def _rows(scenarios: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Parameters: those that differ from the default first, then in order."""
    known = table()
    names = list(dict.fromkeys(name for said in scenarios for name in said["parameters"]))
    rows: list[dict[str, Any]] = []
    for name in names:
        default, about = known.get(name, (None, About("", "", "", 0, 0, "")))
        values = [said["parameters"].get(name) for said in scenarios]
        rows.append({
            "name": name, "about": about, "default": told(default), "values": [told(value) for value in values],
            "changed": any(value != default for value in values),
        })  # fmt: skip
    return sorted(rows, key=lambda row: not row["changed"])


def _again(kept: Kept) -> list[tuple[str, str]]:
    """What it takes to get the same again."""
    said, parts = kept.said, [kept.said]
    if kept.kind == "comparison":
        parts = [said["from"], said["to"]]
    out: list[tuple[str, str]] = []
    for part, base, name in zip(parts, kept.scenarios, kept.names, strict=True):
        of = f" of {name}" if len(parts) > 1 else ""
        digest = part.get("scenario_hash")
        out += [
            (f"people{of}", f"{base['workers']:,}"), (f"months{of}", str(base["months"])),
            (f"world{of}", str(base["world"])), (f"draws of chance{of}", _seeds(part.get("seeds"))),
            (f"hash of the scenario{of}", str(digest or "–")),
            (f"hash of the data{of}", str(part.get("data_hash") or kept.hashes.get(str(digest), "–"))),
        ]  # fmt: skip
    more = ("method", "samples", "seed", "runs", "budget")
    out += [(name, str(said[name])) for name in more if name in said and kept.kind not in {"run", "comparison"}]
    return [*out, ("Guildbook", str(parts[0].get("version", "–")))]


def _seeds(seeds: Any) -> str:
    if not isinstance(seeds, list) or not seeds:
        return "none: without chance"
    return f"{len(seeds)}: seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"1: seed {seeds[0]}"


def _inside(text: str) -> Markup:
    """JSON that no HTML parser can take for markup."""
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - escaped just above


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
