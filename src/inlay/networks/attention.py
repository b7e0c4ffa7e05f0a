"""The paper's attention mechanisms (section III.A, fig. 2 and 3) under one signature.

The paper sets the columns of masked tokens to zero after the softmax and rescales each row. That equals
masking the logits before the softmax, values and gradients, and never divides 0 by 0; so it is done that way.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from inlay.batch import Attention
from inlay.networks.regions import resize_label

__all__ = [
    "AttentionBlock",
    "ContextualAttention",
    "MaskedSelfAttention",
    "NoAttention",
    "SelfAttention",
    "TokenRule",
    "any_hole",
    "attend",
    "nearest",
]

LOGITS, GPU_LOGITS = 2**25, 2**28
"""How many logits are held at a time (128 MiB in fp32), and on a GPU (1 GiB), which likes large products."""

TokenRule = Callable[[Float[Tensor, "b 1 h w"], tuple[int, int]], Float[Tensor, "b 1 th tw"]]
"""How a hole reaches the tokens of a feature map: 1 = the token is to be filled."""


def any_hole(hole: Float[Tensor, "b 1 h w"], size: tuple[int, int]) -> Float[Tensor, "b 1 th tw"]:
    """A token is known only if every pixel under it is known."""
    return F.adaptive_max_pool2d(hole, size)


def nearest(hole: Float[Tensor, "b 1 h w"], size: tuple[int, int]) -> Float[Tensor, "b 1 th tw"]:
    """A token is what its nearest pixel is: the released program's rule."""
    return F.interpolate(hole, size=size, mode="nearest")


@runtime_checkable
class AttentionBlock(Protocol):
    """A feature map, the hole and the layout in; the record out."""

    def __call__(
        self,
        features: Float[Tensor, "b c th tw"],
        hole: Float[Tensor, "b 1 h w"],
        label: Int[Tensor, "b h w"],
    ) -> Attention | None:
        """Attend; `None` where there is no attention."""
        ...


def attend(
    query: Float[Tensor, "b n d"],
    key: Float[Tensor, "b n d"],
    value: Float[Tensor, "b n c"],
    asks: Float[Tensor, "b n"],
    seen: Float[Tensor, "b n"],
    *,
    limit: int | None = None,
) -> Float[Tensor, "b n c"]:
    """Softmax attention of the tokens that ask over the tokens that are seen; the other rows are zero.

    Only these rows and columns are gathered and computed. Of a large map only so many rows at a time are
    taken that at most `limit` logits exist (`LOGITS`), in the backward pass too. A picture in which nothing
    is seen gets zeros.
    """
    if query.device.type == "cpu" and torch.is_autocast_enabled("cpu") and not torch.is_grad_enabled():
        # How many tokens are gathered hangs on the hole. In bf16 oneDNN would compile a kernel for each new
        # number and keep it for ever; training needs the speed, a server needs the memory.
        with torch.autocast("cpu", enabled=False):
            attended = attend(query.float(), key.float(), value.float(), asks, seen, limit=limit)
        return attended.to(value.dtype)
    limit = limit or (GPU_LOGITS if query.is_cuda else LOGITS)
    rows, row_valid = _gather_index(asks)
    columns, column_valid = _gather_index(seen)
    asked, keys, values = _take(query, rows), _take(key, columns), _take(value, columns)
    step = max(1, limit // (len(columns) * columns.shape[1]))
    if rows.shape[1] <= step:
        attended = _attend_rows(asked, keys, values, column_valid)
    else:
        # The rows do not touch each other; the backward pass computes a part's logits again.
        parts = [
            checkpoint(
                _attend_rows, part, keys, values, column_valid, use_reentrant=False, preserve_rng_state=False
            )
            for part in torch.split(asked, step, dim=1)
        ]
        attended = torch.cat(parts, dim=1)
    attended = attended * row_valid[..., None].to(attended.dtype)
    return torch.zeros_like(value, dtype=attended.dtype).scatter_add(
        1, rows[..., None].expand_as(attended), attended
    )


def _attend_rows(
    query: Float[Tensor, "b r d"],
    key: Float[Tensor, "b k d"],
    value: Float[Tensor, "b k c"],
    valid: Float[Tensor, "b k"],
) -> Float[Tensor, "b r c"]:
    # At least fp32: under autocast the logits come as bf16, too coarse for an exponential.
    logits = query @ key.transpose(1, 2)
    precision = torch.promote_types(logits.dtype, torch.float32)
    if valid.all():
        return torch.softmax(logits, dim=-1, dtype=precision).to(value.dtype) @ value
    hidden = valid[:, None] == 0
    logits = logits.to(precision).masked_fill(hidden & ~hidden.all(dim=-1, keepdim=True), -torch.inf)
    weights = torch.softmax(logits, dim=-1) * valid[:, None]
    return weights.to(value.dtype) @ value


def _gather_index(chosen: Float[Tensor, "b n"]) -> tuple[Int[Tensor, "b k"], Float[Tensor, "b k"]]:
    """The positions of the chosen tokens, padded to the batch's largest count, and which are no padding."""
    count = max(1, int(chosen.sum(dim=1).max()))
    index = torch.argsort(chosen, dim=1, descending=True, stable=True)[:, :count]
    return index, chosen.gather(1, index)


def _take(tokens: Float[Tensor, "b n c"], index: Int[Tensor, "b k"]) -> Float[Tensor, "b k c"]:
    return tokens.gather(1, index[..., None].expand(-1, -1, tokens.shape[-1]))


class NoAttention(nn.Module):
    """The feature map stays as it is (Table I, first row)."""

    def forward(
        self,
        features: Float[Tensor, "b c th tw"],
        hole: Float[Tensor, "b 1 h w"],
        label: Int[Tensor, "b h w"],
    ) -> None:
        """Nothing to tell."""
        return


class SelfAttention(nn.Module):
    """Self-attention after SAGAN (the paper's reference 14): each token asks, each token is seen."""

    def __init__(
        self, *, channels: int, classes: int, token_rule: TokenRule = any_hole, reduction: int = 8
    ) -> None:
        super().__init__()
        self.classes = classes
        self.token_rule = token_rule
        self.query = nn.Conv2d(channels, channels // reduction, 1)
        self.key = nn.Conv2d(channels, channels // reduction, 1)
        self.value = nn.Conv2d(channels, channels, 1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def visibility(self, hole: Float[Tensor, "b n"]) -> tuple[Float[Tensor, "b n"], Float[Tensor, "b n"]]:
        """Which tokens ask and which are seen."""
        return torch.ones_like(hole), torch.ones_like(hole)

    def forward(
        self,
        features: Float[Tensor, "b c th tw"],
        hole: Float[Tensor, "b 1 h w"],
        label: Int[Tensor, "b h w"],
    ) -> Attention:
        """Add gamma times the attended values to the feature map."""
        size = (features.shape[-2], features.shape[-1])
        token_hole = self.token_rule(hole, size).flatten(1)
        token_label = resize_label(label, size).flatten(1)
        asks, seen = self.visibility(token_hole)
        query, key, value = (_tokens(conv(features)) for conv in (self.query, self.key, self.value))
        # The layout rides along as extra value channels: mass_i = (A onehot)[i, label_i], eq. 4.
        onehot = F.one_hot(token_label, self.classes).to(value.dtype)
        attended = attend(query, key, torch.cat([value, onehot], dim=-1), asks, seen)
        values, by_class = attended[..., : value.shape[-1]], attended[..., value.shape[-1] :]
        output = features + self.gamma.to(values.dtype) * values.transpose(1, 2).reshape(features.shape)
        mass = by_class.gather(2, token_label[..., None])[..., 0]
        mass = mass.to(torch.promote_types(mass.dtype, torch.float32))
        return Attention(output, mass, token_hole, seen, asks, token_label, query, key)


class MaskedSelfAttention(SelfAttention):
    """Each token asks, only known tokens are seen (fig. 2)."""

    def visibility(self, hole: Float[Tensor, "b n"]) -> tuple[Float[Tensor, "b n"], Float[Tensor, "b n"]]:
        """Which tokens ask and which are seen."""
        return torch.ones_like(hole), 1 - hole


class ContextualAttention(SelfAttention):
    """Only hole tokens ask, only known tokens are seen (fig. 3)."""

    def visibility(self, hole: Float[Tensor, "b n"]) -> tuple[Float[Tensor, "b n"], Float[Tensor, "b n"]]:
        """Which tokens ask and which are seen."""
        return hole, 1 - hole


def _tokens(features: Float[Tensor, "b c th tw"]) -> Float[Tensor, "b n c"]:
    return features.flatten(2).transpose(1, 2)
