"""Continue known pixels smoothly into a hole, at any size."""

import math

import numpy as np
from jaxtyping import Bool, Float

__all__ = ["extend", "known_means"]

WORKING = 1024
"""Longest side in pixels at which fills are computed; a larger picture's fill is enlarged from there."""

SWEEPS = 6
"""Relaxations at each size of the pyramid."""


def extend(values: Float[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"]) -> Float[np.ndarray, "h w 3"]:
    """Fill the hole smoothly from its rim; known values are unchanged, values in the hole are not read.

    The same pyramid as `inlay.networks.regions.smooth_fill`.
    """
    h, w = hole.shape
    factor = math.ceil(max(h, w) / WORKING)
    outside = hole.astype(np.float32)[..., None]
    # NaN in the hole must not reach a mean: NaN times 0 is NaN.
    known = np.where(hole[..., None], np.float32(0), values.astype(np.float32, copy=False))
    if factor == 1:
        filled = _smooth_fill(known, outside)
    else:
        small = _smooth_fill(*known_means(known, outside, factor))
        filled = _enlarge(_enlarge(small, factor, 0), factor, 1)[:h, :w]
    return np.where(hole[..., None], filled, values)


def _smooth_fill(
    known: Float[np.ndarray, "h w 3"], hole: Float[np.ndarray, "h w 1"]
) -> Float[np.ndarray, "h w 3"]:
    """Means of known pixels from coarse to fine, relaxed at each size to the harmonic fill."""
    h, w = hole.shape[:2]
    if max(h, w) == 1:
        return known
    small = _smooth_fill(*known_means(known, hole, 2))
    chosen = np.broadcast_to(hole > 0, known.shape)
    # Only the hole and one pixel around it take part in a relaxation.
    rows, columns = (np.flatnonzero(chosen[..., 0].any(axis=axis)) for axis in (1, 0))
    filled = known.copy()
    if not len(rows):
        return filled
    np.copyto(filled, _enlarge(_enlarge(small, 2, 0), 2, 1)[:h, :w], where=chosen)
    box = np.s_[max(rows[0] - 1, 0) : rows[-1] + 2, max(columns[0] - 1, 0) : columns[-1] + 2]
    part, inside = filled[box], chosen[box]
    for _ in range(SWEEPS):
        ring = np.pad(part, ((1, 1), (1, 1), (0, 0)), mode="edge")
        mean = ring[1:-1, 2:] + ring[1:-1, :-2]
        mean += ring[2:, 1:-1]
        mean += ring[:-2, 1:-1]
        mean /= 4
        np.copyto(part, mean, where=inside)
    return filled


def known_means(
    known: Float[np.ndarray, "h w 3"], hole: Float[np.ndarray, "h w 1"], factor: int
) -> tuple[Float[np.ndarray, "th tw 3"], Float[np.ndarray, "th tw 1"]]:
    """The means of the known pixels of factor x factor blocks, and which blocks have none (1, else 0).

    `known` must be 0 in the hole; `hole` is 1 there.
    """
    weight = _block_means(1 - hole, factor)
    means = _block_means(known, factor) / np.maximum(weight, np.float32(1e-6))
    return means, (weight == 0).astype(np.float32)


def _block_means(array: Float[np.ndarray, "h w c"], factor: int) -> Float[np.ndarray, "th tw c"]:
    h, w, c = array.shape
    padded = np.pad(array, ((0, -h % factor), (0, -w % factor), (0, 0)))
    blocks = padded.reshape(padded.shape[0] // factor, factor, padded.shape[1] // factor, factor, c)
    return blocks.sum(axis=(1, 3)) / np.float32(factor * factor)


def _enlarge(array: Float[np.ndarray, "h w c"], factor: int, axis: int) -> Float[np.ndarray, "th tw c"]:
    """Interpolate linearly along an axis between the cells' centres; beyond the outermost ones it is flat."""
    count = array.shape[axis]
    place = np.clip((np.arange(count * factor) + 0.5) / factor - 0.5, 0, count - 1)
    low = np.floor(place).astype(np.int64)
    share = (place - low).astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
    first = array.take(low, axis)
    return first + share * (array.take(np.minimum(low + 1, count - 1), axis) - first)
