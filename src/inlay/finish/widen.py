"""Take the damage's edges that a hole misses into it, or hide them and leave them as they are."""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import UInt8

from inlay.finish.edges import EdgeSearch
from inlay.finish.masked import Masked
from inlay.geometry.canvas_frame import unit_of

__all__ = ["Distrust", "Widen"]


@dataclass(frozen=True)
class Widen:
    """Take the damage's edges that a hole misses into it."""

    edges: EdgeSearch = field(default_factory=EdgeSearch)

    name = "widen"

    def __call__(self, photo: UInt8[np.ndarray, "h w 3"], masked: Masked) -> Masked:
        """Widen the hole, and note by how much; most holes stay as they are."""
        wide = self.edges.widen(photo, masked.hole, unit_of(masked.hole.shape))
        more = int(np.count_nonzero(wide)) - int(np.count_nonzero(masked.hole))
        if not more:
            return masked
        text = f"the hole was widened by {more} pixels along its rim, which look like the damage's edge"
        return replace(masked, hole=wide).noting("widened", text)


@dataclass(frozen=True)
class Distrust:
    """Hide the damage's edges that a hole misses from painters and steps, and leave them as they are."""

    edges: EdgeSearch = field(default_factory=EdgeSearch)

    name = "distrust"

    def __call__(self, photo: UInt8[np.ndarray, "h w 3"], masked: Masked) -> Masked:
        """Mark the rim as distrusted, and note how much of it; most holes have no such rim."""
        rim = self.edges.widen(photo, masked.hole, unit_of(masked.hole.shape)) & ~masked.hole
        if not rim.any():
            return masked
        text = (
            f"the hole's rim looks like the damage's edge: {np.count_nonzero(rim)} pixels there are left as "
            "they are and nothing is learnt from them; --widen fills them too"
        )
        return replace(masked, distrusted=masked.distrusted | rim).noting("damage-edge", text)
