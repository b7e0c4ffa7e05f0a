"""Where a portrait frame lies in a photo: a square that may be turned."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Complex, Float, UInt8
from PIL import Image

from inlay.errors import UserError

__all__ = ["EYES", "MOUTH", "FaceBox", "FaceFrame", "similarity"]

FaceBox = tuple[float, float, float, float] | tuple[float, float, float, float, float]
"""Left, top, width and height in pixels of a face, forehead to chin and ear to ear, as if it stood upright;
and an angle in degrees by which it is turned about its middle, clockwise on the screen."""

FACE_WIDTH, FACE_HEIGHT, FACE_MIDDLE = 0.54, 0.675, 0.57
"""The face in its frame, forehead to chin and ear to ear, as shares of the side, and its middle's height."""

EYES = (0.3775, 0.622)
"""Where the eyes' centres lie in CelebA-HQ framing, as shares of the side: medians of 300 layouts."""

SMALLEST = 4
"""Pixels across: what a person names as a face is no smaller."""

EYE_ROW = 0.4775
MOUTH = (0.5, 0.75)


@dataclass(frozen=True)
class FaceFrame:
    """A square of the photo in CelebA-HQ framing.

    `x` and `y` are its centre in pixels (0 is the photo's left or upper edge), `side` its side in pixels,
    `angle` by how much it is turned, in radians, clockwise on the screen.
    """

    x: float
    y: float
    side: float
    angle: float = 0.0

    def point(self, u: float, v: float) -> tuple[float, float]:
        """The photo's coordinates of a place in the frame, (0, 0) to (1, 1) from its upper left corner."""
        cos, sin = math.cos(self.angle) * self.side, math.sin(self.angle) * self.side
        u, v = u - 0.5, v - 0.5
        return self.x + cos * u - sin * v, self.y + sin * u + cos * v

    def place(self, x: float, y: float) -> tuple[float, float]:
        """The place in the frame of the photo's pixel coordinates: the inverse of `point`."""
        cos, sin = math.cos(self.angle) / self.side, math.sin(self.angle) / self.side
        x, y = x - self.x, y - self.y
        return cos * x + sin * y + 0.5, -sin * x + cos * y + 0.5

    @staticmethod
    def of_box(x: float, y: float, width: float, height: float, angle: float = 0.0) -> "FaceFrame":
        """Return the portrait frame of a face's box (see `FaceBox`).

        >>> FaceFrame.of_box(100.0, 80.0, 54.0, 60.0).side
        100.0
        """
        if min(width, height) < SMALLEST:
            raise UserError(
                f"face {x:g},{y:g},{width:g},{height:g}: expected x,y,width,height in pixels, not as shares, "
                f"and at least {SMALLEST} of them across"
            )
        side = max(width / FACE_WIDTH, height / FACE_HEIGHT)
        turn, up = math.radians(angle), (FACE_MIDDLE - 0.5) * side
        middle = x + width / 2, y + height / 2
        return FaceFrame(middle[0] + math.sin(turn) * up, middle[1] - math.cos(turn) * up, side, turn)

    @property
    def face_box(self) -> FaceBox:
        """The box of the face in the frame, the inverse of `of_box`; the angle is left out where it is 0."""
        width, height = FACE_WIDTH * self.side, FACE_HEIGHT * self.side
        x, y = self.point(0.5, FACE_MIDDLE)
        box = x - width / 2, y - height / 2, width, height
        return (*box, math.degrees(self.angle)) if self.angle else box

    def distance(self, other: "FaceFrame") -> float:
        """Return how far the centres lie apart, in pixels."""
        return math.dist((self.x, self.y), (other.x, other.y))

    @property
    def eyes(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Where this frame expects the eyes: the viewer's left one, then the right one."""
        return self.point(EYES[0], EYE_ROW), self.point(EYES[1], EYE_ROW)

    def within(self, x: float, y: float, log_side: float, angle: float) -> "FaceFrame":
        """The frame that a window on this one reports: centre in sides, log of the side, angle."""
        center = self.point(x + 0.5, y + 0.5)
        return FaceFrame(*center, self.side * math.exp(log_side), self.angle + angle)

    def scaled(self, factor: float) -> "FaceFrame":
        """The same frame in a photo that is `factor` times as large."""
        return FaceFrame(self.x * factor, self.y * factor, self.side * factor, self.angle)

    def box(self, photo: tuple[int, int]) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of the photo's part that the frame touches; may be empty."""
        corners = np.array([self.point(u, v) for u in (0.0, 1.0) for v in (0.0, 1.0)])
        (left, top), (right, bottom) = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
        h, w = photo
        top, left = min(max(0, int(top)), h), min(max(0, int(left)), w)
        return top, left, max(top, min(h, int(bottom))), max(left, min(w, int(right)))

    def touches(self, photo: tuple[int, int]) -> bool:
        """Whether any of the photo lies in the frame's box."""
        top, left, bottom, right = self.box(photo)
        return top < bottom and left < right

    def fills(self, photo: tuple[int, int]) -> bool:
        """Whether a photo of (height, width) is about what the frame shows: a portrait."""
        h, w = photo
        short = min(h, w)
        near = max(abs(self.x - w / 2), abs(self.y - h / 2)) < 0.15 * short
        alike = 0.8 < self.side / short < 1.3 and abs(self.angle) < 0.14 and max(h, w) < 1.6 * short
        return bool(near and alike)

    def covers(self, box: tuple[int, int, int, int]) -> Bool[np.ndarray, "h w"]:
        """Which pixels of a box (top, left, bottom, right) lie in the frame."""
        u, v = self._places(box)
        return (np.abs(u - 0.5) <= 0.5) & (np.abs(v - 0.5) <= 0.5)

    def claim(self, box: tuple[int, int, int, int]) -> Float[np.ndarray, "h w"]:
        """How far each pixel of a box lies from being this face's: below 1 in its oval, to 2 in its frame.

        0 at the middle of the face; above 2 outside the frame.
        """
        u, v = self._places(box)
        oval = np.hypot((u - 0.5) / (FACE_WIDTH / 2), (v - FACE_MIDDLE) / (FACE_HEIGHT / 2))
        square = 2 * np.maximum(np.abs(u - 0.5), np.abs(v - 0.5))
        return np.where(oval <= 1, oval, 1 + square)

    def known_share(self, hole: Bool[np.ndarray, "h w"]) -> float:
        """The share of the face's oval that lies in the photo and outside its hole, 0 to 1."""
        top, left, bottom, right = box = self.box(hole.shape)
        step = max(1, int(self.side / 128))
        mine = self.claim(box)[::step, ::step] <= 1
        known = mine & ~hole[top:bottom:step, left:right:step]
        whole = math.pi / 4 * FACE_WIDTH * FACE_HEIGHT * (self.side / step) ** 2
        return min(1.0, float(known.sum()) / whole)

    def cut(self, photo: UInt8[np.ndarray, "h w *c"], size: int) -> UInt8[np.ndarray, "size size *c"]:
        """The frame's content, upright at size x size; beyond its edges the photo is continued.

        A part of the photo that is larger than the result is reduced first, so that nothing aliases.
        """
        top, left, bottom, right = _wider(self.box(photo.shape[:2]), photo.shape[:2])
        piece, step = photo[top:bottom, left:right], max(1, int(self.side / size))
        picture = Image.fromarray(np.ascontiguousarray(piece))
        if step > 1:
            picture = picture.reduce(step)
        margin = math.ceil(1.5 * self.side / step) + 12
        local = FaceFrame((self.x - left) / step, (self.y - top) / step, self.side / step, self.angle)
        return _sample(np.asarray(picture), local, size, margin)

    def cut_label(self, label: UInt8[np.ndarray, "h w"], size: int) -> UInt8[np.ndarray, "size size"]:
        """A layout in the frame at size x size, by nearest neighbour; continued beyond the photo's edges."""
        h, w = label.shape
        center = (np.arange(size) + 0.5) / size - 0.5
        cos, sin = math.cos(self.angle) * self.side, math.sin(self.angle) * self.side
        x = self.x + cos * center[None] - sin * center[:, None]
        y = self.y + sin * center[None] + cos * center[:, None]
        rows, columns = (np.floor(v).astype(int).clip(0, n - 1) for v, n in ((y, h), (x, w)))
        return label[rows, columns]

    def back(
        self,
        crop: Float[np.ndarray, "s s"] | UInt8[np.ndarray, "s s"],
        box: tuple[int, int, int, int],
        method: Image.Resampling = Image.Resampling.BICUBIC,
    ) -> Float[np.ndarray, "h w"] | UInt8[np.ndarray, "h w"]:
        """A map of the frame at the pixels of a box of the photo; continued beyond the frame."""
        top, left, bottom, right = box
        size, margin = crop.shape[0], 4
        k = size / self.side
        cos, sin = math.cos(self.angle) * k, math.sin(self.angle) * k
        middle = size / 2 + margin
        x, y = left - self.x, top - self.y
        matrix = (cos, sin, cos * x + sin * y + middle, -sin, cos, -sin * x + cos * y + middle)
        picture = Image.fromarray(np.pad(crop, margin, mode="edge"))
        wh = (right - left, bottom - top)
        return np.array(picture.transform(wh, Image.Transform.AFFINE, matrix, resample=method))

    def _places(self, box: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
        top, left, bottom, right = box
        x = np.arange(left, right, dtype=np.float32)[None] + 0.5 - self.x
        y = np.arange(top, bottom, dtype=np.float32)[:, None] + 0.5 - self.y
        cos, sin = math.cos(self.angle) / self.side, math.sin(self.angle) / self.side
        return cos * x + sin * y + 0.5, -sin * x + cos * y + 0.5


def similarity(
    found: Complex[np.ndarray, " n"], usual: Complex[np.ndarray, " n"], weights: Float[np.ndarray, " n"]
) -> tuple[complex, complex]:
    """Fit the frame whose places `usual` (shares of its side) fall on the points `found`, as x + iy.

    Returns the frame's centre, and its side and angle as the length and angle of a complex number. Weighted
    least squares; the weights sum to 1.
    """
    p_mean, q_mean = (weights * found).sum(), (weights * usual).sum()
    spread = (weights * abs(usual - q_mean) ** 2).sum()
    turn = (weights * (found - p_mean) * (usual - q_mean).conj()).sum() / spread
    return p_mean + turn * (complex(0.5, 0.5) - q_mean), turn


def _wider(box: tuple[int, int, int, int], photo: tuple[int, int]) -> tuple[int, int, int, int]:
    """A box with a margin for interpolation, and never empty."""
    top, left, bottom, right = box
    h, w = photo
    top, left = max(0, min(top, h - 1) - 8), max(0, min(left, w - 1) - 8)
    return top, left, min(h, max(bottom, top + 1) + 8), min(w, max(right, left + 1) + 8)


def _sample(
    piece: UInt8[np.ndarray, "h w *c"], frame: FaceFrame, size: int, margin: int
) -> UInt8[np.ndarray, "size size *c"]:
    """The frame's pixels, bilinear; the piece is continued by its border pixels where the frame leaves it."""
    h, w = piece.shape[:2]
    corners = np.array([frame.point(u, v) for u in (0.0, 1.0) for v in (0.0, 1.0)])
    low, high = corners.min(axis=0), corners.max(axis=0)
    pads = [min(margin, max(2, math.ceil(x) + 2)) for x in (-low[1], high[1] - h, -low[0], high[0] - w)]
    padded = np.pad(
        piece, [(pads[0], pads[1]), (pads[2], pads[3])] + [(0, 0)] * (piece.ndim - 2), mode="edge"
    )
    k = frame.side / size
    cos, sin = math.cos(frame.angle) * k, math.sin(frame.angle) * k
    x, y = frame.point(0.0, 0.0)
    matrix = (cos, -sin, x + pads[2], sin, cos, y + pads[0])
    picture = Image.fromarray(padded)
    return np.array(
        picture.transform((size, size), Image.Transform.AFFINE, matrix, resample=Image.Resampling.BILINEAR)
    )
