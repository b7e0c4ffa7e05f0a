"""Working on one photo: encoded once for a hole, then drawn under one layout after another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8, UInt16
from PIL import Image
from torch import Tensor

from inlay.batch import Attention, Batch, Output
from inlay.errors import UserError
from inlay.images import eight_bit
from inlay.inference.blend import extend
from inlay.inference.doors import fit_hole
from inlay.inference.finish import STANDARD
from inlay.inference.frame import Frame
from inlay.inference.inpaint import Inpainter, _fill
from inlay.inference.photo import Photo
from inlay.inference.refine import CarefulRefinement
from inlay.model import Encoding, InpaintingModel
from inlay.networks.regions import repaint, resize_label

__all__ = ["Heat", "Patch", "Refinement", "Session", "Style", "StyleChange"]

Style = Float[Tensor, "classes d"]
"""A photo's style matrix."""

GRID = 512
"""The longest side of the layouts that a session shows and takes; the networks see fewer cells than that."""

MARGIN = 24
"""Known pixels around the hole that come with a patch: its level is matched to them."""


@dataclass(frozen=True)
class Patch:
    """The part of the filled photo around its hole.

    `picture` is in the photo's own mode and stands at `left`, `top`; `hole` says which of its pixels are new.
    """

    left: int
    top: int
    picture: Image.Image
    hole: Bool[np.ndarray, "h w"]

    def shown(self) -> Image.Image:
        """The new pixels in RGB, on nothing."""
        picture = eight_bit(self.picture).convert("RGB")
        picture.putalpha(Image.fromarray(self.hole.astype(np.uint8) * 255))
        return picture


@dataclass(frozen=True)
class Heat:
    """Where the model looked for one pixel: weights from 0 to 1 (the most) at the layout's size."""

    weights: Float[np.ndarray, "h w"]
    label: int
    same_class: float

    def picture(self) -> Image.Image:
        """The weights as grey levels, white the most."""
        return Image.fromarray(np.rint(self.weights * 255).astype(np.uint8))


@dataclass(frozen=True)
class Refinement:
    """A refined patch: the step that was kept, and the error on check pixels before (step 0) and with it."""

    patch: Patch
    step: int
    before: float
    after: float


@dataclass(frozen=True)
class StyleChange:
    """A class's style code moved towards another photo's: `amount` 0 leaves it, 1 replaces it."""

    style: Style
    amount: float


class Session:
    """One photo on the table. `draw_hole` comes first; `fill` then answers as often as asked."""

    def __init__(self, inpainter: Inpainter, picture: Image.Image) -> None:
        self.inpainter = inpainter
        self.photo = Photo.of(picture)
        size = inpainter.snapshot.config.data.size
        self.frame = Frame.around(self.photo.size, size)
        scale = min(1.0, GRID / max(self.photo.size))
        h, w = (max(1, round(side * scale)) for side in self.photo.size)
        self.grid = replace(self.frame, photo=(h, w))
        self._hole: Bool[np.ndarray, "h w"] | None = None
        self._predicted: Batch | None = None
        self._shown: Int[Tensor, "1 th tw"] | None = None
        self._encoded: tuple[Batch, Encoding] | None = None

    def to_grid(self, layout: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "gh gw"]:
        """A layout of the photo's size at the size that the session takes."""
        if layout.shape != self.photo.size:
            (h, w), (lh, lw) = self.photo.size, layout.shape
            raise UserError(f"the layout is {lw} x {lh} pixels, the photo {w} x {h}; they must have one size")
        if layout.shape == self.grid.photo:
            return layout
        return np.asarray(Image.fromarray(layout).resize(self.grid.photo[::-1], Image.Resampling.NEAREST))

    @property
    def hole(self) -> Bool[np.ndarray, "h w"]:
        """The hole that was drawn last."""
        if self._hole is None:
            raise UserError("no hole yet; paint what is to be filled first")
        return self._hole

    @torch.inference_mode()
    def draw_hole(self, hole: Image.Image | np.ndarray) -> UInt8[np.ndarray, "gh gw"]:
        """Take a new hole and predict the layout under it; at most 512 cells a side."""
        drawn, _ = fit_hole(hole, self.photo.size)
        canvas = self.inpainter._canvas(self.photo, drawn, self.frame)
        predicted, shown = self.inpainter._layout(canvas, self.grid, None)
        self._hole, self._predicted, self._encoded = drawn, predicted, None
        self._shown = self._cells(shown)
        return shown

    @torch.inference_mode()
    def fill(
        self,
        layout: UInt8[np.ndarray, "gh gw"] | None = None,
        *,
        seed: int = 0,
        styles: Mapping[int, StyleChange] | None = None,
        quick: bool = False,
    ) -> Patch:
        """Fill the hole under a layout (the predicted one by default), with other styles for some classes.

        A quick patch goes without the known pixels' detail, for showing while somebody paints.
        """
        encoding, canvas = self._encoding(layout)
        if styles:
            encoding = replace(encoding, style=_moved(encoding.style, styles))
        noise = torch.Generator(self.inpainter.device).manual_seed(seed)
        model = self.inpainter.snapshot.model
        image = model.decode(encoding, canvas.label, noise, model.prepare(canvas.label, canvas.belief))
        output = Output(image, encoding.style, _relabelled(encoding.attention, canvas.label))
        return self.quick_patch(canvas, output) if quick else self.patch(canvas, output)

    def refine(
        self, layout: UInt8[np.ndarray, "gh gw"] | None, *, steps: int, watch: Callable[[int], None]
    ) -> Refinement:
        """Fill with styles adapted to the known pixels; `watch` is told each step and may raise to end it."""
        with torch.inference_mode():
            _, canvas = self._encoding(layout)
        # Tensors of inference mode take part in no gradient; their clones do.
        assert canvas.belief is not None
        batch = Batch(canvas.image.clone(), canvas.label.clone(), canvas.hole.clone(), canvas.belief.clone())
        refined = CarefulRefinement(steps=steps, watch=watch)(self.inpainter.snapshot.model, batch)
        best = int(refined.best[0])
        with torch.inference_mode():
            patch = self.patch(batch, refined.output)
        return Refinement(patch, best, float(refined.check[0, 0]), float(refined.check[0, best]))

    def patch(self, canvas: Batch, output: Output) -> Patch:
        """The filled photo around its hole, as `Inpainter` fills it."""
        top, left, bottom, right = self._box()
        fill = _fill(self.photo, self.hole, self.frame, canvas, output, STANDARD)
        photo, hole = self._window(top, left, bottom, right)
        return Patch(left, top, photo.filled(fill[top:bottom, left:right], hole), hole)

    def quick_patch(self, canvas: Batch, output: Output) -> Patch:
        """The same without detail, computed around the hole alone."""
        top, left, bottom, right = self._box()
        photo, hole = self._window(top, left, bottom, right)
        composite = InpaintingModel.compose(canvas, output)[0]
        levels = ((composite.float() + 1) * 127.5).cpu().numpy()
        fill = np.stack([self._piece(channel, (top, left, bottom, right)) for channel in levels], axis=-1)
        if not self.frame.is_plain:
            fill = fill + extend(photo.pixels.astype(np.float32) - fill, hole)
        return Patch(left, top, photo.filled(fill, hole), hole)

    def paste(self, left: int, top: int, piece: Image.Image) -> Patch:
        """A patch from a picture of one, as kept elsewhere: its opaque pixels are the hole."""
        h, w = self.photo.size
        if left < 0 or top < 0 or left + piece.width > w or top + piece.height > h:
            raise UserError(f"the patch does not lie within the photo, which is {w} x {h} pixels")
        window = np.s_[top : top + piece.height, left : left + piece.width]
        photo = replace(self.photo, pixels=self.photo.pixels[window], native=self.photo.native[window])
        rgba = np.asarray(piece.convert("RGBA"))
        hole = rgba[..., 3] > 127
        return Patch(left, top, photo.filled(rgba[..., :3].astype(np.float32), hole), hole)

    def whole(self, patch: Patch) -> Image.Image:
        """The whole photo with a patch in it; outside the hole it is the photo bit for bit."""
        values: UInt8[np.ndarray, "h w *c"] | UInt16[np.ndarray, "h w"] = self.photo.native.copy()
        h, w = patch.hole.shape
        values[patch.top : patch.top + h, patch.left : patch.left + w] = np.asarray(patch.picture)
        picture = Image.fromarray(values)
        if self.photo.profile is not None:
            picture.info["icc_profile"] = self.photo.profile
        return picture

    @torch.inference_mode()
    def look(self, x: int, y: int, layout: UInt8[np.ndarray, "gh gw"] | None = None) -> Heat:
        """Where the attention of the hole pixel in column x and row y of the photo went."""
        h, w = self.photo.size
        if not (0 <= x < w and 0 <= y < h):
            raise UserError(f"the point {x}, {y} lies outside the photo, which is {w} x {h} pixels")
        encoding, canvas = self._encoding(layout)
        record = encoding.attention
        if record is None:
            raise UserError("this model has no attention to show")
        th, tw = record.output.shape[-2:]
        (top, left), (ch, cw) = self.frame.corner, self.frame.content
        height, width = self.frame.canvas
        row = int((top + (y + 0.5) * ch / h) * th / height)
        column = int((left + (x + 0.5) * cw / w) * tw / width)
        token = row * tw + column
        if record.asks[0, token] == 0:
            raise UserError(
                "that pixel is known, so the model looked nowhere for it; choose one that was filled"
            )
        weights = record.rows(torch.tensor([token], device=record.query.device))[0, 0]
        label = int(canvas.label[0, row * height // th, column * width // tw])
        same = float(weights[record.label[0] == label].sum().clamp(0, 1))
        spread = torch.nn.functional.interpolate(
            weights.reshape(1, 1, th, tw), (height, width), mode="nearest"
        )
        shown = self.grid.back(spread[0, 0].float().cpu().numpy()).clip(min=0)
        return Heat(shown / max(float(shown.max()), 1e-12), label, same)

    @torch.inference_mode()
    def styles(self) -> Style:
        """The photo's own style codes, all of it known, for use in another session."""
        nothing = np.zeros(self.photo.size, dtype=bool)
        canvas = self.inpainter._canvas(self.photo, nothing, self.frame)
        canvas, _ = self.inpainter._layout(canvas, self.grid, None)
        return self.inpainter.snapshot.model.encode(canvas).style[0]

    def _encoding(self, layout: UInt8[np.ndarray, "gh gw"] | None) -> tuple[Encoding, Batch]:
        """What is kept of the known pixels, and the canvas under the layout.

        A layout that differs inside the hole alone leaves style codes and context as they are; one that
        differs elsewhere pools the styles over other regions, so that the known pixels are encoded anew.
        """
        self.hole  # noqa: B018 - the message for a session without one
        assert self._predicted is not None
        canvas = self._predicted if layout is None else self._on_canvas(layout)
        known = canvas.hole[:, 0] == 0
        if self._encoded is None or bool((self._encoded[0].label != canvas.label)[known].any()):
            self._encoded = canvas, self.inpainter.snapshot.model.encode(canvas)
        return self._encoded[1], canvas

    def _on_canvas(self, layout: UInt8[np.ndarray, "gh gw"]) -> Batch:
        assert self._shown is not None
        assert self._predicted is not None
        if layout.shape != self.grid.photo:
            h, w = self.grid.photo
            raise UserError(f"the layout is {layout.shape[1]} x {layout.shape[0]} cells; expected {w} x {h}")
        self.inpainter.labels.check(layout, "layout")
        cells = self._cells(layout)
        # Where nothing was repainted the prediction stays as it was: the grid's cells are others.
        repainted, predicted = cells != self._shown, self._predicted
        label = torch.where(repainted, cells, predicted.label)
        assert predicted.belief is not None
        return predicted.with_label(label, repaint(predicted.belief, label, repainted))

    def _cells(self, layout: UInt8[np.ndarray, "gh gw"]) -> Int[Tensor, "1 th tw"]:
        return torch.from_numpy(self.grid.label(layout).astype(np.int64))[None].to(self.inpainter.device)

    def _window(self, top: int, left: int, bottom: int, right: int) -> tuple[Photo, Bool[np.ndarray, "h w"]]:
        """A piece of the photo and of its hole."""
        window = np.s_[top:bottom, left:right]
        photo = replace(self.photo, pixels=self.photo.pixels[window], native=self.photo.native[window])
        return photo, self.hole[window]

    def _box(self) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of the hole with a margin."""
        h, w = self.photo.size
        rows, columns = np.flatnonzero(self.hole.any(axis=1)), np.flatnonzero(self.hole.any(axis=0))
        if not rows.size:
            raise UserError("the hole is empty; paint what is to be filled")
        margin = max(MARGIN, max(h, w) // 32)
        return (
            max(0, int(rows[0]) - margin),
            max(0, int(columns[0]) - margin),
            min(h, int(rows[-1]) + 1 + margin),
            min(w, int(columns[-1]) + 1 + margin),
        )

    def _piece(
        self, channel: Float[np.ndarray, "th tw"], box: tuple[int, int, int, int]
    ) -> Float[np.ndarray, "h w"]:
        """A box of the photo cut from a map of the canvas: what `Frame.back` would show there."""
        top, left, bottom, right = box
        (y, x), (h, w) = self.frame.corner, self.frame.content
        down, across = h / self.photo.size[0], w / self.photo.size[1]
        source = (x + left * across, y + top * down, x + right * across, y + bottom * down)
        size = (right - left, bottom - top)
        return np.asarray(Image.fromarray(channel).resize(size, Image.Resampling.BICUBIC, box=source))


def _relabelled(attention: Attention | None, label: Int[Tensor, "1 h w"]) -> Attention | None:
    """The record under another layout of the hole: what it attends to does not depend on it, its words do."""
    if attention is None:
        return None
    size = (attention.output.shape[-2], attention.output.shape[-1])
    return replace(attention, label=resize_label(label, size).flatten(1))


def _moved(
    style: Float[Tensor, "1 classes d"], changes: Mapping[int, StyleChange]
) -> Float[Tensor, "1 classes d"]:
    moved = style.clone()
    for label, change in changes.items():
        moved[0, label] = torch.lerp(style[0, label], change.style[label].to(style.dtype), change.amount)
    return moved
