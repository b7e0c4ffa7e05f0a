"""The whole of a fill as one network: picture and hole in, composite and layout out, all uint8."""

import copy

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

from inlay.batch import Attention
from inlay.checkpoint import Snapshot
from inlay.errors import UserError
from inlay.networks.attention import SelfAttention
from inlay.networks.generator import CompactGenerator
from inlay.networks.layout import log_belief, most_likely
from inlay.networks.regions import resize_label

__all__ = ["DenseAttention", "Pipeline", "build_pipeline"]

HIDDEN = -1e9
"""Added to nothing: the logit of a token that is not seen. Its exponential is 0 in fp32."""


class DenseAttention(nn.Module):
    """A trained attention block over the whole N x N map.

    Equal to the gathered form, whose sizes hang on the hole, which a graph cannot say. N is fixed and small.
    """

    def __init__(self, block: SelfAttention) -> None:
        super().__init__()
        self.block = block

    def forward(
        self,
        features: Float[Tensor, "b c th tw"],
        hole: Float[Tensor, "b 1 h w"],
        label: Int[Tensor, "b h w"],
    ) -> Attention:
        """Add gamma times the attended values to the feature map."""
        block, size = self.block, (features.shape[-2], features.shape[-1])
        token_hole = block.token_rule(hole, size).flatten(1)
        token_label = resize_label(label, size).flatten(1)
        asks, seen = block.visibility(token_hole)
        query, key, value = (
            convolution(features).flatten(2).transpose(1, 2)
            for convolution in (block.query, block.key, block.value)
        )
        logits = (query @ key.transpose(1, 2)).masked_fill(seen[:, None] == 0, HIDDEN)
        # Where nothing is seen the softmax is even over hidden tokens; the products make those rows 0.
        weights = torch.softmax(logits, dim=-1) * seen[:, None] * asks[..., None]
        output = features + block.gamma * (weights @ value).transpose(1, 2).reshape(features.shape)
        own = (token_label[:, None] == token_label[..., None]).to(weights.dtype)
        return Attention(output, (weights * own).sum(dim=-1), token_hole, seen, asks, token_label, query, key)


class Pipeline(nn.Module):
    """Layout predictor and inpainting model in one; composites hold the picture's own known pixels."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        assert snapshot.layout is not None
        self.layout = snapshot.layout
        self.model = copy.deepcopy(snapshot.model)
        attention = self.model.style_encoder.attention
        if isinstance(attention, SelfAttention):
            self.model.style_encoder.attention = DenseAttention(attention)

    def forward(
        self, image: UInt8[Tensor, "b h w 3"], hole: UInt8[Tensor, "b h w"]
    ) -> tuple[UInt8[Tensor, "b h w 3"], UInt8[Tensor, "b h w"]]:
        """The composite and the predicted layout's class ids; a hole pixel is one that is not 0."""
        picture, cells = image.permute(0, 3, 1, 2).float() / 127.5 - 1, (hole[:, None] > 0).float()
        # Not through Batch: its checks compare sizes, and here the batch's size is unknown.
        scores = log_belief(self.layout(picture, cells))
        label = most_likely(scores)
        encoding = self.model.encode_pixels(picture, cells, label)
        prepared = self.model.prepare(label, scores.exp())
        drawn = self.model.decode(encoding, label, None, prepared)
        levels = ((drawn.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1)
        return torch.where(hole[..., None] > 0, levels, image), label.to(torch.uint8)


def build_pipeline(snapshot: Snapshot) -> Pipeline:
    """The pipeline of a compact model with a layout predictor, in eval mode."""
    if not isinstance(snapshot.model.generator, CompactGenerator):
        raise UserError("the paper's network is not exported; expected a compact model (kind = 'compact')")
    if snapshot.layout is None:
        raise UserError("this model predicts no layouts, so it cannot fill by itself; export one that does")
    return Pipeline(snapshot).eval().requires_grad_(False)
