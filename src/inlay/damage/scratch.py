"""Follow a scratch, a line lighter or darker than both sides, from one point until its contrast fades."""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy import ndimage

from inlay.pixels.filters import LUMA

__all__ = ["Scratch", "follow_scratch"]

HALVES = (0.6, 0.9, 1.3, 2.0, 3.0, 4.5, 7.0, 10.0, 15.0)
"""Half widths in pixels of the lines that are looked for at the clicked point."""

WIDEST, THIN = 1 / 30, 0.4
"""Half widths are at most this share of the photo's shorter side, and contrast counts by half width to this
negative power: broad light and shade is no scratch."""

LEAST, NOISE = 5.0, 3.0
"""A line differs by so many levels from both sides, and by so many times the photo's noise."""

FADES = 0.45
"""The line goes on where this share of its contrast at the clicked point is left."""

GAP, AHEAD, ASIDE = 7, 24, 14
"""Of a strip ahead of the line, in steps: the longest gap, its length, and its reach to either side."""

BEND = 0.04
"""The cost of a step to the side; a step over a place without contrast costs 1."""

TURNS = (-0.6, -0.3, 0.0, 0.3, 0.6)
"""Radians by which a line may lie across its strip."""

LONGEST = 4000
"""Steps in one direction."""

RIM = 1.2
"""Pixels by which the mask reaches over the line's rim, which is soft."""

Pixels = UInt8[np.ndarray, "h w 3"]
Points = Float[np.ndarray, "2 *n"]
Values = Float[np.ndarray, "*n"]


@dataclass(frozen=True)
class Scratch:
    """A part of the photo from row `top` and column `left` on; `hole` is True on the scratch."""

    left: int
    top: int
    hole: Bool[np.ndarray, "h w"]


@dataclass(frozen=True)
class _Line:
    """A line at a point (row, column): its direction, half its width, and its signed contrast in levels."""

    at: Float[np.ndarray, "2"]
    along: Float[np.ndarray, "2"]
    half: float
    contrast: float


def follow_scratch(pixels: Pixels, x: int, y: int, reach: float = 6.0) -> Scratch | None:
    """Find the line within `reach` pixels of column `x` and row `y`, and follow it both ways.

    In strips ahead of the line the path of least cost is taken, where a step costs the more the less the
    contrast to both sides is like the clicked point's. None where no line is seen.

    >>> pixels = np.full((60, 80, 3), 90, np.uint8)
    >>> pixels[30:32, 10:70] = 200
    >>> follow_scratch(pixels, 40, 31).hole.shape
    (7, 66)
    """
    line = _line_at(pixels, np.array([y, x], dtype=np.float64), reach)
    if line is None:
        return None
    nodes = [(line.at, _half_width(pixels, line, line.at[:, None]))]
    nodes += _followed(pixels, line)
    nodes += _followed(pixels, replace(line, along=-line.along))
    return _drawn(nodes, pixels.shape[:2])


def _sampled(pixels: Pixels, points: Points, spread: float) -> Values:
    """Luma at points (row, column), smoothed by a Gaussian; beyond the photo it goes on as at the border."""
    margin = math.ceil(4 * spread) + 2
    h, w = pixels.shape[:2]
    low = [int(np.clip(points[i].min() - margin, 0, side - 1)) for i, side in enumerate((h, w))]
    high = [int(np.clip(points[i].max() + margin + 1, low[i] + 1, side)) for i, side in enumerate((h, w))]
    luma = pixels[low[0] : high[0], low[1] : high[1]].astype(np.float32) @ LUMA
    luma = ndimage.gaussian_filter(luma, spread, mode="nearest", truncate=3.0)
    places = points.reshape(2, -1) - np.array(low)[:, None]
    return ndimage.map_coordinates(luma, places, order=1, mode="nearest").reshape(points.shape[1:])


def _across(along: Float[np.ndarray, "2"]) -> Float[np.ndarray, "2"]:
    return np.array([along[1], -along[0]])


def _line_at(pixels: Pixels, click: Float[np.ndarray, "2"], reach: float) -> _Line | None:
    """The line of the strongest contrast near a point, nearer ones first."""
    best, most = None, 0.0
    for half in HALVES:
        if half > max(2.0, WIDEST * min(pixels.shape[:2])):
            break
        step = max(1.0, half / 2)
        side = np.arange(-math.floor(reach / step), math.floor(reach / step) + 1) * step
        spots = np.stack(np.meshgrid(side, side, indexing="ij")).reshape(2, -1)
        spots = spots[:, np.hypot(*spots) <= reach]
        nearness = 1 - 0.4 * np.hypot(*spots) / max(reach, 1.0)
        for angle in np.arange(16) * math.pi / 16:
            along = np.array([math.sin(angle), math.cos(angle)])
            shifts = along[:, None] * (np.arange(-2, 3) * max(1.5, half))
            points = (click[:, None] + spots)[:, :, None] + shifts[:, None, :]
            contrast = _contrast(pixels, points, along, half)
            strength = np.abs(contrast) * nearness * half**-THIN
            i = int(strength.argmax())
            if strength[i] > most:
                most, best = strength[i], _Line(click + spots[:, i], along, half, float(contrast[i]))
    if best is None or abs(best.contrast) < max(LEAST, NOISE * _noise(pixels, best) / max(1.0, best.half)):
        return None
    # Thin lines were preferred; the profile tells whether this one is wider.
    return replace(best, half=max(best.half, _half_width(pixels, best, best.at[:, None])))


def _contrast(pixels: Pixels, points: Float[np.ndarray, "2 n k"], along: Float[np.ndarray, "2"],
              half: float) -> Float[np.ndarray, "n"]:  # fmt: skip
    """The signed contrast to the more alike of both sides, over short pieces of line."""
    aside = _across(along)[:, None, None] * (2 * half + 1)
    three = np.stack([points, points - aside, points + aside], axis=1)
    middle, one, other = _sampled(pixels, three, 0.5 * half).mean(axis=2)
    left, right = middle - one, middle - other
    return np.where(left * right > 0, np.sign(left) * np.minimum(np.abs(left), np.abs(right)), 0.0)


def _noise(pixels: Pixels, line: _Line) -> float:
    """The photo's grain around a line, in levels."""
    reach = 32
    (y, x), (h, w) = np.rint(line.at).astype(int), pixels.shape[:2]
    window = np.s_[max(0, y - reach) : min(h, y + reach + 1), max(0, x - reach) : min(w, x + reach + 1)]
    luma = pixels[window].astype(np.float32) @ LUMA
    return 1.48 * float(np.median(np.abs(luma - ndimage.gaussian_filter(luma, 1.0))))


def _followed(pixels: Pixels, line: _Line) -> list[tuple[Float[np.ndarray, "2"], float]]:
    """Points of a line in its direction, and half its width there, until it fades or leaves the photo."""
    nodes, steps, unit = [], 0, max(1.0, line.half / 2)
    start = line
    h, w = pixels.shape[:2]
    while steps < LONGEST:
        path, share = _path_ahead(pixels, line, start.contrast, unit)
        good = np.flatnonzero(share >= FADES)
        good = good[np.cumsum(np.diff(good, prepend=0) > GAP) == 0]
        last = int(good[-1]) if good.size else 0
        far = min(last, AHEAD // 2)
        inside: Bool[np.ndarray, "n"] = np.all((path >= -0.5) & (path < np.array([[h], [w]])), axis=0)
        if far and not inside[: far + 1].all():
            last = far = int(np.argmin(inside[: far + 1])) - 1
        if far <= 0:
            break
        seen = good[(good <= far) & (good > 0)]
        half = _half_width(pixels, line, path[:, seen]) if seen.size else line.half
        nodes += [(path[:, i], half) for i in range(1, far + 1)]
        steps += far
        if last < AHEAD // 2:
            break
        ahead = path[:, far] - path[:, max(0, far - 6)]
        line = replace(line, at=path[:, far], along=ahead / np.hypot(*ahead))
    return nodes


def _path_ahead(pixels: Pixels, line: _Line, contrast: float, unit: float
                ) -> tuple[Float[np.ndarray, "2 n"], Float[np.ndarray, "n"]]:  # fmt: skip
    """The path of least cost through the strip ahead, and the share of the contrast along it."""
    ahead, aside = np.arange(AHEAD + 1) * unit, np.arange(-ASIDE, ASIDE + 1) * unit
    across = _across(line.along)
    points = (line.at[:, None, None] + line.along[:, None, None] * ahead[:, None]
              + across[:, None, None] * aside)  # fmt: skip
    sides = []
    for turn in TURNS:
        away = (math.cos(turn) * across + math.sin(turn) * line.along)[:, None, None] * (2 * line.half + 1)
        sides += [points - away, points + away]
    middle, *others = _sampled(pixels, np.stack([points, *sides], axis=1), 0.5 * line.half)
    apart = np.sign(contrast) * (middle - np.stack(others))
    share = np.minimum(apart[::2], apart[1::2]).max(axis=0) / abs(contrast)
    cost, came = (1 - np.clip(share, 0, 1)) ** 2, np.zeros(share.shape, dtype=np.intp)
    total = np.full(len(aside), np.inf)
    total[ASIDE] = 0.0
    for i in range(1, AHEAD + 1):
        wide = np.pad(total, 1, constant_values=np.inf)
        ways = np.stack([wide[:-2] + BEND, total, wide[2:] + BEND])
        came[i] = ways.argmin(axis=0) - 1
        total = ways.min(axis=0) + cost[i]
    at = np.empty(AHEAD + 1, dtype=np.intp)
    at[-1] = total.argmin()
    for i in range(AHEAD, 0, -1):
        at[i - 1] = at[i] + came[i, at[i]]
    rows = np.arange(AHEAD + 1)
    return points[:, rows, at], share[rows, at]


def _half_width(pixels: Pixels, line: _Line, path: Float[np.ndarray, "2 n"]) -> float:
    """Half the width at half the contrast, from the median profile across points of a line."""
    away = np.linspace(-3, 3, 49) * max(1.0, line.half)
    ahead = path[:, -1] - path[:, 0] if path.shape[1] > 3 else line.along
    across = _across(ahead / max(float(np.hypot(*ahead)), 1e-9))
    if path.shape[1] == 1:
        path = path + line.along[:, None] * np.arange(-4, 5) * max(1.0, line.half)
    points = path[:, :, None] + across[:, None, None] * away
    profile = np.sign(line.contrast) * np.median(_sampled(pixels, points, 0.4), axis=0)
    middle = profile[np.abs(away) <= 0.6 * line.half].max()
    reached = []
    for half in (profile[24:], profile[24::-1]):
        level = (middle + np.median(half[16:])) / 2
        below = np.flatnonzero(half < level)
        reached.append(away[24 + below[0]] if below.size else line.half)
    return float(np.clip(max(reached), 0.6 * line.half, 1.6 * line.half))


def _drawn(nodes: list[tuple[Float[np.ndarray, "2"], float]], shape: tuple[int, ...]) -> Scratch:
    """Disks along the line."""
    widest = max(half for _, half in nodes) + RIM
    places = np.array([at for at, _ in nodes])
    top, left = np.maximum(0, np.floor(places.min(axis=0) - widest)).astype(int).tolist()
    bottom, right = np.minimum(shape, np.ceil(places.max(axis=0) + widest) + 1).astype(int).tolist()
    hole = np.zeros((bottom - top, right - left), dtype=bool)
    for (y, x), half in nodes:
        radius = half + RIM
        y0, x0 = max(top, math.floor(y - radius)), max(left, math.floor(x - radius))
        y1, x1 = min(bottom, math.ceil(y + radius) + 1), min(right, math.ceil(x + radius) + 1)
        rows, columns = np.ogrid[y0:y1, x0:x1]
        hole[y0 - top : y1 - top, x0 - left : x1 - left] |= (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    return Scratch(left, top, hole)
