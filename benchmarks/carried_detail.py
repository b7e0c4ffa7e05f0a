"""What is added to a fill: `python benchmarks/carried_detail.py --photos DIR --lpips DIR [--scratches]`.

Portraits (pictures of one folder) get free-form holes, or scratches. They are filled without detail, with that
of patches that match, and then with known pixels that go on next to the rim. LPIPS (squeeze, v0.1) of the whole pictures against the photos
says which is nearest, PSNR in the hole what it costs, and the mean slope of brightness in the hole over that
of the photo's how much detail there is.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from hidden_parts import slope
from inlay.inference.blend import extend, smoothed
from inlay.inference.finish import DETAILS, Finish
from inlay.inference.inpaint import Inpainter
from PIL import Image, ImageDraw

from inlay.data.folder import read_stems
from inlay.data.holes import FreeForm, free_form_hole
from inlay.evaluation.metrics.perceptual import Lpips, load_distance
from inlay.evaluation.metrics.pixels import hole_psnr


def main() -> None:
    """Print a line a photo and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--lpips", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--blend", default="smooth")
    parser.add_argument("--results", type=Path, help="folder for original | each of the results")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--size", type=int, help="resize the photos to squares of so many pixels")
    parser.add_argument("--stems", type=Path, help="a list of the photos to take, a stem a line")
    parser.add_argument("--scratches", action="store_true", help="scratches in place of free-form holes")
    parser.add_argument(
        "--soft", type=float, default=0.0, help="whiten what is within so many pixels of the holes"
    )
    parser.add_argument("--smooth", action="store_true", help="also what the smooth continuation comes to")
    options = parser.parse_args()
    inpainter, distance = Inpainter.load(options.model, "cpu"), Lpips(load_distance(options.lpips))
    bare = Finish(blend=options.blend, detail="none", rim=False, widen=False)
    finishes = {name: replace(bare, detail=name) for name in DETAILS[::-1]}
    finishes["matched, rim"] = replace(finishes["matched"], rim=True)
    if options.soft:
        finishes["the same, widened"] = replace(finishes["matched, rim"], widen=True)
    scores = list[list[tuple[float, float, float]]]()
    for number, path in enumerate(listed(options)):
        photo = Image.open(path).convert("RGB")
        if options.size is not None:
            photo = photo.resize((options.size, options.size), Image.Resampling.LANCZOS)
        hole = (scratches if options.scratches else free_form)(np.random.default_rng(number), photo.size)
        truth = np.asarray(photo)
        given = whitened(truth, hole, options.soft) if options.soft else truth
        pictures = [np.asarray(inpainter(given, hole, finish=f).image) for f in finishes.values()]
        if options.smooth:
            pictures.append(np.clip(np.rint(extend(given.astype(np.float32), hole)), 0, 255).astype(np.uint8))
        scores.append([score(truth, picture, hole, distance) for picture in pictures])
        print(
            f"{path.stem} hole {hole.mean():.1%} LPIPS", *(f"{one[0]:.4f}" for one in scores[-1]), flush=True
        )
        if options.results is not None:
            Image.fromarray(np.concatenate([truth, *pictures], axis=1)).save(
                options.results / f"{path.stem}.png"
            )
    table = np.array(scores)
    for n, name in enumerate([*finishes, *(["smooth continuation"] * options.smooth)]):
        better = int((table[:, n, 0] < table[:, 0, 0]).sum())
        lpips, psnr, sharp = table[:, n].mean(axis=0)
        print(
            f"{name}: LPIPS {lpips:.5f}, nearer than none on {better} of {len(table)}; {psnr:.2f} dB in the "
            f"hole; slope {sharp:.3f} of the photo's"
        )


def listed(options: argparse.Namespace) -> list[Path]:
    """The photos, or those of a list of stems."""
    if options.stems is None:
        return sorted(options.photos.glob("*.jpg"))[: options.limit]
    return [options.photos / f"{stem}.jpg" for stem in read_stems(options.stems)[: options.limit]]


def whitened(photo: np.ndarray, hole: np.ndarray, spread: float) -> np.ndarray:
    """The photo with what too narrow a mask leaves of a damage: white, fading from the hole outwards."""
    white = smoothed(hole.astype(np.float32), spread)[..., None]
    return np.rint(photo + white * (255 - photo.astype(np.float32))).astype(np.uint8)


def score(
    truth: np.ndarray, picture: np.ndarray, hole: np.ndarray, distance: Lpips
) -> tuple[float, float, float]:
    """LPIPS, PSNR in the hole, and the slope there, of the photo's."""
    return (
        distance(truth, picture),
        hole_psnr(truth, picture, hole),
        slope(picture, hole) / slope(truth, hole),
    )


def free_form(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """A hole as the model was trained with."""
    small = free_form_hole(rng, (256, 256), FreeForm())
    return np.asarray(Image.fromarray(small * 255).resize(size, Image.Resampling.BICUBIC)) > 127


def scratches(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Five of them, crooked, between 0.4 and 1.4 % of the height wide."""
    hole = Image.new("L", size)
    draw = ImageDraw.Draw(hole)
    for _ in range(5):
        place, angle = rng.uniform(0, size), rng.uniform(0, 2 * np.pi)
        points = [tuple(place)]
        for _ in range(12):
            angle += rng.normal(0, 0.3)
            place = place + size[1] / 20 * np.array([np.cos(angle), np.sin(angle)])
            points.append(tuple(place))
        draw.line(points, fill=255, width=round(rng.integers(2, 8) * size[1] / 512), joint="curve")
    return np.asarray(hole) > 0


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
