"""Figures by hole ratio, as papers on inpainting quote them."""

from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float

from inlay.errors import UserError
from inlay.evaluation.intervals import bootstrap_interval, mean_of

__all__ = ["DEFAULT_EDGES", "by_hole_ratio", "parse_edges"]

DEFAULT_EDGES = (0, 5, 10, 15, 20, 40, 60)
"""Per cent of the picture."""


def parse_edges(text: str) -> tuple[float, ...]:
    """Edges in per cent, such as '0,5,10,20', which must rise from 0 or more to 100 or less."""
    try:
        edges = tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise UserError(
            f"--bin-edges {text}: expected numbers with commas, such as 0,5,10,15,20,40,60"
        ) from error
    if len(edges) < 2 or edges[0] < 0 or edges[-1] > 100 or any(a >= b for a, b in pairwise(edges)):
        raise UserError(f"--bin-edges {text}: expected two or more rising numbers from 0 to 100")
    return edges


def by_hole_ratio(
    ratio: Float[np.ndarray, " n"], figures: dict[str, Float[np.ndarray, " n"]], edges: tuple[float, ...]
) -> list[dict[str, Any]]:
    """A row a bin: a ratio belongs to the bin whose lower edge it reaches, or to none."""
    rows = []
    for low, high in pairwise(edges):
        inside = (ratio * 100 >= low) & (ratio * 100 < high)
        row: dict[str, Any] = {"from": low, "to": high, "count": int(inside.sum())}
        row |= {name: mean_of(values[inside]) for name, values in figures.items()}
        row["intervals"] = {name: bootstrap_interval(values[inside]) for name, values in figures.items()}
        rows.append(row)
    return rows
