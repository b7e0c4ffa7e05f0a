"""Mean codes: computed over whole pictures, stored in a snapshot, used where nothing of a class is known."""

import json
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from PIL import Image

from inlay.batch import Batch
from inlay.checkpoint import load_snapshot, save_snapshot
from inlay.cli.main import main
from inlay.config import parse_config
from inlay.labels import LabelSet
from inlay.model import build_model

FIVE = LabelSet.from_dict(
    {"name": "five", "classes": [{"name": n, "color": "#112233"} for n in ("a", "b", "c", "d", "e")]}
)
MODELS = {
    "sean-all": {"kind": "sean", "pooling": "all"},
    "sean-known": {"kind": "sean", "pooling": "known"},
    "compact": {"kind": "compact", "attention_channels": 8, "channels": [8, 8, 8, 8]},
}
SEAN = {"width": 1, "layout_width": 2, "style_width": 2, "attention": "contextual"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Ten pictures of noise at 40 x 40; class d is only in the last one, class e in none."""
    rng = np.random.default_rng(0)
    for name in ("images", "labels"):
        (tmp_path / "data" / name).mkdir(parents=True)
    for n in range(10):
        label = rng.integers(0, 3, size=(5, 5), dtype=np.uint8)
        label[0] = 0
        if n == 9:
            label[2:4] = 3
        Image.fromarray(rng.integers(0, 256, (40, 40, 3), np.uint8)).save(tmp_path / f"data/images/p{n}.png")
        Image.fromarray(label.repeat(8, 0).repeat(8, 1)).save(tmp_path / f"data/labels/p{n}.png")
    return tmp_path / "data"


def write_model(folder: Path, kind: str, *, bits: Literal[16, 32] = 32) -> Path:
    shape = SEAN if kind.startswith("sean") else {"style_width": 8}
    settings = {"model": {**MODELS[kind], **shape, "style_dim": 4}, "data": {"size": 32}}
    config = parse_config(settings, "tests")
    model = build_model(config.model, FIVE)
    save_snapshot(
        folder / kind, model=model, layout=None, config=config, labels=FIVE, bits=bits, info={"faces": 7}
    )
    return folder / kind


def command(*arguments: object) -> None:
    with pytest.raises(SystemExit) as done:
        main([str(argument) for argument in arguments])
    assert done.value.code == 0


@pytest.mark.parametrize("kind", MODELS)
def test_they_are_the_means_of_the_codes_of_whole_pictures(
    tmp_path: Path, data: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_model(tmp_path, kind)
    before = load_snapshot(folder).model.style_encoder.pooling.fallback
    command("mean-codes", folder, "--data", data, "--output", tmp_path / "new", "--device", "cpu")
    assert "mean codes of 10 portraits; no portrait shows e" in capsys.readouterr().out
    snapshot = load_snapshot(tmp_path / "new")
    found = snapshot.model.style_encoder.pooling.fallback

    codes: dict[int, list[torch.Tensor]] = {c: [] for c in range(5)}
    for n in range(10):
        image = Image.open(data / f"images/p{n}.png").resize((32, 32), Image.Resampling.LANCZOS)
        label = np.asarray(Image.open(data / f"labels/p{n}.png").resize((32, 32), Image.Resampling.NEAREST))
        batch = Batch(
            torch.tensor(np.asarray(image)).movedim(-1, 0)[None] / 127.5 - 1,
            torch.tensor(label.astype(np.int64))[None],
            torch.zeros(1, 1, 32, 32),
        )
        style = snapshot.model.encode(batch).style[0]
        for c in np.unique(label):
            codes[int(c)].append(style[c])
    for c in range(4):
        torch.testing.assert_close(found[c], torch.stack(codes[c]).mean(dim=0), rtol=1e-4, atol=1e-5)
    assert torch.equal(found[4], before[4]), "what no picture shows keeps what it had"


def test_a_class_of_which_nothing_is_known_takes_its_mean_code(tmp_path: Path, data: Path) -> None:
    folder = write_model(tmp_path, "sean-known")
    command("mean-codes", folder, "--data", data)
    model = load_snapshot(folder).model
    mean = model.style_encoder.pooling.fallback
    assert mean[1].abs().max() > 0
    label, hole = torch.zeros(1, 32, 32, dtype=torch.int64), torch.zeros(1, 1, 32, 32)
    label[:, 8:24, 8:24] = 1
    hole[..., 8:24, 8:24] = 1
    batch = Batch(torch.rand(1, 3, 32, 32), label, hole)
    assert torch.equal(model(batch).style[0, 1], mean[1])


def test_the_rest_of_the_snapshot_stays(tmp_path: Path, data: Path) -> None:
    folder = write_model(tmp_path, "sean-all", bits=16)
    before = load_snapshot(folder)
    command("mean-codes", folder, "--data", data, "--count", 3)
    after = load_snapshot(folder)
    assert after.config == before.config
    old, new = before.model.state_dict(), after.model.state_dict()
    changed = [key for key in old if not torch.equal(old[key], new[key])]
    assert changed == ["style_encoder.pooling.fallback"]
    info = json.loads((folder / "snapshot.json").read_text(encoding="utf-8"))["info"]
    assert info == {"faces": 7, "mean_codes": {"pictures": 3, "size": 32}}


def test_stems_choose_the_pictures(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_model(tmp_path, "sean-all")
    (data / "train.txt").write_text("p1\np2\n", encoding="utf-8")
    command("mean-codes", folder, "--data", data)
    assert "2 portraits; no portrait shows d, e" in capsys.readouterr().out
    (tmp_path / "few.txt").write_text("p9\n", encoding="utf-8")
    command("mean-codes", folder, "--data", data, "--stems", tmp_path / "few.txt")
    assert "mean codes of 1 portraits" in capsys.readouterr().out
