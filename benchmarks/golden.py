"""Golden pictures of the pipeline: what `inlay fill` writes, before and after a change.

`python benchmarks/golden.py make DIR` fills the public-domain example in all the ways that a change of the
pipeline may touch; `python benchmarks/golden.py compare DIR OTHER` says by how many levels each picture
differs. Both run with one thread in fp32, so that equal programs give equal bytes on one machine.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

EXAMPLES = Path(__file__).resolve().parents[1] / "src" / "inlay" / "examples"
RUN = [sys.executable, "-c", "from inlay.cli.main import main; main()"]


def portrait(size: int) -> Image.Image:
    """The example portrait, a square of so many pixels."""
    return Image.open(EXAMPLES / "portrait.png").convert("RGB").resize((size, size), Image.Resampling.LANCZOS)


def scratches(width: int, height: int, seed: int = 0) -> Image.Image:
    """Lines across a photo and one round spot; white = hole."""
    rng = np.random.default_rng(seed)
    hole = Image.new("L", (width, height))
    draw, thick = ImageDraw.Draw(hole), max(2, height // 100)
    for _ in range(5):
        ends = [(rng.integers(width), rng.integers(height)) for _ in range(3)]
        draw.line([(int(x), int(y)) for x, y in ends], fill=255, width=thick)
    x, y, r = int(rng.integers(width)), int(rng.integers(height)), height // 14
    draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
    return hole


def hidden_eye(size: int) -> Image.Image:
    """A box over the example's eye on the viewer's right."""
    hole = Image.new("L", (size, size))
    box = [round(share * size) for share in (0.5, 0.38, 0.68, 0.52)]
    ImageDraw.Draw(hole).rectangle(box, fill=255)
    return hole


def two_faces() -> Image.Image:
    """The example twice, mirrored and smaller, before a grey wall."""
    photo = Image.new("RGB", (1100, 640), (150, 146, 140))
    photo.paste(portrait(520), (30, 90))
    photo.paste(portrait(360).transpose(Image.Transpose.FLIP_LEFT_RIGHT), (660, 60))
    return photo


def write_inputs(folder: Path) -> None:
    """The photos and holes of all cases."""
    folder.mkdir(parents=True, exist_ok=True)
    for size in (128, 512, 1024, 3000, 3400):
        portrait(size).save(folder / f"portrait-{size}.png")
        scratches(size, size).save(folder / f"scratches-{size}.png")
    hidden_eye(512).save(folder / "eye-512.png")
    two_faces().save(folder / "two.png")
    scratches(1100, 640, seed=3).save(folder / "two-hole.png")
    photo = portrait(512)
    photo.convert("L").save(folder / "grey.png")
    alpha = photo.copy()
    alpha.putalpha(Image.linear_gradient("L").resize((512, 512)))
    alpha.save(folder / "alpha.png")
    import cv2

    deep = np.asarray(photo).astype(np.uint16) * 257 + np.arange(512, dtype=np.uint16)[:, None, None] % 200
    cv2.imwrite(str(folder / "deep.png"), deep[..., ::-1])
    sepia = np.asarray(photo.convert("L")).astype(float)[..., None] * [1.0, 0.87, 0.68]
    Image.fromarray(sepia.round().clip(0, 255).astype(np.uint8)).save(folder / "sepia.png")


WHOLE = ("--face", "whole")
CASES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "portrait-128": ("portrait-128", "scratches-128", WHOLE),
    "portrait-512": ("portrait-512", "scratches-512", WHOLE),
    "portrait-1024": ("portrait-1024", "scratches-1024", WHOLE),
    "portrait-3000": ("portrait-3000", "scratches-3000", WHOLE),
    "portrait-3400": ("portrait-3400", "scratches-3400", WHOLE),
    "two-faces": ("two", "two-hole", ()),
    "two-faces-named": ("two", "two-hole", ("--face", "200,180,170,210", "--face", "770,110,110,140")),
    "grey": ("grey", "scratches-512", WHOLE),
    "sepia": ("sepia", "scratches-512", WHOLE),
    "deep": ("deep", "scratches-512", WHOLE),
    "alpha": ("alpha", "scratches-512", WHOLE),
    "twins": ("portrait-512", "eye-512", ()),
    "seed": ("portrait-512", "scratches-512", ("--seed", "3", *WHOLE)),
    "mirror": ("portrait-512", "scratches-512", ("--mirror", *WHOLE)),
    "styles": ("portrait-512", "eye-512", ("--style-from", "grey.png", "--classes", "skin=0.7,l_eye")),
    "refine": ("portrait-128", "scratches-128", ("--refine", "2", *WHOLE)),
    "strength": ("portrait-512", "scratches-512", ("--strength", "0.5", "--feather", "8", *WHOLE)),
    "small-model": ("portrait-512", "scratches-512", ("--model", "bundled", *WHOLE)),
}


def inlay(folder: Path, *arguments: str) -> None:
    """Run the command line; raises where it fails."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run([*RUN, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {done.stderr}")


def make(folder: Path) -> None:
    """Write the inputs and every golden picture."""
    write_inputs(folder)
    (folder / "out").mkdir(exist_ok=True)
    for name, (photo, hole, options) in CASES.items():
        inlay(
            folder, "fill", f"{photo}.png", "--hole", f"{hole}.png", "-o", f"out/{name}.png",
            "--precision", "fp32", *options,
        )  # fmt: skip
        print(name, flush=True)
    inlay(folder, "layout", "two.png", "--hole", "two-hole.png", "-o", "out/layout.png")
    given = ("--layout", "out/layout.png", "--precision", "fp32", "-o", "out/given-layout.png")
    inlay(folder, "fill", "two.png", "--hole", "two-hole.png", *given)
    inlay(folder, "export", "model.onnx")
    for size in (512, 3400):
        named = ("--model", "model.onnx", "-o", f"out/onnx-{size}.png")
        inlay(folder, "fill", f"portrait-{size}.png", "--hole", f"scratches-{size}.png", *named)


def compare(one: Path, other: Path) -> None:
    """Print how far the pictures of two folders are apart; status 1 where any is."""
    apart = False
    for path in sorted((one / "out").glob("*.png")):
        before, after = _values(path), _values(other / "out" / path.name)
        if before.shape != after.shape:
            print(f"{path.stem}: {before.shape} became {after.shape}")
            apart = True
            continue
        off = np.abs(before.astype(int) - after)
        apart |= bool(off.any())
        count, scale = int(off.reshape(*off.shape[:2], -1).any(axis=-1).sum()), 257 if off.max() > 255 else 1
        print(f"{path.stem}: {count} pixels differ, by at most {off.max() / scale:.4g} levels")
    raise SystemExit(int(apart))


def _values(path: Path) -> np.ndarray:
    import cv2

    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def main() -> None:
    """Make the pictures, or compare two folders of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=("make", "compare"))
    parser.add_argument("folders", type=Path, nargs="+")
    given = parser.parse_args()
    if given.task == "make":
        make(given.folders[0])
    else:
        compare(*given.folders)


if __name__ == "__main__":
    main()
