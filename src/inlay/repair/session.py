"""Work on one photo: its faces are found once for a hole, then painted as often as asked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from inlay.errors import UserError
from inlay.finish.grain import Grain
from inlay.finish.masked import Masked
from inlay.finish.recipe import STANDARD, Recipe, Watch, ignore
from inlay.geometry.canvas_frame import portrait_height
from inlay.geometry.crops import Crop, Framing
from inlay.geometry.face_crop import FaceCrop, bands, face_crops
from inlay.geometry.face_frame import FaceFrame
from inlay.geometry.tiles import tiles
from inlay.geometry.whole_crop import whole_crop
from inlay.notes import Note
from inlay.painters.painter import Painter, PainterSet, Wish
from inlay.painters.styles import Style, StyleChanges
from inlay.repair.answers import Heat, Patch, RefinementCourse
from inlay.repair.beyond import beyond_parts
from inlay.repair.composite import Composite, Part
from inlay.repair.framing import Faces, Framed, Search, frame_faces, place_notes
from inlay.repair.inputs import Drawn, fit_hole, fit_label
from inlay.repair.photo import Photo
from inlay.repair.portrait import Layout, Portrait, Setting

__all__ = ["GRID", "Session", "Tools"]

GRID = 512
"""The longest side of the layouts that an editor shows and takes; large photos are seen in fewer cells."""

KNOWN_PIXEL = "that pixel is known, so the model looked nowhere for it; choose one that was filled"

Hole = Bool[np.ndarray, "h w"]


@dataclass(frozen=True)
class Tools:
    """What a photo is repaired with: painters, what finds faces, the recipe, and what fills all else.

    Without a search every photo is one portrait.
    """

    painters: PainterSet
    search: Search | None = None
    recipe: Recipe = STANDARD
    beyond: str = "texture"


class Session:
    """One photo on the table. `draw_hole` comes first; `fill` then answers as often as asked.

    Layouts are shown and taken at `grid`, at most `cells` a side; None shows them at the photo's size.
    """

    def __init__(self, tools: Tools, picture: Drawn | Photo, *, cells: int | None = GRID) -> None:
        self.tools, self.photo = tools, Photo.of(picture)
        h, w = self.photo.size
        scale = 1.0 if cells is None else min(1.0, cells / max(h, w))
        self.grid = max(1, round(h * scale)), max(1, round(w * scale))
        self.notes: tuple[Note, ...] = ()
        self.framed = Framed()
        self._masked: Masked | None = None
        self._seen = self.photo
        self._portraits: list[Portrait] = []
        self._selves = dict[int, Portrait]()
        self._beyond: list[Part] | None = None

    @property
    def hole(self) -> Hole:
        """The hole that is filled."""
        return self._taken.hole

    @property
    def faces(self) -> list[FaceFrame]:
        """The faces that the hole touches, framed; none where the whole photo is one portrait."""
        crops = (portrait.crop for portrait in self._portraits)
        return [crop.face for crop in crops if isinstance(crop, FaceCrop)]

    @property
    def portraits(self) -> tuple[Portrait, ...]:
        """What is painted: the whole photo, or its faces."""
        return tuple(self._portraits)

    @property
    def painting_notes(self) -> tuple[Note, ...]:
        """What a person should know of how the portraits were painted last."""
        notes = list[Note]()
        for portrait in self._portraits:
            crop = portrait.crop
            several = len(self._portraits) > 1 and isinstance(crop, FaceCrop)
            where = f"face at {crop.face.x:.0f}, {crop.face.y:.0f}: " if several else ""  # type: ignore[attr-defined]
            notes += [Note(note.code, where + note.text) for note in portrait.painting.notes]
        return tuple(notes)

    def draw_hole(
        self,
        hole: Drawn,
        *,
        layout: Drawn | None = None,
        faces: Faces = "auto",
        fit: bool = False,
        may_be_empty: bool = False,
        watch: Watch = ignore,
    ) -> Layout:
        """Take a hole (white or true = to be filled), find the faces and predict the layout on the grid.

        `layout` is one of the whole photo, for prediction to be left out. `fit` stretches a hole and a layout
        of another aspect. A hole that `may_be_empty` gives the layout alone, and nothing to fill. `notes`
        tell what a person should know; the layout that is shown comes back.
        """
        painted, notes = fit_hole(hole, self.photo, fit=fit, may_be_empty=may_be_empty)
        given = None
        if layout is not None:
            given, more = fit_label(layout, self.photo, self.tools.painters.labels, fit=fit)
            notes += more
        masked = self.tools.recipe.prepared(self.photo.pixels, Masked.of(painted, self.photo.blocks))
        self._seen = self.photo if masked.seen is None else replace(self.photo, pixels=masked.seen)
        setting = Setting(self._seen, masked.unknown, self.tools.recipe)
        watch("finding faces")
        chosen, framed = self._crops(masked.unknown, faces, needs_portrait=given is not None)
        portraits = list[Portrait]()
        for painter, crop in chosen:
            watch("predicting the layout" if given is None else "reading the layout")
            portraits.append(Portrait(painter, crop, setting, given))
        self._portraits, self.framed = portraits, framed
        self._masked, self._beyond = masked, None
        self.notes = (
            *self.photo.notes, *notes, *masked.notes, *framed.notes, *self._place_notes(framed, faces),
            *self._role_notes(),
        )  # fmt: skip
        shown = np.zeros(self.grid, dtype=np.uint8) if given is None else self.to_grid(given)
        for portrait in () if given is not None else self._portraits:
            portrait.show_layout(shown)
        for portrait in self._portraits:
            portrait.remember(shown)
        return shown

    def fill(
        self,
        layout: Layout | None = None,
        *,
        seed: int = 0,
        styles: StyleChanges | None = None,
        quick: bool = False,
        refinement: Any = None,
        watch: Watch = ignore,
    ) -> Patch:
        """Fill the hole under a layout (the predicted one by default), with other styles for some classes.

        A quick patch goes without the known pixels' detail, for showing while a person paints.
        """
        work = self.composite(
            layout, seed=seed, styles=styles, quick=quick, refinement=refinement, watch=watch
        )
        (around,) = tiles(self.hole, max(self.photo.size), 0)
        window = around.window
        return Patch(around.left, around.top, work.native[window], self.hole[window], self.photo.profile)

    def composite(
        self,
        layout: Layout | None = None,
        *,
        seed: int = 0,
        styles: StyleChanges | None = None,
        quick: bool = False,
        refinement: Any = None,
        watch: Watch = ignore,
    ) -> Composite:
        """The whole photo with its hole filled, as `fill` fills it."""
        self._check(layout)
        if not self.hole.any():
            raise UserError("the hole is empty; paint what is to be filled")
        work = Composite(self._seen, self.hole)
        for number, portrait in enumerate(self._portraits, start=1):
            wish = Wish(seed, styles or {}, portrait.repainted(layout), quick, refinement)
            named = _named(watch, f"face {number} of {len(self._portraits)}: ")
            self._put(work, portrait.parts(wish, named))
        watch("beyond faces")
        self._put(work, self._beyond_parts(work, keep=quick))
        return work

    def refined(self) -> RefinementCourse:
        """What the last refinement came to."""
        found = [refined for one in self._portraits if (refined := getattr(one.painting, "refined", None))]
        if not found:
            raise UserError("no face was found where the hole is, so there are no styles to refine")
        steps = [int(one.best[0]) for one in found]
        before = [float(one.check[0, 0]) for one in found]
        after = [float(one.check[0, step]) for one, step in zip(found, steps, strict=True)]
        return RefinementCourse(max(steps), sum(before) / len(found), sum(after) / len(found))

    def predict_layout(
        self, hole: Drawn | None = None, faces: Faces = "auto", watch: Watch = ignore, *, fit: bool = False
    ) -> UInt8[np.ndarray, "gh gw"]:
        """The layout on the grid, the hole included, and nothing painted.

        A photo in which no face is found is one portrait.
        """
        unknown, self.notes = np.zeros(self.photo.size, dtype=bool), self.photo.notes
        if hole is not None:
            unknown, notes = fit_hole(hole, self.photo, fit=fit)
            self.notes += notes
        setting, shown = Setting(self.photo, unknown, self.tools.recipe), np.zeros(self.grid, dtype=np.uint8)
        watch("finding faces")
        chosen, framed = self._crops(unknown, faces, needs_portrait=True)
        self.notes += framed.notes
        for painter, crop in chosen:
            watch("predicting the layout")
            Portrait(painter, crop, setting).show_layout(shown)
        return shown

    def attention(self, seed: int = 0) -> Any:
        """The attention's record where the photo is one portrait; None elsewhere and of other painters."""
        whole = [one.painting for one in self._portraits if not isinstance(one.crop, FaceCrop)]
        tell = getattr(whole[0], "attention", None) if whole else None
        return None if tell is None else tell(Wish(seed))

    def layout_under(self, layout: Layout | None, seed: int) -> Layout:
        """The layout under which `fill` fills: a seed other than 0 draws another one where nobody painted."""
        self._check(layout)
        shown = np.zeros(self.grid, dtype=np.uint8)
        for portrait in self._portraits:
            portrait.show_layout(shown, Wish(seed, repainted=portrait.repainted(layout)))
        return shown

    def paste(self, left: int, top: int, piece: Image.Image) -> Patch:
        """A patch from a picture of one, as kept elsewhere: its opaque pixels are the hole."""
        h, w = self.photo.size
        if left < 0 or top < 0 or left + piece.width > w or top + piece.height > h:
            raise UserError(f"the patch does not lie within the photo, which is {w} x {h} pixels")
        window = np.s_[top : top + piece.height, left : left + piece.width]
        rgba, drawn = np.asarray(piece.convert("RGBA")), np.zeros(self.photo.size, dtype=bool)
        drawn[window] = rgba[..., 3] > 127
        work = Composite(self.photo, drawn)
        work.put(Part(window, rgba[..., :3].astype(np.float32), drawn[window]))
        return Patch(left, top, work.native[window], drawn[window], self.photo.profile)

    def merged(self, patch: Patch) -> np.ndarray:
        """The photo's own values with a patch in them; outside the hole they are the photo bit for bit."""
        values, (h, w) = self.photo.native.copy(), patch.hole.shape
        values[patch.top : patch.top + h, patch.left : patch.left + w] = patch.values
        return values

    def whole(self, patch: Patch) -> Image.Image:
        """The whole photo with a patch in it as a picture, which shows 16-bit colour in 8 bits."""
        return self.photo.picture(self.merged(patch))

    def look(self, x: int, y: int, layout: Layout | None = None, seed: int = 0) -> Heat:
        """Where the attention of the hole pixel in column x and row y of the photo went."""
        h, w = self.photo.size
        if not (0 <= x < w and 0 <= y < h):
            raise UserError(f"the point {x}, {y} lies outside the photo, which is {w} x {h} pixels")
        self._check(layout)
        if self._rest()[y, x]:
            raise UserError("that pixel lies on no face that was found, so the model did not fill it")
        owners = [portrait for portrait in self._portraits if portrait.crop.owned[y, x]]
        if not owners:
            raise UserError(KNOWN_PIXEL)
        gaze = owners[0].look(x, y, Wish(seed, repainted=owners[0].repainted(layout)))
        shown = np.zeros(self.grid, dtype=np.float32)
        owners[0].crop.show(gaze.weights, shown)
        shown = shown.clip(min=0)
        return Heat(shown / max(float(shown.max()), 1e-12), gaze.label, gaze.same_class)

    def styles(self, watch: Watch = ignore) -> Style:
        """The style codes of the photo's surest face, all of it known, for use in another session.

        Each painter tells them in codes of its own, and another photo may be for another one.
        """
        style = dict[int, np.ndarray]()
        for size in self.tools.painters.sizes:
            watch("reading styles")
            style[size] = self._itself(size).painting.style()
        return style

    def classes(self) -> set[int]:
        """The classes that `styles` has seen, with each of the painters."""
        seen = list[set[int]]()
        for size in self.tools.painters.sizes:
            shown = np.zeros(self.grid, dtype=np.uint8)
            self._itself(size).show_layout(shown)
            seen.append(set(np.unique(shown).tolist()))
        return set.intersection(*seen)

    def to_grid(self, layout: UInt8[np.ndarray, "h w"]) -> Layout:
        """A layout of the photo's size at the size that the session takes."""
        if layout.shape != self.photo.size:
            (h, w), (lh, lw) = self.photo.size, layout.shape
            raise UserError(f"the layout is {lw} x {lh} pixels, the photo {w} x {h}; they must have one size")
        if layout.shape == self.grid:
            return layout
        return np.asarray(Image.fromarray(layout).resize(self.grid[::-1], Image.Resampling.NEAREST))

    @property
    def _taken(self) -> Masked:
        if self._masked is None:
            raise UserError("no hole yet; paint what is to be filled first")
        return self._masked

    def _put(self, work: Composite, parts: Iterable[Part]) -> None:
        """Take parts, but for what is hidden and not asked for."""
        for part in parts:
            work.put(Part(part.window, part.fill, part.taken & self.hole[part.window]))

    def _beyond_parts(self, work: Composite, *, keep: bool) -> list[Part]:
        """What lies on no face, from what the faces got; a quick patch takes what it was last."""
        if self._beyond is None or not keep:
            rest = self._rest()
            pixels = work.pixels if self._portraits and rest.any() else self._seen.pixels
            grain = next((step for step in self.tools.recipe.photo if isinstance(step, Grain)), None)
            made = beyond_parts(self.tools.beyond, pixels, rest, self._barred(), grain) if rest.any() else []
            self._beyond = list(made)
        return self._beyond

    def _barred(self) -> Hole:
        """What must not be copied elsewhere: the faces that were found, and what was painted."""
        barred = self._taken.unknown.copy()
        for frame in (*self.framed.frames, *self.framed.hidden):
            for box in bands(frame.box(barred.shape)):
                top, left, bottom, right = box
                barred[top:bottom, left:right] |= frame.claim(box) <= 1
        return barred

    def _rest(self) -> Hole:
        """What belongs to no portrait."""
        rest = self._taken.unknown.copy()
        for portrait in self._portraits:
            rest &= ~portrait.crop.owned
        return rest

    def _place_notes(self, framed: Framed, asked: Faces) -> list[Note]:
        """Which of the hole's parts go where; a `UserError` where that is to be refused."""
        rest = self._rest() & self.hole
        share = float(rest.sum() / self.hole.sum()) if rest.any() else 0.0
        return place_notes(framed, asked, self.faces, share, self.tools.beyond)

    def _role_notes(self) -> tuple[Note, ...]:
        """What is off because the label set lacks roles."""
        if not self._portraits or not self.hole.any():
            return ()
        return self.tools.recipe.notes_on(self.tools.painters.labels)

    def _itself(self, size: int) -> Portrait:
        """The photo's surest face as it is, without a hole, for the painter of a size.

        The whole photo where no face is found.
        """
        if size not in self._selves:
            nothing = np.zeros(self.photo.size, dtype=bool)
            (painter, crop), *_ = self._crops(nothing, "auto", needs_portrait=True, size=size)[0]
            self._selves[size] = Portrait(painter, crop, Setting(self.photo, nothing, self.tools.recipe))
        return self._selves[size]

    def _check(self, layout: Layout | None) -> None:
        """A layout must have the grid's size and known classes, and a hole must have been drawn."""
        self._taken  # noqa: B018 - the message for a session without one
        if layout is None:
            return
        if layout.shape != self.grid:
            h, w = self.grid
            raise UserError(f"the layout is {layout.shape[1]} x {layout.shape[0]} cells; expected {w} x {h}")
        self.tools.painters.labels.check(layout, "layout")

    def _crops(
        self, unknown: Hole, faces: Faces, *, needs_portrait: bool, size: int | None = None
    ) -> tuple[list[tuple[Painter, Crop]], Framed]:
        """The portraits that the hole touches, each with its painter; without a hole, all of the photo.

        `size` asks for one of the painters. How faces were chosen comes along.
        """
        painters = self.tools.painters

        def painter(height: float) -> Painter:
            return painters.of_size(size or painters.suited(height))

        def framing(side: float) -> tuple[Framing, int]:
            chosen = painter(side)
            return chosen.frame, chosen.size

        framed = frame_faces(
            self.tools.search, self.photo.pixels, unknown, faces, needs_portrait=needs_portrait
        )
        if framed.is_whole:
            chosen = painter(portrait_height(self.photo.size))
            return [(chosen, whole_crop(unknown, chosen.frame, self.grid))], framed
        crops = face_crops(framed.frames, unknown, framing=framing, grid=self.grid)
        return [(painter(crop.found.side), crop) for crop in crops], framed


def _named(watch: Watch, prefix: str) -> Callable[[str], None]:
    return lambda begun: watch(prefix + begun)
