"""Mean codes: each class's mean style over a data set, for classes of which a picture shows nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from inlay.batch import Batch
from inlay.checkpoint import load_snapshot, update_snapshot
from inlay.data.folder import Pair
from inlay.data.store import load_pair
from inlay.labels import LabelSet
from inlay.model import InpaintingModel
from inlay.tensors import to_tensor

__all__ = ["MeanCodes", "mean_codes", "store_mean_codes"]

BATCH = 8


@dataclass(frozen=True)
class MeanCodes:
    """A code a class, and in how many pictures the class was seen; where in none, the code is zero."""

    codes: Float[Tensor, "classes d"]
    pictures: Int[Tensor, " classes"]


@torch.no_grad()
def mean_codes(
    model: InpaintingModel,
    pairs: list[Pair],
    size: tuple[int, int],
    labels: LabelSet,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> MeanCodes:
    """Encode whole pictures at `size` and average each class's code over the pictures that show it.

    `progress` is called with how many pictures of how many are done.
    """
    encoder = model.style_encoder
    device = next(model.parameters()).device
    total = torch.zeros_like(encoder.pooling.fallback, dtype=torch.float64)
    count = torch.zeros(len(total), dtype=torch.int64, device=device)
    for done, batch in _batches(pairs, size, labels):
        batch = batch.to(device)
        style = model.encode(batch).style
        cells = (size[0] // encoder.shrink, size[1] // encoder.shrink)
        # As the pooling itself tells presence: a thin region can fall between the cells.
        shown = encoder.pooling.weights(batch.label, batch.hole, cells).sum(dim=(2, 3)) > 0
        total += (style.double() * shown[..., None]).sum(dim=0)
        count += shown.sum(dim=0)
        progress(done, len(pairs))
    return MeanCodes((total / count.clamp(min=1)[:, None]).float().cpu(), count.cpu())


def store_mean_codes(
    folder: Path,
    output: Path,
    pairs: list[Pair],
    *,
    device: torch.device | str = "cpu",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[MeanCodes, LabelSet]:
    """Write the snapshot again with the pictures' mean codes; a class that none shows keeps what it had."""
    snapshot = load_snapshot(folder, device)
    side = snapshot.config.data.size
    found = mean_codes(snapshot.model, pairs, (side, side), snapshot.labels, progress)
    before = snapshot.model.style_encoder.pooling.fallback.detach().cpu()
    codes = torch.where(found.pictures[:, None] > 0, found.codes, before)
    update_snapshot(
        folder,
        output,
        tensors={"model.style_encoder.pooling.fallback": codes},
        info={"mean_codes": {"pictures": len(pairs), "size": side}},
    )
    return found, snapshot.labels


def _batches(pairs: list[Pair], size: tuple[int, int], labels: LabelSet) -> Iterator[tuple[int, Batch]]:
    for start in range(0, len(pairs), BATCH):
        loaded = [load_pair(pair, size, labels) for pair in pairs[start : start + BATCH]]
        image = to_tensor(np.stack([image for image, _ in loaded]))
        label = torch.from_numpy(np.stack([label for _, label in loaded]).astype(np.int64))
        yield start + len(loaded), Batch(image, label, torch.zeros(len(loaded), 1, *size))
