"""Make a clean photo old: tone, fading, grain, halftone, soft focus, paper, borders. None of it is damage."""

import io

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from inlay.data.damage.fields import distance_to_line, log_uniform, noise

__all__ = ["age", "jpeg", "lay_frame", "to_bytes", "toned"]

Colors = Float[np.ndarray, "h w 3"]
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
MIN_LETTERED = 64
"""Smaller pictures get no lettering and no border."""


def to_bytes(x: Colors) -> UInt8[np.ndarray, "h w 3"]:
    """Round to 8 bits."""
    return np.clip(x + 0.5, 0, 255).astype(np.uint8)


def toned(x: Colors, tint: Float[np.ndarray, " 3"]) -> Colors:
    """The picture in one tone."""
    # Channel by channel: NumPy is many times slower along an axis of three.
    grey = LUMA[0] * x[..., 0] + LUMA[1] * x[..., 1] + LUMA[2] * x[..., 2]
    return grey[..., None] * tint


def age(rng: np.random.Generator, pixels: UInt8[np.ndarray, "h w 3"]) -> Colors:
    """An older looking copy, RGB 0..255; each trait comes with a probability of its own."""
    image = Image.fromarray(pixels)
    if rng.random() < 0.35:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.8)))
    x: Colors = np.asarray(image, dtype=np.float32)
    tone = rng.random()
    if tone < 0.65:
        strength = 0.0 if tone < 0.4 else rng.uniform(0.15, 1.0)
        tint = 1 + strength * (np.array([0.13, 0.0, -0.22]) + rng.normal(0, 0.03, 3))
        x = toned(x, tint.astype(np.float32))
    elif tone < 0.8:
        x = x * np.exp(rng.normal(0, 0.12, 3)).astype(np.float32)
    if rng.random() < 0.6:
        low, high, gamma = rng.uniform(0, 70), rng.uniform(170, 255), log_uniform(rng, 0.6, 1.6)
        x = np.float32(low) + np.float32(high - low) * (x.clip(0, 255) / 255) ** np.float32(gamma)
    h, w = x.shape[:2]
    if rng.random() < 0.25:
        x = x * (1 + np.float32(rng.uniform(0.02, 0.15)) * noise(rng, (h, w), max(h, w) / 2)[..., None])
    if rng.random() < 0.15:
        x = x + _paper(rng, (h, w))[..., None]
    if min(h, w) >= MIN_LETTERED:
        x = lay_frame(rng, x)
    if rng.random() < 0.06:
        x = _halftone(rng, x)
    if rng.random() < 0.6:
        x = _grain(rng, x)
    return np.asarray(x, dtype=np.float32)


def jpeg(rng: np.random.Generator, pixels: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """Encode as JPEG of a quality of 35 to 95, and decode."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="JPEG", quality=int(rng.integers(35, 96)))
    with Image.open(file) as image:
        return np.asarray(image)


def _grain(rng: np.random.Generator, x: Colors) -> Colors:
    h, w = x.shape[:2]
    size = rng.choice([1.0, 1.0, 1.6, 2.4, 3.5])
    grain = noise(rng, (h, w), size)[..., None] * log_uniform(rng, 1.0, 14.0)
    if rng.random() < 0.15:
        grain = grain * rng.uniform(0.6, 1.4, 3)
    return x + grain


def _paper(rng: np.random.Generator, shape: tuple[int, int]) -> Float[np.ndarray, "h w"]:
    """The weave of textured paper, or its fibres."""
    period, turn, deep = rng.uniform(3, 9), rng.uniform(0, np.pi), rng.uniform(1.5, 8)
    if rng.random() < 0.5:
        waves = [
            np.sin(distance_to_line(shape, (0.0, 0.0), turn + quarter) * (2 * np.pi / period))
            for quarter in (0, np.pi / 2)
        ]
        return deep * waves[0] * waves[1]
    return deep * noise(rng, shape, period / 2)


def _halftone(rng: np.random.Generator, x: Colors) -> Colors:
    """Dots of a screen, darker where the picture is."""
    period, turn = rng.uniform(2.5, 6), rng.uniform(0, np.pi / 2)
    shape = (x.shape[0], x.shape[1])
    waves = [
        np.cos(distance_to_line(shape, (0.0, 0.0), turn + q) * (2 * np.pi / period)) for q in (0, np.pi / 2)
    ]
    screen = (waves[0] + waves[1]) * 0.25 + 0.5
    sharp = rng.uniform(2, 6)
    dots = ((x / 255 - screen[..., None]) * sharp + 0.5).clip(0, 1) * 255
    share = rng.uniform(0.2, 0.7)
    return x * (1 - share) + dots * share


def lay_frame(rng: np.random.Generator, x: Colors) -> Colors:
    """Lay what belongs to prints on a few of them: a straight border, an oval mount, lettering."""
    h, w = x.shape[:2]
    kind, tone = rng.random(), rng.choice([rng.uniform(0, 40), rng.uniform(200, 255)])
    paint = (tone * np.array([1, rng.uniform(0.93, 1), rng.uniform(0.8, 1)])).astype(np.float32)
    if kind < 0.07:
        x = x.copy()
        wide = round(rng.uniform(0.02, 0.12) * max(h, w))
        sides = rng.random(4) < 0.6
        parts = (x[:wide], x[h - wide :], x[:, :wide], x[:, w - wide :])
        for part, there in zip(parts, sides, strict=True):
            if there:
                part[...] = paint
    elif kind < 0.12:
        y, z = np.ogrid[:h, :w]
        centre, radius = rng.uniform(0.35, 0.65, 2) * (h, w), rng.uniform(0.42, 0.75) * max(h, w)
        away = np.hypot(y - centre[0], (z - centre[1]) * rng.uniform(1, 1.4)) - radius
        cover = (away / log_uniform(rng, 1.0, 0.3 * max(h, w)) + 0.5).clip(0, 1)[..., None].astype(np.float32)
        x = x * (1 - cover) + paint * cover
    elif kind < 0.18:
        image = Image.fromarray(to_bytes(x))
        letters = "".join(
            rng.choice(list("ABCDEFGHIKLMNOPRSTUVWabcdefghiklmnoprstuvw0123456789 .,&-"), rng.integers(2, 24))
        )
        size = log_uniform(rng, 8.0, max(12.0, 0.12 * h))
        place = (rng.uniform(-0.1, 0.6) * w, rng.choice([rng.uniform(0, 1), rng.uniform(0.8, 0.97)]) * h)
        ImageDraw.Draw(image).text(
            place, letters, fill=tuple(int(v) for v in paint), font=ImageFont.load_default(size)
        )
        x = np.asarray(image, dtype=np.float32)
    return x
