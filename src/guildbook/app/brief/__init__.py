"""The bargaining brief as a document: Markdown, or one HTML page that asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from guildbook.app.writing import written
from guildbook.measure.brief import Brief
from guildbook.measure.strike import Point
from guildbook.model.errors import UsageError
from guildbook.teach.text import clean

FORMS: Final = (".html", ".md")
WIDTH: Final = 560
HEIGHT: Final = 260
_MARKED: Final = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>#|"})


def suited(output: Path) -> Path:
    """The path, if a brief can be written there: ask before long work. Raises `UsageError` for another ending."""
    if output.suffix.lower() not in FORMS:
        raise UsageError(f"{output} is neither HTML nor Markdown.", "Name the file FILE.html or FILE.md.")
    return output


def write(brief: Brief, output: Path) -> Path:
    """Write the brief as its file's name says, whole or not at all."""
    page = html if suited(output).suffix.lower() == ".html" else markdown
    return written(output, page(brief))


def html(brief: Brief) -> str:
    """One page; all text is data, and a content security policy lets nothing load or run."""
    style = _part("style.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = _environment(escaped=True).from_string(_part("brief.html.j2"))
    return page.render(
        brief=brief,
        style=Markup(style),  # noqa: S704 - a file of this package
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        picture=_Picture(brief),
    )


def markdown(brief: Brief) -> str:
    """The same in Markdown."""
    return _environment(escaped=False).from_string(_part("brief.md.j2")).render(brief=brief)


class _Picture:
    """The losses as lines in a box of `WIDTH` × `HEIGHT`."""

    def __init__(self, brief: Brief) -> None:
        strike = brief.strike
        highest = [p.high for p in strike.random] + [p.high for p in strike.targeted]
        lowest = [p.low for p in strike.random]
        self.top = max([*highest, 1e-9])
        self.bottom = min([0.0, *lowest])
        self.width, self.height = WIDTH, HEIGHT
        self.random = self._line(strike.random)
        self.targeted = self._line(strike.targeted)
        self.band = self._band(strike.random)
        self.zero = self._at(0.0, 0.0)[1]

    def _at(self, share: float, loss: float) -> tuple[float, float]:
        height = HEIGHT * (1 - (loss - self.bottom) / (self.top - self.bottom))
        return round(WIDTH * share, 1), round(height, 1)

    def _line(self, points: Sequence[Point]) -> str:
        found = [self._at(0.0, 0.0), *(self._at(p.share, p.loss) for p in points)]
        return " ".join(f"{x},{y}" for x, y in found)

    def _band(self, points: Sequence[Point]) -> str:
        low = [self._at(0.0, 0.0), *(self._at(p.share, p.low) for p in points)]
        high = [self._at(p.share, p.high) for p in reversed(points)]
        return " ".join(f"{x},{y}" for x, y in [*low, *high])


def _part(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text("utf-8")


def _environment(*, escaped: bool) -> Environment:
    def shown(value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, Markup):
            text = clean(value)
            return text if escaped else Markup(text.translate(_MARKED))  # noqa: S704 - escaped for Markdown
        return f"{value:,}" if isinstance(value, int) else value

    made = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=shown,
        keep_trailing_newline=True,
    )  # fmt: skip
    made.filters |= {"percent": _percent, "points": _points, "money": _money}
    return made


def _percent(share: float) -> Markup:
    return Markup(f"{100 * share:.1f} %")  # noqa: S704 - a number


def _points(share: float) -> Markup:
    """A difference of shares."""
    return Markup(f"{100 * share:+.2f}")  # noqa: S704 - a number


def _money(amount: float) -> Markup:
    return Markup(f"{amount:,.0f}")  # noqa: S704 - a number
