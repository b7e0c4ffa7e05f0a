import numpy as np
import pytest
import torch

from inlay.batch import Attention
from inlay.inference.attended import carry_attended
from inlay.inference.frame import Frame


def record(hole: torch.Tensor, to: int) -> Attention:
    """Attention of an 8 x 8 grid whose hole tokens look at the one token `to` alone."""
    n = 64
    key = torch.zeros(1, n, 2)
    key[0, to, 0] = 30.0
    query = torch.zeros(1, n, 2)
    query[..., 0] = 1.0
    label = torch.zeros(1, n, dtype=torch.int64)
    return Attention(torch.zeros(1, 4, 8, 8), torch.zeros(1, n), hole, 1 - hole, hole, label, query, key)


def hole_of(size: int) -> tuple[np.ndarray, torch.Tensor]:
    hole = np.zeros((size, size), dtype=bool)
    step = size // 8
    hole[3 * step : 4 * step, 4 * step : 5 * step] = True
    tokens = torch.zeros(1, 64)
    tokens[0, 3 * 8 + 4] = 1
    return hole, tokens


def test_the_pattern_of_the_attended_token_is_laid_into_the_hole() -> None:
    frame = Frame.around((64, 64), 32)
    hole, tokens = hole_of(64)
    y, x = np.mgrid[:64, :64]
    stripes = np.repeat((10.0 * ((x + y) % 2) - 5)[..., None], 3, axis=2).astype(np.float32)
    carried = carry_attended(stripes, hole, frame, record(tokens, to=9))
    assert not carried[~hole].any()
    np.testing.assert_allclose(
        carried[hole], stripes[hole], atol=0.01
    )  # tokens lie an even number of pixels apart


def test_nothing_of_the_hole_is_read() -> None:
    frame = Frame.around((64, 64), 32)
    hole, tokens = hole_of(64)
    rng = np.random.default_rng(0)
    residual = rng.normal(size=(64, 64, 3)).astype(np.float32)
    other = np.where(hole[..., None], 99, residual).astype(np.float32)
    laid = [carry_attended(r, hole, frame, record(tokens, to=20)) for r in (residual, other)]
    assert np.array_equal(*laid)


@pytest.mark.parametrize("photo", [(70, 70), (70, 100), (130, 61)])
def test_any_photo_size(photo: tuple[int, int]) -> None:
    frame = Frame.around(photo, 32)
    th, tw = frame.canvas[0] // 4, frame.canvas[1] // 4
    rng = np.random.default_rng(1)
    hole = rng.random(photo) < 0.2
    token = torch.from_numpy(rng.random((1, th * tw)) < 0.3).float()
    values = torch.randn(1, th * tw, 3)
    label = torch.zeros(1, th * tw, dtype=torch.int64)
    attention = Attention(torch.zeros(1, 4, th, tw), token, token, 1 - token, token, label, values, values)
    carried = carry_attended(rng.normal(size=(*photo, 3)).astype(np.float32), hole, frame, attention)
    assert carried.shape == (*photo, 3)
    assert np.isfinite(carried).all()
    assert not carried[~hole].any()


def test_without_anything_seen_nothing_is_carried() -> None:
    frame = Frame.around((64, 64), 32)
    everything = torch.ones(1, 64)
    carried = carry_attended(
        np.ones((64, 64, 3), dtype=np.float32), np.ones((64, 64), dtype=bool), frame, record(everything, 0)
    )
    assert not carried.any()
