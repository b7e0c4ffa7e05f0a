"""The loop learns, leaves what it promises, and says what is wrong."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from training_runs import changed, records

from inlay.batch import Batch
from inlay.checkpoint import load_snapshot
from inlay.config import Config
from inlay.data.folder import list_pairs
from inlay.data.holes import FreeForm, frozen_holes
from inlay.data.store import open_store
from inlay.errors import UserError
from inlay.losses.pixel import region_l1
from inlay.networks.checkered import GridFilter, keep_grid, without_grid
from inlay.networks.upsampling import upsample_bilinear
from inlay.training.loop import train
from inlay.training.machine import Machine
from inlay.training.setup import label_set
from inlay.training.trainees import Trainees
from inlay.training.validate import val_faces


@pytest.fixture(scope="module")
def four(disks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder with four faces only, the same for training and val."""
    folder = tmp_path_factory.mktemp("four")
    for name in ("images", "labels", "labels.toml"):
        (folder / name).symlink_to(disks / name)
    for split in ("train.txt", "val.txt"):
        (folder / split).write_text("d00\nd01\nd02\nd03\n")
    return folder


def test_four_images_overfit(tiny: Config, four: Path, tmp_path: Path) -> None:
    long = changed(
        tiny, augmentation={"flip": 0.0, "warp": 0.0, "jitter": 0.0},
        schedule={"faces": 480, "learning_rate": 1e-2, "warmup_faces": 20},
        training={"log_faces": 40, "grid_faces": 480, "save_faces": 480, "predicted_layout_share": 0},
    )  # fmt: skip
    train(long, data=four, run=tmp_path / "run", cache=tmp_path)
    steps = [r for r in records(tmp_path / "run") if "hole_l1" in r]
    assert steps[-1]["hole_l1"] < 0.65 * steps[0]["hole_l1"], "the first is already the smooth fill's"
    assert steps[-1]["layout"] < 0.5 * steps[0]["layout"]


def test_leaves_what_it_promises(tiny: Config, disks: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(changed(tiny, schedule={"faces": 50}), data=disks, run=run, cache=tmp_path)
    log = records(run)
    steps = [r for r in log if "faces_per_second" in r]
    assert [r["faces"] for r in steps] == [8, 16, 24, 32, 40, 48, 52], "the last step is a whole one"
    expected = {"hole_l1", "known_l1", "layout", "semantic_attention", "total", "grad_norm", "learning_rate",
                "loader_wait", "skipped_steps"}  # fmt: skip
    assert expected <= steps[0].keys()
    figures = log[-1]
    assert {"val_psnr_true", "val_psnr_predicted", "val_layout_hole"} <= figures.keys()
    assert sorted(p.name for p in (run / "checkpoints").iterdir()) == ["0000000048.pt", "0000000052.pt"]
    assert load_snapshot(run / "snapshot").layout is not None
    best = json.loads((run / "best" / "snapshot.json").read_text())["info"]
    assert best["val_psnr_predicted"] == max(
        r["val_psnr_predicted"] for r in log if "val_psnr_predicted" in r
    )
    with Image.open(run / "grid-00000024.png") as grid:
        assert grid.size[0] > 6 * 32
    assert not list(run.glob(".*.part"))


def test_accumulated_parts_equal_one_batch(tiny: Config, disks: Path, tmp_path: Path) -> None:
    for name, parts in (("one", 1), ("two", 2)):
        config = changed(tiny, training={"accumulate": parts})
        train(config, data=disks, run=tmp_path / name, cache=tmp_path, stop_at=24)
    for a, b in zip(*(records(tmp_path / name) for name in ("one", "two")), strict=True):
        for key in ("hole_l1", "known_l1", "layout", "semantic_attention", "grad_norm"):
            assert a.get(key, 0) == pytest.approx(b.get(key, 0), abs=1e-5), key


def test_other_networks_in_the_same_folder_are_refused(tiny: Config, disks: Path, tmp_path: Path) -> None:
    train(tiny, data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=8)
    with pytest.raises(UserError, match=r"begun with other networks \(model.style_dim: 4 -> 8\)"):
        train(changed(tiny, model={"style_dim": 8}), data=disks, run=tmp_path / "run", cache=tmp_path)
    other = changed(tiny, schedule={"clip": 0.5})
    train(other, data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=12)
    assert any(
        r.get("event") == "settings changed: schedule.clip: 1.0 -> 0.5" for r in records(tmp_path / "run")
    )


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ({}, {"adversarial": {"weight": 0.1}}, r"adversarial\.weight above 0: False -> True"),
        ({}, {"layout": {"weight": 0.0}}, r"layout\.weight above 0: True -> False"),
        (
            {"adversarial": {"weight": 0.1, "holes": True}},
            {"adversarial": {"weight": 0.1, "holes": True, "twins": True}},
            r"adversarial\.twins: False -> True",
        ),
    ],
    ids=["adversarial", "layout", "twins"],
)
def test_networks_that_come_or_go_are_refused(
    tiny: Config, disks: Path, tmp_path: Path, before: dict[str, Any], after: dict[str, Any], named: str
) -> None:
    tiny = changed(tiny, discriminator={"width": 4, "layers": 2}, loss=before)
    train(tiny, data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=4)
    kept = (tmp_path / "run" / "config.json").read_text()
    with pytest.raises(UserError, match=rf"begun with other networks \(loss\.{named}"):
        train(changed(tiny, loss=after), data=disks, run=tmp_path / "run", cache=tmp_path)
    assert (tmp_path / "run" / "config.json").read_text() == kept


def test_a_discriminator_s_inputs_stay_also_where_an_older_run_did_not_name_them(
    tiny: Config, disks: Path, tmp_path: Path
) -> None:
    train(tiny, data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=4)
    path = tmp_path / "run" / "config.json"
    settings = json.loads(path.read_text())
    del settings["discriminator"]["layout"]
    path.write_text(json.dumps(settings))
    with pytest.raises(UserError, match=r"other networks \(discriminator.layout: True -> False\)"):
        train(
            changed(tiny, discriminator={"layout": False}), data=disks, run=tmp_path / "run", cache=tmp_path
        )
    train(tiny, data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=8)


def test_a_run_goes_on_in_fp16(tiny: Config, disks: Path, tmp_path: Path) -> None:
    train(tiny, data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=4)
    train(
        changed(tiny, training={"precision": "fp16"}),
        data=disks,
        run=tmp_path / "run",
        cache=tmp_path,
        stop_at=8,
    )
    assert any(r.get("event") == "resumed" for r in records(tmp_path / "run"))


def test_faces_are_not_enlarged(tiny: Config, disks: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"stored_size = 32 is below data.size = 64: .* data.stored_size=64 or more"
    ):
        train(changed(tiny, data={"size": 64}), data=disks, run=tmp_path / "run", cache=tmp_path)
    with pytest.raises(UserError, match=r"data.size: Input should be a multiple of 32"):
        changed(tiny, data={"size": 100})


def test_val_faces_that_are_trained_on_are_told(tiny: Config, disks: Path, tmp_path: Path) -> None:
    shutil.copytree(disks, tmp_path / "data")
    for stems, told in (("d22\nd05\nd06\n", True), ("d22\nd23\n", False)):
        (tmp_path / "data" / "val.txt").write_text(stems)
        run = tmp_path / f"run-{told}"
        train(tiny, data=tmp_path / "data", run=run, cache=tmp_path, stop_at=4)
        event = "2 val faces are trained on too, as d05: no fair figures"
        assert any(r.get("event") == event for r in records(run)) == told


def test_watched_holes_are_those_of_no_evaluation(disks: Path, tiny: Config, tmp_path: Path) -> None:
    store = open_store(list_pairs(disks / "images", disks / "labels"), (32, 32), label_set(tiny), tmp_path)
    watched = val_faces(store, 32, 8, {}).batch.hole[:, 0].numpy()
    drawn = [frozen_holes(seed, 8, (32, 32), FreeForm(0.01, 0.2)) for seed in range(50)]
    assert not any(
        (hole == other).all() for holes in drawn for hole, other in zip(holes, watched, strict=True)
    )


@pytest.mark.parametrize("workers", [0, 1])
def test_holes_of_parts_that_the_labels_lack_are_refused_before_loading(
    tiny: Config, disks: Path, tmp_path: Path, workers: int
) -> None:
    config = changed(tiny, data={"holes": [{"kind": "part"}]}, training={"workers": workers})
    with pytest.raises(UserError, match="has no class with the role 'eye'"):
        train(config, data=disks, run=tmp_path / "run", cache=tmp_path)


def test_a_batch_that_cannot_be_shared(tiny: Config, disks: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="batch_size = 4 faces cannot be shared by 1 processes x 3 parts"):
        train(changed(tiny, training={"accumulate": 3}), data=disks, run=tmp_path / "run", cache=tmp_path)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_reduced_precision_runs(tiny: Config, disks: Path, tmp_path: Path, precision: str) -> None:
    config = changed(tiny, training={"precision": precision})
    train(config, data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=8)
    assert records(tmp_path / "run")[0]["skipped_steps"] == 0


def test_tensorboard_events_and_lpips(tiny: Config, disks: Path, shared: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    more = {"tensorboard": True, "lpips": str(shared / "weights")}
    train(changed(tiny, training=more), data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=8)
    (events,) = (tmp_path / "run" / "tensorboard").iterdir()
    content = events.read_bytes()
    for name in (
        b"hole_l1",
        b"grad_norm",
        b"val_psnr_predicted",
        b"val_ssim_true",
        b"val_lpips_true",
        b"val faces",
    ):
        assert name in content, name


def test_starts_from_a_snapshot(tiny: Config, disks: Path, tmp_path: Path) -> None:
    train(tiny, data=disks, run=tmp_path / "first", cache=tmp_path, stop_at=16)
    snapshot = tmp_path / "first" / "snapshot"
    # So small a rate moves nothing that fp16 could show.
    still = changed(
        tiny, schedule={"faces": 4, "learning_rate": 1e-12}, training={"start_from": str(snapshot)}
    )
    train(still, data=disks, run=tmp_path / "second", cache=tmp_path)
    first, second = (load_snapshot(tmp_path / run / "snapshot") for run in ("first", "second"))
    for key, value in first.model.state_dict().items():
        assert torch.allclose(second.model.state_dict()[key], value, atol=1e-6), key


@pytest.mark.parametrize(("units", "cautions"), [({}, 1), ({"avx512_bf16": True}, 0)])
def test_a_run_says_that_bf16_is_slow_here(
    tiny: Config,
    disks: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    units: dict[str, bool],
    cautions: int,
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: units)
    slow = changed(tiny, schedule={"faces": 4}, training={"precision": "bf16"})
    train(slow, data=disks, run=tmp_path / "run", cache=tmp_path)
    said = [r["event"] for r in records(tmp_path / "run") if "event" in r]
    assert sum("add --set training.precision=fp32" in event for event in said) == cautions


def test_starts_deeper_than_its_snapshot_but_not_shallower(tiny: Config, disks: Path, tmp_path: Path) -> None:
    train(tiny, data=disks, run=tmp_path / "first", cache=tmp_path, stop_at=4)
    start = {"start_from": str(tmp_path / "first" / "snapshot")}
    deeper = changed(tiny, schedule={"faces": 4}, model={"depth": [0, 1, 0, 0]}, training=start)
    train(deeper, data=disks, run=tmp_path / "second", cache=tmp_path)
    model = load_snapshot(tmp_path / "second" / "snapshot").model
    assert any(key.startswith("generator.deeper.1.") for key in model.state_dict())
    start = {"start_from": str(tmp_path / "second" / "snapshot")}
    wide = {"depth": [0, 1, 0, 0], "detail_channels": 8}
    wider = changed(tiny, schedule={"faces": 4}, model=wide, training=start)
    train(wider, data=disks, run=tmp_path / "third", cache=tmp_path)
    reflecting = changed(tiny, schedule={"faces": 4}, model=wide | {"reflection": True}, training=start)
    train(reflecting, data=disks, run=tmp_path / "fourth", cache=tmp_path)
    smaller = [({}, "second"), (wide | {"detail_channels": 4}, "third"), (wide, "fourth")]
    for number, (model, snapshot) in enumerate(smaller):
        start = {"start_from": str(tmp_path / snapshot / "snapshot")}
        back = changed(tiny, model=model, training=start)
        with pytest.raises(UserError, match=r"lacks or has in another width \(model.depth"):
            train(back, data=disks, run=tmp_path / f"back{number}", cache=tmp_path)


def test_frozen_parts_stay(tiny: Config, disks: Path, tmp_path: Path) -> None:
    """And features may be enlarged otherwise than in the snapshot, as that has no weights."""
    train(tiny, data=disks, run=tmp_path / "first", cache=tmp_path, stop_at=4)
    training = {"start_from": str(tmp_path / "first" / "snapshot"), "frozen": ["layout", "style_encoder"]}
    short = changed(tiny, schedule={"faces": 8}, model={"upsampling": "bilinear"}, training=training)
    train(short, data=disks, run=tmp_path / "second", cache=tmp_path)
    first, second = (load_snapshot(tmp_path / run / "snapshot") for run in ("first", "second"))
    assert second.model.generator.upsample is upsample_bilinear
    assert first.layout is not None
    assert second.layout is not None
    for old, new, stays in (
        (first.layout, second.layout, True),
        (first.model.style_encoder, second.model.style_encoder, True),
        (first.model.generator, second.model.generator, False),
        (first.model.context_encoder, second.model.context_encoder, False),
    ):
        theirs = new.state_dict()
        assert all(torch.equal(value, theirs[key]) for key, value in old.state_dict().items()) is stays
    every = training | {"frozen": ["layout", "style_encoder", "context_encoder", "generator"]}
    cases = [
        ({"training": every}, r"training.frozen: .* nothing is left to train"),
        ({"training": {"frozen": ["layout"]}}, "keeps the weights of training.start_from"),
        (
            {"training": training, "loss": {"layout": {"weight": 0.0}}},
            "training.frozen: this network has no layout",
        ),
    ]
    for change, message in cases:
        with pytest.raises(UserError, match=message):
            train(changed(tiny, **change), data=disks, run=tmp_path / "third", cache=tmp_path)


def test_starts_from_its_like_only(tiny: Config, disks: Path, tmp_path: Path) -> None:
    train(tiny, data=disks, run=tmp_path / "first", cache=tmp_path, stop_at=4)
    start = {"start_from": str(tmp_path / "first" / "snapshot")}
    (tmp_path / "plates.toml").write_text((disks / "labels.toml").read_text().replace('"disk"', '"plate"'))
    cases = [
        ({"model": {"style_dim": 8}}, start, "its networks have other settings"),
        (
            {"data": {"labels": str(tmp_path / "plates.toml")}},
            start,
            r"other classes \(.*disk\) than .*plate\)",
        ),
        ({}, {"start_from": "bundled"}, "start_from = 'bundled': it was trained for other classes"),
    ]
    for change, training, message in cases:
        config = changed(tiny, **change, training=training)
        with pytest.raises(UserError, match=message):
            train(config, data=disks, run=tmp_path / "run", cache=tmp_path)


def test_the_picture_does_not_teach_the_layout_predictor(tiny: Config) -> None:
    """It learns from the layouts' loss alone."""
    hole = torch.zeros(2, 1, 32, 32)
    hole[:, :, 8:20, 8:20] = 1
    batch = Batch(torch.rand(2, 3, 32, 32), torch.zeros(2, 32, 32, dtype=torch.long), hole)
    generator = Trainees(tiny, label_set(tiny), Machine("fp32")).generator
    output, _ = generator(batch, torch.tensor([True, False]), torch.Generator())
    region_l1(output.image, batch.image, hole).backward()
    assert all(p.grad is None for p in generator.layout.parameters())


@pytest.mark.parametrize(
    ("detail_channels", "trained_with"), [(0, keep_grid), (4, without_grid)], ids=["alone", "detail head"]
)
def test_the_grid_is_filtered_from_what_users_get(
    tiny: Config, detail_channels: int, trained_with: GridFilter
) -> None:
    config = changed(tiny, model={"detail_channels": detail_channels})
    trainees = Trainees(config, label_set(tiny), Machine("fp32"))
    assert trainees.generator.model.generator.grid_filter is trained_with
    assert trainees.average.network.model.generator.grid_filter is without_grid


def test_a_run_of_an_older_inlay_goes_on(tiny: Config, disks: Path, tmp_path: Path, root: Path) -> None:
    """Its config.json has the former form of the settings."""
    train(tiny, data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=4)
    path = tmp_path / "run" / "config.json"
    settings = json.loads(path.read_text())
    former = json.loads((root / "tests/snapshots/version-2-bundled.json").read_text())["config"]
    loss = former["loss"] | {"adversarial": 0.0, "adversarial_twins": False, "adversarial_parts": []}
    data = settings["data"] | {"augment": True, "warp": 0.5, "bend": 0.0, "grey": 0.0, "part_tint": 0.0}
    del settings["augmentation"]
    path.write_text(json.dumps(settings | {"loss": loss, "data": data}))
    train(tiny, data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=8)
    told = [r["event"] for r in records(tmp_path / "run") if "settings changed: loss" in r.get("event", "")]
    assert "settings changed: loss.pixel.hole: 1.75 -> 1.0" in told
    assert "settings changed: loss.adversarial.r1: 0.0 -> 0.0" not in told
