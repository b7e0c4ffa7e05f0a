"""Read the hole of a picture that a person painted, beside its photo."""

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image, ImageChops, ImageStat
from scipy import ndimage

from inlay.errors import UserError
from inlay.images import eight_bit
from inlay.layers import hole_of, is_zero_or_one
from inlay.repair.photo import Photo

__all__ = ["MEND", "WHITE", "read_painted_hole"]

HALF = 127
"""More opaque than this is visible, brighter than this is white."""

NEAR = 48
"""So near to black or white a level counts as black or white; JPEG noise stays below."""

FAINT = 26
"""Paint that is nowhere more opaque than this is no paint."""

EXACT, NOISY = 8, 32
"""A painted copy differs from its photo by more than this: stored exactly, or with JPEG noise."""

SURE, SMALLEST = 64, 6
"""With JPEG noise a painted spot has a pixel that differs by more, and so many pixels."""

FLAT = 6.0
"""Levels: a smaller standard deviation is one colour."""

THUMBNAIL, COMMON, COVERED = 256, 8, 0.8
"""A picture is like a photo if the 8 most frequent of its colours cover less than this share of it."""

WHITE, VALUES = "white on black", "the values 0 and 1"
PAINT, TRANSPARENT = "paint on transparency", "the transparent part"
COPY = "what differs from the photo"

Hole = Bool[np.ndarray, "h w"]

MEND = (
    "paint it white on black, in any colour on a transparent layer, or on a copy of this photo of the same "
    "size; or erase it from such a copy"
)


def read_painted_hole(picture: Image.Image, photo: Photo) -> tuple[Hole, str]:
    """Read the hole of an upright picture at its own size, and say which rule took it.

    The first rule that holds is taken:

    1. Values of 0 and 1 only: 1 is hole.
    2. Opaque, black and white only: white is hole. Exception: a black and white photo that shows the same
       on nine tenths of both its black and its white, which is a painted copy.
    3. At least half of what is visible shows the photo: a painted copy. What differs from the photo is
       hole, and what was made transparent. A copy with JPEG noise needs a larger difference.
    4. Transparent in places, with black and white paint: white is hole.
    5. Transparent in places, and white paint or less than half of it visible: the paint is hole.
    6. Transparent in places, and most of it one colour or a few: the transparent part is hole.
    7. Opaque and of few colours: what is brighter than half is hole.

    Everything else is a picture like a photo, but not like this photo, and raises a `UserError`.
    """
    if is_zero_or_one(picture):
        return hole_of(picture), VALUES
    plain = eight_bit(picture)
    colors, alpha = plain.convert("RGB"), _alpha(plain)
    if alpha is None:
        if _is_black_and_white(colors) and not _shows_document(colors, photo):
            return _bright(colors), WHITE
        differs = _difference(colors, photo, None)
        if differs is not None:
            return differs, COPY
        if _is_like_photo(colors, None):
            raise UserError(f"the hole is a picture, but not one of this photo; {MEND}")
        return _bright(colors), WHITE
    return _read_transparent(colors, alpha, photo)


def _read_transparent(colors: Image.Image, alpha: Image.Image, photo: Photo) -> tuple[Hole, str]:
    opacity = np.asarray(alpha)
    visible = opacity > HALF
    share = visible.mean()
    own = _fitted_alpha(photo, colors.size)
    comparable = visible if own is None else visible & (own > HALF)
    differs = _difference(colors, photo, comparable) if comparable.any() else None
    if differs is not None:
        erased = ~visible if own is None else ~visible & (own > HALF)
        painted = differs & visible
        hole = erased | painted
        return (hole if hole.any() else ~visible), (COPY if painted.any() else TRANSPARENT)
    strongest = int(opacity.max(initial=0))
    if strongest <= HALF:
        paint = opacity > strongest / 2
        return paint & (strongest > FAINT), PAINT
    mask = Image.fromarray(visible)
    white = _bright(colors) & visible
    if _is_black_and_white(colors, mask) and white.any():
        black = visible & ~white
        return white, (WHITE if black.any() else PAINT)
    if share <= 0.5:
        return visible, PAINT
    if _is_like_photo(colors, visible):
        raise UserError(f"the hole is a picture with transparency, but not one of this photo; {MEND}")
    return ~visible, TRANSPARENT


def _alpha(plain: Image.Image) -> Image.Image | None:
    """The opacity of a picture that is transparent in places."""
    if plain.mode not in ("LA", "RGBA"):
        return None
    alpha = plain.getchannel("A")
    lowest: int = alpha.getextrema()[0]  # type: ignore[assignment]
    return alpha if lowest < 255 else None


def _bright(colors: Image.Image) -> Hole:
    return np.asarray(colors.convert("L")) > HALF


def _strongest(colors: Image.Image) -> Image.Image:
    red, green, blue = colors.split()
    return ImageChops.lighter(red, ImageChops.lighter(green, blue))


def _weakest(colors: Image.Image) -> Image.Image:
    red, green, blue = colors.split()
    return ImageChops.darker(red, ImageChops.darker(green, blue))


def _is_black_and_white(colors: Image.Image, visible: Image.Image | None = None) -> bool:
    """Whether no pixel is coloured, and all but one in twenty are near black or near white."""
    spread = ImageChops.subtract(_strongest(colors), _weakest(colors)).histogram(visible)
    grey = colors.convert("L").histogram(visible)
    return not sum(spread[NEAR + 1 :]) and sum(grey[:NEAR]) + sum(grey[-NEAR:]) >= 0.95 * sum(grey)


def _shows_document(colors: Image.Image, photo: Photo) -> bool:
    """Whether photo and picture are black and white and agree on both."""
    seen = _fitted(photo, colors.size)
    if not _is_black_and_white(seen):
        return False
    painted, light = _bright(colors), _bright(seen)
    parts = (light, ~light)
    return all(part.mean() > 0.01 and (painted == light)[part].mean() > 0.9 for part in parts)


def _difference(colors: Image.Image, photo: Photo, visible: Hole | None) -> Hole | None:
    """Where a copy of the photo was painted over; None where the picture is no copy of it."""
    seen = _fitted(photo, colors.size)
    levels = np.asarray(_strongest(ImageChops.difference(colors, seen)))
    compared = levels if visible is None else levels[visible]
    if (compared <= NOISY).mean() < 0.5:
        return None
    if visible is not None and visible.mean() <= 0.5 and _is_flat(seen, visible):
        return None  # paint whose colour happens to be the photo's
    if (compared == 0).mean() >= 0.5:
        return levels > EXACT
    spots, count = ndimage.label(levels > NOISY, structure=np.ones((3, 3)))
    sizes = np.bincount(spots.ravel(), minlength=count + 1)
    sure = np.zeros(count + 1, dtype=bool)
    sure[np.unique(spots[levels > SURE])] = True
    kept = sure & (sizes >= SMALLEST)
    kept[0] = False
    result: Hole = kept[spots]
    return result


def _is_flat(seen: Image.Image, visible: Hole) -> bool:
    return max(ImageStat.Stat(seen, mask=Image.fromarray(visible)).stddev) < FLAT


def _fitted(photo: Photo, size: tuple[int, int]) -> Image.Image:
    """The photo as it looks at a picture's size."""
    picture = Image.fromarray(photo.pixels)
    return picture if picture.size == size else picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=3)


def _fitted_alpha(photo: Photo, size: tuple[int, int]) -> UInt8[np.ndarray, "h w"] | None:
    """The photo's own opacity in 8 bits at a picture's size, where it has any."""
    opacity = photo.opacity
    if opacity is None:
        return None
    return np.asarray(Image.fromarray(opacity).resize(size, Image.Resampling.NEAREST))


def _is_like_photo(colors: Image.Image, visible: Hole | None) -> bool:
    """Whether the picture has many colours and mostly neither black nor white."""
    step = max(1, max(colors.size) // THUMBNAIL)
    small = np.asarray(colors)[::step, ::step]
    small = small.reshape(-1, 3) if visible is None else small[visible[::step, ::step]]
    if not small.size:
        return False
    dark, light = (small < NEAR).all(axis=1), (small > 255 - NEAR).all(axis=1)
    codes = (small >> 3).astype(np.int64) @ np.array([1024, 32, 1])
    counts = np.sort(np.unique(codes, return_counts=True)[1])[::-1]
    covered: float = counts[:COMMON].sum() / len(small)
    return bool((dark | light).mean() < 0.5 and covered < COVERED)
