"""One portrait under a hole: encoded as seldom as its model allows, drawn under one layout after another."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from inlay.batch import Attention, Batch, Output
from inlay.errors import UserError
from inlay.inference.inpaint import Inpainter, fill_at_size, layout_at_size
from inlay.inference.photo import Photo
from inlay.inference.placement import Placement
from inlay.inference.styles import StyleChanges, moved
from inlay.inference.two_scales import TwoScales
from inlay.inference.variety import varied
from inlay.model import Encoding
from inlay.networks.regions import repaint, resize_label

__all__ = ["KNOWN_PIXEL", "Portrait"]

Layout = UInt8[np.ndarray, "gh gw"]
"""Class ids at the size at which a photo's layout is shown."""


KNOWN_PIXEL = "that pixel is known, so the model looked nowhere for it; choose one that was filled"


class Portrait:
    """A portrait where it lies in its photo, with what is known of it: prediction and encoding."""

    @torch.inference_mode()
    def __init__(self, inpainter: Inpainter, photo: Photo, at: Placement) -> None:
        self.inpainter, self.at = inpainter, at
        self.photo, self.hole = at.portrait(photo)
        canvas = inpainter.canvas(self.photo, self.hole, at.frame)
        self.predicted, self.layout = inpainter.with_layout(canvas, at.layout_frame, None)
        self._shown: Int[Tensor, "1 th tw"] | None = None
        self._encoded: tuple[Batch, Encoding] | None = None

    def shown_as(self, layout: Layout) -> None:
        """Remember how the predicted layout is shown: cells that differ from it later were repainted."""
        self._shown = self._cells(layout)

    def encoding(self, layout: Layout | None, seed: int = 0) -> tuple[Encoding, Batch]:
        """What is kept of the known pixels, and the canvas under the layout (the predicted one by default).

        A seed other than 0 draws another plausible layout where nobody painted (`varied`).

        A layout that differs inside the hole alone leaves style codes and context as they are; one that
        differs elsewhere pools the styles over other regions, so that the known pixels are encoded anew. So
        does any other layout where the model sees the face reflected: a hidden eye's place moves the axis.
        """
        model = self.inpainter.snapshot.model
        canvas = self._canvas(layout, seed)
        counts = (canvas.hole[:, 0] == 0) | model.reflects
        if self._encoded is None or bool((self._encoded[0].label != canvas.label)[counts].any()):
            self._encoded = canvas, model.encode(canvas)
        return self._encoded[1], canvas

    @torch.inference_mode()
    def layout_under(self, layout: Layout | None, seed: int) -> UInt8[np.ndarray, "h w"]:
        """The layout that a seed draws, at the size that `Placement.show_label` takes."""
        return layout_at_size(self.encoding(layout, seed)[1], self.at.layout_frame)

    @torch.inference_mode()
    def draw(
        self, layout: Layout | None, seed: int, styles: StyleChanges, *, quick: bool = False
    ) -> tuple[Batch, Output]:
        """What the model draws, with other styles for some classes, and the canvas on which it does.

        Of two models that fill together a quick picture is the smaller one's.
        """
        model = self.inpainter.snapshot.model
        if quick and isinstance(model, TwoScales):
            canvas = self._canvas(layout, seed)
            return canvas, model.sketch(canvas, lambda style: moved(style, styles, self.inpainter.size))
        encoding, canvas = self.encoding(layout, seed)
        style = moved(encoding.style, styles, self.inpainter.size)
        noise = torch.Generator(self.inpainter.device).manual_seed(seed)
        prepared = model.prepare(canvas.label, canvas.belief)
        image = model.decode(replace(encoding, style=style), canvas.label, noise, prepared)
        return canvas, Output(image, style, _relabelled(encoding.attention, canvas.label))

    def filled(
        self, canvas: Batch, output: Output, asked: Collection[int] = ()
    ) -> Float[np.ndarray, "h w 3"]:
        """The portrait's picture with what was drawn in its hole, RGB from 0 to 255.

        `asked` are the classes that were repainted or drawn with other styles.
        """
        at, labels = self.at, self.inpainter.labels
        fill = fill_at_size(
            self.photo, self.hole, at.frame, canvas, output, labels, asked=asked, finish=at.finish
        )
        return np.where(self.hole[..., None], fill, self.photo.pixels.astype(np.float32))

    @torch.inference_mode()
    def look(self, x: int, y: int, layout: Layout | None, seed: int = 0) -> "Gaze":
        """Where the attention of the photo's pixel in column x and row y went."""
        encoding, canvas = self.encoding(layout, seed)
        record = encoding.attention
        if record is None:
            raise UserError("this model has no attention to show")
        th, tw = record.output.shape[-2:]
        height, width = canvas.label.shape[-2:]
        row, column = self.at.place(x, y)
        row, column = int(row * th / height), int(column * tw / width)
        token = row * tw + column
        if record.asks[0, token] == 0:
            raise UserError(KNOWN_PIXEL)
        weights = record.rows(torch.tensor([token], device=record.query.device))[0, 0]
        label = int(canvas.label[0, row * height // th, column * width // tw])
        same = float(weights[record.label[0] == label].sum().clamp(0, 1))
        spread = torch.nn.functional.interpolate(
            weights.reshape(1, 1, th, tw), (height, width), mode="nearest"
        )
        return Gaze(spread[0, 0].float().cpu().numpy(), label, same)

    def repainted(self, layout: Layout | None) -> set[int]:
        """The classes that a layout has elsewhere than the predicted one, or no longer has there."""
        if layout is None:
            return set()
        assert self._shown is not None
        cells = self._cells(layout)
        changed = cells != self._shown
        return {*cells[changed].tolist(), *self._shown[changed].tolist()}

    def _canvas(self, layout: Layout | None, seed: int) -> Batch:
        return varied(self.predicted if layout is None else self._under(layout), seed)

    def _under(self, layout: Layout) -> Batch:
        assert self._shown is not None
        cells = self._cells(layout)
        # Where nothing was repainted the prediction stays as it was: the grid's cells are others.
        repainted, predicted = cells != self._shown, self.predicted
        label = torch.where(repainted, cells, predicted.label)
        assert predicted.belief is not None
        return predicted.with_label(label, repaint(predicted.belief, label, repainted))

    def _cells(self, layout: Layout) -> Int[Tensor, "1 th tw"]:
        return torch.from_numpy(self.at.cells(layout).astype(np.int64))[None].to(self.inpainter.device)


@dataclass(frozen=True)
class Gaze:
    """Where the model looked for one pixel: weights on the canvas, the pixel's class, its class's share."""

    weights: Float[np.ndarray, "th tw"]
    label: int
    same_class: float


def _relabelled(attention: Attention | None, label: Int[Tensor, "1 h w"]) -> Attention | None:
    """The record under another layout of the hole: what it attends to does not depend on it, its words do."""
    if attention is None:
        return None
    size = (attention.output.shape[-2], attention.output.shape[-1])
    return replace(attention, label=resize_label(label, size).flatten(1))
