"""Two things on disk: the snapshot, for users (safetensors + JSON), and the training state, for resuming."""

import glob
import json
import os
import pickle
import shutil
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from inlay.config import Config, parse_config
from inlay.config.versions import current_settings
from inlay.errors import UserError, is_out_of_memory
from inlay.files import sha256, unfinished_name
from inlay.labels import LabelSet
from inlay.model import InpaintingModel, build_layout_predictor, build_model
from inlay.networks.layout import LayoutPredictor
from inlay.tensors import packed, unpacked

__all__ = [
    "BOTH",
    "BUNDLED",
    "Snapshot",
    "bundled_snapshot",
    "check_snapshot_output",
    "load_model",
    "load_snapshot",
    "load_state",
    "save_snapshot",
    "save_state",
    "snapshot_folder",
    "snapshot_sha256",
    "update_snapshot",
]

FORMAT, VERSION = "inlay-snapshot", 3
OLDER_VERSIONS = (1, 2)
"""Versions whose settings have another form (`inlay.config.versions`); 2 has weights in 8 bits, 1 has not."""

BUNDLED = ("bundled", "bundled-256")
"""The models that come with the package, by name, smallest first."""
BOTH = "bundled-both"
"""Both of them as one (`inlay.painters.two_scales`)."""

SETTINGS, WEIGHTS = "snapshot.json", "weights.safetensors"


@dataclass(frozen=True)
class Snapshot:
    """Everything that filling needs, built and in eval mode; `sha256` is that of the weights' file."""

    model: InpaintingModel
    layout: LayoutPredictor | None
    config: Config
    labels: LabelSet
    sha256: str = ""


def save_snapshot(
    folder: Path,
    *,
    model: InpaintingModel,
    layout: LayoutPredictor | None,
    config: Config,
    labels: LabelSet,
    bits: Literal[8, 16, 32] = 16,
    info: dict[str, Any] | None = None,
) -> None:
    """Write a snapshot folder; it appears whole or not at all. `bits` are those of a stored weight."""
    parts: dict[str, nn.Module] = {"model": model} | ({"layout": layout} if layout is not None else {})
    tensors = {
        f"{name}.{key}": (value.half() if bits < 32 and value.is_floating_point() else value)
        .contiguous()
        .cpu()
        for name, part in parts.items()
        for key, value in part.state_dict().items()
    }
    if bits == 8:
        tensors = packed(tensors)
    settings = {
        "format": FORMAT,
        "version": VERSION,
        "labels": labels.to_dict(),
        "parts": sorted(parts),
        "config": config.model_dump(mode="json"),
        "info": info or {},
    }
    _write(folder, tensors, settings)


def update_snapshot(folder: Path, output: Path, *, tensors: dict[str, Tensor], info: dict[str, Any]) -> None:
    """Write a snapshot again with some tensors replaced and facts added; to another folder or the same."""
    folder = snapshot_folder(folder)
    settings, kept = _read_settings(folder), load_file(folder / WEIGHTS)
    for key, value in tensors.items():
        assert kept[key].shape == value.shape
        assert kept[key].is_floating_point()
        kept[key] = value.to(kept[key].dtype)
    _write(output, kept, {**settings, "info": {**settings.get("info", {}), **info}})


def check_snapshot_output(folder: Path) -> Path:
    """The folder, if a snapshot may be written there: it is new, empty or a snapshot. Ask before the work."""
    if folder.is_file():
        raise UserError(f"{folder}: is a file; expected the name of a folder to write the model to")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / SETTINGS).is_file():
        raise UserError(f"{folder}: is there and holds no model; name a new folder, nothing is overwritten")
    return folder


def _write(folder: Path, tensors: dict[str, Tensor], settings: dict[str, Any]) -> None:
    """The two files of a snapshot; the folder appears whole or not at all."""
    unfinished = unfinished_name(check_snapshot_output(folder))
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    save_file(tensors, unfinished / WEIGHTS)
    settings = {**settings, "sha256": sha256(unfinished / WEIGHTS)}
    (unfinished / SETTINGS).write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
    # safetensors makes files for their owner alone; a model is for whoever may read its settings.
    shutil.copymode(unfinished / SETTINGS, unfinished / WEIGHTS)
    # Taken away whole: a folder that is half deleted as its process dies would be no model, nor free for one.
    if folder.is_dir():
        former = folder.with_name(f".{folder.name}.{os.getpid()}.former")
        shutil.rmtree(former, ignore_errors=True)
        folder.rename(former)
    unfinished.rename(folder)
    for former in folder.parent.glob(f".{glob.escape(folder.name)}.*.former"):
        for other in former.iterdir():  # files of a person that lay beside the model's
            if other.name not in (SETTINGS, WEIGHTS) and not (folder / other.name).exists():
                other.rename(folder / other.name)
        shutil.rmtree(former, ignore_errors=True)


def load_snapshot(folder: Path | str | None = None, device: torch.device | str = "cpu") -> Snapshot:
    """Read and check a snapshot folder, or one that comes with the package: by name, or the smallest."""
    folder = snapshot_folder(folder)
    settings = _read_settings(folder)
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise UserError(
            f"{folder}: the model folder has no {WEIGHTS}; copy the whole folder that training wrote"
        )
    if sha256(weights) != settings["sha256"]:
        raise UserError(
            f"{weights}: damaged, its SHA-256 is not the one in {SETTINGS}; copy the model folder again"
        )
    config = _config(settings, folder / SETTINGS)
    labels = LabelSet.from_dict(settings["labels"], str(folder / SETTINGS))
    model = build_model(config.model, labels)
    layout = build_layout_predictor(config, labels) if "layout" in settings["parts"] else None
    try:
        tensors = {
            key: value.float() if value.is_floating_point() else value
            for key, value in unpacked(load_file(weights)).items()
        }
        for name, part in (("model", model), ("layout", layout)):
            if part is not None:
                part.load_state_dict(_part(tensors, name))
                part.eval().requires_grad_(False).to(device)
    except (SafetensorError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise UserError(
                f"{weights}: not enough memory to load the model; close other programs"
            ) from error
        # PyTorch lists each parameter that does not fit; the first line of the list tells enough.
        reason = str(error).strip().splitlines()[:2][-1].strip()
        raise UserError(f"{weights}: the weights do not fit the network of {SETTINGS} ({reason})") from error
    return Snapshot(model, layout, config, labels, settings["sha256"])


def bundled_snapshot(name: str = BUNDLED[0]) -> Path:
    """The folder of a model that comes with the package."""
    folder = Path(str(files("inlay") / "weights" / name))
    if not folder.is_dir():
        raise UserError(f"{folder}: no model came with this installation; name a model folder (--model DIR)")
    return folder


def snapshot_folder(named: Path | str | None) -> Path:
    """The folder that is meant: by the name of a bundled model, by its path, or by nothing, the smallest.

    A folder of one's own that bears a bundled model's name is meant by its whole path alone.
    """
    if named is None:
        return bundled_snapshot()
    if str(named) == BOTH:
        raise UserError(f"{BOTH} is two models, which fill photos together; expected one model folder")
    return bundled_snapshot(str(named)) if str(named) in BUNDLED else Path(named)


def snapshot_sha256(folder: Path | str | None) -> str:
    """The SHA-256 of a snapshot's weights, as its settings have it."""
    return str(_read_settings(snapshot_folder(folder))["sha256"])


def load_model(folder: Path | str | None = None, device: torch.device | str = "cpu") -> InpaintingModel:
    """The inpainting network of a snapshot folder, or the one that comes with the package, in eval mode."""
    return load_snapshot(folder, device).model


def _read_settings(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "no such model folder"
        raise UserError(f"{folder}: {what}; expected a model folder with {SETTINGS} and {WEIGHTS} in it")
    if not any(folder.iterdir()):
        raise UserError(f"{folder}: the model folder is empty; expected {SETTINGS} and {WEIGHTS} in it")
    path = folder / SETTINGS
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{folder}: no {SETTINGS} there; expected a model folder that inlay wrote") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not readable as JSON ({error}); copy the model folder again") from error
    if not isinstance(settings, dict) or settings.get("format") != FORMAT:
        raise UserError(f'{path}: no settings of an inlay model; expected "format": "{FORMAT}" in it')
    if settings.get("version") not in (*OLDER_VERSIONS, VERSION):
        raise UserError(
            f"{path}: a model of version {settings.get('version')}, this program reads 1 to {VERSION}; "
            "take the inlay that wrote it, or train the model anew"
        )
    missing = [key for key in ("sha256", "labels", "parts", "config") if key not in settings]
    if missing:
        raise UserError(f"{path}: damaged: no '{missing[0]}' in it; copy the model folder again")
    return settings


def _config(settings: dict[str, Any], path: Path) -> Config:
    """Parse the settings of a snapshot, those of an older version in the present form."""
    if settings["version"] == VERSION:
        return parse_config(settings["config"], str(path))
    try:
        return parse_config(current_settings(settings["config"]), str(path))
    except UserError as error:
        raise UserError(
            f"{error} (a model of version {settings['version']}, whose settings cannot be brought to version "
            f"{VERSION}; correct that key in the file, or take the inlay that wrote it)"
        ) from error


def _part(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")
    }


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write a training state to a temporary name, then rename it."""
    unfinished = unfinished_name(path)
    torch.save(state, unfinished)
    unfinished.replace(path)


def load_state(path: Path) -> dict[str, Any]:
    """Read a training state (tensors and plain values only)."""
    try:
        return torch.load(path, weights_only=True, map_location="cpu")
    except (OSError, EOFError, RuntimeError, ValueError, pickle.UnpicklingError) as error:
        if is_out_of_memory(error):
            raise
        reason = str(error).strip().splitlines()[:1]
        raise UserError(f"{path}: damaged ({''.join(reason)}); remove it to start the run anew") from error
