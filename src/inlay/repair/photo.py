"""A photo as its owner stored it, and as the networks see it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8, UInt16
from PIL import Image

from inlay.deep import eight_bits_of, is_deep
from inlay.errors import UserError
from inlay.images import JpegBlocks, eight_bit, frames_of, over_white, turn_of, upright
from inlay.notes import Note
from inlay.pixels.continuation import extend
from inlay.pixels.filters import LUMA
from inlay.places import fetched, place_of
from inlay.stored import NOWHERE, Origin, open_photo

__all__ = ["Photo", "plain_array"]

DEPTHS = {"I": "32-bit levels", "F": "floating-point levels"}
"""Pillow's modes of grey that a result does not keep."""


@dataclass(frozen=True)
class Photo:
    """`pixels` is what the networks see: RGB, upright, white where it is transparent.

    `native` is what the result is made of: the values of mode L, LA, RGB, RGBA, or of 16-bit grey, RGB, RGBA.
    Other modes become the nearest of these (palette and CMYK pictures RGB), since they could not hold every
    fill. `origin` is what is known of the file; `converted` names a mode that the result cannot keep;
    `blocks` are those of a JPEG file.
    """

    pixels: UInt8[np.ndarray, "h w 3"]
    native: UInt8[np.ndarray, "h w *c"] | UInt16[np.ndarray, "h w *c"]
    profile: bytes | None = None
    origin: Origin = NOWHERE
    converted: str = ""
    blocks: JpegBlocks | None = None

    @staticmethod
    def of(picture: Any) -> "Photo":
        """The photo of a Pillow image, a path, an array or a tensor.

        Arrays and tensors hold uint8 of 1 to 4 channels, or uint16 grey, RGB or RGBA; channels come last.
        """
        if isinstance(picture, Photo):
            return picture
        if isinstance(picture, str | Path):
            return _of_file(picture)
        if not isinstance(picture, Image.Image):
            picture = plain_array(picture, "the image")
            if is_deep(picture) and picture.shape[2] in (3, 4) and picture.size:
                seen = Image.fromarray(eight_bits_of(picture))
                return Photo(np.asarray(over_white(seen)), picture)
            picture = _from_array(picture)
        picture.load()
        origin = Origin(turn=turn_of(picture), frames=frames_of(picture))
        picture = upright(picture)
        plain = eight_bit(picture)
        deep = picture.mode.startswith("I;16")
        native = np.asarray(picture).astype(np.uint16) if deep else np.asarray(plain)
        # A colour profile describes the values as they were stored; CMYK and its like are converted away.
        kept = deep or picture.mode in ("1", "L", "LA", "P", "PA", "RGB", "RGBA")
        pixels = native if plain.mode == "RGB" else np.asarray(over_white(plain))
        profile = picture.info.get("icc_profile") if kept else None
        converted = "" if kept else picture.mode
        return Photo(pixels, native, profile, origin, converted, JpegBlocks.of(picture))

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a person should know of how the file was read."""
        notes, frames = list[Note](), self.origin.frames
        if frames > 1:
            text = f"the photo is the first of {frames} pages or frames; the others are left out"
            notes.append(Note("frames", text))
        if self.converted in DEPTHS:
            text = f"the photo's {DEPTHS[self.converted]} become 8-bit grey, also outside the hole"
            notes.append(Note("converted", text))
        return tuple(notes)

    @property
    def opacity(self) -> UInt8[np.ndarray, "h w"] | None:
        """The photo's own opacity in 8 bits; None where it has none."""
        if not self._has_alpha:
            return None
        alpha = self.native[..., -1]
        return (alpha >> 8).astype(np.uint8) if alpha.dtype == np.uint16 else alpha

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.pixels.shape[0], self.pixels.shape[1]

    def copy(self) -> Image.Image:
        """The photo as it was."""
        return self.picture(self.native)

    def filled(self, fill: Float[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"]) -> Image.Image:
        """The photo with its hole taken from `fill` (RGB, 0..255, not rounded); all else is as it was."""
        return self.picture(self.composite(fill, hole))

    def composite(
        self, fill: Float[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"]
    ) -> UInt8[np.ndarray, "h w *c"] | UInt16[np.ndarray, "h w *c"]:
        """The values of `filled`, in the photo's own depth."""
        return self.visible_in(hole).colored(fill, hole)

    def colored(
        self, fill: Float[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"]
    ) -> UInt8[np.ndarray, "h w *c"] | UInt16[np.ndarray, "h w *c"]:
        """The same with the photo's own opacity in the hole: of a part of a photo that `visible_in` made."""
        colors = 3 if self.native.ndim == 3 and self.native.shape[2] > 2 else 1
        chosen = fill[hole] if colors == 3 else (fill[hole] @ LUMA)[:, None]
        result = self.native.copy()
        shown = result if result.ndim == 3 else result[..., None]
        shown[..., :colors][hole] = self._stored(chosen)
        return result

    def visible_in(self, hole: Bool[np.ndarray, "h w"]) -> "Photo":
        """The photo with its opacity continued into the hole, so that what was rubbed out is filled visibly.

        From the rim of the whole hole: a part of it may lie far from anything that is known.
        """
        if not self._has_alpha or hole.all():
            return self
        native, alpha = self.native.copy(), self.native[..., -1]
        known = alpha[~hole]
        if known.min() == known.max():
            native[hole, -1] = known[0]
        else:
            levels = alpha.astype(np.float32)[..., None].repeat(3, axis=2)
            levels = levels / np.float32(257) if native.dtype == np.uint16 else levels
            native[hole, -1] = self._stored(extend(levels, hole)[..., 0][hole])
        return replace(self, native=native)

    def picture(self, native: UInt8[np.ndarray, "h w *c"] | UInt16[np.ndarray, "h w *c"]) -> Image.Image:
        """Values like `native` as a Pillow image, which holds colour in 8 bits only."""
        picture = Image.fromarray(eight_bits_of(native) if is_deep(native) else native)
        if self.profile is not None:
            picture.info["icc_profile"] = self.profile
        return picture

    def deep(self, native: np.ndarray) -> UInt16[np.ndarray, "h w c"] | None:
        """Values like `native` where the photo has 16-bit colour, which a Pillow image cannot hold."""
        return native if is_deep(native) else None

    @property
    def _has_alpha(self) -> bool:
        return self.native.ndim == 3 and self.native.shape[2] in (2, 4)

    def _stored(self, levels: Float[np.ndarray, "*n"]) -> UInt8[np.ndarray, "*n"] | UInt16[np.ndarray, "*n"]:
        """Levels from 0 to 255 as the photo stores them, in 8 or 16 bits."""
        if self.native.dtype == np.uint16:
            return np.clip(np.rint(levels * 257), 0, 65535).astype(np.uint16)
        return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def _of_file(path: str | Path) -> Photo:
    """The photo of a file or of a URL that fsspec opens, with what is known of it."""
    with fetched(place_of(path)) as (here,):
        assert here is not None
        stored, origin = open_photo(here)
        photo = Photo.of(stored)
    profile = photo.profile if isinstance(stored, Image.Image) else origin.profile
    return replace(photo, origin=origin, profile=profile)


def plain_array(given: Any, name: str) -> np.ndarray:
    """An array or a tensor as an array, one channel as none; a `UserError` for anything else."""
    if not isinstance(given, np.ndarray) and hasattr(given, "detach"):
        given = given.detach().cpu().numpy()
    if not isinstance(given, np.ndarray):
        raise UserError(
            f"{name}: expected a Pillow image, a path, an array or a tensor, got {type(given).__name__}"
        )
    return given[..., 0] if given.ndim == 3 and given.shape[2] == 1 else given


def _from_array(array: np.ndarray) -> Image.Image:
    grey = array.ndim == 2 and array.dtype in (np.uint8, np.uint16)
    colored = array.ndim == 3 and array.shape[2] in (2, 3, 4) and array.dtype == np.uint8
    if not (grey or colored) or not array.size:
        first = array.ndim == 3 and array.shape[0] in (1, 3, 4) and array.shape[2] > 4
        raise UserError(
            "the image: expected a Pillow image, a path, or an array of uint8 or uint16, (h, w), (h, w, 3) "
            f"or 4, got {array.dtype} of shape {array.shape}"
            + ("; move its channels to the last axis" if first else "")
        )
    return Image.fromarray(array)
