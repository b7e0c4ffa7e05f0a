"""The words of the project: what goes into a model and what comes out.

`hole` is 1 where a pixel is to be filled; `known` is `1 - hole`, the paper's M.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["Attention", "Batch", "Output"]


@dataclass(frozen=True)
class Batch:
    """Portraits with holes and layouts.

    `image` is RGB in [-1, 1], hole pixels may hold anything; `label` is the layout of the whole picture,
    hole included; `hole` is 0 or 1. `belief` comes with a predicted layout: how likely each class is in each
    cell at half the size (a cell's classes sum to 1); without it the layout is certain.
    """

    image: Float[Tensor, "b 3 h w"]
    label: Int[Tensor, "b h w"]
    hole: Float[Tensor, "b 1 h w"]
    belief: Float[Tensor, "b classes th tw"] | None = None

    def __post_init__(self) -> None:
        """Check that the three agree in batch size, height and width."""
        sizes = {(t.shape[0], *t.shape[-2:]) for t in (self.image, self.label, self.hole)}
        if len(sizes) != 1 or self.image.ndim != 4 or self.label.ndim != 3 or self.hole.shape[1] != 1:
            raise ValueError(
                "image, label and hole must be (b,3,h,w), (b,h,w) and (b,1,h,w) of one size, got "
                f"{tuple(self.image.shape)}, {tuple(self.label.shape)}, {tuple(self.hole.shape)}"
            )
        b, h, w = self.label.shape
        if self.belief is not None and (len(self.belief), *self.belief.shape[2:]) != (b, h // 2, w // 2):
            raise ValueError(
                f"belief must be (b,classes,h/2,w/2) of a layout {(b, h, w)}, got {tuple(self.belief.shape)}"
            )

    @property
    def known(self) -> Float[Tensor, "b 1 h w"]:
        """1 where a pixel is valid: the paper's M."""
        return 1 - self.hole

    def __len__(self) -> int:
        return self.image.shape[0]

    def to(self, device: torch.device | str) -> "Batch":
        """The same batch on another device."""
        belief = None if self.belief is None else self.belief.to(device)
        return Batch(self.image.to(device), self.label.to(device), self.hole.to(device), belief)

    def clone(self) -> "Batch":
        """A copy; unlike what was made in inference mode, it takes part in gradients."""
        belief = None if self.belief is None else self.belief.clone()
        return Batch(self.image.clone(), self.label.clone(), self.hole.clone(), belief)

    def with_label(
        self, label: Int[Tensor, "b h w"], belief: Float[Tensor, "b classes th tw"] | None = None
    ) -> "Batch":
        """The same pictures under another layout, certain unless a belief comes with it."""
        return Batch(self.image, label, self.hole, belief)

    @staticmethod
    def cat(batches: "Sequence[Batch]") -> "Batch":
        """Several batches of one size as one; a belief must come with all of them or with none."""
        beliefs = [b.belief for b in batches if b.belief is not None]
        assert len(beliefs) in (0, len(batches))
        return Batch(
            torch.cat([b.image for b in batches]),
            torch.cat([b.label for b in batches]),
            torch.cat([b.hole for b in batches]),
            torch.cat(beliefs) if beliefs else None,
        )


@dataclass(frozen=True)
class Attention:
    """What an attention block can tell; tokens are the cells of its feature map, row-major.

    `output` is the feature map with the attended values added. `mass` is, a token, the sum of its attention
    over tokens that bear its own label. `hole` marks the tokens to be filled, `seen` those that may be looked
    at, `asks` those that look (the others have no row and mass 0); `label` is the tokens' layout. Rows are
    recomputed on request from `query` and `key`, so that no N x N map is ever kept.
    """

    output: Float[Tensor, "b c th tw"]
    mass: Float[Tensor, "b n"]
    hole: Float[Tensor, "b n"]
    seen: Float[Tensor, "b n"]
    asks: Float[Tensor, "b n"]
    label: Int[Tensor, "b n"]
    query: Float[Tensor, "b n d"]
    key: Float[Tensor, "b n d"]

    def rows(self, tokens: Int[Tensor, " r"]) -> Float[Tensor, "b r n"]:
        """The attention of the given tokens over all tokens: a row sums to 1, or to 0 without attention."""
        logits = self.query[:, tokens].float() @ self.key.float().transpose(1, 2)
        logits = logits.masked_fill(self.seen[:, None] == 0, -torch.inf)
        weights = torch.nan_to_num(torch.softmax(logits, dim=-1))
        return weights * self.asks[:, tokens, None]


@dataclass(frozen=True)
class Output:
    """A model's answer: the raw picture in [-1, 1] before eq. 9, the style matrix, the attention record."""

    image: Float[Tensor, "b 3 h w"]
    style: Float[Tensor, "b classes d"]
    attention: Attention | None
