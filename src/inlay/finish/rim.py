"""Next to its rim a hole is known better than a model tells: there the known pixels go on. Without PyTorch.

A model draws at its own size, where a pixel is known only if all of the photo's pixels under it are. About as
far into the hole as such a pixel is wide, the smoothest continuation of the known pixels, with what is fine
carried along its lines, is nearer to the truth. So scratches are mended at the photo's own resolution.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy.ndimage
from jaxtyping import Bool, Float

from inlay.finish.scene import Fill, Scene
from inlay.geometry.tiles import tiles
from inlay.pixels.biharmonic import continued
from inlay.pixels.filters import LUMA, fading, smoothed
from inlay.pixels.transport import Scales, transported

__all__ = ["Rim", "with_rim"]

REACH, DEEPEST = 1.0, 5.0
"""The Gaussian by which what is continued fades into the hole: in units (`UNITS`), and
in how many pixels at most."""

LINES = 0.65
"""How much of what is fine comes over: all would look as well, less is nearer in decibels."""

BAND, BENDS, LONGEST = 2.0, 2.0, 40.0
"""As `inlay.pixels.transport.Scales` has them, whose unit here is a pixel of the photo, and more where
units are wider than `WIDE` of them."""

WIDE = 4.0

EVEN, UNEVEN, ALONG = 8.0, 16.0, 3.0
"""How many levels off what lies behind them makes the outermost known pixels doubtful, and how many makes
them worthless: a mask that misses a damage's edge leaves it there. The last is the Gaussian along the rim
over which that is a mean, in pixels, so that what crosses the rim does not count."""

SIDE, MARGIN = 384, 24
"""The windows in which this is done, and what they see around them, and eight times the grain more."""


@dataclass(frozen=True)
class Rim:
    """Extend known pixels and their lines across the hole's edge."""

    name = "rim"

    def wants(self, scene: Scene) -> bool:
        """Wherever there is anything known."""
        return not scene.hole.all()

    def __call__(self, scene: Scene, fill: Fill) -> Fill:
        """The fill, which begins at its rim as the known pixels end."""
        return with_rim(fill, scene.photo, scene.hole, scene.unit)


def with_rim(
    fill: Float[np.ndarray, "h w 3"],
    photo: Float[np.ndarray, "h w 3"],
    hole: Bool[np.ndarray, "h w"],
    unit: float,
) -> Float[np.ndarray, "h w 3"]:
    """The fill, RGB from 0 to 255, that begins at its rim as the known pixels end.

    A unit is so many pixels of the photo. The photo is not read inside the hole; where all is hidden the fill
    comes back as it is, and so it is left where the outermost known pixels are unlike what lies behind them.
    """
    if hole.all():
        return fill
    spread, grain = min(REACH * unit, DEEPEST), max(1.0, unit / WIDE)
    depth, result = math.ceil(3 * spread) + 1, fill.copy()
    scales = Scales(grain, 1.0, BAND, BENDS, LONGEST, far=False)
    for tile in tiles(hole, SIDE, MARGIN + math.ceil(8 * grain)):
        gone = hole[tile.window]
        # 1 at the rim, so many steps further in so much less.
        inwards = 0.5 + depth * (1 - fading(gone, depth))
        near = gone & (inwards < depth)
        if not near.any():
            continue
        picture = np.where(gone[..., None], fill[tile.window], photo[tile.window])
        picture = picture.astype(np.float32, copy=False)
        share = np.where(near, np.exp(-0.5 * np.square(inwards / spread)), 0)
        share *= _trust(picture, gone, near, spread)
        channels = [picture[..., c][~gone] for c in range(3)]
        least, most = ([bound(channel) for channel in channels] for bound in (np.min, np.max))
        smooth = continued(picture, near).clip(least, most)
        lines = transported(smooth, gone, np.ones_like(gone), near, scales)
        begun = picture + share[..., None] * (smooth + LINES * lines - picture)
        result[tile.window][tile.inner] = np.where(gone[..., None], begun, fill[tile.window])[tile.inner]
    return result


def _trust(
    picture: Float[np.ndarray, "h w 3"],
    gone: Bool[np.ndarray, "h w"],
    near: Bool[np.ndarray, "h w"],
    spread: float,
) -> Float[np.ndarray, "h w"]:
    """From 0 to 1 what the outermost known pixels can be trusted, by what lies behind them; see `EVEN`."""
    ring = scipy.ndimage.binary_dilation(gone) & ~gone
    if not (~gone & ~ring).any():
        return np.ones(gone.shape, np.float32)
    off = np.where(ring, (picture - continued(picture, near | ring)) @ LUMA, 0).astype(np.float32)
    count = smoothed(ring.astype(np.float32), ALONG)
    even = np.abs(smoothed(off, ALONG)) / np.maximum(count, 1e-4)
    trust = np.where(ring, ((UNEVEN - even) / (UNEVEN - EVEN)).clip(0, 1), 0).astype(np.float32)
    reach = max(2.0, spread)
    count = smoothed(ring.astype(np.float32), reach)
    return (smoothed(trust, reach) / np.maximum(count, 1e-4)).clip(0, 1)
