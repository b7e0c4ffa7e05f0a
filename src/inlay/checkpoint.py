"""Two things on disk: the snapshot, for users (safetensors + JSON), and the training state, for resuming."""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from inlay.config import Config, parse_config
from inlay.errors import UserError
from inlay.labels import LabelSet
from inlay.model import InpaintingModel, build_layout_predictor, build_model
from inlay.networks.layout import LayoutPredictor

__all__ = ["Snapshot", "load_model", "load_snapshot", "load_state", "save_snapshot", "save_state", "sha256"]

FORMAT, VERSION = "inlay-snapshot", 1
SETTINGS, WEIGHTS = "snapshot.json", "weights.safetensors"


@dataclass(frozen=True)
class Snapshot:
    """Everything that filling needs, built and in eval mode."""

    model: InpaintingModel
    layout: LayoutPredictor | None
    config: Config
    labels: LabelSet


def save_snapshot(
    folder: Path,
    *,
    model: InpaintingModel,
    layout: LayoutPredictor | None,
    config: Config,
    labels: LabelSet,
    half: bool = True,
    info: dict[str, Any] | None = None,
) -> None:
    """Write a snapshot folder; it appears whole or not at all. `half` stores weights as fp16."""
    parts: dict[str, nn.Module] = {"model": model} | ({"layout": layout} if layout is not None else {})
    tensors = {
        f"{name}.{key}": (value.half() if half and value.is_floating_point() else value).contiguous().cpu()
        for name, part in parts.items()
        for key, value in part.state_dict().items()
    }
    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    save_file(tensors, unfinished / WEIGHTS)
    settings = {
        "format": FORMAT,
        "version": VERSION,
        "sha256": sha256(unfinished / WEIGHTS),
        "labels": labels.to_dict(),
        "parts": sorted(parts),
        "config": config.model_dump(mode="json"),
        "info": info or {},
    }
    (unfinished / SETTINGS).write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)


def load_snapshot(folder: Path, device: torch.device | str = "cpu") -> Snapshot:
    """Read and check a snapshot folder."""
    settings = _read_settings(folder)
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise UserError(f"{folder}: no {WEIGHTS} there; expected a whole snapshot folder")
    if sha256(weights) != settings["sha256"]:
        raise UserError(f"{weights}: damaged: its SHA-256 is not the one in {SETTINGS}; fetch the folder again")
    config = parse_config(settings["config"], str(folder / SETTINGS))
    labels = LabelSet.from_dict(settings["labels"], str(folder / SETTINGS))
    model = build_model(config.model, labels)
    layout = build_layout_predictor(config, labels) if "layout" in settings["parts"] else None
    try:
        tensors = {key: value.float() if value.is_floating_point() else value for key, value in load_file(weights).items()}
        for name, part in (("model", model), ("layout", layout)):
            if part is not None:
                part.load_state_dict(_part(tensors, name))
                part.eval().requires_grad_(False).to(device)
    except (SafetensorError, RuntimeError) as error:
        raise UserError(f"{weights}: the weights do not fit the network of {SETTINGS}: {error}") from error
    return Snapshot(model, layout, config, labels)


def load_model(folder: Path | str, device: torch.device | str = "cpu") -> InpaintingModel:
    """The inpainting network of a snapshot folder, in eval mode."""
    return load_snapshot(Path(folder), device).model


def _read_settings(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise UserError(f"{folder}: no such model folder; expected one with {SETTINGS} and {WEIGHTS}")
    path = folder / SETTINGS
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{folder}: no {SETTINGS} there; expected a snapshot folder written by inlay") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not readable as JSON: {error}") from error
    if not isinstance(settings, dict) or settings.get("format") != FORMAT:
        raise UserError(f"{path}: not an inlay snapshot")
    if settings.get("version") != VERSION:
        raise UserError(f"{path}: snapshot version {settings.get('version')}, this program reads version {VERSION}")
    return settings


def _part(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write a training state to a temporary name, then rename it."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    torch.save(state, unfinished)
    unfinished.replace(path)


def load_state(path: Path) -> dict[str, Any]:
    """Read a training state (tensors and plain values only)."""
    return torch.load(path, weights_only=True, map_location="cpu")
