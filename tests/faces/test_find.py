"""Find faces: turned, shifted, beside a background, or named roughly."""

import numpy as np
import pytest
import torch
from PIL import Image

from inlay.checkpoint import load_snapshot
from inlay.errors import UserError
from inlay.examples import example
from inlay.faces.find import FaceSearch
from inlay.faces.finder import load_finder
from inlay.faces.locate import locate
from inlay.geometry.face_frame import FaceFrame


@pytest.fixture(scope="module")
def search() -> FaceSearch:
    snapshot = load_snapshot()
    assert snapshot.layout is not None
    return FaceSearch(snapshot.layout.eval(), snapshot.labels, 128, torch.device("cpu"))


def test_the_finder_sees_the_example_turned_and_shifted() -> None:
    face = Image.open(example("portrait")).convert("RGB")
    canvas = Image.new("RGB", (700, 500), (90, 120, 150))
    canvas.paste(face, (330, 150))
    turned = canvas.rotate(-20, resample=Image.Resampling.BICUBIC, center=(426, 246))
    hole = np.zeros((500, 700), dtype=bool)
    hole[230:250, 400:430] = True
    found = locate(load_finder(), np.asarray(turned), hole)
    assert len(found) == 1
    frame = found[0].frame
    assert (frame.x, frame.y) == pytest.approx((426, 246), abs=20)
    assert frame.side == pytest.approx(192, rel=0.15)
    assert np.degrees(frame.angle) == pytest.approx(20, abs=8)


@pytest.mark.parametrize("background", ["plain", "the portrait, blurred"])
def test_a_face_at_half_the_height_is_not_taken_for_the_whole_photo(
    search: FaceSearch, background: str
) -> None:
    """A layout predictor that has seen portraits reduced reads such a photo as one portrait too."""
    face, rng = Image.open(example("portrait")).convert("RGB"), np.random.default_rng(0)
    blurred = np.asarray(face.resize((6, 8)).resize((1024, 768)))
    back = rng.normal(0, 5, (768, 1024, 1)) + (blurred if background != "plain" else 125)
    photo = Image.fromarray(np.clip(back * np.ones(3), 0, 255).astype(np.uint8))
    photo.paste(face.resize((384, 384)), (213, 192))
    hole = np.zeros((768, 1024), dtype=bool)
    hole[342:382, 413:473] = True
    (frame,) = search(np.asarray(photo), hole)
    assert (frame.x, frame.y, frame.side) == pytest.approx((213 + 192, 192 + 192, 384), abs=0.15 * 384)


def test_a_rough_frame_is_refined(search: FaceSearch) -> None:
    photo = Image.new("RGB", (500, 300), (90, 120, 150))
    photo.paste(Image.open(example("portrait")).convert("RGB"), (200, 60))
    hole = np.zeros((300, 500), dtype=bool)
    hole[140:150, 280:300] = True
    (frame,) = search(np.asarray(photo), hole, [FaceFrame(285.0, 165.0, 170.0)])
    assert (frame.x, frame.y, frame.side) == pytest.approx((296, 156, 192), abs=0.12 * 192)
    with pytest.raises(UserError, match="the face around 900, 40 lies outside the photo, which is 500 x 300"):
        search(np.asarray(photo), hole, [FaceFrame(900.0, 40.0, 60.0)])


def test_an_upright_photo_without_a_face_is_one_portrait(search: FaceSearch) -> None:
    """A hole over most of a face blinds the finder."""
    hole = np.zeros((90, 90), dtype=bool)
    hole[30:40, 30:50] = True
    (frame,) = search(np.full((90, 90, 3), 120, dtype=np.uint8), hole)
    assert frame.fills((90, 90))
    wide = np.zeros((90, 200), dtype=bool)
    wide[30:40, 30:50] = True
    assert search(np.full((90, 200, 3), 120, dtype=np.uint8), wide) == []
