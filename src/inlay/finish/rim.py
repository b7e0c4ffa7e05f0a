"""Extend known pixels and their lines across a hole's edge.

A painter sees a pixel as known only if all of the photo's pixels under it are. So next to the rim, about as
deep as one of the painter's pixels, the smoothest continuation of the known pixels is nearer to the truth
than the painted fill. Fine lines are carried along with it.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import scipy.ndimage
from jaxtyping import Bool, Float

from inlay.finish.scene import Fill, Scene
from inlay.geometry.tiles import tiles
from inlay.pixels.biharmonic import continued
from inlay.pixels.filters import LUMA, fading, smoothed
from inlay.pixels.transport import LineTransport

__all__ = ["Rim"]


@dataclass(frozen=True)
class Rim:
    """Extend known pixels and their lines across the hole's edge.

    The continuation's share falls by a Gaussian of `reach`, `deepest` at most. `lines` is how much of the
    fine detail is carried over: less than all of it scores better in PSNR and looks the same. Where a unit
    has more than `wide` pixels, lines are carried in a picture reduced by that ratio.

    The outermost known pixels are trusted where they are within `even` of what lies behind them, and not at
    all from `uneven` on: a hole that misses a damage's edge leaves it there. The difference is a mean over
    `along`, so that a line that crosses the rim does not count.
    """

    reach: float = 1.0  # units: sigma
    deepest: float = 5.0  # pixels: sigma
    lines: float = 0.65  # 0 to 1
    wide: float = 4.0  # pixels
    even: float = 8.0  # levels
    uneven: float = 16.0  # levels
    along: float = 3.0  # pixels: sigma along the rim
    window: int = 384  # pixels: side of the windows that are worked on, which bounds memory
    margin: int = 24  # pixels around a window that are seen, and 8 times the reduction more
    transport: LineTransport = field(default_factory=LineTransport)

    name = "rim"

    def wants(self, scene: Scene) -> bool:
        """Wherever anything is known."""
        return not scene.hole.all()

    def __call__(self, scene: Scene, fill: Fill) -> Fill:
        """Mix the continuation into the fill next to the rim."""
        spread, factor = min(self.reach * scene.unit, self.deepest), max(1.0, scene.unit / self.wide)
        result = fill.copy()
        for tile in tiles(scene.hole, self.window, self.margin + math.ceil(8 * factor)):
            hole, before = scene.hole[tile.window], fill[tile.window]
            picture = np.where(hole[..., None], before, scene.photo[tile.window])
            extended = self._extended(picture.astype(np.float32, copy=False), hole, spread, factor)
            if extended is not None:
                mixed = np.where(hole[..., None], extended, before)
                result[tile.window][tile.inner] = mixed[tile.inner]
        return result

    def _extended(
        self, picture: Float[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"], spread: float, factor: float
    ) -> Float[np.ndarray, "h w 3"] | None:
        """A window's picture with its rim extended; None where no pixel is near known ones."""
        depth = math.ceil(3 * spread) + 1
        # 0.5 in the outermost hole pixels, so many pixels further in so much more.
        inwards = 0.5 + depth * (1 - fading(hole, depth))
        near = hole & (inwards < depth)
        if not near.any():
            return None
        share = np.where(near, np.exp(-0.5 * np.square(inwards / spread)), 0)
        share *= self._trust(picture, hole, near, spread)
        channels = [picture[..., c][~hole] for c in range(3)]
        least, most = ([bound(channel) for channel in channels] for bound in (np.min, np.max))
        smooth = continued(picture, near).clip(least, most)
        lines = self.transport(smooth, hole, near, factor)
        return picture + share[..., None] * (smooth + self.lines * lines - picture)

    def _trust(
        self,
        picture: Float[np.ndarray, "h w 3"],
        hole: Bool[np.ndarray, "h w"],
        near: Bool[np.ndarray, "h w"],
        spread: float,
    ) -> Float[np.ndarray, "h w"]:
        """From 0 to 1, how far the outermost known pixels agree with what lies behind them."""
        ring = scipy.ndimage.binary_dilation(hole) & ~hole
        if not (~hole & ~ring).any():
            return np.ones(hole.shape, np.float32)
        off = np.where(ring, (picture - continued(picture, near | ring)) @ LUMA, 0).astype(np.float32)
        count = smoothed(ring.astype(np.float32), self.along)
        mean = np.abs(smoothed(off, self.along)) / np.maximum(count, 1e-4)
        trust = ((self.uneven - mean) / (self.uneven - self.even)).clip(0, 1)
        trust = np.where(ring, trust, 0).astype(np.float32)
        reach = max(2.0, spread)
        count = smoothed(ring.astype(np.float32), reach)
        return (smoothed(trust, reach) / np.maximum(count, 1e-4)).clip(0, 1)
