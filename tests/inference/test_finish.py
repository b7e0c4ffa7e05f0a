import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inlay.errors import UserError
from inlay.inference.finish import BLENDS, Finish, poisson


def scene(seed: int, h: int = 14, w: int = 17) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    fill, photo = (rng.uniform(0, 255, (h, w, 3)).astype(np.float32) for _ in range(2))
    hole = rng.random((h, w)) < 0.4
    hole[rng.integers(h), rng.integers(w)] = False
    hole[h // 2, w // 2] = True
    return fill, photo, hole


def slow_poisson(fill: np.ndarray, photo: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """Perez et al., eq. 7, a dense system, one equation a hole pixel."""
    places = list(zip(*np.nonzero(hole), strict=True))
    matrix, side = np.zeros((len(places), len(places))), np.zeros((len(places), 3))
    for row, (y, x) in enumerate(places):
        for q in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
            if not (0 <= q[0] < hole.shape[0] and 0 <= q[1] < hole.shape[1]):
                continue
            matrix[row, row] += 1
            side[row] += fill[y, x].astype(float) - fill[q]
            if hole[q]:
                matrix[row, places.index(q)] -= 1
            else:
                side[row] += photo[q]
    result = photo.astype(float)
    result[hole] = np.linalg.solve(matrix, side)
    return result


@pytest.mark.parametrize("seed", range(3))
def test_poisson_equals_the_dense_system(seed: int) -> None:
    fill, photo, hole = scene(seed)
    np.testing.assert_allclose(
        poisson(fill, photo, hole)[hole], slow_poisson(fill, photo, hole)[hole], atol=1e-2
    )


def test_conjugate_gradients_agree_with_the_direct_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    fill, photo, hole = scene(3)
    direct = poisson(fill, photo, hole)
    monkeypatch.setattr("inlay.inference.finish.DIRECT", 0)
    np.testing.assert_allclose(poisson(fill, photo, hole), direct, atol=0.05)


@pytest.mark.parametrize("blend", ["smooth", "poisson"])
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
        ({"blend": "glue"}, "poisson"),
        ({"detail": "all"}, "attention"),
        ({"feather": -1}, "0 pixels"),
        ({"strength": 2.0}, "0 to 1"),
    ],
)
def test_unusable_settings_are_named(settings_: dict, named: str) -> None:
    with pytest.raises(UserError, match=named):
        Finish(**settings_)
