"""LPIPS from weights that are given by path; they are not ours to ship."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from inlay.errors import UserError, is_out_of_memory
from inlay.networks.lpips import PerceptualDistance
from inlay.tensors import to_tensor
from inlay.weights import read_state

__all__ = ["FEATURES", "HEADS", "Lpips", "load_distance"]

FEATURES, HEADS = "squeezenet1_1_features.pth", "lpips_v0.1_squeeze.pth"


def load_distance(folder: Path, device: torch.device | str = "cpu") -> PerceptualDistance:
    """LPIPS v0.1 (squeeze) from torchvision's SqueezeNet 1.1 features and the published heads in `folder`."""
    missing = [name for name in (FEATURES, HEADS) if not (folder / name).is_file()]
    if missing:
        raise UserError(
            f"{folder}: no {' and no '.join(missing)} there; LPIPS needs torchvision's SqueezeNet 1.1 "
            "features and the v0.1 heads in one folder, under these names"
        )
    distance = PerceptualDistance()
    heads = read_state(folder / HEADS)
    state = {f"net.{key}": value for key, value in read_state(folder / FEATURES).items()}
    try:
        state |= {f"heads.{n}": heads[f"lin{n}.model.1.weight"].flatten() for n in range(len(distance.heads))}
        distance.load_state_dict(state)
    except (KeyError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise
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
