"""Where the layout predictor alone is left to train, a step runs nothing else."""

from pathlib import Path

import pytest
import torch
from training_runs import assert_same, changed, final_state, records

from inlay.checkpoint import load_snapshot
from inlay.config import Config
from inlay.errors import UserError
from inlay.training import trainees
from inlay.training.loop import train

FROZEN = ["style_encoder", "context_encoder", "generator"]


@pytest.fixture(scope="module")
def first(tiny: Config, disks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot to start from."""
    folder = tmp_path_factory.mktemp("first")
    train(tiny, data=disks, run=folder / "run", cache=folder, stop_at=4)
    return folder / "run" / "snapshot"


@pytest.fixture(scope="module")
def alone(tiny: Config, first: Path) -> Config:
    """Settings that train the layout predictor alone, with all that only its runs use."""
    return changed(
        tiny, layout={"dropout": 0.2}, augmentation={"jpeg": 0.5, "grain": 0.5},
        schedule={"weight_decay": 0.1}, training={"start_from": str(first), "frozen": FROZEN},
    )  # fmt: skip


@pytest.fixture(scope="module")
def whole(alone: Config, disks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run left alone."""
    folder = tmp_path_factory.mktemp("alone")
    train(alone, data=disks, run=folder / "run", cache=folder)
    return folder / "run"


def test_only_the_predictor_changes_all_of_it(first: Path, whole: Path) -> None:
    before, after = load_snapshot(first), load_snapshot(whole / "snapshot")
    assert before.layout is not None
    assert after.layout is not None
    theirs = after.model.state_dict()
    assert all(torch.equal(value, theirs[key]) for key, value in before.model.state_dict().items())
    learnt = after.layout.state_dict()
    assert not any(torch.equal(value, learnt[key]) for key, value in before.layout.state_dict().items())


def test_each_parameter_of_the_predictor_gets_a_gradient(whole: Path) -> None:
    """Adam's moments tell: of others it has none."""
    state = final_state(whole)
    moments = [value for path, value in state.items() if path.endswith("exp_avg_sq")]
    assert len(moments) == sum(path.startswith("/trainees/generator/layout.") for path in state)
    assert all(bool((value > 0).any()) for value in moments)


def test_resumed_equals_uninterrupted(whole: Path, alone: Config, disks: Path, tmp_path: Path) -> None:
    train(alone, data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=20)
    train(alone, data=disks, run=tmp_path / "run", cache=tmp_path)
    assert_same(whole, tmp_path / "run")


def test_it_learns_as_if_pictures_were_made(
    whole: Path, alone: Config, disks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainees, "LayoutAlone", trainees.Generator)
    train(alone, data=disks, run=tmp_path / "run", cache=tmp_path)
    assert "hole_l1" in records(tmp_path / "run")[0]
    assert_same(whole, tmp_path / "run")


def test_what_a_run_tells(whole: Path) -> None:
    log = records(whole)
    steps = [r for r in log if "faces_per_second" in r]
    assert all("layout" in r and "hole_l1" not in r for r in steps)
    figures = [r for r in log if "val_layout_entropy" in r]
    assert [r["faces"] for r in figures] == [24, 48]
    assert {"train_layout_entropy", "val_layout_hole", "train_layout_known"} <= figures[0].keys()
    assert not list(whole.glob("grid-*.png"))


def test_no_discriminator_sees_layouts(alone: Config, disks: Path, tmp_path: Path) -> None:
    config = changed(alone, loss={"adversarial": {"weight": 0.1}})
    with pytest.raises(UserError, match=r"training.frozen leaves the layout predictor alone"):
        train(config, data=disks, run=tmp_path / "run", cache=tmp_path)
