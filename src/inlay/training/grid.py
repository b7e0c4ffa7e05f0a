"""A sheet of fixed val faces: input, layout, attention, raw output, composite, truth."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, UInt8
from PIL import Image, ImageDraw

from inlay.batch import Attention, Batch
from inlay.files import unfinished_name
from inlay.labels import LabelSet

__all__ = ["COLUMNS", "Look", "Shown", "draw_grid", "look_from_hole", "save_grid"]

COLUMNS = ("input", "layout", "attention", "raw output", "composite", "truth")
GAP, HEAD = 4, 16


@dataclass(frozen=True)
class Look:
    """Where one token of each face looked, 0 to 1, and where it lies (row, column)."""

    heat: Float[np.ndarray, "n h w"]
    place: Int[np.ndarray, "n 2"]


@dataclass(frozen=True)
class Shown:
    """What a sheet shows of some faces."""

    image: UInt8[np.ndarray, "n h w 3"]
    label: Int[np.ndarray, "n h w"]
    hole: Bool[np.ndarray, "n h w"]
    attention: Look | None
    raw: UInt8[np.ndarray, "n h w 3"]
    composite: UInt8[np.ndarray, "n h w 3"]


def look_from_hole(attention: Attention | None, batch: Batch) -> Look | None:
    """Where the middle of each face's hole looked, as the paper's fig. 4."""
    if attention is None:
        return None
    h, w = batch.image.shape[-2:]
    th, tw = attention.output.shape[-2:]
    token = _middle(attention.hole * attention.asks, tw)
    rows = torch.stack([attention.rows(token[n : n + 1])[n, 0] for n in range(len(batch))])
    heat = F.interpolate(rows.reshape(-1, 1, th, tw).float(), size=(h, w), mode="bilinear")[:, 0]
    heat = heat / heat.amax(dim=(1, 2), keepdim=True).clamp(min=1e-12)
    place = torch.stack(
        [(token // tw) * h // th + h // th // 2, (token % tw) * w // tw + w // tw // 2], dim=1
    )
    return Look(heat.cpu().double().numpy(), place.cpu().numpy())


def _middle(chosen: Float[torch.Tensor, "b n"], width: int) -> Int[torch.Tensor, " b"]:
    """Of the chosen tokens the one nearest to their mean place."""
    place = torch.arange(chosen.shape[1], device=chosen.device)
    y, x = (place // width).float(), (place % width).float()
    total = chosen.sum(dim=1).clamp(min=1)
    far = (y - (chosen @ y / total)[:, None]) ** 2 + (x - (chosen @ x / total)[:, None]) ** 2
    return far.masked_fill(chosen == 0, torch.inf).argmin(dim=1)


def draw_grid(shown: Shown, labels: LabelSet) -> UInt8[np.ndarray, "height width 3"]:
    """The sheet: a row a face, in two blocks side by side where there are many, named columns."""
    faces, h, w = shown.hole.shape
    blocks = 2 if faces > 4 else 1
    rows = -(-faces // blocks)
    width = blocks * (len(COLUMNS) * (w + GAP) + 2 * GAP)
    sheet = Image.new("RGB", (width, HEAD + rows * (h + GAP)), (24, 24, 24))
    draw = ImageDraw.Draw(sheet)
    for n in range(faces):
        block, row = divmod(n, rows)
        for column, tile in enumerate(_tiles(shown, n, labels)):
            x = block * (width // blocks) + column * (w + GAP)
            sheet.paste(tile, (x, HEAD + row * (h + GAP)))
            if row == 0:
                draw.text((x + 2, 2), COLUMNS[column], fill=(230, 230, 230))
    return np.asarray(sheet)


def save_grid(path: Path, sheet: UInt8[np.ndarray, "height width 3"]) -> None:
    """Write the sheet to a temporary name, then rename it."""
    unfinished = unfinished_name(path)
    Image.fromarray(sheet).save(unfinished, format="PNG")
    unfinished.replace(path)


def _tiles(shown: Shown, n: int, labels: LabelSet) -> list[Image.Image]:
    holed = shown.image[n].copy()
    holed[shown.hole[n]] = 255
    layout = labels.colorize(shown.label[n])
    looked = Image.fromarray(holed)
    if shown.attention is not None:
        heat, place = shown.attention.heat[n], shown.attention.place[n]
        looked = Image.fromarray(_overlay(holed, heat))
        y, x = int(place[0]), int(place[1])
        ImageDraw.Draw(looked).polygon(
            [(x - 4, y), (x, y - 4), (x + 4, y), (x, y + 4)], fill=0, outline=(255, 255, 255)
        )
    pixels = (holed, layout, None, shown.raw[n], shown.composite[n], shown.image[n])
    return [looked if p is None else Image.fromarray(p) for p in pixels]


def _overlay(
    pixels: UInt8[np.ndarray, "h w 3"], heat: Float[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Red where much was looked at, blue where little, over the picture in grey."""
    stops = np.array([0.0, 0.35, 0.7, 1.0])
    colors = np.array([[20, 30, 120], [0, 170, 220], [250, 210, 40], [220, 20, 20]], dtype=np.float64)
    warm = np.stack([np.interp(np.sqrt(heat), stops, colors[:, c]) for c in range(3)], axis=-1)
    grey = pixels.mean(axis=2, keepdims=True)
    return np.clip(0.4 * grey + 0.6 * warm, 0, 255).astype(np.uint8)
