"""Interrupted and resumed equals uninterrupted, bit for bit."""

from pathlib import Path

import pytest
from training_runs import assert_same, changed, records

from inlay.config import Config
from inlay.training.loop import train


@pytest.fixture(scope="module")
def whole(tiny: Config, disks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run left alone."""
    folder = tmp_path_factory.mktemp("whole")
    train(tiny, data=disks, run=folder / "run", cache=folder / "cache")
    return folder / "run"


@pytest.mark.parametrize("workers", [0, 2])
def test_resumed_equals_uninterrupted(
    whole: Path, tiny: Config, disks: Path, tmp_path: Path, workers: int
) -> None:
    first = changed(tiny, training={"workers": 2 - workers})
    train(first, data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=20)
    train(changed(tiny, training={"workers": workers}), data=disks, run=tmp_path / "run", cache=tmp_path)
    assert_same(whole, tmp_path / "run")
    assert {"event": "resumed", "faces": 20}.items() <= next(
        r for r in records(tmp_path / "run") if "event" in r and r["event"] == "resumed"
    ).items()


def test_same_seed_same_losses(whole: Path, tiny: Config, disks: Path, tmp_path: Path) -> None:
    train(tiny, data=disks, run=tmp_path / "run", cache=tmp_path)
    timed = {"time", "faces_per_second", "loader_wait"}
    ours, theirs = (
        [{k: v for k, v in r.items() if k not in timed} for r in records(p)]
        for p in (tmp_path / "run", whole)
    )
    assert ours == theirs


def test_another_seed_other_losses(whole: Path, tiny: Config, disks: Path, tmp_path: Path) -> None:
    train(changed(tiny, training={"seed": 1}), data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=8)
    assert records(tmp_path / "run")[0]["hole_l1"] != records(whole)[0]["hole_l1"]
