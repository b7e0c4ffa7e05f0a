"""Snapshots of an older inlay are read; those that cannot be are refused with how to mend them."""

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from inlay.checkpoint import BUNDLED, SETTINGS, bundled_snapshot, load_snapshot
from inlay.config import AugmentationConfig, NoHoleConfig, PartHoleConfig, parse_config
from inlay.config.versions import current_settings
from inlay.errors import UserError

OLD = Path(__file__).parent / "snapshots"


def old_settings(name: str = "bundled") -> dict[str, Any]:
    """A bundled snapshot's settings as version 2 wrote them."""
    return json.loads((OLD / f"version-2-{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """The smaller bundled model as version 2 had it, to be spoiled."""
    folder = Path(shutil.copytree(bundled_snapshot(), tmp_path / "model"))
    (folder / SETTINGS).write_text(json.dumps(old_settings()), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_snapshots_are_migrated(name: str) -> None:
    """All but the form of the settings is as it was."""
    old = old_settings(name)
    new = json.loads((bundled_snapshot(name) / SETTINGS).read_text(encoding="utf-8"))
    assert parse_config(current_settings(old["config"]), name) == parse_config(new["config"], name)
    assert (old["version"], new["version"]) == (2, 3)
    assert all(old[key] == new[key] for key in old if key not in ("config", "version"))
    assert list(old) == list(new)


def test_values_are_where_they_belong() -> None:
    old = old_settings("bundled-256")["config"]
    config = parse_config(current_settings(old), "old")
    assert config.loss.pixel.hole == old["loss"]["hole_l1"]
    assert config.loss.perceptual.window == old["loss"]["perceptual_window"]
    assert config.loss.adversarial.holes == old["loss"]["adversarial_holes"]
    assert config.loss.adversarial.r1_every == old["loss"]["r1_every"]
    assert config.loss.layout.balance == old["loss"]["layout_balance"]
    assert config.augmentation == AugmentationConfig(warp=0.8, bend=0.025, grey=0.06, part_tint=0.15)
    assert config.data.holes[3] == PartHoleConfig(parts=["eye", "brow"], share=0.09)
    assert config.data.holes[-1] == NoHoleConfig(share=0.03)


def test_strong_augmentation_is_read() -> None:
    """A run that trained the layout predictor alone had all these keys in `data`."""
    old = old_settings("layout")["config"]
    strengths = {"max_rotation": 15.0, "max_scale": 0.15, "max_shift": 0.08, "max_jitter": 0.2}
    config = parse_config(current_settings(old), "old")
    assert config.augmentation == AugmentationConfig(
        warp=0.9, bend=0.03, grey=0.2, sepia=0.13, jitter=0.8, part_tint=0.15,
        blur=0.25, downscale=0.2, grain=0.3, jpeg=0.35, **strengths,
    )  # fmt: skip
    assert (config.layout.dropout, config.schedule.weight_decay) == (0.1, 0.05)
    assert (config.loss.layout.weight, config.loss.layout.balance) == (1.0, 0.1)
    old["data"]["augment"] = False
    unvaried = parse_config(current_settings(old), "old").augmentation
    assert unvaried == AugmentationConfig(flip=0, warp=0, jitter=0, **strengths)


def test_present_settings_stay_and_the_argument_is_not_changed() -> None:
    old = old_settings()["config"]
    kept = copy.deepcopy(old)
    new = current_settings(old)
    assert old == kept
    assert current_settings(new) == new
    for nothing in (None, [], {}, {"loss": 3}, {"loss": {"hole_l1": 1.0}}):
        assert current_settings(nothing) == nothing


def test_what_had_no_effect_is_switched_off() -> None:
    old = old_settings()["config"]
    old["model"]["attention"] = "none"
    old["loss"] |= {"adversarial": 0.0, "r1": 1.0}
    old["data"]["augment"] = False
    old["training"]["layout_from_picture"] = True
    config = parse_config(current_settings(old), "old")
    assert config.loss.semantic_attention.weight == config.loss.adversarial.r1 == 0
    assert config.schedule.discriminator_replays == 0
    assert config.augmentation == AugmentationConfig(flip=0, warp=0, jitter=0)


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_snapshot_is_read(older: Path, version: int) -> None:
    settings = json.loads((older / SETTINGS).read_text(encoding="utf-8")) | {"version": version}
    (older / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
    snapshot, bundled = load_snapshot(older), load_snapshot()
    assert snapshot.config == bundled.config
    assert snapshot.sha256 == bundled.sha256


def test_an_older_snapshot_that_cannot_be_migrated_is_refused(older: Path) -> None:
    settings = old_settings()
    for spoil, complaint in (
        (lambda config: config["loss"].update(hole_l3=1.0), r"unknown key 'loss\.hole_l3'"),
        (lambda config: config["data"]["holes"][0].update(high=0.001), r"data\.holes\.0: low = 0\.01 is not"),
        (lambda config: config.pop("data"), r"loss\.semantic_attention: expected a table"),
    ):
        spoiled = copy.deepcopy(settings)
        spoil(spoiled["config"])
        (older / SETTINGS).write_text(json.dumps(spoiled), encoding="utf-8")
        mend = r"of version 2, .*; correct that key in the file, or take the inlay that wrote it\)"
        with pytest.raises(UserError, match=rf"snapshot\.json: {complaint}.*{mend}"):
            load_snapshot(older)
