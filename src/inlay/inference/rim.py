"""Next to its rim a hole is known better than a model tells: there the known pixels go on. Without PyTorch.

A model draws at its own size, where a pixel is known only if all of the photo's pixels under it are. About as
far into the hole as such a pixel is wide, the smoothest continuation of the known pixels, with what is fine
carried along its lines, is nearer to the truth. So scratches are mended at the photo's own resolution.
"""

import math

import numpy as np
from jaxtyping import Bool, Float

from inlay.inference.biharmonic import biharmonic
from inlay.inference.blend import fading
from inlay.inference.tiles import inside, tiles
from inlay.inference.transport import Scales, transported

__all__ = ["with_rim"]

REACH, DEEPEST = 1.0, 5.0
"""The Gaussian by which what is continued fades into the hole: in units (`inlay.inference.frame.UNITS`), and
in how many pixels at most."""

LINES = 0.65
"""How much of what is fine comes over: all would look as well, less is nearer in decibels."""

BAND, BENDS, LONGEST = 2.0, 2.0, 40.0
"""As `inlay.inference.transport.Scales` has them, whose unit here is a pixel of the photo, and more where
units are wider than `WIDE` of them."""

WIDE = 4.0

SIDE, MARGIN = 256, 32
"""The windows in which this is done, and what they see around them, for a grain of one pixel."""


def with_rim(
    fill: Float[np.ndarray, "h w 3"],
    photo: Float[np.ndarray, "h w 3"],
    hole: Bool[np.ndarray, "h w"],
    unit: float,
) -> Float[np.ndarray, "h w 3"]:
    """The fill, RGB from 0 to 255, that begins at its rim as the known pixels end.

    A unit is so many pixels of the photo. The photo is not read inside the hole; where all is hidden the fill
    comes back as it is.
    """
    if hole.all():
        return fill
    spread, grain = min(REACH * unit, DEEPEST), max(1.0, unit / WIDE)
    scales, result = Scales(grain, BAND, BENDS, LONGEST, far=False), fill.copy()
    depth, margin = math.ceil(3 * spread) + 1, math.ceil(MARGIN * grain)
    for tile in tiles(hole, SIDE, margin):
        window = np.s_[tile[0] : tile[2], tile[1] : tile[3]]
        gone, inner = hole[window], inside(tile, hole.shape, margin)
        # 1 at the rim, so many steps further in so much less.
        inwards = 0.5 + depth * (1 - fading(gone, depth))
        near = gone & (inwards < depth)
        if not near.any():
            continue
        share = np.where(near, np.exp(-0.5 * np.square(inwards / spread)), 0)[..., None]
        picture = np.where(gone[..., None], fill[window], photo[window]).astype(np.float32, copy=False)
        smooth = biharmonic(picture, near)
        lines = transported(smooth, gone, np.ones_like(gone), near, scales)
        drawn = result[window]
        drawn[inner] += (share * (smooth + LINES * lines - picture))[inner]
    return result
