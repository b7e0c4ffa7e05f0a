"""The VGG term of test-time optimisation (paper, eq. 1 in eq. 8), from weights that are given by path."""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from inlay.errors import UserError
from inlay.losses.perceptual import perceptual
from inlay.networks.features import FEATURE_NETWORKS, FeatureNetwork
from inlay.weights import read_state

__all__ = ["VggTerm", "load_vgg_term"]

SHARES = {"relu1_1": 1 / 32, "relu2_1": 1 / 16, "relu3_1": 1 / 8, "relu4_1": 1 / 4, "relu5_1": 1.0}
"""The layers' weights in SPADE and SEAN, which the paper builds on."""

EXACT, DISTILLED = "vgg19_normalised_to_conv3_1.pth", "vgg19_distilled_16x.pth"


class VggTerm:
    """Mean over pictures of the weighted feature differences of eq. 1; it owns fixed networks."""

    def __init__(self, networks: list[FeatureNetwork]) -> None:
        self.networks = networks

    def __call__(
        self, image: Float[Tensor, "b 3 h w"], target: Float[Tensor, "b 3 h w"]
    ) -> Float[Tensor, ""]:
        """The term; pictures in [-1, 1]."""
        terms = [
            perceptual(network(image), network(target), [SHARES[f"relu{tap}"] for tap in network.taps])
            for network in self.networks
        ]
        return torch.stack(terms).sum()


def load_vgg_term(path: Path, device: torch.device | str = "cpu") -> VggTerm:
    """From torchvision's VGG19 (a file), or from the two small networks that stand in for it (a folder).

    In a folder, relu1_1 to relu3_1 come from the exact normalised VGG19, relu4_1 and 5_1 from the distilled.
    """
    taps = list(SHARES)
    if not path.exists():
        raise UserError(
            f"{path}: no such file; expected VGG19's weights, or a folder with {EXACT} and {DISTILLED}"
        )
    if path.is_file():
        networks = [FEATURE_NETWORKS["vgg19"].build(read_state(path), taps=taps)]
    else:
        networks = [
            FEATURE_NETWORKS["vgg19-normalised"].build(read_state(path / EXACT), taps=taps[:3]),
            FEATURE_NETWORKS["vgg19-distilled"].build(read_state(path / DISTILLED), taps=taps[3:]),
        ]
    return VggTerm([network.to(device) for network in networks])
