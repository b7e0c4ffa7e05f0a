"""Write odd picture files, and what becomes of each: `python tests/odd_files.py > docs/odd-files.md`."""

import io
import struct
import sys
import tempfile
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image

__all__ = ["FILES", "HOLE", "outcome"]

H, W = 48, 40
Y, X = np.mgrid[:H, :W]
RGB = np.dstack([5 * X, 4 * Y, 90 + X + Y]).astype(np.uint8)
PHOTO = Image.fromarray(RGB)
GREY = PHOTO.convert("L")
HOLE = np.zeros((H, W), dtype=bool)
HOLE[10:22, 4:24] = True
ALPHA = np.where(X < 8, 0, 255).astype(np.uint8)


def frames() -> list[Image.Image]:
    """A second frame."""
    return [PHOTO.transpose(Image.Transpose.FLIP_TOP_BOTTOM)]


def saved(form: str, picture: Image.Image = PHOTO, **options: object) -> bytes:
    """The bytes of a file that Pillow writes."""
    buffer = io.BytesIO()
    picture.copy().save(buffer, form, **options)  # a copy: Pillow keeps settings in a picture
    return buffer.getvalue()


def png(values: np.ndarray, bits: int, color: int, extra: bytes = b"") -> bytes:
    """A PNG file of rows of bytes, of any depth and colour type."""
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    head = struct.pack(">IIBBBBB", W, H, bits, color, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + extra
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND")
    )


def chunk(name: bytes, body: bytes = b"") -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def interlaced() -> bytes:
    """A PNG file in Adam7 order."""
    passes = [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ]
    rows = b""
    for left, top, dx, dy in passes:
        rows += b"".join(b"\0" + row.tobytes() for row in RGB[top::dy, left::dx])
    head = struct.pack(">IIBBBBB", W, H, 8, 2, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND")


def deep(channels: int) -> bytes:
    """A PNG file of 16 bits a channel."""
    values = np.dstack([RGB, ALPHA])[..., {1: [0], 2: [0, 3], 3: [0, 1, 2], 4: [0, 1, 2, 3]}[channels]]
    return png((values.astype(np.uint16) * 257).astype(">u2"), 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels])


def tiff(values: np.ndarray, **options: object) -> bytes:
    """A TIFF file that tifffile writes."""
    import tifffile

    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


def turned(orientation: int) -> bytes:
    """A JPEG file with an EXIF orientation; the picture itself is not turned."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    picture = PHOTO if orientation < 5 else PHOTO.transpose(Image.Transpose.TRANSPOSE)
    return saved("JPEG", picture, exif=exif)


def lab() -> Image.Image:
    """The photo in Lab."""
    from PIL import ImageCms

    profiles = [ImageCms.createProfile(space) for space in ("sRGB", "LAB")]
    return ImageCms.profileToProfile(PHOTO, *profiles, outputMode="LAB")


def broken_crc() -> bytes:
    """A PNG file whose pixels' checksum is wrong."""
    data = bytearray(saved("PNG"))
    place = data.index(b"IDAT")
    data[place + 4 + struct.unpack(">I", data[place - 4 : place])[0]] ^= 0xFF
    return bytes(data)


def huge() -> bytes:
    """A small PNG file that says it is very large."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND")


def bmp(bits: int) -> bytes:
    """A BMP file of 4 or 16 bits, which Pillow reads but does not write."""
    if bits == 4:
        body = b"".join(
            bytes((a % 16 << 4) | b % 16 for a, b in zip(row[::2], row[1::2], strict=True)) for row in X
        )
        palette = b"".join(bytes((16 * i, 8 * i, 255 - 16 * i, 0)) for i in range(16))
    else:
        body, palette = (X.astype("<u2") * 700).tobytes(), b""
    offset = 54 + len(palette)
    head = struct.pack("<2sIHHI", b"BM", offset + len(body), 0, 0, offset)
    info = struct.pack("<IiiHHIIiiII", 40, W, H, 1, bits, 0, len(body), 2835, 2835, len(palette) // 4, 0)
    return head + info + palette + body


FLOATS = (RGB[..., 0] / 255).astype(np.float32)
HOLES_IN = np.where(X == 3, np.nan, FLOATS).astype(np.float32)
LAYERED = Image.fromarray(np.dstack([RGB, ALPHA]))

Make = Callable[[], bytes]
FILES: dict[str, tuple[str, Make]] = {
    "cut.png": ("PNG, cut after two thirds", lambda: saved("PNG")[: len(saved("PNG")) * 2 // 3]),
    "cut.jpg": ("JPEG, cut after two thirds", lambda: saved("JPEG")[: len(saved("JPEG")) * 2 // 3]),
    "cut.tif": ("TIFF, cut after one half", lambda: saved("TIFF")[: len(saved("TIFF")) // 2]),
    "cut.webp": ("WebP, cut after two thirds", lambda: saved("WEBP")[: len(saved("WEBP")) * 2 // 3]),
    "cut.gif": ("GIF, cut after one half", lambda: saved("GIF")[: len(saved("GIF")) // 2]),
    "header.png": ("PNG, signature only", lambda: saved("PNG")[:8]),
    "wrong_suffix.png": ("JPEG named .png", lambda: saved("JPEG")),
    "wrong_suffix.jpg": ("PNG named .jpg", lambda: saved("PNG")),
    "no_suffix": ("PNG without a suffix", lambda: saved("PNG")),
    "text.png": ("a letter named .png", lambda: b"Dear reader,\n" * 40),
    "page.jpg": ("a web page named .jpg", lambda: b"<!doctype html><title>404</title>" * 9),
    "svg.png": ("SVG named .png", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>" * 9),
    "empty.png": ("zero bytes", lambda: b""),
    "zeros.png": ("1,000 zero bytes", lambda: bytes(1000)),
    "bad_crc.png": ("PNG with a wrong checksum", broken_crc),
    "huge.png": ("PNG of 60,000 x 60,000 declared pixels", huge),
    "no_pixels.png": ("PNG of 0 x 0 pixels", lambda: saved("PNG").replace(struct.pack(">II", W, H), bytes(8))),  # noqa: E501
    "cmyk.jpg": ("JPEG, CMYK", lambda: saved("JPEG", PHOTO.convert("CMYK"))),
    "cmyk.tif": ("TIFF, CMYK", lambda: saved("TIFF", PHOTO.convert("CMYK"))),
    "lab.tif": ("TIFF, Lab", lambda: saved("TIFF", lab())),
    "palette.png": ("PNG, palette", lambda: saved("PNG", PHOTO.quantize(32))),
    "palette_alpha.png": ("PNG, palette, one colour transparent", lambda: saved("PNG", PHOTO.quantize(32), transparency=3)),  # noqa: E501
    "key.png": ("PNG, RGB, one colour transparent", lambda: saved("PNG", transparency=(0, 0, 90))),
    "one_bit.png": ("PNG of 1 bit", lambda: saved("PNG", GREY.convert("1"))),
    "two_bits.png": ("PNG of 2 bits", lambda: png(np.full((H, W // 4), 0x1B, np.uint8), 2, 0)),
    "four_bits.png": ("PNG of 4 bits", lambda: png(np.full((H, W // 2), 0x5A, np.uint8), 4, 0)),
    "grey16.png": ("PNG, grey of 16 bits", lambda: deep(1)),
    "la16.png": ("PNG, grey and alpha of 16 bits", lambda: deep(2)),
    "rgb16.png": ("PNG, RGB of 16 bits", lambda: deep(3)),
    "rgba16.png": ("PNG, RGBA of 16 bits", lambda: deep(4)),
    "interlaced.png": ("PNG, interlaced", interlaced),
    "animated.png": ("PNG, animated", lambda: saved("PNG", save_all=True, append_images=frames())),
    "rubbish_chunk.png": ("PNG with an unknown chunk", lambda: png(RGB, 8, 2, chunk(b"quSt", b"?" * 9))),
    "tail.png": ("PNG with a megabyte behind its end", lambda: saved("PNG") + bytes(1 << 20)),
    "icc_broken.png": ("PNG with a broken colour profile", lambda: saved("PNG", icc_profile=b"no profile")),
    "la.png": ("PNG, grey and alpha", lambda: saved("PNG", LAYERED.convert("LA"))),
    "clear.png": ("PNG, all transparent", lambda: saved("PNG", Image.new("RGBA", (W, H), (9, 9, 9, 0)))),
    "progressive.jpg": ("JPEG, progressive", lambda: saved("JPEG", progressive=True)),
    "grey.jpg": ("JPEG, grey", lambda: saved("JPEG", GREY)),
    "quality1.jpg": ("JPEG of quality 1", lambda: saved("JPEG", quality=1)),
    "two.mpo": ("MPO of two pictures", lambda: saved("MPO", save_all=True, append_images=frames())),
    "xmp_large.jpg": ("JPEG with 60 kB of XMP", lambda: saved("JPEG", xmp=b"<x:xmpmeta>" + b" " * 60_000)),
    "exif_rubbish.jpg": ("JPEG with rubbish as EXIF", lambda: saved("JPEG", exif=b"Exif\0\0MM\0*" + b"\xff" * 60)),  # noqa: E501
    "orientation9.jpg": ("JPEG of EXIF orientation 9", lambda: turned(9)),
    **{f"orientation{n}.jpg": (f"JPEG of EXIF orientation {n}", lambda n=n: turned(n)) for n in range(1, 9)},
    "pages.tif": ("TIFF of two pages", lambda: saved("TIFF", save_all=True, append_images=frames())),
    "tiled.tif": ("TIFF, tiled", lambda: tiff(RGB, tile=(16, 16), photometric="rgb")),
    "big_endian.tif": ("TIFF, big-endian", lambda: tiff(RGB, byteorder=">", photometric="rgb")),
    "big.tif": ("BigTIFF", lambda: tiff(RGB, bigtiff=True, photometric="rgb")),
    "planes.tif": ("TIFF in planes", lambda: tiff(RGB.transpose(2, 0, 1).copy(), photometric="rgb", planarconfig="separate")),  # noqa: E501
    "rgb16.tif": ("TIFF, RGB of 16 bits", lambda: tiff(RGB.astype(np.uint16) * 257, photometric="rgb")),
    "five.tif": ("TIFF of five channels", lambda: tiff(np.dstack([RGB, RGB[..., :2]]), photometric="rgb")),
    "float.tif": ("TIFF, grey floating point", lambda: tiff(FLOATS)),
    "nan.tif": ("TIFF, floating point with NaN", lambda: tiff(HOLES_IN)),
    "float_rgb.tif": ("TIFF, RGB floating point", lambda: tiff(np.dstack([FLOATS] * 3), photometric="rgb")),
    "half.tif": ("TIFF, half precision", lambda: tiff(FLOATS.astype(np.float16))),
    "int32.tif": ("TIFF, grey of 32 bits", lambda: tiff(RGB[..., 0].astype(np.int32) * 9000)),
    "fax.tif": ("TIFF, fax", lambda: saved("TIFF", GREY.convert("1"), compression="group4")),
    "jpeg.tif": ("TIFF, JPEG inside", lambda: saved("TIFF", compression="jpeg")),
    "one_bit.bmp": ("BMP of 1 bit", lambda: saved("BMP", GREY.convert("1"))),
    "four_bits.bmp": ("BMP of 4 bits", lambda: bmp(4)),
    "palette.bmp": ("BMP of 8 bits", lambda: saved("BMP", PHOTO.quantize(32))),
    "sixteen_bits.bmp": ("BMP of 16 bits", lambda: bmp(16)),
    "rgba.bmp": ("BMP of 32 bits", lambda: saved("BMP", LAYERED)),
    "animated.gif": ("GIF, animated", lambda: saved("GIF", save_all=True, append_images=frames())),
    "clear.gif": ("GIF with a transparent colour", lambda: saved("GIF", PHOTO.quantize(32), transparency=2)),
    "lossy.webp": ("WebP, lossy", lambda: saved("WEBP", quality=60)),
    "lossless.webp": ("WebP, lossless with alpha", lambda: saved("WEBP", LAYERED, lossless=True, exact=True)),
    "animated.webp": ("WebP, animated", lambda: saved("WEBP", save_all=True, append_images=frames())),
    "icon.ico": ("ICO", lambda: saved("ICO", sizes=[(W, H)])),
    "targa.tga": ("TGA", lambda: saved("TGA")),
    "layers.psd": ("PSD header", lambda: b"8BPS\0\1" + bytes(60)),
    "phone.heic": ("HEIC header", lambda: struct.pack(">I", 24) + b"ftypheic" + bytes(60)),
    "vector.eps": ("EPS", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 48\n"),
    "pixmap.ppm": ("PPM", lambda: saved("PPM")),
    "deep.pgm": ("PGM of 16 bits", lambda: f"P5 {W} {H} 65535\n".encode() + (RGB[..., 0].astype(">u2") * 257).tobytes()),  # noqa: E501
    "deep.ppm": ("PPM of 16 bits", lambda: f"P6 {W} {H} 65535\n".encode() + (RGB.astype(">u2") * 257).tobytes()),  # noqa: E501
    "plain.pbm": ("PBM in letters", lambda: f"P1 {W} {H}\n".encode() + b"0 1 " * (W * H // 2)),
    "wavelet.jp2": ("JPEG 2000, lossless", lambda: saved("JPEG2000")),
    "thin.png": ("PNG of 1 x 3,000 pixels", lambda: saved("PNG", Image.new("RGB", (1, 3000), "tan"))),
    "flat.png": ("PNG of 3,000 x 1 pixels", lambda: saved("PNG", Image.new("RGB", (3000, 1), "tan"))),
    "pixel.png": ("PNG of one pixel", lambda: saved("PNG", Image.new("RGB", (1, 1)))),
}  # fmt: skip
"""By name: what it is, and what writes it."""


def outcome(inpainter: Any, path: Path) -> tuple[str, bool]:
    """What the Python door makes of a file: a line to print, and whether there is a result.

    Any exception but a `UserError` passes through, and so does a result whose known pixels changed.
    """
    from inlay.errors import UserError
    from inlay.repair.photo import Photo

    try:
        photo = Photo.of(path)
        hole = HOLE
        if photo.size != HOLE.shape:
            hole = np.zeros(photo.size, dtype=bool)
            hole.reshape(-1)[: max(1, hole.size // 4)] = True
        result = inpainter(path, hole, faces="whole")
    except UserError as error:
        return str(error).replace(str(path), path.name), False
    shown = result.deep if result.deep is not None else np.asarray(result.image)
    assert np.array_equal(shown[~hole], photo.native[~hole])
    h, w = photo.size
    depth = 8 * photo.native.dtype.itemsize
    channels = "grey" if photo.native.ndim == 2 else {2: "LA", 3: "RGB", 4: "RGBA"}[photo.native.shape[2]]
    notes = "".join(f"; {note}" for note in photo.notes)
    return f"filled: {w} x {h}, {channels}, {depth} bits{notes}", True


def rows(inpainter: Any, folder: Path) -> Iterator[str]:
    """The rows of the table."""
    for name, (what, make) in FILES.items():
        (folder / name).write_bytes(make())
        text, _ = outcome(inpainter, folder / name)
        yield f"| `{name}` | {what} | {text.replace('|', '/')} |"


def main() -> None:
    """Print the page."""
    import torch

    from inlay import Inpainter

    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", module=r"PIL\.")
    inpainter = Inpainter.load(sys.argv[1] if len(sys.argv) > 1 else "bundled", "cpu")
    print("# Odd files\n")
    print("What becomes of unusual photos. `tests/test_odd_files.py` checks each row: known pixels come back")
    print("as they were read, or one line says why not. Printed by `python tests/odd_files.py`.\n")
    print("| file | what it is | what comes |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        print(*rows(inpainter, Path(folder)), sep="\n")


if __name__ == "__main__":
    main()
