"""How faces travel: words, boxes and frames."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag

from inlay.errors import UserError
from inlay.geometry.face_crop import FaceCrop
from inlay.geometry.face_frame import FaceBox, FaceFrame
from inlay.repair.framing import WORDS, Faces
from inlay.repair.session import Session

__all__ = [
    "MOST_FACES",
    "FaceAnswer",
    "FacesWish",
    "FrameText",
    "Word",
    "face_answers",
    "faces_of",
    "frames_of",
]

MOST_FACES = 64
"""So many faces may be named in one request."""

FARTHEST = 1_000_000.0
"""No coordinate, size or angle of a face is larger."""

SMALLEST_SIDE = 4.0
"""Pixels: the side of the smallest frame."""

EXPECTED = 'expected "auto", "whole", "none" or boxes: [x, y, width, height] or [..., height, angle]'
FRAME = "X,Y,SIDE,ANGLE: a square's centre and side in pixels, and by how many radians it is turned clockwise"

Word = Literal["auto", "whole", "none"]
_Number = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST, allow_inf_nan=False)]
_Box = Annotated[list[_Number], Field(min_length=4, max_length=5)]


def _kind(value: Any) -> str | None:
    if isinstance(value, list):
        return "boxes"
    return "word" if value in WORDS else None


FacesWish = Annotated[
    Annotated[Word, Tag("word")] | Annotated[list[_Box], Field(max_length=MOST_FACES), Tag("boxes")],
    Discriminator(_kind, custom_error_type="faces", custom_error_message=EXPECTED),
    Field(
        description="the faces that are filled as such: 'auto' (those that are detected), 'whole' (the photo "
        "is one portrait), 'none', or boxes: x, y, width and height in pixels, forehead to chin and ear to "
        "ear, as if the face stood upright, and where it is turned the angle in degrees, clockwise; a box is "
        "refined to the face that is detected in it"
    ),
]
FrameText = Annotated[str, Field(max_length=160, description=f"a face's frame as {FRAME}")]


class FaceAnswer(BaseModel):
    """A framed face: the square's centre and side in pixels; it is turned clockwise by `angle` radians.

    `state` is 'filled' where the hole touches the face, 'apart' where it does not, and 'hidden' where the
    face lies mostly in the hole and is not filled as one.
    """

    x: float
    y: float
    side: float
    angle: float
    state: Literal["filled", "apart", "hidden"]


def faces_of(wish: Word | list[list[float]]) -> Faces:
    """Return what a request names, as the inpainter takes it."""
    return wish if isinstance(wish, str) else [_box(values) for values in wish]


def frames_of(texts: list[str]) -> list[FaceFrame]:
    """Return the frames that came as text; a `UserError` says which one is none."""
    return [_frame(text) for text in texts]


def face_answers(session: Session) -> list[FaceAnswer]:
    """Return all faces of a session's photo and what becomes of each; none where it is one portrait."""
    crops = [portrait.crop for portrait in session.portraits]
    touched = {crop.found for crop in crops if isinstance(crop, FaceCrop) and session.hole.any()}
    framed = session.framed
    return [_answer(face, "filled" if face in touched else "apart") for face in framed.frames] + [
        _answer(face, "hidden") for face in framed.hidden
    ]


def _box(values: list[float]) -> FaceBox:
    x, y, width, height, *angle = values
    return (x, y, width, height, angle[0]) if angle else (x, y, width, height)


def _frame(text: str) -> FaceFrame:
    try:
        x, y, side, angle = (float(part) for part in text.split(","))
    except ValueError:
        raise UserError(f"face '{text}': expected {FRAME}") from None
    values = (x, y, side, angle)
    if not all(abs(value) <= FARTHEST for value in values) or side < SMALLEST_SIDE:
        bounds = f"the side at least {SMALLEST_SIDE:g}, and no number over {FARTHEST:g}"
        raise UserError(f"face '{text}': expected {FRAME}; {bounds}")
    return FaceFrame(*values)


def _answer(face: FaceFrame, state: Literal["filled", "apart", "hidden"]) -> FaceAnswer:
    return FaceAnswer(x=face.x, y=face.y, side=face.side, angle=face.angle, state=state)
