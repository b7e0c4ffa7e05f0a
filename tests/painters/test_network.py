"""Paint with a network: style codes that move towards another portrait's."""

from pathlib import Path

import numpy as np
import pytest

from inlay.errors import UserError
from inlay.painters.load import open_models
from inlay.painters.network import NetworkPainter, NetworkPainting
from inlay.painters.painter import Canvas, Wish
from inlay.painters.refine import CarefulRefinement
from inlay.painters.runtime import Runtime
from inlay.painters.styles import StyleChange


@pytest.fixture
def painting(tiny_model: Path) -> NetworkPainting:
    painter = open_models(tiny_model, Runtime("cpu")).painters.of_size(32)
    assert isinstance(painter, NetworkPainter)
    rng = np.random.default_rng(0)
    hole = np.zeros((32, 32), dtype=bool)
    hole[8:20, 6:22] = True
    return painter.begin(Canvas(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8), hole))


def test_a_style_moves_by_its_amount(painting: NetworkPainting) -> None:
    own, other = painting.style(), np.random.default_rng(1).random((19, 8), dtype=np.float32)
    changes = {0: StyleChange({32: other}), 2: StyleChange({32: other}, 0.25)}
    encoding = painting.encoding(painting.batch, painting.painter.network)
    found = painting._moved(encoding.style, changes)[0].numpy()
    np.testing.assert_allclose(found[0], other[0])
    np.testing.assert_array_equal(found[1], own[1])
    np.testing.assert_allclose(found[2], 0.75 * own[2] + 0.25 * other[2], rtol=1e-5, atol=1e-6)


def test_a_refinement_tells_what_it_came_to(painting: NetworkPainting) -> None:
    assert painting.notes == ()
    painting.paint(Wish(refinement=CarefulRefinement(steps=1)))
    assert [note.code for note in painting.notes] == ["refined"]
    changes = {0: StyleChange({32: painting.style()})}
    with pytest.raises(UserError, match="goes with no style of another portrait"):
        painting.paint(Wish(styles=changes, refinement=CarefulRefinement(steps=1)))
