"""Continue known pixels smoothly into a hole, at any size."""

import math

import numpy as np
from jaxtyping import Bool, Float, Int

__all__ = ["extend", "known_means"]

WORKING = 1024
"""Longest side in pixels at which fills are computed; a larger picture's fill is enlarged from there."""

SWEEPS = 6
"""Relaxations at each size of the pyramid."""


def extend(values: Float[np.ndarray, "h w c"], hole: Bool[np.ndarray, "h w"]) -> Float[np.ndarray, "h w c"]:
    """Fill a hole smoothly from its rim; known values stay exactly as they are.

    What the values are inside the hole is not read. The same pyramid as the networks'
    `inlay.networks.regions.smooth_fill`.
    """
    h, w = hole.shape
    factor = math.ceil(max(h, w) / WORKING)
    places = np.nonzero(hole)
    result = values.astype(np.float32, copy=True)
    if not len(places[0]):
        return result
    # What is no number in the hole must not reach a mean through a product with 0.
    result[places] = 0
    if factor == 1:
        return _smooth_fill(result, hole)
    small = _smooth_fill(*known_means(result, hole, factor))
    result[places] = _enlarged_at(small, factor, places)
    return result


def _smooth_fill(
    known: Float[np.ndarray, "h w c"], hole: Bool[np.ndarray, "h w"]
) -> Float[np.ndarray, "h w c"]:
    """Means of known pixels from coarse to fine, relaxed at each size to the harmonic fill.

    `known` is 0 in the hole, and is filled in place.
    """
    h, w = hole.shape
    places = np.nonzero(hole)
    if max(h, w) == 1 or not len(places[0]):
        return known
    small = _smooth_fill(*known_means(known, hole, 2))
    known[places] = _enlarged_at(small, 2, places)
    flat = known.reshape(-1, known.shape[2])
    own = places[0] * w + places[1]
    right, left = (
        places[0] * w + np.minimum(places[1] + 1, w - 1),
        places[0] * w + np.maximum(places[1] - 1, 0),
    )
    below, above = (
        np.minimum(places[0] + 1, h - 1) * w + places[1],
        np.maximum(places[0] - 1, 0) * w + places[1],
    )
    for _ in range(SWEEPS):
        mean = flat.take(right, 0)
        mean += flat.take(left, 0)
        mean += flat.take(below, 0)
        mean += flat.take(above, 0)
        mean /= 4
        flat[own] = mean
    return known


def known_means(
    known: Float[np.ndarray, "h w c"], hole: Bool[np.ndarray, "h w"], factor: int
) -> tuple[Float[np.ndarray, "th tw c"], Bool[np.ndarray, "th tw"]]:
    """The means of the known pixels of factor x factor blocks, and which blocks have none.

    `known` is 0 in the hole.
    """
    weight = _block_sums((~hole).astype(np.float32)[..., None], factor)
    means = _block_sums(known, factor) / np.maximum(weight, np.float32(1))
    return means, weight[..., 0] == 0


def _block_sums(array: Float[np.ndarray, "h w c"], factor: int) -> Float[np.ndarray, "th tw c"]:
    """Row by row, then column by column: both are sums of whole vectors."""
    h, w, c = array.shape
    rows = np.add.reduceat(array.reshape(h, w * c), np.arange(0, h, factor), axis=0).reshape(-1, w, c)
    wide = np.pad(rows, ((0, 0), (0, -w % factor), (0, 0))) if w % factor else rows
    parts = wide.reshape(len(rows), -1, factor, c)
    total = parts[:, :, 0].copy()
    for part in range(1, factor):
        total += parts[:, :, part]
    return total


def _enlarged_at(
    array: Float[np.ndarray, "th tw c"],
    factor: int,
    places: tuple[Int[np.ndarray, " n"], ...],
) -> Float[np.ndarray, "n c"]:
    """Linear interpolation between the middles of cells, at some pixels of the enlarged array.

    Beyond the last middles it is flat.
    """
    h, w, c = array.shape
    flat = array.reshape(-1, c)
    (top, down), (left, across) = (_between(n, factor, at) for n, at in zip((h, w), places, strict=True))
    bottom, right = np.minimum(top + 1, h - 1) * w, np.minimum(left + 1, w - 1)
    top = top * w
    one = flat.take(top + left, 0)
    one += down * (flat.take(bottom + left, 0) - one)
    other = flat.take(top + right, 0)
    other += down * (flat.take(bottom + right, 0) - other)
    return one + across * (other - one)


def _between(
    count: int, factor: int, at: Int[np.ndarray, " n"]
) -> tuple[Int[np.ndarray, " n"], Float[np.ndarray, "n 1"]]:
    """The cell before each place, and how far the place lies towards the next one."""
    place = np.clip((np.arange(count * factor) + 0.5) / factor - 0.5, 0, count - 1)
    low = np.floor(place).astype(np.int64)
    return low[at], (place - low).astype(np.float32)[at][:, None]
