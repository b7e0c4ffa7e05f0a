"""Damage drawn on clean photos, found and repaired, against the photos before.

    python benchmarks/damage_repaired.py --data ../shared/data --lpips ../shared/weights --output report.json

Photos are whole ones and val faces of CelebAMask-HQ by turns, until there are no more whole ones. The pieces
of damage are those that no detector was trained on. Each is measured whole: damaged, repaired as `inlay
repair` does it, and filled with the true mask in place of the found one, which shows what detection costs.
"""

import argparse
import json
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from damage_found import SEED, photos
from PIL import Image

from inlay.damage.detector import WEIGHTS
from inlay.data.damage.pieces import Pieces, read_pieces
from inlay.data.damage.synthesise import Damaged, synthesise
from inlay.evaluation.metrics.perceptual import Lpips, load_distance
from inlay.evaluation.metrics.pixels import psnr
from inlay.files import sha256
from inlay.repair.inpainter import Inpainter

LARGEST = 1024
"""Longest side in pixels; larger photos are reduced first, so that 200 of them take minutes."""


def damaged_photos(data: Path, pieces: Pieces, count: int) -> list[tuple[str, Damaged]]:
    """Photos and faces by turns, each with damage that can be seen."""
    files = chain.from_iterable(zip_longest(*photos(data, "val", count).values()))
    every = ((path, _damaged(path, number, pieces)) for number, path in enumerate(filter(None, files)))
    return list(islice(((path.stem, hurt) for path, hurt in every if hurt.mask.any()), count))


def _damaged(path: Path, number: int, pieces: Pieces) -> Damaged:
    image = Image.open(path).convert("RGB")
    image.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    return synthesise(np.random.default_rng((SEED, number)), np.asarray(image), pieces, damaged=1.0)


def measure(inpainter: Inpainter, distance: Lpips, hurt: Damaged) -> dict[str, Any]:
    """PSNR and LPIPS of the whole photo, three ways."""
    found = inpainter.repair(hurt.pixels)
    told = inpainter(hurt.pixels, hurt.mask)
    ways = {
        "damaged": hurt.pixels, "repaired": np.asarray(found.image), "true_mask": np.asarray(told.image),
    }  # fmt: skip
    return {
        "damage": float(hurt.mask.mean()),
        "found": float(found.hole.mean()),
        "psnr": {name: psnr(hurt.before, pixels) for name, pixels in ways.items()},
        "lpips": {name: distance(hurt.before, pixels) for name, pixels in ways.items()},
    }


def figures(each: list[dict[str, Any]]) -> dict[str, Any]:
    """Means, and the share of photos that came out better than they were."""
    told: dict[str, Any] = {"photos": len(each), "damage": float(np.mean([one["damage"] for one in each]))}
    for name in ("psnr", "lpips"):
        told[name] = {way: float(np.mean([one[name][way] for one in each])) for way in each[0][name]}
    told["better"] = {
        way: _better([(one["psnr"], one["lpips"]) for one in each], way) for way in each[0]["psnr"]
    }
    return told


def _better(each: list[tuple[dict[str, float], dict[str, float]]], way: str) -> dict[str, float | None]:
    """The share of photos that are nearer by each figure; None of the damaged ones themselves."""
    if way == "damaged":
        return {"psnr": None, "lpips": None, "both": None}
    nearer = [(p[way] > p["damaged"], q[way] < q["damaged"]) for p, q in each]
    by_psnr, by_lpips = np.array(nearer).mean(axis=0)
    return {
        "psnr": float(by_psnr), "lpips": float(by_lpips), "both": float(np.mean([all(n) for n in nearer])),
    }  # fmt: skip


def main() -> None:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--lpips", type=Path, required=True, help="folder of the LPIPS weights")
    parser.add_argument("--output", type=Path)
    parser.add_argument("--count", type=int, default=200)
    given = parser.parse_args()
    inpainter, distance = Inpainter.load(device="cpu"), Lpips(load_distance(given.lpips))
    pieces = read_pieces(given.data / "damage", held_out=True)
    each = [
        {"photo": stem, **measure(inpainter, distance, hurt)}
        for stem, hurt in damaged_photos(given.data, pieces, given.count)
    ]
    report = {"weights": sha256(WEIGHTS), "model": inpainter.sha256, **figures(each), "each": each}
    if given.output:
        given.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({key: value for key, value in report.items() if key != "each"}, indent=1))


if __name__ == "__main__":
    main()
