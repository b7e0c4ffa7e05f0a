"""Scratches, cracks and creases; hairs and pen strokes. Each is laid on a picture in place."""

import numpy as np
from jaxtyping import Float

from inlay.data.damage.fields import Path, blob, distance_to_line, log_uniform, noise, soften, stroke, walk

__all__ = ["crack", "crease", "hair", "lay", "paper_tone", "pen", "scratch"]

Canvas = Float[np.ndarray, "h w 3"]


def lay(canvas: Canvas, cover: Float[np.ndarray, "h w"], tone: Float[np.ndarray, " 3"]) -> None:
    """Paint a tone over the picture, by cover 0..1."""
    for channel, level in enumerate(tone):
        plane = canvas[..., channel]
        plane += cover * (level - plane)


def paper_tone(rng: np.random.Generator) -> Float[np.ndarray, " 3"]:
    """The colour of bare paper, or of the light through a scratched plate."""
    return (rng.uniform(200, 262) * np.array([1, rng.uniform(0.94, 1.0), rng.uniform(0.8, 1.0)])).astype(
        np.float32
    )


def dark_tone(rng: np.random.Generator) -> Float[np.ndarray, " 3"]:
    """The colour of dirt, ink, and scratches of negatives."""
    return (rng.uniform(0, 70) * np.array([1, rng.uniform(0.8, 1.0), rng.uniform(0.6, 1.1)])).astype(
        np.float32
    )


def _tone(rng: np.random.Generator, light: float) -> Float[np.ndarray, " 3"]:
    return paper_tone(rng) if rng.random() < light else dark_tone(rng)


def _somewhere(rng: np.random.Generator, shape: tuple[int, int], over: float = 0.1) -> tuple[float, float]:
    h, w = shape
    return rng.uniform(-over, 1 + over) * w, rng.uniform(-over, 1 + over) * h


def _broken(
    rng: np.random.Generator, cover: Float[np.ndarray, "h w"], unit: float
) -> Float[np.ndarray, "h w"]:
    """Leave parts of a line away, along smooth noise, and roughen its edge."""
    shape = (cover.shape[0], cover.shape[1])
    gaps = (
        noise(rng, shape, unit * log_uniform(rng, 4.0, 40.0)) * rng.uniform(0.3, 2.5) + rng.uniform(0.3, 1.5)
    ).clip(0, 1)
    rough = (noise(rng, shape, max(1.0, unit * 0.7)) * rng.uniform(0.0, 0.5) + 1).clip(0, 1)
    return cover * gaps * rough


def scratch(rng: np.random.Generator, canvas: Canvas, unit: float) -> None:
    """One thin scratch or a bundle of about parallel ones, straight or gently bent."""
    h, w = canvas.shape[:2]
    heading, start = rng.uniform(0, 2 * np.pi), _somewhere(rng, (h, w))
    length = log_uniform(rng, 0.06, 1.5) * max(h, w)
    paths = list[Path]()
    for _ in range(1 if rng.random() < 0.7 else int(rng.integers(2, 6))):
        place = start[0] + rng.normal(0, 6 * unit), start[1] + rng.normal(0, 6 * unit)
        points = walk(
            rng,
            place,
            heading + rng.normal(0, 0.05),
            length * rng.uniform(0.5, 1),
            step=max(4.0, 3 * unit),
            turn=rng.choice([0.005, 0.04, 0.1]),
            jag=0.02,
        )
        taper = np.sin(np.linspace(0.15, np.pi - 0.15, len(points))) ** 0.5
        paths.append((points, unit * rng.uniform(0.5, 1.6) * taper))
    cover = stroke((h, w), paths) * rng.uniform(0.35, 1.0)
    lay(canvas, _broken(rng, cover, unit) if rng.random() < 0.6 else cover, _tone(rng, 0.75))


def _branches(
    rng: np.random.Generator, points: np.ndarray, width: float, unit: float, depth: int
) -> list[Path]:
    """A jagged line with its branches, which are shorter and thinner."""
    taper = np.linspace(1, rng.uniform(0.3, 1), len(points))
    swell = np.exp(rng.normal(0, 0.35, len(points)))
    paths = [(points, width * taper * swell)]
    if depth == 0:
        return paths
    for at in np.flatnonzero(rng.random(len(points)) < rng.uniform(0.0, 0.1)).tolist():
        before = points[max(0, at - 2)]
        heading = np.arctan2(*(points[at] - before)[::-1]) + rng.choice([-1, 1]) * rng.uniform(0.4, 1.5)
        length = len(points) * log_uniform(rng, 0.1, 0.7) * 3 * unit
        twig = walk(
            rng,
            (float(points[at][0]), float(points[at][1])),
            heading,
            length,
            step=3 * unit,
            turn=0.12,
            jag=0.35,
        )
        paths += _branches(rng, twig, width * rng.uniform(0.4, 0.9), unit, depth - 1)
    return paths


def crack(rng: np.random.Generator, canvas: Canvas, unit: float) -> None:
    """A branching crack of the emulsion: light where it is open, dark beside it, with lost flakes."""
    h, w = canvas.shape[:2]
    step = max(2.5, 3 * unit)
    length = log_uniform(rng, 0.1, 1.6) * max(h, w)
    points = walk(
        rng,
        _somewhere(rng, (h, w)),
        rng.uniform(0, 2 * np.pi),
        length,
        step=step,
        turn=rng.choice([0.05, 0.15]),
        jag=rng.uniform(0.1, 0.6),
    )
    cover = stroke(
        (h, w), _branches(rng, points, unit * rng.uniform(0.6, 1.8), step / 3, int(rng.integers(0, 3)))[:60]
    )
    tone = _tone(rng, 0.85)
    if rng.random() < 0.4:
        for at in rng.integers(0, len(points), rng.integers(1, 5)):
            x, y = points[at]
            if 0 <= x < w and 0 <= y < h:
                flake = blob(rng, (h, w), (float(x), float(y)), unit * log_uniform(rng, 2.0, 9.0), 0.6)
                cover = np.maximum(cover, (flake * 4 * unit).clip(0, 1))
    if rng.random() < 0.5:
        far = max(1, round(unit * rng.uniform(0.8, 1.6)))
        shade = np.roll(soften(cover, 0.6 * unit), (far * int(rng.integers(-1, 2)), far), (0, 1))
        lay(canvas, shade * rng.uniform(0.2, 0.7), dark_tone(rng))
    cover = cover * rng.uniform(0.5, 1.0)
    lay(canvas, _broken(rng, cover, unit) if rng.random() < 0.5 else cover, tone)


def crease(rng: np.random.Generator, canvas: Canvas, unit: float) -> None:
    """A fold from rim to rim: a light ridge, broken emulsion along it, a dark slope beside it."""
    h, w = canvas.shape[:2]
    heading = rng.choice([0.0, np.pi / 2, rng.uniform(0, np.pi)]) + rng.normal(0, 0.06)
    centre = rng.uniform(0.1, 0.9) * w, rng.uniform(0.1, 0.9) * h
    away = distance_to_line((h, w), centre, heading) + unit * rng.uniform(0.2, 1.2) * noise(
        rng, (h, w), 14 * unit
    )
    side = rng.choice([-1.0, 1.0])
    # A narrow shadow is damage; a wide slope is so weak that it is none.
    wide = rng.random() < 0.3
    slope = np.exp(
        -(away * side).clip(0, None) / (unit * (rng.uniform(6, 20) if wide else rng.uniform(0.7, 2.5)))
    )
    canvas *= 1 - (slope * (away * side > 0) * rng.uniform(0.0, 0.06 if wide else 0.45))[..., None]
    width = unit * log_uniform(rng, 0.5, 1.8) * (1 + 0.5 * noise(rng, (h, w), 9 * unit))
    ridge = (width / 2 - np.abs(away) + 0.5).clip(0, 1)
    if rng.random() < 0.75:
        ridge = _broken(rng, ridge, unit)
    lay(canvas, ridge * rng.uniform(0.4, 1.0), _tone(rng, 0.85))


def hair(rng: np.random.Generator, canvas: Canvas, unit: float) -> None:
    """A curled hair or fibre on the glass."""
    h, w = canvas.shape[:2]
    length = unit * log_uniform(rng, 12.0, 120.0)
    step = max(2.0, 1.5 * unit)
    bend = rng.normal(0, 0.12)
    points = walk(
        rng,
        _somewhere(rng, (h, w), 0.0),
        rng.uniform(0, 6.3),
        length,
        step=step,
        turn=rng.uniform(0.05, 0.25),
    )
    turns = np.cumsum(np.full(len(points), bend))
    spun = np.diff(points, axis=0, prepend=points[:1])
    curled = np.stack(
        [
            spun[:, 0] * np.cos(turns) - spun[:, 1] * np.sin(turns),
            spun[:, 0] * np.sin(turns) + spun[:, 1] * np.cos(turns),
        ],
        axis=-1,
    )
    path = points[0] + np.cumsum(curled, axis=0)
    cover = stroke((h, w), [(path.astype(np.float32), np.full(len(path), unit * rng.uniform(0.5, 1.1)))])
    lay(canvas, cover * rng.uniform(0.45, 1.0), _tone(rng, 0.5))


def pen(rng: np.random.Generator, canvas: Canvas, unit: float) -> None:
    """A scrawl of ink or pencil."""
    h, w = canvas.shape[:2]
    points = walk(
        rng,
        _somewhere(rng, (h, w), 0.0),
        rng.uniform(0, 6.3),
        unit * log_uniform(rng, 30.0, 250.0),
        step=max(2.0, 1.5 * unit),
        turn=rng.uniform(0.2, 0.5),
    )
    widths = unit * rng.uniform(0.8, 2) * np.exp(rng.normal(0, 0.2, len(points)))
    tone = rng.choice([rng.uniform(0, 60, 3), np.array([30.0, 30.0, 120.0]), np.array([150.0, 25.0, 30.0])])
    lay(canvas, stroke((h, w), [(points, widths)]) * rng.uniform(0.6, 1.0), tone.astype(np.float32))
