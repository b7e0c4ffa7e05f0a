"""Slow obvious forms of what `inlay.networks.reflection` computes."""

import math

import torch
from torch import Tensor

__all__ = ["eyes_axis", "reflected"]


def eyes_axis(label: Tensor, one: int, other: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """The point midway between two classes of one layout, and the unit vector from one to the other."""
    centers = []
    for part in (one, other):
        places = [(x, y) for y, row in enumerate(label.tolist()) for x, k in enumerate(row) if k == part]
        centers.append([sum(place[n] for place in places) / len(places) for n in (0, 1)])
    (ax, ay), (bx, by) = centers
    length = math.hypot(bx - ax, by - ay)
    return ((ax + bx) / 2, (ay + by) / 2), ((bx - ax) / length, (by - ay) / length)


def reflected(image: Tensor, point: tuple[float, float], across: tuple[float, float]) -> Tensor:
    """Each pixel takes the bilinear mean of the four pixels around its mirror image; outside all is 0."""
    _, height, width = image.shape
    result = torch.zeros_like(image)
    for y in range(height):
        for x in range(width):
            beyond = (x - point[0]) * across[0] + (y - point[1]) * across[1]
            u, v = x - 2 * beyond * across[0], y - 2 * beyond * across[1]
            left, top = math.floor(u), math.floor(v)
            for column, part in ((left, left + 1 - u), (left + 1, u - left)):
                for row, share in ((top, top + 1 - v), (top + 1, v - top)):
                    if 0 <= column < width and 0 <= row < height:
                        result[:, y, x] += part * share * image[:, row, column]
    return result
