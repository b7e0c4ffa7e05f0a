"""Runtime: what auto chooses, and that a placed network answers as the one that was given."""

import copy

import numpy as np
import pytest
import torch
from PIL import Image

from inlay.batch import Batch
from inlay.checkpoint import load_snapshot
from inlay.config import SeanModelConfig
from inlay.errors import UserError
from inlay.examples import example
from inlay.labels import CELEBAMASK_HQ
from inlay.model import build_model
from inlay.networks.spectral import SpectralConv2d
from inlay.painters.runtime import Runtime
from inlay.repair.inpainter import Inpainter


@pytest.mark.parametrize(
    ("name", "cuda", "mps", "kind"),
    [
        ("cpu", True, True, "cpu"),
        ("auto", True, True, "cuda"),
        ("auto", False, True, "mps"),
        ("auto", False, False, "cpu"),
        ("cuda", True, False, "cuda"),
        ("mps", True, True, "mps"),
    ],
)
def test_devices(monkeypatch: pytest.MonkeyPatch, name: str, cuda: bool, mps: bool, kind: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert Runtime(name).torch_device().type == kind


@pytest.mark.parametrize(
    ("units", "expected"),
    [({"amx_bf16": True}, torch.bfloat16), ({"avx512_bf16": True}, torch.bfloat16), ({}, torch.float32)],
)
def test_precision_by_what_the_cpu_has(
    monkeypatch: pytest.MonkeyPatch, units: dict[str, bool], expected: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: units)
    assert Runtime("cpu").dtype() == expected
    assert Runtime("cpu", "fp32").dtype() == torch.float32
    assert Runtime("cpu", "bf16").dtype() == torch.bfloat16


def test_what_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match=r"device 'cuda' is not there: .* name cpu or auto"):
        Runtime("cuda").torch_device()
    with pytest.raises(UserError, match="unknown device 'tpu'; expected one of auto, cpu, cuda, mps"):
        Runtime("tpu")
    with pytest.raises(UserError, match="unknown precision 'int8'; expected one of auto, fp32, bf16"):
        Runtime(precision="int8")
    with pytest.raises(UserError, match="0 threads: expected at least 1"):
        Runtime(threads=0)


def some_batch(size: int, classes: int) -> Batch:
    generator = torch.Generator().manual_seed(3)
    hole = torch.zeros(2, 1, size, size)
    hole[:, :, 5:20, 8:30] = 1
    label = torch.randint(0, classes, (2, size // 8, size // 8), generator=generator)
    label = label.repeat_interleave(8, 1).repeat_interleave(8, 2)
    return Batch(torch.rand(2, 3, size, size, generator=generator) * 2 - 1, label, hole)


def level_psnr(one: torch.Tensor, other: torch.Tensor) -> float:
    return float(10 * torch.log10(4 / (one - other).square().mean()))


@torch.inference_mode()
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_placed_network_answers_alike(precision: str) -> None:
    """The paper's, whose convolutions lose their spectral norm, and the compact one."""
    config = SeanModelConfig(kind="sean", width=4, style_dim=16, style_width=4, layout_width=8)
    torch.manual_seed(0)
    sean = build_model(config, CELEBAMASK_HQ)
    for part in sean.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.momentum = 1.0  # one pass in training mode gives it statistics
    sean(some_batch(64, 19))
    sean.eval()
    for network in (sean, load_snapshot().model):
        batch = some_batch(64, 19)
        expected = network.compose(batch, network(batch))
        placed = Runtime("cpu", precision).place(copy.deepcopy(network))
        found = placed.compose(batch, placed(batch))
        assert found.dtype == torch.float32
        assert not any(isinstance(part, SpectralConv2d) for part in placed.modules())
        assert level_psnr(found, expected) > (110 if precision == "fp32" else 50)
        known = (batch.hole == 0).expand_as(found)
        assert torch.equal(found[known], batch.image[known])


@pytest.mark.parametrize("size", [128, 192])
def test_fills_in_bf16_are_those_of_fp32_to_the_eye(size: int) -> None:
    """Of the example portrait, by one model and, where it is larger, by both."""
    photo = Image.open(example("portrait")).convert("RGB").resize((size, size))
    hole = np.asarray(Image.open(example("hole-all")).convert("L").resize((size, size), 0)) > 0
    one, other = (
        np.asarray(Inpainter.load(device=Runtime("cpu", precision))(photo, hole).image).astype(int)
        for precision in ("fp32", "bf16")
    )
    assert 10 * np.log10(255**2 / np.square(one - other).mean()) > 55
