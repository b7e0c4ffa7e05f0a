"""Square windows of pictures: what a loss looks at where the whole picture would tell it little."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int, Shaped
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
    sides, windows = (label.shape[1], label.shape[2]), list[Window]()
    regions = [torch.isin(label, torch.tensor(list(classes), device=label.device)) for classes in parts]
    for n in range(len(label)):
        for region in regions:
            place = region[n]
            if int(place.sum()) >= least and (hole is None or _share(hole[n, 0], place) >= HIDDEN):
                y, x = place.nonzero().float().mean(dim=0).round().int().tolist()
                windows.append(_around(n, (y, x), size, sides))
    return windows


def cut(
    image: Shaped[Tensor, "b *_ h w"], windows: Sequence[Window], size: int
) -> Shaped[Tensor, "n *_ th tw"]:
    """The windows as a batch, which may be empty; they are no larger than the picture."""
    if not windows:
        return image[:0, ..., :size, :size]
    return torch.stack([image[w.picture, ..., w.top : w.top + size, w.left : w.left + size] for w in windows])


def _around(picture: int, middle: tuple[int, int], size: int, sides: tuple[int, int]) -> Window:
    """The window around a pixel, moved inside the picture."""
    top, left = (
        min(max(at - size // 2, 0), max(side - size, 0)) for at, side in zip(middle, sides, strict=True)
    )
    return Window(picture, top, left)


def _share(hole: Float[Tensor, "h w"], place: Bool[Tensor, "h w"]) -> float:
    return float(hole[place].mean())
