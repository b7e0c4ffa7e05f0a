"""Validate the hole and the layout given with a photo: Pillow images, arrays, tensors or files."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from inlay.deep import turned
from inlay.errors import UserError
from inlay.images import open_picture, upright
from inlay.labels import LabelSet
from inlay.layers import label_of
from inlay.notes import Note
from inlay.places import fetched, place_of
from inlay.repair.hole_picture import MEND, WHITE, read_painted_hole
from inlay.repair.photo import Photo, plain_array

__all__ = ["Drawn", "fit_hole", "fit_label"]

Drawn = Any
"""A Pillow image, an array, a tensor, or the path of a picture file."""

Hole = Bool[np.ndarray, "h w"]


def fit_hole(
    hole: Drawn, photo: Photo, *, fit: bool = False, may_be_empty: bool = False
) -> tuple[Hole, tuple[Note, ...]]:
    """Read the hole, bring it to the photo's size, and say how.

    Pictures are read by the rules of `read_painted_hole`. An array or a tensor is bool, or numbers from 0 to
    1 or from 0 to 255, of which more than half is hole. The size follows these rules:

    1. The photo's size is taken as it is.
    2. The size of the photo's file before EXIF turned it: the hole is turned with the photo.
    3. The photo's aspect, to one pixel: the hole is scaled by nearest neighbour.
    4. Any other aspect is refused; with `fit` it is stretched.
    """
    given, notes = _turned_along(_opened(hole, "the hole"), photo, "hole")
    if isinstance(given, Image.Image):
        drawn, way = read_painted_hole(given, photo)
        # The documented form needs no word; every other reading is said.
        notes += [] if way == WHITE else [Note("hole-read", f"the hole is read as {way}")]
    else:
        drawn, way = _of_numbers(given), "an array"
    drawn, scaled = _scaled(drawn, photo, "hole", fit=fit)
    notes += scaled
    ratio = drawn.mean()
    if ratio == 1:
        raise UserError(
            "the hole covers the whole photo, which leaves nothing to fill it from; expected white where the "
            "photo is to be filled and black where it is kept"
        )
    if ratio == 0 and not may_be_empty:
        raise UserError(f"there is no hole: nothing is marked (it was read as {way}); {MEND}")
    if ratio > 0.5:
        text = f"warning: {ratio:.0%} of the photo is hole, so most of the result is invented (white = hole)"
        notes.append(Note("hole-large", text))
    return drawn, tuple(notes)


def _of_numbers(hole: np.ndarray) -> Hole:
    if hole.ndim != 2 or not hole.size or hole.dtype.kind not in "buif":
        raise UserError(
            "the hole: expected a Pillow image, a path, or an array (h, w) of bool, of 0 to 1 or of 0 to "
            f"255, got {hole.dtype} of shape {hole.shape}"
        )
    return hole > (0.5 if hole.max() <= 1 else 127)


def fit_label(
    layout: Drawn, photo: Photo, labels: LabelSet, *, fit: bool = False
) -> tuple[UInt8[np.ndarray, "h w"], tuple[Note, ...]]:
    """Read the layout, check its ids, and bring it to the photo's size by the rules of `fit_hole`."""
    given, notes = _turned_along(_opened(layout, "the layout"), photo, "layout")
    if isinstance(given, Image.Image):
        label = label_of(given, labels, str(layout) if isinstance(layout, str | Path) else "layout")
    else:
        if given.ndim != 2 or given.dtype.kind not in "ui" or not given.size:
            raise UserError(
                "the layout: expected a Pillow image, a path, or an array (h, w) of class ids, "
                f"got {given.dtype} of shape {given.shape}"
            )
        labels.check(given, "layout")
        label = given.astype(np.uint8)
    placed, scaled = _scaled(label, photo, "layout", fit=fit)
    return placed, (*notes, *scaled)


def _opened(given: Drawn, name: str) -> Image.Image | np.ndarray:
    """What was given as an upright picture, or as an array of numbers."""
    if isinstance(given, str | Path):
        with fetched(place_of(given)) as (here,):
            assert here is not None
            return open_picture(here)
    if isinstance(given, Image.Image):
        return upright(given)
    array = plain_array(given, name)
    if array.ndim == 3 and array.shape[0] == 1 and array.shape[2] > 4:
        array = array[0]  # PyTorch's order: one channel first
    is_picture = array.ndim == 3 and array.shape[2] in (2, 3, 4) and array.dtype == np.uint8
    return Image.fromarray(array) if is_picture and array.size else array


def _turned_along(
    given: Image.Image | np.ndarray, photo: Photo, name: str
) -> tuple[Image.Image | np.ndarray, list[Note]]:
    """Turn what was drawn on the stored photo as EXIF data turn the photo."""
    turn = photo.origin.turn
    shape = given.size[::-1] if isinstance(given, Image.Image) else given.shape
    stored = photo.size[::-1] if turn in (5, 6, 7, 8) else photo.size
    if turn == 1 or shape != stored:
        return given, []
    if shape == photo.size:
        text = f"EXIF data turn the photo: the {name} is taken as drawn on the upright photo"
        return given, [Note(f"{name}-upright", text)]
    text = (
        f"the {name} is {_size(shape)}, the photo {_size(photo.size)} once its EXIF data have turned it: the "
        f"{name} is turned with it"
    )
    if isinstance(given, Image.Image):
        return given.transpose(TURNS[turn]), [Note(f"{name}-turned", text)]
    return np.ascontiguousarray(turned(given, turn)), [Note(f"{name}-turned", text)]


TURNS = {5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
         8: Image.Transpose.ROTATE_90}  # fmt: skip
"""How Pillow turns a picture upright, for the EXIF orientations that swap width and height."""


def _scaled(drawn: np.ndarray, photo: Photo, name: str, *, fit: bool) -> tuple[np.ndarray, list[Note]]:
    """Bring a hole or a layout to the photo's size by the rules of `fit_hole`."""
    (h, w), (dh, dw) = photo.size, drawn.shape
    if (dh, dw) == (h, w):
        return drawn, []
    sizes = f"the {name} is {_size(drawn.shape)}, the photo {_size(photo.size)}"
    if not fit and not _have_one_aspect((dh, dw), (h, w)):
        raise UserError(
            f"{sizes}: their aspects differ; draw it on this photo, or stretch it with --fit-hole "
            "(fit in HTTP, fit=True in Python)"
        )
    resized = Image.fromarray(drawn.astype(np.uint8)).resize((w, h), Image.Resampling.NEAREST)
    values = np.asarray(resized).astype(drawn.dtype)
    return values, [Note(f"{name}-scaled", f"{sizes}: scaled by nearest neighbour")]


def _have_one_aspect(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether one size is the other scaled, but for rounding to whole pixels of the smaller."""
    (h, w), (oh, ow) = sorted((one, other))
    return abs(h - w * oh / ow) <= 1 or abs(w - h * ow / oh) <= 1


def _size(shape: tuple[int, ...]) -> str:
    """Width before height, as picture programs say it."""
    return f"{shape[1]} x {shape[0]} pixels"
