"""The damage detector's weights, which come with the package."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from inlay.errors import UserError
from inlay.files import whole_file
from inlay.networks.damage import DamageDetector
from inlay.networks.precision import has_bf16
from inlay.tensors import packed, unpacked

__all__ = ["DETECTOR", "WEIGHTS", "load_detector", "read_detector", "save_detector"]

DETECTOR = "damage.safetensors"
"""The name of the file, here and in a run's snapshot."""

WEIGHTS = Path(__file__).resolve().parents[1] / "weights" / DETECTOR


def read_detector(path: Path) -> dict[str, Tensor]:
    """The detector's tensors in fp32, from a file of `save_detector`."""
    try:
        return {key: value.float() for key, value in unpacked(load_file(path)).items()}
    except (OSError, SafetensorError) as error:
        raise UserError(f"{path}: no weights of a damage detector can be read ({error})") from error


def load_detector(path: Path = WEIGHTS, device: torch.device | str = "cpu") -> DamageDetector:
    """The detector of the package, or of another file of weights, ready to answer."""
    state = read_detector(path)
    detector = DamageDetector(widths=_widths(state))
    detector.load_state_dict(state)
    if has_bf16(torch.device(device)):
        detector.precision = torch.bfloat16
    detector.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return detector.eval().requires_grad_(False)


def _widths(state: dict[str, Tensor]) -> tuple[int, ...]:
    """The channels at each scale of the network that these weights belong to."""
    ups = [value for key, value in sorted(state.items()) if key.startswith("ups.") and key.endswith("weight")]
    return (ups[0].shape[0], *(up.shape[1] for up in ups))


def save_detector(detector: DamageDetector, path: Path, info: dict[str, str] | None = None) -> None:
    """Write the weights whole or not at all, kernels in 8 bits; `info` says how they came about."""
    tensors = {key: value.detach().half().contiguous().cpu() for key, value in detector.state_dict().items()}
    with whole_file(path) as unfinished:
        save_file(packed(tensors), unfinished, metadata=info)
