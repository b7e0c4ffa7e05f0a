"""Extend known pixels and their lines across a hole's edge.

A painter sees a pixel as known only if all of the photo's pixels under it are. So next to the rim, about as
deep as one of the painter's pixels, the smoothest continuation of the known pixels is nearer to the truth
than the painted fill. Fine lines are carried along with it.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float

from inlay.finish.scene import Fill, Scene
from inlay.geometry.tiles import Tile, tiles
from inlay.pixels.biharmonic import continued
from inlay.pixels.filters import fading
from inlay.pixels.parallel import each
from inlay.pixels.transport import LineTransport

__all__ = ["Rim"]


@dataclass(frozen=True)
class Rim:
    """Extend known pixels and their lines across the hole's edge.

    The continuation's share falls by a Gaussian of `reach`, `deepest` at most. `lines` is how much of the
    fine detail is carried over: less than all of it scores better in PSNR and looks the same. Where a unit
    has more than `wide` pixels, lines are carried in a picture reduced by that ratio.
    """

    reach: float = 1.0  # units: sigma
    deepest: float = 5.0  # pixels: sigma
    lines: float = 0.65  # 0 to 1
    wide: float = 4.0  # pixels
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
        windows = tiles(scene.hole, self.window, self.margin + math.ceil(8 * factor))
        result = fill.copy()

        def extend_window(tile: Tile) -> None:
            hole, before = scene.hole[tile.window], fill[tile.window]
            picture = np.where(hole[..., None], before, scene.photo[tile.window])
            extended = self._extended(picture.astype(np.float32, copy=False), hole, spread, factor)
            if extended is not None:
                mixed = np.where(hole[..., None], extended, before)
                result[tile.window][tile.inner] = mixed[tile.inner]

        each(extend_window, windows)
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
        channels = [picture[..., c][~hole] for c in range(3)]
        least, most = ([bound(channel) for channel in channels] for bound in (np.min, np.max))
        smooth = continued(picture, near).clip(least, most)
        lines = self.transport(smooth, hole, near, factor)
        return picture + share[..., None] * (smooth + self.lines * lines - picture)
