"""What test-time style optimisation can gain inside the hole, by what the style codes are fitted to.

Faces come from train.txt (settings are never chosen on val), holes are drawn. `seen`: a ring of known pixels
around the hole, as the encoder saw it. `hidden`: the same ring, but hidden from the encoder too, so that
copying does not help. `truth`: the hole's own pixels, which nobody has in use: the bound of what other style
codes could do. Half of the ring (blocks like a chessboard) is kept aside to choose each picture's best step.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from inlay.checkpoint import load_snapshot
from inlay.data.holes import FreeForm, frozen_holes
from inlay.evaluation.cases import Cases, find_pairs, load_cases
from inlay.evaluation.fillers import ModelFiller, predicted_layout
from inlay.evaluation.metrics.pixels import hole_psnr
from inlay.networks.regions import one_hot
from inlay.tensors import from_tensor, to_tensor


def l1(image: Tensor, truth: Tensor, region: Tensor) -> Tensor:
    """The mean absolute difference over a region, a picture."""
    return ((image - truth).abs() * region).sum((1, 2, 3)) / (3 * region.sum((1, 2, 3))).clamp(min=1)


def cases_of(data: Path, count: int, size: int) -> Cases:
    """The same faces and holes each time."""
    pairs = find_pairs(data=data, stems=data / "train.txt")
    chosen = sorted(np.random.default_rng(5).permutation(len(pairs))[:count].tolist())
    labels = load_snapshot(None).labels
    return load_cases([pairs[n] for n in chosen], frozen_holes(77, count, (size, size), FreeForm()), labels)


def main() -> None:
    """Print the mean gain of hole PSNR after each step, plain and with each picture's best step kept."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--what", choices=("seen", "hidden", "truth"), required=True)
    options.add_argument("--count", type=int, default=24)
    options.add_argument("--steps", type=int, default=4)
    options.add_argument("--ring", type=int, default=8, help="width in pixels")
    options.add_argument("--learning-rate", type=float, default=0.02)
    given = options.parse_args()
    snapshot = load_snapshot(None)
    model, size = snapshot.model.requires_grad_(False), snapshot.config.data.size
    cases = cases_of(given.data, given.count, size)
    batch, _ = ModelFiller(model, snapshot.layout, source=predicted_layout).given(cases.holed())
    truth = to_tensor(cases.images)
    ring = F.max_pool2d(batch.hole, 2 * given.ring + 1, 1, given.ring) * batch.known
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    chess = ((rows // 16 + columns // 16) % 2).float()
    fit, check = (batch.hole, batch.hole) if given.what == "truth" else (ring * chess, ring * (1 - chess))
    with torch.no_grad():
        plain, prepared = model.encode(batch), model.prepare(batch.label, batch.belief)
        encodings = {"fit": plain, "check": plain}
        if given.what == "hidden":
            for name, region in (("fit", fit), ("check", check)):
                hidden = replace(
                    batch, hole=torch.maximum(batch.hole, region), image=batch.image * (1 - region)
                )
                encodings[name] = model.encode(hidden)
    present = (one_hot(batch.label, plain.style.shape[1]) * batch.known).sum((2, 3))[..., None] > 0
    change = torch.zeros_like(plain.style, requires_grad=True)
    optimizer = torch.optim.Adam([change], lr=given.learning_rate, betas=(0.9, 0.999))

    def drawn(encoding_of: str) -> Tensor:
        encoding = encodings.get(encoding_of, plain)
        moved = replace(encoding, style=encoding.style + change * present)
        return model.decode(moved, batch.label, None, prepared)

    gains, errors = [], []
    for step in range(given.steps + 1):
        loss = l1(drawn("fit"), truth, fit)
        with torch.no_grad():
            filled = from_tensor(drawn("whole"))
            errors.append(l1(drawn("check"), truth, check))
        values = [hole_psnr(*one) for one in zip(cases.images, filled, cases.holes, strict=True)]
        gains.append(np.array(values))
        gain, kept = gains[-1] - gains[0], np.stack(gains) - gains[0]
        best = kept[torch.stack(errors).argmin(dim=0).numpy(), np.arange(given.count)]
        sure = given.count**0.5
        print(
            f"step {step}: {gain.mean():+.3f} dB (standard error {gain.std(ddof=1) / sure:.3f}); best by "
            f"check {best.mean():+.3f} ({best.std(ddof=1) / sure:.3f}); "
            f"fitted error {float(loss.detach().mean()):.5f}",
            flush=True,
        )
        (change.grad,) = torch.autograd.grad(loss.sum(), [change])
        optimizer.step()


if __name__ == "__main__":
    main()
