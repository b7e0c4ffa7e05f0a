"""Where and how the networks run: one setting for CPU, CUDA and Apple's MPS."""

import os
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import nn

from inlay.errors import UserError
from inlay.networks.precision import Precise, has_bf16
from inlay.networks.spectral import SpectralConv2d

__all__ = ["PRECISIONS", "Runtime"]

Network = TypeVar("Network", bound=nn.Module)

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def _use_one_thread() -> None:
    torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):
    # OpenMP's threads do not outlive a fork: a child that asks for several waits for them forever.
    os.register_at_fork(after_in_child=_use_one_thread)


@dataclass(frozen=True)
class Runtime:
    """Device, precision, compilation and threads; `auto` is decided by what the machine has.

    Precision is fp32 or bf16 (attention's exponentials, norms and sums stay in fp32). `compile` hands the
    networks to `torch.compile`: the first fills take a minute, and it pays in long batches only. `threads` is
    how many CPU threads PyTorch takes in this process; None leaves that to PyTorch.

    >>> Runtime(device="cpu", precision="fp32").torch_device()
    device(type='cpu')
    """

    device: str = "auto"
    precision: str = "auto"
    compile: bool = False
    threads: int | None = None

    def __post_init__(self) -> None:
        """Check the names."""
        if self.device not in DEVICES:
            raise UserError(f"unknown device '{self.device}'; expected one of {', '.join(DEVICES)}")
        if self.precision not in ("auto", *PRECISIONS):
            raise UserError(
                f"unknown precision '{self.precision}'; expected one of auto, {', '.join(PRECISIONS)}"
            )
        if self.threads is not None and self.threads < 1:
            raise UserError(f"{self.threads} threads: expected at least 1")

    def torch_device(self) -> torch.device:
        """The device: the one that is named, or for auto the first of CUDA, MPS and CPU that is there."""
        there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
        if self.device == "auto":
            return torch.device(next(name for name, is_there in there.items() if is_there))
        if not there[self.device]:
            missing = {"cuda": "CUDA GPU", "mps": "Apple GPU"}[self.device]
            raise UserError(
                f"device '{self.device}' is not there: PyTorch finds no {missing}; name cpu or auto"
            )
        return torch.device(self.device)

    def dtype(self) -> torch.dtype:
        """The precision: the one that is named, or for auto bf16 where the device is faster in it."""
        if self.precision != "auto":
            return PRECISIONS[self.precision]
        return torch.bfloat16 if has_bf16(self.torch_device()) else torch.float32

    def place(self, network: Network) -> Network:
        """The network, ready to answer: moved, cast and compiled in place, for inference only."""
        if self.threads is not None:
            torch.set_num_threads(self.threads)
        device, dtype = self.torch_device(), self.dtype()
        network.eval().requires_grad_(False).to(device)
        for part in list(network.modules()):
            for name, child in list(part.named_children()):
                if isinstance(child, SpectralConv2d):
                    setattr(part, name, child.plain())
        if isinstance(network, Precise):
            network.precision = dtype
            for weight in network.parameters():
                # Kernels and matrices are stored as they are used: else each call would cast them all anew.
                if weight.ndim > 1:
                    weight.data = weight.data.to(dtype)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if self.compile:
            for part in network.children():
                part.compile()
        return network
