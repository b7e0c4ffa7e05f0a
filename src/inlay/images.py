"""Pictures as files: reading them upright and in RGB, reading holes and layouts, writing without half-written files."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageOps
from torch import Tensor

from inlay.errors import UserError
from inlay.labels import LabelSet

__all__ = ["from_tensor", "read_label", "read_picture", "to_tensor"]


def read_picture(path: Path) -> Image.Image:
    """The picture in RGB, upright."""
    try:
        with Image.open(path) as picture:
            return ImageOps.exif_transpose(picture).convert("RGB")
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; expected a picture") from error
    except OSError as error:
        raise UserError(f"{path}: not a readable picture ({error})") from error


def read_label(path: Path, labels: LabelSet) -> UInt8[np.ndarray, "h w"]:
    """A layout: a grey or palette picture whose values are class ids."""
    try:
        with Image.open(path) as picture:
            label = np.array(picture)
    except OSError as error:
        raise UserError(f"{path}: not a readable picture ({error})") from error
    if label.ndim != 2:
        raise UserError(f"{path}: a layout is a grey or palette picture of class ids, got {label.shape[-1]} channels")
    labels.check(label, str(path))
    return label.astype(np.uint8)


def to_tensor(pixels: UInt8[np.ndarray, "*b h w 3"]) -> Float[Tensor, "*b 3 h w"]:
    """0..255 pixels as a tensor in [-1, 1]."""
    return torch.tensor(pixels).movedim(-1, -3).float() / 127.5 - 1


def from_tensor(image: Float[Tensor, "*b 3 h w"]) -> UInt8[np.ndarray, "*b h w 3"]:
    """A tensor in [-1, 1] as 0..255 pixels, clipped and rounded to nearest."""
    pixels = ((image.detach().float() + 1) * 127.5).round().clamp(0, 255)
    return pixels.movedim(-3, -1).to(torch.uint8).cpu().numpy()
