"""Fixed feature networks for the perceptual loss: VGG19, its normalised form, and a small distilled copy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from inlay.errors import UserError

__all__ = [
    "FEATURE_NETWORKS",
    "FeatureNetwork",
    "Preprocessing",
    "distilled_vgg19",
    "imagenet",
    "normalised_vgg19",
    "unscaled",
    "vgg19",
]

# VGG19 (Simonyan and Zisserman 2015, configuration E) by block; a 2x2 max-pool stands between blocks.
BLOCKS = (2, 2, 4, 4, 4)
CONVOLUTIONS = tuple(f"{block}_{n}" for block, count in enumerate(BLOCKS, 1) for n in range(1, count + 1))

Padding = Literal["zeros", "reflect"]
Preprocessing = Callable[[Float[Tensor, "b 3 h w"]], Float[Tensor, "b 3 h w"]]
"""From RGB in [-1, 1] to what the first convolution was trained on."""


def imagenet(image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
    """Zero mean and unit deviation over ImageNet: what torchvision's VGG19 was trained on."""
    mean = torch.tensor([0.485, 0.456, 0.406], device=image.device).view(3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225], device=image.device).view(3, 1, 1)
    return ((image + 1) / 2 - mean) / deviation


def unscaled(image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
    """The picture as it is, in [-1, 1]: what pix2pixHD, SPADE and SEAN show to VGG19."""
    return image


class FeatureNetwork(nn.Module):
    """The first convolutions of a VGG19, as far as the deepest tap; it never trains.

    `heads` may hold a 1x1 convolution for a tap, which then is applied, with a ReLU, to what the tap gives.
    `taps` are names like 'relu3_1'; the features come in their order.
    """

    def __init__(
        self,
        *,
        convolutions: Mapping[str, nn.Conv2d],
        taps: Sequence[str],
        preprocessing: Preprocessing | nn.Module,
        padding: Padding,
        heads: Mapping[str, nn.Conv2d] | None = None,
    ) -> None:
        super().__init__()
        known = [f"relu{name}" for name in convolutions if heads is None or name in heads]
        unknown = [tap for tap in taps if tap not in known]
        if unknown or not taps:
            raise UserError(f"perceptual layer '{', '.join(unknown)}': this network has {', '.join(known)}")
        self.taps = tuple(tap.removeprefix("relu") for tap in taps)
        deepest = max(CONVOLUTIONS.index(tap) for tap in self.taps)
        names = CONVOLUTIONS[: deepest + 1]
        self.preprocessing = preprocessing
        self.padding = "constant" if padding == "zeros" else "reflect"
        self.convolutions = nn.ModuleDict({name: convolutions[name] for name in names})
        self.heads = nn.ModuleDict({name: heads[name] for name in self.taps} if heads else {})
        self.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> "FeatureNetwork":
        """A fixed network stays in eval mode."""
        del mode
        return super().train(False)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> tuple[Float[Tensor, "b _ _ _"], ...]:
        """The features of RGB pictures in [-1, 1] at each tap."""
        x, found = self.preprocessing(image), dict[str, Tensor]()
        for name, convolution in self.convolutions.items():
            if name.endswith("_1") and name != "1_1":
                x = F.max_pool2d(x, 2)
            x = F.relu(convolution(F.pad(x, (1, 1, 1, 1), mode=self.padding)))
            if name in self.taps:
                found[name] = F.relu(self.heads[name](x)) if name in self.heads else x
        return tuple(found[name] for name in self.taps)


def vgg19(
    state: Mapping[str, Tensor],
    *,
    taps: Sequence[str],
    padding: Padding = "zeros",
    preprocessing: Preprocessing = imagenet,
) -> FeatureNetwork:
    """VGG19 from torchvision's state dict."""
    # In torchvision's `features` a ReLU follows each convolution and a pool each block.
    keys = [f"features.{2 * n + int(name[0]) - 1}" for n, name in enumerate(CONVOLUTIONS)]
    convolutions = {name: _convolution(state, key) for name, key in zip(CONVOLUTIONS, keys, strict=True)}
    return FeatureNetwork(convolutions=convolutions, taps=taps, preprocessing=preprocessing, padding=padding)


def normalised_vgg19(
    state: Mapping[str, Tensor], *, taps: Sequence[str], padding: Padding = "reflect"
) -> FeatureNetwork:
    """VGG19 to conv3_1 with each filter scaled to a mean activation of 1 (Gatys et al. 2016, section 2)."""
    keys = {"1_1": "2", "1_2": "5", "2_1": "9", "2_2": "12", "3_1": "16"}
    convolutions = {name: _convolution(state, key) for name, key in keys.items()}
    preprocessing = _FromUnitRange(_convolution(state, "0"))
    return FeatureNetwork(convolutions=convolutions, taps=taps, preprocessing=preprocessing, padding=padding)


def distilled_vgg19(
    state: Mapping[str, Tensor], *, taps: Sequence[str], padding: Padding = "reflect"
) -> FeatureNetwork:
    """A VGG19 of a quarter of the width whose 1x1 heads predict the normalised one's relu1_1 .. relu5_1."""
    names = CONVOLUTIONS[: CONVOLUTIONS.index("5_1") + 1]
    convolutions = {name: _convolution(state, f"conv{name.replace('_', '')}") for name in names}
    heads = {f"{block}_1": _convolution(state, f"conv{block}1_aux") for block in range(1, 6)}
    preprocessing = _FromUnitRange(_convolution(state, "conv0"))
    return FeatureNetwork(
        convolutions=convolutions, taps=taps, preprocessing=preprocessing, padding=padding, heads=heads
    )


@dataclass(frozen=True)
class FeatureNetworkKind:
    """How a feature network is made from its file's tensors, and its padding unless told otherwise."""

    build: Callable[..., FeatureNetwork]
    padding: Padding


FEATURE_NETWORKS = {
    "vgg19": FeatureNetworkKind(vgg19, "zeros"),
    "vgg19-normalised": FeatureNetworkKind(normalised_vgg19, "reflect"),
    "vgg19-distilled": FeatureNetworkKind(distilled_vgg19, "reflect"),
}


class _FromUnitRange(nn.Module):
    """A 1x1 convolution that turns RGB in 0..1 into the network's own colours."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.convolution = convolution

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        return self.convolution((image + 1) / 2)


def _convolution(state: Mapping[str, Tensor], key: str) -> nn.Conv2d:
    weight, bias = state.get(f"{key}.weight"), state.get(f"{key}.bias")
    if weight is None or bias is None or weight.ndim != 4:
        shown = ", ".join(list(state)[:3])
        raise UserError(
            f"feature network: no convolution '{key}' in the weights file, which holds {shown}, ..."
        )
    convolution = nn.Conv2d(weight.shape[1], weight.shape[0], (weight.shape[2], weight.shape[3]))
    convolution.load_state_dict({"weight": weight, "bias": bias})
    return convolution
