"""The endless, resumable stream of damaged crops that the detector is trained on."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image, ImageFilter
from scipy import ndimage
from torch.utils.data import Dataset

from inlay.data.damage.fields import log_uniform
from inlay.data.damage.pieces import Pieces
from inlay.data.damage.synthesise import FAINT, synthesise
from inlay.errors import UserError

__all__ = ["DamageStream", "Pictures", "crop", "own_specks"]

Sample = tuple[np.ndarray, np.ndarray, np.ndarray, int]

SMALLEST = 96
"""Crops are of at least so many pixels a side, and are enlarged: large scans are soft."""

SPECK, SMOOTH = 10, 5.0
"""A picture's own speck stands out by so many levels, from surroundings that vary by no more."""


@dataclass(frozen=True)
class Pictures:
    """Encoded pictures by name, from a zip file or the files of a folder.

    `speckled`: they are real old photos that have damage of their own, which is not marked anywhere.
    """

    names: list[str]
    files: dict[str, bytes] | Path
    speckled: bool = False

    @classmethod
    def open(cls, path: Path, names: list[str] | None = None, *, speckled: bool = False) -> "Pictures":
        """The pictures of a zip file or a folder; of a folder those of `names`, if any are given."""
        if path.suffix == ".zip" and path.is_file():
            with zipfile.ZipFile(path) as held:
                files = {name: held.read(name) for name in sorted(held.namelist()) if not name.endswith("/")}
            return cls(list(files), files, speckled)
        if not path.is_dir():
            raise UserError(f"{path}: expected a folder of pictures, or a zip file of them")
        listed = sorted(
            p.name for p in path.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")
        )
        if names is not None:
            wanted = set(names)
            listed = [name for name in listed if Path(name).stem in wanted]
        if not listed:
            raise UserError(f"{path}: no pictures; expected .jpg, .png or .webp files")
        return cls(listed, path, speckled)

    def read(self, name: str) -> Image.Image:
        """Decode one of them, as RGB."""
        data = self.files[name] if isinstance(self.files, dict) else (self.files / name).read_bytes()
        return Image.open(io.BytesIO(data)).convert("RGB")


class DamageStream(Dataset[Sample]):
    """Sample number `position` of an endless stream, a pure function of (seed, position).

    A sample is the damaged crop, the kinds of damage, the mask (1 = damage), and the picture's number.
    """

    def __init__(
        self,
        sources: list[tuple[float, Pictures]],
        size: int,
        pieces: Pieces | None,
        *,
        damaged: float,
        seed: int,
    ) -> None:
        self.sources, self.size, self.pieces = [pictures for _, pictures in sources], size, pieces
        shares = np.array([share for share, _ in sources])
        self.shares = shares / shares.sum()
        self.damaged, self.seed = damaged, seed
        self.first = np.cumsum([0, *(len(pictures.names) for pictures in self.sources)])
        self.names = [name for pictures in self.sources for name in pictures.names]

    def __getitem__(self, position: int) -> Sample:
        """Draw a picture, cut a crop, damage it."""
        rng = np.random.default_rng((self.seed, 5, position))
        source = int(rng.choice(len(self.sources), p=self.shares))
        pictures = self.sources[source]
        place = int(rng.integers(len(pictures.names)))
        pixels = crop(rng, pictures.read(pictures.names[place]), self.size)
        speckled = own_specks(pixels) if pictures.speckled else None
        damaged = synthesise(
            rng, pixels, self.pieces, damaged=self.damaged, aged=0.5 if pictures.speckled else 0.7
        )
        kinds = (
            damaged.kinds
            if speckled is None
            else np.where(speckled & (damaged.kinds == 0), FAINT, damaged.kinds).astype(np.uint8)
        )
        return damaged.pixels, kinds, damaged.mask.astype(np.uint8), int(self.first[source]) + place


def crop(rng: np.random.Generator, image: Image.Image, size: int) -> UInt8[np.ndarray, "h w 3"]:
    """A square part of a picture, of a random side, at `size`; mirrored every other time."""
    short = min(image.size)
    side = log_uniform(rng, float(min(short, max(SMALLEST, 0.25 * short))), float(short))
    left, top = (rng.uniform(0, length - side) for length in image.size)
    part = image.resize((size, size), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))
    pixels = np.asarray(part)
    return pixels[:, ::-1] if rng.random() < 0.5 else pixels


def own_specks(pixels: UInt8[np.ndarray, "h w 3"]) -> Bool[np.ndarray, "h w"]:
    """Where an old photo may have specks of its own: small spots that stand out from smooth surroundings."""
    grey = Image.fromarray(pixels).convert("L")
    plain = np.asarray(grey.filter(ImageFilter.MedianFilter(5)), dtype=np.float32)
    speck = np.abs(np.asarray(grey, dtype=np.float32) - plain) > SPECK
    mean = ndimage.uniform_filter(plain, 11)
    smooth = ndimage.uniform_filter(plain * plain, 11) - mean * mean < SMOOTH**2
    return ndimage.binary_dilation(speck & smooth, iterations=2)
