"""The paper's fig. 2 and 3 from a photo: its fill's own attention map, drawn step by step."""

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from inlay.errors import UserError
from inlay.geometry.canvas_frame import CanvasFrame
from inlay.repair.inpainter import Inpainter
from inlay.repair.photo import Photo
from inlay.visualize.attention import choose_points, deepest
from inlay.visualize.explain import Scene, explain_sheet
from inlay.visualize.stages import stages

__all__ = ["explanation"]


def explanation(
    inpainter: Inpainter,
    photo: Image.Image | Photo,
    hole: Bool[np.ndarray, "h w"],
    layout: UInt8[np.ndarray, "h w"] | None = None,
    at: tuple[int, int] | None = None,
) -> Image.Image:
    """The sheet of a photo and its hole; `at` is a hole pixel (row, column), by default one deep inside."""
    pixels = Photo.of(photo).pixels
    size = (pixels.shape[0], pixels.shape[1])
    # Of two models the smaller one: the larger one's map is sixteen times as large, and no clearer.
    inpainter = inpainter.of_size(inpainter.size)
    frame = CanvasFrame.around(size, inpainter.size)
    result = inpainter(photo, hole, layout, faces="whole")
    record = result.attention
    if record is None:
        raise UserError("this model has no attention, so there is no attention map to show")
    tokens = (record.output.shape[-2], record.output.shape[-1])
    label = record.label[0].reshape(tokens).cpu().numpy()
    gone = (record.hole[0] > 0).reshape(tokens).cpu().numpy()
    if at is None:
        point = choose_points(label.astype(np.uint8), gone, 1)[0]
    else:
        point = _token_at(at, frame, tokens)
        if not gone[point]:
            raise UserError(f"--at {at[0]},{at[1]} lies in the known part (row, column); choose a hole point")
    known = ~gone & (label == label[point])
    other = deepest(known if known.any() else ~gone)
    picture = Image.fromarray(frame.pixels(pixels))
    scene = Scene(picture, frame.hole(result.hole), label, gone, point, other)
    return explain_sheet(scene, stages(record), inpainter.labels)


def _token_at(at: tuple[int, int], frame: CanvasFrame, size: tuple[int, int]) -> tuple[int, int]:
    """The token under a pixel of the photo."""
    (y, x), (h, w) = at, frame.photo
    if not (y < h and x < w):
        raise UserError(f"--at {y},{x} lies outside the photo of {h} x {w} (row, column)")
    row, column = (
        (corner + (place + 0.5) * content / side) * tokens / canvas
        for corner, place, content, side, tokens, canvas in zip(
            frame.corner, at, frame.content, frame.photo, size, frame.canvas, strict=True
        )
    )
    return int(row), int(column)
