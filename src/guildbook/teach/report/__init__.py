"""The report: one HTML page that holds all a book has learnt and asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from guildbook.model import Knowledge
from guildbook.model.process import FilteredMap, Variants
from guildbook.teach.report import view
from guildbook.teach.report.chart import chart
from guildbook.teach.report.process import changes_of, variants_view
from guildbook.teach.text import clean

__all__ = ["render"]


def render(
    knowledge: Knowledge,
    *,
    title: str,
    generated: str,
    maps: Sequence[FilteredMap] = (),
    variants: Sequence[Variants] = (),
) -> str:
    """The whole page as HTML5 text, for a file in UTF-8.

    `generated` says when, as in “Made 2026-11-22”. All text is data: cleaned, escaped, and under a content security
    policy that lets nothing run or load but the page's own style and script. The same arguments give the same page.
    `maps` are drawn in place of the knowledge's own where they tell of the same task.
    """
    better = {found.task: found for found in maps} | {found.id: found for found in maps}
    style, script = _part("style.css"), _part("script.js")
    page = _environment().from_string(_part("page.html.j2"))
    return page.render(
        title=title,
        generated=generated,
        knowledge=knowledge,
        view=view,
        maps=_json([chart(better.get(found.task, found)) for found in view.maps_of(knowledge)]),
        changes=changes_of(knowledge),
        variants={found.task: variants_view(found) for found in variants},
        style=Markup(style),  # noqa: S704 - a file of this package
        script=Markup(script),  # noqa: S704 - a file of this package
        policy=_policy(style, script),
    )


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _json(value: Any) -> Markup:
    """JSON that no HTML parser can take for markup: the script element ends only where we end it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - escaped just above


def _part(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text("utf-8")


def _environment() -> Environment:
    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    )


def _shown(value: Any) -> Any:
    """Every piece of text on the page passes here, so none reaches it uncleaned; integers get their commas."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return clean(value)
    return f"{value:,}" if isinstance(value, int) else value
