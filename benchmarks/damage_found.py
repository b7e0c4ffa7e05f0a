"""What the damage detector finds: synthetic damage with unseen pieces, and clean originals.

    python benchmarks/damage_found.py --data ../shared/data --count 100 --output report.json

`--split train` measures training faces instead, for choosing thresholds.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from inlay.damage.detector import WEIGHTS, load_detector
from inlay.damage.find import DamageFinder, pieces_of
from inlay.data.damage.pieces import Pieces, read_pieces
from inlay.data.damage.synthesise import FAINT, LINE, synthesise
from inlay.data.folder import read_stems
from inlay.files import sha256

SEED, TOLERANCE = 2028, 2
NAMES = (
    "right",
    "found",
    "reached",
    "damaged",
    "line_reached",
    "lines",
    "clean_found",
    "clean",
    "untouched",
    "photos",
)


def photos(data: Path, split: str, count: int) -> dict[str, list[Path]]:
    """The files of each set."""
    stems = read_stems(data / "celebamask" / f"{split}.txt")[:count]
    sets = {"faces": [data / "celebamask" / "images" / f"{stem}.jpg" for stem in stems]}
    if split == "val":
        sets["photos"] = sorted((data / "photos").glob("*.jpg"))[:count]
    return sets


def measure(
    finder: DamageFinder, pieces: Pieces, files: list[Path], levels: list[float]
) -> dict[float, dict[str, float]]:
    """Sums over photos, for each sensitivity."""
    sums = {level: dict.fromkeys(NAMES, 0.0) for level in levels}
    disk = ndimage.iterate_structure(ndimage.generate_binary_structure(2, 1), TOLERANCE)
    for number, path in enumerate(files):
        original = np.asarray(Image.open(path).convert("RGB"))
        hurt = synthesise(np.random.default_rng((SEED, number)), original, pieces, damaged=1.0)
        scores, clean = finder.scores(hurt.pixels), finder.scores(original)
        near = ndimage.binary_dilation(hurt.mask, disk)
        lines = hurt.kinds == LINE
        for level in levels:
            hole, kept = pieces_of(scores, level).hole, pieces_of(clean, level).hole
            reach = ndimage.binary_dilation(hole, disk)
            for name, value in {
                "right": hole & near, "found": hole & (near | (hurt.kinds != FAINT)),
                "reached": reach & hurt.mask, "damaged": hurt.mask,
                "line_reached": reach & lines, "lines": lines,
                "clean_found": kept, "clean": np.ones_like(kept),
            }.items():  # fmt: skip
                sums[level][name] += float(value.sum())
            sums[level]["untouched"] += not kept.any()
            sums[level]["photos"] += 1
    return sums


def figures(sums: dict[str, float]) -> dict[str, float]:
    """Shares of what was summed up."""
    precision = sums["right"] / max(1.0, sums["found"])
    recall = sums["reached"] / max(1.0, sums["damaged"])
    told = {
        "f1": 2 * precision * recall / max(1e-9, precision + recall),
        "precision": precision,
        "recall": recall,
        "line_recall": sums["line_reached"] / max(1.0, sums["lines"]),
        "clean_pixels_found": sums["clean_found"] / sums["clean"],
        "clean_photos_untouched": sums["untouched"] / sums["photos"],
    }
    return {name: round(value, 5) for name, value in told.items()} | {"photos": int(sums["photos"])}


def main() -> None:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--split", choices=("val", "train"), default="val")
    parser.add_argument("--sensitivity", type=float, nargs="+", default=[0.3, 0.4, 0.5, 0.6, 0.7])
    given = parser.parse_args()
    finder = DamageFinder(load_detector(given.weights))
    pieces = read_pieces(given.data / "damage", held_out=given.split == "val")
    sets = {}
    for name, files in photos(given.data, given.split, given.count).items():
        sums = measure(finder, pieces, files, given.sensitivity)
        sets[name] = {level: figures(each) for level, each in sums.items()}
    report = {
        "weights": sha256(given.weights), "split": given.split, "tolerance": TOLERANCE, "sets": sets,
    }  # fmt: skip
    text = json.dumps(report, indent=1)
    if given.output:
        given.output.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
