"""Slow obvious forms of what `inlay.networks.regions` computes."""

import torch
from torch import Tensor

__all__ = ["harmonic_fill", "known_means"]


def known_means(features: Tensor, hole: Tensor, label: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """The mean of the features of each class over its known pixels, and how many there are, in two loops."""
    means = torch.zeros(len(features), classes, features.shape[1])
    counts = torch.zeros(len(features), classes, dtype=torch.int64)
    for b in range(len(features)):
        for c in range(classes):
            place = (label[b] == c) & (hole[b, 0] == 0)
            counts[b, c] = place.sum()
            if place.any():
                means[b, c] = features[b][:, place].mean(dim=1)
    return means, counts


def harmonic_fill(image: Tensor, hole: Tensor, sweeps: int = 150) -> Tensor:
    """Each hole pixel becomes the mean of its four neighbours, again and again, pixel by pixel.

    Outside the picture lies the picture's border.
    """
    filled = (image * (1 - hole)).clone()
    height, width = image.shape[-2:]
    places = [(y, x) for y in range(height) for x in range(width) if hole[0, 0, y, x] > 0]
    for _ in range(sweeps):
        for y, x in places:
            around = [
                (max(y - 1, 0), x),
                (min(y + 1, height - 1), x),
                (y, max(x - 1, 0)),
                (y, min(x + 1, width - 1)),
            ]
            filled[0, :, y, x] = sum(filled[0, :, v, u] for v, u in around) / 4
    return filled
