"""Where a number comes from: data, holes and weights by hash, versions, machine."""

import hashlib
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import torch

from inlay.evaluation.cases import Cases

__all__ = ["digest", "provenance", "versions"]

PACKAGES = (
    "inlay",
    "torch",
    "numpy",
    "pillow",
    "scikit-image",
    "opencv-python-headless",
    "patchmatch-cython",
)
PROTOCOL = (
    "pictures by Lanczos and layouts by nearest neighbour to the size of the holes; the n-th hole with the "
    "n-th stem; known pixels put back (eq. 9), 8 bits; PSNR over 255 and scikit-image's default SSIM on "
    "colour, a picture each, then the mean over pictures; identical pictures (infinite PSNR) and pictures to "
    "which a figure does not apply are left out of that figure's mean"
)


def provenance(
    cases: Cases, *, device: str, sources: dict[str, str], weights: dict[str, str]
) -> dict[str, Any]:
    """Everything needed to tell whether two reports may be compared; `sources` and `weights` as given."""
    return {
        "protocol": PROTOCOL,
        "sources": sources,
        "sha256": {
            "stems": hashlib.sha256("\n".join(cases.stems).encode()).hexdigest(),
            "holes": digest(np.packbits(cases.holes, axis=-1)),
            "images": digest(cases.images),
            **({} if cases.labels is None else {"labels": digest(cases.labels)}),
            **weights,
        },
        "versions": {"python": platform.python_version(), **versions()},
        "device": device,
        "machine": f"{platform.system()} {platform.machine()}, {torch.get_num_threads()} threads",
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def digest(array: np.ndarray) -> str:
    """Return the SHA-256 of an array's shape and values, in hexadecimal."""
    return hashlib.sha256(str(array.shape).encode() + np.ascontiguousarray(array).tobytes()).hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of this package and those that figures depend on, as far as they are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
