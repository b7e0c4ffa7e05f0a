"""Metrics equal scikit-image's, or a slow obvious form."""

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from inlay.evaluation.metrics.boundary import boundary_error, rim_jumps, seam
from inlay.evaluation.metrics.color import class_color_error, class_color_shift, color_error
from inlay.evaluation.metrics.layout import agreement, confusion
from inlay.evaluation.metrics.pixels import hole_mae, hole_psnr, psnr
from inlay.evaluation.metrics.structure import ssim

H, W = 24, 30


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Photo, result, hole and layout."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 256, (H, W, 3), dtype=np.uint8)
    hole = np.zeros((H, W), dtype=np.uint8)
    hole[6:15, 8:20] = 1
    hole[0:3, 0:4] = 1
    other = rng.integers(0, 256, (H, W, 3), dtype=np.uint8)
    label = np.zeros((H, W), dtype=np.uint8)
    label[:, 14:] = 1
    label[6:8, 8:10] = 2
    return truth, np.where(hole[..., None] > 0, other, truth), hole, label


def test_psnr_and_ssim_equal_scikit_image(pair) -> None:
    truth, result, hole, _ = pair
    assert psnr(truth, result) == pytest.approx(peak_signal_noise_ratio(truth, result), abs=1e-9)
    assert ssim(truth, result) == structural_similarity(truth, result, channel_axis=2)
    inside = peak_signal_noise_ratio(truth[hole > 0], result[hole > 0])
    assert hole_psnr(truth, result, hole) == pytest.approx(inside, abs=1e-9)


def test_hole_psnr_and_psnr_differ_by_the_hole_ratio(pair) -> None:
    """Known pixels are equal, so the two differ by 10 log10 of the ratio."""
    truth, result, hole, _ = pair
    gap = psnr(truth, result) - hole_psnr(truth, result, hole)
    assert gap == pytest.approx(-10 * np.log10(hole.mean()), abs=1e-9)


def test_identical_pictures_and_empty_holes(pair) -> None:
    truth, result, hole, label = pair
    nothing = np.zeros_like(hole)
    assert psnr(truth, truth) == np.inf
    assert hole_psnr(truth, truth, hole) == np.inf
    assert ssim(truth, truth) == 1
    assert (
        hole_mae(truth, truth, hole)
        == boundary_error(truth, truth, hole)
        == color_error(truth, truth, hole)
        == 0
    )
    undefined = [
        hole_psnr(truth, result, nothing), hole_mae(truth, result, nothing), seam(truth, result, nothing),
        boundary_error(truth, result, nothing), color_error(truth, result, nothing),
        class_color_error(truth, result, nothing, label), class_color_shift(result, nothing, label),
    ]  # fmt: skip
    assert np.isnan(undefined).all()


def test_hole_mae_is_a_share_of_the_range(pair) -> None:
    truth, _, hole, _ = pair
    assert hole_mae(np.full_like(truth, 100), np.full_like(truth, 97), hole) == pytest.approx(3 / 255)


def test_jumps_equal_a_loop(pair) -> None:
    _, result, hole, _ = pair
    pixels, found = result.astype(float), []
    for (y, x), (dy, dx) in [
        *(((y, x), (0, 1)) for y in range(H) for x in range(1, W - 2)),
        *(((y, x), (1, 0)) for x in range(W) for y in range(1, H - 2)),
    ]:
        if hole[y, x] != hole[y + dy, x + dx]:
            a, b, c, d = (pixels[y + k * dy, x + k * dx] for k in (-1, 0, 1, 2))
            found.append((c - b) - ((b - a) + (d - c)) / 2)
    np.testing.assert_allclose(rim_jumps(result, hole), found)


def test_a_ramp_has_no_seam_and_a_step_has(pair) -> None:
    _, _, hole, _ = pair
    ramp = np.broadcast_to((np.arange(W) * 5).astype(np.uint8)[None, :, None], (H, W, 3)).copy()
    assert np.abs(rim_jumps(ramp, hole)).max() == 0
    lifted = np.where(hole[..., None] > 0, ramp + 20, ramp).astype(np.uint8)
    assert seam(ramp, lifted, hole) > 10
    assert boundary_error(ramp, lifted, hole) == seam(ramp, lifted, hole)


def test_color_error_equals_scikit_image(pair) -> None:
    truth, result, hole, _ = pair
    expected = deltaE_ciede2000(rgb2lab(truth), rgb2lab(result))[hole > 0].mean()
    assert color_error(truth, result, hole) == pytest.approx(expected)


def test_class_colors_equal_a_loop(pair) -> None:
    """Class 2 has too few pixels outside the hole and does not count."""
    truth, result, hole, label = pair
    ours, theirs = rgb2lab(result), rgb2lab(truth)
    shifts, errors = [], []
    for k in (0, 1):
        inside, outside = (label == k) & (hole > 0), (label == k) & (hole == 0)
        shifts.append(deltaE_ciede2000(ours[inside].mean(axis=0), ours[outside].mean(axis=0)))
        errors.append(deltaE_ciede2000(ours[inside].mean(axis=0), theirs[inside].mean(axis=0)))
    assert class_color_shift(result, hole, label) == pytest.approx(np.mean(shifts))
    assert class_color_error(truth, result, hole, label) == pytest.approx(np.mean(errors))


def test_layout_agreement_by_hand() -> None:
    truth = np.array([0, 0, 0, 1, 1, 3], dtype=np.uint8)
    predicted = np.array([0, 0, 1, 1, 0, 3], dtype=np.uint8)
    where = np.array([True] * 5 + [False])
    counts = confusion(truth, predicted, where, 4)
    assert counts.tolist() == [[2, 1, 0, 0], [1, 1, 0, 0], [0] * 4, [0] * 4]
    found = agreement(counts, ("a", "b", "c", "d"))
    assert found["accuracy"] == 0.6
    assert found["iou"] == {"a": 0.5, "b": pytest.approx(1 / 3)}
    assert found["miou"] == pytest.approx((0.5 + 1 / 3) / 2)
    assert agreement(np.zeros((2, 2), dtype=np.int64), ("a", "b"))["miou"] is None
