"""Where a run computes: the few verbs that the loop needs of `accelerate`.

One process on a CPU or a GPU, or many started by `accelerate launch` or `torchrun`: the loop is the same.
"""

import contextlib
import os
from typing import Any

import torch
from torch import Tensor, nn

from inlay.errors import UserError
from inlay.extras import require
from inlay.networks.precision import has_bf16

__all__ = ["Machine"]

SLOW_BF16 = (
    "training.precision = 'bf16', which this machine ({device}) only imitates, many times slower than fp32: "
    "stop and add --set training.precision=fp32 (a run goes on from where it stopped)"
)


class Machine:
    """This process among `processes`, its device and its precision; `cautions` are sentences for people."""

    def __init__(self, precision: str) -> None:
        accelerate = require(
            "accelerate",
            package="accelerate",
            install="pip install 'inlay[train]' installs what training needs",
        )
        state = require("accelerate.state", package="accelerate", install="pip install 'inlay[train]'")
        # accelerate keeps what a process was first told; a second run in it may want another precision.
        state.AcceleratorState._reset_state(reset_partial_state=True)
        kind = {"fp32": "no"}.get(precision, precision)
        try:
            self._accelerator: Any = accelerate.Accelerator(mixed_precision=kind, cpu=_told_to_use_cpu())
        except ValueError as error:
            raise UserError(f"training.precision = '{precision}': {error} Use bf16 or fp32 here.") from error
        self.device: torch.device = self._accelerator.device
        self.index: int = self._accelerator.process_index
        self.processes: int = self._accelerator.num_processes
        self.main: bool = self._accelerator.is_main_process
        if self.device.type == "cuda":
            # No cudnn.benchmark: the discriminator sees another number of windows each step, and each new
            # number would be tried out.
            torch.set_float32_matmul_precision("high")

        self.cautions: tuple[str, ...] = ()
        if precision == "bf16" and not has_bf16(self.device):
            self.cautions = (SLOW_BF16.format(device=self.device.type),)

    @property
    def scaler(self) -> Any:
        """The gradient scaler of fp16, else `None`."""
        return self._accelerator.scaler

    def prepare_network(self, network: nn.Module, *, compiled: bool) -> nn.Module:
        """The network on this device, in this precision, its gradients averaged over all processes."""
        if self.processes > 1 and self.device.type == "cuda":
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        if compiled:
            network.compile()
        return self._accelerator.prepare_model(network)

    def prepare_optimizer(self, optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
        """The optimiser, stepping through the gradient scaler where there is one."""
        return self._accelerator.prepare_optimizer(optimizer)

    def unwrapped(self, network: nn.Module) -> nn.Module:
        """The network itself, to be called where no gradient of its weights is wanted."""
        return self._accelerator.unwrap_model(network)

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        """The precision for code that calls no prepared network."""
        return self._accelerator.autocast()

    def backward(self, loss: Tensor) -> None:
        """Add the gradient of a loss."""
        self._accelerator.backward(loss)

    def without_averaging(self, network: nn.Module) -> contextlib.AbstractContextManager[Any]:
        """Gradients stay with their process inside: for all parts of a step but the last."""
        return self._accelerator.no_sync(network)

    def unscale(self, optimizer: torch.optim.Optimizer) -> None:
        """Gradients in their true size, where a scaler has enlarged them."""
        if self.scaler is not None:
            self._accelerator.unscale_gradients(optimizer)

    def mean(self, values: Tensor) -> Tensor:
        """The mean over all processes, the same in each."""
        return values if self.processes == 1 else self._accelerator.reduce(values, reduction="mean")

    def any(self, flag: bool) -> bool:
        """Whether it is true in any process."""
        return (
            flag
            if self.processes == 1
            else bool(self.mean(torch.tensor(float(flag), device=self.device)) > 0)
        )

    def wait(self) -> None:
        """Wait until every process is here."""
        self._accelerator.wait_for_everyone()

    def first_one_first(self) -> contextlib.AbstractContextManager[Any]:
        """The first process of each computer goes through alone, then the others."""
        return self._accelerator.local_main_process_first()

    def close(self) -> None:
        """Leave the group of processes, together: one that leaves early may keep the others waiting."""
        self.wait()
        self._accelerator.end_training()


def _told_to_use_cpu() -> bool:
    """Whether ACCELERATE_USE_CPU is set, as `accelerate launch --cpu` does."""
    return os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true", "yes", "y", "on")
