"""Finding damage: tiles, scales, thresholds, pieces."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from jaxtyping import Float
from torch import Tensor

from inlay.damage import find
from inlay.damage.detector import WEIGHTS, load_detector, read_detector, save_detector
from inlay.damage.find import DamageFinder, pieces_of
from inlay.errors import UserError
from inlay.networks.damage import DamageDetector


class Bright(DamageDetector):
    """Takes what is bright for damage."""

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
        """High where the picture is white."""
        assert image.shape[2] % self.GRID == 0
        assert image.shape[3] % self.GRID == 0
        return image.mean(dim=1, keepdim=True) * 9


@pytest.fixture
def finder() -> DamageFinder:
    return DamageFinder(Bright(widths=(8, 8, 8, 8, 8)))


@pytest.mark.parametrize("size", [(300, 400), (33, 700), (1300, 640)])
def test_tiles_join_without_a_seam(finder: DamageFinder, size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    expected = (pixels.astype(np.float32) / 127.5 - 1).mean(axis=2) * 9
    assert np.abs(finder._by_tiles(pixels) - expected).max() < 1e-4


def test_a_line_is_found_and_its_rim_covered(finder: DamageFinder) -> None:
    pixels = np.full((300, 300, 3), 60, np.uint8)
    pixels[100, 50:200] = 255
    found = finder.find(pixels)
    assert found.pieces == 1
    assert found.hole[99:102, 50:200].all()
    assert not found.hole[:98].any()
    assert str(found.note) == "damage found: 1 piece, 0.51% of the photo"


def test_large_photos_are_also_seen_reduced(finder: DamageFinder, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = list[tuple[int, ...]]()

    def look(pixels: np.ndarray, _: object) -> np.ndarray:
        seen.append(pixels.shape)
        return pixels[..., 0].astype(np.float32)

    monkeypatch.setattr(finder, "_by_tiles", look)
    for side in (100, 500, 1100):
        finder.scores(np.zeros((side // 2, side, 3), np.uint8))
    assert seen == [(128, 256, 3), (250, 500, 3), (550, 1100, 3), (275, 550, 3), (138, 275, 3)]


def test_pieces_need_a_peak_and_reach_to_the_weaker_threshold() -> None:
    scores = np.full((100, 100), -9.0, dtype=np.float32)
    scores[10, 10:40] = find.MIDDLE - find.WEAKER + 0.1
    assert not pieces_of(scores, 0.5).hole.any()
    scores[10, 25] = find.MIDDLE + 0.1
    assert pieces_of(scores, 0.5).hole[10, 10:40].all()
    assert not pieces_of(scores, 0.4).hole.any()


def test_specks_of_a_few_pixels_are_left_out() -> None:
    scores = np.full((50, 50), -9.0, dtype=np.float32)
    scores[5, 5:7] = 20
    assert pieces_of(scores, 0.5).pieces == 0


def test_more_sensitivity_finds_more() -> None:
    scores = np.random.default_rng(0).normal(0, 3, (80, 80)).astype(np.float32)
    holes = [pieces_of(scores, level).hole for level in (0.0, 0.3, 0.6, 1.0)]
    for less, more in pairwise(holes):
        assert not (less & ~more).any()
        assert more.sum() > less.sum()


@pytest.mark.parametrize("sensitivity", [-0.1, 1.1, float("nan")])
def test_other_sensitivities_are_refused(finder: DamageFinder, sensitivity: float) -> None:
    with pytest.raises(UserError, match="expected a number from 0 to 1"):
        finder.find(np.zeros((9, 9, 3), np.uint8), sensitivity)


def test_the_bundled_weights_find_a_scratch_and_nothing_on_grey() -> None:
    finder = DamageFinder()
    rng = np.random.default_rng(0)
    pixels = np.clip(rng.normal(110, 3, (256, 256, 1)), 0, 255).astype(np.uint8).repeat(3, axis=2)
    assert finder.find(pixels).pieces == 0
    scratched = pixels.copy()
    for x in range(40, 220):
        scratched[60 + x // 3 : 62 + x // 3, x] = 235
    hole = finder.find(scratched).hole
    line = (scratched != pixels).any(axis=2)
    assert hole[line].mean() > 0.8
    assert hole.sum() < 8 * line.sum()


def test_weights_are_stored_and_read(tmp_path) -> None:
    torch.manual_seed(0)
    detector = DamageDetector()
    save_detector(detector, tmp_path / "d.safetensors", {"info": "test"})
    again = load_detector(tmp_path / "d.safetensors")
    again.precision = torch.float32
    picture = torch.rand(1, 3, 64, 64)
    assert (again(picture) - detector(picture)).abs().max() < 0.1
    assert (tmp_path / "d.safetensors").stat().st_size < 1_600_000
    assert WEIGHTS.stat().st_size < 1_600_000
    (tmp_path / "bad").write_bytes(b"no weights")
    with pytest.raises(UserError, match="no weights of a damage detector"):
        read_detector(tmp_path / "bad")


def test_a_watch_ends_the_work_before_the_next_tile(finder: DamageFinder) -> None:
    told = list[str]()

    def watch(begun: str) -> None:
        told.append(begun)
        if len(told) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        finder.scores(np.zeros((300, 1300, 3), np.uint8), watch)
    assert told == ["finding damage"] * 2


def test_weights_of_other_widths_are_read(tmp_path: Path) -> None:
    detector = DamageDetector(widths=(8, 8, 16, 16, 24)).eval()
    save_detector(detector, tmp_path / "narrow.safetensors")
    read = load_detector(tmp_path / "narrow.safetensors")
    assert [tuple(p.shape) for p in read.parameters()] == [tuple(p.shape) for p in detector.parameters()]
