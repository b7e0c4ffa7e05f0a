"""Convolutions under spectral normalisation (Miyato et al. 2018, algorithm 1)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["SpectralConv2d"]


class SpectralConv2d(nn.Conv2d):
    """A convolution whose weight is divided by its largest singular value, as a matrix of outputs x the rest.

    The singular vectors `left` and `right` are kept; in training each call improves them by one power
    iteration, in evaluation they stay as they are. They are buffers: averages of weights should copy them.
    """

    left: Tensor
    right: Tensor

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, padding: int = 0, bias: bool = True
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, padding=padding, bias=bias)
        self.register_buffer("left", F.normalize(torch.randn(outputs), dim=0))
        self.register_buffer("right", F.normalize(torch.randn(inputs * kernel * kernel), dim=0))

    def largest(self) -> Float[Tensor, ""]:
        """The weight's largest singular value, as far as the two vectors know it."""
        # Under autocast too: a norm in bf16 would be off by up to 0.4 %.
        with torch.autocast(self.weight.device.type, enabled=False):
            matrix = self.weight.flatten(1)
            left, right = self.left, self.right
            if self.training:
                with torch.no_grad():
                    right = F.normalize(matrix.T @ left, dim=0)
                    left = F.normalize(matrix @ right, dim=0)
                    self.left.copy_(left)
                    self.right.copy_(right)
            # The vectors are constants to the gradient, which flows through the matrix alone.
            return torch.dot(left, matrix @ right)

    def normalized_weight(self) -> Float[Tensor, "o i k k"]:
        """The weight over its largest singular value."""
        return self.weight / self.largest()

    @torch.no_grad()
    def plain(self) -> nn.Conv2d:
        """The plain convolution with the normalised weight: equal, without its sums on each call."""
        outputs, inputs, kernel, _ = self.weight.shape
        assert not isinstance(self.padding, str)
        convolution = nn.Conv2d(
            inputs, outputs, kernel,
            stride=self.stride[0], padding=self.padding[0], bias=self.bias is not None,
        )  # fmt: skip
        convolution.weight.data = self.normalized_weight()
        if self.bias is not None:
            assert convolution.bias is not None
            convolution.bias.data = self.bias.data
        return convolution.eval().requires_grad_(False)

    def forward(self, x: Float[Tensor, "b i h w"]) -> Float[Tensor, "b o th tw"]:
        """Convolve with the normalised weight: equally, divide what the weight gives, which is smaller."""
        given = self._conv_forward(x, self.weight, None)
        given = given * self.largest().reciprocal().to(given.dtype)
        return given if self.bias is None else given + self.bias[:, None, None].to(given.dtype)
