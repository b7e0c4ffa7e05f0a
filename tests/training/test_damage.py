"""A run of the damage detector: the same loop, another task."""

from pathlib import Path

import pytest
from training_runs import assert_same, final_state, records

from inlay.config import DamageConfig
from inlay.config.schema import parse_run_config
from inlay.damage.detector import DETECTOR, read_detector
from inlay.errors import UserError
from inlay.training.loop import train


@pytest.fixture(scope="module")
def damaged() -> DamageConfig:
    """Settings of a run of six steps over the drawn disks."""
    config = parse_run_config(
        {
            "kind": "damage",
            "detector": {"widths": [8, 8, 8, 8, 8]},
            "data": {
                "size": 64, "train": [{"path": "images", "stems": "train.txt"}],
                "val": [{"path": "images", "stems": "val.txt"}],
            },
            "schedule": {"faces": 24, "batch_size": 4, "warmup_faces": 4},
            "training": {
                "precision": "fp32", "workers": 0, "log_faces": 8, "save_faces": 8, "grid_faces": 12,
                "val_count": 4,
            },
        },
        "damaged",
    )  # fmt: skip
    assert isinstance(config, DamageConfig)
    return config


def test_resumed_equals_uninterrupted(damaged: DamageConfig, disks: Path, tmp_path: Path) -> None:
    train(damaged, data=disks, run=tmp_path / "whole", cache=tmp_path)
    train(damaged, data=disks, run=tmp_path / "parts", cache=tmp_path, stop_at=12)
    train(damaged, data=disks, run=tmp_path / "parts", cache=tmp_path)
    assert_same(tmp_path / "whole", tmp_path / "parts")
    log = records(tmp_path / "whole")
    assert [r["faces"] for r in log if "val_f1" in r] == [12, 24]
    moved = [value for key, value in final_state(tmp_path / "whole").items() if "exp_avg_sq" in key]
    assert moved
    assert (tmp_path / "whole" / "snapshot" / DETECTOR).is_file()


def test_it_starts_from_weights(damaged: DamageConfig, disks: Path, tmp_path: Path) -> None:
    train(damaged, data=disks, run=tmp_path / "first", cache=tmp_path, stop_at=4)
    snapshot = tmp_path / "first" / "snapshot"
    held = {"learning_rate": 1e-12, **damaged.schedule.model_dump(mode="json", exclude={"learning_rate"})}
    settings = damaged.model_dump(mode="json") | {"schedule": held}
    settings["training"]["start_from"] = str(snapshot)
    again = parse_run_config(settings, "again")
    train(again, data=disks, run=tmp_path / "second", cache=tmp_path, stop_at=4)
    ours, theirs = (read_detector(tmp_path / run / "snapshot" / DETECTOR) for run in ("first", "second"))
    assert all((ours[key] - theirs[key]).abs().max() < 2e-2 for key in ours)


def test_other_networks_are_refused(damaged: DamageConfig, disks: Path, tmp_path: Path) -> None:
    train(damaged, data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=4)
    wider = damaged.model_dump(mode="json") | {"detector": {"widths": [16, 8, 8, 8, 8]}}
    with pytest.raises(UserError, match="begun with other networks"):
        train(parse_run_config(wider, "wider"), data=disks, run=tmp_path / "run", cache=tmp_path)


def test_pictures_must_be_named(disks: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"data\.train: no pictures are named"):
        train(DamageConfig(), data=disks, run=tmp_path / "run", cache=tmp_path)
