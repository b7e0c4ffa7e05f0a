"""Keep the tone of grey and sepia photos: a fill brings no other colours in."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from inlay.finish.scene import Fill, Scene
from inlay.pixels.continuation import known_means
from inlay.pixels.filters import LUMA

__all__ = ["KeepTone", "tone_of"]

LEVELS = np.arange(256)

STRAYS, SHARE = 8.0, 0.98
"""A photo is of one tone if so large a share of it has the colour that its brightness tells, to so many
levels in each channel, which no two things of unlike colours have."""

SIDE, ENOUGH = 256, 64
"""The photo is looked at about this small, where a scan's grain and a JPEG's colour errors are averaged away;
of fewer known pixels nothing is told."""

HIDDEN, SPREAD = 0.3, 50.0
"""Nor is it where a larger share is hidden, or where nine tenths of what is known are within so many levels
of brightness: a face may be hidden before a plain wall."""


@dataclass(frozen=True)
class KeepTone:
    """Give a fill the colours that a photo of one tone has at its brightness (`tone_of`)."""

    name = "tone"

    def wants(self, scene: Scene) -> bool:
        """Only in photos of one tone."""
        return scene.tone is not None

    def __call__(self, scene: Scene, fill: Fill) -> Fill:
        """The toned fill; brightness stays."""
        assert scene.tone is not None
        brightness = fill @ LUMA
        offsets = [np.interp(brightness, LEVELS, channel) for channel in scene.tone.T]
        return brightness[..., None] + np.stack(offsets, axis=-1).astype(np.float32)


def tone_of(
    photo: UInt8[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"]
) -> Float[np.ndarray, "256 3"] | None:
    """What a photo of one tone adds to each brightness in red, green and blue; None for other photos.

    What lies in the hole has no say.
    """
    if hole.mean() > HIDDEN:
        return None
    every = math.ceil(max(hole.shape) / (4 * SIDE))
    photo, hole = photo[::every, ::every], hole[::every, ::every]
    known = np.where(hole[..., None], np.float32(0), photo.astype(np.float32))
    means, is_unknown = known_means(known, hole, math.ceil(max(hole.shape) / SIDE))
    pixels = means[~is_unknown]
    if len(pixels) < ENOUGH:
        return None
    brightness = pixels @ LUMA
    if np.diff(np.percentile(brightness, (5, 95))) < SPREAD:
        return None
    level = np.rint(brightness).astype(np.int64)
    beyond = pixels - brightness[:, None]
    near = np.exp(-0.5 * (np.arange(-12, 13) / 4) ** 2)
    count, *sums = (
        np.convolve(np.bincount(level, weights, minlength=256), near, mode="same")
        for weights in (None, *beyond.T)
    )
    seen = count > 1e-3
    tone = np.stack([np.interp(LEVELS, LEVELS[seen], total[seen] / count[seen]) for total in sums], axis=1)
    right = (np.abs(beyond - tone[level]) <= STRAYS).all(axis=1)
    return tone.astype(np.float32) if right.mean() >= SHARE else None
