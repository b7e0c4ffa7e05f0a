"""The discriminator: shapes, batches, gradients, and the reference outputs with the losses on them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from inlay.losses.adversarial import ADVERSARIAL_FORMS
from inlay.losses.feature_matching import feature_matching
from inlay.networks.discriminator import Judgement, MultiScaleDiscriminator
from inlay.networks.regions import one_hot


def narrow(**settings: Any) -> MultiScaleDiscriminator:
    return MultiScaleDiscriminator(**{"classes": 3, "width": 4, **settings})


def pictures(count: int = 2, size: tuple[int, int] = (32, 48)) -> tuple[Tensor, Tensor]:
    return torch.rand(count, 3, *size) * 2 - 1, torch.randint(0, 3, (count, *size))


def test_shapes() -> None:
    judged = narrow()(*pictures())
    assert [tuple(logits.shape) for logits in judged.logits] == [(2, 1, 6, 8), (2, 1, 4, 5)]
    assert [len(layers) for layers in judged.features] == [3, 3]
    assert [layer.shape[1] for layer in judged.features[0]] == [4, 8, 16]


def test_scales_and_layers_are_settings() -> None:
    judged = narrow(scales=3, layers=2)(*pictures())
    assert len(judged.logits) == 3
    assert [len(layers) for layers in judged.features] == [2, 2, 2]


def test_equals_its_slow_form() -> None:
    made = narrow().eval()
    image, label = pictures()
    judged = made(image, label)
    x = torch.cat([one_hot(label, 3), image], dim=1)
    for scale, patches in enumerate(made.scales):
        first, second, third = (stage[0] for stage in patches.stages)
        y = F.leaky_relu(F.conv2d(x, first.weight, first.bias, stride=2, padding=2), 0.2)
        for conv in (second, third):
            sigma = conv.left @ conv.weight.flatten(1) @ conv.right
            y = F.conv2d(y, conv.weight / sigma, stride=2, padding=2)
            mean, var = y.mean(dim=(2, 3), keepdim=True), y.var(dim=(2, 3), keepdim=True, unbiased=False)
            y = F.leaky_relu((y - mean) / torch.sqrt(var + 1e-5), 0.2)
        expected = F.conv2d(y, patches.head.weight, patches.head.bias, padding=2)
        torch.testing.assert_close(judged.logits[scale], expected)
        x = _half(x)


def _half(x: Tensor) -> Tensor:
    """3 x 3 means at every second pixel, of the pixels that lie inside."""
    ones = torch.ones_like(x[:, :1])
    kernel = torch.ones(x.shape[1], 1, 3, 3)
    total = F.conv2d(x, kernel, stride=2, padding=1, groups=x.shape[1])
    return total / F.conv2d(ones, kernel[:1], stride=2, padding=1)


@pytest.mark.parametrize("gain", [0.02, 1.0])
def test_starts_as_glorot_times_the_gain(gain: float) -> None:
    made = narrow(width=32, scales=1, gain=gain)
    head = made.scales[0].head.weight.detach()
    assert float(head.std()) == pytest.approx(gain * (2 / ((128 + 1) * 16)) ** 0.5, rel=0.1)


def test_one_batch_judges_as_two_do() -> None:
    made = narrow().eval()
    (fake, label), (real, other) = pictures(1), pictures(2)
    both = made(torch.cat([fake, real]), torch.cat([label, other])).split(1)
    for judged, expected in zip(both, (made(fake, label), made(real, other)), strict=True):
        for found, alone in zip(judged.logits, expected.logits, strict=True):
            torch.testing.assert_close(found, alone)
        torch.testing.assert_close(judged.features[1][2], expected.features[1][2])


def test_each_parameter_gets_a_gradient() -> None:
    made = narrow()
    judged = made(*pictures())
    sum(logits.square().sum() for logits in judged.logits).backward()  # type: ignore[union-attr]
    for name, parameter in made.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Tensor]:
    with np.load(shared / "reference" / "golden.npz") as stored:
        keys = [k for k in stored.files if k.startswith(("discriminator", "loss"))]
        return {key: torch.from_numpy(stored[key]) for key in keys}


@pytest.fixture(scope="module")
def judged(shared: Path, golden: dict[str, Tensor]) -> Judgement:
    """The reference discriminator's judgement of fake and real."""
    namespace: dict[str, Any] = {"__name__": "synthetic_state"}
    exec((shared / "reference" / "synthetic_state.py").read_text(encoding="utf-8"), namespace)
    layout = json.loads((shared / "reference" / "checkpoint_layout.json").read_text(encoding="utf-8"))
    names = {"weight_orig": "weight", "weight_u": "left", "weight_v": "right"}
    state = {}
    for key, value in namespace["synthetic_state"](layout["discriminator"], 0).items():
        scale, stage, *_, name = key.split(".")
        scale, number, name = scale[-1], int(stage[-1]), names.get(name, name)
        ours = f"stages.{number}.0" if number < 3 else "head"
        state[f"scales.{scale}.{ours}.{name}"] = torch.from_numpy(value)
    made = MultiScaleDiscriminator(classes=19).eval()
    made.load_state_dict(state)
    label = golden["discriminator.label"]
    with torch.no_grad():
        return made(
            torch.cat([golden["discriminator.fake"], golden["discriminator.real"]]), label.repeat(2, 1, 1)
        )


@pytest.mark.parametrize("scale", [0, 1])
def test_reference_outputs(golden: dict[str, Tensor], judged: Judgement, scale: int) -> None:
    expected = golden[f"discriminator.scale{scale}.logits"]
    assert (judged.logits[scale] - expected).abs().max() < 1e-4
    means = torch.stack([layer.mean() for layer in judged.features[scale]])
    assert (means - golden[f"discriminator.scale{scale}.feature_means"]).abs().max() < 1e-4


@pytest.mark.parametrize(("theirs", "ours"), [("hinge", "hinge"), ("original", "log")])
def test_reference_losses(golden: dict[str, Tensor], judged: Judgement, theirs: str, ours: str) -> None:
    fake, real = judged.split(2)
    form = ADVERSARIAL_FORMS[ours]
    for name, value in (
        ("generator", form.generator(fake.logits)),
        ("discriminator_fake", form.fake(fake.logits)),
        ("discriminator_real", form.real(real.logits)),
    ):
        assert abs(value - golden[f"loss.{theirs}.{name}"]) < 1e-4, name


def test_reference_feature_matching(golden: dict[str, Tensor], judged: Judgement) -> None:
    fake, real = judged.split(2)
    value = 10 * feature_matching(fake.features, real.features)
    assert abs(value - golden["loss.feature_matching_x10"]) < 1e-4
