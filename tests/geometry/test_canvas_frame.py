import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inlay.geometry.canvas_frame import LONGEST, STEP, TALLEST, CanvasFrame

RNG = np.random.default_rng(0)


def test_a_photo_of_the_models_size_stays_as_it_is() -> None:
    frame = CanvasFrame.around((128, 128), 128)
    pixels = RNG.integers(0, 256, (128, 128, 3), dtype=np.uint8)
    hole = RNG.random((128, 128)) < 0.3
    assert frame.is_plain
    assert np.array_equal(frame.pixels(pixels), pixels)
    assert np.array_equal(frame.label(pixels[..., 0]), pixels[..., 0])
    assert np.array_equal(frame.hole(hole), hole)
    values = RNG.random((128, 128), dtype=np.float32)
    assert np.array_equal(frame.back(values), values)


@settings(deadline=None)
@given(st.tuples(st.integers(1, 5000), st.integers(1, 5000)), st.sampled_from([32, 64, 128]))
def test_canvases_suit_the_networks(photo: tuple[int, int], size: int) -> None:
    frame = CanvasFrame.around(photo, size)
    for side, whole in zip(frame.content, frame.canvas, strict=True):
        assert 1 <= side <= whole
        assert whole % STEP == 0
        assert size <= whole <= LONGEST * size
    if photo[0] / TALLEST <= photo[1] <= LONGEST * photo[0]:
        assert frame.content[0] == size


def test_pixels_are_resized_as_the_protocol_says() -> None:
    pixels = RNG.integers(0, 256, (512, 512, 3), dtype=np.uint8)
    label = RNG.integers(0, 19, (512, 512), dtype=np.uint8)
    frame = CanvasFrame.around((512, 512), 128)
    lanczos = Image.fromarray(pixels).resize((128, 128), Image.Resampling.LANCZOS)
    nearest = Image.fromarray(label).resize((128, 128), Image.Resampling.NEAREST)
    assert np.array_equal(frame.pixels(pixels), np.asarray(lanczos))
    assert np.array_equal(frame.label(label), np.asarray(nearest))


def test_a_canvas_continues_the_photos_border() -> None:
    """A photo of 32 x 40 pixels lies 12 columns deep on a canvas of 32 x 64."""
    frame = CanvasFrame.around((32, 40), 32)
    assert frame.canvas == (32, 64)
    assert frame.corner == (0, 12)
    pixels = RNG.integers(0, 256, (32, 40, 3), dtype=np.uint8)
    hole = np.zeros((32, 40), dtype=bool)
    hole[:5, 0] = True
    assert (frame.pixels(pixels)[:, :12] == pixels[:, :1]).all()
    assert (frame.pixels(pixels)[:, 52:] == pixels[:, -1:]).all()
    assert np.array_equal(frame.pixels(pixels)[:, 12:52], pixels)
    assert np.array_equal(frame.hole(hole), np.pad(hole, ((0, 0), (12, 12)), mode="edge"))


def test_tall_photos_are_scaled_by_their_width() -> None:
    assert CanvasFrame.around((512, 384), 128) == CanvasFrame((512, 384), (128, 96), (128, 128))
    assert CanvasFrame.around((1600, 900), 128) == CanvasFrame((1600, 900), (171, 96), (192, 128))


@pytest.mark.parametrize("photo", [(70, 90), (64, 64), (20, 17), (33, 150)])
def test_a_cell_is_known_only_if_all_its_pixels_are(photo: tuple[int, int]) -> None:
    frame = CanvasFrame.around(photo, 32)
    hole = RNG.random(photo) < 0.02
    cells = frame.hole(hole)
    (top, left), (h, w) = frame.corner, frame.content
    expected = np.zeros((h, w), dtype=bool)
    for i in range(h):
        for j in range(w):
            rows = slice(i * photo[0] // h, -(-(i + 1) * photo[0] // h))
            columns = slice(j * photo[1] // w, -(-(j + 1) * photo[1] // w))
            expected[i, j] = hole[rows, columns].any()
    assert np.array_equal(cells[top : top + h, left : left + w], expected)


def test_under_a_fine_grid_cells_with_known_pixels_are_known() -> None:
    frame = CanvasFrame.around((128, 128), 32)
    hole = np.zeros((128, 128), dtype=bool)
    hole[::3] = hole[:40, :40] = True
    cells = frame.hole(hole)
    assert cells[:10, :10].all()
    assert not cells[10:].any()


@pytest.mark.parametrize("photo", [(70, 90), (512, 512), (20, 17), (33, 150), (1, 1)])
def test_there_and_back(photo: tuple[int, int]) -> None:
    """A smooth picture survives; the way back knows where the photo lies."""
    frame = CanvasFrame.around(photo, 32)
    y, x = (np.linspace(20, 220, side) for side in photo)
    pixels = np.stack(np.broadcast_arrays(y[:, None], x[None], 100.0), axis=-1).astype(np.uint8)
    canvas = frame.pixels(pixels).astype(np.float32)
    back = np.stack([frame.back(np.ascontiguousarray(canvas[..., c])) for c in range(3)], axis=-1)
    assert back.shape == pixels.shape
    assert np.abs(back - pixels).mean() < 4


def test_classes_back() -> None:
    scores = np.zeros((19, 32, 32), dtype=np.float32)
    scores[3, :16], scores[7, 16:] = 1, 1
    assert np.array_equal(CanvasFrame.around((32, 32), 32).classes_back(scores), scores.argmax(axis=0))
    label = CanvasFrame.around((700, 900), 32).classes_back(
        np.pad(scores, ((0, 0), (0, 0), (0, 32)), mode="edge")
    )
    assert label.shape == (700, 900)
    assert label.dtype == np.uint8
    assert (label[:340] == 3).all()
    assert (label[360:] == 7).all()
