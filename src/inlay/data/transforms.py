"""Joint transforms of a picture and its layout: pixels by Lanczos or bicubic, ids by nearest neighbour."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from inlay.data.degradations import DEGRADATIONS
from inlay.labels import LabelSet

__all__ = ["Augmentation", "augment", "flip", "resize_pair"]

Pixels = UInt8[np.ndarray, "h w 3"]
Label = UInt8[np.ndarray, "h w"]

BOXES, STRAYS = 8, 4
"""Of a bent picture: boxes a side that are mapped each by itself, and points a side that stray."""


@dataclass(frozen=True)
class Augmentation:
    """How training samples are varied: the settings of `[augmentation]`, and `max_part_tint`.

    `max_rotation` is in degrees, `max_shift` and `bend` are shares of the side, `max_scale`, `max_jitter` and
    `max_part_tint` are natural logarithms of factors. All others are shares of samples.
    """

    flip: float = 0.5
    warp: float = 0.5
    max_rotation: float = 8.0
    max_scale: float = 0.08
    max_shift: float = 0.04
    bend: float = 0.0
    grey: float = 0.0
    sepia: float = 0.0
    jitter: float = 0.5
    max_jitter: float = 0.12
    part_tint: float = 0.0
    max_part_tint: float = 0.3
    blur: float = 0.0
    downscale: float = 0.0
    grain: float = 0.0
    jpeg: float = 0.0


def resize_pair(image: Image.Image, label: Image.Image, size: tuple[int, int]) -> tuple[Pixels, Label]:
    """Both at `size` (height, width): Lanczos for the picture, nearest neighbour for the layout."""
    wh = (size[1], size[0])
    pixels = image if image.size == wh else image.resize(wh, Image.Resampling.LANCZOS)
    ids = label if label.size == wh else label.resize(wh, Image.Resampling.NEAREST)
    return np.asarray(pixels, dtype=np.uint8), np.asarray(ids, dtype=np.uint8)


def flip(pixels: Pixels, label: Label, labels: LabelSet) -> tuple[Pixels, Label]:
    """The mirror image, in which left and right parts swap their ids."""
    return pixels[:, ::-1].copy(), labels.swap_twins(label[:, ::-1])


def augment(
    rng: np.random.Generator,
    pixels: Pixels,
    label: Label,
    size: tuple[int, int],
    labels: LabelSet,
    how: Augmentation,
) -> tuple[UInt8[np.ndarray, "th tw 3"], UInt8[np.ndarray, "th tw"]]:
    """A training sample of `size` from a stored pair of the same or a larger size."""
    if rng.random() < how.flip:
        pixels, label = flip(pixels, label, labels)
    if rng.random() < how.warp:
        pixels, label = _warp(rng, pixels, label, how)
    pixels, label = resize_pair(Image.fromarray(pixels), Image.fromarray(label), size)
    # What is not asked for is not drawn: its samples are those of a stream that does not know of it.
    toned = how.grey + how.sepia
    tone = rng.random() if toned else 1.0
    if tone < toned:
        pixels = _without_colors(pixels)
    if how.grey <= tone < toned:
        pixels = _sepia(rng, pixels)
    if rng.random() < how.jitter:
        pixels = _jitter(rng, pixels, how.max_jitter)
    if tone >= toned and how.part_tint and rng.random() < how.part_tint:
        pixels = _tint_parts(rng, pixels, label, labels, how.max_part_tint)
    for name, degrade in DEGRADATIONS.items():
        share = getattr(how, name)
        if share and rng.random() < share:
            pixels = degrade(rng, pixels)
    return pixels, label


def _warp(rng: np.random.Generator, pixels: Pixels, label: Label, how: Augmentation) -> tuple[Pixels, Label]:
    """A small similarity transform, bent; over the border comes the mirror image of what is there."""
    h, w = label.shape
    angle = np.deg2rad(rng.uniform(-how.max_rotation, how.max_rotation))
    zoom = np.exp(rng.uniform(-how.max_scale, how.max_scale))
    dx, dy = rng.uniform(-how.max_shift, how.max_shift, size=2) * (w, h)
    pad = int(max(0.3 * max(h, w), _reach(how) * max(h, w) + 2))  # 2 for the bicubic kernel
    cx, cy = (w - 1) / 2, (h - 1) / 2
    a, b = np.cos(angle) / zoom, np.sin(angle) / zoom
    matrix = (a, b, cx - a * (cx + dx) - b * (cy + dy) + pad, -b, a, cy + b * (cx + dx) - a * (cy + dy) + pad)
    wide = np.pad(pixels, ((pad, pad), (pad, pad), (0, 0)), mode="symmetric")
    wide_label = np.pad(label, pad, mode="symmetric")
    method, where = (
        (Image.Transform.MESH, _mesh(rng, matrix, (h, w), how.bend))
        if how.bend
        else (Image.Transform.AFFINE, matrix)
    )
    warped = Image.fromarray(wide).transform((w, h), method, where, resample=Image.Resampling.BICUBIC)
    ids = Image.fromarray(wide_label).transform((w, h), method, where, resample=Image.Resampling.NEAREST)
    return np.asarray(warped), np.asarray(ids)


def _reach(how: Augmentation) -> float:
    """How far a warp may look over the border, in shares of the side; a bent grid overshoots by a quarter."""
    turn = np.deg2rad(how.max_rotation)
    spread = np.exp(how.max_scale) * (np.cos(turn) + np.sin(turn))
    return float((0.5 + how.max_shift + 1.25 * how.bend) * spread - 0.5)


def _mesh(
    rng: np.random.Generator, matrix: tuple[float, ...], size: tuple[int, int], bend: float
) -> list[tuple[tuple[int, int, int, int], tuple[float, ...]]]:
    """An affine map's boxes and the quadrilaterals that they show, with smooth strays of their corners.

    So faces come in more shapes than there are people: no layout is seen twice.
    """
    h, w = size
    ys, xs = (np.linspace(0, side, BOXES + 1).round() for side in (h, w))
    coarse = rng.uniform(-bend, bend, size=(2, STRAYS, STRAYS)).astype(np.float32)
    dx, dy = (
        np.asarray(Image.fromarray(plane).resize((BOXES + 1, BOXES + 1), Image.Resampling.BICUBIC)) * side
        for plane, side in zip(coarse, (w, h), strict=True)
    )
    x, y = xs[None, :] + dx, ys[:, None] + dy
    a, b, c, d, e, f = matrix
    at = np.stack([a * x + b * y + c, d * x + e * y + f], axis=-1)
    return [
        (
            (int(xs[j]), int(ys[i]), int(xs[j + 1]), int(ys[i + 1])),
            (*at[i, j], *at[i + 1, j], *at[i + 1, j + 1], *at[i, j + 1]),
        )
        for i in range(BOXES)
        for j in range(BOXES)
    ]


def _without_colors(pixels: Pixels) -> Pixels:
    """The picture in grey, as old photos are."""
    return np.repeat(np.asarray(Image.fromarray(pixels).convert("L"))[..., None], 3, axis=2)


def _sepia(rng: np.random.Generator, grey: Pixels) -> Pixels:
    """Tone a grey picture brown, weakly to strongly."""
    tone = 1 + rng.uniform(0.2, 1.0) * np.array([0.15, 0.0, -0.25])
    return np.clip(np.rint(grey * tone), 0, 255).astype(np.uint8)


def _jitter(rng: np.random.Generator, pixels: Pixels, color: float) -> Pixels:
    """Brightness, contrast, saturation and a tint, each by up to `color`."""
    brightness, contrast, saturation = np.exp(rng.uniform(-color, color, size=3))
    tint = np.exp(rng.uniform(-color / 2, color / 2, size=3))
    x = pixels.astype(np.float32) * (brightness * tint).astype(np.float32)
    grey = x.mean(axis=2, keepdims=True)
    x = grey + (x - grey) * np.float32(saturation)
    x = (x - x.mean()) * np.float32(contrast) + x.mean()
    return np.clip(np.rint(x), 0, 255).astype(np.uint8)


def _tint_parts(
    rng: np.random.Generator, pixels: Pixels, label: Label, labels: LabelSet, color: float
) -> Pixels:
    """About half of the classes tinted by up to `color`, twins alike.

    So a hidden eye's colour can be had from the other eye alone, not from what eyes look like as a rule.
    """
    tints = np.exp(rng.uniform(-color, color, size=(len(labels), 3)))
    tints[rng.random(len(labels)) < 0.5] = 1
    first = [min(own, twin) for own, twin in enumerate(labels.twins)]
    return np.clip(np.rint(pixels * tints[first][label]), 0, 255).astype(np.uint8)
