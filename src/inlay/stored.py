"""A photo as it was stored, and a result stored like it: depth, compression, EXIF, XMP, colour profile."""

import math
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import UInt16
from PIL import ExifTags, Image, JpegImagePlugin, PngImagePlugin

from inlay.deep import holds_deep_color, read_deep, tags_of_tiff, write_deep
from inlay.errors import UserError
from inlay.images import (
    FRAMES,
    count_frames,
    format_of,
    frames_of,
    is_lossy,
    picture_file,
    turn_of,
    upright,
    write_picture,
)

__all__ = ["AS_STORED", "NOWHERE", "Origin", "Saving", "open_photo", "scene_exif", "write_photo"]

Base, IFD = ExifTags.Base, ExifTags.IFD

TOLD = (
    Base.ImageDescription, Base.Make, Base.Model, Base.XResolution, Base.YResolution, Base.ResolutionUnit,
    Base.Software, Base.DateTime, Base.Artist, Base.HostComputer, Base.Rating, Base.Copyright,
    Base.XPTitle, Base.XPComment, Base.XPAuthor, Base.XPKeywords, Base.XPSubject,
)  # fmt: skip
"""The EXIF tags that are kept, beside the folders of exposure and place.

Others say how the old file lay on disk, or hold a small picture of the photo as it was before."""

ORIENTATION = re.compile(rb'(tiff:Orientation(?:="|>))[0-9]')
"""How the stored pixels lie, as XMP says it; results are upright."""

EXIF_LIMIT = 65_533
"""The most bytes of EXIF that a JPEG file holds."""


@dataclass(frozen=True)
class Saving:
    """How results are stored.

    `quality` is 1 to 100 for JPEG and WebP; without one a JPEG photo's own, else 95 and lossless.
    `metadata` is keep or strip; a colour profile stays in both, since it says what the colours are.
    """

    quality: int | None = None
    metadata: str = "keep"

    def __post_init__(self) -> None:
        """Check the range and the name."""
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise UserError(f"quality {self.quality}: expected a number from 1 to 100")
        if self.metadata not in ("keep", "strip"):
            raise UserError(f"unknown metadata '{self.metadata}'; expected keep or strip")

    def check(self, path: Path) -> None:
        """Refuse a quality for a file that has none."""
        if self.quality is not None and not is_lossy(path, self.quality):
            raise UserError(
                f"{path}: {format_of(path)} loses nothing and has no quality; leave --quality away"
            )


AS_STORED = Saving()


@dataclass(frozen=True)
class Origin:
    """What is known of a photo beside its pixels.

    `tables` and `sampling` are a JPEG file's compression. `dpi` is the resolution across and down, `gamma` a
    PNG file's gAMA value. `turn` is the EXIF orientation, which reading has undone, and `frames` the number
    of pages or frames in the file, of which the first was read.
    """

    exif: bytes = b""
    xmp: bytes = b""
    profile: bytes | None = None
    tables: dict[int, list[int]] = field(default_factory=dict)
    sampling: int = -1
    dpi: tuple[float, float] | None = None
    gamma: float | None = None
    turn: int = 1
    frames: int = 1


NOWHERE = Origin()


def open_photo(path: Path) -> tuple[Image.Image | UInt16[np.ndarray, "h w c"], Origin]:
    """The photo, upright: a Pillow image, or an array where it has 16 bits a channel; and its origin."""
    with picture_file(path) as stored:
        photo: Image.Image | np.ndarray
        if holds_deep_color(stored):
            photo = read_deep(path.read_bytes(), stored, str(path))
            size = (photo.shape[1], photo.shape[0])
        else:
            stored.load()
            stored.info[FRAMES] = count_frames(path)
            photo = upright(stored)
            size = photo.size
        frames, turn = frames_of(stored), turn_of(stored)
        info = photo.info if isinstance(photo, Image.Image) else stored.info
        xmp = info.get("xmp") or info.get("XML:com.adobe.xmp") or b""
        tables, sampling = {}, -1
        if isinstance(stored, JpegImagePlugin.JpegImageFile) and stored.mode in ("L", "RGB"):
            tables, sampling = stored.quantization, JpegImagePlugin.get_sampling(stored)
        packet = ORIENTATION.sub(rb"\g<1>1", xmp.encode() if isinstance(xmp, str) else xmp)
        return photo, Origin(
            scene_exif(stored, size), packet, stored.info.get("icc_profile"), tables, sampling,
            _dpi(stored, turn), _gamma(stored), turn, frames,
        )  # fmt: skip


def _dpi(stored: Image.Image, turn: int) -> tuple[float, float] | None:
    """The resolution of the upright photo; None where the file has none that makes sense."""
    try:
        across, down = (float(value) for value in stored.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if not all(math.isfinite(value) and 1 <= value < 1e5 for value in (across, down)):
        return None
    return (down, across) if turn >= 5 else (across, down)


def _gamma(stored: Image.Image) -> float | None:
    value = stored.info.get("gamma") if stored.format == "PNG" else None
    return value if isinstance(value, float) and 0 < value < 2e4 else None


def scene_exif(stored: Image.Image, size: tuple[int, int]) -> bytes:
    """What the EXIF data tell of the scene, for an upright picture of that size; nothing if damaged."""
    try:
        told, kept = stored.getexif(), Image.Exif()
        for tag in TOLD:
            if tag in told:
                kept[tag] = told[tag]
        for place in (IFD.Exif, IFD.GPSInfo):
            part = dict(told.get_ifd(place))
            for tag, side in ((Base.ExifImageWidth, size[0]), (Base.ExifImageHeight, size[1])):
                if tag in part:
                    part[tag] = side
            if part:
                kept[place] = part
        return kept.tobytes() if len(kept) else b""
    except Exception:  # EXIF data are damaged in as many ways as there are cameras; the picture is not
        return b""


def write_photo(
    path: Path,
    picture: Image.Image,
    deep: UInt16[np.ndarray, "h w c"] | None,
    origin: Origin,
    saving: Saving = AS_STORED,
) -> None:
    """Write a result in the format of the suffix, as its photo was stored; `deep` is its 16-bit colour."""
    form, keep = format_of(path), saving.metadata == "keep"
    exif, xmp = (origin.exif, origin.xmp) if keep else (b"", b"")
    if deep is not None:
        write_deep(
            path, deep, form, exif=exif, xmp=xmp, profile=origin.profile, dpi=origin.dpi, gamma=origin.gamma
        )
        return
    settings = _quality(form, picture, origin, saving)
    if origin.dpi is not None and form in ("JPEG", "PNG", "TIFF", "BMP"):
        settings["dpi"] = origin.dpi
    if form in ("JPEG", "WEBP", "PNG") and (form != "JPEG" or len(exif) <= EXIF_LIMIT):
        settings["exif"] = exif
    if form in ("JPEG", "WEBP"):
        settings["xmp"] = xmp
    if form == "PNG" and (xmp or origin.gamma):
        settings["pnginfo"] = chunks = PngImagePlugin.PngInfo()
        if origin.gamma:
            chunks.add(b"gAMA", struct.pack(">I", round(origin.gamma * 100_000)))
        if xmp:
            chunks.add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8", "replace"))
    if form == "TIFF":
        settings["exif"] = tags_of_tiff(exif, xmp)
    write_picture(path, picture, settings)


def _quality(form: str, picture: Image.Image, origin: Origin, saving: Saving) -> dict[str, object]:
    """Pillow's settings; a JPEG photo's result is quantised and sampled as the photo was."""
    if form == "WEBP" and saving.quality is not None:
        return {"lossless": False, "quality": saving.quality}
    if form == "JPEG" and saving.quality is not None:
        return {"quality": saving.quality}
    if form == "JPEG" and origin.tables:
        sampling = {"subsampling": origin.sampling} if origin.sampling >= 0 and picture.mode == "RGB" else {}
        return {"qtables": origin.tables, "quality": -1, **sampling}
    return {}
