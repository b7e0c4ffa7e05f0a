"""Windows hold what they are to show, lie inside the picture, and are cut as slices are."""

import pytest
import torch

from inlay.losses.windows import Window, cut, windows_on_hole, windows_on_parts


@pytest.mark.parametrize("size", [4, 7, 32])
def test_windows_hold_a_pixel_of_the_hole_and_lie_inside_the_picture(size: int) -> None:
    random = torch.Generator().manual_seed(0)
    hole = torch.zeros(3, 1, 16, 24)
    hole[0, :, 0, 0] = hole[1, :, 9:12, 13:20] = 1.0
    for _ in range(50):
        windows = windows_on_hole(hole, size, random)
        assert [window.picture for window in windows] == [0, 1, 2]
        for picture, piece in zip(hole, cut(hole, windows, size), strict=True):
            assert piece.shape == (1, min(size, 16), min(size, 24))
            assert piece.any() or not picture.any()


def test_windows_reach_every_pixel_of_the_hole() -> None:
    random = torch.Generator().manual_seed(0)
    hole = torch.zeros(1, 1, 16, 16)
    hole[..., 3, 2], hole[..., 12, 13] = 1.0, 1.0
    seen = torch.zeros(16, 16)
    for _ in range(30):
        (window,) = windows_on_hole(hole, 3, random)
        seen[window.top : window.top + 3, window.left : window.left + 3] += 1
    assert seen[3, 2] > 0
    assert seen[12, 13] > 0
    assert seen.sum() == 30 * 9


def faces() -> torch.Tensor:
    """Two layouts: one with a part of classes 1 and 2 in the middle and class 3 in a corner, one empty."""
    label = torch.zeros(2, 20, 24, dtype=torch.long)
    label[0, 9:12, 10:13], label[0, 9:12, 13:15], label[0, :2, :2] = 1, 2, 3
    return label


def test_windows_lie_around_the_middle_of_each_part() -> None:
    windows = windows_on_parts(faces(), [(1, 2), (3,), (4,)], 8)
    assert windows == [Window(0, 6, 8), Window(0, 0, 0)]
    assert windows_on_parts(faces(), [(1, 2), (3,)], 8, least=5) == windows[:1]


def test_only_parts_that_a_hole_hides() -> None:
    hole = torch.zeros(2, 1, 20, 24)
    hole[0, :, :2, :2], hole[0, :, 9:12, 10:14] = 1.0, 1.0
    assert windows_on_parts(faces(), [(1, 2), (3,)], 8, hole=hole) == [Window(0, 0, 0)]
    hole[0, :, 9:11, 14] = 1.0
    assert len(windows_on_parts(faces(), [(1, 2), (3,)], 8, hole=hole)) == 2


def test_cutting() -> None:
    label = faces()
    windows = [Window(0, 6, 8), Window(1, 2, 0)]
    assert torch.equal(cut(label, windows, 8), torch.stack([label[0, 6:14, 8:16], label[1, 2:10, 0:8]]))
    image = torch.rand(2, 3, 20, 24, requires_grad=True)
    assert torch.equal(cut(image, windows, 8)[0], image[0, :, 6:14, 8:16])
    assert cut(image, [], 8).shape == (0, 3, 8, 8)


def slow_windows_on_parts(
    label: torch.Tensor, parts: list[tuple[int, ...]], size: int, least: int, hole: torch.Tensor | None
) -> list[Window]:
    """One part after the other."""
    windows = []
    for n in range(len(label)):
        for classes in parts:
            place = torch.isin(label[n], torch.tensor(classes))
            if int(place.sum()) < least or (hole is not None and hole[n, 0][place].mean() < 0.9):
                continue
            y, x = place.nonzero().double().mean(dim=0).round().int().tolist()
            top = min(max(y - size // 2, 0), label.shape[1] - size)
            left = min(max(x - size // 2, 0), label.shape[2] - size)
            windows.append(Window(n, top, left))
    return windows


@pytest.mark.parametrize("seed", range(6))
def test_all_windows_at_once_are_those_found_one_by_one(seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    coarse = torch.randint(6, (3, 5, 6), generator=random)
    label = coarse.repeat_interleave(4, dim=1).repeat_interleave(4, dim=2)
    hole = torch.zeros(3, 1, 20, 24)
    hole[..., : 4 * seed, :20] = 1.0
    parts = [(1,), (2, 3), (4,), (5, 1)]
    for gone in (None, hole):
        found = windows_on_parts(label, parts, 8, least=3, hole=gone)
        assert found == slow_windows_on_parts(label, parts, 8, 3, gone)


def test_gradients_reach_the_pixels_of_the_windows() -> None:
    image = torch.rand(2, 3, 12, 12, requires_grad=True)
    windows = [Window(0, 0, 0), Window(0, 2, 2), Window(1, 4, 4)]
    cut(image, windows, 6).sum().backward()
    slow = torch.zeros(2, 3, 12, 12)
    for w in windows:
        slow[w.picture, :, w.top : w.top + 6, w.left : w.left + 6] += 1
    assert image.grad is not None
    assert torch.equal(image.grad, slow)
