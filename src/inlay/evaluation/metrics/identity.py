"""Does the person stay the person? Distances between embeddings of the filled and the true face.

The embedding is an ONNX file given by path; none comes with inlay.
"""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from scipy.spatial.distance import pdist

from inlay.errors import UserError, is_out_of_memory
from inlay.extras import require
from inlay.geometry.face_frame import FaceFrame, similarity
from inlay.labels import LabelSet

__all__ = ["Embedding", "Identity", "face_crop"]

PLACES = {
    ("eye", "right"): complex(0.318, 0.314),
    ("eye", "left"): complex(0.668, 0.314),
    ("mouth",): complex(0.493, 0.706),
}
"""Where the crop has eyes and mouth, by roles. The eyes lie as in dlib's face chips (150 px, padding 0.25),
the mouth below them as in CelebA-HQ faces (`inlay.faces.landmarks`)."""


def face_crop(
    picture: UInt8[np.ndarray, "h w 3"], label: UInt8[np.ndarray, "h w"], labels: LabelSet, size: int
) -> UInt8[np.ndarray, "size size 3"] | None:
    """Cut the face so that eyes and mouth of its layout lie at fixed places; None where one is missing."""
    found = []
    for roles in PLACES:
        rows, columns = np.nonzero(np.isin(label, labels.with_role(*roles)))
        if not rows.size:
            return None
        found.append(complex(columns.mean() + 0.5, rows.mean() + 0.5))
    usual, weights = np.array(list(PLACES.values())), np.full(len(PLACES), 1 / len(PLACES))
    center, turn = similarity(np.array(found), usual, weights)
    return FaceFrame(center.real, center.imag, abs(turn), float(np.angle(turn))).cut(picture, size)


class Embedding:
    """An ONNX network from faces (RGB, 0 to 255) to vectors.

    It has one input, (n, size, size, 3) or (n, 3, size, size), of uint8 or float32. Its first output counts.
    """

    def __init__(self, path: Path) -> None:
        runtime = require("onnxruntime", package="ONNX Runtime", install="pip install 'inlay[onnx]'")
        if not path.is_file():
            raise UserError(f"{path}: no such file; expected an ONNX file that embeds faces")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        try:
            self.session: Any = runtime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's errors have no common class
            if is_out_of_memory(error):
                raise
            reason = "".join(str(error).strip().splitlines()[:1])
            raise UserError(f"{path}: not readable as an ONNX model ({reason})") from error
        taken = self.session.get_inputs()
        shape = taken[0].shape if len(taken) == 1 else None
        known = {"tensor(uint8)": np.uint8, "tensor(float)": np.float32}
        if shape is None or len(shape) != 4 or 3 not in shape[1::2] or taken[0].type not in known:
            told = ", ".join(f"{one.name} {one.type} {one.shape}" for one in taken)
            raise UserError(
                f"{path}: takes {told}; expected one input of faces, (n, size, size, 3) or "
                "(n, 3, size, size), of uint8 or float32, RGB from 0 to 255"
            )
        self.channels_first = shape[1] == 3
        side, other = shape[2:] if self.channels_first else shape[1:3]
        if not isinstance(side, int) or side != other:
            raise UserError(
                f"{path}: faces of {side} x {other}; expected a square of a fixed size; export it with one"
            )
        self.size, self.name, self.type = side, taken[0].name, known[taken[0].type]

    def __call__(self, face: UInt8[np.ndarray, "s s 3"]) -> Float[np.ndarray, " d"]:
        """Embed one face of `size` pixels."""
        pixels = face.transpose(2, 0, 1) if self.channels_first else face
        (first, *_) = self.session.run(None, {self.name: pixels[None].astype(self.type)})
        return np.asarray(first, dtype=np.float64).reshape(-1)


class Identity:
    """The metric: Euclidean distance between embeddings; it keeps those of the true faces."""

    def __init__(self, embedding: Embedding, labels: LabelSet) -> None:
        self.embedding, self.labels = embedding, labels
        self.people: list[Float[np.ndarray, " d"]] = []

    def __call__(
        self,
        truth: UInt8[np.ndarray, "h w 3"],
        result: UInt8[np.ndarray, "h w 3"],
        hole: UInt8[np.ndarray, "h w"],
        label: UInt8[np.ndarray, "h w"] | None,
    ) -> float:
        """Compute the distance of the filled from the true face; lower is better, 0 for identical pictures.

        Both are cut by the true layout. Not a number without a hole, or where the layout lacks an eye or the
        mouth.
        """
        if label is None:
            return float("nan")
        faces = [face_crop(picture, label, self.labels, self.embedding.size) for picture in (truth, result)]
        if faces[0] is None or faces[1] is None:
            return float("nan")
        true = self.embedding(faces[0])
        self.people.append(true)
        return float(np.linalg.norm(self.embedding(faces[1]) - true)) if hole.any() else float("nan")

    def others(self) -> dict[str, float | int | None]:
        """Tell how far true faces of different pictures lie apart: median, 5th percentile, count of pairs."""
        if len(self.people) < 2:
            return {"median": None, "p5": None, "pairs": 0}
        apart = pdist(np.stack(self.people))
        low, middle = np.percentile(apart, [5, 50])
        return {"median": float(middle), "p5": float(low), "pairs": len(apart)}
