"""The face finder's weights, which come with the package."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from inlay.networks.finder import FaceFinder

__all__ = ["load_finder"]

WEIGHTS = Path(__file__).resolve().parents[1] / "weights" / "finder.safetensors"


def load_finder(device: torch.device | str = "cpu") -> FaceFinder:
    """The finder of the package, in eval mode.

    >>> load_finder().SIDE
    48
    """
    finder = FaceFinder()
    state = load_file(WEIGHTS)
    finder.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    return finder.eval().requires_grad_(False).to(device)
