"""How a fill is brought to the photo's resolution and joined to the known pixels around it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.ndimage
from jaxtyping import Bool, Float, UInt8

from inlay.errors import UserError
from inlay.inference.blend import extend, fading
from inlay.inference.frame import unit_of
from inlay.inference.rim import with_rim
from inlay.inference.widen import widened

__all__ = ["BARE", "BLENDS", "DETAILS", "EXACT", "STANDARD", "Finish", "plain", "smooth"]

Fill = Float[np.ndarray, "h w 3"]
Hole = Bool[np.ndarray, "h w"]
Blend = Callable[[Fill, Fill, Hole], Fill]
"""The fill and the photo, RGB from 0 to 255, and the hole; the fill, joined to the photo."""


def plain(fill: Fill, photo: Fill, hole: Hole) -> Fill:
    """The fill as it is: its rim may show, most of all where `Finish.rim` is off."""
    return fill


def smooth(fill: Fill, photo: Fill, hole: Hole) -> Fill:
    """What the fill is wrong by on known pixels is continued smoothly into the hole and added there.

    Near the harmonic continuation of Poisson editing, in a fixed number of operations a pixel.
    """
    return fill + extend((photo - fill).astype(np.float32), hole)


BLENDS: dict[str, Blend] = {"smooth": smooth, "none": plain}


DETAILS = ("matched", "none")
"""Where a fill's detail beyond the model's size is from: known patches that match, or nowhere."""


@dataclass(frozen=True)
class Finish:
    """What happens to a fill between the model and the photo.

    `blend` is a name of `BLENDS`. With a `feather` above 0 the blend's correction fades out over so many
    pixels from the rim inwards, for a fill whose colours are right further in. `detail`, of `DETAILS`,
    carries over what the known pixels show beyond the model's resolution, `twins` gives a hidden eye, brow,
    or half of a mouth or of glasses the detail of the one that is seen, and `rim` lets known pixels go on a
    little into the hole; `strength` 1 takes the model's fill, 0 the smooth continuation of the known pixels,
    values between mix the two. Before all that `widen`
    takes what a damage has left along the hole's rim into the hole, and `dilate` grows it by so many pixels.
    """

    blend: str = "smooth"
    feather: int = 0
    detail: str = "matched"
    strength: float = 1.0
    dilate: int = 0
    twins: bool = True
    rim: bool = True
    widen: bool = True

    def __post_init__(self) -> None:
        """Check names and ranges."""
        if self.blend not in BLENDS:
            raise UserError(f"unknown blend '{self.blend}'; expected one of {', '.join(BLENDS)}")
        if self.detail not in DETAILS:
            raise UserError(f"unknown detail '{self.detail}'; expected one of {', '.join(DETAILS)}")
        if self.feather < 0 or self.dilate < 0:
            raise UserError(f"feather {self.feather}, dilate {self.dilate}: expected 0 pixels or more")
        if not 0 <= self.strength <= 1:
            raise UserError(f"strength {self.strength}: expected a number from 0 to 1")

    def join(self, fill: Fill, photo: Fill, hole: Hole) -> Fill:
        """The fill joined to the photo: blend and feather."""
        joined = BLENDS[self.blend](fill, photo, hole)
        if self.feather:
            joined = fill + (joined - fill) * fading(hole, self.feather)[..., None]
        return joined

    def mix(self, fill: Fill, photo: Fill, hole: Hole) -> Fill:
        """The fill, of a strength below 1 mixed with the smooth continuation of the known pixels."""
        if self.strength == 1:
            return fill
        return self.strength * fill + (1 - self.strength) * extend(photo.astype(np.float32), hole)

    def begun(self, fill: Fill, photo: Fill, hole: Hole, unit: float) -> Fill:
        """The fill, mixed, with its beginning at the rim as the known pixels end, by its strength.

        `unit` is how many pixels of the photo there are to 1 / 256 of a portrait's height.
        """
        if not self.rim or not self.strength:
            return fill
        begun = with_rim(fill, photo, hole, unit)
        return begun if self.strength == 1 else fill + self.strength * (begun - fill)

    @property
    def asks_to_join(self) -> bool:
        """Whether a join was asked for that differs from the standard one."""
        return (self.blend, self.feather) != (STANDARD.blend, STANDARD.feather)

    @property
    def once_grown(self) -> "Finish":
        """The same for a hole that has been grown."""
        return replace(self, dilate=0, widen=False)

    def grown(self, hole: Hole, photo: UInt8[np.ndarray, "h w 3"]) -> tuple[Hole, tuple[str, ...]]:
        """The hole, widened, with `dilate` pixels more on each side, and what is to be said about it.

        A `UserError` where nothing would be left.
        """
        known_before, notes = not hole.all(), tuple[str, ...]()
        if self.widen:
            wide = widened(photo, hole, unit_of(hole.shape))
            if more := int(np.count_nonzero(wide)) - int(np.count_nonzero(hole)):
                hole, notes = wide, (WIDENED.format(more=more),)
        if self.dilate:
            hole = scipy.ndimage.binary_dilation(hole, iterations=self.dilate)
        if known_before and hole.all():
            also, mend = (" and widened", ", or do not widen it") if notes else ("", "")
            raise UserError(
                f"the hole, grown by {self.dilate} pixels{also}, covers the whole photo, which leaves "
                f"nothing to fill it from; grow it by less{mend}"
            )
        return hole, notes


STANDARD = Finish()

EXACT = Finish(widen=False)
"""For holes that are meant as they are: painted by eye, or put over an undamaged photo to be measured."""

WIDENED = "the hole was widened by {more} pixels along its rim, which look like the damage's edge"
"""What people are told of it."""

BARE = Finish(blend="none", detail="none", twins=False, rim=False, widen=False)
"""The fill as the model draws it: of a photo of the model's size what `inlay evaluate` measures."""
