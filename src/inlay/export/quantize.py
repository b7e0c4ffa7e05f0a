"""Convolutions in 8 bits: a file of a quarter the size, faster on CPUs, its pictures a little apart."""

import tempfile
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from inlay.data.holes import FreeForm, free_form_hole
from inlay.data.transforms import Augmentation, augment
from inlay.images import open_picture
from inlay.labels import CELEBAMASK_HQ

__all__ = ["Case", "calibration_cases", "quantize"]

Case = tuple[UInt8[np.ndarray, "1 h w 3"], Bool[np.ndarray, "1 h w"]]
"""A picture at the model's size and its hole."""

ALMOST_ANY = Augmentation(warp=1.0, max_rotation=15.0, max_scale=0.15, jitter=1.0, max_jitter=0.4)


def calibration_cases(photos: list[Path], size: int, count: int, seed: int) -> list[Case]:
    """Portraits, varied in place and colour, with free-form holes: what the 8 bits have to span."""
    rng, cases = np.random.default_rng(seed), list[Case]()
    for n in range(count):
        picture = open_picture(photos[n % len(photos)]).convert("RGB")
        pixels = np.asarray(picture.resize((2 * size, 2 * size), Image.Resampling.LANCZOS))
        nothing = np.zeros(pixels.shape[:2], dtype=np.uint8)
        image, _ = augment(rng, pixels, nothing, (size, size), CELEBAMASK_HQ, ALMOST_ANY)
        cases.append((image[None], free_form_hole(rng, (size, size), FreeForm(0.01, 0.5))[None] > 0))
    return cases


def quantize(source: Path, target: Path, cases: list[Case]) -> None:
    """Write the file again with its convolutions in 8 bits, their ranges taken from the cases.

    Static quantisation of ONNX Runtime: weights signed, a scale a channel; activations unsigned. Attention,
    normalisation and the composite stay in fp32, so that known pixels stay exact.
    """
    import onnx
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.onnx"
        quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)
        quantize_static(
            str(ready), str(target), _Cases(cases), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, op_types_to_quantize=["Conv"],
        )  # fmt: skip
    small, facts = onnx.load(str(target)), onnx.load(str(source)).metadata_props
    del small.metadata_props[:]
    small.metadata_props.extend(facts)
    onnx.save(small, str(target))


class _Cases:
    """The cases as ONNX Runtime asks for them, one after the other."""

    def __init__(self, cases: list[Case]) -> None:
        self.left = iter(cases)

    def get_next(self) -> dict[str, np.ndarray] | None:
        for image, hole in self.left:
            return {"image": image, "hole": hole.astype(np.uint8)}
        return None
