import numpy as np
import pytest

from inlay.geometry.boxes import overlap


def test_overlap_is_that_of_painted_pixels() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        one, other = np.hstack([rng.integers(0, 12, (2, 2)), rng.integers(1, 20, (2, 2))])
        painted = []
        for x, y, width, height in (one, other):
            picture = np.zeros((40, 40), dtype=bool)
            picture[y : y + height, x : x + width] = True
            painted.append(picture)
        union = (painted[0] | painted[1]).sum()
        found = overlap(one.astype(float).tolist(), other.astype(float).tolist())
        assert found == pytest.approx((painted[0] & painted[1]).sum() / union)
