"""LPIPS from weights that are given by path; they are not ours to ship."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from inlay.errors import UserError
from inlay.images import to_tensor
from inlay.networks.lpips import PerceptualDistance

__all__ = ["FEATURES", "HEADS", "Lpips", "load_distance"]

FEATURES, HEADS = "squeezenet1_1_features.pth", "lpips_v0.1_squeeze.pth"


def load_distance(folder: Path, device: torch.device | str = "cpu") -> PerceptualDistance:
    """LPIPS v0.1 (squeeze) from torchvision's SqueezeNet 1.1 features and the published heads in `folder`."""
    distance = PerceptualDistance()
    heads = _read(folder / HEADS)
    state = {f"net.{key}": value for key, value in _read(folder / FEATURES).items()}
    try:
        state |= {f"heads.{n}": heads[f"lin{n}.model.1.weight"].flatten() for n in range(len(distance.heads))}
        distance.load_state_dict(state)
    except (KeyError, RuntimeError) as error:
        raise UserError(f"{folder}: the weights are not those of LPIPS v0.1 with SqueezeNet 1.1") from error
    return distance.eval().requires_grad_(False).to(device)


class Lpips:
    """The metric of one pair; it owns the network."""

    def __init__(self, distance: PerceptualDistance, device: torch.device | str = "cpu") -> None:
        self.distance, self.device = distance, device

    @torch.inference_mode()
    def __call__(self, truth: UInt8[np.ndarray, "h w 3"], result: UInt8[np.ndarray, "h w 3"]) -> float:
        """LPIPS of the whole pictures; lower is better, 0 for identical ones."""
        ours, theirs = (to_tensor(p)[None].to(self.device) for p in (result, truth))
        return float(self.distance(ours, theirs)[0])


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise UserError(
            f"{path}: no such file; LPIPS needs {FEATURES} (torchvision's) and {HEADS} (LPIPS v0.1's) in one folder"
        )
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # torch raises many kinds for a damaged file
        raise UserError(f"{path}: not readable as PyTorch weights ({type(error).__name__})") from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise UserError(f"{path}: expected a state dict of tensors")
    return state
