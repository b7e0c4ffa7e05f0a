"""The synthesiser: what it draws, it tells, and what it does not tell cannot be seen."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay.data.damage import pieces as pieces_module
from inlay.data.damage.pieces import is_held_out, read_pieces
from inlay.data.damage.stream import DamageStream, Pictures, own_specks
from inlay.data.damage.synthesise import AREA, FAINT, LINE, SPOT, synthesise
from inlay.errors import UserError


def portrait(h: int, w: int) -> np.ndarray:
    """A smooth picture with an edge and some texture."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:h, :w]
    grey = 90 + 80 * (np.hypot((x - w / 2) / w, (y - h / 2) / h) < 0.3) + 20 * x / w
    return np.clip(grey[..., None] * (1.0, 0.9, 0.8) + rng.normal(0, 2, (h, w, 1)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", [(96, 96), (120, 90), (700, 1000)])
def test_the_same_generator_gives_the_same_damage(size: tuple[int, int]) -> None:
    one, other = (synthesise(np.random.default_rng(3), portrait(*size), damaged=1.0) for _ in range(2))
    assert np.array_equal(one.pixels, other.pixels)
    assert np.array_equal(one.kinds, other.kinds)
    assert one.pixels.shape == (*size, 3)


def test_what_is_told_differs_and_nothing_else_does() -> None:
    """But for JPEG, which spreads over blocks: there only the mean is compared."""
    seen = set[int]()
    exact = 0
    for seed in range(60):
        damaged = synthesise(np.random.default_rng(seed), portrait(128, 128), damaged=1.0)
        change = np.abs(damaged.pixels.astype(int) - damaged.before).max(axis=2)
        seen |= set(np.unique(damaged.kinds).tolist())
        if damaged.mask.any():
            assert change[damaged.mask].mean() > 8
        if change[damaged.kinds == 0].max(initial=0) <= 4:
            exact += 1
            assert (change[damaged.mask] >= 8).all()
    assert seen == {0, LINE, SPOT, AREA, FAINT}
    assert exact > 20


def test_an_undamaged_photo_has_no_damage_however_old() -> None:
    for seed in range(20):
        damaged = synthesise(np.random.default_rng(seed), portrait(96, 128), damaged=0.0, aged=1.0)
        assert not damaged.kinds.any()


def test_faint_changes_are_not_in_the_mask() -> None:
    kinds = [synthesise(np.random.default_rng(seed), portrait(128, 128)).kinds for seed in range(30)]
    assert any((each == FAINT).any() for each in kinds)
    damaged = synthesise(np.random.default_rng(1), portrait(128, 128), damaged=1.0)
    assert not damaged.mask[damaged.kinds == FAINT].any()


def folder_of_pieces(folder: Path) -> Path:
    """Torn corners: all that can be written in a line."""
    (folder / "torn_masks").mkdir()
    for n in range(12):
        shape = np.tri(16, dtype=bool)[::-1]
        Image.fromarray(shape).save(folder / "torn_masks" / f"corner_{n}.png")
    return folder


def test_a_third_of_the_pieces_is_kept_for_val(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of_pieces(tmp_path)
    names = [path.name for path in (folder / "torn_masks").iterdir()]
    train, val = (read_pieces(folder, held_out=held) for held in (False, True))
    assert len(val.tears) == sum(map(is_held_out, names)) > 0
    assert len(train.tears) + len(val.tears) == 12
    assert 0.28 < np.mean([is_held_out(f"piece-{n}") for n in range(3000)]) < 0.38
    assert pieces_module.Pieces() == read_pieces(tmp_path / "none", held_out=False)


def test_real_tears_are_laid_on(tmp_path: Path) -> None:
    pieces = read_pieces(folder_of_pieces(tmp_path), held_out=False)
    canvas = portrait(64, 64).astype(np.float32)
    before = canvas.copy()
    missing = pieces.tear(np.random.default_rng(0), canvas, 1.0)
    assert missing.any()
    assert np.array_equal((canvas != before).any(axis=2) & ~missing, np.zeros((64, 64), dtype=bool))


def test_a_stream_is_a_function_of_its_position(tmp_path: Path) -> None:
    for n in range(3):
        Image.fromarray(portrait(100 + n, 120)).save(tmp_path / f"p{n}.png")
    pictures = Pictures.open(tmp_path, ["p0", "p2"])
    assert pictures.names == ["p0.png", "p2.png"]
    one, other = (DamageStream([(1.0, pictures)], 64, None, damaged=0.8, seed=1) for _ in range(2))
    for a, b in zip(one[5], other[5], strict=True):
        assert np.array_equal(a, b)
    assert not np.array_equal(one[5][0], one[6][0])
    with pytest.raises(UserError, match="expected a folder of pictures, or a zip file"):
        Pictures.open(tmp_path / "none")


def test_own_specks_stand_out_of_smooth_surroundings() -> None:
    pixels = np.full((64, 64, 3), 120, np.uint8)
    pixels[20:22, 20:22] = 200
    pixels[:, 40:] = np.random.default_rng(0).integers(0, 256, (64, 24, 1), dtype=np.uint8)
    found = own_specks(pixels)
    assert found[20, 20]
    assert not found[:, 48:].any()
