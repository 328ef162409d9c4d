"""A small logarithmic line chart as SVG text, so that figures in the docs need no plotting library."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 44, 48


@dataclass(frozen=True, slots=True)
class Line:
    """A named row of points (x, y), both above zero."""

    name: str
    points: list[tuple[float, float]]
    colour: str


def log_chart(title: str, across: str, up: str, lines: list[Line]) -> str:
    """Lines with both axes logarithmic, ticks at powers of ten, and a dashed line of slope one to compare with."""
    xs = [x for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points]
    x_low, x_high = math.floor(math.log10(min(xs))), math.ceil(math.log10(max(xs)) - 0.05)
    y_low, y_high = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))

    def at(x: float, y: float) -> tuple[float, float]:
        over = (math.log10(x) - x_low) / max(x_high - x_low, 1)
        above = (math.log10(y) - y_low) / max(y_high - y_low, 1)
        return LEFT + over * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - above * (HEIGHT - TOP - BOTTOM)

    out = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
            f'font-size="12" role="img" aria-label="{escape(title)}">'
        ),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{escape(title)}</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">{escape(across)}</text>',
        (
            f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2:.0f}) rotate(-90)" text-anchor="middle">'
            f"{escape(up)}</text>"
        ),
    ]
    for power in range(x_low, x_high + 1):
        x, low = at(10.0**power, 10.0**y_low)
        out.append(f'<path d="M{x:.1f} {low:.1f}V{TOP}" stroke="#dddddd"/>')
        out.append(f'<text x="{x:.1f}" y="{low + 18:.1f}" text-anchor="middle">10{_raised(power)}</text>')
    for power in range(y_low, y_high + 1):
        left, y = at(10.0**x_low, 10.0**power)
        out.append(f'<path d="M{left:.1f} {y:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        out.append(f'<text x="{left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    (x0, y0), (x1, _) = lines[0].points[-1], lines[0].points[0]
    start = max(x1, x0 * 10.0**y_low / y0)
    (a, b), (c, d) = at(start, y0 * start / x0), at(x0, y0)
    out.append(f'<path d="M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}" stroke="#888888" stroke-dasharray="4 4"/>')
    for place, line in enumerate(lines):
        path = "L".join("{:.1f} {:.1f}".format(*at(x, y)) for x, y in line.points)
        out.append(f'<path d="M{path}" fill="none" stroke="{line.colour}" stroke-width="2"/>')
        out += [
            '<circle cx="{:.1f}" cy="{:.1f}" r="3.5" fill="{}"/>'.format(*at(x, y), line.colour) for x, y in line.points
        ]
        row = TOP + 16 + 18 * place
        out.append(f'<path d="M{LEFT + 12} {row - 4}h20" stroke="{line.colour}" stroke-width="2"/>')
        out.append(f'<text x="{LEFT + 38}" y="{row}">{escape(line.name)}</text>')
    row = TOP + 16 + 18 * len(lines)
    out.append(f'<path d="M{LEFT + 12} {row - 4}h20" stroke="#888888" stroke-dasharray="4 4"/>')
    out.append(f'<text x="{LEFT + 38}" y="{row}">in proportion to events</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def _raised(power: int) -> str:
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
