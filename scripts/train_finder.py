"""Train the face finder: `python scripts/train_finder.py --images DIR --stems FILE --output FILE`.

Portraits in CelebA-HQ framing are placed turned, scaled and shifted under windows: that is the truth.
Windows that see a part of a face, a face that is much too small, or none, are the counter-examples.
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from inlay.networks.finder import FaceFinder
from inlay.networks.regions import smooth_fill

STORED = 96


def read(folder: Path, stems: list[str]) -> Tensor:
    """The portraits at 96 x 96, uint8."""
    faces = []
    for stem in stems:
        with Image.open(folder / f"{stem}.jpg") as picture:
            picture.draft("RGB", (2 * STORED, 2 * STORED))
            faces.append(np.asarray(picture.convert("RGB").resize((STORED, STORED), Image.Resampling.BOX)))
    return torch.from_numpy(np.stack(faces)).permute(0, 3, 1, 2)


def uniform(count: int, low: float, high: float) -> Tensor:
    """Evenly spread random numbers."""
    return low + (high - low) * torch.rand(count)


def frames(count: int) -> tuple[Tensor, Tensor]:
    """Where the face's frame lies in each window (x, y, log side, angle), and whether it counts as found."""
    shift = torch.stack([uniform(count, -0.32, 0.32), uniform(count, -0.32, 0.32)], dim=1)
    small = torch.rand(count) < 0.45  # later passes see nearly right windows and must be precise
    shift = torch.where(small[:, None], shift * 0.35, shift)
    log_side = torch.where(small, uniform(count, -0.18, 0.18), uniform(count, -0.42, 0.42))
    angle = torch.where(torch.rand(count) < 0.4, uniform(count, -0.2, 0.2), uniform(count, -1.0, 1.0))
    found = torch.rand(count) < 0.6
    kind = torch.rand(count)
    far = (
        (kind < 0.35)[:, None]
        * torch.nn.functional.normalize(torch.randn(count, 2), dim=1)
        * uniform(count, 0.6, 1.1)[:, None]
    )
    away = torch.where(
        (kind > 0.65),
        uniform(count, -1.6, -0.8),
        torch.where(kind > 0.35, uniform(count, 0.8, 1.9), log_side),
    )
    far = (
        far
        + ((kind > 0.35) & (kind <= 0.65))[:, None] * (torch.rand(count, 2) - 0.5) * away.exp()[:, None] * 0.7
    )
    shift = torch.where(found[:, None], shift, torch.where((kind < 0.35)[:, None], far, far + 0.3 * shift))
    log_side = torch.where(found, log_side, away)
    return torch.cat([shift, log_side[:, None], angle[:, None]], dim=1), found


def look(faces: Tensor, frame: Tensor, padding: str) -> tuple[Tensor, Tensor]:
    """The windows at 96 x 96 and where the portraits cover them."""
    side, angle = frame[:, 2].exp(), frame[:, 3]
    cos, sin = angle.cos() / side, angle.sin() / side
    x, y = 2 * frame[:, 0], 2 * frame[:, 1]
    matrix = torch.stack([cos, sin, -cos * x - sin * y, -sin, cos, sin * x - cos * y], dim=1).view(-1, 2, 3)
    grid = F.affine_grid(matrix, [len(faces), 3, STORED, STORED], align_corners=False)
    seen = F.grid_sample(faces, grid, padding_mode=padding, align_corners=False)
    cover = (grid.abs().amax(dim=-1) <= 1).float()[:, None]
    return seen, cover


def backgrounds(faces: Tensor) -> Tensor:
    """Stretched corners of other portraits, plain colours, and noise."""
    count = len(faces)
    zoom = torch.stack([uniform(count, 0.1, 0.35), uniform(count, 0.1, 0.35)], dim=1)
    corner = (torch.rand(count, 2) > 0.5).float() * 2 - 1
    corner[:, 1] = torch.where(torch.rand(count) < 0.8, -1.0, 1.0)
    center = corner * (1 - zoom)
    matrix = torch.zeros(count, 2, 3)
    matrix[:, 0, 0], matrix[:, 1, 1] = (
        zoom[:, 0] * (torch.rand(count) > 0.5).float().mul(2).sub(1),
        zoom[:, 1],
    )
    matrix[:, :, 2] = center
    grid = F.affine_grid(matrix, list(faces.shape), align_corners=False)
    scene = F.grid_sample(faces, grid, padding_mode="reflection", align_corners=False)
    plain = torch.rand(count, 3, 1, 1) * 2 - 1
    rough = F.interpolate(torch.rand(count, 3, 12, 12) * 2 - 1, size=(STORED, STORED), mode="bilinear")
    pick = torch.rand(count)[:, None, None, None]
    return torch.where(
        pick < 0.6, scene, torch.where(pick < 0.85, plain.expand_as(scene), plain + 0.4 * rough)
    )


def holes(count: int) -> Tensor:
    """Boxes and bars over half of the windows."""
    hole = torch.zeros(count, 1, FaceFinder.SIDE, FaceFinder.SIDE)
    for n in range(count):
        for _ in range(int(torch.randint(0, 3, ()))):
            thin = torch.rand(()) < 0.5
            h, w = (int(x) for x in torch.randint(3, 20, (2,)))
            h, w = (3, 40) if thin and w > h else (40, 3) if thin else (h, w)
            top, left = int(torch.randint(-4, 44, ())), int(torch.randint(-4, 44, ()))
            hole[n, :, max(top, 0) : top + h, max(left, 0) : left + w] = 1
    return hole


def batch(pool: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Windows with holes, their truth, and which show a face."""
    faces = pool[torch.randint(len(pool), (count,))].float() / 127.5 - 1
    mirrored = torch.rand(count) < 0.5
    faces = torch.where(mirrored[:, None, None, None], faces.flip(-1), faces)
    frame, found = frames(count)
    padding = "border" if torch.rand(()) < 0.35 else "zeros"
    seen, cover = look(faces, frame, padding)
    behind = backgrounds(pool[torch.randint(len(pool), (count,))].float() / 127.5 - 1)
    window = seen if padding == "border" else seen * cover + behind * (1 - cover)
    window = torch.where((~found & (torch.rand(count) < 0.2))[:, None, None, None], behind, window)
    window = F.avg_pool2d(window, 2)
    if torch.rand(()) < 0.3:  # small faces are blurred ones
        window = F.interpolate(F.avg_pool2d(window, 2), scale_factor=2.0, mode="bilinear")
    gain, tint = (
        (uniform(count, -0.4, 0.4)).exp()[:, None, None, None],
        1 + 0.15 * torch.randn(count, 3, 1, 1),
    )
    window = (window * gain * tint + uniform(count, -0.25, 0.25)[:, None, None, None]).clamp(-1, 1)
    grey = window.mean(dim=1, keepdim=True).expand_as(window)
    window = torch.where((torch.rand(count) < 0.12)[:, None, None, None], grey, window)
    hole = holes(count)
    return smooth_fill(window, hole, sweeps=2), hole, frame, found


def main() -> None:
    """Train for so many minutes and write the weights as fp16."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--stems", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--batch-size", type=int, default=96)
    options = parser.parse_args()
    torch.manual_seed(0)
    pool = read(options.images, options.stems.read_text().split())
    net = FaceFinder()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-3)
    weight = torch.tensor([4.0, 4.0, 4.0, 2.0])
    started, step, sums = time.time(), 0, torch.zeros(3)
    while (share := (time.time() - started) / (60 * options.minutes)) < 1:
        rate = 2e-3 * min(1.0, step / 100) * 0.5 * (1 + math.cos(math.pi * share))
        optimizer.param_groups[0]["lr"] = rate
        window, hole, frame, found = batch(pool, options.batch_size)
        answer = net(window, hole)
        detect = F.binary_cross_entropy_with_logits(answer[:, 0], found.float())
        miss = F.smooth_l1_loss(answer[found, 1:], frame[found], reduction="none", beta=0.03) * weight
        loss = detect + 2 * miss.mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        off = (answer[found, 1:3] - frame[found, :2]).norm(dim=1).mean()
        right = ((answer[:, 0] > 0) == found).float().mean()
        sums += torch.stack([off, right, loss]).detach()
        step += 1
        if step % 100 == 0:
            print(
                f"step {step} share {share:.2f} centre off {sums[0] / 100:.4f} "
                f"right {sums[1] / 100:.4f} loss {sums[2] / 100:.3f}",
                flush=True,
            )
            sums.zero_()
        if step % 500 == 0:
            save_file(
                {k: v.half() if v.is_floating_point() else v for k, v in net.state_dict().items()},
                options.output,
            )
    save_file(
        {k: v.half() if v.is_floating_point() else v for k, v in net.state_dict().items()}, options.output
    )


if __name__ == "__main__":
    main()
