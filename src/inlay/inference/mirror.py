"""A second look: the portrait and its mirror image are filled, and the mean is taken.

Self-ensemble (Timofte et al. 2016) with one flip. The mirror image's classes are its twins: a left eye is a
right one. It costs twice the time, and what two looks disagree on is smoothed: more fidelity, less sharpness.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from inlay.batch import Batch, Output
from inlay.model import InpaintingModel
from inlay.networks.layout import LayoutPredictor, most_likely

__all__ = ["Twins", "answer_twice", "complete_twice", "mean_of_looks", "mirrored"]

Twins = tuple[int, ...]
"""For each class, which one it is in a mirror (`LabelSet.twins`)."""


def mirrored(batch: Batch, twins: Twins) -> Batch:
    """The mirror images, under the mirrored layout."""
    swap = torch.tensor(twins, device=batch.label.device)
    belief = None if batch.belief is None else batch.belief.flip(-1)[:, swap]
    return Batch(batch.image.flip(-1), swap[batch.label.flip(-1)], batch.hole.flip(-1), belief)


def complete_twice(predictor: LayoutPredictor, batch: Batch, twins: Twins) -> Batch:
    """The pictures under the layout that both looks together find most likely."""
    one, other = predictor.complete(batch).belief, predictor.complete(mirrored(batch, twins)).belief
    assert one is not None
    assert other is not None
    belief = (one + other.flip(-1)[:, list(twins)]) / 2
    return batch.with_label(most_likely(belief.clamp(min=1e-12).log()), belief)


def answer_twice(
    answer: Callable[[InpaintingModel, Batch], Output], twins: Twins
) -> Callable[[InpaintingModel, Batch], Output]:
    """The mean of the two pictures, with styles and attention of the first look."""

    def both(model: InpaintingModel, batch: Batch) -> Output:
        one, other = answer(model, batch), answer(model, mirrored(batch, twins))
        return Output(mean_of_looks(one.image, other.image), one.style, one.attention)

    return both


def mean_of_looks(image: Tensor, of_mirror: Tensor) -> Tensor:
    """The mean of a picture and its mirror image's, turned back; both clipped first, as composites are."""
    return (image.clamp(-1, 1) + of_mirror.flip(-1).clamp(-1, 1)) / 2
