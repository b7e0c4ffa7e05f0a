"""Fill what lies on no face from its surroundings: thin parts with lines, wide parts with patches."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import scipy.ndimage
from jaxtyping import Bool, Float, UInt8

from inlay.finish.grain import Grain
from inlay.finish.scene import Fill, Scene
from inlay.geometry.tiles import Tile, tiles
from inlay.pixels.biharmonic import continued
from inlay.pixels.continuation import extend
from inlay.pixels.filters import LUMA, smoothed
from inlay.pixels.parallel import each
from inlay.pixels.patches import PatchFill
from inlay.pixels.transport import LineTransport
from inlay.repair.composite import Part

__all__ = ["TextureFill"]

Pixels = UInt8[np.ndarray, "h w 3"]
Mask = Bool[np.ndarray, "h w"]
EIGHT = np.ones((3, 3))

Finish = Callable[[Scene, Fill], Fill]
"""What is added to a filled window."""


@dataclass(frozen=True)
class TextureFill:
    """Fill a hole from its surroundings.

    What lies up to `thin` from known pixels, or `share` of the photo's longer side, is thin: it is continued
    biharmonically, with `lines` of the fine detail carried along its lines. What is wide is filled with
    patches from up to `nearest` to `farthest` around it, as far as it is large. Where the known pixels around
    have less than `plain` above a Gaussian of `fine`, or too few patches are known, it is continued smoothly.
    """

    thin: float = 4.0  # pixels
    share: float = 1 / 200  # of the photo's longer side
    lines: float = 1.0  # 0 to 1
    nearest: int = 48  # pixels
    farthest: int = 256  # pixels
    plain: float = 0.4  # levels: standard deviation
    fine: float = 3.0  # pixels: sigma
    window: int = 320  # pixels: side of the windows of thin parts
    margin: int = 24  # pixels around a window that are seen
    transport: LineTransport = field(default_factory=LineTransport)
    patches: PatchFill = field(default_factory=PatchFill)

    def parts(self, pixels: Pixels, hole: Mask, barred: Mask, grain: Grain | None) -> Iterator[Part]:
        """Fill the hole in windows. `barred` pixels are seen, and never copied as patches."""
        measured = None if grain is None else grain.measure(pixels, hole)
        finish = None if grain is None or measured is None else partial(grain.add, measured)
        wide = self._wide(hole)
        thin, seen = hole & ~wide, pixels.copy()
        for part in each(
            lambda tile: self._thin_part(tile, pixels, hole, thin, finish),
            tiles(thin, self.window, self.margin),
        ):
            levels = np.clip(np.rint(part.fill), 0, 255).astype(np.uint8)
            seen[part.window] = np.where(part.taken[..., None], levels, seen[part.window])
            yield part
        usable = ~hole & ~barred
        named, _ = scipy.ndimage.label(wide, EIGHT)
        boxes = list(enumerate(scipy.ndimage.find_objects(named), start=1))
        yield from each(lambda one: self._wide_part(*one, named, seen, usable, finish), boxes)

    def _wide(self, hole: Mask) -> Mask:
        """The hole's parts that are deeper than thin ones, with their rim."""
        thin = max(self.thin, self.share * max(hole.shape))
        wide, reach = np.zeros_like(hole), int(np.ceil(2 * thin))

        def find(tile: Tile) -> None:
            inside = hole[tile.window]
            depth = scipy.ndimage.distance_transform_edt(np.pad(inside, 1, mode="edge"))[1:-1, 1:-1]
            core = depth > thin
            if core.any():
                grown = scipy.ndimage.binary_dilation(core, iterations=reach, mask=inside)
                wide[tile.window][tile.inner] = grown[tile.inner]

        for tile in tiles(hole, self.window, 2 * reach):
            find(tile)
        return wide

    def _thin_part(self, tile: Tile, pixels: Pixels, hole: Mask, thin: Mask, finish: Finish | None) -> Part:
        unknown, asked = hole[tile.window], thin[tile.window]
        picture = pixels[tile.window].astype(np.float32)
        if unknown.all():
            return Part(tile.window, extend(picture, unknown), tile.own(asked))
        if (unknown & ~asked).any():
            picture = np.where(asked[..., None], picture, extend(picture, unknown))
        known = pixels[tile.window][~unknown]
        base = continued(picture, asked).clip(known.min(axis=0), known.max(axis=0))
        fill = base + self.lines * self.transport(base, asked, asked)
        return Part(tile.window, _finished(finish, picture, unknown, fill), tile.own(asked))

    def _wide_part(
        self,
        number: int,
        box: tuple[slice, slice],
        named: "np.ndarray",
        seen: Pixels,
        usable: Mask,
        finish: Finish | None,
    ) -> Part:
        side = max(along.stop - along.start for along in box)
        around = min(max(side, self.nearest), self.farthest)
        window = (
            slice(max(0, box[0].start - around), box[0].stop + around),
            slice(max(0, box[1].start - around), box[1].stop + around),
        )
        hole, unknown = named[window] == number, named[window] > 0
        picture = seen[window].astype(np.float32)
        smooth = extend(picture, unknown) if not unknown.all() else picture
        picture = np.where((unknown & ~hole)[..., None], smooth, picture)
        fill = None
        if not self._is_plain(picture, hole, usable[window]):
            fill = self.patches(picture, hole, usable[window])
        if fill is None:
            fill = smooth
        return Part(window, _finished(finish, picture, unknown, fill), hole)

    def _is_plain(self, picture: Float[np.ndarray, "h w 3"], hole: Mask, usable: Mask) -> bool:
        """Whether the known pixels near a hole have no texture."""
        away = scipy.ndimage.distance_transform_edt(~hole)
        near = usable & (away > 2 * self.fine) & (away < self.nearest / 2)
        if not near.any():
            return False
        brightness = picture @ LUMA
        return bool((brightness - smoothed(brightness, self.fine))[near].std() < self.plain)


def _finished(
    finish: Finish | None, photo: Float[np.ndarray, "h w 3"], unknown: Mask, fill: Fill
) -> Float[np.ndarray, "h w 3"]:
    return fill if finish is None else finish(Scene(photo, unknown, 1.0), fill)
