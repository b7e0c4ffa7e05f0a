"""Carrying detail over: `python benchmarks/carried_detail.py --photos DIR --lpips DIR [--model DIR]`.

Portraits of 1024 x 1024 get free-form holes and are filled without detail, with that of patches the attention
looked at, with that of patches that match, and with the latter and strands of hair; LPIPS (squeeze, v0.1) of
the whole pictures against the originals says which is nearest, and the mean slope of brightness in the hole
over that of the photo's how much of it there is.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from hidden_parts import slope
from PIL import Image

from inlay.data.holes import FreeForm, free_form_hole
from inlay.evaluation.metrics.perceptual import Lpips, load_distance
from inlay.inference.finish import DETAILS, Finish
from inlay.inference.inpaint import Inpainter


def main() -> None:
    """Print a line a photo and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--lpips", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--blend", default="smooth")
    parser.add_argument("--results", type=Path, help="folder for original | each of the results")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    inpainter, distance = Inpainter.load(options.model, "cpu"), Lpips(load_distance(options.lpips))
    finishes = [Finish(blend=options.blend, detail=name, strands=False) for name in DETAILS[::-1]]
    finishes.append(Finish(blend=options.blend))
    names = [*DETAILS[::-1], f"{Finish().detail} and strands"]
    scores, slopes = [], []
    for number, path in enumerate(sorted(options.photos.glob("*.jpg"))[: options.limit]):
        photo = Image.open(path).convert("RGB")
        small = free_form_hole(np.random.default_rng(number), (256, 256), FreeForm())
        hole = np.asarray(Image.fromarray(small * 255).resize(photo.size, Image.Resampling.BICUBIC)) > 127
        pictures = [np.asarray(inpainter(photo, hole, finish=f).image) for f in finishes]
        truth = np.asarray(photo)
        scores.append([distance(truth, picture) for picture in pictures])
        slopes.append([slope(picture, hole) / slope(truth, hole) for picture in pictures])
        told = ", ".join(f"{score:.4f} {name}" for score, name in zip(scores[-1], names, strict=True))
        print(f"{path.stem} hole {hole.mean():.1%} LPIPS {told}", flush=True)
        if options.results is not None:
            Image.fromarray(np.concatenate([truth, *pictures], axis=1)).save(options.results / path.name)
    table = np.array(scores)
    for n, name in enumerate(names):
        better = int((table[:, n] < table[:, names.index("none")]).sum())
        print(
            f"{name}: LPIPS {table[:, n].mean():.4f}, better than none on {better} of {len(table)}; "
            f"slope {np.mean(slopes, axis=0)[n]:.3f} of the photo's"
        )


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
