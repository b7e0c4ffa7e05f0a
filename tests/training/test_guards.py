"""What goes wrong in long runs is named, skipped or survived."""

import time
from pathlib import Path

import psutil
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from training_runs import changed, finish, records, start

import inlay.training.objective
from inlay.config import Config
from inlay.errors import UserError
from inlay.networks.generator import SeanGenerator
from inlay.training.guard import BadSteps
from inlay.training.loop import train
from inlay.training.run_folder import RunFolder


def poisoned(monkeypatch: pytest.MonkeyPatch, bad_steps: set[int]) -> None:
    """Let the generator's loss be no number at some steps."""
    honest, count = inlay.training.objective.Objective.generator_total, iter(range(10_000))

    def total(self: object, terms: object) -> torch.Tensor:
        return honest(self, terms) * (float("nan") if next(count) in bad_steps else 1.0)  # type: ignore[arg-type]

    monkeypatch.setattr(inlay.training.objective.Objective, "generator_total", total)


def test_a_step_that_is_no_number_is_skipped_and_counted(
    tiny: Config, disks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned(monkeypatch, {2})
    train(tiny, data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=24)
    log = records(tmp_path / "run")
    assert [r["faces"] for r in log if "skipped a step" in r.get("event", "")] == [12]
    steps = [r for r in log if "skipped_steps" in r]
    assert steps[-1]["skipped_steps"] == 1
    assert all(r["hole_l1"] < 1 for r in steps)


def test_a_skipped_step_leaves_no_batch_statistics(
    tiny: Config, disks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forward pass that overflows, as in fp16, with batch norm behind it."""
    honest, count = SeanGenerator.forward, iter(range(10_000))

    def overflowing(self: SeanGenerator, *given: object) -> torch.Tensor:
        hook = self.first.register_forward_hook(
            lambda _, __, out: out * (float("inf") if next(count) == 2 else 1.0)
        )
        try:
            return honest(self, *given)
        finally:
            hook.remove()

    monkeypatch.setattr(SeanGenerator, "forward", overflowing)
    sean = {"kind": "sean", "width": 4, "style_width": 4, "style_dim": 4, "layout_width": 4}
    config = Config.model_validate({**tiny.model_dump(), "model": sean})
    train(config, data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=24)
    assert any("skipped a step" in r.get("event", "") for r in records(tmp_path / "run"))
    weights = load_file(tmp_path / "run" / "snapshot" / "weights.safetensors")
    assert any("running_var" in key for key in weights)
    assert all(torch.isfinite(value).all() for value in weights.values())


def test_too_many_in_a_row_name_the_faces(
    tiny: Config, disks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned(monkeypatch, {1, 4, 5, 6})
    config = changed(tiny, training={"bad_steps": 3})
    with pytest.raises(
        UserError, match=r"3 steps in a row .* no number; .*d\d\d, d\d\d, d\d\d, d\d\d"
    ) as caught:
        train(config, data=disks, run=tmp_path / "run", cache=tmp_path)
    assert "learning_rate" in str(caught.value)
    train(tiny, data=disks, run=tmp_path / "run", cache=tmp_path)
    assert any(r.get("event") == "resumed" and r["faces"] == 24 for r in records(tmp_path / "run"))


def test_a_good_step_starts_the_count_anew() -> None:
    bad = BadSteps(2)
    for finite in (False, True, False, True):
        bad.count(finite, ["a"])
    assert bad.state == {"in_a_row": 0, "total": 2}


@pytest.fixture
def spoiled(disks: Path, tmp_path: Path) -> Path:
    """The data folder with a cut picture, a layout of unknown ids, one of another size, and one missing."""
    folder = tmp_path / "spoiled"
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
        for path in (disks / name).iterdir():
            (folder / name / path.name).write_bytes(path.read_bytes())
    for name in ("train.txt", "val.txt"):
        (folder / name).write_text((disks / name).read_text())
    cut = folder / "images" / "d03.png"
    cut.write_bytes(cut.read_bytes()[:60])
    Image.new("L", (32, 32), 9).save(folder / "labels" / "d05.png")
    Image.new("L", (16, 32), 0).save(folder / "labels" / "d06.png")
    (folder / "images" / "d07.png").unlink()
    return folder


def test_bad_files_are_named_and_skipped(tiny: Config, spoiled: Path, tmp_path: Path) -> None:
    config = changed(tiny, training={"bad_files": "skip"})
    train(config, data=spoiled, run=tmp_path / "run", cache=tmp_path, stop_at=8)
    left_out = [r["event"] for r in records(tmp_path / "run") if "left out" in r.get("event", "")]
    assert len(left_out) == 4
    for stem, word in (("d03", "cut"), ("d05", "ids 9 are unknown"), ("d06", "16 x 32"), ("d07", "no image")):
        assert any(stem in line and word in line for line in left_out), (stem, left_out)


def test_bad_files_stop_the_run_by_default(tiny: Config, spoiled: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no image there for 'd07'"):
        train(tiny, data=spoiled, run=tmp_path / "run", cache=tmp_path)
    (spoiled / "train.txt").write_text("d01\nd05\n")
    with pytest.raises(UserError, match=r"d05.png: layout ids 9 are unknown"):
        train(tiny, data=spoiled, run=tmp_path / "run", cache=tmp_path)
    assert not list(tmp_path.glob("faces-*.part"))


def test_no_list_of_stems(tiny: Config, disks: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train.txt: no such stems file.*inlay prepare check"):
        train(tiny, data=tmp_path, run=tmp_path / "run", cache=tmp_path)


def test_one_run_a_folder(tiny: Config, disks: Path, tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", tiny):
        child = start(tiny, disks, tmp_path)
        assert finish(child, tmp_path) == 2
    assert "another run writes into this folder" in (tmp_path / "output.txt").read_text()
    with RunFolder(tmp_path / "run", tiny):
        pass


def test_what_a_kill_left_is_removed(tiny: Config, tmp_path: Path) -> None:
    (tmp_path / ".snapshot.1.part").mkdir()
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / ".0000000008.pt.1.part").write_bytes(b"cut")
    with RunFolder(tmp_path, tiny):
        assert not list(tmp_path.rglob("*.part"))


def test_a_damaged_checkpoint_is_passed_over(tiny: Config, tmp_path: Path) -> None:
    with RunFolder(tmp_path, tiny) as folder:
        for faces in (8, 16, 24):
            folder.save_state(faces, {}, best=1.0, bad=BadSteps(9))
        assert sorted(p.name for p in folder.checkpoints.iterdir()) == ["0000000016.pt", "0000000024.pt"]
        newest = folder.checkpoints / "0000000024.pt"
        newest.write_bytes(newest.read_bytes()[:100])
        state = folder.load_latest()
        assert state is not None
        assert state["faces"] == 16
        (folder.checkpoints / "0000000016.pt").write_bytes(b"")
        with pytest.raises(UserError, match="none of 2 checkpoints can be read"):
            folder.load_latest()


def test_a_full_disk_leaves_the_last_checkpoint(tiny: Config, disks: Path, tmp_path: Path) -> None:
    train(tiny, data=disks, run=tmp_path / "run", cache=tmp_path, stop_at=16)
    kept = {p.name for p in (tmp_path / "run" / "checkpoints").iterdir()}
    child = start(tiny, disks, tmp_path, limit=60_000)
    assert finish(child, tmp_path) == 2
    said = (tmp_path / "output.txt").read_text()
    assert "cannot be written" in said
    assert "free some space and run the same command again" in said
    assert kept == {p.name for p in (tmp_path / "run" / "checkpoints").iterdir()}


@pytest.mark.parametrize("everyone", [False, True], ids=["the run", "its loaders too"])
def test_sigterm_saves_and_ends(tiny: Config, disks: Path, tmp_path: Path, everyone: bool) -> None:
    """Clusters and service managers signal all processes of a job at once."""
    rare = {"save_faces": 100_000, "grid_faces": 100_000, "workers": 1}
    child = start(changed(tiny, schedule={"faces": 100_000}, training=rare), disks, tmp_path)
    while not (tmp_path / "output.txt").is_file() or "grad_norm" not in (tmp_path / "output.txt").read_text():
        time.sleep(0.05)
    loaders = psutil.Process(child.pid).children()
    assert loaders
    for process in loaders if everyone else []:
        process.terminate()
    child.terminate()
    assert finish(child, tmp_path) == 0
    assert not any(process.is_running() for process in loaders)
    log = records(tmp_path / "run")
    assert log[-1]["event"].startswith("stopped by a signal")
    assert (tmp_path / "run" / "checkpoints" / f"{log[-1]['faces']:010d}.pt").is_file()
