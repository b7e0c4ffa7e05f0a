"""The damage detector's weights, which come with the package."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from inlay.networks.damage import DamageDetector
from inlay.networks.precision import has_bf16
from inlay.tensors import packed, unpacked

__all__ = ["WEIGHTS", "load_detector", "save_detector"]

WEIGHTS = Path(__file__).resolve().parents[1] / "weights" / "damage.safetensors"


def load_detector(path: Path = WEIGHTS, device: torch.device | str = "cpu") -> DamageDetector:
    """The detector of the package, or of another file of weights, ready to answer."""
    detector = DamageDetector()
    state = {key: value.float() for key, value in unpacked(load_file(path)).items()}
    detector.load_state_dict(state)
    if has_bf16(torch.device(device)):
        detector.precision = torch.bfloat16
    detector.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return detector.eval().requires_grad_(False)


def save_detector(detector: DamageDetector, path: Path, info: dict[str, str] | None = None) -> None:
    """Write the weights, kernels in 8 bits; `info` says how they came about."""
    tensors = {key: value.detach().half().contiguous().cpu() for key, value in detector.state_dict().items()}
    save_file(packed(tensors), path, metadata=info)
