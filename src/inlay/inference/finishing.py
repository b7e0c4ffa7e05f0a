"""All that happens to what a model drew until it lies in the photo, in its order. Without PyTorch."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from inlay.inference.finish import Finish
from inlay.inference.frame import Frame, unit_of
from inlay.inference.matched import carry_matched
from inlay.inference.photo import Photo
from inlay.inference.tone import in_tone
from inlay.inference.twin_parts import hidden_twins
from inlay.inference.twins import with_twins
from inlay.labels import LabelSet

__all__ = ["Drawn", "Parts", "finished"]


@dataclass(frozen=True)
class Drawn:
    """What a model drew, on its canvas.

    `composite` is RGB from 0 to 255, `hole` what of it was hidden, `label` the class ids that it was drawn
    by.
    """

    composite: Float[np.ndarray, "th tw 3"]
    hole: Bool[np.ndarray, "th tw"]
    label: UInt8[np.ndarray, "th tw"]


@dataclass(frozen=True)
class Parts:
    """What is known of a portrait's parts when they are to be drawn after what is seen.

    `predicted` tells the model's layout at the photo's size, `given` the one that somebody gave, if any;
    `asked` are the classes that somebody asked to look otherwise than their twins.
    """

    labels: LabelSet
    predicted: Callable[[], UInt8[np.ndarray, "h w"]]
    given: UInt8[np.ndarray, "h w"] | None = None
    asked: Collection[int] = ()


def finished(
    photo: Photo, hole: Bool[np.ndarray, "h w"], frame: Frame, drawn: Drawn, parts: Parts, finish: Finish
) -> Float[np.ndarray, "h w 3"]:
    """The composite at the photo's size, RGB from 0 to 255, with the known pixels' detail, joined to its rim.

    Enlarging loses detail, so that the fill would meet its rim with a jump; the level is matched
    there. At the model's own size nothing was lost. What has a mirror twin that is seen gets that one's
    detail; next to the rim the known pixels go on. A photo of one tone keeps it.
    """
    pixels = photo.pixels.astype(np.float32)
    fill = frame.picture_back(drawn.composite)
    if not frame.is_plain and finish.detail == "matched":
        fill = fill + carry_matched(pixels - fill, hole, frame, drawn.composite, drawn.hole, drawn.label)
    if not frame.is_plain or finish.asks_to_join:
        fill = finish.join(fill, pixels, hole)
    if finish.twins and hidden_twins(drawn.hole, drawn.label, parts.labels):
        exact = parts.given is not None
        layout = parts.predicted() if parts.given is None else parts.given
        fill = with_twins(
            fill.astype(np.float32), pixels, hole, layout, parts.labels, parts.asked, exact=exact
        )
    fill = finish.begun(finish.mix(fill, pixels, hole), pixels, hole, unit_of(photo.size))
    return in_tone(fill, photo.pixels, hole)
