"""Writing a model as an ONNX file, and running what was written against PyTorch."""

import contextlib
import io
import json
import logging
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Bool, UInt8

from inlay.batch import Batch
from inlay.checkpoint import Snapshot
from inlay.errors import UserError
from inlay.examples import example
from inlay.export.halves import store_halves
from inlay.export.pipeline import build_pipeline
from inlay.export.quantize import calibration_cases, quantize
from inlay.extras import require
from inlay.files import whole_file
from inlay.painters.onnx import INSTALL, KIND, VERSION, run_session
from inlay.tensors import from_tensor, to_tensor

if TYPE_CHECKING:
    import onnx_ir

__all__ = ["Check", "EightBit", "check_name", "export"]

Pictures = tuple[UInt8[np.ndarray, "b h w 3"], Bool[np.ndarray, "b h w"]]
"""A batch of pictures and their holes."""

TOLERANCE = 2
"""Grey levels by which the written network may differ from PyTorch's before it is refused."""


LEAST_DECIBELS = 40.0
"""How near composites in 8 bits must be to PyTorch's before the file is refused: differences nobody sees."""

CALIBRATED_ON, CHECKED_ON = 24, 8
"""Pictures that set the ranges of 8 bits, and others that the file is checked on."""


@dataclass(frozen=True)
class EightBit:
    """Convolutions in 8 bits, their ranges taken from portraits like these (the example portrait if none)."""

    photos: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Check:
    """What running the written file showed, against PyTorch, on `pictures` pictures.

    `levels` is the largest difference of a composite, of 255 grey levels, `decibels` the PSNR of all
    composites; `layout` is the share of pixels whose predicted class differs.
    """

    pictures: int
    levels: int
    decibels: float
    layout: float


def check_name(path: Path) -> Path:
    """The path, if it ends in .onnx."""
    if path.suffix.lower() != ".onnx":
        raise UserError(f"{path}: expected the name of a file that ends in .onnx")
    return path


def export(snapshot: Snapshot, path: Path, eight_bit: EightBit | None = None) -> Check:
    """Write the model's whole pipeline; the file appears only after onnxruntime agreed with PyTorch.

    Weights that fp16 holds exactly are stored so. With `eight_bit` convolutions compute in 8 bits.
    """
    check_name(path)
    tool = require("onnxscript", package="ONNX Script", install=INSTALL)
    runtime = require("onnxruntime", package="ONNX Runtime", install=INSTALL)
    assert isinstance(tool, ModuleType)
    pipeline, size = build_pipeline(snapshot), snapshot.config.data.size
    image, hole = _pictures(2, size)
    batch = torch.export.Dim("batch")
    with _quiet():
        program = torch.onnx.export(
            pipeline,
            (torch.from_numpy(image), torch.from_numpy(hole.astype(np.uint8))),
            dynamo=True,
            dynamic_shapes={"image": {0: batch}, "hole": {0: batch}},
            input_names=["image", "hole"],
            output_names=["composite", "layout"],
            optimize=False,
            verbose=False,
        )
        assert program is not None
        _tidy(program.model)
    program.model.metadata_props.update(
        {
            "kind": KIND,
            "version": str(VERSION),
            "size": str(size),
            "labels": json.dumps(snapshot.labels.to_dict()),
        }
    )
    store_halves(program.model)
    with whole_file(path) as unfinished:
        program.save(unfinished, external_data=False)
        if eight_bit is None:
            check = _compare(snapshot, runtime, unfinished, [_pictures(count, size) for count in (1, 3)])
            wrong = check.levels > TOLERANCE
        else:
            check = _in_eight_bits(snapshot, runtime, unfinished, eight_bit)
            wrong = check.decibels < LEAST_DECIBELS
        if wrong:
            raise UserError(
                f"{path}: not written: ONNX Runtime's composites differ from PyTorch's by {check.levels} "
                f"grey levels ({check.decibels:.1f} dB), which is too much; try other versions of "
                "onnxruntime and torch, or without 8 bits"
            )
    return check


def _tidy(model: "onnx_ir.Model") -> None:
    """Leave out what computes nothing or the same twice.

    The exporter's own way also looks for patterns to fuse, which takes most of its time and finds little that
    ONNX Runtime does not do itself on opening the file.
    """
    from onnx_ir import passes
    from onnx_ir.passes import common
    from onnxscript.optimizer import fold_constants

    common.InlinePass()(model)
    fold_constants(model)
    passes.Sequential(
        common.RemoveUnusedNodesPass(),
        common.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0),
        common.DeduplicateInitializersPass(),
        common.CommonSubexpressionEliminationPass(),
    )(model)


def _in_eight_bits(snapshot: Snapshot, runtime: ModuleType, path: Path, how: EightBit) -> Check:
    """Put the file into 8 bits, and compare on variations that have not set its ranges."""
    photos, size = list(how.photos) or [example("portrait")], snapshot.config.data.size
    with _quiet():
        quantize(path, path, calibration_cases(photos, size, CALIBRATED_ON, seed=0))
    return _compare(snapshot, runtime, path, calibration_cases(photos, size, CHECKED_ON, seed=1))


def _compare(snapshot: Snapshot, runtime: ModuleType, path: Path, batches: list[Pictures]) -> Check:
    """The file against the networks as `Inpainter` runs them, with their gathered attention."""
    assert snapshot.layout is not None
    session, levels, squares, layout = runtime.InferenceSession(str(path)), 0, 0.0, 0.0
    for image, hole in batches:
        composite, label = run_session(session, image, hole)
        given = Batch(
            to_tensor(image), torch.zeros(hole.shape).long(), torch.from_numpy(hole)[:, None].float()
        )
        with torch.inference_mode():
            completed = snapshot.layout.complete(given)
            drawn = from_tensor(snapshot.model.compose(completed, snapshot.model(completed)))
        apart = np.abs(composite.astype(int) - drawn)
        levels, squares = max(levels, int(apart.max())), squares + float(np.square(apart).mean()) * len(image)
        layout += float((label != completed.label.numpy()).mean()) * len(image)
    pictures = sum(len(image) for image, _ in batches)
    decibels = 10 * math.log10(255**2 * pictures / squares) if squares else math.inf
    return Check(pictures, levels, decibels, layout / pictures)


def _pictures(count: int, size: int) -> Pictures:
    """Smooth made-up pictures with noise, each with a rectangular hole; the last also has a wide one."""
    rng = np.random.default_rng(count)
    y, x = np.mgrid[:size, :size] / size
    phase = rng.uniform(0, 6, (count, 1, 1, 3))
    waves = np.sin(5 * x[None, ..., None] + phase) * np.cos(4 * y[None, ..., None] - phase)
    image = np.clip(128 + 90 * waves + rng.normal(0, 8, waves.shape), 0, 255).astype(np.uint8)
    hole = np.zeros((count, size, size), dtype=bool)
    hole[:, size // 4 : size // 2, size // 3 : 3 * size // 4] = True
    hole[-1, size // 2 :, : 3 * size // 4] = True
    return image, hole


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter talks of missing torchvision, the quantiser of shapes: nothing for a person to mend."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
