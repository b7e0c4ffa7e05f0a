"""What people draw over a photo, as pictures: the hole (white = to be filled) and the layout."""

from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from inlay.errors import UserError
from inlay.images import eight_bit, open_picture
from inlay.labels import LabelSet

__all__ = ["hole_of", "is_zero_or_one", "label_of", "label_picture", "read_hole", "read_label"]

HALF = 127
"""Brighter than this is hole."""


def read_hole(path: Path) -> Bool[np.ndarray, "h w"]:
    """The hole of a picture file, upright, at the file's own size."""
    return hole_of(open_picture(path))


def hole_of(picture: Image.Image) -> Bool[np.ndarray, "h w"]:
    """The hole of a picture in any mode: where its luminance is over half, or 1 where it holds 0 and 1 only.

    Transparency counts as black. Programs that paint on layers save a hole as white strokes on nothing, and
    the colour under what is transparent is arbitrary, often white; so only what is seen to be white is hole.
    """
    if is_zero_or_one(picture):
        return (
            np.asarray(picture.convert("RGB") if picture.mode == "P" else picture).reshape(
                picture.height, picture.width, -1
            )[..., 0]
            > 0
        )
    picture = eight_bit(picture)
    if picture.mode in ("LA", "RGBA"):
        rgba = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", rgba.size, "black"), rgba)
    return np.asarray(picture.convert("L")) > HALF


def is_zero_or_one(picture: Image.Image) -> bool:
    """Whether an opaque picture holds the values 0 and 1 only, at least one of them 1."""
    if picture.has_transparency_data or (
        picture.mode not in ("L", "P", "RGB", "I") and not (picture.mode.startswith("I;16"))
    ):
        return False
    extrema = (picture.convert("RGB") if picture.mode == "P" else picture).getextrema()
    pairs = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return all(pair == (0, 1) or pair == (1, 1) for pair in pairs)


def read_label(path: Path, labels: LabelSet) -> UInt8[np.ndarray, "h w"]:
    """The layout of a picture file, upright, at the file's own size."""
    return label_of(open_picture(path), labels, str(path))


def label_of(picture: Image.Image, labels: LabelSet, source: str = "layout") -> UInt8[np.ndarray, "h w"]:
    """The layout of a picture: grey levels and palette numbers are class ids, colours are the classes' own.

    A palette picture whose colours are all colours of classes is read by them: programs renumber palettes.
    """
    if picture.mode == "P":
        colors = np.asarray(picture.convert("RGB"))
        ids = _ids_of_colors(colors, labels)
        label = np.asarray(picture) if ids is None else ids
    elif picture.mode in ("L", "1", "I") or picture.mode.startswith("I;16"):
        label = np.asarray(picture)
    elif picture.mode in ("LA", "RGB", "RGBA"):
        label = _opaque_ids(picture, labels, source)
    else:
        raise UserError(f"{source}: expected a grey, palette or RGB layout, got Pillow's mode {picture.mode}")
    label = label.astype(np.int64)
    labels.check(label, source)
    return label.astype(np.uint8)


def _opaque_ids(picture: Image.Image, labels: LabelSet, source: str) -> np.ndarray:
    if picture.mode in ("LA", "RGBA") and np.asarray(picture.getchannel("A")).min(initial=255) < 255:
        raise UserError(f"{source}: the layout is transparent in places; expected a class for each pixel")
    colors = np.asarray(picture.convert("RGB"))
    ids = _ids_of_colors(colors, labels)
    if ids is not None:
        return ids
    if (colors == colors[..., :1]).all():
        return colors[..., 0]
    known = {bytes(color) for color in labels.palette}
    unknown = next((bytes(c) for c in np.unique(colors.reshape(-1, 3), axis=0) if bytes(c) not in known), b"")
    raise UserError(
        f"{source}: the colour #{unknown.hex()} is of no class of '{labels.name}'; paint with the classes' "
        "own colours, without soft edges, or give a grey picture of class ids"
    )


def _ids_of_colors(colors: UInt8[np.ndarray, "h w 3"], labels: LabelSet) -> UInt8[np.ndarray, "h w"] | None:
    """The classes of the colours; nothing where a colour is of no class, or where two classes share one."""
    codes, palette = (c.astype(np.int64) @ np.array([65536, 256, 1]) for c in (colors, labels.palette))
    order = np.argsort(palette)
    if (np.diff(palette[order]) == 0).any():
        return None
    place = np.searchsorted(palette[order], codes).clip(max=len(order) - 1)
    if not (palette[order][place] == codes).all():
        return None
    return order[place].astype(np.uint8)


def label_picture(label: UInt8[np.ndarray, "h w"], labels: LabelSet) -> Image.Image:
    """The layout as a palette picture: its numbers are the class ids, and it shows the classes' colours."""
    picture = Image.fromarray(label)
    picture.putpalette(labels.palette.tobytes())
    return picture
