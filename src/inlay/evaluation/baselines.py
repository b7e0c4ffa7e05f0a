"""Fills that need no training, to be measured by the same command as a model.

Each is a function of one picture with a black hole; libraries are imported when used.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from inlay.evaluation.cases import Cases
from inlay.evaluation.fillers import Filled
from inlay.extras import require

__all__ = ["BASELINES", "Baseline", "biharmonic", "mean_color", "navier_stokes", "patchmatch", "telea"]

Pixels = UInt8[np.ndarray, "h w 3"]
Hole = UInt8[np.ndarray, "h w"]
INSTALL = "pip install 'inlay[eval]'"
RADIUS = 3.0
"""OpenCV's neighbourhood of a pixel to be filled, in pixels."""


def mean_color(image: Pixels, hole: Hole) -> Pixels:
    """The mean colour of the known pixels; mid grey where nothing is known."""
    known = image[hole == 0]
    color = np.rint(known.mean(axis=0)) if len(known) else np.full(3, 128)
    return np.where(hole[..., None] > 0, color.astype(np.uint8), image)


def telea(image: Pixels, hole: Hole) -> Pixels:
    """OpenCV's fast marching method after Telea (2004)."""
    cv2 = require("cv2", package="opencv-python-headless", install=INSTALL)
    return cv2.inpaint(image, hole, RADIUS, cv2.INPAINT_TELEA)


def navier_stokes(image: Pixels, hole: Hole) -> Pixels:
    """OpenCV's method after Bertalmio, Bertozzi and Sapiro (2001)."""
    cv2 = require("cv2", package="opencv-python-headless", install=INSTALL)
    return cv2.inpaint(image, hole, RADIUS, cv2.INPAINT_NS)


def biharmonic(image: Pixels, hole: Hole) -> Pixels:
    """scikit-image's solution of the biharmonic equation from the hole's rim."""
    if not hole.any() or hole.all():
        return mean_color(image, hole)
    restoration = require("skimage.restoration", package="scikit-image", install=INSTALL)
    filled = restoration.inpaint_biharmonic(image / 255, hole > 0, channel_axis=-1)
    return np.rint(np.clip(filled, 0, 1) * 255).astype(np.uint8)


def patchmatch(image: Pixels, hole: Hole) -> Pixels:
    """Patches copied from the known pixels, coarse to fine (PatchMatch), with a fixed seed."""
    if not hole.any() or hole.all():
        return mean_color(image, hole)
    library = require(
        "patchmatch_cython", package="patchmatch-cython", install="pip install patchmatch-cython"
    )
    filled = library.inpaint_pyramid(image, hole > 0, seed=0)
    return np.asarray(filled, dtype=np.uint8)


BASELINES: dict[str, Callable[[Pixels, Hole], Pixels]] = {
    "mean": mean_color,
    "telea": telea,
    "navier-stokes": navier_stokes,
    "biharmonic": biharmonic,
    "patchmatch": patchmatch,
}


@dataclass(frozen=True)
class Baseline:
    """A baseline as a filler; it sees no layout."""

    fill: Callable[[Pixels, Hole], Pixels]
    layout: str = "none"

    def __call__(self, cases: Cases) -> Filled:
        """Fill picture by picture."""
        return Filled(np.stack([self.fill(i, h) for i, h in zip(cases.images, cases.holes, strict=True)]))
