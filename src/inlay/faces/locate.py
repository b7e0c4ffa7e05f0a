"""Finding the faces of a photo that a hole touches, with the face finder, coarse to fine."""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from torch import Tensor

from inlay.geometry.face_frame import FaceFrame
from inlay.networks.finder import FaceFinder
from inlay.pixels.continuation import extend

__all__ = ["Found", "distinct", "locate", "refine"]

WORKING = 1536
"""The longest side at which faces are looked for."""

SMALLEST = 64
"""The smallest window in pixels of the working picture, that is a face about 32 pixels wide in it."""

LEAST = 16
"""Of a photo narrower than `SMALLEST` the windows are as wide as itself, but not narrower than this."""

RATIO, STRIDE = 1.4, 0.22
"""From one window's side to the next larger one's, and from a window to its neighbour in sides."""

LIKELY = 0.5
PASSES = 3
BATCH = 256


@dataclass(frozen=True)
class Found:
    """A face: its portrait frame in the photo and how sure the finder is, 0 to 1."""

    frame: FaceFrame
    score: float


@dataclass(frozen=True)
class _Scene:
    """A pyramid of the photo, its hole smoothly filled: each level has half the size of the one before."""

    levels: tuple[Float[Tensor, "1 4 _ _"], ...]

    @staticmethod
    def of(
        pixels: UInt8[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"], device: torch.device
    ) -> "_Scene":
        filled = extend(pixels.astype(np.float32), hole) / 127.5 - 1
        stack = np.concatenate([filled, hole[..., None].astype(np.float32)], axis=2)
        level = torch.from_numpy(stack).movedim(-1, 0)[None].float().to(device)
        levels = [level]
        while min(level.shape[-2:]) >= 32:
            level = F.avg_pool2d(level, 2)
            levels.append(level)
        return _Scene(tuple(levels))

    def windows(self, frames: list[FaceFrame]) -> Float[Tensor, "b 4 48 48"]:
        """What the windows see; all must have one side up to a factor of 2."""
        fine = 2 * FaceFinder.SIDE
        side = max(frame.side for frame in frames)
        number = min(len(self.levels) - 1, max(0, math.floor(math.log2(max(1.0, side / fine)))))
        level = self.levels[number]
        h, w = level.shape[-2:]
        rows = []
        for frame in frames:
            f = frame.scaled(0.5**number)
            cos, sin = math.cos(f.angle) * f.side, math.sin(f.angle) * f.side
            rows.append([[cos / w, -sin / w, 2 * f.x / w - 1], [sin / h, cos / h, 2 * f.y / h - 1]])
        matrix = torch.tensor(rows, dtype=torch.float32, device=level.device)
        grid = F.affine_grid(matrix, [len(frames), 4, fine, fine], align_corners=False)
        seen = F.grid_sample(
            level.expand(len(frames), -1, -1, -1), grid, padding_mode="border", align_corners=False
        )
        return F.avg_pool2d(seen, 2)


@torch.inference_mode()
def locate(
    finder: FaceFinder,
    pixels: UInt8[np.ndarray, "h w 3"],
    hole: Bool[np.ndarray, "h w"],
    near: Bool[np.ndarray, "h w"] | None = None,
    *,
    most: int = 32,
) -> list[Found]:
    """The faces whose frames touch `near` (the hole by default), the surest first, at most `most`.

    Faces whose frame (about twice the face's width) is smaller than 64 pixels, or than a 24th of the photo's
    longer side, are not seen; where `near` is given, twice that.
    """
    factor = max(1, math.ceil(max(hole.shape) / WORKING))
    if factor > 1:
        pixels = np.asarray(Image.fromarray(pixels).reduce(factor))
        hole = np.asarray(Image.fromarray(hole.astype(np.uint8) * 255).reduce(factor)) > 0
    smallest = SMALLEST if near is None else 2 * SMALLEST
    if near is None:
        near = hole
    elif factor > 1:
        near = np.asarray(Image.fromarray(near.astype(np.uint8) * 255).reduce(factor)) > 0
    scene = _Scene.of(pixels, hole, next(finder.parameters()).device)
    windows = _grid(near, smallest)
    likely = [found for found in _ask(finder, scene, windows) if found.score > LIKELY]
    likely = distinct(likely, apart=0.2)[: 6 * most]
    for _ in range(PASSES):
        likely = distinct(
            [f for f in _ask(finder, scene, [f.frame for f in likely]) if f.score > LIKELY], apart=0.4
        )
    touched = [f for f in likely if _touches(f.frame, near)]
    return [Found(f.frame.scaled(float(factor)), f.score) for f in touched[:most]]


@torch.inference_mode()
def refine(
    finder: FaceFinder, pixels: UInt8[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"], frame: FaceFrame
) -> Found:
    """The frame after three more looks from a rough one, which comes back where no face is seen."""
    factor = max(1, math.ceil(max(hole.shape) / WORKING))
    if factor > 1:
        pixels = np.asarray(Image.fromarray(pixels).reduce(factor))
        hole = np.asarray(Image.fromarray(hole.astype(np.uint8) * 255).reduce(factor)) > 0
    scene = _Scene.of(pixels, hole, next(finder.parameters()).device)
    found = Found(frame.scaled(1 / factor), 0.0)
    for _ in range(PASSES):
        found = _ask(finder, scene, [found.frame])[0]
    if found.score <= LIKELY:
        return Found(frame, found.score)
    return Found(found.frame.scaled(float(factor)), found.score)


def _grid(hole: Bool[np.ndarray, "h w"], smallest: int) -> list[FaceFrame]:
    """Upright windows of all sizes, from the smallest side on, that the hole touches."""
    h, w = hole.shape
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    if not rows.size:
        return []
    counts = np.pad(hole.astype(np.int64).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    windows, side = [], float(min(smallest, max(LEAST, min(h, w))))
    while side < 1.5 * max(h, w):
        step, reach = STRIDE * side, 0.6 * side
        for y in _places(max(0.3 * side, rows[0] - reach), min(h - 0.3 * side, rows[-1] + reach), step, h):
            for x in _places(
                max(0.3 * side, columns[0] - reach), min(w - 0.3 * side, columns[-1] + reach), step, w
            ):
                top, bottom = (int(np.clip(v, 0, h)) for v in (y - reach, y + reach))
                left, right = (int(np.clip(v, 0, w)) for v in (x - reach, x + reach))
                if counts[bottom, right] - counts[top, right] - counts[bottom, left] + counts[top, left]:
                    windows.append(FaceFrame(x, y, side))
        side *= RATIO
    return windows


def _places(low: float, high: float, step: float, length: int) -> list[float]:
    """Evenly spaced places from low to high; a window larger than the picture stands about its middle."""
    if high <= low:
        return [length / 2]
    count = math.ceil((high - low) / step) + 1
    return [float(p) for p in np.linspace(low, high, count)]


def _ask(finder: FaceFinder, scene: _Scene, frames: list[FaceFrame]) -> list[Found]:
    """What the finder says of each window."""
    found = []
    frames = sorted(frames, key=lambda frame: frame.side)
    start = 0
    while start < len(frames):
        stop = start + 1
        while stop < min(len(frames), start + BATCH) and frames[stop].side <= 1.5 * frames[start].side:
            stop += 1
        seen = scene.windows(frames[start:stop])
        answers = finder(seen[:, :3].contiguous(), (seen[:, 3:] > 0.5).float())
        answers = torch.cat([answers[:, :1].sigmoid(), answers[:, 1:]], dim=1).tolist()
        for frame, (score, x, y, log_side, angle) in zip(frames[start:stop], answers, strict=True):
            found.append(Found(frame.within(x, y, log_side, angle), score))
        start = stop
    return found


def distinct(found: list[Found], *, apart: float) -> list[Found]:
    """The surest of those whose centres lie nearer than `apart` sides to each other, surest first."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: -f.score):
        near = (
            math.hypot(one.frame.x - k.frame.x, one.frame.y - k.frame.y)
            < apart * max(one.frame.side, k.frame.side)
            for k in kept
        )
        if not any(near):
            kept.append(one)
    return kept


def _touches(frame: FaceFrame, hole: Bool[np.ndarray, "h w"]) -> bool:
    top, left, bottom, right = box = frame.box(hole.shape)
    return bool((hole[top:bottom, left:right] & frame.covers(box)).any())
