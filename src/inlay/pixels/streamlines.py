"""Follow lines through a field of directions from a hole to known pixels; sample values between pixels."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

__all__ = ["Ends", "follow", "sample"]

Places = Float[np.ndarray, "n 2"]
"""Down and right, in pixels."""

OUTSIDE, HOLE, KNOWN = 0, 1, 2
"""What lies under the end of a line."""


class Ends(NamedTuple):
    """Where the lines from some pixels end, after how many steps they left the hole, and whether they did."""

    place: Places
    steps: Int[np.ndarray, " n"]
    found: Bool[np.ndarray, " n"]


@dataclass
class _Walkers:
    """The lines still followed: their numbers, places, next steps, and the steps left outside; -1 before."""

    line: Int[np.ndarray, " n"]
    place: Places
    step: Places
    left: Int[np.ndarray, " n"]

    def those(self, chosen: Bool[np.ndarray, " n"]) -> "_Walkers":
        """Only some of them."""
        return _Walkers(self.line[chosen], self.place[chosen], self.step[chosen], self.left[chosen])


def follow(
    start: Int[np.ndarray, "n 2"],
    first: Places,
    steps: Float[np.ndarray, "h w 2"],
    hole: Bool[np.ndarray, "h w"],
    longest: int,
) -> Ends:
    """Follow lines from hole pixels until known pixels come, and from there as many steps again.

    `first` are the first steps, `steps` those at each pixel, either way along the line there; all have one
    length, in pixels. A line that meets the picture's border or the hole again too soon turns back. One that
    leaves the picture from within the hole, or is `longest` steps long before, is not found.
    """
    margin = 1 + int(np.ceil(np.abs(steps).max(initial=1)))
    # Outside all around: no step is longer than that.
    ground = np.pad(np.where(hole, HOLE, KNOWN), margin, constant_values=OUTSIDE).ravel()
    flat = np.pad(steps, ((margin, margin), (margin, margin), (0, 0))).reshape(-1, 2)
    ends = Ends(start.astype(np.float32), np.zeros(len(start), np.int64), np.zeros(len(start), bool))
    walkers = _Walkers(np.arange(len(start)), ends.place.copy(), first, np.full(len(start), -1))
    for count in range(1, 2 * longest + 1):
        ahead = walkers.place + walkers.step
        cell = np.rint(ahead).astype(np.int64) + margin
        at = cell[:, 0] * (hole.shape[1] + 2 * margin) + cell[:, 1]
        there = ground[at]
        out = walkers.left >= 0
        arrived = ~out & (there == KNOWN)
        ends.steps[walkers.line[arrived]] = count
        walkers.left[arrived] = count + 1
        turned = (out & (there != KNOWN))[:, None]
        onward = flat[at]
        onward *= np.where(np.einsum("nk,nk->n", onward, walkers.step) < 0, -1, 1)[:, None]
        walkers.place = np.where(turned, walkers.place, ahead)
        walkers.step = np.where(turned, -walkers.step, onward)
        walkers.left -= walkers.left > 0
        done = walkers.left == 0
        ends.place[walkers.line[done]] = walkers.place[done]
        ends.found[walkers.line[done]] = True
        done |= (walkers.left < 0) & ((there == OUTSIDE) | (count >= longest))
        if done.any():
            walkers = walkers.those(~done)
        if not len(walkers.line):
            break
    return ends


def sample(values: Float[np.ndarray, "h w c"], place: Places) -> Float[np.ndarray, "n c"]:
    """Interpolate the values between pixels, bilinear; beyond the border they go on as there."""
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
