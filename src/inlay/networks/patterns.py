"""Convolutions of a layout, computed once for each neighbourhood that occurs in it.

A layout is constant on large regions, so few of its 5 x 5 neighbourhoods differ: two 3 x 3 convolutions over
its one-hot map, one after the other, take few different values. They are computed for these and looked up.
Equal to the convolutions; a layout of noise costs what they cost.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["Patterns", "find_patterns", "spread"]


@dataclass(frozen=True)
class Patterns:
    """The neighbourhoods that occur in the layouts of a batch, each once for each picture.

    `cells` holds the classes of each different 3 x 3 neighbourhood, row by row, `classes` where it lies
    outside of the picture. `around` names, for each different 5 x 5 neighbourhood, those of its nine 3 x 3
    ones, or their count where the cell lies outside. `counts` is how many 5 x 5 ones each picture has, one
    picture after the other; `place` is which of them each pixel has.
    """

    classes: int
    cells: Int[Tensor, "k 9"]
    around: Int[Tensor, "p 9"]
    counts: tuple[int, ...]
    place: Int[Tensor, "b h w"]

    def one_hot_cells(self) -> Float[Tensor, "k n"]:
        """The 3 x 3 neighbourhoods as columns of a convolution: class after class, each with nine cells."""
        onehot = F.one_hot(self.cells, self.classes + 1)[..., : self.classes]
        return onehot.transpose(1, 2).flatten(1).float()


def find_patterns(label: Int[Tensor, "b h w"], classes: int) -> Patterns:
    """The patterns of layouts whose classes are 0 to `classes` - 1."""
    b, h, w = label.shape
    near = _neighbours(F.pad(label, (1, 1, 1, 1), value=classes))
    ids, cells = _distinct(near.flatten(0, 2), classes + 1)
    wide = _neighbours(F.pad(ids.view(b, h, w), (1, 1, 1, 1), value=len(cells)))
    # A picture's number goes first, so that its patterns lie together.
    picture = torch.arange(b, device=label.device)[:, None, None, None].expand(b, h, w, 1)
    place, around = _distinct(torch.cat([picture, wide], dim=-1).flatten(0, 2), max(len(cells) + 1, b))
    counts = torch.bincount(around[:, 0], minlength=b).tolist()
    return Patterns(classes, cells, around[:, 1:], tuple(counts), place.view(b, h, w))


def spread(rows: Float[Tensor, "p c"], place: Int[Tensor, "b h w"]) -> Float[Tensor, "b c h w"]:
    """Each pixel gets the row of its pattern; channels lie last in memory."""
    return F.embedding(place, rows).permute(0, 3, 1, 2)


def _neighbours(padded: Int[Tensor, "b hh ww"]) -> Int[Tensor, "b h w 9"]:
    """The 3 x 3 neighbourhood of each cell of what was padded by one."""
    rows = padded.unfold(1, 3, 1).unfold(2, 3, 1)
    return rows.flatten(3)


def _distinct(rows: Int[Tensor, "n c"], bound: int) -> tuple[Int[Tensor, " n"], Int[Tensor, "k c"]]:
    """Which of the different rows each row is, and these in rising order; all numbers are below `bound`."""
    step = 1
    while step < rows.shape[1] and bound ** (step + 1) < 2**31:
        step += 1
    ids, count = torch.zeros(len(rows), dtype=torch.int64, device=rows.device), 1
    for start in range(0, rows.shape[1], step):
        code = ids
        for column in rows[:, start : start + step].T:
            code = code * bound + column
        assert count * bound**step < 2**63
        kept, ids = torch.unique(code, return_inverse=True)
        count = len(kept)
    first = torch.full((count,), len(rows), device=rows.device)
    first.scatter_reduce_(0, ids, torch.arange(len(rows), device=rows.device), "amin")
    return ids, rows[first]
