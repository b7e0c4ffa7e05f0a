"""`inlay convert`: made-up checkpoints against the slow form, and the reference outputs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from inlay.batch import Batch
from inlay.checkpoint import load_model, load_snapshot
from inlay.cli.main import main
from inlay.convert import convert
from inlay.errors import UserError
from inlay.labels import CELEBAMASK_HQ, LabelSet
from inlay.repair.inpainter import Inpainter
from reference.sean import checkpoint_shapes, generate, made_up_state, style_codes

SIZES: dict[str, Any] = {"width": 2, "style_dim": 6, "classes": 5, "encoder": 8, "hidden": 3}


def write(folder: Path, *, authors: bool, **changes: Any) -> tuple[Path, dict[str, Tensor]]:
    """A made-up narrow checkpoint as a file, and its tensors."""
    state = made_up_state(checkpoint_shapes(**{**SIZES, **changes}, authors=authors))
    torch.save(state, folder / "latest_net_G.pth")
    return folder / "latest_net_G.pth", state


def portrait(classes: int = 5, size: tuple[int, int] = (32, 64)) -> Batch:
    """Two pictures of noise; the second one has no hole."""
    label = torch.randint(0, classes, (2, size[0] // 8, size[1] // 8))
    hole = torch.zeros(2, 1, *size)
    hole[0, :, 3:22, 10:41] = 1
    return Batch(torch.rand(2, 3, *size) * 2 - 1, label.repeat_interleave(8, 1).repeat_interleave(8, 2), hole)


@pytest.mark.parametrize("kind", ["self", "masked", "contextual"])
def test_the_authors_network_equals_its_slow_form(tmp_path: Path, kind: Any) -> None:
    path, state = write(tmp_path, authors=True)
    config = convert(path, tmp_path / "model", attention=kind)
    assert (config.width, config.layout_width, config.style_width, config.style_dim) == (2, 3, 8, 6)
    assert (config.known_channel, config.attention, config.pooling) == (True, kind, "all")
    batch = portrait()
    output = load_model(tmp_path / "model")(batch)
    style = style_codes(state, batch.image, batch.known, batch.label, kind)
    torch.testing.assert_close(output.style, style, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(output.image, generate(state, style, batch.label), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("authors", [True, False])
def test_a_converted_model_fills_and_edits_bare_photos(tmp_path: Path, authors: bool) -> None:
    """It predicts no layouts itself, so it borrows the bundled predictor's."""
    path, _ = write(tmp_path, authors=authors, classes=19)
    convert(path, tmp_path / "model")
    inpainter = Inpainter.load(tmp_path / "model", "cpu")
    photo, hole = np.full((150, 140, 3), 90, dtype=np.uint8), np.zeros((150, 140), dtype=bool)
    hole[60:80, 50:90] = True
    result = inpainter(photo, hole)
    assert result.layout_source == "predicted"
    assert np.array_equal(np.asarray(result.image)[~hole], photo[~hole])
    session = inpainter.session(photo)
    layout = session.draw_hole(hole)
    layout[60:80] = 13
    assert session.fill(layout).hole.sum() == hole.sum()


def test_seans_network_equals_its_slow_form(tmp_path: Path) -> None:
    path, state = write(tmp_path, authors=False)
    config = convert(path, tmp_path / "model")
    assert (config.known_channel, config.attention, config.pooling) == (False, "none", "known")
    batch = portrait()
    batch = Batch(batch.image, batch.label, torch.zeros_like(batch.hole))
    model = load_model(tmp_path / "model")
    output = model(batch)
    style = style_codes(state, batch.image, batch.known, batch.label, "none")
    torch.testing.assert_close(output.style, style, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(output.image, generate(state, style, batch.label), rtol=1e-3, atol=1e-4)
    assert torch.equal(model.compose(batch, output), batch.image)


def test_the_snapshot_is_fp32_and_names_its_source(tmp_path: Path) -> None:
    path, state = write(tmp_path, authors=True)
    convert(path, tmp_path / "model")
    settings = json.loads((tmp_path / "model" / "snapshot.json").read_text(encoding="utf-8"))
    assert settings["info"]["converted_from"] == "latest_net_G.pth"
    snapshot = load_snapshot(tmp_path / "model")
    assert snapshot.layout is None
    assert len(snapshot.labels) == 5
    assert torch.equal(snapshot.model.generator.head.weight, state["conv_img.weight"])
    assert not snapshot.model.training


def test_classes_are_named(tmp_path: Path) -> None:
    path, _ = write(tmp_path, authors=False, classes=19)
    convert(path, tmp_path / "faces")
    assert load_snapshot(tmp_path / "faces").labels == CELEBAMASK_HQ
    two = LabelSet.from_dict({"name": "two", "classes": [{"name": n, "color": "#112233"} for n in "ab"]})
    with pytest.raises(UserError, match=r"'two' has 2 classes, but .*latest_net_G\.pth has 19"):
        convert(path, tmp_path / "two", labels=two)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"conv_img.bias": None}, r"1 names or shapes differ: conv_img\.bias is missing"),
        ({"fc.bias": torch.zeros(3)}, r"1 names .*: fc\.bias has shape \(3,\) instead of \(32,\)"),
        ({"netD.weight": torch.zeros(3)}, r"1 names .*: netD\.weight is unknown"),
        ({f"x{n}": torch.zeros(1) for n in range(9)}, r"9 names .*: (x\d is unknown; ){4}x\d is unknown$"),
    ],
    ids=["missing", "shape", "unknown", "first five"],
)
def test_a_file_that_is_neither(tmp_path: Path, change: dict[str, Tensor | None], complaint: str) -> None:
    path, state = write(tmp_path, authors=True)
    torch.save({k: v for k, v in {**state, **change}.items() if v is not None}, path)
    with pytest.raises(UserError, match=complaint):
        convert(path, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, _ = write(tmp_path, authors=True)
    with pytest.raises(SystemExit) as done:
        main(["convert", str(path), "--output", str(tmp_path / "model"), "--attention", "masked"])
    assert done.value.code == 0
    assert "width 2, style length 6, attention masked, with the known channel" in capsys.readouterr().out
    assert load_snapshot(tmp_path / "model").config.model.attention == "masked"


def test_the_command_says_what_differs_and_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"weight": torch.zeros(1)}, tmp_path / "other.pth")
    (tmp_path / "text.pth").write_text("no checkpoint", encoding="utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    path, _ = write(tmp_path, authors=False)
    for source, output, complaint in (
        (tmp_path / "other.pth", "model", "neither the authors' nor SEAN's"),
        (tmp_path / "text.pth", "model", "not readable as a checkpoint"),
        (tmp_path / "absent.pth", "model", "no such file"),
        (path, "mine", "holds no model"),
    ):
        with pytest.raises(SystemExit) as done:
            main(["convert", str(source), "--output", str(tmp_path / output)])
        told = capsys.readouterr().err
        assert done.value.code == 2
        assert complaint in told
        assert told.count("\n") == 1
    assert (tmp_path / "mine" / "letter.txt").is_file()


def test_the_made_up_checkpoints_have_the_published_names(shared: Path) -> None:
    sizes = {"width": 64, "style_dim": 512, "classes": 19, "encoder": 32, "hidden": 128}
    for file, authors in (("checkpoint_layout.json", True), ("checkpoint_layout_sean.json", False)):
        layout = json.loads((shared / "reference" / file).read_text(encoding="utf-8"))
        shapes = {name: list(shape) for name, shape in checkpoint_shapes(**sizes, authors=authors).items()}
        assert shapes == layout.get("generator", layout)


@pytest.fixture(scope="module")
def released(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Snapshots at full width, converted from the checkpoints that the reference outputs were made with."""
    made, common = {}, dict[str, np.ndarray]()
    for name, file in (("golden", "checkpoint_layout.json"), ("golden_sean", "checkpoint_layout_sean.json")):
        folder = tmp_path_factory.mktemp(name)
        layout = json.loads((shared / "reference" / file).read_text(encoding="utf-8"))
        layout = layout.get("generator", layout)
        # The arrays depend on name and shape alone, so the two files share most of them.
        missing = {n: s for n, s in layout.items() if n not in common or list(common[n].shape) != s}
        common = {n: v for n, v in common.items() if n in layout} | _synthetic_state(shared, missing)
        torch.save({n: torch.from_numpy(common[n]) for n in layout}, folder / "latest_net_G.pth")
        with pytest.raises(SystemExit) as done:
            main(["convert", str(folder / "latest_net_G.pth"), "--output", str(folder / "model")])
        assert done.value.code == 0
        (folder / "latest_net_G.pth").unlink()
        made[name] = folder / "model"
    common.clear()
    yield made
    for folder in made.values():
        (folder / "weights.safetensors").unlink()


def _synthetic_state(shared: Path, layout: dict[str, list[int]]) -> dict[str, np.ndarray]:
    """The arrays of `reference/synthetic_state.py`, which is not a module of ours."""
    namespace: dict[str, Any] = {"__name__": "synthetic_state"}
    source = shared / "reference" / "synthetic_state.py"
    exec(compile(source.read_text(encoding="utf-8"), str(source), "exec"), namespace)
    return {name: np.asarray(value) for name, value in namespace["synthetic_state"](layout, 0).items()}


@pytest.mark.parametrize("name", ["golden", "golden_sean"])
def test_reference_outputs(shared: Path, released: dict[str, Path], name: str) -> None:
    with np.load(shared / "reference" / f"{name}.npz") as stored:
        golden = {key: torch.from_numpy(stored[key]) for key in stored.files if key.startswith("generator")}
    model = load_model(released[name])
    for size in sorted({key.split(".")[1] for key in golden}):
        found = {key.split(".")[2]: value for key, value in golden.items() if key.split(".")[1] == size}
        known = found.get("known", torch.ones(2, 1, int(size), int(size)))
        batch = Batch(found["image"], found["label"], 1 - known)
        with torch.no_grad():
            output = model(batch)
        assert (output.style - found["style"]).abs().max() < 1e-4
        assert (output.image - found["output"]).abs().max() < 1e-4
        if "composite" in found:
            assert (model.compose(batch, output) - found["composite"]).abs().max() < 1e-4
