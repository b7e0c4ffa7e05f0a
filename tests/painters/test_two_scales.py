"""Two models as one: whose the frequencies are, what is averaged, and which portraits they fill."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from inlay.batch import Batch
from inlay.checkpoint import Snapshot, load_snapshot, save_snapshot
from inlay.labels import CELEBAMASK_HQ
from inlay.model import build_layout_predictor, build_model
from inlay.painters import load
from inlay.painters.mirror import Mirrored, MirroredLayout
from inlay.painters.network import NetworkPainter, NetworkPainting
from inlay.painters.painter import Wish
from inlay.painters.protocols import forward
from inlay.painters.refine import CarefulRefinement
from inlay.painters.styles import StyleChange
from inlay.painters.two_scales import SPREAD, TwoScaleLayout, TwoScales
from inlay.repair.inpainter import Inpainter

CLASSES = len(CELEBAMASK_HQ)


@pytest.fixture(scope="module")
def smaller(tiny_model: Path) -> Snapshot:
    return load_snapshot(tiny_model)


@pytest.fixture(scope="module")
def larger(smaller: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same network with other weights, for 64 pixels; none is 0, as trained ones are."""
    torch.manual_seed(7)
    data = smaller.config.data.model_copy(update={"size": 64})
    folder, config = tmp_path_factory.mktemp("larger") / "m", smaller.config.model_copy(update={"data": data})
    model = build_model(config.model, CELEBAMASK_HQ)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.05 * torch.randn_like(weight))
    save_snapshot(
        folder, model=model, config=config, labels=CELEBAMASK_HQ,
        layout=build_layout_predictor(config, CELEBAMASK_HQ),
    )  # fmt: skip
    return folder


@pytest.fixture
def both(smaller: Snapshot, larger: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Inpainter]:
    """`Inpainter.load`, with the tiny models in the bundled ones' place."""
    models = {None: smaller, "bundled": smaller, "bundled-256": load_snapshot(larger)}
    monkeypatch.setattr(load, "load_snapshot", models.__getitem__)
    monkeypatch.setattr(load, "snapshot_sha256", lambda name: models[name].sha256)
    return partial(Inpainter.load, None, "cpu")


def painter_of(inpainter: Inpainter, size: int) -> NetworkPainter:
    painter = inpainter.tools.painters.of_size(size)
    assert isinstance(painter, NetworkPainter)
    return painter


def batch(size: int = 64) -> Batch:
    image = torch.rand(2, 3, size, size) * 2 - 1
    label, hole = torch.randint(CLASSES, (2, size, size)), torch.zeros(2, 1, size, size)
    hole[..., 20:44, 16:40] = 1
    return Batch(image * (1 - hole), label, hole)


@torch.no_grad()
def test_low_frequencies_are_the_smaller_models(smaller: Snapshot, larger: Path) -> None:
    fine, given = load_snapshot(larger).model, batch()
    answer = forward(TwoScales(fine, smaller.model), given)
    half = Batch(F.avg_pool2d(given.image, 2), given.label[:, ::2, ::2], F.max_pool2d(given.hole, 2))
    own, other = fine(given), smaller.model(half)
    enlarged = F.interpolate(other.image, scale_factor=2, mode="bicubic")
    place = np.arange(-9, 10)
    weights = np.exp(-(place**2) / (2 * SPREAD**2))
    kernel = torch.from_numpy(np.outer(weights, weights) / weights.sum() ** 2).float()
    apart = F.pad(enlarged - own.image, (9,) * 4, mode="replicate")
    slow = torch.stack(
        [(apart[..., y : y + 19, x : x + 19] * kernel).sum(dim=(2, 3)) for y in range(64) for x in range(64)]
    )
    slow = own.image + slow.movedim(0, -1).view(2, 3, 64, 64)
    assert torch.allclose(answer.image, slow, atol=1e-5)
    assert torch.equal(answer.style, torch.cat([own.style, other.style], dim=2))


@torch.no_grad()
def test_under_a_fine_grid_the_smaller_model_sees_what_any_pixel_shows(
    smaller: Snapshot, larger: Path
) -> None:
    """Of all four pixels of a cell one is always hidden; nothing to see would mean nothing to go by."""
    given = batch()
    grid = torch.zeros_like(given.hole)
    grid[..., ::2, :] = 1
    lined = Batch(given.image, given.label, grid)
    pair, blind = TwoScales(load_snapshot(larger).model, smaller.model), torch.ones(2, 1, 32, 32)
    half = Batch(F.avg_pool2d(given.image, 2), given.label[:, ::2, ::2], torch.zeros_like(blind))
    assert torch.equal(pair.encode(lined).coarse.style, smaller.model.encode(half).style)
    unseen = smaller.model.encode(Batch(half.image, half.label, blind)).style
    assert not torch.equal(pair.encode(lined).coarse.style, unseen)


@torch.no_grad()
def test_layouts_are_averaged(smaller: Snapshot, larger: Path) -> None:
    fine, given = load_snapshot(larger).layout, batch()
    assert fine is not None
    assert smaller.layout is not None
    told = TwoScaleLayout(fine, smaller.layout)(given.image, given.hole)
    half = smaller.layout(F.avg_pool2d(given.image, 2), F.max_pool2d(given.hole, 2)).softmax(dim=1)
    mean = (fine(given.image, given.hole).softmax(dim=1) + F.interpolate(half, (32, 32), mode="bilinear")) / 2
    assert torch.allclose(told.exp(), mean, atol=1e-5)
    assert torch.allclose(told.exp().sum(dim=1), torch.ones(2, 32, 32), atol=1e-4)


def test_the_portraits_height_chooses(both: Callable[..., Inpainter], smaller: Snapshot) -> None:
    inpainter = both()
    painters = inpainter.tools.painters
    assert painters.sizes == (32, 64)
    assert [painters.suited(float(height)) for height in (10, 31, 32, 64, 1000)] == [32, 32, 64, 64, 64]
    assert painter_of(inpainter, 32).network is smaller.model
    large = painter_of(inpainter, 64)
    assert isinstance(large.network, TwoScales)
    assert large is painter_of(inpainter, 64)
    assert inpainter.sha256 == inpainter.of_size(64).sha256
    mirrored = both(mirror=True)
    assert isinstance(painter_of(mirrored, 64).network, Mirrored)
    assert isinstance(painter_of(mirrored, 32).predictor, MirroredLayout)


def test_photos_are_filled_by_the_model_that_suits_them(both: Callable[..., Inpainter]) -> None:
    hole = np.zeros((100, 80), dtype=bool)
    hole[40:60, 30:50] = True
    photo = np.random.default_rng(0).integers(0, 256, (100, 80, 3), dtype=np.uint8)
    inpainter = both()
    for cut, size in ((np.s_[35:65, 25:55], 32), (np.s_[:, :], 64)):
        picture, gone = photo[cut], hole[cut]
        result, alone = (one(picture, gone, faces="whole") for one in (inpainter, inpainter.of_size(size)))
        assert np.array_equal(np.asarray(result.image), np.asarray(alone.image))
        assert np.array_equal(np.asarray(result.image)[~gone], picture[~gone])
        assert np.array_equal(inpainter.predict_layout(picture, gone, faces="whole"), alone.layout)


def test_a_larger_portrait_is_refined(both: Callable[..., Inpainter]) -> None:
    """The larger model is opened in the midst of the fill, and gradients go through both."""
    photo = np.random.default_rng(2).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    hole = np.zeros((64, 64), dtype=bool)
    hole[20:40, 20:40] = True
    steps = list[int]()
    inpainter = both(refinement=CarefulRefinement(steps=2, watch=steps.append))
    result = inpainter(photo, hole, faces="whole")
    assert steps
    assert result.notes[-1].code == "refined"
    assert result.notes[-1].text.startswith("refined")


def test_a_session_fills_what_the_filler_does(both: Callable[..., Inpainter]) -> None:
    photo = np.random.default_rng(1).integers(0, 256, (90, 90, 3), dtype=np.uint8)
    hole = np.zeros((90, 90), dtype=bool)
    hole[30:50, 35:60] = True
    inpainter = both()
    session = inpainter.session(photo)
    session.draw_hole(hole, faces="whole")
    patch, whole = session.fill(), inpainter(photo, hole, faces="whole")
    assert np.array_equal(np.asarray(session.whole(patch)), np.asarray(whole.image))
    heat = session.look(40, 40)
    assert heat.weights.shape == session.grid


def test_a_quick_patch_is_the_smaller_models(both: Callable[..., Inpainter], smaller: Snapshot) -> None:
    photo = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    hole = np.zeros((64, 64), dtype=bool)
    hole[20:40, 20:40] = True
    session = both().session(photo)
    session.draw_hole(hole, faces="whole")
    quick, whole = (np.asarray(session.whole(session.fill(quick=q))).astype(int) for q in (True, False))
    assert np.array_equal(quick[~hole], photo[~hole])
    assert np.array_equal(whole[~hole], photo[~hole])
    assert not np.array_equal(quick, whole)
    (portrait,) = session.portraits
    assert isinstance(portrait.painting, NetworkPainting)
    painted, canvas = portrait.painting.paint(Wish(quick=True)), portrait.painting.batch
    half = Batch(
        F.avg_pool2d(canvas.image, 2), canvas.label[:, ::2, ::2], F.max_pool2d(canvas.hole, 2),
        F.avg_pool2d(canvas.belief, 2),
    )  # fmt: skip
    with torch.no_grad():
        expected = F.interpolate(forward(smaller.model, half).image, scale_factor=2, mode="bicubic")
    levels = ((expected[0].clamp(-1, 1) + 1) * 127.5).permute(1, 2, 0).numpy()
    np.testing.assert_allclose(painted.picture[hole], levels[hole], atol=1e-3)


def test_styles_come_in_each_models_codes(both: Callable[..., Inpainter]) -> None:
    """A style from a small photo for a large one, and the other way round; of both models in the pair."""
    small, large = (np.random.default_rng(s).integers(0, 256, (s, s, 3), dtype=np.uint8) for s in (40, 90))
    inpainter = both()
    style = inpainter.session(small).styles()
    assert {size: codes.shape for size, codes in style.items()} == {32: (CLASSES, 8), 64: (CLASSES, 16)}
    hole = np.zeros((90, 90), dtype=bool)
    hole[30:60, 30:60] = True
    changes = {label: StyleChange(style) for label in range(CLASSES)}
    own = {label: replace(change, amount=0.0) for label, change in changes.items()}
    plain, same, other = (
        np.asarray(inpainter(large, hole, faces="whole", styles=styles).image)
        for styles in (None, own, changes)
    )
    assert np.array_equal(same, plain)
    assert not np.array_equal(other, plain)


def test_both_models_are_told_by_their_weights(
    both: Callable[..., Inpainter], smaller: Snapshot, larger: Path
) -> None:
    assert both().sha256 == f"{smaller.sha256}+{load_snapshot(larger).sha256}"
