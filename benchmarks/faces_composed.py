"""Measure how precisely faces are framed, on composed photos whose faces are known.

    python benchmarks/faces_composed.py --data celebamask --scenes scenes.zip \
        --boxes benchmarks/data/boxes.csv --json report.json

Heads of val faces, cut out by their layouts, are laid on scenes without people: 0 to 6 a photo, 48 to 400 px
wide, turned by up to 40 degrees, under scratches and discs. Measured are recall and false frames, and of the
faces that were found the distance of the centres as a share of the face's width, the angle and the size.
CelebA-HQ's framing is taken as the truth.

With `--world`, a folder that `benchmarks/val_world.py` wrote, each of its portraits is also laid on a scene
at some widths, under a scratch, and recall is told by group (child, beard, glasses, hat, no colour ...).
"""

import argparse
import csv
import io
import json
import math
import shlex
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.optimize import linear_sum_assignment

from inlay.data.folder import Pair, list_pairs, read_stems
from inlay.data.holes import scratch_hole
from inlay.evaluation.provenance import versions
from inlay.files import sha256
from inlay.geometry.face_frame import FACE_WIDTH, FaceFrame
from inlay.labels import CELEBAMASK_HQ
from inlay.repair.inpainter import Inpainter

SIDE = (900, 1500)  # of the photos, in pixels
WIDTHS = (48, 400)  # of faces, in pixels
TURN = math.radians(40)
MOST_HIDDEN = 0.5
APART = 0.6  # of the sum of half the sides, between centres
SAME = 0.3  # of the side, between the centres of a frame and of the face that it is
TOLERANCE = 0.04
WORLD_WIDTHS = (40, 120)  # of the faces of val_world, in pixels


Find = Callable[[np.ndarray, np.ndarray], list[FaceFrame]]


class Composed(NamedTuple):
    """A photo, its hole, and where its faces are."""

    photo: np.ndarray
    hole: np.ndarray
    frames: list[FaceFrame]


def compose(scene: Image.Image, faces: list[Pair], rng: np.random.Generator) -> Composed:
    """Lay faces on a scene, as many as find room, and draw a hole."""
    width, height = (int(side) for side in rng.integers(*SIDE, 2))
    photo = np.asarray(scene.resize((width, height), Image.Resampling.BICUBIC)).astype(np.float32)
    frames: list[FaceFrame] = []
    for pair in faces:
        side = float(np.exp(rng.uniform(*np.log(WIDTHS)))) / FACE_WIDTH
        side = min(side, 0.8 * min(width, height))
        frame = FaceFrame(
            rng.uniform(side / 2, width - side / 2), rng.uniform(side / 2, height - side / 2), side,
            rng.uniform(-TURN, TURN),
        )  # fmt: skip
        if all(frame.distance(other) > APART * (frame.side + other.side) / 2 for other in frames):
            photo = paste(photo, pair, frame)
            frames.append(frame)
    hole = scratch_hole(rng, (height, width)) > 0
    y, x = np.mgrid[:height, :width]
    for frame in frames:
        if rng.random() < 0.5:
            px, py = frame.point(*rng.uniform(0.25, 0.8, 2))
            hole |= np.hypot(x - px, y - py) < rng.uniform(0.05, 0.2) * frame.side
    return Composed(np.clip(np.rint(photo), 0, 255).astype(np.uint8), hole, frames)


def paste(photo: np.ndarray, pair: Pair, frame: FaceFrame) -> np.ndarray:
    """Lay the head of a portrait where a frame lies."""
    h, w = photo.shape[:2]
    size = max(32, min(512, round(frame.side)))
    with Image.open(pair.image) as picture, Image.open(pair.label) as label:
        face = np.asarray(picture.convert("RGB").resize((size, size), Image.Resampling.LANCZOS))
        head = np.asarray(label.resize((size, size), Image.Resampling.NEAREST))
    background = CELEBAMASK_HQ.id_of("background")
    soft = gaussian_filter((head != background).astype(np.float32), size / 128)
    top, left, bottom, right = box = frame.box((h, w))
    inside = frame.covers(box)
    share = np.where(inside, frame.back(soft, box), 0).clip(0, 1)[..., None]
    levels = np.stack([frame.back(face[..., c], box) for c in range(3)], axis=-1)
    photo[top:bottom, left:right] += share * (levels - photo[top:bottom, left:right])
    return photo


def judge(found: list[FaceFrame], composed: Composed) -> dict[str, Any]:
    """Pair what was found with what is there."""
    expected = [f.known_share(composed.hole) >= MOST_HIDDEN for f in composed.frames]
    errors, pairs = [], []
    if found and composed.frames:
        far = np.array([[one.distance(true) / true.side for true in composed.frames] for one in found])
        rows, columns = linear_sum_assignment(np.minimum(far, SAME))
        pairs = [(i, j) for i, j in zip(rows, columns, strict=True) if far[i, j] < SAME]
    for i, j in pairs:
        if expected[j]:
            one, true = found[i], composed.frames[j]
            errors.append(
                {
                    "centre": one.distance(true) / (FACE_WIDTH * true.side),
                    "size": one.side / true.side - 1,
                    "angle": math.degrees(one.angle - true.angle),
                    "width": FACE_WIDTH * true.side,
                    "turned": math.degrees(true.angle),
                    "hidden": 1 - true.known_share(composed.hole),
                }
            )
    return {"faces": sum(expected), "false": len(found) - len(pairs), "errors": errors}


def summarize(told: list[dict[str, Any]]) -> dict[str, Any]:
    """Sum over photos."""
    errors = [error for one in told for error in one["errors"]]
    centre, angle, size = (np.abs([error[name] for error in errors]) for name in ("centre", "angle", "size"))
    faces = sum(one["faces"] for one in told)
    return {
        "photos": len(told),
        "faces": faces,
        "found": len(errors),
        "recall": len(errors) / faces,
        "false_frames": sum(one["false"] for one in told),
        "centre": {
            "median": float(np.median(centre)),
            "p95": float(np.quantile(centre, 0.95)),
            "within": float(np.mean(centre <= TOLERANCE)),
        },
        "angle": {"median": float(np.median(angle)), "p95": float(np.quantile(angle, 0.95))},
        "size": {"median": float(np.median(size)), "p95": float(np.quantile(size, 0.95))},
    }


def empty_scenes(path: Path, boxes: Path) -> list[Image.Image]:
    """Read the scenes in which no face was drawn, not even one to ignore."""
    with boxes.open(encoding="utf-8", newline="") as file:
        peopled = {Path(row["photo"]).name for row in csv.DictReader(file)}
    with zipfile.ZipFile(path) as archive:
        names = sorted(n for n in archive.namelist() if n.endswith(".webp") and Path(n).name not in peopled)
        return [Image.open(io.BytesIO(archive.read(name))).convert("RGB") for name in names]


def world_recall(folder: Path, scenes: list[Image.Image], find: Find, seed: int) -> dict[str, Any]:
    """Count how many portraits of each group are found at each width, and false frames."""
    with (folder / "groups.csv").open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    told: dict[str, Any] = {}
    for number, person in enumerate(people):
        with Image.open(next((folder / "images").glob(f"{person['stem']}.*"))) as picture:
            portrait = picture.convert("RGB")
        rng = np.random.default_rng((seed, number))
        for width in WORLD_WIDTHS:
            side = round(width / FACE_WIDTH)
            scene = scenes[number % len(scenes)].resize((900, 700))
            left, top = int(rng.integers(0, 900 - side)), int(rng.integers(0, 700 - side))
            scene.paste(portrait.resize((side, side), Image.Resampling.LANCZOS), (left, top))
            true = FaceFrame(left + side / 2, top + side / 2, float(side))
            found = find(np.asarray(scene), scratch_hole(rng, (700, 900)) > 0)
            hit = any(one.distance(true) < SAME * side for one in found)
            groups = [f"{name}.{value}" for name, value in person.items() if name != "stem" and value]
            for group in ["all", *groups]:
                row = told.setdefault(group, {}).setdefault(str(width), {"faces": 0, "found": 0, "false": 0})
                row["faces"] += 1
                row["found"] += hit
                row["false"] += len(found) - hit
    return told


def main() -> None:
    """Compose, find, and print the sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scenes", type=Path, required=True)
    parser.add_argument("--boxes", type=Path, required=True)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--world", type=Path, help="a folder that benchmarks/val_world.py wrote")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    stems = read_stems(options.data / "val.txt")
    pairs = list_pairs(options.data / "images", options.data / "labels", stems)
    scenes = empty_scenes(options.scenes, options.boxes)
    inpainter = Inpainter.load(device="cpu")
    search = inpainter.tools.search
    assert search is not None

    def find(pixels: np.ndarray, hole: np.ndarray) -> list[FaceFrame]:
        return list(search(pixels, hole).visible)

    told = []
    for number in range(options.count):
        rng = np.random.default_rng((options.seed, number))
        faces = [pairs[i] for i in rng.choice(len(pairs), number % 7, replace=False)]
        composed = compose(scenes[number % len(scenes)], faces, rng)
        told.append(judge(find(composed.photo, composed.hole), composed))
        if (number + 1) % 20 == 0:
            print(f"{number + 1} of {options.count}", file=sys.stderr, flush=True)
    report = summarize(told) | {
        "command": shlex.join(["python", *sys.argv]),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": {
            "model": inpainter.sha256,
            "scenes": sha256(options.scenes),
            "boxes": sha256(options.boxes),
        },
        "versions": versions(),
    }
    if options.world is not None:
        report["world"] = world_recall(options.world, scenes, find, options.seed)
    print(json.dumps({k: v for k, v in report.items() if k not in ("sha256", "versions")}, indent=1))
    if options.json is not None:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
