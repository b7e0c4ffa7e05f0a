"""Line charts as inline SVG: no script, no file beside the page, colours from the page's style."""

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Line", "draw_chart", "smoothed"]

WIDTH, HEIGHT = 380, 210
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 10, 26
HOVER_POINTS = 120


@dataclass(frozen=True)
class Line:
    """A named series of (x, y); `smooth` draws its running mean over the faint raw line."""

    name: str
    points: Sequence[tuple[float, float]]
    smooth: bool = False


def draw_chart(lines: Sequence[Line], end: int) -> str:
    """An SVG element of the lines over 0 to `end`; hovering a point tells its value."""
    values = [y for line in lines for _, y in _drawn(line)]
    ticks = _ticks(min(values), max(values))
    low, high = ticks[0], ticks[-1]

    def place(x: float, y: float) -> tuple[float, float]:
        across = LEFT + (WIDTH - LEFT - RIGHT) * x / end
        return round(across, 1), round(TOP + (HEIGHT - TOP - BOTTOM) * (high - y) / (high - low), 1)

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{_summary(lines)}">']
    for tick in ticks:
        y = place(0.0, tick)[1]
        parts.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(
            f'<text class="tick" x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{_number(tick)}</text>'
        )
    for tick in _ticks(0.0, float(end), 4):
        if tick <= end:
            x, anchor = place(tick, low)[0], "end" if tick > 0.95 * end else "middle"
            parts.append(
                f'<text class="tick" x="{x}" y="{HEIGHT - 6}" text-anchor="{anchor}">{_faces(tick)}</text>'
            )
    for n, line in enumerate(lines):
        if line.smooth:
            raw = [(x, min(max(y, low), high)) for x, y in line.points]
            parts.append(_path(raw, place, f"raw line{n}"))
        parts.append(_path(_drawn(line), place, f"line{n}"))
        step = max(1, len(line.points) // HOVER_POINTS)
        kind = "dot" if len(line.points) <= 30 else "hover"
        for x, y in line.points[::step]:
            cx, cy = place(x, min(max(y, low), high))
            label = html.escape(f"{line.name}: {_number(y, 4)} at {x:,.0f} faces")
            parts.append(
                f'<circle class="{kind} line{n}" cx="{cx}" cy="{cy}" r="4"><title>{label}</title></circle>'
            )
    return "".join([*parts, "</svg>"])


def smoothed(points: Sequence[tuple[float, float]], share: float = 0.05) -> list[tuple[float, float]]:
    """The mean over a window of a share of the points around each."""
    half = int(len(points) * share / 2)
    total = [0.0]
    for _, y in points:
        total.append(total[-1] + y)
    means = []
    for n, (x, _) in enumerate(points):
        start, stop = max(0, n - half), min(len(points), n + half + 1)
        means.append((x, (total[stop] - total[start]) / (stop - start)))
    return means


def _drawn(line: Line) -> Sequence[tuple[float, float]]:
    return smoothed(line.points) if line.smooth else line.points


def _path(
    points: Sequence[tuple[float, float]], place: Callable[[float, float], tuple[float, float]], kind: str
) -> str:
    corners = " ".join(f"{x},{y}" for x, y in (place(*point) for point in points))
    return f'<polyline class="{kind}" points="{corners}"/>'


def _ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, about `count` of them."""
    span, size = high - low, max(abs(low), abs(high))
    if span <= 1e-9 * size:  # a constant, but for rounding
        low, span = high, size or 1.0
    rough = span / count
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * m for m in (1, 2, 2.5, 5, 10) if unit * m >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 12) for n in range(first, max(last, first + 1) + 1)]


def _number(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}g}" if abs(value) < 1e4 else f"{value:.0f}"


def _faces(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def _summary(lines: Sequence[Line]) -> str:
    told = [
        f"{line.name} from {_number(line.points[0][1])} to {_number(line.points[-1][1])}" for line in lines
    ]
    return html.escape("; ".join(told), quote=True)
