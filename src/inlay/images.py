"""Pictures as files: read upright and in 8 bits, written whole or not at all."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from inlay.errors import UserError
from inlay.files import whole_file

__all__ = [
    "check_picture_name",
    "eight_bit",
    "is_lossy",
    "open_picture",
    "over_white",
    "read_picture",
    "write_picture",
]

READS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "JPEG2000")
"""Formats that are opened. Pillow knows more, some of which start other programs."""

WRITES: dict[str, tuple[str, frozenset[str], dict[str, object]]] = {
    ".png": ("PNG", frozenset({"L", "LA", "P", "RGB", "RGBA", "I;16"}), {}),
    ".tif": ("TIFF", frozenset({"L", "LA", "P", "RGB", "RGBA", "I;16"}), {"compression": "tiff_lzw"}),
    ".webp": ("WEBP", frozenset({"L", "RGB", "RGBA"}), {"lossless": True, "exact": True}),
    ".bmp": ("BMP", frozenset({"L", "P", "RGB"}), {}),
    ".jpg": ("JPEG", frozenset({"L", "RGB"}), {"quality": 95, "subsampling": 0}),
}
"""By suffix: the format, the modes it holds, and how it is written."""

TWINS = {".jpeg": ".jpg", ".tiff": ".tif"}


def open_picture(path: Path) -> Image.Image:
    """The picture of a file in its own mode, decoded to its end and upright."""
    try:
        empty = path.stat().st_size == 0
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: no such file; expected a picture") from error
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "no ordinary file"
        raise UserError(f"{path}: is {kind}; expected a picture")
    if empty:
        raise UserError(f"{path}: the file is empty; expected a picture")
    try:
        with Image.open(path, formats=READS) as picture:
            picture.load()
            return ImageOps.exif_transpose(picture)
    except UnidentifiedImageError as error:
        raise UserError(f"{path}: not a picture; expected one of {', '.join(READS)}") from error
    except PermissionError as error:
        raise UserError(f"{path}: may not be read; change its permissions") from error
    except Exception as error:  # Pillow's decoders meet damage with almost any exception
        raise UserError(f"{path}: the picture is cut or damaged ({error}); fetch or save it again") from error


def eight_bit(picture: Image.Image) -> Image.Image:
    """The picture in one of the modes L, LA, RGB and RGBA."""
    if picture.mode in ("L", "RGB") and not picture.has_transparency_data:
        return picture
    if picture.mode in ("LA", "RGBA"):
        return picture
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return Image.fromarray(_levels(picture))
    if picture.mode in ("L", "La"):
        return picture.convert("LA")
    try:
        return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    except ValueError as error:
        message = f"a picture of Pillow's mode {picture.mode} cannot be read; save it as RGB"
        raise UserError(message) from error


def _levels(picture: Image.Image) -> UInt8[np.ndarray, "h w"]:
    """Grey levels of 16 or 32 bits, or of floating point, as 8 bits.

    Pillow's own conversion cuts them off at 255.
    """
    values = np.nan_to_num(np.asarray(picture).astype(np.float64))
    if picture.mode.startswith("I;16"):
        white = 65535.0
    else:
        # These modes do not say where white is: the smallest customary value that the brightest pixel fits.
        customary = ([1.0] if picture.mode == "F" else []) + [255.0, 65535.0]
        white = next((w for w in customary if values.max(initial=0) <= w), float(values.max()))
    return np.clip(np.rint(values * (255 / white)), 0, 255).astype(np.uint8)


def read_picture(path: Path) -> Image.Image:
    """The picture in RGB, upright; what is transparent shows white."""
    return over_white(eight_bit(open_picture(path)))


def over_white(picture: Image.Image) -> Image.Image:
    """A picture of mode L, LA, RGB or RGBA in RGB; what is transparent shows white, as in most viewers."""
    if picture.mode in ("L", "RGB"):
        return picture.convert("RGB")
    rgba = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def check_picture_name(path: Path) -> Path:
    """The path, if its suffix names a format that is written here."""
    if _suffix(path) not in WRITES:
        names = ", ".join(sorted([*WRITES, *TWINS]))
        raise UserError(f"{path}: '{path.suffix}' is no format that is written here; expected one of {names}")
    return path


def is_lossy(path: Path) -> bool:
    """Whether this format changes pixels when they are written."""
    return _suffix(path) == ".jpg"


def write_picture(path: Path, picture: Image.Image) -> None:
    """Write the picture and its colour profile in the format of the suffix, whole or not at all."""
    form, modes, settings = WRITES[_suffix(check_picture_name(path))]
    if picture.mode not in modes:
        raise UserError(f"{path}: {form} cannot hold a picture of Pillow's mode {picture.mode}; name a .png")
    profile = picture.info.get("icc_profile")
    with whole_file(path) as unfinished:
        picture.save(unfinished, format=form, icc_profile=profile, **settings)


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    return TWINS.get(suffix, suffix)
