"""Pictures as they travel: base64 text or bytes in, checked and decoded; encoded in the format that came."""

import base64
import binascii
import io
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, UInt8, UInt16
from PIL import Image

from inlay.deep import encode_deep, holds_deep_color, read_deep
from inlay.errors import UserError
from inlay.images import FRAMES, count_frames, eight_bit, frames_of, turn_of, upright
from inlay.repair.photo import Photo
from inlay.stored import NOWHERE, Origin, scene_exif

__all__ = ["Received", "data_url", "decode", "decode_base64", "encode", "encode_png", "grey", "part_of_hole"]

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")
"""What is decoded. Pillow's other readers are rarely needed and more open to attack."""

SAME = {"MPO": "JPEG"}
"""What Pillow gives a name of its own: JPEG files that hold further pictures, as some cameras write them."""

KEPT = {
    "PNG": {"LA", "L", "I;16", "RGB", "RGBA"},
    "JPEG": {"L", "RGB"},
    "WEBP": {"RGB", "RGBA"},
    "TIFF": {"LA", "L", "I;16", "RGB", "RGBA"},
}
"""Formats that are answered in kind, with the modes they hold; BMP and GIF come back as PNG."""

OPTIONS: dict[str, dict[str, object]] = {
    "PNG": {"compress_level": 1},
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True, "exact": True, "method": 1},
    "TIFF": {"compression": "tiff_lzw"},
}


@dataclass(frozen=True)
class Received:
    """A decoded picture, upright, in its own mode, and what is needed to answer in kind.

    `deep` holds the same in 16 bits where the file has colour in them, which `picture` shows in 8.
    """

    picture: Image.Image
    format: str
    exif: bytes
    deep: UInt16[np.ndarray, "h w c"] | None = None
    origin: Origin = NOWHERE

    @property
    def photo(self) -> Photo:
        """The picture as a photo, with its colour profile, in the depth that came."""
        photo = Photo.of(self.picture if self.deep is None else self.deep)
        if self.deep is None:
            return photo
        return replace(photo, profile=self.picture.info.get("icc_profile"), origin=self.origin)

    def without_picture(self) -> "Received":
        """The same without the pixels, to remember how an answer is to be written."""
        return replace(self, picture=Image.new("L", (1, 1)), deep=None)

    @property
    def media_type(self) -> str:
        """The media type of an answer in kind."""
        return f"image/{self.answer_format.lower()}"

    @property
    def answer_format(self) -> str:
        """The format of an answer in kind."""
        return self.format if self.format in KEPT else "PNG"


def decode_base64(text: str, *, name: str, pixels: int, keep_depth: bool = False) -> Received:
    """The picture of base64 text, with or without a data URL's head; a `UserError` names the field."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UserError(f"{name}: not base64; expected a picture's bytes in base64, or a data URL") from error
    return decode(data, name=name, pixels=pixels, keep_depth=keep_depth)


def decode(data: bytes, *, name: str, pixels: int, keep_depth: bool = False) -> Received:
    """The picture of some bytes, of at most that many pixels, read to its end.

    With `keep_depth` colour of 16 bits a channel is read in full, which needs OpenCV.
    """
    if not data:
        raise UserError(f"{name}: empty; expected a picture")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > pixels:
                raise UserError(
                    f"{name}: {picture.width} x {picture.height} pixels; expected at most {pixels} in all"
                )
            form = SAME.get(picture.format or "", picture.format or "PNG")
            is_deep = keep_depth and holds_deep_color(picture)
            deep = read_deep(data, picture, name) if is_deep else None
            picture.load()
            picture.info[FRAMES] = count_frames(io.BytesIO(data))
            origin = Origin(turn=turn_of(picture), frames=frames_of(picture))
            turned = upright(picture)
            return Received(turned, form, scene_exif(picture, turned.size), deep, origin)
    except UserError:
        raise
    except Exception as error:  # Pillow's decoders meet damage with almost any exception, and may quote paths
        raise UserError(f"{name}: not a whole picture; expected one of {', '.join(FORMATS)}") from error


def encode(picture: Image.Image, like: Received, deep: UInt16[np.ndarray, "h w c"] | None = None) -> bytes:
    """The picture's bytes in the format and with the metadata that came, and with its own colour profile.

    `deep` is the same in 16-bit colour, for a photo that came so.
    """
    form = like.answer_format
    if deep is not None:
        profile = picture.info.get("icc_profile")
        return encode_deep(deep, form, exif=like.exif, xmp=b"", profile=profile)
    extras: dict[str, object] = {"icc_profile": picture.info.get("icc_profile")}
    if picture.mode not in KEPT[form]:
        picture = eight_bit(picture)
    if picture.mode not in KEPT[form]:
        picture = picture.convert("RGBA" if "RGBA" in KEPT[form] and picture.mode == "LA" else "RGB")
    if like.exif:
        extras["exif"] = like.exif
    buffer = io.BytesIO()
    picture.save(buffer, format=form, **OPTIONS[form], **extras)
    return buffer.getvalue()


def encode_png(picture: Image.Image, profile: bytes | None = None) -> bytes:
    """A PNG that is quick to make."""
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", compress_level=1, icc_profile=profile)
    return buffer.getvalue()


def grey(values: UInt8[np.ndarray, "h w"]) -> Image.Image:
    """Numbers as the grey levels of a picture."""
    return Image.fromarray(values)


def part_of_hole(part: Image.Image, place: tuple[int, int], size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """The hole of a photo of a size (height, width) of which a part is drawn, white, at a column and row."""
    (left, top), (h, w) = place, size
    if left + part.width > w or top + part.height > h:
        raise UserError(f"the part of the hole does not lie within the photo, which is {w} x {h} pixels")
    hole = np.zeros(size, dtype=bool)
    hole[top : top + part.height, left : left + part.width] = np.asarray(eight_bit(part).convert("L")) > 127
    return hole


def data_url(data: bytes, media_type: str = "image/png") -> str:
    """The bytes as a data URL."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
