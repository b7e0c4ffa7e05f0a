"""The example portrait and its holes."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay.errors import UserError
from inlay.examples import example

HOLES = ("hole-scratch", "hole-stain", "hole-object", "hole-all")


def pixels(path: Path) -> np.ndarray:
    """What a picture file holds."""
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_the_portrait_has_its_own_resolution() -> None:
    assert pixels(example("portrait")).shape == (192, 192, 3)


@pytest.mark.parametrize("name", HOLES)
def test_holes_are_white_on_black_and_small(name: str) -> None:
    hole = pixels(example(name))
    assert hole.shape == (192, 192)
    assert set(np.unique(hole)) == {0, 255}
    assert 0.01 < (hole > 0).mean() < 0.1


def test_hole_all_is_the_three_together() -> None:
    *parts, everything = (pixels(example(name)) for name in HOLES)
    assert np.array_equal(np.maximum.reduce(parts), everything)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"no example 'cat'; expected one of damaged, hole-all, .* portrait"):
        example("cat")


def test_credit_comes_with_the_pictures() -> None:
    assert "NASA" in (example("portrait").parent / "README.md").read_text(encoding="utf-8")


def test_the_script_makes_the_same_pictures(root: Path, tmp_path: Path) -> None:
    pytest.importorskip(
        "skimage", reason="scikit-image, which carries the photograph, is an extra: inlay[eval]"
    )
    script = runpy.run_path(str(root / "scripts" / "make_examples.py"))
    script["main"].__globals__["FOLDER"] = tmp_path
    script["main"]()
    for name in ("portrait", "damaged", *HOLES):
        made, shipped = (pixels(path) for path in (tmp_path / example(name).name, example(name)))
        assert np.array_equal(made, shipped)
