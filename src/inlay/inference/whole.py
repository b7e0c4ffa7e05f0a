"""Any photo: its faces are found, framed, filled and put back; what lies on no face is filled classically."""

import copy
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Int8, UInt8
from PIL import Image

from inlay.errors import UserError
from inlay.inference.beyond_face import beyond_parts, choose_beyond
from inlay.inference.doors import fit_hole, fit_label
from inlay.inference.finder import load_finder
from inlay.inference.finish import STANDARD, Finish
from inlay.inference.inpaint import Inpainter, Result
from inlay.inference.landmarks import PARTS, settle
from inlay.inference.locate import Found, distinct, locate, refine
from inlay.inference.patchwork import Patchwork
from inlay.inference.photo import Photo
from inlay.inference.placement import FaceWindow, face_windows
from inlay.inference.similarity import Similarity
from inlay.inference.styles import StyleChanges

__all__ = ["PhotoFiller", "frame_of_face", "is_portrait"]

LIKE_A_FACE = 0.35

PORTRAIT = 0.75
"""How face-like the layout of the whole photo must be for it to be taken as one portrait without a search.

Portraits under holes come to 0.84 or more (99 % of 120 train faces); photos of a face at half their height,
which the layout predictor reads as a portrait of a small face, to 0.65 at most (63 of them).
"""

SMALLEST = 4
"""Pixels across: what a person names as a face is no smaller."""

SQUARE = 1.25
"""A photo in which no face is seen is one portrait where its sides differ by no more than this."""

Hole = Bool[np.ndarray, "h w"]


def frame_of_face(x: float, y: float, width: float, height: float) -> Similarity:
    """The portrait frame of a face's box (left, top, width, height), forehead to chin, ear to ear."""
    if min(width, height) < SMALLEST:
        raise UserError(
            f"face {x:g},{y:g},{width:g},{height:g}: expected x,y,width,height in pixels, not as shares, "
            f"and at least {SMALLEST} of them across"
        )
    side = max(width, 0.8 * height) / 0.54
    return Similarity(x + width / 2, y + height / 2 - 0.07 * side, side)


def is_portrait(frame: Similarity, photo: tuple[int, int]) -> bool:
    """Whether the photo itself is about what the frame shows."""
    h, w = photo
    short = min(h, w)
    near = max(abs(frame.x - w / 2), abs(frame.y - h / 2)) < 0.15 * short
    alike = 0.8 < frame.side / short < 1.3 and abs(frame.angle) < 0.14 and max(h, w) < 1.6 * short
    return bool(near and alike)


class PhotoFiller:
    """Fills holes of any photo.

    >>> filler = PhotoFiller(Inpainter.load(device="cpu"))
    >>> photo, hole = Image.new("RGB", (300, 90), "tan"), np.zeros((90, 300), dtype=bool)
    >>> hole[40:44, 100:140] = True
    >>> filler(photo, hole).notes
    ('no face was found where the hole is: filled by biharmonic',)
    """

    def __init__(self, inpainter: Inpainter, *, beyond: str = "auto", finish: Finish = STANDARD) -> None:
        self.inpainter, self.finish = inpainter, finish
        self.beyond = choose_beyond(beyond)
        self.finder = load_finder(inpainter.device)

    def __call__(
        self,
        image: Image.Image | np.ndarray | Photo,
        hole: Image.Image | np.ndarray,
        layout: Image.Image | np.ndarray | None = None,
        *,
        faces: Sequence[Similarity] = (),
        seed: int = 0,
        styles: StyleChanges | None = None,
    ) -> Result:
        """Fill the hole; `faces` are rough frames to be refined, without them the faces are looked for.

        A layout is one of the whole photo; where no face is found under it, the photo is one portrait.
        """
        started = time.perf_counter()
        photo = Photo.of(image)
        drawn, notes = fit_hole(hole, photo.size)
        drawn, more = self.finish.grown(drawn, photo.pixels)
        notes = (*notes, *more)
        given = None if layout is None else fit_label(layout, photo.size, self.inpainter.labels)
        frames = self.frames(photo, drawn, faces) if drawn.any() else []
        alone = len(frames) == 1 and is_portrait(frames[0], photo.size)
        if not drawn.any() or alone or (given is not None and not frames):
            result = self.inpainter(photo, drawn, given, seed, self.finish.once_grown, styles)
            # How large the hole is was told of the painted one.
            of_hole = fit_hole(drawn, photo.size)[1]
            more = tuple(note for note in result.notes if note not in of_hole)
            return replace(result, notes=(*notes, *more))
        work, shown = Patchwork(photo, drawn), np.zeros(photo.size, dtype=np.uint8)
        windows, owner = face_windows(frames, drawn, model=self.model_size, grid=photo.size)
        for window in windows:
            told = self._fill_face(work, window, shown, given, seed, styles)
            where = "" if len(windows) == 1 else f"face at {window.face.x:.0f}, {window.face.y:.0f}: "
            notes = (*notes, *(where + note for note in told))
        notes = (*notes, *self._fill_rest(work, drawn, owner, len(frames)))
        picture, deep = photo.picture(work.native), photo.deep(work.native)
        seconds = time.perf_counter() - started
        source = "predicted" if given is None else "given"
        shown = shown if given is None else given
        return Result(picture, shown, None, drawn, source, seconds, notes, deep)

    def predict_layout(
        self, image: Image.Image | np.ndarray | Photo, hole: Image.Image | np.ndarray | None = None
    ) -> UInt8[np.ndarray, "h w"]:
        """The layout of the photo's faces, the hole included; beyond their frames all is background.

        A photo in which no face is found is taken as one portrait.
        """
        photo = Photo.of(image)
        drawn = np.zeros(photo.size, dtype=bool) if hole is None else fit_hole(hole, photo.size)[0]
        frames = self.frames(photo, drawn)
        if not frames or (len(frames) == 1 and is_portrait(frames[0], photo.size)):
            return self.inpainter.predict_layout(photo, drawn)
        shown = np.zeros(photo.size, dtype=np.uint8)
        for window in face_windows(frames, drawn, model=self.model_size, grid=photo.size)[0]:
            suited = self.inpainter.suited(window.face.side)
            window.show_label(suited.predict_layout(*window.portrait(photo)), shown)
        return shown

    def finishing(self, finish: Finish) -> "PhotoFiller":
        """The same with another finish."""
        other = copy.copy(self)
        other.finish = finish
        return other

    def model_size(self, height: float) -> int:
        """The size of the model that fills portraits of so many pixels."""
        return self.inpainter.suited(height).size

    def frames(self, photo: Photo, hole: Hole, rough: Sequence[Similarity] = ()) -> list[Similarity]:
        """The portrait frames that the hole touches, the surest first; without a hole, all of the photo's."""
        pixels = photo.pixels
        outside = [frame for frame in rough if not frame.touches(photo.size)]
        if outside:
            h, w = photo.size
            place = f"{outside[0].x:.0f}, {outside[0].y:.0f}"
            raise UserError(f"the face around {place} lies outside the photo, which is {w} x {h} pixels")
        if rough:
            found = [refine(self.finder, pixels, hole, frame).frame for frame in rough]
            return [self._settled(photo, hole, frame)[0] for frame in found]
        h, w = photo.size
        whole = Similarity(w / 2, h / 2, float(min(h, w)))
        frame, likeness = self._settled(photo, hole, whole)
        if likeness > PORTRAIT and is_portrait(frame, photo.size):
            return [frame]
        near = hole if hole.any() else ~hole
        found = [face.frame for face in locate(self.finder, pixels, hole, near)]
        settled = [Found(*self._settled(photo, hole, frame)) for frame in found]
        # Two windows on one face may settle on the same frame.
        faces = distinct([face for face in settled if face.score > LIKE_A_FACE], apart=0.4)
        if not faces and max(h, w) <= SQUARE * min(h, w):
            # A hole over most of a face blinds the finder, and most photos of this shape are portraits.
            return [whole]
        return [face.frame for face in faces]

    def _settled(self, photo: Photo, hole: Hole, frame: Similarity) -> tuple[Similarity, float]:
        """The frame fitted to the layout that is predicted in it, and how face-like that is."""
        snapshot = self.inpainter.snapshot
        parts = {name for names in PARTS for name in names} | {"skin"}
        if snapshot.layout is None or not parts <= set(snapshot.labels.names):
            return frame, 1.0
        size = self.inpainter.size
        return settle(snapshot.layout, snapshot.labels, photo.pixels, hole, frame, size=size)

    def _fill_face(
        self,
        work: Patchwork,
        window: FaceWindow,
        shown: UInt8[np.ndarray, "h w"],
        given: UInt8[np.ndarray, "h w"] | None,
        seed: int,
        styles: StyleChanges | None,
    ) -> tuple[str, ...]:
        """Fill a face's part of the hole, in its frame, put it back, and say what came of it."""
        portrait, gone = window.portrait(work.photo)
        layout = None if given is None else window.face.cut_label(given, window.size)
        suited = self.inpainter.suited(window.face.side)
        # The rim is drawn when the face is put back.
        finish = replace(self.finish.once_grown, rim=False)
        result = suited(portrait, gone, layout, seed, finish, styles)
        window.show_label(result.layout, shown)
        for part in window.parts(work.photo, np.asarray(result.image).astype(np.float32), self.finish):
            work.put(part)
        # How large the hole is was told of the whole photo.
        of_hole = fit_hole(gone, gone.shape)[1]
        return tuple(note for note in result.notes if note not in of_hole)

    def _fill_rest(
        self, work: Patchwork, hole: Hole, owner: Int8[np.ndarray, "h w"], faces: int
    ) -> tuple[str, ...]:
        """Fill what belongs to no face, and say so."""
        rest = hole & (owner < 0)
        found = f"{faces} face{'s' if faces > 1 else ''} found"
        if not rest.any():
            return (found,)
        share = rest.sum() / hole.sum()
        where = (
            "no face was found where the hole is"
            if share == 1
            else f"{share:.0%} of the hole lies on no face"
        )
        if self.beyond == "refuse":
            raise UserError(
                f"{where}; name the face (--face X,Y,WIDTH,HEIGHT), take the photo as one portrait "
                "(--face whole), or let another method fill it (--beyond-face auto)"
            )
        # What the faces got is known by now.
        for part in beyond_parts(self.beyond, work.pixels if faces else work.photo.pixels, rest):
            work.put(part)
        return (*(() if share == 1 else (found,)), f"{where}: filled by {self.beyond}")
