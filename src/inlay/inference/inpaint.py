"""Filling the holes of a photo: picture in, picture out."""

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8, UInt16
from PIL import Image
from torch import Tensor

from inlay.batch import Attention, Batch, Output
from inlay.checkpoint import BOTH, BUNDLED, Snapshot, load_snapshot, snapshot_sha256
from inlay.errors import UserError
from inlay.inference.blend import extend
from inlay.inference.doors import fit_hole, fit_label
from inlay.inference.finish import STANDARD, Finish
from inlay.inference.finishing import Drawn, Parts, finished
from inlay.inference.frame import Frame, portrait_height
from inlay.inference.large import LARGEST, Reduced
from inlay.inference.mirror import complete_twice, mean_of_looks, mirrored
from inlay.inference.photo import Photo
from inlay.inference.refinement import Refinement, told
from inlay.inference.runtime import Runtime
from inlay.inference.styles import StyleChange, StyleChanges, moved, restyled
from inlay.inference.two_scales import two_scales
from inlay.inference.variety import varied
from inlay.labels import LabelSet
from inlay.model import InpaintingModel
from inlay.networks.layout import upsample_logits
from inlay.stored import NOWHERE, Origin
from inlay.tensors import to_tensor

__all__ = ["Inpainter", "Larger", "Result", "fill_at_size", "layout_at_size"]


@dataclass(frozen=True)
class Result:
    """A filled photo and how it came about.

    `image` has the photo's size and, where that can hold a fill, its mode; outside `hole` it is the photo bit
    for bit. `layout` holds the class ids at the photo's size; `layout_source` is 'given' or 'predicted'.
    `attention` is the record of the attention block at the canvas's size, None without one or without a hole.
    `notes` are sentences for people. A photo of 16-bit colour has its result in `deep`, RGB or RGBA, which
    `image` shows in 8 bits. `origin` is set where the photo came from a file.
    """

    image: Image.Image
    layout: UInt8[np.ndarray, "h w"]
    attention: Attention | None
    hole: Bool[np.ndarray, "h w"]
    layout_source: str
    seconds: float
    notes: tuple[str, ...]
    deep: UInt16[np.ndarray, "h w c"] | None = None
    origin: Origin = NOWHERE

    @property
    def hole_ratio(self) -> float:
        """The share of the photo's pixels that was filled."""
        return float(self.hole.mean())


@dataclass(frozen=True)
class Larger:
    """The bundled model for larger portraits, which is opened when the first of them comes."""

    name: str
    size: int
    runtime: Runtime
    smaller: Snapshot

    @cached_property
    def snapshot(self) -> Snapshot:
        """Both models as one (`TwoScales`), ready to answer."""
        # It may be opened in the midst of a fill, but a refinement will take gradients through it.
        with torch.inference_mode(mode=False):
            return two_scales(_placed(load_snapshot(self.name), self.runtime), self.smaller)

    @property
    def sha256(self) -> str:
        """That of its weights, known before it is opened."""
        return snapshot_sha256(self.name)


class Inpainter:
    """Fills holes of portraits, one at a time, with one model, or with one of two by the portrait's size.

    >>> inpainter = Inpainter.load(device="cpu")
    >>> photo, hole = Image.new("RGB", (160, 200), "tan"), np.zeros((200, 160), dtype=bool)
    >>> hole[90:110, 40:60] = True
    >>> result = inpainter(photo, hole)
    >>> result.image.size, result.layout.shape, result.layout_source
    ((160, 200), (200, 160), 'predicted')
    """

    def __init__(
        self,
        snapshot: Snapshot,
        device: torch.device,
        refinement: Refinement | None = None,
        larger: Larger | None = None,
    ) -> None:
        self.snapshot = snapshot
        self.device = device
        self.larger = larger
        self.refinement = refinement
        self.looks_twice = False

    @staticmethod
    def load(model: Path | str | None = None, device: str | Runtime = "auto") -> "Inpainter":
        """Open a model folder, or the models that come with the package, on a device by name or as set.

        Those are two, for portraits of 128 and of 256 pixels. One alone is asked for by its name, "bundled"
        or "bundled-256"; "bundled-both" takes both for small portraits too. A model without a layout
        predictor, as the paper's, borrows the package's where their classes agree.
        """
        runtime = Runtime(device) if isinstance(device, str) else device
        is_both = str(model) == BOTH
        snapshot = load_snapshot(None if is_both else model)
        if snapshot.layout is None:
            lender = load_snapshot(None)
            if lender.labels == snapshot.labels:
                snapshot = replace(snapshot, layout=lender.layout)
        snapshot, place = _placed(snapshot, runtime), runtime.torch_device()
        if model is not None and not is_both:
            return Inpainter(snapshot, place)
        larger = Larger(BUNDLED[1], 2 * snapshot.config.data.size, runtime, snapshot)
        return Inpainter(larger.snapshot, place) if is_both else Inpainter(snapshot, place, larger=larger)

    @property
    def size(self) -> int:
        """The height in pixels of the portraits that the model is made for; of two models the smaller."""
        return self.snapshot.config.data.size

    @property
    def sizes(self) -> tuple[int, ...]:
        """Those of both models."""
        return (self.size,) if self.larger is None else (self.size, self.larger.size)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the weights, of two models joined by a plus sign."""
        return self.snapshot.sha256 if self.larger is None else f"{self.snapshot.sha256}+{self.larger.sha256}"

    def suited(self, height: float) -> "Inpainter":
        """One with the model for portraits of so many pixels: both from the smaller one's size on."""
        return self.of_size(self.sizes[-1] if height >= self.size else self.size)

    def of_size(self, size: int) -> "Inpainter":
        """One with the model of one of `sizes` alone, whatever the portrait."""
        snapshot = self.snapshot
        if self.larger is not None and size == self.larger.size:
            snapshot = self.larger.snapshot
        inpainter = Inpainter(snapshot, self.device, self.refinement)
        inpainter.looks_twice = self.looks_twice
        return inpainter

    @property
    def labels(self) -> LabelSet:
        """The classes of the model's layouts."""
        return self.snapshot.labels

    @torch.inference_mode()
    def __call__(
        self,
        image: Image.Image | np.ndarray | Photo,
        hole: Image.Image | np.ndarray,
        layout: Image.Image | np.ndarray | None = None,
        seed: int = 0,
        finish: Finish = STANDARD,
        styles: StyleChanges | None = None,
    ) -> Result:
        """Fill the hole (white or true = to be filled), under a given layout or under the predicted one.

        The photo is taken as one portrait. `styles` moves the style codes of some classes, by their ids;
        it goes with no refinement, which starts from the photo's own. The same inputs and seed give the same
        result.
        """
        started = time.perf_counter()
        photo = Photo.of(image)
        if self.larger is not None:
            return self.suited(portrait_height(photo.size))(photo, hole, layout, seed, finish, styles)
        drawn, notes = fit_hole(hole, photo.size)
        drawn, more = finish.grown(drawn, photo.pixels)
        notes, finish = (*notes, *more), finish.once_grown
        given = None if layout is None else fit_label(layout, photo.size, self.labels)
        if max(photo.size) > LARGEST:
            result = self._large(photo, drawn, given, seed, finish, styles)
            seconds, notes = time.perf_counter() - started, tuple(dict.fromkeys((*notes, *result.notes)))
            return replace(result, seconds=seconds, notes=notes)
        frame = Frame.around(photo.size, self.size)
        canvas = self.canvas(photo, drawn, frame)
        canvas, whole_label = self.with_layout(canvas, frame, given, seed)
        source = "predicted" if given is None else "given"
        if not drawn.any():
            notes = (*notes, "the result is a copy")
            seconds = time.perf_counter() - started
            return Result(
                photo.copy(), whole_label, None, drawn, source, seconds, notes, photo.deep(photo.native)
            )
        if self.refinement is None:
            output = self._output(canvas, torch.Generator(self.device).manual_seed(seed), styles or {})
        else:
            assert not styles
            output, note = _refined(self.refinement, self.snapshot.model, canvas)
            notes = (*notes, note)
        asked = restyled(styles or {})
        fill = fill_at_size(
            photo, drawn, frame, canvas, output, self.labels, given=given, asked=asked, finish=finish
        )
        values = photo.composite(fill, drawn)
        filled, seconds = photo.picture(values), time.perf_counter() - started
        return Result(
            filled, whole_label, output.attention, drawn, source, seconds, notes, photo.deep(values)
        )

    def _large(
        self,
        photo: Photo,
        hole: Bool[np.ndarray, "h w"],
        given: UInt8[np.ndarray, "h w"] | None,
        seed: int,
        finish: Finish,
        styles: StyleChanges | None,
    ) -> Result:
        """A photo of more pixels than are filled at once: filled reduced, and enlarged in the hole alone."""
        small = Reduced.of(photo, hole)
        layout = None if given is None else small.label(given)
        inner = replace(finish.once_grown, rim=False)
        done = self(small.pixels, small.hole, layout, seed, inner, styles)
        values = small.composite(np.asarray(done.image), finish)
        label = small.label_back(done.layout) if given is None else given
        return replace(done, image=photo.picture(values), layout=label, hole=hole, deep=photo.deep(values))

    @torch.inference_mode()
    def predict_layout(
        self, image: Image.Image | np.ndarray | Photo, hole: Image.Image | np.ndarray | None = None
    ) -> UInt8[np.ndarray, "h w"]:
        """The layout of the whole photo, the hole included, as class ids at the photo's size."""
        photo = Photo.of(image)
        if self.larger is not None:
            return self.suited(portrait_height(photo.size)).predict_layout(photo, hole)
        nothing = np.zeros(photo.size, dtype=bool)
        drawn = nothing if hole is None else fit_hole(hole, photo.size)[0]
        if max(photo.size) > LARGEST:
            small = Reduced.of(photo, drawn)
            return small.label_back(self.predict_layout(small.pixels, small.hole))
        frame = Frame.around(photo.size, self.size)
        return self.with_layout(self.canvas(photo, drawn, frame), frame, None)[1]

    def canvas(self, photo: Photo, hole: Bool[np.ndarray, "h w"], frame: Frame) -> Batch:
        """The photo as the networks see it, under an empty layout.

        The hole is filled smoothly before the photo is resized, so that nothing in it reaches known pixels.
        """
        pixels = photo.pixels
        if hole.any():
            pixels = np.clip(np.rint(extend(pixels.astype(np.float32), hole)), 0, 255).astype(np.uint8)
        image, cells = to_tensor(frame.pixels(pixels))[None], torch.from_numpy(frame.hole(hole))[None]
        return Batch(image, torch.zeros(cells.shape, dtype=torch.int64), cells[:, None].float()).to(
            self.device
        )

    def _output(self, canvas: Batch, noise: torch.Generator, styles: StyleChanges) -> Output:
        """What the model draws, with other style codes for some classes, in one look or two."""
        output = self._draw(canvas, noise, styles)
        if not self.looks_twice:
            return output
        twins = self.labels.twins
        # A mirrored left eye asks for the right eye's code: each row of a style lies at its twin's place.
        swapped = {
            twins[label]: StyleChange({self.size: change.style[self.size][list(twins)]}, change.amount)
            for label, change in styles.items()
        }
        other = self._draw(mirrored(canvas, twins), noise, swapped)
        return Output(mean_of_looks(output.image, other.image), output.style, output.attention)

    def _draw(self, canvas: Batch, noise: torch.Generator, styles: StyleChanges) -> Output:
        encoding = self.snapshot.model.encode(canvas)
        style = moved(encoding.style, styles, self.size)
        model = self.snapshot.model
        prepared = model.prepare(canvas.label, canvas.belief)
        image = model.decode(replace(encoding, style=style), canvas.label, noise, prepared)
        return Output(image, style, encoding.attention)

    def with_layout(
        self, canvas: Batch, frame: Frame, given: UInt8[np.ndarray, "h w"] | None, seed: int = 0
    ) -> tuple[Batch, UInt8[np.ndarray, "h w"]]:
        """The canvas under its layout, and that at the photo's size; a seed chooses among predictions."""
        if given is not None:
            label = torch.from_numpy(frame.label(given).astype(np.int64))[None]
            return canvas.with_label(label.to(self.device)), given
        if self.snapshot.layout is None:
            raise UserError("this model predicts no layouts; give one (--layout LABELS)")
        completed = (
            complete_twice(self.snapshot.layout, canvas, self.labels.twins)
            if self.looks_twice
            else self.snapshot.layout.complete(canvas)
        )
        completed = varied(completed, seed)
        return completed, layout_at_size(completed, frame)


def _placed(snapshot: Snapshot, runtime: Runtime) -> Snapshot:
    for network in (snapshot.model, snapshot.layout):
        if network is not None:
            runtime.place(network)
    return snapshot


def layout_at_size(canvas: Batch, frame: Frame) -> UInt8[np.ndarray, "h w"]:
    """A predicted layout at the photo's size."""
    assert canvas.belief is not None
    scores = upsample_logits(canvas.belief.clamp(min=1e-12).log())[0]
    return frame.classes_back(scores.cpu().numpy())


def _refined(refinement: Refinement, model: InpaintingModel, canvas: Batch) -> tuple[Output, str]:
    """The refined output, and what came of it."""
    with torch.inference_mode(mode=False), torch.enable_grad():
        refined = refinement(model, canvas.clone())
    return refined.output, told(refined)


def fill_at_size(
    photo: Photo,
    hole: Bool[np.ndarray, "h w"],
    frame: Frame,
    canvas: Batch,
    output: Output,
    labels: LabelSet,
    *,
    given: UInt8[np.ndarray, "h w"] | None = None,
    asked: Collection[int] = (),
    finish: Finish = STANDARD,
) -> Float[np.ndarray, "h w 3"]:
    """The composite at the photo's size, RGB from 0 to 255, finished.

    `given` is the layout that somebody gave, `asked` are the classes that somebody asked to look otherwise
    than their twins.
    """
    drawn = Drawn(
        _levels(InpaintingModel.compose(canvas, output)[0]),
        canvas.hole[0, 0].cpu().numpy() > 0,
        canvas.label[0].cpu().numpy().astype(np.uint8),
    )
    parts = Parts(labels, lambda: layout_at_size(canvas, frame), given, asked)
    return finished(photo, hole, frame, drawn, parts, finish)


def _levels(image: Float[Tensor, "3 th tw"]) -> Float[np.ndarray, "th tw 3"]:
    return ((image.float() + 1) * 127.5).permute(1, 2, 0).cpu().numpy()
