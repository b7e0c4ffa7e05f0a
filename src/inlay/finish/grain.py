"""Give a fill the photo's grain.

The grain is what lies above a narrow Gaussian in the quietest places of the photo: how strong it is, at
which brightness, its spectrum and the covariance of its channels. Noise of that spectrum (Galerne, Gousseau
and Morel, Random Phase Textures, 2011) is added where the fill has less of it than the photo.
"""

import math
import zlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.signal
import scipy.special
from jaxtyping import Bool, Float, UInt8

from inlay.finish.scene import Fill, Scene
from inlay.pixels.filters import LUMA, smoothed

__all__ = ["Grain", "Measured"]

Picture = Float[np.ndarray, "h w 3"]
Mask = Bool[np.ndarray, "h w"]
Map = Float[np.ndarray, "h w"]

PERIOD = 1024
"""Pixels of noise that are drawn anew on each side, which bounds time and memory."""


class Measured(NamedTuple):
    """The grain of a photo: its standard deviation at some levels of brightness, and how it looks.

    `kernels` filter white noise for each of three independent parts, whose colours are the columns of `mix`.
    Together they give a luma of standard deviation 1.
    """

    levels: Float[np.ndarray, " b"]
    strength: Float[np.ndarray, " b"]
    kernels: Float[np.ndarray, "3 n n"]
    mix: Float[np.ndarray, "3 3"]

    def at(self, brightness: Map) -> Map:
        """The standard deviation at each brightness."""
        return np.interp(brightness, self.levels, self.strength).astype(np.float32)

    def noise(self, size: tuple[int, int], seed: int) -> Picture:
        """Noise of this grain with a luma of standard deviation 1; it repeats after `PERIOD` pixels."""
        rng, n = np.random.default_rng(seed), self.kernels.shape[1]
        h, w = (min(side, PERIOD) for side in size)
        parts = [
            scipy.signal.fftconvolve(
                rng.standard_normal((h + n - 1, w + n - 1), np.float32), kernel, mode="valid"
            )
            for kernel in self.kernels
        ]
        noise = np.stack(parts, axis=-1).astype(np.float32) @ self.mix.T
        return noise[np.arange(size[0])[:, None] % h, np.arange(size[1]) % w]


@dataclass(frozen=True)
class Grain:
    """Give a fill the photo's grain.

    Grain is measured in cells of `cell` pixels, above a Gaussian of `fine`, in `groups` of equal brightness;
    what is within `clipped` of black or white does not count. Its strength is that of the quietest `quiet` of
    a group's cells, times what such noise has beyond its quietest cells, `excess` at most. A group has
    `ratio` times the weakest one's at most: grain is everywhere, texture is not. Grain is drawn from a
    standard deviation of `least` on, at most `most`. Its spectrum comes from tiles of `tile` pixels with
    `alike` times the power of the quietest ones at most. What the fill already has is measured within `near`.
    Of larger photos `pixels` are measured, in bands of `band`.
    """

    fine: float = 2.0  # pixels: sigma
    cell: int = 8  # pixels
    pixels: int = 1_500_000  # of the photo that are measured
    band: int = 64  # rows
    quiet: float = 0.1  # of the cells
    excess: float = 1.6
    groups: int = 4
    fewest: int = 30  # cells of a group
    clipped: float = 2.0  # levels from black and white
    ratio: float = 2.0
    least: float = 2.2  # levels
    most: float = 12.0  # levels
    tile: int = 16  # pixels
    alike: float = 3.0
    near: float = 4.0  # pixels: sigma

    name = "grain"

    def wants(self, scene: Scene) -> bool:
        """Wherever anything is known."""
        return bool(scene.hole.any()) and not scene.hole.all()

    def __call__(self, scene: Scene, fill: Fill) -> Fill:
        """Add what the fill lacks of the photo's grain."""
        measured = self.measure(scene.photo, scene.hole)
        return fill if measured is None else self.add(measured, scene, fill)

    def add(self, measured: Measured, scene: Scene, fill: Fill) -> Fill:
        """Add what the fill lacks of a grain that was measured, in a larger part of the photo perhaps."""
        rows, columns = np.flatnonzero(scene.hole.any(axis=1)), np.flatnonzero(scene.hole.any(axis=0))
        margin = math.ceil(3 * (self.fine + self.near))
        window = tuple(slice(max(0, int(p[0]) - margin), int(p[-1]) + 1 + margin) for p in (rows, columns))
        hole = scene.hole[window]
        picture = np.where(hole[..., None], fill[window], scene.photo[window]).astype(np.float32)
        brightness = picture @ LUMA
        coarse = smoothed(brightness, self.fine)
        inside = hole.astype(np.float32)
        power = smoothed(np.square(brightness - coarse) * inside, self.near)
        power /= np.maximum(smoothed(inside, self.near), 1e-3)
        missing = np.sqrt(np.maximum(np.square(measured.at(coarse)) - power, 0)) * inside
        noise = measured.noise((hole.shape[0], hole.shape[1]), zlib.crc32(np.packbits(hole).tobytes()))
        result = fill.copy()
        result[window] += missing[..., None] * noise
        return result

    def measure(self, photo: Picture | UInt8[np.ndarray, "h w 3"], hole: Mask) -> Measured | None:
        """Measure the grain of a photo outside its hole; None where there is none to speak of.

        RGB from 0 to 255; not read inside the hole. Of a large photo bands of rows are measured.
        """
        picture, hole = self._bands(photo, hole)
        known = (~hole).astype(np.float32)
        weight = smoothed(known, self.fine)
        # Close to the hole the mean is one-sided.
        sure = (weight > 0.95) & ~hole
        brightness = np.where(hole, np.float32(0), picture @ LUMA)
        coarse = smoothed(brightness, self.fine) / np.maximum(weight, 0.05)
        power = self._cells(np.where(sure, np.square(brightness - coarse), np.nan), self.cell)
        level = self._cells(np.where(sure, brightness, np.nan), self.cell)
        fair = np.isfinite(power) & (level > self.clipped) & (level < 255 - self.clipped)
        level, power = level[fair], power[fair]
        groups = min(self.groups, len(power) // self.fewest)
        if not groups:
            return None
        parts = np.array_split(np.argsort(level, kind="stable"), groups)
        quietest = np.array([np.quantile(power[part], self.quiet) for part in parts])
        if np.sqrt(np.median(quietest)) * self.excess < self.least:
            return None
        look = self._look(np.where(hole[..., None], np.float32(0), picture), weight, sure)
        if look is None:
            return None
        strength = np.sqrt(quietest.clip(None, self.ratio**2 * quietest.min())) * self._usual(*look)
        strength = np.where(strength < self.least, 0, strength.clip(0, self.most)).astype(np.float32)
        if np.median(strength) < self.least:
            return None
        return Measured(np.array([level[part].mean() for part in parts]), strength, *look)

    def _bands(
        self, photo: Picture | UInt8[np.ndarray, "h w 3"], hole: Mask
    ) -> tuple[Picture, Bool[np.ndarray, "th w"]]:
        """So many bands of rows as have `pixels` at most, one above the other, parted by a hidden row."""
        every = math.ceil(hole.size / self.pixels)
        row = np.arange(len(hole))
        taken = row // self.band % every == 0
        parted = hole[taken] | ((row[taken] % self.band == 0) & (every > 1))[:, None]
        return photo[taken].astype(np.float32), parted

    def _usual(self, kernels: Float[np.ndarray, "3 n n"], mix: Float[np.ndarray, "3 3"]) -> float:
        """How much stronger than its quietest cells such grain is on the whole; `excess` at most.

        The power of a cell of correlated Gaussian noise is about chi-squared, with fewer degrees of freedom
        the wider the correlation.
        """
        n = kernels.shape[1]
        spectrum = np.einsum(
            "k,kyx->yx", (LUMA @ mix) ** 2, np.abs(np.fft.fft2(kernels, (2 * n, 2 * n))) ** 2
        )
        alike = np.fft.ifft2(spectrum).real
        freedom = self.cell**2 / max(1.0, float(np.square(alike / alike[0, 0]).sum()))
        low = scipy.special.gammaincinv(freedom / 2, self.quiet) * 2 / freedom
        return min(self.excess, 1 / math.sqrt(max(low, 1e-3)))

    def _look(
        self, known: Picture, weight: Map, sure: Mask
    ) -> tuple[Float[np.ndarray, "3 n n"], Float[np.ndarray, "3 3"]] | None:
        """The kernels and colours of the grain in the quietest tiles; None where these have none."""
        residual = known - smoothed(known, self.fine) / np.maximum(weight, 0.05)[..., None]
        n, (h, w) = self.tile, (side - side % self.tile for side in sure.shape)
        level = (known @ LUMA)[:h, :w]
        fair = sure[:h, :w] & (level > self.clipped) & (level < 255 - self.clipped)
        whole = fair.reshape(h // n, n, w // n, n).all(axis=(1, 3))
        tiles = residual[:h, :w].reshape(h // n, n, w // n, n, 3).swapaxes(1, 2)[whole]
        if not len(tiles):
            return None
        power = np.square(tiles @ LUMA).mean(axis=(1, 2))
        quiet = float(np.quantile(power, self.quiet))
        if math.sqrt(quiet) * self.excess < self.least:
            return None
        tiles = tiles[power <= self.alike * quiet].astype(np.float64)
        values, vectors = np.linalg.eigh(np.einsum("tyxi,tyxj->ij", tiles, tiles) / tiles[..., 0].size)
        # The sign of an axis is arbitrary, and a grey photo has one axis alone.
        scale = np.sqrt(np.where(values > 1e-6 * values[-1], values, 0))
        window = np.hanning(n + 2)[1:-1]
        spectra = np.fft.fft2((tiles @ vectors) * np.outer(window, window)[..., None], axes=(1, 2))
        amplitude = np.sqrt(np.square(np.abs(spectra)).mean(axis=0))
        kernels = np.fft.fftshift(np.fft.ifft2(amplitude, axes=(0, 1)).real, axes=(0, 1)).transpose(2, 0, 1)
        kernels /= np.maximum(np.sqrt(np.square(kernels).sum(axis=(1, 2), keepdims=True)), 1e-12)
        mix = vectors * scale
        luma = np.linalg.norm(LUMA @ mix)
        return kernels.astype(np.float32), (mix / max(luma, 1e-6)).astype(np.float32)

    def _cells(self, values: Map, side: int) -> Float[np.ndarray, " c"]:
        """Means over whole cells; not a number where a part is."""
        h, w = (n - n % side for n in values.shape)
        return values[:h, :w].reshape(h // side, side, w // side, side).mean(axis=(1, 3)).ravel()
