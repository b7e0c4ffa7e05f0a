"""Square windows of pictures: what a loss looks at where the whole picture would tell it little."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

__all__ = ["Window", "cut", "windows_on_hole", "windows_on_parts"]

HIDDEN = 0.9
"""The share of a part that a hole must cover to hide it."""


@dataclass(frozen=True)
class Window:
    """The upper left corner of a square of one picture of a batch."""

    picture: int
    top: int
    left: int


def windows_on_hole(hole: Float[Tensor, "b 1 h w"], size: int, random: torch.Generator) -> list[Window]:
    """A window a picture around a random pixel of its hole; without a hole around any pixel."""
    weight = torch.where(hole.sum(dim=(1, 2, 3), keepdim=True) > 0, hole, 1.0).flatten(1)
    pixels = torch.multinomial(weight, 1, generator=random)[:, 0].tolist()
    sides = (hole.shape[-2], hole.shape[-1])
    return [_around(n, divmod(pixel, sides[1]), size, sides) for n, pixel in enumerate(pixels)]


def windows_on_parts(
    label: Int[Tensor, "b h w"],
    parts: Sequence[Sequence[int]],
    size: int,
    *,
    least: int = 1,
    hole: Float[Tensor, "b 1 h w"] | None = None,
) -> list[Window]:
    """A window around the middle of each part in each picture that has `least` pixels of it.

    A part is a set of classes. With a `hole` only around parts that it hides, but for a tenth at most.
    """
    h, w = label.shape[1:]
    regions = torch.stack(
        [torch.isin(label, torch.tensor(list(classes), device=label.device)) for classes in parts], dim=1
    )
    count = regions.sum(dim=(2, 3))
    found = count >= least
    if hole is not None:
        found &= (regions * hole).sum(dim=(2, 3)) >= HIDDEN * count
    y = (regions.sum(dim=3) * torch.arange(h, device=label.device)).sum(dim=2) / count
    x = (regions.sum(dim=2) * torch.arange(w, device=label.device)).sum(dim=2) / count
    # All of it in one go: a GPU waits for each number that is asked for.
    told = torch.stack([found, y.round(), x.round()], dim=2).tolist()
    return [
        _around(n, (int(y), int(x)), size, (h, w))
        for n, places in enumerate(told)
        for is_found, y, x in places
        if is_found
    ]


def cut(
    image: Shaped[Tensor, "b *_ h w"], windows: Sequence[Window], size: int
) -> Shaped[Tensor, "n *_ th tw"]:
    """The windows as a batch, which may be empty; they are no larger than the picture."""
    device, h, w = image.device, image.shape[-2], image.shape[-1]
    corners = torch.tensor([(v.picture, v.top, v.left) for v in windows], dtype=torch.long).reshape(-1, 3)
    picture, top, left = corners.to(device)[:, :, None, None].unbind(dim=1)
    rows = top + torch.arange(min(size, h), device=device)[:, None]
    columns = left + torch.arange(min(size, w), device=device)
    pieces = image.flatten(1, -3) if image.ndim > 3 else image[:, None]
    taken = pieces[picture, :, rows, columns].movedim(-1, 1)
    return taken.reshape(len(windows), *image.shape[1:-2], *taken.shape[-2:])


def _around(picture: int, middle: tuple[int, int], size: int, sides: tuple[int, int]) -> Window:
    """The window around a pixel, moved inside the picture."""
    top, left = (
        min(max(at - size // 2, 0), max(side - size, 0)) for at, side in zip(middle, sides, strict=True)
    )
    return Window(picture, top, left)
