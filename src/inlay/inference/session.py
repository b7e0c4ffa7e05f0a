"""Working on one photo: its faces are found once for a hole, then drawn under many layouts."""

from collections.abc import Callable, Collection, Iterable

import numpy as np
import torch
from jaxtyping import Bool, UInt8
from PIL import Image

from inlay.batch import Batch, Output
from inlay.errors import UserError
from inlay.inference.answers import Heat, Patch, Refinement
from inlay.inference.beyond_face import beyond_parts
from inlay.inference.doors import fit_hole
from inlay.inference.finish import STANDARD
from inlay.inference.frame import Frame, portrait_height
from inlay.inference.large import LARGEST, Reduced
from inlay.inference.patchwork import Part, Patchwork
from inlay.inference.photo import Photo
from inlay.inference.placement import FaceWindow, LargePhoto, Placement, WholePhoto, face_windows
from inlay.inference.portrait import KNOWN_PIXEL, Portrait
from inlay.inference.refine import CarefulRefinement
from inlay.inference.similarity import Similarity
from inlay.inference.styles import Style, StyleChanges, restyled
from inlay.inference.tiles import tiles
from inlay.inference.whole import PhotoFiller, is_portrait
from inlay.model import InpaintingModel

__all__ = ["Session"]

GRID = 512
"""The longest side of the layouts that a session shows and takes; large photos are seen in fewer cells."""

Layout = UInt8[np.ndarray, "gh gw"]


class Session:
    """One photo on the table. `draw_hole` comes first; `fill` then answers as often as asked.

    A session fills what `PhotoFiller` does for the same photo and hole.
    """

    def __init__(self, filler: PhotoFiller, picture: Image.Image | np.ndarray | Photo) -> None:
        self.filler, self.inpainter = filler, filler.inpainter
        self.photo = Photo.of(picture)
        scale = min(1.0, GRID / max(self.photo.size))
        h, w = self.photo.size
        self.grid = max(1, round(h * scale)), max(1, round(w * scale))
        self._hole: Bool[np.ndarray, "h w"] | None = None
        self._widened, self._misses = tuple[str, ...](), False
        self._portraits: list[Portrait] = []
        self._beyond: list[Part] | None = None
        self._selves = dict[int, Portrait]()

    def to_grid(self, layout: UInt8[np.ndarray, "h w"]) -> Layout:
        """A layout of the photo's size at the size that the session takes."""
        if layout.shape != self.photo.size:
            (h, w), (lh, lw) = self.photo.size, layout.shape
            raise UserError(f"the layout is {lw} x {lh} pixels, the photo {w} x {h}; they must have one size")
        if layout.shape == self.grid:
            return layout
        return np.asarray(Image.fromarray(layout).resize(self.grid[::-1], Image.Resampling.NEAREST))

    @property
    def hole(self) -> Bool[np.ndarray, "h w"]:
        """The hole that was drawn last."""
        if self._hole is None:
            raise UserError("no hole yet; paint what is to be filled first")
        return self._hole

    @property
    def faces(self) -> list[Similarity]:
        """The faces that the hole touches, framed; none where the whole photo is one portrait."""
        placed = (portrait.at for portrait in self._portraits)
        return [at.face for at in placed if isinstance(at, FaceWindow)]

    @property
    def note(self) -> str:
        """What a person should know of how the hole is filled; mostly nothing."""
        share = self._rest().mean() / max(self.hole.mean(), 1e-12)
        notes = [f"{note[0].upper()}{note[1:]}." for note in self._widened]
        if self._misses:
            notes.append("The hole's rim looks like the damage's edge: widen the hole (D) to take it in.")
        if share:
            nowhere = "No face was found where the hole is"
            where = nowhere if share == 1 else f"{share:.0%} of the hole lies on no face"
            notes.append(f"{where}: filled smoothly from its surroundings.")
        return " ".join(notes)

    @torch.inference_mode()
    def draw_hole(self, hole: Image.Image | np.ndarray) -> Layout:
        """Take a new hole, find the faces and predict the layout under it; at most 512 cells a side."""
        drawn, _ = fit_hole(hole, self.photo.size)
        finish = self.filler.finish
        drawn, self._widened = finish.grown(drawn, self.photo.pixels)
        self._misses = not finish.widen and STANDARD.grown(drawn, self.photo.pixels)[0] is not drawn
        self._portraits = [self._portrait(at) for at in self._placements(drawn)]
        self._hole, self._beyond = drawn, None
        shown = np.zeros(self.grid, dtype=np.uint8)
        for portrait in self._portraits:
            portrait.at.show_label(portrait.layout, shown)
        for portrait in self._portraits:
            portrait.shown_as(shown)
        return shown

    def fill(
        self,
        layout: Layout | None = None,
        *,
        seed: int = 0,
        styles: StyleChanges | None = None,
        quick: bool = False,
    ) -> Patch:
        """Fill the hole under a layout (the predicted one by default), with other styles for some classes.

        A quick patch goes without the known pixels' detail, and of two models that fill together it is the
        smaller one's, for showing while somebody paints.
        """
        self._check(layout)
        styles = styles or {}
        drawn = [(one, *one.draw(layout, seed, styles, quick=quick)) for one in self._portraits]
        return self._patch(drawn, layout, styles, quick=quick)

    def layout_under(self, layout: Layout | None, seed: int) -> Layout:
        """The layout under which `fill` fills: a seed other than 0 draws another one where nobody painted."""
        self._check(layout)
        shown = np.zeros(self.grid, dtype=np.uint8)
        for portrait in self._portraits:
            portrait.at.show_label(portrait.layout_under(layout, seed), shown)
        return shown

    def refine(
        self, layout: Layout | None, *, steps: int, watch: Callable[[int], None], seed: int = 0
    ) -> Refinement:
        """Fill with styles adapted to the known pixels; `watch` is told each step and may raise to end it."""
        self._check(layout)
        if not self._portraits:
            raise UserError("no face was found where the hole is, so there are no styles to refine")
        drawn, best, before, after = [], 0, 0.0, 0.0
        for portrait in self._portraits:
            with torch.inference_mode():
                _, canvas = portrait.encoding(layout, seed)
            batch = canvas.clone()
            refined = CarefulRefinement(steps=steps, watch=watch)(portrait.inpainter.snapshot.model, batch)
            step = int(refined.best[0])
            best = max(best, step)
            before += float(refined.check[0, 0]) / len(self._portraits)
            after += float(refined.check[0, step]) / len(self._portraits)
            drawn.append((portrait, batch, refined.output))
        return Refinement(self._patch(drawn, layout, {}), best, before, after)

    @torch.inference_mode()
    def _patch(
        self,
        drawn: Iterable[tuple[Portrait, Batch, Output]],
        layout: Layout | None,
        styles: StyleChanges,
        *,
        quick: bool = False,
    ) -> Patch:
        """The filled photo around its hole."""
        if not self.hole.any():
            raise UserError("the hole is empty; paint what is to be filled")
        work = Patchwork(self.photo, self.hole)
        for portrait, canvas, output in drawn:
            asked = restyled(styles) | portrait.repainted(layout)
            for part in self._parts(portrait, canvas, output, asked, quick=quick):
                work.put(part)
        for part in self._beyond_face(work, keep=quick):
            work.put(part)
        (around,) = tiles(self.hole, max(self.photo.size), 0)
        window = around.window
        return Patch(around.left, around.top, self.photo.picture(work.native[window]), self.hole[window])

    def _parts(
        self, portrait: Portrait, canvas: Batch, output: Output, asked: Collection[int], *, quick: bool
    ) -> Iterable[Part]:
        at = portrait.at
        if quick:
            levels = (InpaintingModel.compose(canvas, output)[0].float() + 1) * 127.5
            return at.quick_parts(self.photo, levels.cpu().numpy())
        return at.parts(self.photo, portrait.filled(canvas, output, asked), STANDARD)

    def _beyond_face(self, work: Patchwork, *, keep: bool) -> list[Part]:
        """What lies on no face, from what the faces got; a quick patch takes what it was last."""
        if self._beyond is None or not keep:
            rest = self._rest()
            self._beyond = list(beyond_parts(self.filler.beyond, work.pixels, rest)) if rest.any() else []
        return self._beyond

    def _rest(self) -> Bool[np.ndarray, "h w"]:
        rest = self.hole.copy()
        for portrait in self._portraits:
            rest &= ~portrait.at.hole
        return rest

    def paste(self, left: int, top: int, piece: Image.Image) -> Patch:
        """A patch from a picture of one, as kept elsewhere: its opaque pixels are the hole."""
        h, w = self.photo.size
        if left < 0 or top < 0 or left + piece.width > w or top + piece.height > h:
            raise UserError(f"the patch does not lie within the photo, which is {w} x {h} pixels")
        window = np.s_[top : top + piece.height, left : left + piece.width]
        rgba, drawn = np.asarray(piece.convert("RGBA")), np.zeros(self.photo.size, dtype=bool)
        drawn[window] = rgba[..., 3] > 127
        work = Patchwork(self.photo, drawn)
        work.put(Part(window, rgba[..., :3].astype(np.float32), drawn[window]))
        return Patch(left, top, self.photo.picture(work.native[window]), drawn[window])

    def whole(self, patch: Patch) -> Image.Image:
        """The whole photo with a patch in it; outside the hole it is the photo bit for bit."""
        values, (h, w) = self.photo.native.copy(), patch.hole.shape
        values[patch.top : patch.top + h, patch.left : patch.left + w] = np.asarray(patch.picture)
        return self.photo.picture(values)

    def look(self, x: int, y: int, layout: Layout | None = None, seed: int = 0) -> Heat:
        """Where the attention of the hole pixel in column x and row y of the photo went."""
        h, w = self.photo.size
        if not (0 <= x < w and 0 <= y < h):
            raise UserError(f"the point {x}, {y} lies outside the photo, which is {w} x {h} pixels")
        self._check(layout)
        if self._rest()[y, x]:
            raise UserError("that pixel lies on no face that was found, so the model did not fill it")
        owners = [portrait for portrait in self._portraits if portrait.at.hole[y, x]]
        if not owners:
            raise UserError(KNOWN_PIXEL)
        gaze = owners[0].look(x, y, layout, seed)
        shown = np.zeros(self.grid, dtype=np.float32)
        owners[0].at.show(gaze.weights, shown)
        shown = shown.clip(min=0)
        return Heat(shown / max(float(shown.max()), 1e-12), gaze.label, gaze.same_class)

    @torch.inference_mode()
    def styles(self) -> Style:
        """The style codes of the photo's surest face, all of it known, for use in another session.

        Each model tells them in its own language, and another photo may be for another one.
        """
        return {size: self._itself(size).encoding(None)[0].style[0] for size in self.inpainter.sizes}

    def classes(self) -> set[int]:
        """The classes that `styles` has seen, with each of the models."""
        seen = [set(np.unique(self._itself(size).layout).tolist()) for size in self.inpainter.sizes]
        return set.intersection(*seen)

    def _itself(self, size: int) -> Portrait:
        """The photo's surest face as it is, without a hole, for the model of a size.

        The whole photo where no face is found.
        """
        if size not in self._selves:
            nothing = np.zeros(self.photo.size, dtype=bool)
            placed = self._placements(nothing, size) or [self._whole(nothing, size)]
            self._selves[size] = self._portrait(placed[0])
        return self._selves[size]

    def _portrait(self, at: Placement) -> Portrait:
        return Portrait(self.inpainter.of_size(at.model), self.photo, at)

    def _check(self, layout: Layout | None) -> None:
        """A layout must have the grid's size and known classes, and a hole must have been drawn."""
        self.hole  # noqa: B018 - the message for a session without one
        if layout is None:
            return
        if layout.shape != self.grid:
            h, w = self.grid
            raise UserError(f"the layout is {layout.shape[1]} x {layout.shape[0]} cells; expected {w} x {h}")
        self.inpainter.labels.check(layout, "layout")

    def _placements(self, hole: Bool[np.ndarray, "h w"], size: int | None = None) -> list[Placement]:
        """The portraits that the hole touches; without a hole, all that the photo shows.

        They are for the models that suit them, or for the one of a `size`.
        """
        frames = self.filler.frames(self.photo, hole)
        if len(frames) == 1 and is_portrait(frames[0], self.photo.size):
            return [self._whole(hole, size)]
        model = self.filler.model_size if size is None else lambda _: size
        return list(face_windows(frames, hole, model=model, grid=self.grid)[0])

    def _whole(self, hole: Bool[np.ndarray, "h w"], size: int | None) -> WholePhoto:
        model = size or self.filler.model_size(portrait_height(self.photo.size))
        if max(self.photo.size) > LARGEST:
            reduced = Reduced.of(self.photo, hole)
            return LargePhoto(Frame.around(reduced.hole.shape, model), hole, self.grid, model, reduced)
        return WholePhoto(Frame.around(self.photo.size, model), hole, self.grid, model)
