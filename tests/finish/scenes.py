"""Scenes for the tests of steps: drawn faces, textures, damages."""

import numpy as np
from PIL import Image, ImageDraw

from inlay.finish.scene import Painted, Portrayed, Scene
from inlay.geometry.canvas_frame import CanvasFrame
from inlay.labels import CELEBAMASK_HQ, LabelSet
from inlay.pixels.filters import smoothed

LEFT, RIGHT = (CELEBAMASK_HQ.id_of(name) for name in ("l_eye", "r_eye"))
SKIN, EAR, OTHER_EAR = (CELEBAMASK_HQ.id_of(name) for name in ("skin", "l_ear", "r_ear"))


def face(size: int = 160, tilt: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A drawn face with two eyes, symmetric about an axis that is tilted by so many radians.

    Its colours, its layout, and a hole over the left eye, which lies to the right.
    """
    y, x = np.mgrid[:size, :size] / size - 0.5
    across, along = x * np.cos(tilt) + y * np.sin(tilt), y * np.cos(tilt) - x * np.sin(tilt)
    side = np.abs(across) - 0.2
    eye = (side / 0.11) ** 2 + (along / 0.055) ** 2 < 1
    picture = np.stack([200 - 60 * y, 160 - 40 * np.abs(across), 140 + 20 * along], axis=-1) * np.ones(3)
    picture[eye] = 225
    for radius, level, at in ((0.045, 90, -0.01), (0.018, 20, -0.01), (0.008, 250, 0.005)):
        picture[eye & ((side - at) ** 2 + (along + 0.005) ** 2 < radius**2)] = level
    label = np.full((size, size), SKIN, dtype=np.uint8)
    label[eye] = np.where(across > 0, LEFT, RIGHT)[eye]
    hole = (np.abs(side) < 0.15) & (np.abs(along) < 0.09) & (across > 0)
    return picture.astype(np.float32), label, hole


def soft(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """What a painter might paint: the truth, too smooth."""
    return np.where(hole[..., None], smoothed(picture, len(picture) / 50), picture)


def portrayed(
    picture: np.ndarray,
    hole: np.ndarray,
    label: np.ndarray,
    *,
    size: int | None = None,
    labels: LabelSet = CELEBAMASK_HQ,
    **more: object,
) -> Portrayed:
    """A portrait whose painter works at `size`, by default at the picture's own."""
    frame = CanvasFrame.around((hole.shape[0], hole.shape[1]), size or hole.shape[0])
    canvas = frame.pixels(np.clip(np.rint(picture), 0, 255).astype(np.uint8)).astype(np.float32)
    layout = frame.label(label)
    scores = (np.arange(len(labels))[:, None, None] == layout).astype(np.float32)
    return Portrayed(Painted(canvas, frame.hole(hole), layout, scores), frame, labels, **more)  # type: ignore[arg-type]


def flat_scene(photo: np.ndarray, hole: np.ndarray, unit: float = 1.0, **more: object) -> Scene:
    """A window of a photo, without a portrait."""
    return Scene(photo.astype(np.float32), hole, unit, **more)  # type: ignore[arg-type]


def textured(seed: int, side: int = 160) -> np.ndarray:
    """Light and dark patches of several sizes, and grain."""
    random = np.random.default_rng(seed)
    layers = [smoothed(random.normal(0, 40 * s, (side, side, 3)).astype(np.float32), s) for s in (2.0, 6.0)]
    return np.clip(128 + sum(layers) + random.normal(0, 5, (side, side, 3)), 0, 255).astype(np.uint8)


def scratch(side: int = 160, width: int = 5) -> np.ndarray:
    """A bent line as a hole."""
    hole = Image.new("L", (side, side))
    ImageDraw.Draw(hole).line([(20, 30), (70, 80), (60, 140)], fill=255, width=width)
    return np.asarray(hole) > 0


def damaged(photo: np.ndarray, hole: np.ndarray, spread: float, color: tuple[int, int, int]) -> np.ndarray:
    """The photo with a damage whose edges are softer than the hole's."""
    share = smoothed(hole.astype(np.float32), spread)[..., None]
    return np.rint(photo * (1 - share) + np.array(color) * share).astype(np.uint8)
