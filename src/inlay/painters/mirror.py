"""A second look: the portrait and its mirror image are painted, and the mean is taken.

Self-ensemble (Timofte et al. 2016) with one flip. The mirror image's classes are its twins: a left eye is a
right one. It costs twice the time, and what two looks disagree on is smoothed: more fidelity, less sharpness.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from inlay.batch import Batch
from inlay.model import Encoding
from inlay.networks.layout import most_likely
from inlay.painters.protocols import Network, Predictor

__all__ = ["Mirrored", "MirroredLayout", "mirrored"]

Twins = tuple[int, ...]
"""For each class, which one it is in a mirror (`LabelSet.twins`)."""


def mirrored(batch: Batch, twins: Twins) -> Batch:
    """The mirror images, under the mirrored layout."""
    label, belief = _mirrored_layout(batch.label, batch.belief, twins)
    return Batch(batch.image.flip(-1), label, batch.hole.flip(-1), belief)


def _mirrored_layout(
    label: Int[Tensor, "b h w"], belief: Float[Tensor, "b classes th tw"] | None, twins: Twins
) -> tuple[Int[Tensor, "b h w"], Float[Tensor, "b classes th tw"] | None]:
    swap = torch.tensor(twins, device=label.device)
    return swap[label.flip(-1)], None if belief is None else belief.flip(-1)[:, swap]


@dataclass(frozen=True)
class BothEncodings(Encoding):
    """Both looks' encodings; `style` has the first look's codes, then the other's at their twins' places."""

    one: Encoding
    other: Encoding


class Mirrored:
    """A network that looks at the mirror image too. It paints as any network does."""

    def __init__(self, network: Network, twins: Twins) -> None:
        self.network, self.twins = network, twins

    @property
    def reflects(self) -> bool:
        """As the network does."""
        return self.network.reflects

    def encode(self, batch: Batch) -> BothEncodings:
        """Both looks' encodings."""
        one, other = self.network.encode(batch), self.network.encode(mirrored(batch, self.twins))
        style = torch.cat([one.style, other.style[:, list(self.twins)]], dim=2)
        return BothEncodings(style, one.context, one.attention, one, other)

    def prepare(
        self, label: Int[Tensor, "b h w"], belief: Float[Tensor, "b classes th tw"] | None = None
    ) -> tuple[Any, Any]:
        """What either look needs of a layout alone."""
        return self.network.prepare(label, belief), self.network.prepare(
            *_mirrored_layout(label, belief, self.twins)
        )

    def decode(
        self,
        encoding: BothEncodings,
        label: Int[Tensor, "b h w"],
        noise: torch.Generator | None = None,
        prepared: tuple[Any, Any] | None = None,
    ) -> Float[Tensor, "b 3 h w"]:
        """The mean of both pictures, clipped first, as composites are."""
        prepared = self.prepare(label) if prepared is None else prepared
        codes, twins = encoding.one.style.shape[2], list(self.twins)
        one = replace(encoding.one, style=encoding.style[..., :codes])
        other = replace(encoding.other, style=encoding.style[:, twins, codes:])
        seen = _mirrored_layout(label, None, self.twins)[0]
        first = self.network.decode(one, label, noise, prepared[0])
        second = self.network.decode(other, seen, noise, prepared[1])
        return (first.clamp(-1, 1) + second.flip(-1).clamp(-1, 1)) / 2


class MirroredLayout:
    """The layout that a predictor's two looks together find most likely."""

    def __init__(self, predictor: Predictor, twins: Twins) -> None:
        self.predictor, self.twins = predictor, twins

    def complete(self, batch: Batch) -> Batch:
        """The same pictures under that layout, with how sure it is."""
        one = self.predictor.complete(batch).belief
        other = self.predictor.complete(mirrored(batch, self.twins)).belief
        assert one is not None
        assert other is not None
        belief = (one + other.flip(-1)[:, list(self.twins)]) / 2
        return batch.with_label(most_likely(belief.clamp(min=1e-12).log()), belief)
