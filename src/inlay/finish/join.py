"""Join a fill to the known pixels around it."""

from dataclasses import dataclass

import numpy as np

from inlay.finish.scene import Fill, Scene
from inlay.pixels.continuation import extend
from inlay.pixels.filters import fading

__all__ = ["Join"]


@dataclass(frozen=True)
class Join:
    """Match a fill's level to its rim: what it is wrong by on known pixels is continued into the hole.

    Near the harmonic correction of Poisson editing (Perez, Gangnet and Blake 2003), in a fixed number of
    operations a pixel. With a `feather` above 0 the correction fades out over so many pixels of the photo
    from the rim inwards, for a fill whose colours are right further in. Where a fill is put back in several
    windows the correction fades out over `window` pixels at most, so that they show no seams.
    """

    feather: float = 0.0
    window: float = 32.0
    name = "join"

    def wants(self, scene: Scene) -> bool:
        """Only what was resampled differs from known pixels."""
        return scene.resampled and not scene.hole.all()

    def __call__(self, scene: Scene, fill: Fill) -> Fill:
        """Add the correction."""
        joined = fill + extend((scene.photo - fill).astype(np.float32), scene.hole)
        limits = [pixels for pixels in (self.feather, self.window * scene.is_window) if pixels]
        if not limits:
            return joined
        pixels = max(1, round(min(limits) / scene.scale))
        return fill + (joined - fill) * fading(scene.hole, pixels)[..., None]
