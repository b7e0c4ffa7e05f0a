"""Keep the tone of grey and sepia photos: a fill brings no other colours in."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from inlay.finish.scene import Fill, Scene
from inlay.pixels.continuation import known_means
from inlay.pixels.filters import LUMA

__all__ = ["KeepTone"]

LEVELS = np.arange(256)


@dataclass(frozen=True)
class KeepTone:
    """Give a fill the colours that a photo of one tone has at its brightness.

    A photo has one tone if a `share` of it has, up to `strays` in each channel, the colour that is usual at
    its brightness. Colours are compared after reduction to `side`, which averages grain and JPEG's colour
    errors away. A photo has no tone that can be told if fewer than `fewest` reduced pixels are known, if more
    than `most_hidden` of it is hidden, or if nine tenths of the known pixels lie within `least_spread` of
    brightness, as a plain wall does.
    """

    strays: float = 8.0  # levels
    share: float = 0.98  # of the known pixels
    side: int = 256  # pixels: longest side after reduction
    fewest: int = 64  # pixels
    most_hidden: float = 0.3  # of the photo
    least_spread: float = 50.0  # levels

    name = "tone"

    def wants(self, scene: Scene) -> bool:
        """Only in photos of one tone."""
        return scene.tone is not None

    def __call__(self, scene: Scene, fill: Fill) -> Fill:
        """Replace the fill's colours; its brightness stays."""
        assert scene.tone is not None
        brightness = fill @ LUMA
        offsets = [np.interp(brightness, LEVELS, channel) for channel in scene.tone.T]
        return brightness[..., None] + np.stack(offsets, axis=-1).astype(np.float32)

    def tone_of(
        self, photo: UInt8[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"]
    ) -> Float[np.ndarray, "256 3"] | None:
        """What a photo of one tone adds to each brightness in red, green and blue; None for other photos.

        The photo is not read inside the hole.
        """
        if hole.mean() > self.most_hidden:
            return None
        every = math.ceil(max(hole.shape) / (4 * self.side))
        photo, hole = photo[::every, ::every], hole[::every, ::every]
        known = np.where(hole[..., None], np.float32(0), photo.astype(np.float32))
        means, is_unknown = known_means(known, hole, math.ceil(max(hole.shape) / self.side))
        pixels = means[~is_unknown]
        if len(pixels) < self.fewest:
            return None
        brightness = pixels @ LUMA
        if np.diff(np.percentile(brightness, (5, 95))) < self.least_spread:
            return None
        level = np.rint(brightness).astype(np.int64)
        beyond = pixels - brightness[:, None]
        tone = _usual(level, beyond)
        right = (np.abs(beyond - tone[level]) <= self.strays).all(axis=1)
        return tone.astype(np.float32) if right.mean() >= self.share else None


def _usual(level: np.ndarray, beyond: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "256 3"]:
    """The mean of what pixels have beyond their brightness, at each level and, less, at levels near it."""
    near = np.exp(-0.5 * (np.arange(-12, 13) / 4) ** 2)
    count, *sums = (
        np.convolve(np.bincount(level, weights, minlength=256), near, mode="same")
        for weights in (None, *beyond.T)
    )
    seen = count > 1e-3
    return np.stack([np.interp(LEVELS, LEVELS[seen], total[seen] / count[seen]) for total in sums], axis=1)
