"""Carrying detail over: `python benchmarks/residual_detail.py --photos DIR --lpips DIR [--model DIR]`.

Portraits of 1024 x 1024 get free-form holes and are filled with detail from the attention and without; LPIPS
(squeeze, v0.1) of the whole pictures against the originals says which is nearer.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from inlay.data.holes import FreeForm, free_form_hole
from inlay.evaluation.metrics.perceptual import Lpips, load_distance
from inlay.inference.finish import Finish
from inlay.inference.inpaint import Inpainter


def main() -> None:
    """Print a line a photo and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--lpips", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--blend", default="smooth")
    parser.add_argument("--results", type=Path, help="folder for original | plain | with detail")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    inpainter, distance = Inpainter.load(options.model, "cpu"), Lpips(load_distance(options.lpips))
    carried = Finish(blend=options.blend)
    plain = replace(carried, detail="none")
    scores = []
    for number, path in enumerate(sorted(options.photos.glob("*.jpg"))[: options.limit]):
        photo = Image.open(path).convert("RGB")
        small = free_form_hole(np.random.default_rng(number), (256, 256), FreeForm())
        hole = np.asarray(Image.fromarray(small * 255).resize(photo.size, Image.Resampling.BICUBIC)) > 127
        pictures = [np.asarray(inpainter(photo, hole, finish=f).image) for f in (plain, carried)]
        truth = np.asarray(photo)
        scores.append([distance(truth, picture) for picture in pictures])
        before, after = scores[-1]
        print(
            f"{path.stem} hole {hole.mean():.1%} LPIPS {before:.4f} plain, {after:.4f} with detail",
            flush=True,
        )
        if options.results is not None:
            Image.fromarray(np.concatenate([truth, *pictures], axis=1)).save(options.results / path.name)
    table = np.array(scores)
    better = int((table[:, 1] < table[:, 0]).sum())
    print(
        f"better on {better} of {len(table)} ({better / len(table):.0%}); "
        f"mean {table[:, 0].mean():.4f} plain, {table[:, 1].mean():.4f} with detail"
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
