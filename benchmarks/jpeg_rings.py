"""Measure fills of damages that JPEG has spread: `python benchmarks/jpeg_rings.py --data DIR`.

Two white lines are drawn on faces of 512 pixels, which are then saved as PNG and as JPEG (4:2:0) of several
qualities. The hole is the lines exactly. The table has the mean PSNR in the hole against the face as it was:
without the step `dering`, without it but with `--dilate 2`, and as `inlay fill` does it. The last column is
without it for the same file without lines, whose known pixels have no rings. `--undamaged` draws no lines, so
that the hole hides what belongs there: then the step should change nothing.

The data's pictures are JPEG files themselves. They are moved by some pixels, so that their blocks do not
coincide with the new ones.
"""

import argparse
import io
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from inlay import Inpainter
from inlay.data.folder import read_stems
from inlay.evaluation.metrics.pixels import hole_psnr
from inlay.finish.recipe import standard

SIDE, WIDTH = 512, 4
"""Of the faces and of the lines, in pixels."""

MOVED = (3, 5)
"""Pixels up and to the left."""

WITHOUT = standard().without(["dering"])
COLUMNS = {"as it is": WITHOUT, "--dilate 2": standard(dilate=2).without(["dering"]), "dering": standard()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of images/ and the splits' lists")
    parser.add_argument("--split", default="val", help="train for tuning")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--qualities", type=int, nargs="+", default=[95, 85, 75])
    parser.add_argument("--undamaged", action="store_true", help="draw no lines")
    given = parser.parse_args()
    inpainter = Inpainter.load(device="cpu")
    stems = read_stems(given.data / f"{given.split}.txt")
    stems = stems[:: max(1, len(stems) // given.count)][: given.count]
    scores, changed = dict[tuple[str, str], list[tuple[float, float]]](), 0
    for number, stem in enumerate(stems):
        truth, hole = face(given.data / "images" / f"{stem}.jpg"), lines(number)
        damaged = truth if given.undamaged else np.where(hole[..., None], np.uint8(255), truth)
        for quality in (None, *given.qualities):
            row, photo = "PNG" if quality is None else f"JPEG {quality}", saved(damaged, quality)
            todo = {name: (photo, recipe) for name, recipe in COLUMNS.items()}
            todo["no rings"] = (saved(truth, quality), WITHOUT)
            for column, (picture, recipe) in todo.items():
                started = time.process_time()
                result = inpainter.with_recipe(recipe)(picture, hole, faces="whole")
                seconds = time.process_time() - started
                image = np.asarray(result.image)
                changed += int((image != np.asarray(picture))[~result.hole].sum())
                score = hole_psnr(truth, image, hole.astype(np.uint8)), seconds
                scores.setdefault((row, column), []).append(score)
    columns = [*COLUMNS, "no rings"]
    print(f"| saved as | {' | '.join(columns)} | seconds: as it is | dering |")
    print("|---" * (len(columns) + 3) + "|")
    for row in dict.fromkeys(row for row, _ in scores):
        means = {column: np.mean(scores[row, column], axis=0) for column in columns}
        cells = [f"{means[column][0]:.2f}" for column in columns]
        cells += [f"{means[column][1]:.2f}" for column in ("as it is", "dering")]
        print(f"| {row} | {' | '.join(cells)} |")
    print(f"{len(stems)} faces of {given.split}; {changed} values outside the holes were changed.")


def face(path: Path) -> np.ndarray:
    """A face of the data at the measured size."""
    picture = Image.open(path).convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    up, left = MOVED
    return np.pad(np.asarray(picture)[up:, left:], ((0, up), (0, left), (0, 0)), mode="edge")


def lines(seed: int) -> np.ndarray:
    """Two straight lines through the middle of the picture."""
    rng, picture = np.random.default_rng(seed), Image.new("L", (SIDE, SIDE))
    for _ in range(2):
        angle, center = rng.uniform(0, np.pi), rng.uniform(0.35 * SIDE, 0.65 * SIDE, 2)
        way = 0.4 * SIDE * np.array([np.cos(angle), np.sin(angle)])
        ends = [tuple(float(n) for n in end) for end in (center - way, center + way)]
        ImageDraw.Draw(picture).line(ends, fill=255, width=WIDTH)
    return np.asarray(picture) > 0


def saved(pixels: np.ndarray, quality: int | None) -> Image.Image:
    """The picture of a file of these pixels: JPEG of that quality, or PNG."""
    file = io.BytesIO()
    picture = Image.fromarray(pixels)
    if quality is None:
        picture.save(file, "PNG")
    else:
        picture.save(file, "JPEG", quality=quality, subsampling="4:2:0")
    stored = Image.open(io.BytesIO(file.getvalue()))
    stored.load()
    return stored


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
