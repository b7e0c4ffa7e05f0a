"""The fixed feature networks: made from toy tensors with the files' names, and the real files."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from inlay.errors import UserError
from inlay.networks.features import FEATURE_NETWORKS, distilled_vgg19, normalised_vgg19, unscaled, vgg19
from inlay.tensors import to_tensor
from inlay.weights import read_state

TAPS = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
# torchvision's numbering: a ReLU after each convolution, a pool after each block.
VGG19 = [[0, 2], [5, 7], [10, 12, 14, 16], [19, 21, 23, 25], [28, 30, 32, 34]]


def toy_state() -> dict[str, Tensor]:
    """VGG19 with 2 to 6 channels."""
    state, channels = {}, 3
    for width, block in enumerate(VGG19, start=2):
        for n in block:
            state[f"features.{n}.weight"] = torch.randn(width, channels, 3, 3)
            state[f"features.{n}.bias"] = torch.randn(width)
            channels = width
    return state


@pytest.mark.parametrize("padding", ["zeros", "reflect"])
def test_vgg19_equals_the_plain_sequence(padding: str) -> None:
    state, image = toy_state(), torch.rand(2, 3, 32, 32) * 2 - 1
    found = vgg19(state, taps=TAPS, padding=padding)(image)  # type: ignore[arg-type]
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = ((image + 1) / 2 - mean[:, None, None]) / deviation[:, None, None]
    mode = "constant" if padding == "zeros" else "reflect"
    for block, features in zip(VGG19, found, strict=True):
        for n in block:
            x = F.pad(x, (1, 1, 1, 1), mode=mode)
            x = F.relu(F.conv2d(x, state[f"features.{n}.weight"], state[f"features.{n}.bias"]))
            if n == block[0]:
                torch.testing.assert_close(features, x)
        x = F.max_pool2d(x, 2)


def test_spade_shows_the_picture_as_it_is() -> None:
    state, image = toy_state(), torch.rand(1, 3, 32, 32)
    weight, bias = state["features.0.weight"], state["features.0.bias"]
    (found,) = vgg19(state, taps=["relu1_1"], preprocessing=unscaled)(image)
    torch.testing.assert_close(found, F.relu(F.conv2d(image, weight, bias, padding=1)))


def test_taps_come_in_their_order_and_no_deeper_layer_is_kept() -> None:
    network = vgg19(toy_state(), taps=["relu2_2", "relu1_2"])
    assert [f.shape[-1] for f in network(torch.rand(1, 3, 16, 16))] == [8, 16]
    assert len(network.convolutions) == 4


def test_it_never_trains() -> None:
    network = vgg19(toy_state(), taps=TAPS)
    assert not network.train().training
    assert not any(p.requires_grad for p in network.parameters())
    image = torch.rand(1, 3, 32, 32, requires_grad=True)
    network(image)[-1].sum().backward()
    assert image.grad is not None


def test_unknown_layers_and_files_are_named() -> None:
    with pytest.raises(UserError, match=r"'relu6_1': this network has relu1_1, relu1_2"):
        vgg19(toy_state(), taps=["relu6_1"])
    with pytest.raises(UserError, match=r"no convolution 'features\.0' .* which holds other\.weight"):
        vgg19({"other.weight": torch.zeros(1)}, taps=["relu1_1"])


def test_kinds() -> None:
    assert set(FEATURE_NETWORKS) == {"vgg19", "vgg19-normalised", "vgg19-distilled"}


def test_the_real_files_agree_with_each_other(shared: Path) -> None:
    exact = normalised_vgg19(
        read_state(shared / "weights" / "vgg19_normalised_to_conv3_1.pth"), taps=TAPS[:3]
    )
    small = distilled_vgg19(read_state(shared / "weights" / "vgg19_distilled_16x.pth"), taps=TAPS)
    stems = (shared / "data" / "celebamask" / "val.txt").read_text(encoding="utf-8").split()[:4]
    paths = [next((shared / "data" / "celebamask" / "images").glob(f"{stem}.*")) for stem in stems]
    faces = np.stack([np.asarray(Image.open(path).convert("RGB").resize((96, 96))) for path in paths])
    ours, theirs = exact(to_tensor(faces)), small(to_tensor(faces))
    assert [f.shape[1] for f in theirs] == [64, 128, 256, 512, 512]
    for a, b, least in zip(ours, theirs, (0.98, 0.91, 0.82), strict=False):
        assert torch.cosine_similarity(a.flatten(1), b.flatten(1)).mean() > least
        # Normalised: a mean activation of about 1.
        assert 0.7 < a.mean() < 1.4
    with pytest.raises(UserError, match="has relu1_1, relu2_1, relu3_1, relu4_1, relu5_1"):
        distilled_vgg19(read_state(shared / "weights" / "vgg19_distilled_16x.pth"), taps=["relu1_2"])
