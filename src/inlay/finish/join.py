"""Join a fill to the known pixels around it."""

from dataclasses import dataclass

import numpy as np

from inlay.errors import UserError
from inlay.finish.scene import Fill, Scene
from inlay.pixels.continuation import extend
from inlay.pixels.filters import fading

__all__ = ["Join"]


@dataclass(frozen=True)
class Join:
    """Match a fill's level to its rim: its error on known pixels is continued into the hole and taken off.

    Close to the harmonic correction of Poisson editing (Perez, Gangnet and Blake 2003), in a fixed number of
    operations a pixel. With a `feather` above 0 the correction fades out over so many pixels of the photo
    from the rim inwards, for a fill whose colours are right further in. Where a fill is put back in several
    windows the correction fades out over `window` pixels at most, so that they show no seams.
    """

    feather: float = 0.0  # pixels of the photo; 0: the correction does not fade out
    window: float = 32.0  # pixels of the photo

    name = "join"

    def __post_init__(self) -> None:
        """Check the range."""
        if not self.feather >= 0:
            raise UserError(f"feather {self.feather:g}: expected 0 pixels or more")

    def wants(self, scene: Scene) -> bool:
        """Only where the fill was resampled, so that it differs from the known pixels."""
        return scene.resampled and not scene.hole.all()

    def __call__(self, scene: Scene, fill: Fill) -> Fill:
        """Add the correction."""
        joined = fill + extend((scene.photo - fill).astype(np.float32), scene.hole)
        limits = [pixels for pixels in (self.feather, self.window * scene.is_window) if pixels]
        if not limits:
            return joined
        pixels = max(1, round(min(limits) / scene.scale))
        return fill + (joined - fill) * fading(scene.hole, pixels)[..., None]
