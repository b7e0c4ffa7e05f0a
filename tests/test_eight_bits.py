"""What is packed comes back near to what it was: by half a step a weight, and known channels exactly."""

from pathlib import Path

import torch
from hypothesis import given
from hypothesis import strategies as st

from inlay.checkpoint import SETTINGS, WEIGHTS, load_snapshot, save_snapshot
from inlay.tensors import packed, unpacked


@given(st.integers(0, 2**31 - 1), st.floats(1e-4, 10.0))
def test_what_is_packed_comes_back(seed: int, size: float) -> None:
    random = torch.Generator().manual_seed(seed)
    kernel = torch.randn(8, 64, 3, 3, generator=random) * size
    kernel[3] = 0.0
    small, codes = torch.randn(4, 3, 1, 1, generator=random), torch.randn(19, 256, generator=random)
    stored = packed({"a.weight": kernel, "b.weight": small, "c.weight": codes})
    assert stored["a.weight"].dtype == torch.int8
    back = unpacked(stored)
    assert back.keys() == {"a.weight", "b.weight", "c.weight"}
    assert torch.equal(back["b.weight"], small)
    assert torch.equal(back["c.weight"], codes)
    assert not back["a.weight"][3].any()
    # A scale that is not clipped errs by half a step; a clipped one is taken where the mean error is less.
    step = kernel.flatten(1).abs().amax(dim=1) / 127
    error = (back["a.weight"] - kernel).flatten(1)
    assert (error.square().mean(dim=1).sqrt() <= 0.51 * step + 1e-7).all()


def test_a_name_that_looks_like_a_scale_is_none() -> None:
    plain = {"norm.scale": torch.ones(3), "weight": torch.ones(2, 2)}
    assert unpacked(plain).keys() == plain.keys()


def test_a_model_in_8_bits(tiny_model: Path, tmp_path: Path) -> None:
    snapshot = load_snapshot(tiny_model)
    save_snapshot(
        tmp_path / "small", model=snapshot.model, layout=snapshot.layout, config=snapshot.config,
        labels=snapshot.labels, bits=8,
    )  # fmt: skip
    again = load_snapshot(tmp_path / "small")
    for key, value in snapshot.model.state_dict().items():
        assert torch.allclose(again.model.state_dict()[key], value, atol=2e-2)
    assert '"version": 3' in (tmp_path / "small" / SETTINGS).read_text()
    assert (tmp_path / "small" / WEIGHTS).stat().st_size < (tiny_model / WEIGHTS).stat().st_size


def test_the_bundled_models_lie_in_8_bits() -> None:
    """All weights take no more than 26 MB, so that a package stays small."""
    import inlay

    folder = Path(inlay.__file__).parent / "weights"
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 26e6
    assert {path.parent.name for path in files if path.name == WEIGHTS} == {"bundled", "bundled-256"}
