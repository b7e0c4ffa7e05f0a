"""Dust, foxing, ink, stains, lost emulsion, tape and torn parts. Each is laid on a picture in place."""

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image, ImageDraw

from inlay.data.damage.fields import blob, distance_to_line, log_uniform, noise, soften
from inlay.data.damage.lines import Canvas, dark_tone, lay, paper_tone

__all__ = ["dust", "foxing", "ink", "loss", "stain", "tape", "tear"]


def dust(rng: np.random.Generator, canvas: Canvas, unit: float) -> None:
    """Many small specks, mostly of one tone."""
    h, w = canvas.shape[:2]
    times = int(np.clip(900 // max(h, w), 1, 4))
    image = Image.new("L", (w * times, h * times))
    draw = ImageDraw.Draw(image)
    for _ in range(int(log_uniform(rng, 1.0, 60.0))):
        x, y = rng.uniform(0, w * times), rng.uniform(0, h * times)
        r = times * unit * np.exp(rng.normal(-0.1, 0.5))
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(4, 8)))
        reach = r * rng.uniform(0.5, 1.3, len(angles))
        draw.polygon(
            [(x + d * np.cos(a), y + d * np.sin(a)) for a, d in zip(angles, reach, strict=True)],
            fill=int(rng.integers(120, 256)),
        )
    cover = np.asarray(image.resize((w, h), Image.Resampling.BOX), dtype=np.float32) / 255
    if rng.random() < 0.4:
        cover = soften(cover, 0.4 * unit)
    lay(canvas, cover, paper_tone(rng) if rng.random() < 0.6 else dark_tone(rng))


def _spot(
    rng: np.random.Generator,
    canvas: Canvas,
    radius: float,
    rough: float,
    soft: float,
    tone: Float[np.ndarray, " 3"],
    share: float,
) -> None:
    """Lay an irregular spot somewhere, computed within its box alone."""
    h, w = canvas.shape[:2]
    x, y, reach = rng.uniform(0, w), rng.uniform(0, h), 2.5 * radius + 2
    top, left = max(0, int(y - reach)), max(0, int(x - reach))
    part = canvas[top : int(y + reach) + 1, left : int(x + reach) + 1]
    height = blob(rng, (part.shape[0], part.shape[1]), (x - left, y - top), radius, rough)
    lay(part, (height * radius / soft).clip(0, 1) * share, tone)


def foxing(rng: np.random.Generator, canvas: Canvas, unit: float) -> None:
    """Brown or grey spots with soft rims."""
    tone = (rng.uniform(60, 150) * np.array([1.15, 0.85, 0.55]) ** rng.uniform(0, 1)).astype(np.float32)
    for _ in range(int(log_uniform(rng, 1.0, 14.0))):
        radius = unit * log_uniform(rng, 1.5, 8.0)
        _spot(
            rng,
            canvas,
            radius,
            rng.uniform(0.1, 0.5),
            radius * rng.uniform(0.3, 1),
            tone,
            rng.uniform(0.3, 0.9),
        )


def ink(rng: np.random.Generator, canvas: Canvas, unit: float) -> None:
    """Opaque blots with a few splashes."""
    tone = dark_tone(rng)
    for n in range(int(rng.integers(1, 7))):
        radius = unit * log_uniform(rng, *((3.0, 20.0) if n == 0 else (1.0, 4.0)))
        _spot(rng, canvas, radius, rng.uniform(0.05, 0.3), max(1.0, 0.3 * unit), tone, rng.uniform(0.75, 1.0))


def loss(rng: np.random.Generator, canvas: Canvas, unit: float) -> None:
    """Emulsion that has flaked off, down to the paper."""
    tone = paper_tone(rng) if rng.random() < 0.85 else dark_tone(rng)
    for _ in range(int(rng.integers(1, 5))):
        _spot(
            rng,
            canvas,
            unit * log_uniform(rng, 2.0, 14.0),
            rng.uniform(0.3, 0.9),
            max(1.0, 0.4 * unit),
            tone,
            rng.uniform(0.7, 1.0),
        )


def stain(rng: np.random.Generator, canvas: Canvas, unit: float) -> None:
    """A dried puddle: a dark tide line around a slightly darker inside."""
    h, w = canvas.shape[:2]
    radius = log_uniform(rng, 0.08, 0.5) * max(h, w)
    height = blob(rng, (h, w), (rng.uniform(0, w), rng.uniform(0, h)), radius, rng.uniform(0.1, 0.4)) * radius
    color = np.array([1, 0.85, 0.6], dtype=np.float32) ** np.float32(rng.uniform(0, 1))
    line = np.exp(-np.abs(height) / (unit * rng.uniform(0.7, 2.5))) * rng.uniform(0.3, 0.8)
    inside = (height / unit / 3).clip(0, 1) * rng.uniform(0.0, 0.15)
    canvas *= 1 - (line + inside).clip(0, 1)[..., None] * (1.15 - color)


def tape(rng: np.random.Generator, canvas: Canvas, unit: float) -> None:
    """A strip of old adhesive tape or its glue: a darker, yellowish band with sharp sides."""
    h, w = canvas.shape[:2]
    heading = rng.uniform(0, np.pi)
    centre = rng.uniform(0, w), rng.uniform(0, h)
    half, reach = rng.uniform(4, 16) * unit, rng.uniform(0.1, 0.6) * max(h, w)
    across = half - np.abs(distance_to_line((h, w), centre, heading))
    along = (
        reach
        - np.abs(distance_to_line((h, w), centre, heading + np.pi / 2))
        + 2 * noise(rng, (h, w), 3 * unit)
    )
    inside = np.minimum(across, along)
    cover = (inside + 0.5).clip(0, 1) * (1 + 0.15 * noise(rng, (h, w), 8 * unit))
    rim = np.exp(-np.abs(inside) / unit) * rng.uniform(0, 0.5)
    color = np.array([1.0, rng.uniform(0.78, 0.95), rng.uniform(0.4, 0.75)], dtype=np.float32) * rng.uniform(
        0.65, 0.9
    )
    canvas *= 1 - ((cover * 1.0 + rim).clip(0, 1)[..., None] * (1 - color)).astype(np.float32)


def tear(rng: np.random.Generator, canvas: Canvas, unit: float) -> Bool[np.ndarray, "h w"]:
    """Tear a corner or a rim off; returns what is missing."""
    h, w = canvas.shape[:2]
    side = max(h, w)
    corner = rng.random() < 0.6
    heading = rng.choice([0, 1, 2, 3]) * np.pi / 2 + (
        np.pi / 4 + rng.normal(0, 0.25) if corner else rng.normal(0, 0.08)
    )
    deep = log_uniform(rng, 0.02, 0.3 if corner else 0.12) * side
    # From the farthest point that way, so deep into the picture.
    y, x = np.ogrid[:h, :w]
    out = (np.cos(heading) * x + np.sin(heading) * y).astype(np.float32)
    stray = sum(
        noise(rng, (h, w), scale * side) * scale * side * 0.12 for scale in (0.25, 0.08)
    ) + unit * 0.5 * noise(rng, (h, w), 2 * unit)
    height = out - out.max() + deep + stray
    missing = height > 0
    backing = (
        rng.choice([rng.uniform(235, 255), rng.uniform(0, 30), rng.uniform(80, 200)])
        * np.array([1, rng.uniform(0.9, 1), rng.uniform(0.8, 1)])
    ).astype(np.float32)
    fibres = np.exp(-(-height).clip(0, None) / (unit * rng.uniform(1, 5))) * (
        0.8 + 0.3 * noise(rng, (h, w), 1.5 * unit)
    )
    lay(canvas, (fibres * rng.uniform(0.3, 1)).clip(0, 1), paper_tone(rng))
    lay(canvas, (height + 0.5).clip(0, 1), backing)
    return missing
