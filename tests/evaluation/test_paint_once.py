"""One painting, finished by many recipes, equals as many fills."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay.evaluation.paint_once import CachedPainter, paint_once
from inlay.finish.recipe import BARE, STANDARD, standard
from inlay.painters.network import NetworkPainter, NetworkPainting
from inlay.painters.painter import Canvas, Painter, Painting
from inlay.repair.inpainter import Inpainter


@pytest.fixture(scope="module")
def inpainter(tiny_model: Path) -> Inpainter:
    return Inpainter.load(tiny_model, "cpu", precision="fp32")


@pytest.fixture
def photo() -> np.ndarray:
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((96, 96), Image.Resampling.BICUBIC))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a canvas is begun and painted."""
    counted = Counter[str]()
    for kind, name in ((NetworkPainter, "begin"), (NetworkPainting, "paint")):
        plain = getattr(kind, name)

        def counting(*given, name=name, plain=plain):
            counted[name] += 1
            return plain(*given)

        monkeypatch.setattr(kind, name, counting)
    return counted


def test_fills_are_equal_and_painted_once(inpainter: Inpainter, photo: np.ndarray, calls) -> None:
    hole = np.zeros((96, 96), dtype=bool)
    hole[30:60, 40:55] = True
    recipes = [STANDARD, STANDARD.without(["rim"]), STANDARD.without(["detail", "join"]), BARE]
    plain = [inpainter.with_recipe(recipe)(photo, hole, faces="whole").image for recipe in recipes]
    calls.clear()
    once = paint_once(inpainter)
    fills = [once.with_recipe(recipe)(photo, hole, faces="whole").image for recipe in recipes]
    for one, other in zip(plain, fills, strict=True):
        assert np.array_equal(np.asarray(one), np.asarray(other))
    assert not np.array_equal(np.asarray(fills[0]), np.asarray(fills[-1]))
    assert calls == {"begin": 1, "paint": 1}


def test_another_hole_seed_or_layout_is_painted_anew(inpainter: Inpainter, photo: np.ndarray, calls) -> None:
    hole = np.zeros((96, 96), dtype=bool)
    hole[30:60, 40:55] = True
    layout = np.zeros((96, 96), dtype=np.uint8)
    once, grown = paint_once(inpainter), standard(dilate=4)
    asked = [
        lambda one: one(photo, hole, faces="whole"),
        lambda one: one(photo, hole, faces="whole", seed=3),
        lambda one: one.with_recipe(grown)(photo, hole, faces="whole"),
        lambda one: one(photo, hole, layout, faces="whole"),
    ]
    for ask in asked:
        assert np.array_equal(np.asarray(ask(once).image), np.asarray(ask(inpainter).image))
    assert calls["paint"] == 2 * len(asked)


def test_protocols(inpainter: Inpainter) -> None:
    painter = paint_once(inpainter).tools.painters.of_size(32)
    assert isinstance(painter, CachedPainter)
    assert isinstance(painter, Painter)
    assert (painter.size, painter.labels) == (32, inpainter.labels)
    canvas = Canvas(np.zeros((32, 32, 3), dtype=np.uint8), np.eye(32, dtype=bool))
    painting = painter.begin(canvas)
    assert isinstance(painting, Painting)
    assert painter.begin(canvas) is painting
    assert painting.style().shape == painting.painting.style().shape
    assert painting.look(3.0, 3.0).weights.shape == (32, 32)
    assert painting.notes == ()
