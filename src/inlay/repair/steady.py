"""Faces of a photo that is filled stroke by stroke: searched for again only where that may matter."""

import numpy as np
from jaxtyping import Bool, UInt8

from inlay.faces.find import FoundFaces
from inlay.repair.framing import Search

__all__ = ["SMALL", "SteadySearch"]

SMALL = 0.02
"""The share of the photo up to which a hole is a stroke."""

CLEAR = 0.9
"""The share of a face's oval that a stroke leaves known, for its frame to hold."""


class SteadySearch:
    """Remembers the faces found beside a small hole, for other small holes that hide little of them.

    A search takes longer than the fill of a stroke.
    """

    def __init__(self, search: Search) -> None:
        self._search = search
        self._found: FoundFaces | None = None

    def __call__(self, pixels: UInt8[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"]) -> FoundFaces:
        """Return all faces of a photo, as they were found if the hole hides little of them."""
        is_small, found = hole.mean() <= SMALL, self._found
        if is_small and found is not None and all(f.known_share(hole) >= CLEAR for f in found.visible):
            return found
        found = self._search(pixels, hole)
        self._found = found if is_small and not found.hidden else None
        return found

    def forget(self) -> None:
        """Search anew next time: the photo has changed by more than strokes."""
        self._found = None
