"""Colour of 16 bits a channel, which Pillow cuts to 8: read and written by OpenCV and tifffile."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8, UInt16
from PIL import ExifTags, Image

from inlay.errors import UserError
from inlay.extras import require
from inlay.files import whole_file

__all__ = [
    "eight_bits_of",
    "encode_deep",
    "holds_deep_color",
    "is_deep",
    "read_deep",
    "tags_of_tiff",
    "turned",
    "write_deep",
]

INSTALL = "pip install 'inlay[photo]'"
Colors = UInt16[np.ndarray, "h w c"]

BITS, PLANES, XMP = 258, 284, 700
"""TIFF's tags of the bits a sample, of how colours are laid out, and of an XMP packet."""

TURNS = {2: (False, 0, 1), 3: (False, 1, 1), 4: (False, 1, 0), 5: (True, 0, 0),
         6: (True, 0, 1), 7: (True, 1, 1), 8: (True, 1, 0)}  # fmt: skip
"""EXIF orientation: whether rows and columns change places, then whether rows and columns are reversed."""

HEADER = 33
"""The bytes of a PNG file's signature and first chunk."""

ROWS = 256
"""So many rows at once are turned into 8 bits, which bounds memory."""


def is_deep(values: np.ndarray) -> bool:
    """Whether the array holds colour of 16 bits a channel."""
    return values.ndim == 3 and values.dtype == np.uint16


def holds_deep_color(picture: Image.Image) -> bool:
    """Whether the file behind an opened picture, not decoded yet, holds colour of 16 bits a channel."""
    if picture.mode not in ("RGB", "RGBA", "LA"):
        return False
    if picture.format == "TIFF":
        return 16 in picture.tag_v2.get(BITS, ())  # type: ignore[attr-defined]
    tiles = getattr(picture, "tile", ())
    return picture.format == "PNG" and any(";16" in str(tile[3]) for tile in tiles)


def read_deep(data: bytes, picture: Image.Image, name: str) -> Colors:
    """RGB or RGBA of a PNG or TIFF file's bytes, upright; `picture` is the same file, opened by Pillow."""
    cv2 = require("cv2", package="opencv-python-headless (for 16-bit colour)", install=INSTALL)
    if picture.format == "TIFF" and picture.tag_v2.get(PLANES) == 2:  # type: ignore[attr-defined]
        raise UserError(f"{name}: a 16-bit TIFF whose colours lie apart; save it interleaved, or as PNG")
    values = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.ndim != 3:
        raise UserError(f"{name}: the 16-bit colours cannot be read; the file is damaged, or save it as PNG")
    order = [2, 1, 0, 3][: values.shape[2]]
    # OpenCV turns TIFF files upright by itself, PNG files not.
    turn = 1 if picture.format == "TIFF" else picture.getexif().get(ExifTags.Base.Orientation, 1)
    return np.ascontiguousarray(turned(values[..., order], turn))


def turned(values: np.ndarray, orientation: int) -> np.ndarray:
    """Turn stored rows and columns upright, as an EXIF orientation says.

    >>> turned(np.array([[1, 2]]), 6).tolist()
    [[1], [2]]
    """
    if orientation not in TURNS:
        return values
    swap, rows, columns = TURNS[orientation]
    swapped = values.swapaxes(0, 1) if swap else values
    return swapped[:: -1 if rows else 1, :: -1 if columns else 1]


def write_deep(
    path: Path,
    values: Colors,
    form: str,
    *,
    exif: bytes,
    xmp: bytes,
    profile: bytes | None,
    dpi: tuple[float, float] | None = None,
    gamma: float | None = None,
) -> None:
    """Write RGB or RGBA as PNG or TIFF, whole or not at all."""
    if form not in ("PNG", "TIFF"):
        raise UserError(f"{path}: {form} cannot hold 16 bits a channel; name a .png or a .tif")
    data = encode_deep(values, form, exif=exif, xmp=xmp, profile=profile, dpi=dpi, gamma=gamma)
    with whole_file(path) as unfinished:
        unfinished.write_bytes(data)


def encode_deep(
    values: Colors,
    form: str,
    *,
    exif: bytes,
    xmp: bytes,
    profile: bytes | None,
    dpi: tuple[float, float] | None = None,
    gamma: float | None = None,
) -> bytes:
    """RGB or RGBA as the bytes of a PNG or TIFF file."""
    if form == "TIFF":
        tifffile = require("tifffile", package="tifffile (for 16-bit TIFF)", install=INSTALL)
        told = tags_of_tiff(exif, xmp)
        tags = [(tag, 2, 0, told[tag], True) for tag in told if isinstance(told[tag], str)]
        tags += [(XMP, 1, len(xmp), xmp, True)] if xmp else []
        kind = {"extrasamples": ["unassalpha"]} if values.shape[2] == 4 else {}
        buffer = io.BytesIO()
        tifffile.imwrite(
            buffer, values, photometric="rgb", compression="zlib", predictor=True,
            iccprofile=profile, extratags=tags, metadata=None, software=False,
            **kind, **({"resolution": dpi, "resolutionunit": "INCH"} if dpi else {}),
        )  # fmt: skip
        return buffer.getvalue()
    assert form == "PNG"
    cv2 = require("cv2", package="opencv-python-headless (for 16-bit colour)", install=INSTALL)
    packets = {cv2.IMAGE_METADATA_EXIF: exif.removeprefix(b"Exif\0\0"), cv2.IMAGE_METADATA_XMP: xmp,
               cv2.IMAGE_METADATA_ICCP: profile or b""}  # fmt: skip
    given = {kind: np.frombuffer(packet, np.uint8) for kind, packet in packets.items() if packet}
    order = [2, 1, 0, 3][: values.shape[2]]
    ordered = np.ascontiguousarray(values[..., order])
    done, data = cv2.imencodeWithMetadata(".png", ordered, list(given), list(given.values()))
    assert done
    encoded: bytes = data.tobytes()
    return _with_chunks(encoded, dpi, gamma)


def _with_chunks(data: bytes, dpi: tuple[float, float] | None, gamma: float | None) -> bytes:
    """A PNG file's bytes with its resolution and gamma, which OpenCV does not write, behind the header."""
    chunks = []
    if gamma is not None:
        chunks.append((b"gAMA", struct.pack(">I", round(gamma * 100_000))))
    if dpi is not None:
        across, down = (round(value / 0.0254) for value in dpi)
        chunks.append((b"pHYs", struct.pack(">IIB", across, down, 1)))
    packed = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    ]
    return data[:HEADER] + b"".join(packed) + data[HEADER:]


def tags_of_tiff(exif: bytes, xmp: bytes) -> Image.Exif:
    """EXIF data and an XMP packet as tags of a TIFF file, without the folders of exposure and place.

    Neither Pillow's writer of compressed files nor tifffile makes folders of tags.
    """
    tags = Image.Exif()
    tags.load(exif)
    for folder in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        if folder in tags:
            del tags[folder]
    if xmp:
        tags[XMP] = xmp
    return tags


def eight_bits_of(values: Colors) -> UInt8[np.ndarray, "h w c"]:
    """Levels 0 to 65535 as 0 to 255, rounded to nearest."""
    small = np.empty(values.shape, dtype=np.uint8)
    for top in range(0, len(values), ROWS):
        # 32895 / 65536 is a half and what 255 / 65536 lacks to 255 / 65535, for all 65,536 levels.
        small[top : top + ROWS] = (values[top : top + ROWS].astype(np.uint32) * 255 + 32895) >> 16
    return small
