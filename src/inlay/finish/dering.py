"""Remove a damage's compression rings from what painters and steps see of a JPEG photo.

A damage that was in the photo when it was saved as JPEG changes known pixels in every block that it touches:
its DCT coefficients are rounded, which rings through the block, and its colour is averaged into shared chroma
samples. Painters and steps would carry both into the hole. The rounding error of a coefficient is known to
have a variance of a twelfth of the squared quantisation step, so known pixels are estimated again: the
linear estimate of least error (Wiener, also called kriging), under a covariance that falls off exponentially.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy.fft
import scipy.ndimage
from jaxtyping import Bool, Float, Float64, UInt8

from inlay.finish.masked import Masked
from inlay.geometry.tiles import Tile, tiles
from inlay.images import JpegBlocks
from inlay.pixels.chroma import enlarged_samples, from_luma_chroma, luma_chroma, reduced_samples, samples_of
from inlay.pixels.continuation import extend
from inlay.pixels.filters import smoothed
from inlay.pixels.parallel import each

__all__ = ["Dering"]

Plane = Float[np.ndarray, "h w"]
Mask = Bool[np.ndarray, "h w"]
Blocks = Float64[np.ndarray, "n 64"]

DCT = np.kron(*2 * [scipy.fft.dct(np.eye(8), axis=0, norm="ortho")])
"""Takes the 64 pixels of a block to its DCT coefficients, both row by row."""

_ROWS, _COLUMNS = np.divmod(np.arange(64), 8)
DISTANCE = np.hypot(_ROWS[:, None] - _ROWS, _COLUMNS[:, None] - _COLUMNS)
"""Between the pixels of a block, in pixels."""


@dataclass(frozen=True)
class Dering:
    """Remove a damage's compression rings from what painters and steps see; the photo stays as it is.

    Pixels of a block correlate as `exp(-distance / length)`; their variance follows from the mean squared
    step between neighbours in blocks around that the hole does not touch, and a block's mean is free. The
    hole holds a damage where its content differs from the smooth continuation of what is around by more than
    `texture` times that squared step. Rounding errors are taken to be no larger than that difference, so
    where there is none, known pixels keep their values. So they do where the photo was edited after it was
    decoded: where the squared distance of its coefficients from multiples of their quantisation steps exceeds
    the share `edited` of what chance gives.
    """

    length: float = 8.0  # pixels, or chroma samples
    texture: float = 4.0  # squared steps between neighbours
    edited: float = 0.8  # share
    around: float = 1.0  # blocks: sigma of the mean over blocks around
    rounding: float = 0.1  # squared levels: variance of a known pixel by itself
    at_once: int = 256  # blocks that are solved for at once, which bounds memory
    window: int = 512  # pixels: side of the windows that are worked on, which bounds memory
    margin: int = 32  # pixels around a window that are seen

    name = "dering"

    def __call__(self, photo: UInt8[np.ndarray, "h w 3"], masked: Masked) -> Masked:
        """Estimate known pixels in the blocks that the hole touches; nothing but for JPEG photos."""
        blocks, unknown = masked.blocks, masked.unknown
        if blocks is None or not unknown.any() or unknown.all():
            return masked
        seen, cell = photo.copy(), max(blocks.cell)
        # Pixels that share a block or a chroma sample with the hole lie at most so far away.
        reach = scipy.ndimage.maximum_filter(unknown, 2 * cell + 5)

        def dering_window(tile: Tile) -> None:
            window = tile.window
            near = tile.own(reach[window] & ~unknown[window])
            change = from_luma_chroma(self._change(photo, unknown, tile, blocks)[near])
            seen[window][near] = np.clip(np.rint(photo[window][near] + change), 0, 255).astype(np.uint8)

        each(dering_window, tiles(reach, self.window, self.margin))
        return replace(masked, seen=seen)

    def _change(
        self, photo: UInt8[np.ndarray, "h w 3"], unknown: Mask, tile: Tile, blocks: JpegBlocks
    ) -> Float[np.ndarray, "th tw 3"]:
        """What is to be added to a window's luma and chroma."""
        (down, across), (top, left) = blocks.cell, blocks.corner
        # The window in whole cells. Beyond the photo its border goes on, as encoders have it.
        above, before = (tile.top - top) % down, (tile.left - left) % across
        h, w = tile.bottom - tile.top, tile.right - tile.left
        more = ((above, -(above + h) % down), (before, -(before + w) % across))
        hole = np.pad(unknown[tile.window], more, mode="edge")
        planes = luma_chroma(np.pad(photo[tile.window], (*more, (0, 0)), mode="edge"))
        change = np.zeros_like(planes)
        if self._is_edited(planes[..., 0], hole, blocks.tables[0]):
            return change[:h, :w]
        change[..., 0] = self._estimated(planes[..., 0], hole, ~hole, blocks.tables[0]) - planes[..., 0]
        share = reduced_samples(hole.astype(np.float32), blocks.sampling)
        for channel, table in enumerate(blocks.tables[1:], start=1):
            samples = samples_of(planes[..., channel], blocks.sampling)
            estimated = self._estimated(samples, share > 0, share < 1, table)
            change[..., channel] = enlarged_samples(estimated - samples, blocks.sampling)
        return change[above : above + h, before : before + w]

    def _is_edited(self, luma: Plane, hole: Mask, table: tuple[int, ...]) -> bool:
        """Whether the blocks that the hole touches are not as the file had them.

        Coefficients of a decoded file are multiples of their steps, but for rounding to levels 0 to 255.
        """
        step = np.array(table, dtype=np.float64)
        coefficients = (_blocks(luma)[_blocks(hole).any(axis=1)] - 128.0) @ DCT.T
        weight = np.square(step) * (np.abs(coefficients) > step / 2)
        off = np.square(coefficients - step * np.rint(coefficients / step))
        return bool((weight * off).sum() > self.edited * (weight * np.square(step) / 12).sum())

    def _estimated(self, plane: Plane, touched: Mask, legible: Mask, table: tuple[int, ...]) -> Plane:
        """A plane of blocks, estimated again in those that the hole touches.

        Samples that are both `touched` and `legible` lie across the hole's rim, and hold some of the damage.
        """
        smooth = extend(plane[..., None], touched)[..., 0]
        result = np.where(legible, plane, smooth)
        holes, steps = _blocks(touched), self._steps(plane, touched)
        count = holes.sum(axis=1)
        near = np.flatnonzero((count > 0) & _blocks(legible).any(axis=1))
        values, count = _blocks(plane)[near].astype(np.float64), count[near]
        differs = np.square(values - _blocks(smooth)[near]).sum(axis=1, where=holes[near]) / count
        excess = differs - self.texture * steps[near]
        damaged = excess > 0
        near, values, count, excess = near[damaged], values[damaged], count[damaged], excess[damaged]
        blocks = _blocks(result)
        for part in np.array_split(np.arange(len(near)), math.ceil(len(near) / self.at_once) or 1):
            at, more = near[part], excess[part, None]
            noise = self.rounding + np.where(holes[at], more, 0)
            # A damage's energy, spread over all coefficients, bounds the error of each.
            error = np.minimum(np.square(np.array(table)) / 12, more * count[part, None] / 64)
            blocks[at] = self._kriged(values[part], _blocks(legible)[at], steps[at], noise, error)
        return _plane(blocks, plane.shape)

    def _kriged(
        self,
        values: Blocks,
        legible: Bool[np.ndarray, "n 64"],
        steps: Float64[np.ndarray, " n"],
        noise: Blocks,
        error: Blocks,
    ) -> Blocks:
        """The blocks' pixels of least expected squared error, given variances of pixels and coefficients."""
        fall = np.exp(-DISTANCE / self.length)
        variance = np.maximum(steps, self.rounding) / (2 - 2 * fall[0, 1])
        # The mean is free: a constant of large variance.
        fall += 50
        dct = DCT.astype(np.float32)
        observed = ((dct.T * error[:, None, :].astype(np.float32)) @ dct).astype(np.float64)
        observed += variance[:, None, None] * fall
        diagonal = np.arange(64)
        observed[:, diagonal, diagonal] += noise
        # Illegible pixels drop out: their equations say that nothing is.
        observed *= legible[:, :, None] & legible[:, None, :]
        observed[:, diagonal, diagonal] += ~legible
        mean = np.mean(values, axis=1, keepdims=True, where=legible)
        weights = np.linalg.solve(observed, ((values - mean) * legible)[..., None])[..., 0]
        return mean + variance[:, None] * (weights @ fall)

    def _steps(self, plane: Plane, touched: Mask) -> Float64[np.ndarray, " n"]:
        """For each block the mean squared step between neighbours, in blocks around that are untouched."""
        squares = np.zeros_like(plane)
        squares[:, 1:] += np.square(np.diff(plane, axis=1))
        squares[1:] += np.square(np.diff(plane, axis=0))
        h, w = plane.shape
        whole = (~_blocks(touched).any(axis=1)).reshape(h // 8, w // 8).astype(np.float64)
        means = _blocks(squares).mean(axis=1).reshape(whole.shape) / 2 * whole
        few = 0.02
        near, weight = smoothed(means, self.around), smoothed(whole, self.around)
        return ((near + few * means.sum() / max(1, whole.sum())) / (weight + few)).ravel()


def _blocks(plane: Float[np.ndarray, "h w"] | Mask) -> np.ndarray:
    """The 64 pixels of each block: n x 64."""
    h, w = plane.shape
    return plane.reshape(h // 8, 8, w // 8, 8).transpose(0, 2, 1, 3).reshape(-1, 64)


def _plane(blocks: Float[np.ndarray, "n 64"], size: tuple[int, ...]) -> Plane:
    """The plane of all of its blocks."""
    h, w = size
    return blocks.reshape(h // 8, w // 8, 8, 8).transpose(0, 2, 1, 3).reshape(h, w)
