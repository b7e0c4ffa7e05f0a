"""Validate the hole and the layout given with a photo, as Pillow images or arrays."""

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from inlay.errors import UserError
from inlay.images import upright
from inlay.labels import LabelSet
from inlay.layers import hole_of, label_of
from inlay.notes import Note

__all__ = ["fit_hole", "fit_label"]


def fit_hole(
    hole: Image.Image | np.ndarray, photo: tuple[int, int]
) -> tuple[Bool[np.ndarray, "h w"], tuple[Note, ...]]:
    """The hole at the photo's size, and what is to be said about it.

    An array is bool, or numbers from 0 to 1 or from 0 to 255, of which more than half is hole.
    """
    drawn, notes = _as_hole(hole), list[Note]()
    if drawn.shape != photo:
        text = f"the hole is {_size(drawn.shape)}, the photo {_size(photo)}: scaled by nearest neighbour"
        notes.append(Note("hole-scaled", text))
        scaled = Image.fromarray(drawn.astype(np.uint8)).resize(
            (photo[1], photo[0]), Image.Resampling.NEAREST
        )
        drawn = np.asarray(scaled) > 0
    ratio = drawn.mean()
    if ratio == 1:
        raise UserError(
            "the hole covers the whole photo, which leaves nothing to fill it from; expected white where the "
            "photo is to be filled and black where it is kept"
        )
    if ratio == 0:
        text = "there is no hole: nothing in it is over half white (white = to be filled)"
        notes.append(Note("hole-empty", text))
    if ratio > 0.5:
        text = f"warning: {ratio:.0%} of the photo is hole, so most of the result is invented (white = hole)"
        notes.append(Note("hole-large", text))
    return drawn, tuple(notes)


def _as_hole(hole: Image.Image | np.ndarray) -> Bool[np.ndarray, "h w"]:
    if isinstance(hole, Image.Image):
        return hole_of(upright(hole))
    if hole.ndim == 3 and hole.shape[2] in (2, 3, 4) and hole.dtype == np.uint8:
        return hole_of(Image.fromarray(hole))
    if hole.ndim != 2 or not hole.size or hole.dtype.kind not in "buif":
        raise UserError(
            "the hole: expected a Pillow image or an array (h, w) of bool, of 0 to 1 or of 0 to 255, "
            f"got {hole.dtype} of shape {hole.shape}"
        )
    return hole > (0.5 if hole.max() <= 1 else 127)


def fit_label(
    layout: Image.Image | np.ndarray, photo: tuple[int, int], labels: LabelSet
) -> UInt8[np.ndarray, "h w"]:
    """The layout, which must have the photo's size and known ids."""
    if isinstance(layout, Image.Image):
        label = label_of(upright(layout), labels)
    elif layout.ndim == 2 and layout.dtype.kind in "ui":
        labels.check(layout, "layout")
        label = layout.astype(np.uint8)
    else:
        raise UserError(
            "the layout: expected a Pillow image or an array (h, w) of class ids, "
            f"got {layout.dtype} of shape {layout.shape}"
        )
    if label.shape != photo:
        raise UserError(
            f"the layout is {_size(label.shape)}, the photo {_size(photo)}; they must have one size"
        )
    return label


def _size(shape: tuple[int, ...]) -> str:
    """Width before height, as picture programs say it."""
    return f"{shape[1]} x {shape[0]} pixels"
