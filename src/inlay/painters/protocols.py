"""What a network must do to paint, and a predictor to tell layouts."""

from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from inlay.batch import Batch, Output
from inlay.model import Encoding

__all__ = ["Network", "Predictor", "forward"]


@runtime_checkable
class Network(Protocol):
    """What paints: `InpaintingModel`, two of them as one (`TwoScales`), or either with its mirror image."""

    @property
    def reflects(self) -> bool:
        """Whether an encoding depends on the layout inside the hole too."""

    def encode(self, batch: Batch) -> Encoding:
        """What is kept of the known pixels."""

    def prepare(self, label: Int[Tensor, "b h w"], belief: Float[Tensor, "b classes th tw"] | None) -> Any:
        """What decoding needs of a layout alone."""

    def decode(
        self,
        encoding: Any,
        label: Int[Tensor, "b h w"],
        noise: torch.Generator | None,
        prepared: Any,
    ) -> Float[Tensor, "b 3 h w"]:
        """The picture."""


@runtime_checkable
class Predictor(Protocol):
    """What predicts layouts: `LayoutPredictor`, two of them, or either with its mirror image."""

    def complete(self, batch: Batch) -> Batch:
        """The same pictures under the predicted layout, with its belief."""


def forward(network: Network, batch: Batch) -> Output:
    """One plain pass: encode and decode."""
    encoding = network.encode(batch)
    prepared = network.prepare(batch.label, batch.belief)
    image = network.decode(encoding, batch.label, None, prepared)
    return Output(image, encoding.style, encoding.attention)
