"""Do photos without colours stay so? `python benchmarks/grey_portraits.py MODEL ... --data DIR --holes FILE`.

Val faces are made grey and filled at each model's own size under frozen holes resized with them, as
`inlay fill` does. Told are, over all pixels drawn, the mean distance from grey (the length of a, b of Lab),
the share of those farther than 3, which is about where a tint is seen, and the hole-only PSNR. Last, how many
of all val faces are taken to be of one tone as they are, and how many turned sepia, with noise, as JPEG.
"""

import argparse
import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage.color import rgb2lab

from inlay.data.folder import list_pairs, read_stems
from inlay.evaluation.hole_sets import read_holes
from inlay.evaluation.metrics.pixels import hole_psnr
from inlay.finish.tone import tone_of
from inlay.repair.inpainter import Inpainter

SEEN = 3.0

SIDE = 128
"""Of the frozen holes."""

SEPIA = np.array([[40, 25, 15], [150, 120, 85], [250, 235, 200]])
"""The colours of black, middle grey and white."""


def main() -> None:
    """Print a row a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--holes", type=Path, required=True)
    parser.add_argument("--count", type=int, default=100)
    given = parser.parse_args()
    pairs = list_pairs(given.data / "images", given.data / "labels", read_stems(given.data / "val.txt"))
    holes = read_holes(given.holes, stems=[pair.stem for pair in pairs], size=(SIDE, SIDE))
    print("| model | faces | distance from grey | seen as tinted | hole-only PSNR |\n|---|---|---|---|---|")
    for name in given.models:
        inpainter = Inpainter.load(name, "cpu")
        side = inpainter.size
        tints, figures = list[np.ndarray](), list[float]()
        for pair, small in zip(pairs[: given.count], holes, strict=False):
            hole = np.asarray(Image.fromarray(small).resize((side, side), Image.Resampling.NEAREST))
            photo = Image.open(pair.image).convert("L").convert("RGB")
            truth = np.asarray(photo.resize((side, side), Image.Resampling.LANCZOS))
            filled = np.asarray(inpainter(truth, hole > 0, faces="whole").image)
            tints.append(np.hypot(*rgb2lab(filled)[hole > 0, 1:].T))
            figures.append(hole_psnr(truth, filled, hole))
        tint = np.concatenate(tints)
        told = f"{tint.mean():.2f} | {(tint > SEEN).mean():.3f} | {np.mean(figures):.2f}"
        print(f"| {name} | {len(figures)} | {told} |", flush=True)
    rng = np.random.default_rng(0)
    photos = [np.asarray(Image.open(pair.image).convert("RGB")) for pair in pairs]
    plain, turned = (sum(map(is_toned, some)) for some in (photos, [sepia(photo, rng) for photo in photos]))
    print(f"Of {len(photos)} photos {plain} are taken to be of one tone, turned sepia {turned}.")


def is_toned(photo: np.ndarray) -> bool:
    """Whether a photo without a hole is taken to be of one tone."""
    return tone_of(photo, np.zeros(photo.shape[:2], dtype=bool)) is not None


def sepia(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The photo as a scanned print: of one tone, with grain, as JPEG of quality 85."""
    grey = np.asarray(Image.fromarray(photo).convert("L"))
    toned = np.stack([np.interp(grey, [0, 128, 255], channel) for channel in SEPIA.T], axis=2)
    grain = np.clip(np.rint(toned + rng.normal(0, 2, toned.shape)), 0, 255).astype(np.uint8)
    stored = io.BytesIO()
    Image.fromarray(grain).save(stored, "JPEG", quality=85)
    return np.asarray(Image.open(stored))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
