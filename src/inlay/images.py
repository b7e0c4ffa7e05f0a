"""Pictures as files: read upright and in 8 bits, written whole or not at all."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import (
    ExifTags,
    Image,
    ImageOps,
    JpegImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    features,
)

from inlay.errors import UserError, is_out_of_memory
from inlay.files import whole_file

__all__ = [
    "FRAMES",
    "PICTURE_SUFFIXES",
    "READS",
    "TURN",
    "JpegBlocks",
    "check_picture_name",
    "count_frames",
    "eight_bit",
    "format_of",
    "frames_of",
    "is_lossy",
    "is_written",
    "open_picture",
    "over_white",
    "picture_file",
    "read_picture",
    "turn_of",
    "upright",
    "write_picture",
]

SUFFIXES = {
    "PNG": (".png", ".apng"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "JPEG2000": (".jp2", ".j2k", ".jpf", ".jpx"),
    "AVIF": (".avif",),
}
"""Formats that are opened, and the suffixes by which folders are searched for them.

Pillow knows more formats, some of which start other programs."""

PARTS = {"JPEG2000": "jpg_2000", "AVIF": "avif", "WEBP": "webp"}
"""Pillow's names of formats that not each of its builds reads."""

READS = tuple(name for name in SUFFIXES if name not in PARTS or features.check(PARTS[name]))
"""The formats that Pillow reads here."""

PICTURE_SUFFIXES = frozenset(suffix for name in READS for suffix in SUFFIXES[name])

WRITES: dict[str, tuple[str, frozenset[str], dict[str, object]]] = {
    # zlib at 3 is about three times as fast as at its usual 6, for files that are hardly larger.
    ".png": ("PNG", frozenset({"L", "LA", "P", "RGB", "RGBA", "I;16"}), {"compress_level": 3}),
    ".tif": ("TIFF", frozenset({"L", "LA", "P", "RGB", "RGBA", "I;16"}), {"compression": "tiff_lzw"}),
    ".webp": ("WEBP", frozenset({"L", "RGB", "RGBA"}), {"lossless": True, "exact": True}),
    ".bmp": ("BMP", frozenset({"L", "P", "RGB"}), {}),
    ".jpg": ("JPEG", frozenset({"L", "RGB"}), {"quality": 95, "subsampling": 0}),
}
"""By suffix: the format, the modes it holds, and how it is written."""

TWINS = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".tiff": ".tif"}


MEGAPIXELS, LIMIT = 200.0, "INLAY_MAX_MEGAPIXELS"
"""Larger pictures are refused before they are decoded: a small file may hold one that fills the memory. The
variable of the environment sets another limit."""

TURN, FRAMES = "inlay.turn", "inlay.frames"
"""Keys of `Image.info`: the EXIF orientation that `upright` undid, and how many frames the file holds."""

_OPENING = threading.Lock()


@dataclass(frozen=True)
class JpegBlocks:
    """How a JPEG file divided and quantised a picture.

    `tables` are the quantisation steps of luma, or of luma, Cb and Cr: 64 numbers, row by row, rows being
    vertical frequencies. A chroma sample covers `sampling` pixels (down, across). Blocks meet at the pixel
    `corner` (row, column), from where they go on in all directions. `size` is the picture's (height, width).
    """

    tables: tuple[tuple[int, ...], ...]
    size: tuple[int, int]
    sampling: tuple[int, int] = (1, 1)
    corner: tuple[int, int] = (0, 0)

    @staticmethod
    def of(picture: Image.Image) -> "JpegBlocks | None":
        """The blocks of an opened JPEG file in grey or YCbCr, also turned by `upright`; None of others.

        A crop, a resized picture and an array have none.
        """
        if not isinstance(picture, JpegImagePlugin.JpegImageFile):
            carried = picture.info.get(_BLOCKS)
            return carried if isinstance(carried, JpegBlocks) and carried.fits(picture) else None
        layers: list[tuple[int, int, int, int]] = picture.layer
        is_rgb = picture.info.get("adobe_transform") == 0 or bytes(layer[0] for layer in layers) == b"RGB"
        if picture.mode not in ("L", "RGB") or is_rgb or len(layers) not in (1, 3):
            return None
        tables = tuple(tuple(picture.quantization[table]) for *_, table in layers)
        (_, across, down, _), (_, right, below, _) = layers[0], layers[-1]
        is_even = len({layer[1:3] for layer in layers[1:]}) < 2 and not across % right and not down % below
        if not is_even or len({len(table) for table in tables} | {64}) > 1:
            return None
        return JpegBlocks(tables, (picture.height, picture.width), (down // below, across // right))

    def fits(self, picture: Image.Image) -> bool:
        """Whether the picture has the size of these blocks' picture."""
        return self.size == (picture.height, picture.width)

    @property
    def cell(self) -> tuple[int, int]:
        """Height and width in pixels of the smallest cell of whole blocks."""
        return 8 * self.sampling[0], 8 * self.sampling[1]

    def turned(self, orientation: int) -> "JpegBlocks":
        """The blocks of the same picture, turned as this EXIF orientation (1 to 8) says."""
        swapped = self
        if orientation >= 5:
            tables = tuple(
                tuple(table[8 * n + k] for k in range(8) for n in range(8)) for table in self.tables
            )
            swapped = JpegBlocks(tables, self.size[::-1], self.sampling[::-1], self.corner[::-1])
        (h, w), (down, across), (top, left) = swapped.size, swapped.cell, swapped.corner
        # Orientations whose upright rows, or columns, run against the stored ones.
        top = (h - top) % down if orientation in (3, 4, 7, 8) else top
        left = (w - left) % across if orientation in (2, 3, 6, 7) else left
        return replace(swapped, corner=(top, left))


_BLOCKS = "inlay_jpeg_blocks"
"""Under this name a turned picture's `info` keeps its blocks."""


def open_picture(path: Path) -> Image.Image:
    """The picture of a file in its own mode, decoded to its end and upright."""
    with picture_file(path) as picture:
        picture.load()
        picture.info[FRAMES] = count_frames(path)
        return upright(picture)


def count_frames(file: Path | BytesIO) -> int:
    """Count the pages or frames of a picture file in a look of its own.

    Counting moves to the last frame, and takes damage in the first one for the end.
    """
    try:
        with Image.open(file, formats=READS) as picture:
            return int(getattr(picture, "n_frames", 1))
    except Exception:  # what is wrong is told where the picture is decoded
        return 1


def frames_of(picture: Image.Image) -> int:
    """Count the pages or frames of an opened picture; 1 where they cannot be counted."""
    try:
        known = picture.info.get(FRAMES)
        return int(getattr(picture, "n_frames", 1) if known is None else known)
    except Exception:  # damage behind the first frame must not cost that frame
        return 1


@contextmanager
def picture_file(path: Path) -> Iterator[Image.Image]:
    """A picture file of an admitted size, opened, not yet decoded; what fails inside is told of the file."""
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
        with _opened(path) as picture:
            yield picture
    except UserError:
        raise
    except UnidentifiedImageError as error:
        reason = _tiff_reason(path) or f"not a picture; expected one of {', '.join(READS)}"
        raise UserError(f"{path}: {reason}") from error
    except PermissionError as error:
        raise UserError(f"{path}: may not be read; change its permissions") from error
    except Exception as error:  # Pillow's decoders meet damage with almost any exception
        if is_out_of_memory(error):
            raise
        raise UserError(f"{path}: the picture is cut or damaged ({error}); fetch or save it again") from error


def _opened(path: Path) -> Image.Image:
    limit = _megapixels()
    with _OPENING:
        # Pillow's own limit is the whole process's, warns of 100 megapixels, and names no way out.
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            picture = Image.open(path, formats=READS)
        finally:
            Image.MAX_IMAGE_PIXELS = before
    # Pillow maps uncompressed files of a known name into memory, and turned TIFF files in the wrong shape.
    picture.filename = ""
    width, height = picture.size
    if width * height > limit * 1e6:
        picture.close()
        raise UserError(
            f"{path}: {width} x {height} pixels are {width * height / 1e6:.0f} megapixels, the limit is "
            f"{limit:g}; if the picture is meant to be so large, set {LIMIT} to more"
        )
    return picture


def _megapixels() -> float:
    text = os.environ.get(LIMIT, "")
    try:
        limit = float(text) if text else MEGAPIXELS
    except ValueError as error:
        raise UserError(f"{LIMIT}={text}: expected a number of megapixels, as 400") from error
    return limit


SAMPLES = {1: "unsigned integers", 2: "signed integers", 3: "floating point", 5: "complex integers",
           6: "complex numbers"}  # fmt: skip
"""TIFF's tag 339, what the samples are."""


def _tiff_reason(path: Path) -> str | None:
    """Say which kind of TIFF Pillow could not open; None for other files."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
            if head[:4] not in (b"II*\0", b"MM\0*"):
                return "a BigTIFF, which is not read; save it as an ordinary TIFF" if _is_big(head) else None
            tags = TiffImagePlugin.ImageFileDirectory_v2(head)
            file.seek(tags.next)
            tags.load(file)
    except Exception:  # a damaged directory says nothing
        return "the TIFF is cut or damaged; fetch or save it again"
    bits, kinds = tags.get(258, (1,)), tags.get(339, (1,))
    what = f"{len(bits)} x {bits[0]} bits of {SAMPLES.get(kinds[0], 'an unknown kind')}"
    return f"a TIFF of {what} a pixel, which is not read; save it with 8 or 16 bits a channel"


def _is_big(head: bytes) -> bool:
    return head[:4] in (b"II+\0", b"MM\0+")


def turn_of(picture: Image.Image) -> int:
    """Give the EXIF orientation that `upright` undoes or has undone; 1 where there is none."""
    try:
        known = picture.info.get(TURN)
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1) if known is None else known)
    except Exception:  # damaged EXIF data fail in many ways, and must not cost the picture
        return 1


def upright(picture: Image.Image) -> Image.Image:
    """The picture turned as its EXIF orientation says; itself, not a copy, where it says nothing."""
    turn = turn_of(picture)
    if turn not in range(2, 9) or TURN in picture.info:
        return picture
    picture.load()
    frames, blocks = frames_of(picture), JpegBlocks.of(picture)
    turned = ImageOps.exif_transpose(picture)
    turned.info.update({TURN: turn, FRAMES: frames})
    if blocks is not None:
        turned.info[_BLOCKS] = blocks.turned(turn)
    return turned


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


def is_written(suffix: str) -> bool:
    """Whether files of this suffix are written here."""
    return TWINS.get(suffix.lower(), suffix.lower()) in WRITES


def is_lossy(path: Path, quality: int | None = None) -> bool:
    """Whether this format changes pixels when they are written; WebP does so where a quality is asked for."""
    return _suffix(path) == ".jpg" or (_suffix(path) == ".webp" and quality is not None)


def format_of(path: Path) -> str:
    """Pillow's name of the format that the suffix names."""
    return WRITES[_suffix(check_picture_name(path))][0]


def write_picture(path: Path, picture: Image.Image, settings: Mapping[str, object] | None = None) -> None:
    """Write the picture and its colour profile in the format of the suffix, whole or not at all.

    `settings` are Pillow's for that format, over the usual ones.
    """
    form, modes, usual = WRITES[_suffix(check_picture_name(path))]
    if picture.mode not in modes:
        raise UserError(f"{path}: {form} cannot hold a picture of Pillow's mode {picture.mode}; name a .png")
    chosen = {**usual, "icc_profile": picture.info.get("icc_profile"), **(settings or {})}
    with whole_file(path) as unfinished:
        try:
            picture.save(unfinished, format=form, **chosen)
        except ValueError as error:  # a side that the format cannot hold, as 16384 pixels in WebP
            raise UserError(f"{path}: {form} cannot hold this picture ({error}); name a .png") from error


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    return TWINS.get(suffix, suffix)
