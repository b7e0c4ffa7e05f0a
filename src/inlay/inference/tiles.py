"""Parts of a photo as boxes of bounded size, which bounds the memory of what is done in them."""

import numpy as np
from jaxtyping import Bool

__all__ = ["inside", "tiles"]

Box = tuple[int, int, int, int]
"""Top, left, bottom, right."""


def tiles(part: Bool[np.ndarray, "h w"], side: int, margin: int) -> list[Box]:
    """Boxes that hold all of a part, each with a margin as far as the photo reaches."""
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    if not rows.size:
        return []
    (high, low), (near, far) = (rows[0], rows[-1] + 1), (columns[0], columns[-1] + 1)
    h, w = part.shape
    boxes = []
    for top in range(int(high), int(low), side):
        for left in range(int(near), int(far), side):
            bottom, right = min(top + side, int(low)), min(left + side, int(far))
            if part[top:bottom, left:right].any():
                box = (top - margin, left - margin, bottom + margin, right + margin)
                boxes.append((max(0, box[0]), max(0, box[1]), min(h, box[2]), min(w, box[3])))
    return boxes


def inside(box: Box, photo: tuple[int, int], margin: int) -> tuple[slice, slice]:
    """A box without its margin, which is its neighbours' part; at the photo's edges there is none."""
    top, left, bottom, right = box
    h, w = photo
    return (
        slice(margin if top else 0, bottom - top - (margin if bottom < h else 0)),
        slice(margin if left else 0, right - left - (margin if right < w else 0)),
    )
