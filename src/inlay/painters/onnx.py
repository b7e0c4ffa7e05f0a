"""Painting with an exported model: ONNX Runtime, NumPy, SciPy and Pillow, and no PyTorch."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8

from inlay.errors import UserError, is_out_of_memory
from inlay.extras import require
from inlay.finish.scene import Painted
from inlay.geometry.canvas_frame import CanvasFrame
from inlay.labels import LabelSet
from inlay.notes import Note
from inlay.painters.painter import Canvas, Look, Wish

__all__ = ["INSTALL", "KIND", "VERSION", "OnnxPainter", "is_exported", "run_session"]

INSTALL = "pip install 'inlay[onnx]'"
KIND, VERSION = "inlay-pipeline", 1


def is_exported(model: Path | str) -> bool:
    """Whether the name is that of a file of `inlay export`.

    >>> is_exported("model.onnx"), is_exported("bundled")
    (True, False)
    """
    return Path(model).suffix.lower() == ".onnx"


class OnnxPainter:
    """Paints portraits with the file that `inlay export` wrote, under the layout that it predicts."""

    def __init__(self, session: Any, size: int, labels: LabelSet) -> None:
        self.session, self.size, self.labels = session, size, labels

    @staticmethod
    def load(path: Path, threads: int | None = None) -> "OnnxPainter":
        """Open an exported model; `threads` None leaves their number to ONNX Runtime."""
        runtime = require("onnxruntime", package="ONNX Runtime", install=INSTALL)
        if not path.is_file():
            raise UserError(f"{path}: no such file; expected a model that `inlay export` wrote")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        try:
            session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's errors have no common class
            if is_out_of_memory(error):
                raise
            reason = str(error).strip().splitlines()[:1]
            raise UserError(f"{path}: not readable as an ONNX model ({''.join(reason)})") from error
        facts = session.get_modelmeta().custom_metadata_map
        if facts.get("kind") != KIND or facts.get("version") != str(VERSION):
            raise UserError(
                f"{path}: no model that this program exported; write it anew: inlay export MODEL.onnx"
            )
        labels = LabelSet.from_dict(json.loads(facts["labels"]), str(path))
        return OnnxPainter(session, int(facts["size"]), labels)

    def frame(self, picture: tuple[int, int]) -> CanvasFrame:
        """A square canvas, since the file has one size."""
        return CanvasFrame.square(picture, self.size)

    def begin(self, canvas: Canvas) -> "OnnxPainting":
        """Take a canvas up."""
        if canvas.layout is not None:
            raise UserError("an exported model paints under the layout that it predicts; leave --layout away")
        return OnnxPainting(self, canvas)


class OnnxPainting:
    """A canvas, painted in one go: the file has one answer to it."""

    def __init__(self, painter: OnnxPainter, canvas: Canvas) -> None:
        (picture,), (label,) = run_session(painter.session, canvas.image[None], canvas.hole[None])
        certain = np.eye(len(painter.labels), dtype=np.float32)[label].transpose(2, 0, 1)
        self._painted = Painted(picture.astype(np.float32), canvas.hole, label, certain)

    @property
    def notes(self) -> tuple[Note, ...]:
        """Nothing."""
        return ()

    def scores(self, wish: Wish = Wish()) -> Float[np.ndarray, "classes h w"]:  # noqa: B008
        """1 for each pixel's class."""
        _check(wish)
        return self._painted.scores

    def paint(self, wish: Wish = Wish()) -> Painted:  # noqa: B008
        """What was painted."""
        _check(wish)
        return self._painted

    def look(self, row: float, column: float, wish: Wish = Wish()) -> Look:  # noqa: B008
        """An exported model does not tell its attention."""
        raise UserError("an exported model does not tell where it looked; take a model folder")

    def style(self) -> Float[np.ndarray, "classes d"]:
        """Nor its styles."""
        raise UserError("an exported model does not tell its styles; take a model folder")


def _check(wish: Wish) -> None:
    """Refuse what the file has no input for."""
    refused = {
        "seed other than 0": wish.seed,
        "styles of another portrait": wish.styles,
        "repainted layout": wish.repainted is not None and wish.repainted.where.any(),
        "refinement": wish.refinement is not None,
    }
    for name, given in refused.items():
        if given:
            raise UserError(f"an exported model takes no {name}, it has one answer; take a model folder")


def run_session(
    session: Any, image: UInt8[np.ndarray, "b h w 3"], hole: Bool[np.ndarray, "b h w"]
) -> tuple[UInt8[np.ndarray, "b h w 3"], UInt8[np.ndarray, "b h w"]]:
    """The file's two answers: the composite and the predicted layout's class ids."""
    composite, label = session.run(["composite", "layout"], {"image": image, "hole": hole.astype(np.uint8)})
    return composite, label
