from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay.errors import UserError
from inlay.images import write_picture
from inlay.labels import CELEBAMASK_HQ, LabelClass, LabelSet
from inlay.layers import hole_of, label_of, label_picture, read_hole, read_label

DRAWN = np.array([[0, 1, 1], [1, 0, 0]], dtype=bool)
WHITE = Image.fromarray(DRAWN.astype(np.uint8) * 255)
LABEL = np.arange(19, dtype=np.uint8).reshape(1, 19).repeat(2, axis=0)


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGB", "RGBA", "LA", "CMYK", "I", "F", "I;16"])
def test_white_is_hole_in_any_mode(tmp_path: Path, mode: str) -> None:
    picture = Image.fromarray(DRAWN.astype(np.uint16) * 65535) if mode == "I;16" else WHITE.convert(mode)
    assert np.array_equal(hole_of(picture), DRAWN)
    picture.save(tmp_path / "a.tif")
    assert np.array_equal(read_hole(tmp_path / "a.tif"), DRAWN)


def test_over_half_is_hole() -> None:
    grey = Image.fromarray(np.array([[0, 127, 128, 255]], dtype=np.uint8))
    assert hole_of(grey).tolist() == [[False, False, True, True]]
    deep = Image.fromarray(np.array([[32767, 32768]], dtype=np.uint16))
    assert hole_of(deep).tolist() == [[False, True]]


def test_color_counts_by_its_luminance() -> None:
    colors = np.array([[[255, 255, 0], [0, 255, 0], [255, 0, 0], [0, 0, 255]]], dtype=np.uint8)
    assert hole_of(Image.fromarray(colors)).tolist() == [[True, True, False, False]]


def test_what_is_transparent_is_no_hole() -> None:
    strokes = np.full((2, 3, 4), 255, dtype=np.uint8)
    strokes[..., 3] = DRAWN * 255
    assert np.array_equal(hole_of(Image.fromarray(strokes)), DRAWN)
    assert np.array_equal(hole_of(Image.fromarray(strokes[..., [0, 3]])), DRAWN)
    strokes[..., 3] = 100
    assert not hole_of(Image.fromarray(strokes)).any()


def test_layouts_in_each_form(tmp_path: Path) -> None:
    colors = CELEBAMASK_HQ.colorize(LABEL)
    opaque = Image.fromarray(np.dstack([colors, np.full_like(LABEL, 255)]))
    pictures = {
        "grey": Image.fromarray(LABEL),
        "palette": label_picture(LABEL, CELEBAMASK_HQ),
        "deep": Image.fromarray(LABEL.astype(np.uint16)),
        "long": Image.fromarray(LABEL.astype(np.int32)),
        "colors": Image.fromarray(colors),
        "opaque": opaque,
        "grey as RGB": Image.fromarray(LABEL).convert("RGB"),
        "renumbered": Image.fromarray(colors).quantize(19),
    }
    for name, picture in pictures.items():
        picture.save(tmp_path / "a.tif")
        read = read_label(tmp_path / "a.tif", CELEBAMASK_HQ)
        assert read.dtype == np.uint8
        assert np.array_equal(read, LABEL), name


def test_a_foreign_palette_leaves_ids_as_they_are() -> None:
    picture = Image.fromarray(LABEL)
    picture.putpalette(np.random.default_rng(0).integers(0, 256, 768, dtype=np.uint8).tobytes())
    assert np.array_equal(label_of(picture, CELEBAMASK_HQ), LABEL)


def test_classes_of_one_color_are_told_by_id_only() -> None:
    labels = LabelSet("twins", (LabelClass("a", (9, 9, 9)), LabelClass("b", (9, 9, 9))))
    label = np.array([[0, 1]], dtype=np.uint8)
    assert np.array_equal(label_of(label_picture(label, labels), labels), label)


def test_unknown_layouts() -> None:
    red = Image.new("RGB", (2, 2), "#ff0000")
    cases: list[tuple[Image.Image, str]] = [
        (Image.fromarray(LABEL + 40), "here: layout ids 40, 41, 42, 43, 44 are unknown; .* 0 to 18"),
        (Image.fromarray(LABEL.astype(np.int32) - 1), "here: layout ids -1 are unknown"),
        (red, "here: the colour #ff0000 is of no class of 'celebamask-hq'; paint"),
        (Image.new("LA", (2, 2)), "here: the layout is transparent in places"),
        (Image.new("F", (2, 2)), "here: expected a grey, palette or RGB layout, got Pillow's mode F"),
    ]
    for picture, message in cases:
        with pytest.raises(UserError, match=message):
            label_of(picture, CELEBAMASK_HQ, "here")


def test_a_written_layout_shows_colors_and_keeps_ids(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", label_picture(LABEL, CELEBAMASK_HQ))
    with Image.open(tmp_path / "a.png") as stored:
        assert stored.mode == "P"
        assert np.array_equal(np.asarray(stored), LABEL)
        assert np.array_equal(np.asarray(stored.convert("RGB")), CELEBAMASK_HQ.colorize(LABEL))
