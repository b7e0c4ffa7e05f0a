"""Frozen holes as files: one .npz for all, or a folder of pictures named by stem."""

import zipfile
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from inlay.data.holes import unpack_holes
from inlay.errors import UserError
from inlay.evaluation.by_stem import find_by_stem
from inlay.layers import read_hole

__all__ = ["read_holes", "read_kinds"]


def read_holes(path: Path, *, stems: list[str], size: tuple[int, int]) -> UInt8[np.ndarray, "n h w"]:
    """One hole a stem, of `size` (height, width): the n-th of an .npz, or a folder's picture STEM.png."""
    if path.is_dir():
        pictures = find_by_stem(path, stems, what="hole")
        return np.stack([_of_size(p, read_hole(p).astype(np.uint8), size) for p in pictures])
    holes = _unpack(path)
    if len(holes) != len(stems):
        raise UserError(
            f"{path}: {len(holes)} holes for {len(stems)} stems; expected one a stem, in the stems' order"
        )
    _of_size(path, holes[0], size)
    return holes


def read_kinds(path: Path) -> list[str] | None:
    """Read what kind each hole of an .npz is; None where the file does not tell."""
    if path.is_dir():
        return None
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        if "kinds" not in archive.files:
            return None
        kinds, count = archive["kinds"], len(archive["holes"])
    if kinds.ndim != 1 or kinds.dtype.kind != "U" or len(kinds) != count:
        raise UserError(
            f"{path}: 'kinds' is {kinds.dtype} of shape {kinds.shape}; expected a word for each of "
            f"{count} holes; draw the holes anew with `inlay holes`"
        )
    return [str(kind) for kind in kinds]


def _of_size(path: Path, hole: UInt8[np.ndarray, "h w"], size: tuple[int, int]) -> UInt8[np.ndarray, "h w"]:
    if hole.shape != size:
        raise UserError(
            f"{path}: holes of {hole.shape[0]} x {hole.shape[1]} (height x width), the evaluation runs at "
            f"{size[0]} x {size[1]}; give holes of that size, or another --size"
        )
    return hole


def _unpack(path: Path) -> UInt8[np.ndarray, "n h w"]:
    wanted = "expected an .npz written by `inlay holes`, or a folder of hole pictures named by stem"
    if not path.is_file():
        raise UserError(f"{path}: no such file; {wanted}")
    try:
        # Opened here, for np.load leaves a damaged archive open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            data = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: not a readable .npz ({error}); {wanted}") from error
    packed = data.get("holes")
    if packed is None or packed.ndim != 3 or packed.dtype != np.uint8 or not packed.size:
        found = "no array 'holes'" if packed is None else f"'holes' is {packed.dtype} of shape {packed.shape}"
        raise UserError(
            f"{path}: {found}; {wanted}: uint8 of (count, height, width / 8), eight pixels a byte"
        )
    return unpack_holes(data)
