"""The known pixels as in a mirror: a face's other side, laid over the one that is to be filled."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from inlay.networks.regions import one_hot

__all__ = ["Reflection", "face_axis", "mirrored_places", "reflected"]


class Reflection(nn.Module):
    """What the picture, reflected about the face's axis, shows at each place; it starts as nothing.

    A hidden eye lies under the seen one then, its iris, lids and light too, of which a style code has the
    mean alone. Shown are the reflected known pixels, which of them are known, and which are of the right
    kind: of the mirror twin's class. Beyond the paper. Built for even sides.
    """

    twins: Tensor

    def __init__(self, *, channels: int, twins: tuple[int, ...]) -> None:
        super().__init__()
        self.see = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(20, channels, 3, padding=1, bias=False))
        last = self.see[1]
        assert isinstance(last, nn.Conv2d)
        nn.init.zeros_(last.weight)
        self.register_buffer("twins", torch.tensor(twins), persistent=False)

    def forward(
        self, image: Float[Tensor, "b 3 h w"], hole: Float[Tensor, "b 1 h w"], label: Int[Tensor, "b h w"]
    ) -> tuple[Float[Tensor, "b 5 h w"], Float[Tensor, "b c th tw"]]:
        """What is shown (colours, known, of the right kind), and its features at half the size."""
        shown = reflected(image, hole, label, self.twins)
        return shown, self.see(shown)


def reflected(
    image: Float[Tensor, "b 3 h w"],
    hole: Float[Tensor, "b 1 h w"],
    label: Int[Tensor, "b h w"],
    twins: Int[Tensor, " classes"],
) -> Float[Tensor, "b 5 h w"]:
    """The known pixels reflected about each face's axis: colours, known, of the mirror twin's class."""
    places = mirrored_places(*face_axis(label, twins), (label.shape[-2], label.shape[-1]))
    known = 1 - hole
    shown = F.grid_sample(
        torch.cat([image * known, known], dim=1).float(), places, mode="bilinear", align_corners=False
    )
    kind = F.grid_sample(twins[label][:, None].float() + 1, places, mode="nearest", align_corners=False)
    right = (kind == label[:, None] + 1) * shown[:, 3:]
    return torch.cat([shown, right], dim=1)


def face_axis(
    label: Int[Tensor, "b h w"], twins: Int[Tensor, " classes"]
) -> tuple[Float[Tensor, "b 2"], Float[Tensor, "b 2"]]:
    """A point (x, y) of each face's axis of symmetry, in pixels, and the unit vector across the axis.

    It lies midway between the mirror twins (eyes, brows, ears) of which the layout shows both; where it shows
    no such pair, it is the picture's vertical middle.
    """
    h, w = label.shape[1:]
    own = torch.arange(len(twins), device=label.device)
    parts = one_hot(label, len(twins))
    count = parts.sum(dim=(2, 3))
    x = (parts.sum(dim=2) * torch.arange(w, device=label.device)).sum(dim=2) / count.clamp(min=1)
    y = (parts.sum(dim=3) * torch.arange(h, device=label.device)).sum(dim=2) / count.clamp(min=1)
    center = torch.stack([x, y], dim=2)
    # Each pair once, from the class of the smaller number to its twin.
    paired = (count > 0) & (count[:, twins] > 0) & (own < twins)
    share = (paired / paired.sum(dim=1, keepdim=True).clamp(min=1))[..., None]
    middle = (share * (center + center[:, twins]) / 2).sum(dim=1)
    across = (share * (center[:, twins] - center)).sum(dim=1)
    length = across.norm(dim=1, keepdim=True)
    found = length > 1
    sideways = torch.tensor([1.0, 0.0], device=label.device)
    point = torch.where(found, middle, torch.tensor([(w - 1) / 2, (h - 1) / 2], device=label.device))
    return point, torch.where(found, across / length.clamp(min=1), sideways)


def mirrored_places(
    point: Float[Tensor, "b 2"], across: Float[Tensor, "b 2"], size: tuple[int, int]
) -> Float[Tensor, "b h w 2"]:
    """Where each pixel's mirror image lies, as `grid_sample` counts places (without aligned corners)."""
    h, w = size
    x = torch.arange(w, device=point.device, dtype=point.dtype).expand(h, w)
    y = torch.arange(h, device=point.device, dtype=point.dtype)[:, None].expand(h, w)
    place = torch.stack([x, y], dim=2)
    beyond = ((place - point[:, None, None]) * across[:, None, None]).sum(dim=3, keepdim=True)
    mirrored = place - 2 * beyond * across[:, None, None]
    return (2 * mirrored + 1) / torch.tensor([w, h], device=point.device) - 1
