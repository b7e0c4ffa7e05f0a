"""How precisely faces are found: `python benchmarks/align_accuracy.py --photos DIR [--model DIR]`.

Each portrait (CelebA-HQ framing, so its eyes are known) is placed turned by up to 45 degrees, scaled
and shifted on a larger canvas, with a hole over the face. An eye is right within 4 % of the face width.
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from inlay.checkpoint import load_snapshot
from inlay.faces.finder import load_finder
from inlay.faces.landmarks import settle
from inlay.faces.locate import Found, locate
from inlay.geometry.face_frame import FaceFrame

FACE_WIDTH = 0.54
"""The median width of the skin's class in CelebAMask-HQ's layouts, as a share of the frame's side."""


def canvas(photo: Image.Image, rng: np.random.Generator) -> tuple[Image.Image, FaceFrame, Image.Image]:
    """A portrait on a canvas of another size, its frame there, and a hole."""
    width, height = int(rng.integers(900, 1800)), int(rng.integers(800, 1500))
    side = float(np.exp(rng.uniform(np.log(200), np.log(750))))
    angle = math.radians(rng.uniform(-45, 45))
    reach = 0.62 * side
    x, y = (rng.uniform(min(reach, s / 2), max(s - reach, s / 2)) for s in (width, height))
    frame = FaceFrame(float(x), float(y), side, angle)
    scene = np.array(
        Image.fromarray(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)).resize((width, height), 3)
    )
    small = photo.resize((round(side), round(side)), Image.Resampling.LANCZOS)
    k = small.width / side
    cos, sin = math.cos(angle) * k, math.sin(angle) * k
    matrix = (cos, sin, -cos * x - sin * y + small.width / 2, -sin, cos, sin * x - cos * y + small.width / 2)
    placed = small.transform(
        (width, height), Image.Transform.AFFINE, matrix, resample=Image.Resampling.BICUBIC
    )
    cover = frame.covers((0, 0, height, width))
    scene[cover] = np.asarray(placed)[cover]
    hole = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(hole)
    for _ in range(2):
        u, v = rng.uniform(0.3, 0.7, size=2)
        (px, py), r = frame.point(u, v), side * rng.uniform(0.03, 0.09)
        draw.ellipse((px - r, py - r, px + r, py + r), fill=255)
    ends = [frame.point(*rng.uniform(0.1, 0.9, size=2)) for _ in range(2)]
    draw.line([tuple(p) for p in ends], fill=255, width=max(2, round(side * 0.015)))
    return Image.fromarray(scene), frame, hole


def eye_error(found: FaceFrame, true: FaceFrame) -> float:
    """The larger of the two eyes' distances, as a share of the face's width."""
    return max(math.dist(a, b) for a, b in zip(found.eyes, true.eyes, strict=True)) / (FACE_WIDTH * true.side)


def main() -> None:
    """Print a line a photo and the count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--limit", type=float, default=0.04)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--worst", type=Path, help="folder for pictures of what was found")
    options = parser.parse_args()
    snapshot = load_snapshot(options.model)
    predictor, size = snapshot.layout, snapshot.config.data.size
    rng, finder, errors, seconds = np.random.default_rng(options.seed), load_finder(), [], []
    for path in sorted(options.photos.glob("*.jpg")):
        scene, true, hole = canvas(Image.open(path).convert("RGB"), rng)
        started = time.perf_counter()
        pixels, gone = np.asarray(scene), np.asarray(hole) > 0
        found = locate(finder, pixels, gone)
        if predictor is not None:
            settled = [settle(predictor, snapshot.labels, pixels, gone, f.frame, size=size) for f in found]
            found = [Found(frame, like) for frame, like in settled]
        seconds.append(time.perf_counter() - started)
        error = min((eye_error(f.frame, true) for f in found), default=math.inf)
        errors.append(error)
        scores = ", ".join(f"{f.score:.2f}" for f in found)
        print(
            f"{path.stem} side {true.side:4.0f} turned {math.degrees(true.angle):+4.0f} found {scores}, "
            f"eyes off {error:.1%} of the face width, {seconds[-1]:.1f} s",
            flush=True,
        )
        if options.worst is not None:
            draw = ImageDraw.Draw(scene)
            for one, color in [(f.frame, "lime") for f in found] + [(true, "red")]:
                draw.polygon(
                    [one.point(u, v) for u, v in ((0, 0), (1, 0), (1, 1), (0, 1))], outline=color, width=4
                )
            scene.save(options.worst / f"{path.stem}.jpg")
    right = sum(e <= options.limit for e in errors)
    print(
        f"{right} of {len(errors)} within {options.limit:.0%} of the face width; "
        f"median {np.median(errors):.1%}, {np.median(seconds):.1f} s a photo"
    )


if __name__ == "__main__":
    main()
