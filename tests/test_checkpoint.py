import contextlib
import json
import shutil
from pathlib import Path

import pytest
import torch

from inlay import checkpoint
from inlay.checkpoint import (
    SETTINGS,
    WEIGHTS,
    bundled_snapshot,
    load_model,
    load_snapshot,
    load_state,
    save_snapshot,
    save_state,
    sha256,
)
from inlay.errors import UserError


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A model folder to spoil."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def change(model: Path, **settings: object) -> None:
    """Change top-level settings of a model folder; None takes one away."""
    path = model / SETTINGS
    changed = json.loads(path.read_text()) | settings
    path.write_text(json.dumps({key: value for key, value in changed.items() if value is not None}))


def test_what_is_saved_is_loaded(model: Path, tmp_path: Path) -> None:
    snapshot = load_snapshot(model)
    assert snapshot.layout is not None
    for half, tolerance in ((False, 0.0), (True, 1e-3)):
        save_snapshot(
            tmp_path / "other", model=snapshot.model, layout=None, config=snapshot.config,
            labels=snapshot.labels, bits=16 if half else 32, info={"faces": 3},
        )  # fmt: skip
        other = load_snapshot(tmp_path / "other")
        assert other.layout is None
        assert other.config == snapshot.config
        assert other.labels == snapshot.labels
        for key, value in snapshot.model.state_dict().items():
            assert torch.allclose(other.model.state_dict()[key], value, atol=tolerance)
    assert json.loads((tmp_path / "other" / SETTINGS).read_text())["info"] == {"faces": 3}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model", "other"]


def test_a_loaded_model_is_ready_to_use(model: Path) -> None:
    loaded = load_model(str(model))
    assert not loaded.training
    assert not any(p.requires_grad for p in loaded.parameters())
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}


def test_others_may_read_a_model(model: Path) -> None:
    """safetensors writes for the owner alone; what the settings allow holds for the weights."""
    assert (model / WEIGHTS).stat().st_mode == (model / SETTINGS).stat().st_mode


def test_a_killed_save_leaves_no_half_model(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise KeyboardInterrupt

    snapshot = load_snapshot(model)
    before = sha256(model / WEIGHTS)
    monkeypatch.setattr(checkpoint, "save_file", fail)
    with pytest.raises(KeyboardInterrupt):
        save_snapshot(
            model, model=snapshot.model, layout=None, config=snapshot.config, labels=snapshot.labels
        )
    assert load_snapshot(model).layout is not None
    assert sha256(model / WEIGHTS) == before


@pytest.mark.parametrize("steps", range(6))
def test_a_save_killed_at_any_moment_can_be_repeated(
    model: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """Killed at one of the calls that change folders; a deletion has then done a part of its work."""
    snapshot, left = load_snapshot(model), [steps]
    rename, remove = Path.rename, shutil.rmtree

    def due() -> bool:
        left[0] -= 1
        return left[0] < 0

    def killed_rename(self: Path, target: Path) -> Path:
        if due():
            raise KeyboardInterrupt
        return rename(self, target)

    def killed_remove(path: Path, ignore_errors: bool = False) -> None:
        if due():
            (Path(path) / SETTINGS).unlink(missing_ok=True)
            raise KeyboardInterrupt
        remove(path, ignore_errors=ignore_errors)

    def save() -> None:
        save_snapshot(
            model, model=snapshot.model, layout=None, config=snapshot.config, labels=snapshot.labels
        )

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed_rename)
        patched.setattr(checkpoint.shutil, "rmtree", killed_remove)
        with contextlib.suppress(KeyboardInterrupt):
            save()
    if model.exists():
        load_snapshot(model)
    save()
    assert load_snapshot(model).layout is None
    assert [path.name for path in model.parent.iterdir()] == ["model"]


def test_faults_of_the_settings(model: Path) -> None:
    cases: list[tuple[dict[str, object], str]] = [
        ({"version": 9}, r"a model of version 9, this program reads 1 to 3; take the inlay that wrote it"),
        ({"version": 1, "sha256": None}, r"damaged: no 'sha256' in it; copy the model folder again"),
        (
            {"sha256": "0" * 64},
            r"weights\.safetensors: damaged, its SHA-256 is not the one in snapshot\.json",
        ),
        ({"format": "other"}, r"no settings of an inlay model; expected \"format\": \"inlay-snapshot\""),
    ]
    for settings, message in cases:
        change(model, **settings)
        with pytest.raises(UserError, match=message):
            load_snapshot(model)


@pytest.mark.parametrize("text", ["", "[1, 2]", "{", "\x00\xff"])
def test_settings_that_are_none(model: Path, text: str) -> None:
    (model / SETTINGS).write_text(text, encoding="latin-1")
    with pytest.raises(
        UserError, match=r"snapshot\.json: (not readable as JSON|no settings of an inlay model)"
    ):
        load_snapshot(model)


def test_weights_that_do_not_fit(model: Path) -> None:
    settings = json.loads((model / SETTINGS).read_text())
    settings["config"]["model"]["style_dim"] = 12
    change(model, config=settings["config"])
    with pytest.raises(
        UserError, match=r"do not fit the network of snapshot\.json \(size mismatch for "
    ) as error:
        load_snapshot(model)
    assert "\n" not in str(error.value)


def test_weights_that_are_none(model: Path) -> None:
    (model / WEIGHTS).write_bytes(b"nothing")
    change(model, sha256=sha256(model / WEIGHTS))
    with pytest.raises(UserError, match="the weights do not fit the network"):
        load_snapshot(model)
    (model / WEIGHTS).unlink()
    with pytest.raises(UserError, match=r"the model folder has no weights\.safetensors"):
        load_snapshot(model)


def test_folders_that_are_no_models(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.txt").touch()
    cases = {
        "none": "no such model folder",
        "file": "is a file; expected a model folder",
        "empty": r"the model folder is empty; expected snapshot\.json and weights\.safetensors",
        "other": r"no snapshot\.json there; expected a model folder that inlay wrote",
    }
    for name, message in cases.items():
        with pytest.raises(UserError, match=message):
            load_snapshot(tmp_path / name)


def test_without_a_bundled_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checkpoint, "files", lambda package: tmp_path)
    with pytest.raises(UserError, match="no model came with this installation; name a model folder"):
        bundled_snapshot()
    (tmp_path / "weights" / "bundled").mkdir(parents=True)
    assert bundled_snapshot() == tmp_path / "weights" / "bundled"


def test_states(tmp_path: Path) -> None:
    save_state(tmp_path / "state.pt", {"faces": 3, "weights": torch.ones(2)})
    assert load_state(tmp_path / "state.pt")["faces"] == 3
    assert [p.name for p in tmp_path.iterdir()] == ["state.pt"]
    whole = (tmp_path / "state.pt").read_bytes()
    for damaged in (b"", b"nothing", whole[: len(whole) // 2]):
        (tmp_path / "state.pt").write_bytes(damaged)
        with pytest.raises(UserError, match=r"state\.pt: damaged .*; remove it to start the run anew"):
            load_state(tmp_path / "state.pt")
