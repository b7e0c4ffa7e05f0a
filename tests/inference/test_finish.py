import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inlay.errors import UserError
from inlay.inference.finish import BLENDS, Finish


def scene(seed: int, h: int = 14, w: int = 17) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    fill, photo = (rng.uniform(0, 255, (h, w, 3)).astype(np.float32) for _ in range(2))
    hole = rng.random((h, w)) < 0.4
    hole[rng.integers(h), rng.integers(w)] = False
    hole[h // 2, w // 2] = True
    return fill, photo, hole


@pytest.mark.parametrize("blend", ["smooth"])
def test_a_fill_that_is_wrong_by_a_constant_is_put_right(blend: str) -> None:
    _, photo, hole = scene(4)
    joined = BLENDS[blend](photo + 20, photo, hole)
    np.testing.assert_allclose(joined[hole], photo[hole], atol=0.01)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 999),
    blend=st.sampled_from(list(BLENDS)),
    feather=st.integers(0, 5),
    strength=st.floats(0, 1),
)
def test_any_finish_gives_finite_values(seed: int, blend: str, feather: int, strength: float) -> None:
    fill, photo, hole = scene(seed)
    assert np.isfinite(Finish(blend=blend, feather=feather, strength=strength).join(fill, photo, hole)).all()


def test_feather_leaves_what_is_deep_inside_as_the_model_drew_it() -> None:
    photo, hole = np.zeros((21, 21, 3), dtype=np.float32), np.zeros((21, 21), dtype=bool)
    hole[2:19, 2:19] = True
    joined = Finish(feather=3).join(photo + 90, photo, hole)
    assert joined[10, 10] == pytest.approx(90)
    assert joined[2, 10].max() < 30


def test_dilate_grows_by_so_many_pixels() -> None:
    hole = np.zeros((9, 9), dtype=bool)
    hole[4, 4] = True
    photo = np.zeros((9, 9, 3), dtype=np.uint8)
    assert Finish(dilate=2).grown(hole, photo)[0].sum() == 13
    assert np.array_equal(Finish().grown(hole, photo)[0], hole)


@pytest.mark.parametrize(
    ("settings_", "named"),
    [
        ({"blend": "glue"}, "smooth"),
        ({"detail": "all"}, "matched"),
        ({"feather": -1}, "0 pixels"),
        ({"strength": 2.0}, "0 to 1"),
    ],
)
def test_unusable_settings_are_named(settings_: dict, named: str) -> None:
    with pytest.raises(UserError, match=named):
        Finish(**settings_)
