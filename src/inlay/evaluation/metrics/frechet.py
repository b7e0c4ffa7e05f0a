"""Fréchet Inception Distance (Heusel et al. 2017): torch-fidelity's Inception, its weights given by path."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from inlay.errors import UserError
from inlay.evaluation.cases import Cases
from inlay.evaluation.fillers import Filled
from inlay.extras import require
from inlay.files import sha256

__all__ = ["INCEPTION", "Fid", "frechet_distance", "load_inception"]

INCEPTION = "6726825d"
"""The SHA-256 of the only weights whose FID can be compared begins so, as their published name says."""

NAME = "weights-inception-2015-12-05-6726825d.pth"
Extractor = Callable[[Tensor], tuple[Tensor, ...]]


def frechet_distance(first: Float[np.ndarray, "n d"], second: Float[np.ndarray, "m d"]) -> float:
    """The squared Fréchet distance of two sets of features taken as Gaussians; 0 for equal sets.

    tr sqrt(C1 C2) is the sum of the singular values of the centred features' product, which is exact and
    small where there are fewer pictures than features.
    """
    a, b = first - first.mean(axis=0), second - second.mean(axis=0)
    n, m = len(first) - 1, len(second) - 1
    apart = float(np.square(first.mean(axis=0) - second.mean(axis=0)).sum())
    spread = float(np.square(a).sum() / n + np.square(b).sum() / m)
    shared = float(np.linalg.svd(a @ b.T, compute_uv=False).sum() / np.sqrt(n * m))
    return max(0.0, apart + spread - 2 * shared)


def load_inception(weights: Path, device: torch.device | str = "cpu") -> Extractor:
    """The network of the original FID; its weights are a pickle, so only the published file is opened."""
    if not weights.is_file():
        raise UserError(f"{weights}: no such file; FID needs the weights {NAME} of torch-fidelity's releases")
    if not sha256(weights).startswith(INCEPTION):
        raise UserError(
            f"{weights}: not FID's Inception: its SHA-256 should begin with {INCEPTION}, as that of {NAME}"
        )
    module = require(
        "torch_fidelity.feature_extractor_inceptionv3",
        package="torch-fidelity",
        install="pip install 'inlay[fid]'",
    )
    network = module.FeatureExtractorInceptionV3(
        "inlay-fid", ["2048"], feature_extractor_weights_path=str(weights)
    )
    return network.to(device)


class Fid:
    """Is shown all fills of an evaluation, and tells the distance between them and the photos at the end."""

    def __init__(self, extractor: Extractor, device: torch.device | str = "cpu") -> None:
        self.extractor, self.device = extractor, device
        self.photos: list[np.ndarray] = []
        self.results: list[np.ndarray] = []

    def __call__(self, cases: Cases, results: UInt8[np.ndarray, "n h w 3"], filled: Filled) -> None:
        """Take the features of a batch."""
        self.photos.append(self._features(cases.images))
        self.results.append(self._features(results))

    def value(self) -> float | None:
        """The distance; none for fewer than two pictures."""
        photos, results = np.concatenate(self.photos), np.concatenate(self.results)
        return frechet_distance(photos, results) if len(photos) > 1 else None

    @torch.inference_mode()
    def _features(self, pictures: UInt8[np.ndarray, "n h w 3"]) -> Float[np.ndarray, "n d"]:
        given = torch.tensor(pictures).movedim(-1, 1).to(self.device)
        return self.extractor(given)[0].double().cpu().numpy()
