"""Lines followed from hidden pixels to known ones through a field of directions; values between pixels."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

__all__ = ["Ends", "followed", "sampled"]

Places = Float[np.ndarray, "n 2"]
"""Down and right, in pixels."""

OUTSIDE, HIDDEN, KNOWN = 0, 1, 2
"""What a pixel is to a walker."""


class Ends(NamedTuple):
    """Where pixels' strands led to, after how many steps they came out of the hole, and whether they did."""

    place: Places
    steps: Int[np.ndarray, " n"]
    found: Bool[np.ndarray, " n"]


@dataclass
class _Walkers:
    """Who is on the way: which strand, where, the next step, and how many are left once out; -1 before."""

    strand: Int[np.ndarray, " n"]
    place: Places
    step: Places
    left: Int[np.ndarray, " n"]

    def those(self, chosen: Bool[np.ndarray, " n"]) -> "_Walkers":
        """Only some of them."""
        return _Walkers(self.strand[chosen], self.place[chosen], self.step[chosen], self.left[chosen])


def followed(
    start: Int[np.ndarray, "n 2"],
    first: Places,
    steps: Float[np.ndarray, "h w 2"],
    hidden: Bool[np.ndarray, "h w"],
    known: Bool[np.ndarray, "h w"],
    longest: int,
) -> Ends:
    """From hidden pixels along their strands until known ones come, and from there as many steps again.

    `first` are the first steps, `steps` those at each pixel, either way along the strand there; all are of
    one length, in pixels. Where the known part ends too soon a walker turns back on its strand; where the
    hidden one ends elsewhere, or after the `longest` way, it is lost.
    """
    margin = 1 + int(np.ceil(np.abs(steps).max(initial=1)))
    # Outside all around: nobody steps further than that.
    ground = np.pad(np.where(known, KNOWN, np.where(hidden, HIDDEN, OUTSIDE)), margin).ravel()
    flat = np.pad(steps, ((margin, margin), (margin, margin), (0, 0))).reshape(-1, 2)
    ends = Ends(start.astype(np.float32), np.zeros(len(start), np.int64), np.zeros(len(start), bool))
    walkers = _Walkers(np.arange(len(start)), ends.place.copy(), first, np.full(len(start), -1))
    for count in range(1, 2 * longest + 1):
        ahead = walkers.place + walkers.step
        cell = np.rint(ahead).astype(np.int64) + margin
        at = cell[:, 0] * (hidden.shape[1] + 2 * margin) + cell[:, 1]
        there = ground[at]
        out = walkers.left >= 0
        arrived = ~out & (there == KNOWN)
        ends.steps[walkers.strand[arrived]] = count
        walkers.left[arrived] = count + 1
        turned = (out & (there != KNOWN))[:, None]
        onward = flat[at]
        onward *= np.where(np.einsum("nk,nk->n", onward, walkers.step) < 0, -1, 1)[:, None]
        walkers.place = np.where(turned, walkers.place, ahead)
        walkers.step = np.where(turned, -walkers.step, onward)
        walkers.left -= walkers.left > 0
        done = walkers.left == 0
        ends.place[walkers.strand[done]] = walkers.place[done]
        ends.found[walkers.strand[done]] = True
        done |= (walkers.left < 0) & ((there == OUTSIDE) | (count >= longest))
        if done.any():
            walkers = walkers.those(~done)
        if not len(walkers.strand):
            break
    return ends


def sampled(values: Float[np.ndarray, "h w c"], place: Places) -> Float[np.ndarray, "n c"]:
    """The values between pixels, bilinear; beyond the border as at it."""
    corner, share = [], []
    for axis in (0, 1):
        along = place[:, axis].clip(0, values.shape[axis] - 1)
        corner.append(np.minimum(along.astype(np.int64), max(values.shape[axis] - 2, 0)))
        share.append((along - corner[axis]).astype(np.float32)[:, None])
    (top, left), (down, right) = corner, share
    below, beside = (np.minimum(one + 1, n - 1) for one, n in zip(corner, values.shape, strict=False))
    upper = values[top, left] * (1 - right) + values[top, beside] * right
    lower = values[below, left] * (1 - right) + values[below, beside] * right
    return upper * (1 - down) + lower * down
