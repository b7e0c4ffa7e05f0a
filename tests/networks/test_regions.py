"""Regions of a layout: one-hot maps, pooled styles, the smooth fill."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inlay.labels import CELEBAMASK_HQ
from inlay.networks.regions import (
    KnownPooling,
    MeanCodes,
    area_one_hot,
    one_hot,
    pool_regions,
    repaint,
    smooth_fill,
)
from reference.regions import harmonic_fill, known_means

L_EYE, R_EYE, NOSE = (CELEBAMASK_HQ.id_of(name) for name in ("l_eye", "r_eye", "nose"))


def pooling(dim: int = 3) -> KnownPooling:
    """With fallback codes that tell the class."""
    pool = KnownPooling(dim=dim, twins=CELEBAMASK_HQ.twins)
    with torch.no_grad():
        pool.fallback.copy_(100 + torch.arange(19.0)[:, None].expand(19, dim))
    return pool


def test_one_hot() -> None:
    label = torch.randint(0, 5, (2, 6, 7))
    assert torch.equal(one_hot(label, 5), torch.nn.functional.one_hot(label, 5).movedim(-1, 1).float())


def test_area_one_hot_is_the_share_of_each_class() -> None:
    label = torch.tensor([[[0, 1], [1, 1]]]).repeat(1, 2, 2)
    shares = area_one_hot(label, 3, (2, 2))
    assert torch.equal(shares[0, :, 0, 0], torch.tensor([0.25, 0.75, 0.0]))
    assert torch.allclose(shares.sum(dim=1), torch.ones(1, 2, 2))


def test_pool_regions_is_the_weighted_mean() -> None:
    features, weight = torch.rand(2, 4, 3, 5), torch.rand(2, 6, 3, 5)
    weight[0, 2] = 0
    code, total = pool_regions(features, weight)
    for b in range(2):
        for k in range(6):
            mass = weight[b, k].sum()
            expected = (features[b] * weight[b, k]).sum(dim=(1, 2)) / mass if mass > 0 else torch.zeros(4)
            assert torch.allclose(code[b, k], expected, atol=1e-6)
            assert total[b, k] == pytest.approx(float(mass))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), ratio=st.floats(0, 1))
def test_known_pooling_equals_two_loops(seed: int, ratio: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(2, 3, 8, 6, generator=generator)
    label = torch.randint(0, 19, (2, 8, 6), generator=generator)
    hole = (torch.rand(2, 1, 8, 6, generator=generator) < ratio).float()
    pool = pooling()
    code = pool(features, hole, label)
    means, counts = known_means(features, hole, label, 19)
    for b in range(2):
        for k in range(19):
            twin = CELEBAMASK_HQ.twins[k]
            expected = (
                means[b, k] if counts[b, k] else means[b, twin] if counts[b, twin] else pool.fallback[k]
            )
            assert torch.allclose(code[b, k], expected, atol=1e-5)


def test_known_pooling_weighs_the_parts_of_cells() -> None:
    """On a coarser map a cell counts by its share of known pixels of the class."""
    features = torch.tensor([[[[1.0, 5.0]]]])
    label, hole = torch.zeros(1, 2, 4, dtype=torch.long), torch.zeros(1, 1, 2, 4)
    hole[..., 0, :2] = 1
    code = pooling(dim=1)(features, hole, label)
    assert code[0, 0, 0].item() == pytest.approx((0.5 * 1 + 1.0 * 5) / 1.5)


def test_a_hidden_eye_takes_the_code_of_the_other() -> None:
    features = torch.rand(1, 3, 4, 4)
    label, hole = torch.zeros(1, 4, 4, dtype=torch.long), torch.zeros(1, 1, 4, 4)
    label[0, 1, 0], label[0, 1, 3], label[0, 2, 2] = R_EYE, L_EYE, NOSE
    hole[0, 0, 1, 3] = hole[0, 0, 2, 2] = 1
    pool = pooling()
    code = pool(features, hole, label)[0]
    assert torch.allclose(code[R_EYE], features[0, :, 1, 0])
    assert torch.allclose(code[L_EYE], code[R_EYE])
    # The nose has no twin, so its mean code is left; and so it is where both eyes are hidden.
    assert torch.equal(code[NOSE], pool.fallback[NOSE])
    hole[0, 0, 1, 0] = 1
    both = pool(features, hole, label)[0]
    assert torch.equal(both[[L_EYE, R_EYE]], pool.fallback[[L_EYE, R_EYE]])


def test_smooth_fill_equals_slow_relaxation() -> None:
    """Small holes in a picture that bends: close to the harmonic fill, whatever lay in the hole."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, 12), torch.linspace(-1, 1, 12), indexing="ij")
    image = torch.stack([x, y, 0.5 * (x**2 - y**2)])[None]
    hole = torch.zeros(1, 1, 12, 12)
    hole[..., 4:7, 5:8] = 1
    hole[..., 9, 2:4] = 1
    spoilt = torch.where(hole > 0, torch.tensor(50.0), image)
    expected = harmonic_fill(image, hole)
    assert torch.allclose(smooth_fill(spoilt, hole, sweeps=60), expected, atol=1e-3)
    assert torch.allclose(smooth_fill(spoilt, hole), expected, atol=0.05)


@settings(max_examples=20, deadline=None)
@given(height=st.integers(1, 20), width=st.integers(1, 20), ratio=st.floats(0, 1), seed=st.integers(0, 99))
def test_smooth_fill_stays_in_the_range_of_known_pixels(
    height: int, width: int, ratio: float, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(2, 3, height, width, generator=generator) * 2 - 1
    hole = (torch.rand(2, 1, height, width, generator=generator) < ratio).float()
    filled = smooth_fill(image, hole)
    known = (hole == 0).expand_as(image)
    assert torch.equal(filled[known], image[known])
    for b in range(2):
        # Means of known pixels never leave their range; where nothing is known the fill is 0.
        seen = image[b][known[b]] if known[b].any() else torch.zeros(1)
        assert filled[b].min() >= seen.min() - 1e-5
        assert filled[b].max() <= seen.max() + 1e-5


def test_smooth_fill_does_not_look_into_the_hole() -> None:
    image, hole = torch.rand(1, 3, 16, 16), torch.zeros(1, 1, 16, 16)
    hole[..., 3:11, 2:14] = 1
    other = torch.where(hole > 0, torch.rand(1, 3, 16, 16), image)
    assert torch.equal(smooth_fill(image, hole), smooth_fill(other, hole))


def test_repainted_cells_are_certain_and_the_others_stay() -> None:
    belief = torch.rand(1, 3, 4, 4).softmax(dim=1)
    label = torch.randint(0, 3, (1, 8, 8))
    changed = torch.zeros(1, 8, 8, dtype=torch.bool)
    changed[0, 2, 5] = True
    painted = repaint(belief, label, changed)
    assert torch.equal(painted[0, :, 1, 2], area_one_hot(label, 3, (4, 4))[0, :, 1, 2])
    painted[0, :, 1, 2] = belief[0, :, 1, 2]
    assert torch.equal(painted, belief)


def test_mean_codes_know_nothing_of_the_picture() -> None:
    pool = MeanCodes(dim=3, twins=CELEBAMASK_HQ.twins)
    torch.nn.init.normal_(pool.fallback)
    hole, label = torch.zeros(2, 1, 8, 8), torch.randint(0, 19, (2, 8, 8))
    codes = pool(torch.randn(2, 3, 4, 4), hole, label)
    assert codes.shape == (2, 19, 3)
    assert torch.equal(codes[0], pool.fallback)
    assert torch.equal(codes[0], codes[1])
