"""Choose which faces of a photo are filled as portraits: detected, named by a person, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, UInt8

from inlay.errors import UserError
from inlay.faces.find import FoundFaces
from inlay.geometry.face_frame import FaceBox, FaceFrame
from inlay.notes import Note

__all__ = ["WORDS", "Faces", "Framed", "Search", "frame_faces", "place_notes"]

Faces = str | Sequence[FaceFrame | FaceBox]
"""Which faces of a photo are filled.

'auto' (detected), 'whole' (the photo is one portrait), 'none', or those that are named: frames are taken as
they are, and a rough box is refined to the face that is detected in it.
"""

WORDS = ("auto", "whole", "none")

SAME_FACE = 0.25
"""A box names the detected face whose middle lies within this share of the frame's side."""

ALIKE = 2.0
"""How many times larger or smaller than the box the detected face may be."""

MOST_PLACES = 4
"""So many faces are named by their place in a note."""

WAYS = "take the photo as one portrait (--face whole) or name the face (--face X,Y,WIDTH,HEIGHT)"

Hole = Bool[np.ndarray, "h w"]


@runtime_checkable
class Search(Protocol):
    """What detects faces (`inlay.faces.find.FaceSearch`)."""

    def __call__(self, pixels: UInt8[np.ndarray, "h w 3"], hole: Hole) -> FoundFaces:
        """All faces of a photo, from its known pixels alone."""


@dataclass(frozen=True)
class Framed:
    """The faces that may be filled, or the whole photo as one portrait, and what people should know of it.

    `hidden` faces lie mostly in the hole and are not filled as such.
    """

    frames: tuple[FaceFrame, ...] = ()
    is_whole: bool = False
    notes: tuple[Note, ...] = ()
    hidden: tuple[FaceFrame, ...] = ()


def frame_faces(
    search: Search | None,
    pixels: UInt8[np.ndarray, "h w 3"],
    hole: Hole,
    faces: Faces,
    *,
    needs_portrait: bool = False,
) -> Framed:
    """Choose the faces of a photo.

    A photo is one portrait where that is asked for, where its one face fills it, and, if it
    `needs_portrait`, where no face is found. Without a search nothing is detected. Raises `UserError` for an
    unknown word and for a face outside the photo.
    """
    if isinstance(faces, str) and faces not in WORDS:
        raise UserError(f"faces: expected auto, whole, none or a list of faces, got '{faces}'")
    if faces == "none" and not needs_portrait:
        return Framed()
    if faces in ("whole", "none") or (search is None and isinstance(faces, str)):
        return Framed(is_whole=True)
    if not isinstance(faces, str):
        return Framed(_named(search, pixels, hole, faces))
    assert search is not None
    found = search(pixels, hole)
    if len(found.visible) == 1 and found.visible[0].fills(hole.shape):
        return Framed(is_whole=True)
    notes = tuple(_hidden_note(frame) for frame in found.hidden)
    if found.visible:
        return Framed(found.visible, notes=notes, hidden=found.hidden)
    if needs_portrait:
        note = Note("no-face", "no face was found: the photo is treated as one portrait")
        return Framed(is_whole=True, notes=(note,))
    return Framed(notes=notes, hidden=found.hidden)


def place_notes(
    framed: Framed, asked: Faces, filled: Sequence[FaceFrame], share: float, beyond: str
) -> list[Note]:
    """Say which faces are filled, and what fills the share of the hole (0 to 1) that lies on none.

    Raises `UserError` where `beyond` is 'refuse' and a part of the hole lies on no face.
    """
    notes = list[Note]()
    if filled:
        places = [f"{face.x:.0f}, {face.y:.0f}" for face in filled]
        more = [f"{len(places) - MOST_PLACES} more"] if len(places) > MOST_PLACES else []
        count = "1 face" if len(places) == 1 else f"{len(places)} faces"
        notes.append(
            Note("faces", f"{count} where the hole is, at {'; '.join([*places[:MOST_PLACES], *more])}")
        )
    if not share:
        return notes
    nowhere = "no face was found where the hole is" if framed.frames else "no face was found"
    where = nowhere if share == 1 else f"{share:.0%} of the hole lies on no face"
    if beyond == "refuse":
        raise UserError(f"{where}; {WAYS}, or let another method fill it (--beyond-face auto)")
    how = "from what lies around it" if beyond == "texture" else f"by {beyond}"
    if asked == "none":
        return [*notes, Note("beyond-faces", f"filled without faces, {how}")]
    if asked == "auto" and not framed.frames:
        return [*notes, Note("no-face", f"{where}: filled {how}; if this is a portrait, {WAYS}")]
    return [*notes, Note("beyond-faces", f"{where}: filled {how}")]


def _named(
    search: Search | None,
    pixels: UInt8[np.ndarray, "h w 3"],
    hole: Hole,
    faces: Sequence[FaceFrame | FaceBox],
) -> tuple[FaceFrame, ...]:
    frames = [face if isinstance(face, FaceFrame) else FaceFrame.of_box(*map(float, face)) for face in faces]
    h, w = hole.shape
    for frame in frames:
        if not frame.touches((h, w)):
            place = f"{frame.x:.0f}, {frame.y:.0f}"
            raise UserError(f"the face around {place} lies outside the photo, which is {w} x {h} pixels")
    if search is None or all(isinstance(face, FaceFrame) for face in faces):
        return tuple(frames)
    found = search(pixels, hole)
    detected = [*found.visible, *found.hidden]
    return tuple(
        frame if isinstance(face, FaceFrame) else _nearest(frame, detected)
        for face, frame in zip(faces, frames, strict=True)
    )


def _nearest(rough: FaceFrame, detected: Sequence[FaceFrame]) -> FaceFrame:
    """The detected face that a rough frame means, else the rough frame."""
    same = [
        frame
        for frame in detected
        if rough.distance(frame) < SAME_FACE * max(rough.side, frame.side)
        and max(rough.side, frame.side) < ALIKE * min(rough.side, frame.side)
    ]
    return min(same, key=rough.distance) if same else rough


def _hidden_note(frame: FaceFrame) -> Note:
    box = ",".join(f"{value:.0f}" for value in frame.face_box)
    text = f"a face lies mostly in the hole and is not filled as one; to fill it, name it: --face {box}"
    return Note("hidden-face", text)
