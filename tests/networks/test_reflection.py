"""The reflected picture: a hidden eye lies under the seen one, wherever the face is and however it tilts."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from inlay.labels import CELEBAMASK_HQ
from inlay.networks.reflection import Reflection, face_axis, mirrored_places
from reference.reflection import eyes_axis, reflected

L_EYE, R_EYE, SKIN = (CELEBAMASK_HQ.id_of(name) for name in ("l_eye", "r_eye", "skin"))
TWINS = torch.tensor(CELEBAMASK_HQ.twins)


def face(left: tuple[int, int], right: tuple[int, int], size: tuple[int, int] = (16, 20)) -> torch.Tensor:
    """A layout of skin with two eyes of 2 x 3 pixels, at (row, column)."""
    label = torch.full((1, *size), SKIN)
    for eye, (row, column) in ((R_EYE, right), (L_EYE, left)):
        label[0, row : row + 2, column : column + 3] = eye
    return label


@settings(max_examples=20, deadline=None)
@given(
    left=st.tuples(st.integers(0, 14), st.integers(10, 17)),
    right=st.tuples(st.integers(0, 14), st.integers(0, 6)),
    seed=st.integers(0, 9999),
)
def test_equals_loops(left: tuple[int, int], right: tuple[int, int], seed: int) -> None:
    label = face(left, right)
    image = torch.rand(1, 3, 16, 20, generator=torch.Generator().manual_seed(seed))
    axis = face_axis(label, TWINS)
    point, across = eyes_axis(label[0], L_EYE, R_EYE)
    assert torch.allclose(axis[0][0], torch.tensor(point), atol=1e-4)
    assert torch.allclose(axis[1][0], torch.tensor(across), atol=1e-4)
    ours = F.grid_sample(image, mirrored_places(*axis, (16, 20)), align_corners=False)[0]
    assert torch.allclose(ours, reflected(image[0], point, across), atol=1e-3)


def test_without_a_pair_it_is_the_plain_mirror_image() -> None:
    label = torch.full((2, 8, 6), SKIN)
    label[1, 2:4, 1:3] = L_EYE
    image = torch.rand(2, 3, 8, 6)
    places = mirrored_places(*face_axis(label, TWINS), (8, 6))
    assert torch.allclose(F.grid_sample(image, places, align_corners=False), image.flip(3), atol=1e-5)


def test_it_shows_known_pixels_alone_and_of_which_kind() -> None:
    """Where the right eye is hidden the left one is seen, of the right kind; where that lies, nothing is."""
    label, hole = face((6, 14), (6, 3)), torch.zeros(1, 1, 16, 20)
    hole[..., 5:9, 2:7] = 1
    image = torch.rand(1, 3, 16, 20)
    seen = Reflection(channels=4, twins=CELEBAMASK_HQ.twins)
    shown, features = seen(image, hole, label)
    assert torch.equal(features, torch.zeros(1, 4, 8, 10))
    other = torch.where(hole > 0, torch.rand_like(image), image)
    assert torch.equal(shown, seen(other, hole, label)[0])
    eye = (label == R_EYE)[0]
    assert torch.allclose(shown[0, :3, eye], image.flip(3)[0, :3, eye], atol=1e-5)
    assert torch.allclose(shown[0, 3:, eye], torch.ones(2, 6), atol=1e-5)
    other_eye = (label == L_EYE)[0]
    assert shown[0, :, other_eye].abs().max() == pytest.approx(0, abs=1e-5)
    # A brow's pixel over skin is known, but of another kind.
    label[0, 2, 3:6] = CELEBAMASK_HQ.id_of("r_brow")
    kinds = seen(image, hole, label)[0][0, 3:]
    assert torch.allclose(kinds[:, 2, 4], torch.tensor([1.0, 0.0]), atol=1e-5)
