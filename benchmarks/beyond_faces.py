"""Measure fills of what lies off the faces, beside other methods, on windows of real photos.

    python benchmarks/beyond_faces.py --data ../shared/data --lpips ../shared/weights --output report.json

Windows of 224 pixels of scenes and of old portraits, drawn with a seed, one a photo, none on a face: clothes,
walls, foliage, water, curtains. Each gets a patch (a blob of 40 to 80 pixels) and, apart from it, scratches
(2 to 6 pixels wide). Measured are LPIPS (squeeze) of the hole's box with 32 px around; the mean slope of
brightness in the hole as a share of the truth's; and seconds. `--split tune` takes other windows, for
choosing settings.

Grain is measured on other windows, of plain places in grainy old photos: the standard deviation of what lies
above a Gaussian of 2 px, in the hole as a share of that around it.
"""

import argparse
import io
import json
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.ndimage
import torch
from PIL import Image, ImageDraw

from inlay.evaluation.baselines import BASELINES
from inlay.evaluation.intervals import paired_difference
from inlay.evaluation.metrics.box import box_lpips
from inlay.evaluation.metrics.perceptual import Lpips, load_distance
from inlay.faces.find import FaceSearch
from inlay.finish.grain import Grain
from inlay.pixels.filters import LUMA, smoothed
from inlay.repair.beyond import beyond_parts, choose_beyond

SEED, SIDE = 28, 224
QUOTED, TUNE = 60, 40
ARCHIVES = ("scenes/scenes.zip", "damage/whole_portraits.zip")
GRAIN_SIDE = 160
AROUND = 24
"""Pixels around the hole in which grain is compared."""

Fill = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Window(NamedTuple):
    """A window of a photo without faces, and its name."""

    name: str
    pixels: np.ndarray


def windows(data: Path, split: str) -> list[Window]:
    """The windows of a split: from both archives in turn, those without faces alone."""
    rng, search, found = np.random.default_rng(SEED), FaceSearch(), list[Window]()
    archives = [zipfile.ZipFile(data / name) for name in ARCHIVES]
    names = [rng.permutation(sorted(archive.namelist())) for archive in archives]
    for pair in zip(*names, strict=False):
        for archive, name in zip(archives, pair, strict=True):
            pixels = np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB"))
            place = free_place(rng, pixels, search)
            if place is not None:
                found.append(Window(str(name), pixels[place]))
        if len(found) >= QUOTED + TUNE:
            break
    return found[:QUOTED] if split == "quoted" else found[QUOTED : QUOTED + TUNE]


def faces_of(pixels: np.ndarray, search: FaceSearch) -> np.ndarray:
    """Where faces lie: their ovals."""
    faces = np.zeros(pixels.shape[:2], dtype=bool)
    seen = search(pixels, faces)
    for frame in (*seen.visible, *seen.hidden):
        faces |= frame.claim((0, 0, *faces.shape)) <= 1
    return faces


def free_place(
    rng: np.random.Generator, pixels: np.ndarray, search: FaceSearch
) -> tuple[slice, slice] | None:
    """A window that touches no face's oval, and is not one level alone."""
    if min(pixels.shape[:2]) < SIDE:
        return None
    faces = faces_of(pixels, search)
    for place in places(rng, pixels, SIDE):
        if not faces[place].any() and (pixels[place] @ LUMA).std() > 4:
            return place
    return None


def places(rng: np.random.Generator, pixels: np.ndarray, side: int) -> Iterator[tuple[slice, slice]]:
    """Forty places in a picture."""
    for _ in range(40):
        top, left = (int(rng.integers(length - side + 1)) for length in pixels.shape[:2])
        yield slice(top, top + side), slice(left, left + side)


def grainy_windows(data: Path, split: str) -> list[tuple[Window, np.ndarray]]:
    """Windows of plain places in grainy photos, one a photo, each with a disc as its hole."""
    rng, search, found = np.random.default_rng(SEED + 1), FaceSearch(), list[tuple[Window, np.ndarray]]()
    with zipfile.ZipFile(data / ARCHIVES[1]) as archive:
        photos = {name: io.BytesIO(archive.read(name)) for name in sorted(archive.namelist())}
    photos |= {str(path.relative_to(data)): path for path in sorted((data / "old").glob("*.[jp][pn]g"))}
    y, x = np.mgrid[:GRAIN_SIDE, :GRAIN_SIDE] - GRAIN_SIDE // 2
    disc = np.hypot(y, x) < 18
    for number, (name, file) in enumerate(photos.items()):
        if (number % 3 == 0) != (split == "tune"):
            continue
        pixels = np.asarray(Image.open(file).convert("RGB"))
        if min(pixels.shape[:2]) < GRAIN_SIDE:
            continue
        plain = (place for place in places(rng, pixels, GRAIN_SIDE) if is_grainy(pixels[place], disc))
        place = next(plain, None)
        if place is not None and not faces_of(pixels, search)[place].any():
            found.append((Window(name, pixels[place]), disc))
    return found


def patch(rng: np.random.Generator) -> np.ndarray:
    """A blob near the middle."""
    angle, size = np.linspace(0, 2 * np.pi, 40, endpoint=False), rng.uniform(20, 40)
    radius = size * (
        1 + 0.3 * sum(rng.normal(0, 0.5 / n) * np.sin(n * angle + rng.uniform(0, 7)) for n in (2, 3, 4))
    )
    center = rng.uniform(0.4 * SIDE, 0.6 * SIDE, 2)
    points = center + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    hole = Image.new("1", (SIDE, SIDE))
    ImageDraw.Draw(hole).polygon([tuple(point) for point in points.tolist()], fill=1)
    return np.asarray(hole)


def scratches(rng: np.random.Generator) -> np.ndarray:
    """Three crooked lines."""
    hole = Image.new("1", (SIDE, SIDE))
    for _ in range(3):
        angle, place, points = rng.uniform(0, np.pi), rng.uniform(0.2 * SIDE, 0.8 * SIDE, 2), []
        for along in np.linspace(-0.35 * SIDE, 0.35 * SIDE, 7):
            at = place + along * np.array([np.cos(angle), np.sin(angle)]) + rng.normal(0, 2.5, 2)
            points.append(tuple(at.tolist()))
        ImageDraw.Draw(hole).line(points, fill=1, width=int(rng.integers(2, 7)), joint="curve")
    return np.asarray(hole)


METHODS = ["inlay", "biharmonic", "telea", "navier-stokes", "patchmatch", "gmic"]
HOLES = {"patches": patch, "scratches": scratches}


def ours(pixels: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """As `inlay fill` fills what lies on no face."""
    result = pixels.copy()
    for part in beyond_parts(choose_beyond("auto"), pixels, hole, grain=Grain()):
        fill = np.clip(np.rint(part.fill), 0, 255).astype(np.uint8)
        result[part.window] = np.where(part.taken[..., None], fill, result[part.window])
    return result


def gmic(pixels: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """G'MIC's multi-scale patch inpainting, by its command line."""
    with tempfile.TemporaryDirectory() as folder:
        photo, mask, out = (f"{folder}/{name}.png" for name in ("photo", "mask", "out"))
        Image.fromarray(pixels).save(photo)
        Image.fromarray(hole.astype(np.uint8) * 255).save(mask)
        steps = [
            photo,
            mask,
            "inpaint_matchpatch[0]",
            "[1],0,9,10,5,1",
            "remove[1]",
            "cut",
            "0,255",
            "output",
            out,
        ]
        subprocess.run(["gmic", "-v", "0", *steps], check=True)
        return np.asarray(Image.open(out).convert("RGB"))


def methods(names: list[str]) -> dict[str, Fill]:
    """The fills that are compared; G'MIC only where it is installed."""
    known: dict[str, Fill] = {"inlay": ours, "gmic": gmic}
    for name, fill in BASELINES.items():
        known[name] = lambda pixels, hole, fill=fill: fill(
            np.ascontiguousarray(pixels), hole.astype(np.uint8)
        )
    if shutil.which("gmic") is None:
        known.pop("gmic")
    return {name: known[name] for name in names if name in known}


def slope(pixels: np.ndarray, where: np.ndarray) -> float:
    """The mean slope of brightness, in levels a pixel."""
    return float(np.hypot(*np.gradient(pixels.astype(np.float32) @ LUMA))[where].mean())


def fine(pixels: np.ndarray) -> np.ndarray:
    """What lies above a Gaussian of 2 px, of the brightness."""
    brightness = pixels.astype(np.float32) @ LUMA
    return brightness - smoothed(brightness, 2.0)


def is_grainy(pixels: np.ndarray, hole: np.ndarray) -> bool:
    """Whether what lies around the hole is mostly grain: about as strong everywhere, and not weak."""
    ring = around(hole)
    power = scipy.ndimage.uniform_filter(np.square(fine(pixels)), 9)[ring].clip(0)
    low, high = np.sqrt(np.quantile(power, (0.1, 0.9)))
    return bool(low > GRAINY and high < 2 * low)


GRAINY = 1.5
"""Levels: what lies above the Gaussian in the quietest tenth of a grainy window."""


def around(hole: np.ndarray) -> np.ndarray:
    """The known pixels near a hole, but for those beside it."""
    away = scipy.ndimage.distance_transform_edt(~hole)
    return (away > 3) & (away <= AROUND)


def cases(data: Path, split: str) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Name, kind of hole, picture and hole."""
    for number, window in enumerate(windows(data, split)):
        for kind, draw in HOLES.items():
            yield window.name, kind, window.pixels, draw(np.random.default_rng((SEED, number, len(kind))))


def measure(data: Path, split: str, fills: dict[str, Fill], distance: Lpips) -> list[dict[str, object]]:
    """One row a case: what each method reaches."""
    rows = []
    for name, kind, truth, hole in cases(data, split):
        row: dict[str, object] = {"name": name, "kind": kind}
        for method, fill in fills.items():
            result, seconds = filled(fill, truth, hole)
            row[method] = {
                "seconds": seconds,
                "lpips": box_lpips(distance, truth, result, hole.astype(np.uint8)),
                "slope": slope(result, hole) / slope(truth, hole),
            }
        rows.append(row)
    return rows


def filled(fill: Fill, truth: np.ndarray, hole: np.ndarray) -> tuple[np.ndarray, float]:
    """The picture with its hole filled, and the seconds of one core that it took."""
    started = time.process_time()
    result = fill(np.where(hole[..., None], np.uint8(0), truth), hole)
    return np.where(hole[..., None], result, truth), time.process_time() - started


def figures(rows: list[dict[str, object]], names: list[str]) -> dict[str, object]:
    """Means of each kind and method, and the LPIPS as a share of biharmonic's."""
    report: dict[str, object] = {}
    for kind in HOLES:
        mine = [row for row in rows if row["kind"] == kind]
        base = np.array([row["biharmonic"]["lpips"] for row in mine])
        report[kind] = {"windows": len(mine)}
        for name in names:
            values = {
                key: np.array([row[name][key] for row in mine]) for key in ("lpips", "slope", "seconds")
            }
            difference = paired_difference(values["lpips"], base)
            report[kind][name] = {
                "lpips": float(values["lpips"].mean()),
                "share": float(values["lpips"].mean() / base.mean()),
                "better": int((values["lpips"] < base).sum()),
                "difference": [difference.mean, difference.low, difference.high],
                "slope": float(np.median(values["slope"])),
                "seconds": float(values["seconds"].mean()),
            }
    return report


def grain(data: Path, split: str, fills: dict[str, Fill]) -> dict[str, object]:
    """The fills' grain as a share of that around, at the median and the ends of the middle 80 %."""
    windows, report = grainy_windows(data, split), dict[str, object]()
    for name, fill in fills.items():
        shares = [
            float(
                fine(filled(fill, window.pixels, hole)[0])[hole].std()
                / fine(window.pixels)[around(hole)].std()
            )
            for window, hole in windows
        ]
        low, middle, high = np.quantile(shares, (0.1, 0.5, 0.9)).tolist()
        within = sum(0.8 <= share <= 1.2 for share in shares)
        report[name] = {"median": middle, "low": low, "high": high, "within": within, "each": shares}
    truth = [float(fine(w.pixels)[hole].std() / fine(w.pixels)[around(hole)].std()) for w, hole in windows]
    low, middle, high = np.quantile(truth, (0.1, 0.5, 0.9)).tolist()
    report["truth"] = {"median": middle, "low": low, "high": high}
    report["truth"]["within"] = sum(0.8 <= share <= 1.2 for share in truth)
    return report | {"windows": len(windows), "names": [window.name for window, _ in windows]}


def main() -> None:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--lpips", type=Path, required=True, help="folder of the weights of LPIPS")
    parser.add_argument("--output", type=Path)
    parser.add_argument("--split", choices=("quoted", "tune"), default="quoted")
    parser.add_argument("--methods", nargs="+", default=METHODS, help="patchmatch takes some seconds a hole")
    given = parser.parse_args()
    fills = methods(given.methods)
    rows = measure(given.data, given.split, fills, Lpips(load_distance(given.lpips)))
    report = figures(rows, list(fills)) | {"grain": grain(given.data, given.split, fills)}
    text = json.dumps(report | {"split": given.split, "side": SIDE, "seed": SEED, "each": rows}, indent=1)
    if given.output:
        given.output.write_text(text + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
