"""A batch of 1,000 files of which 30 are broken: `python benchmarks/batch_thousand.py [--count 1000]`.

Crops of the example portrait in many formats and modes, with holes of many kinds. First the batch is filled
undisturbed and every result is compared with its photo. Then it is ended by SIGTERM at random moments and
resumed, and the two folders are compared byte for byte: nothing is lost or done twice, no process and no
temporary file is left, no input has changed.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from inlay.examples import example
from inlay.repair.inputs import fit_hole
from inlay.repair.photo import Photo


def chunk(name: bytes, data: bytes) -> bytes:
    """A part of a PNG file."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(width: int) -> bytes:
    """A PNG file of some hundred bytes that would take gigabytes."""
    head = struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def cut(path: Path, share: float) -> None:
    """Leave the first part of a file."""
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def spoil(path: Path) -> None:
    """Change bytes in the middle of a file."""
    data = bytearray(path.read_bytes())
    for place in range(len(data) // 2, len(data) // 2 + 40):
        data[place] ^= 0x5A
    path.write_bytes(data)


def replace(path: Path, make: Callable[[Path], object]) -> None:
    """Put something else in a file's place."""
    path.unlink()
    make(path)


BREAK: dict[str, Callable[[Path, Path], object]] = {
    "photo cut after half": lambda photo, hole: cut(photo, 0.5),
    "photo cut in its head": lambda photo, hole: photo.write_bytes(photo.read_bytes()[:20]),
    "photo empty": lambda photo, hole: photo.write_bytes(b""),
    "photo is a text": lambda photo, hole: photo.write_text("<html>not found</html>\n" * 9),
    "photo is noise": lambda photo, hole: photo.write_bytes(np.random.default_rng(5).bytes(3000)),
    "photo damaged inside": lambda photo, hole: spoil(photo),
    "photo is a folder": lambda photo, hole: replace(photo, Path.mkdir),
    "photo is a link to nothing": lambda photo, hole: replace(photo, lambda p: p.symlink_to("nothing")),
    "photo is a pipe": lambda photo, hole: replace(photo, os.mkfifo),
    "photo of 900 megapixels": lambda photo, hole: photo.write_bytes(bomb(30_000)),
    "no hole": lambda photo, hole: hole.unlink(),
    "hole cut": lambda photo, hole: cut(hole, 0.7),
    "hole is a text": lambda photo, hole: hole.write_text("hole"),
    "hole all white": lambda photo, hole: Image.new("L", (50, 50), 255).save(hole),
    "hole all black": lambda photo, hole: Image.new("L", (50, 50)).save(hole),
    "hole of 900 megapixels": lambda photo, hole: hole.write_bytes(bomb(30_000)),
}
"""Each kind is an error. A hole of another size and a JPEG photo named .png are none."""

KINDS = ("png", "jpg", "jpeg", "webp", "tif", "bmp", "grey", "alpha", "palette", "cmyk", "turned",
         "named wrongly", "hole of another size", "16 bits grey",
         "16 bits colour")  # fmt: skip


def make_photo(kind: str, pixels: np.ndarray, stem: Path) -> Path:
    """Write one photo; its path."""
    picture, exif = Image.fromarray(pixels), Image.Exif()
    if kind == "16 bits colour":
        import tifffile

        tifffile.imwrite(stem.with_suffix(".tif"), pixels.astype(np.uint16) * 257, photometric="rgb")
        return stem.with_suffix(".tif")
    if kind == "16 bits grey":
        picture = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
    if kind == "turned":
        picture, exif[0x0112] = picture.transpose(Image.Transpose.ROTATE_90), 6
    modes = {"grey": "L", "alpha": "RGBA", "palette": "P", "cmyk": "CMYK"}
    suffix = {"cmyk": ".jpg", "turned": ".jpg"}.get(kind, f".{kind}" if kind in KINDS[:6] else ".png")
    picture = picture.convert(modes[kind]) if kind in modes else picture
    form = {"named wrongly": "JPEG", ".png": "PNG"}.get(kind if kind == "named wrongly" else suffix)
    picture.save(stem.with_suffix(suffix), format=form, **({"exif": exif} if len(exif) else {}))
    return stem.with_suffix(suffix)


def make(folder: Path, count: int, broken: int, side: int = 128) -> dict[str, str]:
    """Write photos and holes; the stems of what is broken, and how."""
    rng = np.random.default_rng(0)
    portrait = Image.open(example("portrait")).convert("RGB")
    for name in ("photos", "holes"):
        (folder / name).mkdir(parents=True)
    every, faults = max(1, count // max(1, broken)), {}
    for number in range(count):
        width, height = (int(v) for v in rng.integers(round(0.7 * side), round(1.3 * side), 2))
        left, top = (float(v) for v in rng.uniform(0, 0.2 * portrait.width, 2))
        crop = portrait.crop((left, top, left + 0.8 * portrait.width, top + 0.8 * portrait.height))
        due = number % every == every // 2 and len(faults) < broken
        fault = list(BREAK)[len(faults) % len(BREAK)]
        # Only formats with checksums tell that they were damaged inside.
        kind = "png" if due and fault == "photo damaged inside" else KINDS[number % len(KINDS)]
        pixels = np.asarray(crop.resize((width, height)))
        photo = make_photo(kind, pixels, folder / "photos" / f"{number:04d}")
        size = (width // 2, height // 2) if kind == "hole of another size" else (width, height)
        drawn = Image.new("L", size)
        x, y = (float(v) for v in rng.uniform(0.2, 0.6, 2))
        box = (x * size[0], y * size[1], (x + 0.25) * size[0], (y + 0.2) * size[1])
        ImageDraw.Draw(drawn).ellipse(box, fill=255)
        hole = folder / "holes" / f"{number:04d}.png"
        drawn.save(hole)
        if due:
            BREAK[fault](photo, hole)
            faults[f"{number:04d}"] = fault
    return faults


def program(folder: Path, output: str, extra: list[str]) -> list[str]:
    """The command."""
    start = [sys.executable, "-c", "from inlay.cli.main import main; main()", "fill", str(folder / "photos")]
    report = ["--report", str(folder / f"{output}.json")]
    return [*start, "--hole", str(folder / "holes"), "--output", str(folder / output), *report, *extra]


def faults_of_results(folder: Path, output: str, faults: dict[str, str]) -> list[str]:
    """What is wrong with a batch's results and its report; nothing, if all is right."""
    wrong = []
    report = json.loads((folder / f"{output}.json").read_text())
    for job in report["jobs"]:
        photo, hole, result = (Path(job[name]) for name in ("image", "hole", "output"))
        if photo.stem in faults:
            if job["state"] != "failed" or photo.stem not in job["message"] or result.exists():
                wrong.append(f"{photo.name} ({faults[photo.stem]}): {job['state']}, {job['message']}")
            continue
        if job["state"] not in ("done", "skipped"):
            wrong.append(f"{photo.name}: {job['state']}, {job['message']}")
            continue
        whole = Photo.of(photo)
        before, after = whole.native, Photo.of(result).native
        gone, _ = fit_hole(hole, whole)
        kept = before.dtype == after.dtype and np.array_equal(before[~gone], after[~gone])
        if not kept or (gone.any() and np.array_equal(before[gone], after[gone])):
            wrong.append(f"{photo.name}: known pixels changed, or none in the hole did")
    return wrong


def contents(folder: Path) -> dict[str, bytes]:
    """All results, without the journal."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix != ".jsonl"}


def family(process: int) -> list[int]:
    """The processes below one, by number, as Linux lists them."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended
    found = [process]
    for member in found:
        found += [child for child, parent in parents.items() if parent == member]
    return found[1:]


def ended_by_term(folder: Path, output: str, files: int, extra: list[str]) -> tuple[int, int]:
    """Run a batch and send SIGTERM to it alone once so many results lie there.

    How many results there are then, and how many of its processes are alive 5 seconds later.
    """
    process = subprocess.Popen(
        program(folder, output, extra), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    members: list[int] = []
    while process.poll() is None and count_results(folder / output) < files:
        members = family(process.pid) or members
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    process.wait()
    deadline = time.monotonic() + 5
    while (left := [m for m in members if alive(m)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return count_results(folder / output), len(left)


def alive(process: int) -> bool:
    """Whether a process runs; one that has ended and is not waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def count_results(folder: Path) -> int:
    """How many results lie there."""
    return sum(1 for path in folder.glob("*.png") if not path.name.startswith("."))


def resumed(folder: Path, options: argparse.Namespace, extra: list[str]) -> list[str]:
    """End the batch `b` at random moments, resume it, and tell what is wrong."""
    rng, wrong, before = random.Random(options.seed), list[str](), 0
    most = options.count - options.broken
    for _ in range(options.kills):
        there, left = ended_by_term(folder, "b", rng.randint(before + 1, max(before + 1, most - 1)), extra)
        print(f"ended by SIGTERM with {there} results there, {left} processes left")
        wrong += [f"{left} processes outlived the batch"] if left else []
        before = there
        extra = [*extra, "--resume"] if "--resume" not in extra else extra
    noted = journal(folder / "b")
    again = subprocess.run(program(folder, "b", extra), check=False, capture_output=True, text=True)
    print(f"resumed: {again.stdout.strip()}, status {again.returncode}")
    skipped = sum(job["state"] == "skipped" for job in json.loads((folder / "b.json").read_text())["jobs"])
    if skipped != len(noted):
        wrong.append(f"{len(noted)} results were noted, {skipped} of them were not done again")
    twice = [name for name, times in Counter(journal(folder / "b")).items() if times > 1]
    return wrong + [f"{name} was done twice" for name in twice]


def journal(folder: Path) -> list[str]:
    """The results that the journal names, in order."""
    path = folder / ".inlay-done.jsonl"
    entries = [json.loads(line) for line in path.read_text().splitlines() if line] if path.is_file() else []
    return [entry["output"] for entry in entries if "output" in entry]


def fingerprints(folder: Path) -> dict[str, str]:
    """The hash of each input."""
    paths = [path for name in ("photos", "holes") for path in sorted((folder / name).iterdir())]
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths if p.is_file()}


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--broken", type=int, default=30)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--kills", type=int, default=1, help="how often the second batch is ended")
    parser.add_argument("--seed", type=int, default=None, help="of the random moments")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    options = parser.parse_args()
    extra = ["--face", "whole", "--workers", str(options.workers)]
    extra += ["--model", str(options.model)] if options.model else []
    folder = options.folder or Path(tempfile.mkdtemp(prefix="inlay-batch-"))
    faults = make(folder, options.count, options.broken, options.side)
    inputs = fingerprints(folder)
    started = time.perf_counter()
    done = subprocess.run(program(folder, "a", extra), check=False, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    wrong = faults_of_results(folder, "a", faults)
    print(
        f"undisturbed: {done.stdout.strip()}, {seconds / options.count:.2f} s each, status {done.returncode}"
    )
    named = sum(job["state"] == "failed" for job in json.loads((folder / "a.json").read_text())["jobs"])
    print(
        f"{options.count - named} results, {named} named failures, {len(wrong)} of all not as they should be"
    )
    wrong += resumed(folder, options, extra)
    wrong += faults_of_results(folder, "b", faults)
    a, b = contents(folder / "a"), contents(folder / "b")
    print(f"{len(a)} and {len(b)} files, {'equal' if a == b else 'NOT equal'} byte for byte")
    if inputs != fingerprints(folder):
        wrong.append("an input was changed")
    for line in wrong[:20]:
        print(line)
    if options.folder is None:
        shutil.rmtree(folder)
    if wrong or a != b:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
