"""The patches that a grid of tokens takes and lays."""

import numpy as np
import pytest

from inlay.finish.patch_grid import PatchGrid
from inlay.geometry.canvas_frame import CanvasFrame

TOKEN = 4


@pytest.mark.parametrize("photo", [(70, 70), (70, 100), (130, 61), (32, 32)])
def test_the_grid_s_patches_equal_their_slow_forms(photo: tuple[int, int]) -> None:
    frame = CanvasFrame.around(photo, 32)
    th, tw = (side // TOKEN for side in frame.canvas)
    grid = PatchGrid.of(frame, (th, tw))
    rng = np.random.default_rng(0)
    image = rng.uniform(0, 1, (*photo, 3)).astype(np.float32)
    (s, t), (h, w) = grid.side, photo
    tokens = rng.permutation(th * tw)[: th * tw // 2]
    laid, total = np.zeros((*photo, 3)), np.zeros(photo)
    window = np.outer(*(np.sin(np.pi * (np.arange(n) + 1) / (n + 1)) ** 2 for n in (s, t)))
    for token, patch in zip(tokens, grid.take(image, tokens), strict=True):
        top, left = grid.tops[token // tw], grid.lefts[token % tw]
        for y in range(s):
            for x in range(t):
                v, u = top + y, left + x
                assert np.array_equal(patch[y, x], image[min(max(v, 0), h - 1), min(max(u, 0), w - 1)])
                if 0 <= v < h and 0 <= u < w:
                    laid[v, u] += window[y, x] * patch[y, x]
                    total[v, u] += window[y, x]
        inside = top >= 0 and left >= 0 and top + s <= h and left + t <= w
        assert grid.within()[token // tw, token % tw] == inside
        if inside:
            mean = image[top : top + s, left : left + t, 0].mean()
            assert grid.means(image[..., 0].astype(float))[token // tw, token % tw] == pytest.approx(mean)
    expected = laid / np.maximum(total, 0.25)[..., None]
    np.testing.assert_allclose(grid.lay(grid.take(image, tokens), tokens), expected, atol=1e-5)
