"""The face finder: does a small window show a face, and where would its portrait frame lie."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["FaceFinder"]


class FaceFinder(nn.Module):
    """A small classifier and regressor of 48 x 48 windows, beyond the paper.

    Answers five numbers a window: the logit that a face is there, then its portrait frame as the window sees
    it: x and y of its centre from the window's, in window sides; the log of its side over the window's; the
    angle in radians that it is turned by, clockwise on the screen.
    """

    SIDE = 48

    def __init__(self, *, width: int = 16) -> None:
        super().__init__()
        steps: list[nn.Module] = []
        plan = [(4, width, 2), (width, 2 * width, 2), (2 * width, 2 * width, 1), (2 * width, 4 * width, 2)]
        plan += [(4 * width, 4 * width, 1), (4 * width, 6 * width, 2)]
        for before, after, stride in plan:
            steps += [nn.Conv2d(before, after, 3, stride, 1), nn.BatchNorm2d(after), nn.SiLU()]
        self.body = nn.Sequential(*steps, nn.Flatten())
        self.head = nn.Sequential(nn.Linear(9 * 6 * width, 8 * width), nn.SiLU(), nn.Linear(8 * width, 5))

    def forward(
        self, image: Float[Tensor, "b 3 48 48"], hole: Float[Tensor, "b 1 48 48"]
    ) -> Float[Tensor, "b 5"]:
        """Logit, x, y, log side, angle of each window; the hole's pixels are expected smoothly filled."""
        return self.head(self.body(torch.cat([image, hole], dim=1)))
