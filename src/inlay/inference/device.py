"""Where the networks run."""

import torch

from inlay.errors import UserError

__all__ = ["choose_device"]

DEVICES = ("auto", "cpu", "cuda")


def choose_device(name: str) -> torch.device:
    """The device of a name: cpu, cuda, or auto, which is cuda where there is one.

    >>> choose_device("cpu")
    device(type='cpu')
    """
    if name not in DEVICES:
        raise UserError(f"unknown device '{name}'; expected one of {', '.join(DEVICES)}")
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise UserError("device 'cuda' is not there: PyTorch finds no CUDA GPU; name cpu or auto")
    return torch.device("cuda" if there and name != "cpu" else "cpu")
