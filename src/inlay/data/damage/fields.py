"""Random fields and drawn lines that ageing and damage are made of."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw, ImageFilter

__all__ = ["Path", "blob", "distance_to_line", "log_uniform", "noise", "soften", "stroke", "walk"]

Plane = Float[np.ndarray, "h w"]

Path = tuple[Float[np.ndarray, "_ 2"], Float[np.ndarray, " _"]]
"""The points (x, y) of a line and its width at each of them, in pixels."""

OVERSAMPLED = 900
"""Lines are drawn enlarged up to four times, to about so many pixels a side, and reduced."""


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def noise(rng: np.random.Generator, shape: tuple[int, int], scale: float) -> Plane:
    """Smooth noise of variance about 1 whose bumps are about `scale` pixels wide."""
    h, w = shape
    if scale <= 1:
        return rng.standard_normal(shape, dtype=np.float32)
    small = rng.standard_normal(
        (max(2, round(h / scale) + 1), max(2, round(w / scale) + 1)), dtype=np.float32
    )
    return 1.3 * np.asarray(Image.fromarray(small).resize((w, h), Image.Resampling.BICUBIC))


def soften(plane: Plane, sigma: float) -> Plane:
    """Blur a plane of 0..1 by a Gaussian, to 8 bits."""
    image = Image.fromarray((plane.clip(0, 1) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(sigma)), dtype=np.float32) / 255


def walk(
    rng: np.random.Generator,
    start: tuple[float, float],
    heading: float,
    length: float,
    *,
    step: float,
    turn: float,
    jag: float = 0.0,
) -> Float[np.ndarray, "n 2"]:
    """Points of a line that wanders: `turn` is in radians a step and adds up, `jag` does not."""
    count = max(2, round(length / step) + 1)
    angles = heading + np.cumsum(rng.normal(0, turn, count)) + rng.normal(0, jag, count)
    steps = step * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return (np.asarray(start) + np.cumsum(steps, axis=0)).astype(np.float32)


def stroke(shape: tuple[int, int], paths: Sequence[Path]) -> Plane:
    """Cover (0..1) of lines, with soft edges; a width below a pixel covers it in part."""
    h, w = shape
    times = int(np.clip(OVERSAMPLED // max(h, w), 1, 4))
    image = Image.new("L", (w * times, h * times))
    draw = ImageDraw.Draw(image)
    for points, widths in paths:
        scaled = [(float(x), float(y)) for x, y in points * times]
        for n, (a, b) in enumerate(pairwise(scaled)):
            width = max(1, round(float(widths[n]) * times))
            draw.line((a, b), fill=255, width=width)
            if width > 3:
                r = width / 2 - 0.5
                draw.ellipse((b[0] - r, b[1] - r, b[0] + r, b[1] + r), fill=255)
    reduced = image.resize((w, h), Image.Resampling.BOX) if times > 1 else image
    return np.asarray(reduced, dtype=np.float32) / 255


def blob(
    rng: np.random.Generator, shape: tuple[int, int], centre: tuple[float, float], radius: float, rough: float
) -> Plane:
    """Height of an irregular spot: above 0 inside, below outside, about 1 at its centre.

    `rough` is how much the rim strays, in radii; the spot may be drawn out.
    """
    h, w = shape
    angle, stretch = rng.uniform(0, np.pi), log_uniform(rng, 0.5, 2.0)
    y, x = np.ogrid[:h, :w]
    dx, dy = (x - centre[0]).astype(np.float32), (y - centre[1]).astype(np.float32)
    along, across = np.cos(angle) * dx + np.sin(angle) * dy, np.cos(angle) * dy - np.sin(angle) * dx
    height = 1 - np.hypot(along * np.sqrt(stretch), across / np.sqrt(stretch)) / radius
    strayed = sum(noise(rng, shape, max(1.5, radius * scale)) * scale for scale in (0.7, 0.35, 0.15))
    return height + rough * strayed


def distance_to_line(shape: tuple[int, int], point: tuple[float, float], heading: float) -> Plane:
    """Signed distance in pixels of each pixel to a straight line."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    return (np.cos(heading) * (y - point[1]) - np.sin(heading) * (x - point[0])).astype(np.float32)
