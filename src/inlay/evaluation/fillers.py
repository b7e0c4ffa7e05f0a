"""What fills holes in an evaluation: a model under the true or the predicted layout.

A filler gets cases with black holes and answers whole pictures; the evaluation puts the known pixels back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import UInt8

from inlay.batch import Batch, Output
from inlay.errors import UserError
from inlay.evaluation.cases import Cases
from inlay.painters.protocols import Network, Predictor, forward
from inlay.painters.refine import Refinement
from inlay.repair.inpainter import Inpainter
from inlay.tensors import from_tensor, to_tensor

__all__ = [
    "Filled",
    "Filler",
    "LayoutSource",
    "ModelFiller",
    "PhotoFills",
    "plain_answer",
    "predicted_layout",
    "refined_answer",
    "true_layout",
]


@dataclass(frozen=True)
class Filled:
    """Whole pictures, and the layouts that the filler itself predicted, if it predicts any."""

    images: UInt8[np.ndarray, "n h w 3"]
    layouts: UInt8[np.ndarray, "n h w"] | None = None


@runtime_checkable
class Filler(Protocol):
    """Something that fills the black holes of cases."""

    @property
    def layout(self) -> str:
        """'true' or 'predicted'; 'none' for a filler that takes none, 'unknown' for another program's."""
        ...

    def __call__(self, cases: Cases) -> Filled:
        """Fill the holes."""
        ...


NO_LAYOUTS = "these pictures come without layouts; take --layout predicted, or name their folder (--labels)"

LayoutSource = Callable[[Batch, Batch | None], Batch]
"""Chooses what the model is given: the batch under the true layout or under the predicted one."""


def true_layout(truth: Batch, predicted: Batch | None) -> Batch:
    """The data set's layout of the whole picture, hole included, as the paper has it."""
    return truth


def predicted_layout(truth: Batch, predicted: Batch | None) -> Batch:
    """The layout predicted from known pixels, as `inlay fill` has it for a bare photo."""
    if predicted is None:
        raise UserError("this model has no layout predictor; evaluate it with --layout true")
    return predicted


def plain_answer(network: Network, batch: Batch) -> Output:
    """One plain pass."""
    with torch.inference_mode():
        return forward(network, batch)


def refined_answer(refinement: Refinement) -> Callable[[Network, Batch], Output]:
    """A pass whose style codes are optimised on the known pixels (eq. 8)."""
    return lambda model, batch: refinement(model, batch).output


class ModelFiller:
    """A model in fp32, with its layout predictor; `answer` is one plain pass or a refinement."""

    def __init__(
        self,
        model: Network,
        predictor: Predictor | None,
        *,
        source: LayoutSource,
        answer: Callable[[Network, Batch], Output] = plain_answer,
        device: torch.device | str = "cpu",
    ) -> None:
        self.model, self.predictor = model, predictor
        self.source, self.answer, self.device = source, answer, device
        self.layout = "true" if source is true_layout else "predicted"

    def __call__(self, cases: Cases) -> Filled:
        """Fill the holes and predict the layouts."""
        given, predicted = self.given(cases)
        output = self.answer(self.model, given)
        layouts = None if predicted is None else predicted.label.to(torch.uint8).cpu().numpy()
        return Filled(from_tensor(output.image), layouts)

    def given(self, cases: Cases) -> tuple[Batch, Batch | None]:
        """What the model is given, and what its predictor makes of it."""
        labels = np.zeros_like(cases.holes) if cases.labels is None else cases.labels
        if cases.labels is None and self.layout == "true":
            raise UserError(NO_LAYOUTS)
        batch = Batch(
            to_tensor(cases.images),
            torch.from_numpy(labels.astype(np.int64)),
            torch.from_numpy(cases.holes)[:, None].float(),
        ).to(self.device)
        predicted = None
        if self.predictor is not None:
            # Not in inference mode: a refinement takes gradients under this layout.
            with torch.no_grad():
                predicted = self.predictor.complete(batch)
        return self.source(batch, predicted), predicted


class PhotoFills:
    """Each case as `inlay fill --face whole` fills a photo: scaled to its model's size, there and back.

    Of two models the portrait's size chooses. `layout` is 'true' or 'predicted'.
    """

    def __init__(self, inpainter: Inpainter, layout: str) -> None:
        self.inpainter, self.layout = inpainter, layout

    def __call__(self, cases: Cases) -> Filled:
        """Fill the holes, one picture at a time."""
        is_true = self.layout == "true"
        if is_true and cases.labels is None:
            raise UserError(NO_LAYOUTS)
        labels = cases.labels if is_true and cases.labels is not None else [None] * len(cases)
        filled, layouts = cases.images.copy(), list[np.ndarray]()
        for number, (image, hole, label) in enumerate(zip(cases.images, cases.holes, labels, strict=True)):
            if hole.any():
                result = self.inpainter(image, hole > 0, label, faces="whole")
                filled[number] = np.asarray(result.image)
                layouts.append(result.layout)
            elif not is_true:
                layouts.append(self.inpainter.predict_layout(image, faces="whole"))
        return Filled(filled, None if is_true else np.stack(layouts))
