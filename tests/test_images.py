import contextlib
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inlay.errors import UserError
from inlay.images import (
    eight_bit,
    is_lossy,
    open_picture,
    over_white,
    read_picture,
    write_picture,
)
from inlay.tensors import from_tensor, to_tensor

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (6, 5, 3), dtype=np.uint8)
RGB = Image.fromarray(PIXELS)


def png_of_16_bits(values: np.ndarray) -> bytes:
    """A PNG of 16 bits a channel, of 1 to 4 channels, which Pillow reads but does not write."""
    h, w, channels = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = struct.pack(">IIBBBBB", w, h, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def read_back(folder: Path, picture: Image.Image, suffix: str = ".tif") -> np.ndarray:
    path = folder / f"picture{suffix}"
    picture.save(path)
    return np.asarray(read_picture(path))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P"])
def test_plain_modes(tmp_path: Path, mode: str, suffix: str) -> None:
    picture = RGB.quantize(200) if mode == "P" else RGB.convert(mode)
    assert np.array_equal(read_back(tmp_path, picture, suffix), np.asarray(picture.convert("RGB")))


def test_cmyk(tmp_path: Path) -> None:
    picture = RGB.convert("CMYK")
    assert np.array_equal(read_back(tmp_path, picture), PIXELS)
    picture.save(tmp_path / "a.jpg", quality=100)
    flat = Image.new("RGB", (16, 16), (200, 40, 90)).convert("CMYK")
    assert np.abs(read_back(tmp_path, flat, ".jpg").astype(int) - (200, 40, 90)).max() <= 3


def test_transparency_shows_white(tmp_path: Path) -> None:
    alpha = np.full((6, 5), 255, dtype=np.uint8)
    alpha[0], alpha[1] = 0, 128
    read = read_back(tmp_path, Image.fromarray(np.dstack([PIXELS, alpha])), ".png").astype(int)
    assert (read[0] == 255).all()
    assert np.abs(read[1] - (PIXELS[1] * (128 / 255) + 127)).max() <= 1
    assert np.array_equal(read[2:], PIXELS[2:])
    grey = Image.fromarray(np.dstack([PIXELS[..., 0], alpha]))
    assert grey.mode == "LA"
    assert np.array_equal(read_back(tmp_path, grey, ".png")[2:, :, 1], PIXELS[2:, :, 0])


def test_a_transparent_palette_color(tmp_path: Path) -> None:
    picture = RGB.quantize(8)
    picture.save(tmp_path / "a.png", transparency=int(np.asarray(picture)[0, 0]))
    assert tuple(np.asarray(read_picture(tmp_path / "a.png"))[0, 0]) == (255, 255, 255)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_16_bits(tmp_path: Path, channels: int) -> None:
    """Levels 0 to 65535 become 0 to 255 evenly; nothing is cut off."""
    values = RNG.integers(0, 65536, (6, 5, channels)).astype(np.uint16)
    if channels in (2, 4):
        values[..., -1] = 65535
    (tmp_path / "a.png").write_bytes(png_of_16_bits(values))
    colors = values[..., : channels - 1 + channels % 2]
    expected = np.broadcast_to(colors / 257, PIXELS.shape)
    assert np.abs(np.asarray(read_picture(tmp_path / "a.png")) - expected).max() < 1


@pytest.mark.parametrize("top", [1, 255, 65535])
def test_floating_point(tmp_path: Path, top: int) -> None:
    values = np.linspace(0, top, 30, dtype=np.float32).reshape(6, 5)
    read = read_back(tmp_path, Image.fromarray(values))
    assert np.abs(read[..., 0] - values * (255 / top)).max() <= 0.5


@pytest.mark.parametrize("top", [200, 40_000, 2_000_000])
def test_32_bits(tmp_path: Path, top: int) -> None:
    values = np.linspace(0, top, 30).round().astype(np.int32).reshape(6, 5)
    white = {200: 255, 40_000: 65535, 2_000_000: 2_000_000}[top]
    read = read_back(tmp_path, Image.fromarray(values))
    assert np.abs(read[..., 0] - values * (255 / white)).max() <= 0.5


def test_not_a_number_is_black() -> None:
    values = np.array([[np.nan, 1.0]], dtype=np.float32)
    assert np.asarray(eight_bit(Image.fromarray(values))).tolist() == [[0, 255]]


@pytest.mark.parametrize("mode", ["PA", "La", "RGBa", "RGBX", "YCbCr", "HSV", "LAB"])
def test_rare_modes(mode: str) -> None:
    picture = RGB.convert({"PA": "P", "La": "LA", "RGBa": "RGBA", "LAB": "RGB"}.get(mode, mode))
    if mode == "LAB":
        picture = Image.new("LAB", (6, 5))
    plain = eight_bit(picture if mode == "LAB" else picture.convert(mode))
    assert plain.mode == {"PA": "RGBA", "La": "LA", "RGBa": "RGBA"}.get(mode, "RGB")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_photos_come_upright(tmp_path: Path, orientation: int) -> None:
    """The tag says how to turn the stored picture; the reader must undo what the camera did."""
    turns = {
        1: [], 2: [Image.Transpose.FLIP_LEFT_RIGHT], 3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM], 5: [Image.Transpose.TRANSPOSE], 6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE], 8: [Image.Transpose.ROTATE_270],
    }  # fmt: skip
    stored = RGB
    for turn in turns[orientation]:
        stored = stored.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(np.asarray(read_picture(tmp_path / "a.png")), PIXELS)


def encoded(form: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)).save(buffer, format=form)
    return buffer.getvalue()


FILES = {form: encoded(form) for form in ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM")}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(FILES)),
    st.floats(0, 1),
    st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 255))),
)
def test_damaged_files_are_refused_or_read_but_never_crash(
    tmp_path_factory: pytest.TempPathFactory, form: str, share: float, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(FILES[form])
    for place, value in changes[:4]:
        data[place % len(data)] = value
    path = tmp_path_factory.getbasetemp() / "damaged.bin"
    path.write_bytes(data[: round(share * len(data))])
    with contextlib.suppress(UserError):
        read_picture(path)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_cut_files(tmp_path: Path, form: str) -> None:
    path = tmp_path / "cut.bin"
    path.write_bytes(FILES[form][: len(FILES[form]) * 2 // 3])
    with pytest.raises(
        UserError, match=r"cut\.bin: the picture is cut or damaged .*; fetch or save it again"
    ):
        open_picture(path)


def test_files_that_are_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("this is a letter\n" * 20)
    cases = {
        "none.png": "no such file; expected a picture",
        "empty.png": "the file is empty; expected a picture",
        "text.png": "not a picture; expected one of PNG, JPEG",
        ".": "is a folder; expected a picture",
        "text.png/a.png": "no such file",
        "a" * 300: "no such file",
    }
    for name, message in cases.items():
        with pytest.raises(UserError, match=message):
            open_picture(tmp_path / name)


def bomb(width: int, height: int) -> bytes:
    """A small PNG file that says it is very large."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rest = png_of_16_bits(np.zeros((1, 1, 1), dtype=np.uint16))[33:]
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + rest


def test_pictures_that_are_too_large_are_refused_before_they_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(bomb(20_000, 20_000))
    before = Image.MAX_IMAGE_PIXELS
    with pytest.raises(
        UserError, match=r"20000 x 20000 pixels are 400 megapixels, the limit is 200; .*set INLAY"
    ):
        open_picture(tmp_path / "a.png")
    RGB.save(tmp_path / "b.png")
    monkeypatch.setenv("INLAY_MAX_MEGAPIXELS", "0.00001")
    with pytest.raises(UserError, match="the limit is 1e-05"):
        open_picture(tmp_path / "b.png")
    monkeypatch.setenv("INLAY_MAX_MEGAPIXELS", "500")
    assert open_picture(tmp_path / "b.png").size == (5, 6)
    monkeypatch.setenv("INLAY_MAX_MEGAPIXELS", "many")
    with pytest.raises(UserError, match="INLAY_MAX_MEGAPIXELS=many: expected a number of megapixels"):
        open_picture(tmp_path / "b.png")
    assert before == Image.MAX_IMAGE_PIXELS


def test_what_a_format_cannot_hold_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"WEBP cannot hold this picture .*; name a \.png"):
        write_picture(tmp_path / "a.webp", Image.new("RGB", (17_000, 2)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF", ".webp"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "I;16"])
def test_what_is_written_is_read(tmp_path: Path, mode: str, suffix: str) -> None:
    picture = (
        Image.fromarray(RNG.integers(0, 65536, (6, 5)).astype(np.uint16))
        if mode == "I;16"
        else RGB.convert(mode)
    )
    path = tmp_path / f"a{suffix}"
    if suffix == ".webp" and mode in ("LA", "I;16"):
        with pytest.raises(UserError, match=r"WEBP cannot hold .*; name a \.png"):
            write_picture(path, picture)
        assert not list(tmp_path.iterdir())
        return
    picture.info["icc_profile"] = b"profile"
    write_picture(path, picture)
    read = open_picture(path)
    assert np.array_equal(np.asarray(read.convert(mode)), np.asarray(picture))
    assert read.info.get("icc_profile") == b"profile"
    assert not is_lossy(path)


def test_names_of_outputs(tmp_path: Path) -> None:
    for name in ("a", "a.txt", "a.gif", ".png"):
        with pytest.raises(UserError, match="no format that is written here; expected one of"):
            write_picture(tmp_path / name, RGB)
    write_picture(tmp_path / "a.JPEG", RGB)
    assert is_lossy(tmp_path / "a.JPEG")
    assert not list(tmp_path.glob(".*"))


def test_a_failed_write_leaves_the_old_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    write_picture(path, RGB)
    before = path.read_bytes()

    def fail(self: Image.Image, target: Path, **settings: object) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(UserError, match=r"cannot be written .No space left"):
        write_picture(path, RGB)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
    assert path.read_bytes() == before


def test_over_white_keeps_plain_pictures() -> None:
    assert np.array_equal(np.asarray(over_white(RGB)), PIXELS)
    assert over_white(RGB.convert("L")).mode == "RGB"


def test_tensors_and_back() -> None:
    tensor = to_tensor(PIXELS[None])
    assert tensor.shape == (1, 3, 6, 5)
    assert tensor.min() >= -1
    assert tensor.max() <= 1
    assert np.array_equal(from_tensor(tensor)[0], PIXELS)
    assert from_tensor(torch.full((3, 1, 1), 7.0)).tolist() == [[[255, 255, 255]]]
