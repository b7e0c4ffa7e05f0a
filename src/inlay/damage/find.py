"""Find the damage of a photo of any size: scores by tiles, then a threshold, then whole pieces."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from scipy import ndimage

from inlay.damage.detector import load_detector
from inlay.errors import UserError
from inlay.geometry.tiles import tiles
from inlay.networks.damage import DamageDetector
from inlay.notes import Note
from inlay.tensors import to_tensor

__all__ = ["DamageFinder", "Found", "bundled_finder", "pieces_of"]

Pixels = UInt8[np.ndarray, "h w 3"]

Watch = Callable[[str], None]
"""Told what begins; it may raise to end the work."""

TILE, MARGIN = 512, 96
"""Own pixels of a tile, and what it sees around them."""

LEAST = 256
"""Longer side in pixels: smaller photos are enlarged to it. Larger ones are looked at reduced by halves too,
as long as so much is left: there wide scratches are as thin as those that the detector has learnt."""

MIDDLE, SPAN = 3.0, 8.0
"""The logit from which a piece is damage at a sensitivity of 0.5, and how far it moves from 0 to 1."""

WEAKER = 3.0
"""A piece reaches as far as its logit is no more than this below the threshold."""

SMALLEST = 8
"""Pixels of a piece, at the scale of a photo of 1,000 pixels or less."""

GROWTH = 1500
"""The mask grows by a pixel, and by another for so many pixels of the longer side."""


@dataclass(frozen=True)
class Found:
    """Damage of a photo: `hole` is True where it is damaged, `pieces` counts connected parts."""

    hole: Bool[np.ndarray, "h w"]
    pieces: int

    @property
    def note(self) -> Note:
        """What people are told."""
        if not self.pieces:
            return Note("clean", "no damage found")
        pieces = "1 piece" if self.pieces == 1 else f"{self.pieces} pieces"
        return Note("damage", f"damage found: {pieces}, {self.hole.mean():.2%} of the photo")


class DamageFinder:
    """Finds damage by a network, which is loaded once.

    >>> grey = np.full((120, 160, 3), 128, np.uint8)
    >>> DamageFinder().find(grey).pieces
    0
    """

    def __init__(self, detector: DamageDetector | None = None) -> None:
        self.detector = load_detector() if detector is None else detector

    def find(self, pixels: Pixels, sensitivity: float = 0.5) -> Found:
        """Find the damage of an RGB photo. A higher `sensitivity`, 0 to 1, finds more, also what is none."""
        if not 0 <= sensitivity <= 1:
            raise UserError(f"sensitivity {sensitivity}: expected a number from 0 to 1")
        return pieces_of(self.scores(pixels), sensitivity)

    def scores(self, pixels: Pixels, watch: Watch = lambda _: None) -> Float[np.ndarray, "h w"]:
        """The logit of damage at each pixel. `watch` is told of each tile."""
        side = max(pixels.shape[:2])
        zoom = max(1.0, LEAST / side)
        scores = self._at(pixels, zoom, watch)
        while side * zoom / 2 >= LEAST:
            zoom /= 2
            scores = np.maximum(scores, self._at(pixels, zoom, watch))
        return scores

    def _at(self, pixels: Pixels, zoom: float, watch: Watch) -> Float[np.ndarray, "h w"]:
        """The logits, seen at another scale."""
        h, w = pixels.shape[:2]
        if zoom == 1.0:
            return self._by_tiles(pixels, watch)
        size = (max(1, round(w * zoom)), max(1, round(h * zoom)))
        seen = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
        scores = self._by_tiles(seen, watch)
        return np.asarray(Image.fromarray(scores).resize((w, h), Image.Resampling.BILINEAR))

    def _by_tiles(self, pixels: Pixels, watch: Watch = lambda _: None) -> Float[np.ndarray, "h w"]:
        shape = pixels.shape[:2]
        scores = np.empty(shape, dtype=np.float32)
        for tile in tiles(np.ones(shape, dtype=bool), TILE, MARGIN):
            watch("finding damage")
            inside = self._logits(pixels[tile.window])[tile.inner]
            top, left = tile.top + tile.inner[0].start, tile.left + tile.inner[1].start
            scores[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
        return scores

    @torch.inference_mode()
    def _logits(self, pixels: Pixels) -> Float[np.ndarray, "h w"]:
        """The network's answer to the picture and to its mirror image, of sides that its grid divides."""
        h, w = pixels.shape[:2]
        grid = self.detector.GRID
        wide = np.pad(pixels, ((0, -h % grid), (0, -w % grid), (0, 0)), mode="symmetric")
        device = next(self.detector.parameters()).device
        image = to_tensor(wide)[None].to(device, memory_format=torch.channels_last)
        plain, mirrored = self.detector(torch.cat([image, image.flip(3)]))
        return ((plain + mirrored.flip(2)) / 2)[0, :h, :w].float().cpu().numpy()


@cache
def bundled_finder() -> DamageFinder:
    """The finder with the weights of the package, loaded once a process."""
    return DamageFinder()


def pieces_of(scores: Float[np.ndarray, "h w"], sensitivity: float) -> Found:
    """Choose whole pieces: those that somewhere reach the threshold, as far as they are likely.

    Pieces of a few pixels are left out. The mask is grown a little, over soft rims.
    """
    threshold = MIDDLE + SPAN * (0.5 - sensitivity)
    labels, count = ndimage.label(scores > threshold - WEAKER, structure=np.ones((3, 3)))
    if not count:
        return Found(np.zeros(scores.shape, dtype=bool), 0)
    numbers = np.arange(1, count + 1)
    peaks = ndimage.maximum(scores, labels, numbers)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    side = max(scores.shape)
    least = SMALLEST * max(1.0, side / 1000) ** 2
    kept = np.concatenate([[False], (peaks > threshold) & (areas >= least)])
    hole = kept[labels]
    if not hole.any():
        return Found(hole, 0)
    grown = ndimage.binary_dilation(hole, structure=_disk(1 + side // GROWTH))
    return Found(grown, int(ndimage.label(grown, structure=np.ones((3, 3)))[1]))


def _disk(radius: int) -> Bool[np.ndarray, "d d"]:
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return y * y + x * x <= radius * radius + 1
