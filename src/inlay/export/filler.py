"""Filling photos with an exported model: ONNX Runtime, NumPy, SciPy and Pillow, and no PyTorch."""

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8, UInt16
from PIL import Image

from inlay.errors import UserError
from inlay.extras import require
from inlay.inference.blend import extend
from inlay.inference.doors import fit_hole
from inlay.inference.finish import STANDARD, Finish
from inlay.inference.finishing import Drawn, Parts, finished
from inlay.inference.frame import Frame
from inlay.inference.large import LARGEST
from inlay.inference.photo import Photo
from inlay.labels import LabelSet

__all__ = ["INSTALL", "KIND", "VERSION", "Filled", "OnnxInpainter", "run_session"]

INSTALL = "pip install 'inlay[onnx]'"
KIND, VERSION = "inlay-pipeline", 1


@dataclass(frozen=True)
class Filled:
    """A filled photo: outside `hole` it is the photo bit for bit; `layout` holds class ids at its size.

    A photo of 16-bit colour has its result in `deep`, which `image` shows in 8 bits.
    """

    image: Image.Image
    layout: UInt8[np.ndarray, "h w"]
    hole: Bool[np.ndarray, "h w"]
    seconds: float
    notes: tuple[str, ...]
    deep: UInt16[np.ndarray, "h w c"] | None = None

    layout_source = "predicted"

    @property
    def hole_ratio(self) -> float:
        """The share of the photo's pixels that was filled."""
        return float(self.hole.mean())


class OnnxInpainter:
    """Fills holes of portraits with the file that `inlay export` wrote. The photo is one portrait."""

    def __init__(self, session: Any, size: int, labels: LabelSet) -> None:
        self.session, self.size, self.labels = session, size, labels

    @staticmethod
    def load(path: Path, threads: int | None = None) -> "OnnxInpainter":
        """Open an exported model; `threads` None leaves their number to ONNX Runtime."""
        runtime = require("onnxruntime", package="ONNX Runtime", install=INSTALL)
        if not path.is_file():
            raise UserError(f"{path}: no such file; expected a model that `inlay export` wrote")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        try:
            session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's errors have no common class
            reason = str(error).strip().splitlines()[:1]
            raise UserError(f"{path}: not readable as an ONNX model ({''.join(reason)})") from error
        facts = session.get_modelmeta().custom_metadata_map
        if facts.get("kind") != KIND or facts.get("version") != str(VERSION):
            raise UserError(
                f"{path}: no model that this program exported; write it anew: inlay export MODEL.onnx"
            )
        return OnnxInpainter(
            session, int(facts["size"]), LabelSet.from_dict(json.loads(facts["labels"]), str(path))
        )

    def __call__(
        self,
        image: Image.Image | np.ndarray | Photo,
        hole: Image.Image | np.ndarray,
        finish: Finish = STANDARD,
    ) -> Filled:
        """Fill the hole (white or true = to be filled) under the predicted layout.

        A photo beyond `LARGEST` gets no detail beyond the model's size; its rim is drawn.
        """
        started = time.perf_counter()
        photo = Photo.of(image)
        drawn, notes = fit_hole(hole, photo.size)
        drawn, more = finish.grown(drawn, photo.pixels)
        notes = (*notes, *more)
        frame = Frame.square(photo.size, self.size)
        composite, label = self._canvas(photo, drawn, frame)
        layout = frame.classes_back(np.eye(len(self.labels), dtype=np.float32)[label].transpose(2, 0, 1))
        if not drawn.any():
            notes, values = (*notes, "the result is a copy"), photo.native
        else:
            if max(photo.size) > LARGEST:
                finish = replace(finish, detail="none")
            canvas = Drawn(composite.astype(np.float32), frame.hole(drawn), label)
            parts = Parts(self.labels, lambda: layout)
            values = photo.composite(finished(photo, drawn, frame, canvas, parts, finish), drawn)
        filled, seconds = photo.picture(values), time.perf_counter() - started
        return Filled(filled, layout, drawn, seconds, notes, photo.deep(values))

    def _canvas(
        self, photo: Photo, hole: Bool[np.ndarray, "h w"], frame: Frame
    ) -> tuple[UInt8[np.ndarray, "th tw 3"], UInt8[np.ndarray, "th tw"]]:
        """Composite and layout on the square; the hole is filled first, so that nothing in it is resized."""
        pixels: Float[np.ndarray, "h w 3"] | UInt8[np.ndarray, "h w 3"] = photo.pixels
        if hole.any():
            pixels = np.clip(np.rint(extend(pixels.astype(np.float32), hole)), 0, 255).astype(np.uint8)
        composites, labels = run_session(self.session, frame.pixels(pixels)[None], frame.hole(hole)[None])
        return composites[0], labels[0]


def run_session(
    session: Any, image: UInt8[np.ndarray, "b h w 3"], hole: Bool[np.ndarray, "b h w"]
) -> tuple[UInt8[np.ndarray, "b h w 3"], UInt8[np.ndarray, "b h w"]]:
    """The file's two answers: the composite and the predicted layout's class ids."""
    composite, label = session.run(["composite", "layout"], {"image": image, "hole": hole.astype(np.uint8)})
    return composite, label
