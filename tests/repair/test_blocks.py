"""A photo knows the blocks of its JPEG file, and a fill uses them."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay import Inpainter
from inlay.app.pictures import decode
from inlay.images import JpegBlocks, upright
from inlay.repair.photo import Photo
from inlay.stored import open_photo

PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (45, 70, 3)).astype(np.uint8))
TURNED = Image.Exif()
TURNED[0x0112] = 6  # a quarter turn clockwise


def jpeg_bytes(picture: Image.Image = PICTURE, **more: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", **{"quality": 80, "subsampling": "4:2:0", **more})  # type: ignore[arg-type]
    return file.getvalue()


def opened(**more: object) -> Image.Image:
    return Image.open(io.BytesIO(jpeg_bytes(**more)))


def test_the_tables_and_the_sampling_are_the_files() -> None:
    picture = opened(subsampling="4:2:2")
    blocks = Photo.of(picture).blocks
    assert blocks is not None
    tables = picture.quantization  # type: ignore[attr-defined]
    assert blocks.tables == tuple(tuple(tables[n]) for n in (0, 1, 1))
    assert (blocks.size, blocks.sampling, blocks.corner) == ((45, 70), (1, 2), (0, 0))
    assert blocks.cell == (8, 16)


def test_a_grey_file_has_one_table() -> None:
    blocks = Photo.of(Image.open(io.BytesIO(jpeg_bytes(PICTURE.convert("L"))))).blocks
    assert blocks is not None
    assert len(blocks.tables) == 1
    assert blocks.sampling == (1, 1)


def test_a_turned_photo_has_its_blocks_turned() -> None:
    blocks, stored = Photo.of(opened(exif=TURNED, subsampling="4:2:2")).blocks, opened(subsampling="4:2:2")
    assert blocks is not None
    # Its columns are the stored rows, last one first: 45 rows end 5 pixels into a block.
    assert (blocks.size, blocks.sampling, blocks.corner) == ((70, 45), (2, 1), (0, 5))
    table = np.reshape(stored.quantization[0], (8, 8))  # type: ignore[attr-defined]
    assert np.array_equal(np.reshape(blocks.tables[0], (8, 8)), table.T)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_four_quarter_turns_or_two_flips_come_back(orientation: int) -> None:
    blocks = JpegBlocks((tuple(range(64)),) * 3, (45, 70), (1, 2), (3, 7))
    turned = blocks
    for _ in range(4):
        turned = turned.turned(orientation)
    assert turned == blocks


def test_every_door_tells_the_blocks(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    for exif in (Image.Exif(), TURNED):
        path.write_bytes(jpeg_bytes(exif=exif))
        expected = Photo.of(opened(exif=exif)).blocks
        assert expected is not None
        assert Photo.of(open_photo(path)[0]).blocks == expected
        assert Photo.of(decode(path.read_bytes(), name="photo", pixels=10_000).picture).blocks == expected


@pytest.mark.parametrize("exif", [Image.Exif(), TURNED])
def test_what_the_file_did_not_hold_has_none(exif: Image.Exif) -> None:
    picture = upright(opened(exif=exif))
    assert Photo.of(picture.crop((1, 1, 30, 30))).blocks is None
    assert Photo.of(picture.resize((30, 30))).blocks is None
    assert Photo.of(np.asarray(picture)).blocks is None
    file = io.BytesIO()
    picture.save(file, "PNG")
    assert Photo.of(Image.open(io.BytesIO(file.getvalue()))).blocks is None
    assert Photo.of(Image.open(io.BytesIO(jpeg_bytes(PICTURE.convert("CMYK"))))).blocks is None


def test_no_rings_are_carried_into_the_hole(shared: Path) -> None:
    folder = shared / "cases" / "jpeg_halo"
    photo, hole = Image.open(folder / "scratched.jpg"), np.asarray(Image.open(folder / "hole.png")) > 127
    truth = np.asarray(Image.open(folder / "truth.png").convert("RGB"))
    hole = hole if hole.ndim == 2 else hole.any(axis=2)
    inpainter = Inpainter.load(device="cpu")
    result = inpainter(photo, hole, faces="whole")
    assert np.array_equal(np.asarray(result.image)[~hole], np.asarray(photo)[~hole])
    without = inpainter.with_recipe(inpainter.recipe.without(["dering"]))(photo, hole, faces="whole")
    ours, theirs = (_psnr(np.asarray(one.image)[hole], truth[hole]) for one in (result, without))
    assert ours > 36.5
    assert ours > theirs + 6


def _psnr(pixels: np.ndarray, truth: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.square(pixels.astype(float) - truth).mean()))
