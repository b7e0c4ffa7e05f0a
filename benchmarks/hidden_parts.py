"""Does what was hidden come back like what is seen? `python benchmarks/hidden_parts.py --data DIR`.

In each face one eye, or half of the mouth or of the glasses, left and right in turns, is hidden by a box
around it, or hair by a free-form hole, and filled under the predicted layout. Printed are means over faces:
CIEDE2000 between the mean colours of the filled part and the photo's, the distance of their chroma (a, b of
Lab), and the same from the filled part to the twin or the hair that is seen, beside the photo's own; and how
sharp the fill is: the mean slope of its brightness over that of the photo's.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from inlay.data.folder import list_pairs, read_stems
from inlay.data.holes import FreeForm, free_form_hole
from inlay.data.transforms import resize_pair
from inlay.evaluation.metrics.perceptual import Lpips, load_distance
from inlay.evaluation.metrics.pixels import hole_psnr
from inlay.finish.recipe import BARE, STANDARD, STEPS
from inlay.labels import CELEBAMASK_HQ
from inlay.repair.inpainter import Inpainter

PARTS = {
    "eye": (("l_eye",), ("r_eye",)),
    "mouth": (("mouth", "u_lip", "l_lip"),),
    "glasses": (("eye_g",),),
    "hair": (("hair",),),
}
"""Classes of the two twins, or of what is cut in halves; hair is hidden as holes come."""
LEAST = 24
"""Pixels that either twin must have in a portrait of 128: closed and covered eyes are passed over."""
MARGIN = (6, 5)
"""How far the box reaches beyond the part there, in rows and columns."""
HAIRY, SHARE = 375, 0.35
"""Pixels of hair that a hole must hide in a portrait of 128, and the least share of it."""


@dataclass(frozen=True)
class Case:
    """A portrait, where its hidden part and the seen twin lie, and the hole that hides the one."""

    picture: np.ndarray
    hidden: np.ndarray
    seen: np.ndarray
    hole: np.ndarray


def main() -> None:
    """Print the means; with --sheet also draw photo, hole and result of the first faces."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--part", choices=PARTS, default="eye")
    parser.add_argument("--split", default="val", help="the list of faces: val or train")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--size", type=int, help="of the portraits (default: the model's own)")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--as-photos", action="store_true", help="finish as `inlay fill` does")
    parser.add_argument("--without", nargs="*", choices=sorted(STEPS), default=[], help="steps to leave out")
    parser.add_argument("--lpips", type=Path, help="folder of the LPIPS weights: of windows around the holes")
    given = parser.parse_args()
    if given.without and not given.as_photos:
        parser.error("--without goes with --as-photos; else every step is left out")
    recipe = STANDARD.without(given.without) if given.as_photos else BARE
    inpainter = Inpainter.load(given.model, "cpu", recipe=recipe)
    stems = read_stems(given.data / f"{given.split}.txt")[: given.count]
    cases = read_cases(given.data, stems, given.part, given.size or inpainter.size)
    results = [np.asarray(inpainter(case.picture, case.hole, faces="whole").image) for case in cases]
    pairs = list(zip(cases, results, strict=True))
    truth = [(mean_lab(r, c.hidden), mean_lab(c.picture, c.hidden)) for c, r in pairs]
    other = [(mean_lab(r, c.hidden), mean_lab(c.picture, c.seen)) for c, r in pairs]
    own = [(mean_lab(c.picture, c.hidden), mean_lab(c.picture, c.seen)) for c in cases]
    for what, colors in (("filled to true", truth), ("filled to seen", other), ("photo's own two", own)):
        print(f"{what}: CIEDE2000 {mean(delta, colors):.2f}, chroma {mean(chroma, colors):.2f}")
    sharp = np.mean([slope(r, c.hole) for c, r in pairs]) / np.mean([slope(c.picture, c.hole) for c in cases])
    print(f"sharpness {sharp:.3f} of the photo's")
    psnr = np.mean([hole_psnr(c.picture, r, c.hole) for c, r in pairs])
    print(f"hole-only PSNR {psnr:.2f} dB, {len(cases)} faces")
    if given.lpips is not None:
        distance = Lpips(load_distance(given.lpips))
        windows = [(around(c.hole), c, r) for c, r in pairs]
        lpips = np.mean([distance(c.picture[window], r[window]) for window, c, r in windows])
        print(f"LPIPS {lpips:.4f} of a window around the hole, three times as large as it")
    if given.sheet is not None:
        rows = [
            np.concatenate([c.picture, np.where(c.hole[..., None], 255, c.picture), r], 1)
            for c, r in pairs[:40]
        ]
        Image.fromarray(np.concatenate(rows, 0).astype(np.uint8)).save(given.sheet)


def read_cases(data: Path, stems: list[str], part: str, size: int) -> list[Case]:
    """The faces of which both twins are seen, or hair is under a hole, each with one of them hidden."""
    cases = list[Case]()
    for n, pair in enumerate(list_pairs(data / "images", data / "labels", stems)):
        picture, label = resize_pair(
            Image.open(pair.image).convert("RGB"), Image.open(pair.label), (size, size)
        )
        twins = [np.isin(label, [CELEBAMASK_HQ.id_of(name) for name in names]) for names in PARTS[part]]
        if part == "hair":
            cases.extend(hairy(picture, twins[0], n))
            continue
        if len(twins) == 1 and twins[0].any():
            columns = np.arange(size)
            right = columns > columns[twins[0].any(axis=0)].mean()
            twins = [twins[0] & right, twins[0] & ~right]
        hidden, seen = (twins[0], twins[-1]) if n % 2 else (twins[-1], twins[0])
        if min(hidden.sum(), seen.sum()) < LEAST * (size / 128) ** 2:
            continue
        hole = np.zeros(label.shape, dtype=bool)
        place = tuple(
            slice(max(0, line.min() - more * size // 128), line.max() + more * size // 128 + 1)
            for line, more in zip(np.nonzero(hidden), MARGIN, strict=True)
        )
        hole[place] = True
        cases.append(Case(picture, hidden, seen, hole))
    return cases


def hairy(picture: np.ndarray, hair: np.ndarray, seed: int) -> list[Case]:
    """The portrait under a free-form hole, if that hides hair above all."""
    small = free_form_hole(np.random.default_rng(seed), (256, 256), FreeForm())
    size = hair.shape[::-1]
    hole = np.asarray(Image.fromarray(small * 255).resize(size, Image.Resampling.BICUBIC)) > 127
    hidden, seen = hair & hole, hair & ~hole
    enough = hidden.sum() >= max(HAIRY * (hair.size / 128**2), SHARE * hole.sum()) and seen.any()
    return [Case(picture, hidden, seen, hole)] if enough else []


def around(hole: np.ndarray) -> tuple[slice, slice]:
    """The window three times as high and wide as the hole, as far as the picture reaches."""
    places = [np.flatnonzero(hole.any(axis=axis)) for axis in (1, 0)]
    return tuple(slice(max(0, 2 * p[0] - p[-1]), 2 * p[-1] - p[0]) for p in places)


def mean_lab(picture: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The mean Lab colour of a place."""
    return rgb2lab(picture[place]).mean(axis=0)


def slope(picture: np.ndarray, place: np.ndarray) -> float:
    """The mean length of the gradient of brightness in a place, in L of Lab a pixel."""
    down, right = np.gradient(rgb2lab(picture)[..., 0])
    return float(np.hypot(down, right)[place].mean())


def delta(one: np.ndarray, other: np.ndarray) -> float:
    """How far apart two colours look."""
    return float(deltaE_ciede2000(one, other))


def chroma(one: np.ndarray, other: np.ndarray) -> float:
    """How far apart they are in a and b alone."""
    return float(np.hypot(*(one - other)[1:]))


def mean(
    distance: Callable[[np.ndarray, np.ndarray], float], colors: list[tuple[np.ndarray, np.ndarray]]
) -> float:
    """The mean distance of pairs of colours."""
    return float(np.mean([distance(*pair) for pair in colors]))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
