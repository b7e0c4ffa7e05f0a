"""Luma, chroma and subsampled chroma."""

import numpy as np
import pytest
from PIL import Image

from inlay.pixels.chroma import enlarged_samples, from_luma_chroma, luma_chroma, reduced_samples, samples_of

RNG = np.random.default_rng(0)


def test_luma_and_chroma_are_those_of_jpeg() -> None:
    pixels = RNG.integers(0, 256, (20, 30, 3)).astype(np.uint8)
    expected = np.asarray(Image.fromarray(pixels).convert("YCbCr")).astype(np.float32) - [0, 128, 128]
    assert np.abs(luma_chroma(pixels) - expected).max() <= 1.01
    assert np.abs(from_luma_chroma(luma_chroma(pixels)) - pixels).max() < 0.01


@pytest.mark.parametrize("sampling", [(1, 1), (2, 2), (1, 2), (2, 1), (1, 4)])
def test_samples_come_back(sampling: tuple[int, int]) -> None:
    samples = RNG.normal(0, 20, (16, 24)).astype(np.float32)
    plane = enlarged_samples(samples, sampling)
    assert plane.shape == (16 * sampling[0], 24 * sampling[1])
    assert np.abs(samples_of(plane, sampling) - samples).max() < 0.01


def test_chroma_is_enlarged_as_by_pillow() -> None:
    """Of a file that is hardly quantised, the samples explain the pixels."""
    import io

    samples = RNG.normal(0, 12, (16, 16)).astype(np.float32)
    planes = np.stack(
        [np.full((32, 32), 128), enlarged_samples(samples, (2, 2)), np.zeros((32, 32))], axis=-1
    )
    pixels = np.clip(np.rint(from_luma_chroma(planes.astype(np.float32))), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=100, subsampling="4:2:0")
    chroma = luma_chroma(np.asarray(Image.open(io.BytesIO(file.getvalue()))))[..., 1]
    back = enlarged_samples(samples_of(chroma, (2, 2)), (2, 2))
    assert np.abs(back - chroma).mean() < 0.6


def test_means_of_cells() -> None:
    plane = np.arange(16, dtype=np.float32).reshape(4, 4)
    assert reduced_samples(plane, (2, 2)).tolist() == [[2.5, 4.5], [10.5, 12.5]]
