"""Structural similarity as scikit-image computes it."""

import numpy as np
from jaxtyping import UInt8

from inlay.extras import require

__all__ = ["ssim"]


def ssim(truth: UInt8[np.ndarray, "h w 3"], result: UInt8[np.ndarray, "h w 3"]) -> float:
    """SSIM with scikit-image's defaults on colour: a uniform window of 7 x 7 a channel, the mean; at most 1.

    Other programs use a grey picture or a window of 51, which gives far higher figures (design, section 4).
    """
    metrics = require("skimage.metrics", package="scikit-image", install="pip install 'inlay[eval]'")
    return float(metrics.structural_similarity(truth, result, channel_axis=2))
