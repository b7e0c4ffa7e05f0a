"""What people paint as a hole, and how it is read."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from inlay.errors import UserError
from inlay.examples import example
from inlay.images import open_picture
from inlay.repair.hole_picture import read_painted_hole
from inlay.repair.photo import Photo

PICTURE = open_picture(example("portrait")).convert("RGB")
PHOTO = Photo.of(PICTURE)


def strokes(fill: object, on: Image.Image) -> Image.Image:
    """Two strokes and a spot, painted without soft edges."""
    draw = ImageDraw.Draw(on)
    w, h = on.size
    draw.line((w // 5, h // 5, w // 2, h // 2), fill=fill, width=7)
    draw.line((w // 2, h // 4, w // 4 * 3, h // 3), fill=fill, width=5)
    draw.ellipse((w // 2, h // 2, w // 2 + 20, h // 2 + 12), fill=fill)
    return on


HOLE = np.asarray(strokes(255, Image.new("L", PICTURE.size))) > 0


def read(picture: Image.Image, photo: Photo = PHOTO) -> tuple[np.ndarray, str]:
    return read_painted_hole(picture, photo)


def stored(picture: Image.Image, form: str, **options: object) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return Image.open(buffer)


WHITE = Image.fromarray(HOLE.astype(np.uint8) * 255)
NOTHING = Image.new("RGBA", PICTURE.size, (0, 0, 0, 0))


def erased(picture: Image.Image) -> Image.Image:
    copy = picture.convert("RGBA")
    copy.putalpha(Image.fromarray(np.where(HOLE, 0, 255).astype(np.uint8)))
    return copy


MATTE = erased(Image.new("RGB", PICTURE.size))


@pytest.mark.parametrize(
    ("picture", "way"),
    [
        (WHITE, "white on black"),
        (WHITE.convert("RGB"), "white on black"),
        (Image.fromarray(HOLE), "white on black"),
        (Image.fromarray(HOLE.astype(np.uint8)), "the values 0 and 1"),
        (strokes("#dddd00", Image.new("RGB", PICTURE.size, "#303030")), "white on black"),
        (strokes((255, 255, 255, 255), NOTHING.copy()), "paint on transparency"),
        (strokes((0, 0, 0, 255), NOTHING.copy()), "paint on transparency"),
        (strokes((255, 0, 0, 255), NOTHING.copy()), "paint on transparency"),
        (strokes((255, 0, 0, 100), NOTHING.copy()), "paint on transparency"),
        (erased(PICTURE), "the transparent part"),
        (MATTE, "the transparent part"),
        (strokes("red", PICTURE.copy()), "what differs from the photo"),
        (strokes("white", PICTURE.copy()), "what differs from the photo"),
        (strokes("black", PICTURE.copy()).convert("RGBA"), "what differs from the photo"),
    ],
)
def test_what_people_paint(picture: Image.Image, way: str) -> None:
    hole, said = read(picture)
    assert said == way
    missed = hole != HOLE
    assert not missed[~HOLE].any()
    assert missed.sum() <= (0.02 * HOLE.sum() if "differs" in way else 0)


@pytest.mark.parametrize("quality", [60, 75, 90, 95])
@pytest.mark.parametrize("color", ["red", "white", "#00ff00"])
def test_jpeg_copies_have_soft_noise(quality: int, color: str) -> None:
    """Their noise is no hole away from the paint, and the paint is found but for its very edge."""
    copy = stored(strokes(color, PICTURE.copy()), "JPEG", quality=quality)
    hole, said = read(copy)
    assert said == "what differs from the photo"
    near = np.asarray(WHITE.filter(ImageFilter.MaxFilter(15))) > 0
    core = np.asarray(WHITE.filter(ImageFilter.MinFilter(3))) > 0
    assert not (hole & ~near).any()
    assert hole[core].mean() > 0.97


@pytest.mark.parametrize("quality", [40, 75, 95])
def test_jpeg_holes_are_black_and_white(quality: int) -> None:
    hole, said = read(stored(WHITE, "JPEG", quality=quality))
    assert said == "white on black"
    assert (hole != HOLE).sum() < 0.1 * HOLE.sum()


def test_soft_brushes_count_by_half() -> None:
    soft = WHITE.filter(ImageFilter.GaussianBlur(2))
    assert np.array_equal(read(soft)[0], np.asarray(soft) > 127)
    layer = Image.new("RGBA", PICTURE.size, "red")
    layer.putalpha(soft)
    assert np.array_equal(read(layer)[0], np.asarray(soft) > 127)


@pytest.mark.parametrize("size", [0.5, 2.0])
def test_a_scaled_copy_is_compared_at_its_own_size(size: float) -> None:
    copy = strokes("red", PICTURE.copy())
    scaled = copy.resize((round(copy.width * size), round(copy.height * size)), Image.Resampling.BICUBIC)
    hole, said = read(scaled)
    assert said == "what differs from the photo"
    back = Image.fromarray(hole).resize(PICTURE.size, Image.Resampling.NEAREST)
    assert (np.asarray(back) & HOLE).sum() > 0.8 * HOLE.sum()
    assert (np.asarray(back) & ~HOLE).mean() < 0.02


def test_black_and_white_photos_take_holes_and_copies() -> None:
    page = Image.new("RGB", (200, 160), "white")
    draw = ImageDraw.Draw(page)
    for y in range(10, 150, 12):
        draw.line((10, y, 190, y), fill="black", width=4)
    photo = Photo.of(page)
    drawn = np.zeros((160, 200), dtype=np.uint8)
    drawn[40:90, 60:100] = 255
    assert np.array_equal(read(Image.fromarray(drawn), photo)[0], drawn > 0)
    red = np.asarray(page).copy()
    red[drawn > 0] = (255, 0, 0)
    assert np.array_equal(read(Image.fromarray(red), photo)[0], drawn > 0)
    white = np.asarray(page).copy()
    white[drawn > 0] = 255
    hole, way = read(Image.fromarray(white), photo)
    assert way == "what differs from the photo"
    assert np.array_equal(hole, (drawn > 0) & (np.asarray(page)[..., 0] == 0))


def test_a_photo_with_its_own_transparency() -> None:
    whole = np.dstack([np.asarray(PICTURE), np.full(PICTURE.size[::-1], 255, np.uint8)])
    whole[:20, :, 3] = 0
    photo, painted, rubbed = Photo.of(Image.fromarray(whole)), whole.copy(), whole.copy()
    painted[HOLE, :3] = (255, 0, 0)
    assert np.array_equal(read(Image.fromarray(painted), photo)[0][20:], HOLE[20:])
    rubbed[HOLE, 3] = 0
    assert np.array_equal(read(Image.fromarray(rubbed), photo)[0], HOLE & (whole[..., 3] > 0))
    own, way = read(Image.fromarray(whole), photo)
    assert way == "the transparent part"
    assert np.array_equal(own, whole[..., 3] == 0)


def test_pictures_of_something_else_are_refused() -> None:
    other = PICTURE.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    for picture in (other, stored(other, "JPEG"), erased(other)):
        with pytest.raises(UserError, match=r"not one of this photo; paint it white on black"):
            read_painted_hole(picture, PHOTO)


@pytest.mark.parametrize("picture", [PICTURE, NOTHING, Image.new("L", PICTURE.size), stored(PICTURE, "JPEG")])
def test_nothing_painted_is_no_hole(picture: Image.Image) -> None:
    assert not read(picture)[0].any() or picture is NOTHING
