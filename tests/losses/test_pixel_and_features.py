"""Pixel, perceptual, feature matching and adversarial losses against their definitions."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from inlay.losses.adversarial import ADVERSARIAL_FORMS, r1_penalty
from inlay.losses.class_color import MIN_PIXELS, class_color
from inlay.losses.feature_matching import feature_matching
from inlay.losses.perceptual import perceptual
from inlay.losses.pixel import region_l1, region_mse
from inlay.losses.structural import SIDE, structural


@pytest.mark.parametrize(("loss", "power"), [(region_l1, 1), (region_mse, 2)])
def test_pixel_losses_are_means_over_a_region(loss: object, power: int) -> None:
    assert callable(loss)
    image, target = torch.rand(2, 3, 4, 5), torch.rand(2, 3, 4, 5)
    region = (torch.rand(2, 1, 4, 5) < 0.5).float()
    means = []
    for b in range(2):
        place = region[b, 0] > 0
        means.append(((image[b] - target[b])[:, place].abs() ** power).mean())
    torch.testing.assert_close(loss(image, target, region), torch.stack(means).mean())
    assert loss(image, target, torch.zeros_like(region)) == 0


def test_class_color_compares_the_means_of_each_class_inside_the_hole() -> None:
    image, target = torch.rand(2, 3, 12, 12), torch.rand(2, 3, 12, 12)
    label, hole = torch.zeros(2, 12, 12, dtype=torch.long), torch.zeros(2, 1, 12, 12)
    label[0, :6], label[1, :, :2], hole[:, :, :, :6] = 1, 2, 1.0
    # A class with too few pixels inside the hole says too little of its colour.
    label[1, :3, 4:6] = 3
    errors = []
    for b in range(2):
        for k in range(4):
            place = (label[b] == k) & (hole[b, 0] > 0)
            if place.sum() >= MIN_PIXELS:
                errors.append((image[b][:, place].mean(1) - target[b][:, place].mean(1)).abs().mean())
    assert len(errors) == 4
    torch.testing.assert_close(class_color(image, target, hole, label, 5), torch.stack(errors).mean())
    assert class_color(image, target, torch.zeros_like(hole), label, 5) == 0


def test_structural_is_what_scikit_image_finds_where_windows_see_the_hole() -> None:
    metrics = pytest.importorskip("skimage.metrics")
    image, target = torch.rand(2, 3, 20, 24) * 2 - 1, torch.rand(2, 3, 20, 24) * 2 - 1
    hole = torch.zeros(2, 1, 20, 24)
    hole[0, :, 3:9, 4:6] = hole[1, :, 12:, 20:] = 1
    losses = []
    for shown, truth, cells in zip(torch.where(hole > 0, image, target), target, hole[:, 0], strict=True):
        _, likeness = metrics.structural_similarity(
            shown.numpy(), truth.numpy(), channel_axis=0, data_range=2, full=True
        )
        reach = SIDE // 2
        seen = [
            1 - likeness[:, y, x].mean()
            for y in range(reach, 20 - reach)
            for x in range(reach, 24 - reach)
            if cells[y - reach : y + reach + 1, x - reach : x + reach + 1].any()
        ]
        losses.append(np.mean(seen))
    assert float(structural(image, target, hole)) == pytest.approx(np.mean(losses), abs=1e-5)
    # Pictures that agree, or have no hole, have nothing to lose.
    assert float(structural(target, target, hole)) == pytest.approx(0, abs=1e-5)
    assert structural(image, target, torch.zeros_like(hole)) == 0


def test_perceptual_is_the_weighted_sum_of_means() -> None:
    ours = [torch.rand(2, 4, 3, 3, requires_grad=True), torch.rand(2, 2, 1, 1, requires_grad=True)]
    target = [torch.rand_like(t).requires_grad_() for t in ours]
    found = perceptual(ours, target, [0.5, 2.0])
    expected = 0.5 * (ours[0] - target[0]).abs().mean() + 2 * (ours[1] - target[1]).abs().mean()
    torch.testing.assert_close(found, expected)
    found.backward()
    assert all(t.grad is None for t in target)
    assert all(t.grad is not None for t in ours)


def test_feature_matching_sums_layers_and_averages_scales() -> None:
    fake = [[torch.rand(2, 3, 4, 4), torch.rand(2, 5, 2, 2)] for _ in range(2)]
    real = [[torch.rand_like(layer) for layer in layers] for layers in fake]
    total = sum(
        (f - r).abs().mean()
        for fakes, reals in zip(fake, real, strict=True)
        for f, r in zip(fakes, reals, strict=True)
    )
    torch.testing.assert_close(feature_matching(fake, real), total / 2)


def test_the_log_form_is_cross_entropy() -> None:
    # Scales of different size count alike.
    logits = [torch.randn(2, 1, 3, 3), torch.randn(2, 1, 2, 2)]
    likely = [torch.sigmoid(x) for x in logits]
    form = ADVERSARIAL_FORMS["log"]
    for found, expected in (
        (form.generator(logits), [-p.log() for p in likely]),
        (form.real(logits), [-p.log() for p in likely]),
        (form.fake(logits), [-(1 - p).log() for p in likely]),
    ):
        torch.testing.assert_close(found, (expected[0].mean() + expected[1].mean()) / 2)


def test_the_hinge_form() -> None:
    logits = [torch.tensor([[[[-3.0, 0.5]]]]), torch.tensor([[[[2.0]]]])]
    form = ADVERSARIAL_FORMS["hinge"]
    assert form.generator(logits).item() == pytest.approx((1.25 - 2) / 2)
    assert form.fake(logits).item() == pytest.approx((0.75 + 3) / 2)
    assert form.real(logits).item() == pytest.approx((2.25 + 0) / 2)


@pytest.mark.parametrize("name", ["generator", "fake"])
@pytest.mark.parametrize("form", ADVERSARIAL_FORMS)
def test_patches_count_by_their_share_of_the_region(form: str, name: str) -> None:
    loss = getattr(ADVERSARIAL_FORMS[form], name)
    logits = [torch.randn(2, 1, 4, 4), torch.randn(2, 1, 2, 2)]
    hole = (torch.rand(2, 1, 8, 8) < 0.3).float()
    means = []
    for scale in logits:
        cell = 8 // scale.shape[-1]
        total, weight = 0.0, 0.0
        for b in range(2):
            for y in range(scale.shape[-2]):
                for x in range(scale.shape[-1]):
                    share = hole[b, 0, y * cell : (y + 1) * cell, x * cell : (x + 1) * cell].mean().item()
                    total += share * loss([scale[b : b + 1, :, y : y + 1, x : x + 1]]).item()
                    weight += share
        means.append(total / weight)
    assert loss(logits, hole).item() == pytest.approx(sum(means) / 2, rel=1e-5)
    torch.testing.assert_close(loss(logits, torch.ones_like(hole)), loss(logits))
    assert loss(logits, torch.zeros_like(hole)) == 0


@pytest.mark.parametrize("form", ADVERSARIAL_FORMS)
def test_extreme_logits_are_finite(form: str) -> None:
    logits = [torch.tensor([[[[-1e4, 1e4]]]], requires_grad=True)]
    losses = ADVERSARIAL_FORMS[form]
    total = losses.generator(logits) + losses.fake(logits) + losses.real(logits)
    total.backward()
    assert total.isfinite()
    assert logits[0].grad is not None
    assert logits[0].grad.isfinite().all()


def test_bf16_logits_are_averaged_in_fp32() -> None:
    logits = [torch.full((1, 1, 64, 64), 1.0).bfloat16()]
    logits[0][..., 0, 0] = 1.5
    assert ADVERSARIAL_FORMS["hinge"].generator(logits).item() == pytest.approx(-(1 + 0.5 / 4096), abs=1e-7)


def test_r1_is_half_the_squared_gradient() -> None:
    image = torch.rand(2, 3, 4, 4, requires_grad=True)
    weight = torch.randn(3, 4, 4)

    def logits(picture: Tensor) -> Tensor:
        return (picture.square() * weight).sum(dim=1, keepdim=True)

    found = r1_penalty([logits(image)], image)
    gradient = 2 * image * weight / 16
    torch.testing.assert_close(found, gradient.square().sum(dim=(1, 2, 3)).mean() / 2)
    assert found.requires_grad
    assert math.isfinite(torch.autograd.grad(found, image)[0].sum().item())
