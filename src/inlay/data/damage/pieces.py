"""Real pieces of damage, read from a folder: specks of plates, stains, torn edges, dust of films."""

import io
import json
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from inlay.data.damage.fields import log_uniform
from inlay.data.damage.lines import Canvas, dark_tone, lay, paper_tone

__all__ = ["Pieces", "is_held_out", "read_pieces"]

MOST_SPECK = 1.5 / 256
"""How much specks are enlarged at most, by each pixel of the longer side; more makes blobs of them."""

Grey = UInt8[np.ndarray, "h w"]


def is_held_out(name: str) -> bool:
    """Whether a piece is kept for validation: a third of them, by their names."""
    return zlib.crc32(name.encode()) % 3 == 0


@dataclass(frozen=True)
class Pieces:
    """Real damage.

    `specks` are grey level plus 128 by their kind (line or other), `stains` transmittance (230 = clear),
    `films` cover, `tears` what is missing (corners at the top left, rims at the top).
    """

    specks: list[tuple[bool, Grey]] = field(default_factory=list)
    stains: list[Grey] = field(default_factory=list)
    films: list[Grey] = field(default_factory=list)
    tears: list[tuple[bool, Bool[np.ndarray, "h w"]]] = field(default_factory=list)

    def lay_specks(self, rng: np.random.Generator, canvas: Canvas, unit: float, *, lines: bool) -> None:
        """Add a few real specks, or scratches."""
        chosen = [piece for line, piece in self.specks if line == lines]
        for _ in range(int(log_uniform(rng, 1.0, 3.0 if lines else 16.0))):
            zoom = min(unit * log_uniform(rng, 0.5, 1.3), MOST_SPECK * max(canvas.shape[:2]))
            piece = _varied(rng, chosen[rng.integers(len(chosen))], zoom)
            part, cut = _placed(rng, canvas, piece)
            part += ((cut.astype(np.float32) - 128) * rng.uniform(0.8, 1.8))[..., None]

    def lay_stain(self, rng: np.random.Generator, canvas: Canvas, unit: float) -> None:
        """Multiply real stains on."""
        for _ in range(int(rng.integers(1, 4))):
            piece = self.stains[rng.integers(len(self.stains))]
            piece = _varied(rng, piece, unit * log_uniform(rng, 4.0, 30.0) / max(piece.shape))
            part, cut = _placed(rng, canvas, piece)
            clear = (cut.astype(np.float32) / 230).clip(0, 1) ** np.float32(rng.uniform(1, 3))
            color = np.array([0.85, 1, 1.3]) ** rng.uniform(0, 1)
            part *= clear[..., None] ** color.astype(np.float32)

    def lay_film(self, rng: np.random.Generator, canvas: Canvas, unit: float) -> None:
        """Lay drawn hairs, lint and dirt on."""
        for _ in range(int(log_uniform(rng, 1.0, 6.0))):
            piece = self.films[rng.integers(len(self.films))]
            wanted = unit * log_uniform(rng, 6.0, 50.0) / max(piece.shape)
            part, cut = _placed(rng, canvas, _varied(rng, piece, min(wanted, 1.5)))
            tone = paper_tone(rng) if rng.random() < 0.5 else dark_tone(rng)
            lay(part, cut.astype(np.float32) / 255 * rng.uniform(0.5, 1), tone)

    def tear(self, rng: np.random.Generator, canvas: Canvas, unit: float) -> Bool[np.ndarray, "h w"]:
        """Take a real torn shape off; returns what is missing."""
        h, w = canvas.shape[:2]
        corner, piece = self.tears[rng.integers(len(self.tears))]
        missing = np.zeros((h, w), dtype=bool)
        size = log_uniform(rng, 0.08, 0.35) if corner else rng.uniform(0.5, 1.2)
        zoom = size * max(h, w) / max(piece.shape)
        cut = np.asarray(
            Image.fromarray(piece).resize(
                (max(1, round(piece.shape[1] * zoom)), max(1, round(piece.shape[0] * zoom)))
            )
        )[:h, :w]
        missing[: cut.shape[0], : cut.shape[1]] = cut
        turned = (
            np.rot90(missing, int(rng.integers(4)))
            if h == w
            else missing[:: rng.choice([1, -1]), :: rng.choice([1, -1])]
        )
        turned = np.ascontiguousarray(turned)
        canvas[turned] = paper_tone(rng) if rng.random() < 0.7 else dark_tone(rng)
        return turned


def _varied(rng: np.random.Generator, piece: Grey, zoom: float) -> Grey:
    """A piece turned by quarters, mirrored, at another size; the resampling keeps its level outside."""
    piece = np.rot90(piece, int(rng.integers(4)))[:: rng.choice([1, -1])]
    h, w = piece.shape
    size = (max(1, round(w * zoom)), max(1, round(h * zoom)))
    kind = Image.Resampling.BOX if zoom < 0.5 else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(np.ascontiguousarray(piece)).resize(size, kind))


def _placed(rng: np.random.Generator, canvas: Canvas, piece: Grey) -> tuple[Canvas, Grey]:
    """A random part of the canvas and what of the piece lies on it."""
    h, w = canvas.shape[:2]
    ph, pw = piece.shape
    top, left = int(rng.integers(-ph // 3, h - ph // 3)), int(rng.integers(-pw // 3, w - pw // 3))
    part = canvas[max(top, 0) : top + ph, max(left, 0) : left + pw]
    y, x = max(-top, 0), max(-left, 0)
    return part, piece[y : y + part.shape[0], x : x + part.shape[1]]


def read_pieces(folder: Path, *, held_out: bool) -> Pieces:
    """Read the third of the pieces that is held out for validation, or the others, for training."""
    pieces = Pieces()
    if (atlas := folder / "plate_specks" / "atlas.json").is_file():
        sheet = np.asarray(Image.open(atlas.with_suffix(".png")).convert("L"))
        told = json.loads(atlas.read_text(encoding="utf-8"))
        for row in told["items"]:
            item = dict(zip(told["fields"], row, strict=True))
            if is_held_out(item["icpsr"]) == held_out:
                x, y, w, h = (item[key] for key in "xywh")
                pieces.specks.append((item["kind"] == "line", sheet[y : y + h, x : x + w]))
    for name, bag in (("stains", pieces.stains), ("film_artefacts", pieces.films)):
        if (path := folder / f"{name}.zip").is_file():
            with zipfile.ZipFile(path) as held:
                for entry in sorted(held.namelist()):
                    if entry.endswith(".png") and is_held_out(entry) == held_out:
                        image = Image.open(io.BytesIO(held.read(entry)))
                        bag.append(
                            np.asarray(
                                image.getchannel("A") if "A" in image.getbands() else image.convert("L")
                            )
                        )
    for path in sorted((folder / "torn_masks").glob("*.png")):
        if not path.name.startswith("center") and is_held_out(path.name) == held_out:
            pieces.tears.append(
                (path.name.startswith("corner"), np.asarray(Image.open(path).convert("L")) > 127)
            )
    return pieces
