"""One portrait of a photo: cropped, painted on a canvas, finished, and put back into the photo."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, UInt8

from inlay.finish.join import Join
from inlay.finish.recipe import Recipe, Watch, ignore, run
from inlay.finish.scene import Painted, Portrayed, Scene
from inlay.finish.tone import KeepTone
from inlay.geometry.canvas_frame import unit_of
from inlay.geometry.crops import Crop
from inlay.geometry.tiles import Tile
from inlay.painters.painter import Canvas, Look, Painter, Repainted, Wish
from inlay.painters.styles import changed_classes
from inlay.pixels.continuation import extend
from inlay.repair.composite import Part
from inlay.repair.photo import Photo

__all__ = ["Layout", "Portrait", "Setting"]

Layout = UInt8[np.ndarray, "gh gw"]
"""Class ids at the size at which a photo's layout is shown."""


@dataclass(frozen=True)
class Setting:
    """What all portraits of a photo share: the photo, what is hidden of it, and how fills are finished."""

    photo: Photo
    unknown: Bool[np.ndarray, "h w"]
    recipe: Recipe

    @cached_property
    def tone(self) -> Float[np.ndarray, "256 3"] | None:
        """The photo's tone, where it is of one and the recipe keeps it."""
        steps = [step for step in self.recipe.photo if isinstance(step, KeepTone)]
        return steps[0].tone_of(self.photo.pixels, self.unknown) if steps else None


class Portrait:
    """A portrait where it lies in its photo. `given` is a layout of the whole photo from a person, if any."""

    def __init__(
        self, painter: Painter, crop: Crop, setting: Setting, given: UInt8[np.ndarray, "h w"] | None = None
    ) -> None:
        self.painter, self.crop, self.setting = painter, crop, setting
        self.pixels, self.hole = crop.cut(setting.photo.pixels), crop.hole
        self.given = None if given is None else crop.cut_label(given)
        label = None if self.given is None else crop.frame.label(self.given)
        self.painting = painter.begin(Canvas(self._visible(), crop.frame.hole(self.hole), label))
        self._shown: UInt8[np.ndarray, "th tw"] | None = None

    def _visible(self) -> UInt8[np.ndarray, "th tw 3"]:
        """The crop on the canvas. The hole is filled before resizing, so that nothing in it is mixed in."""
        pixels = self.pixels
        if self.hole.any():
            pixels = np.clip(np.rint(extend(pixels.astype(np.float32), self.hole)), 0, 255).astype(np.uint8)
        return self.crop.frame.pixels(pixels)

    def show_layout(self, shown: Layout, wish: Wish = Wish()) -> None:  # noqa: B008
        """Put the layout under which a wish is painted where the crop lies on the grid."""
        self.crop.show_label(self.crop.layout_frame.classes_back(self.painting.scores(wish)), shown)

    def remember(self, shown: Layout) -> None:
        """Remember how the predicted layout is shown: cells that differ from it later were repainted."""
        self._shown = self.crop.cells(shown)

    def repainted(self, layout: Layout | None) -> Repainted | None:
        """What a person changed in the layout that was shown."""
        if layout is None:
            return None
        assert self._shown is not None
        cells = self.crop.cells(layout)
        return Repainted(cells, cells != self._shown)

    def changed(self, wish: Wish) -> frozenset[int]:
        """The classes that are to look otherwise: with other styles, or repainted, as they were and are."""
        changed = changed_classes(wish.styles)
        if wish.repainted is None:
            return changed
        assert self._shown is not None
        where = wish.repainted.where
        both = (wish.repainted.label[where], self._shown[where])
        return changed | {int(one) for cells in both for one in np.unique(cells)}

    def parts(self, wish: Wish, watch: Watch = ignore) -> Iterator[Part]:
        """Paint and finish: the hole's windows of the photo, filled."""
        watch("painting")
        painted = self.painting.paint(wish)
        if wish.quick:
            yield from self._quick_parts(painted)
            return
        fill = self.finished(painted, self.changed(wish), watch)
        windows = self.crop.tiles()
        for tile in windows:
            back = self._beside_known(self.crop.put_back(fill, tile.box), tile)
            scene = self._scene_of_photo(tile.window, is_window=len(windows) > 1)
            finished = run(self.setting.recipe.photo, scene, back, watch)
            yield Part(tile.window, finished, tile.own(self.crop.owned[tile.window]))

    def finished(
        self, painted: Painted, changed: frozenset[int] = frozenset(), watch: Watch = ignore
    ) -> Float[np.ndarray, "ph pw 3"]:
        """The crop with the painted canvas in its hole, after the recipe's steps on crops; RGB, 0 to 255."""
        frame, photo = self.crop.frame, self.pixels.astype(np.float32)
        scene = Scene(
            photo, self.hole, unit_of(self.hole.shape), self.crop.scale, resampled=not frame.is_plain,
            portrait=Portrayed(painted, frame, self.painter.labels, self.given, changed),
        )  # fmt: skip
        fill = run(self.setting.recipe.crop, scene, frame.picture_back(painted.picture), watch)
        return fill if self.crop.is_photo else np.where(self.hole[..., None], fill, photo)

    def _quick_parts(self, painted: Painted) -> Iterator[Part]:
        """The enlarged canvas, joined to the photo."""
        is_plain = self.crop.is_photo and self.crop.frame.is_plain
        for tile in self.crop.tiles():
            back = self._beside_known(self.crop.canvas_back(painted.picture, tile.box), tile)
            scene = self._scene_of_photo(tile.window, is_window=False)
            if not is_plain and not scene.hole.all():
                back = Join()(scene, back)
            yield Part(tile.window, back, tile.own(self.crop.owned[tile.window]))

    def _beside_known(self, back: Float[np.ndarray, "h w 3"], tile: Tile) -> Float[np.ndarray, "h w 3"]:
        """What was put back, and the photo beyond the crop, where steps must see no error."""
        photo = self.setting.photo.pixels[tile.window].astype(np.float32)
        return np.where(self.crop.covers(tile.box)[..., None], back, photo)

    def _scene_of_photo(self, window: tuple[slice, slice], *, is_window: bool) -> Scene:
        crop = self.crop
        photo = self.setting.photo.pixels[window].astype(np.float32)
        unknown = self.setting.unknown[window]
        return Scene(
            photo,
            unknown,
            crop.unit,
            resampled=not crop.is_photo,
            is_window=is_window,
            tone=self.setting.tone,
        )

    def look(self, x: int, y: int, wish: Wish) -> Look:
        """Where the painter looked for the photo's pixel in column x and row y."""
        return self.painting.look(*self.crop.place(x, y), wish)
