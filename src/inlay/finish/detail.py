"""Copy detail beyond the painter's size into the hole, from known patches that match.

The detail of a pixel is what the photo has beyond its reduced and enlarged picture. For each token of the
canvas that the hole touches, a known token of the same class is searched that has a similar colour and line
direction, and whose neighbours continue those of the token beside it. So whole pieces of texture are copied
as they are. After Hertzmann et al., Image Analogies (2001): the fill relates to its detail as the reduced
photo relates to the photo.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int

from inlay.finish.patch_grid import PatchGrid
from inlay.finish.patch_search import PatchSearch
from inlay.finish.scene import Fill, Scene
from inlay.pixels.filters import LUMA, smoothed

__all__ = ["Detail"]


@dataclass(frozen=True)
class Detail:
    """Copy detail beyond the painter's size into the hole, from known patches that match.

    Colours are compared after smoothing by `smooth`; lines are the common direction, within `lines`, of the
    slopes after smoothing by `slopes`, and below a slope of `flat` there are none. A difference of `color` or
    of `direction` costs as much as a seam between two patches. Known tokens with more than `loud` times the
    median detail of their class, plus `grain`, are not copied: no ornaments. Nothing is laid where a class
    has too few known tokens (`search.fewest`).
    """

    token: int = 4  # pixels of the canvas
    color: float = 12.0  # levels
    direction: float = 0.2  # 0 to 1: clearness of direction
    smooth: float = 6.0  # pixels of the canvas: sigma
    slopes: float = 1.8  # pixels of the canvas: sigma
    lines: float = 6.0  # pixels of the canvas: sigma
    flat: float = 20.0  # squared levels a pixel
    loud: float = 1.7
    grain: float = 0.2  # levels: root of the mean square
    search: PatchSearch = field(default_factory=PatchSearch)

    name = "detail"

    def wants(self, scene: Scene) -> bool:
        """Only where the canvas was enlarged."""
        return scene.portrait is not None and scene.resampled

    def __call__(self, scene: Scene, fill: Fill) -> Fill:
        """Add the detail of the matching patches."""
        shown = scene.portrait
        assert shown is not None
        painted, hole, token = shown.painted, scene.hole, self.token
        classes = painted.layout[token // 2 :: token, token // 2 :: token].astype(int)
        th, tw = classes.shape
        asks = np.asarray(painted.hole.reshape(th, token, tw, token).any(axis=(1, 3)))
        if not asks.any():
            return fill
        grid = PatchGrid.of(shown.frame, (th, tw))
        detail = np.where(hole[..., None], np.float32(0), scene.photo - fill)
        usable = grid.within() & ~_neighbors(asks).any(axis=0) & (_neighbors(classes) == classes).all(axis=0)
        usable &= ~self._loud(
            grid.means(np.einsum("hwc,hwc->hw", detail, detail) / 3) ** 0.5, classes, usable
        )
        tokens, sources = self.search.find(self._features(painted.picture), classes, asks, usable)
        if not len(tokens):
            return fill
        return fill + np.where(hole[..., None], grid.lay(grid.take(detail, sources), tokens), np.float32(0))

    def _loud(
        self,
        detail: Float[np.ndarray, "th tw"],
        classes: Int[np.ndarray, "th tw"],
        usable: Bool[np.ndarray, "th tw"],
    ) -> Bool[np.ndarray, "th tw"]:
        """Which tokens have far more detail than is usual in their class."""
        usual = np.zeros(int(classes.max()) + 1)
        for c in np.unique(classes[usable]).tolist():
            usual[c] = np.median(detail[usable & (classes == c)])
        return detail > self.loud * usual[classes] + self.grain

    def _features(self, canvas: Float[np.ndarray, "h w 3"]) -> Float[np.ndarray, "th tw 5"]:
        """Each token's colour, and the direction of its lines as a vector at twice their angle."""
        down, right = np.gradient(smoothed(canvas @ LUMA, self.slopes))
        tensor = np.stack([right**2 - down**2, 2 * right * down, right**2 + down**2], axis=-1)
        tensor = smoothed(tensor, self.lines)
        direction = tensor[..., :2] / (tensor[..., 2:] + self.flat)
        color = smoothed(canvas, self.smooth) / self.color
        both = np.concatenate([color, direction / self.direction], axis=-1)
        h, w, parts = both.shape
        token = self.token
        return both.reshape(h // token, token, w // token, token, parts).mean(axis=(1, 3))


def _neighbors(tokens: np.ndarray) -> np.ndarray:
    """The nine tokens around and at each, (9,th,tw); beyond the border they go on as there."""
    wide = np.pad(tokens, 1, mode="edge")
    h, w = tokens.shape
    return np.stack([wide[y : y + h, x : x + w] for y in range(3) for x in range(3)])
